/** What no scope owns is freed while loops run, and who has the memory is said when there is none. */
import { readFileSync } from 'node:fs';
import {
  capture,
  crossEntropy,
  DataLoader,
  full,
  keep,
  memory,
  nn,
  optim,
  OutOfMemoryError,
  randn,
  scope,
  scoped,
  steps,
  tensor,
  TensorDataset,
  valueAndGrad,
  ValueError,
  zeros,
  type Tensor,
} from 'phyllo';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { Backend } from '../../ts/backend/backend';
import { wasmBackend } from '../../ts/backend/wasm/backend';
import { sweep, useEngine } from '../../ts/core/collector';
import { onShortage } from '../../ts/core/reclaim';
import { engine } from '../../ts/engine';
import { flat, start } from '../toy';

vi.setConfig({ testTimeout: 60_000 });
const binary = readFileSync(new URL('../../generated/simd128.wasm', import.meta.url));
const fresh = (): Backend => wasmBackend(new WebAssembly.Module(binary), 'simd128');

/** What may gather between two sweeps at most, and a little. */
const BOUND = 2 ** 29 + 2 ** 27;

/** As `start`, with the default generator there too. */
function startFresh(): void {
  start(fresh);
  scope(() => void randn([1]));
}

/** The most bytes that were in use while f ran `turns` times in one turn of the event loop. */
function peakOf(turns: number, f: (i: number) => void): number {
  memory({ resetPeak: true });
  for (let i = 0; i < turns; i++) f(i);
  return memory().peak;
}

describe('in one synchronous turn', () => {
  beforeEach(startFresh);

  // Each makes 8 MiB a turn or more that nobody keeps: more than a gigabyte in all.
  const n = 2 ** 20;
  const styles: Readonly<Record<string, () => (i: number) => void>> = {
    'batches made in the loop': () => {
      const pixels = new Float32Array(n);
      return () => void tensor(pixels).mul(2);
    },
    noise: () => () =>
      void randn([16])
        .sum()
        .add(zeros([2 * n])),
    'predictions, with the graphs that nobody walks': () => {
      const model = new nn.Sequential(new nn.Linear(64, 2048), new nn.ReLU());
      const x = keep(zeros([512, 64]));
      return () => void model.forward(x).sum().item();
    },
    'values and gradients': () => {
      const f = valueAndGrad((x: Tensor) => x.square().sum());
      const x = keep(zeros([n]));
      return () => void f(x);
    },
    'results of a captured function': () => {
      const f = capture((x: Tensor) => x.mul(2));
      const x = keep(zeros([2 * n]));
      return () => void f(x);
    },
    'models and optimisers': () => () => {
      const model = new nn.Linear(400, 400);
      const optimizer = new optim.Adam(model.parameters(), { lr: 1e-3 });
      crossEntropy(model.forward(zeros([1, 400])), tensor(Int32Array.of(1))).backward();
      optimizer.step();
      zeros([2 * n]);
    },
    'a state that is carried': () => {
      let h = zeros([n]);
      return () => {
        h = h.add(1).tanh().detach();
      };
    },
  };
  test.each(Object.entries(styles))('%s: memory stays bounded', (_, make) => {
    const turn = make();
    expect(peakOf(150, turn)).toBeLessThan(BOUND);
  });

  test('plans of captured functions that nobody has, and loops that were left, go with the rest', () => {
    const w = keep(zeros([64, 64]));
    const turn = (): void => {
      const f = capture((x: Tensor) => x.matmul(w).add(tensor([1, 2, 3, 4].flatMap(v => Array<number>(16).fill(v)))));
      f(zeros([8, 64]));
      scoped([1, 2, 3]).next();
      randn([10]);
    };
    turn();
    sweep();
    const { blocks } = memory();
    for (let i = 0; i < 50; i++) turn();
    expect(memory().blocks).toBeGreaterThan(blocks + 50);
    sweep();
    expect(memory().blocks).toBeLessThan(blocks + 8); // the last turn's may still lie on the stack
  });

  test('what is in use stays as it is', () => {
    const kept = Array.from({ length: 20 }, (_, i) => tensor(new Float32Array(1000).fill(i)));
    const graph = kept.map(t => {
      t.requiresGrad = true;
      return t.exp().sum();
    });
    peakOf(150, () => void zeros([2 * n]));
    kept.forEach((t, i) => expect(t.toArray()).toEqual(new Float32Array(1000).fill(i)));
    graph.forEach(loss => loss.backward());
    expect(kept[3]!.grad!.toArray()[0]).toBeCloseTo(Math.exp(3), 4);
  });
});

/** A backend that has no more than so many bytes. */
function limited(most: number): Backend {
  const backend = fresh();
  let used = 0;
  return {
    ...backend,
    alloc(bytes) {
      if (used + bytes > most) throw new OutOfMemoryError('alloc', `no room for ${bytes} bytes`);
      used += bytes;
      return backend.alloc(bytes);
    },
    free(at, bytes) {
      used -= bytes;
      backend.free(at, bytes);
    },
  };
}

test('before memory runs out, what nobody has is freed', () => {
  start(() => limited(2 ** 20));
  for (let i = 0; i < 100; i++) zeros([2 ** 16]); // 256 KiB each
});

test('and before a kernel has no memory to work in', () => {
  let short = true;
  start(() => {
    const backend = fresh();
    const { relu } = backend.kernels;
    return {
      ...backend,
      kernels: {
        ...backend.kernels,
        relu(...args) {
          if (short) throw new OutOfMemoryError('relu', 'no room to work in');
          relu(...args);
        },
      },
    };
  });
  onShortage(() => (short = false));
  expect(Array.from(tensor([-1, 2]).relu().toArray())).toEqual([0, 2]);
});

describe('a batch whose loop nobody can go on with', () => {
  const data = (n: number): TensorDataset<[Tensor, Tensor]> =>
    new TensorDataset(tensor(Float32Array.from({ length: n }, (_, i) => i)), tensor(new Int32Array(n)));

  test('is not freed while it is in use, in a loop that awaits', async () => {
    startFresh();
    const first = (): Tensor => {
      const [x] = new DataLoader(data(8), { batchSize: 4 })[Symbol.iterator]().next().value!;
      return x;
    };
    const x = first();
    for (let i = 0; i < 3; i++) {
      await new Promise(r => setTimeout(r));
      sweep();
      zeros([4]).exp(); // takes the place of what was freed
    }
    expect(Array.from(x.toArray())).toEqual([0, 1, 2, 3]);
  });

  test('nor at the end of memory in one turn: the op at hand has its inputs', () => {
    start(() => limited(2 ** 22));
    (() => void scoped([1, 2]).next())();
    const x = full([2 ** 16], 3);
    for (let i = 0; i < 100; i++) expect(x.add(i).select(0, 7).item()).toBe(3 + i);
    expect(x.disposed).toBe(false);
  });
});

describe('in an engine that does not collect on request', () => {
  const warn = vi.spyOn(console, 'warn').mockImplementation(() => {});
  beforeEach(() => {
    start(fresh);
    useEngine(null);
  });
  afterEach(() => {
    useEngine(engine());
    warn.mockClear();
  });

  test('loops that return to the event loop stay bounded: V8 feels the ballast', async () => {
    memory({ resetPeak: true });
    for (let i = 0; i < 150; i++) {
      zeros([2 ** 21]);
      await new Promise(r => setImmediate(r));
    }
    expect(memory().peak).toBeLessThan(2 ** 30);
    expect(warn).not.toHaveBeenCalled();
  });

  test('and where the engine turns out not to collect although it was thought to', async () => {
    useEngine({ forget() {}, collect: () => false });
    memory({ resetPeak: true });
    for (let i = 0; i < 150; i++) {
      zeros([2 ** 21]);
      await new Promise(r => setImmediate(r));
    }
    expect(memory().peak).toBeLessThan(2 ** 30);
  });

  test('a loop that does not is warned of, once, with the remedy', () => {
    for (let i = 0; i < 60; i++) zeros([2 ** 21]);
    expect(warn.mock.calls).toEqual([
      [expect.stringMatching(/tensors that no scope owns.*steps\(n\).*await data\(\)/)],
    ]);
  });
});

describe('loops whose turns are scopes', () => {
  beforeEach(startFresh);

  test('over numbers', () => {
    const seen: number[] = [];
    const { blocks } = memory();
    for (const i of steps(5)) {
      randn([100]).mul(2);
      seen.push(i);
      expect(memory().blocks).toBeLessThan(blocks + 6);
    }
    expect(seen).toEqual([0, 1, 2, 3, 4]);
    expect(memory().blocks).toBe(blocks);
    expect([...steps(0)]).toEqual([]);
    for (const i of steps()) if (i === 10) break;
    for (const n of [-1, 1.5, NaN, '3' as unknown as number]) expect(() => steps(n)).toThrow(ValueError);
  });

  test('over anything that is iterable', () => {
    const seen: string[] = [];
    for (const c of scoped('abc', 'letters')) seen.push(c);
    expect(seen).toEqual(['a', 'b', 'c']);
    for (const odd of [null, undefined, 3, {}, Promise.resolve([])]) {
      expect(() => scoped(odd as unknown as string[])).toThrow(ValueError);
    }
  });
});

describe('a scope', () => {
  beforeEach(startFresh);

  test('frees the modules and optimisers that are made in it, with their gradients', () => {
    flat(2, () => {
      const weight = scope(() => {
        const model = new nn.Sequential(new nn.Linear(3, 4), new nn.BatchNorm1d(4), new nn.Dropout(0.5));
        const optimizer = new optim.Adam(model.parameters(), { lr: 0.1 });
        model
          .forward(randn([5, 3]))
          .sum()
          .backward();
        optimizer.step();
        return model.parameters()[0]!.toArray();
      });
      expect(weight.length).toBe(12);
    });
  });

  test('hands on a module that it returns, in whatever it is', () => {
    class Result {
      readonly extra = new Map([['noise', randn([2])]]);
      readonly list = new Set([randn([3])]);
      constructor(readonly model: nn.Linear) {}
    }
    flat(2, () =>
      scope(() => {
        const result = scope(() => new Result(new nn.Linear(2, 2)));
        randn([7]);
        expect(result.extra.get('noise')!.toArray().length).toBe(2);
        expect([...result.list][0]!.toArray().length).toBe(3);
        expect(result.model.forward(zeros([1, 2])).toArray().length).toBe(2);
      }),
    );
  });

  test('leaves alone what is kept, and layers made in forward', () => {
    class Lazy extends nn.Module {
      linear: nn.Linear | null = null;
      forward(x: Tensor): Tensor {
        this.linear ??= new nn.Linear(x.shape[1]!, 2);
        return this.linear.forward(x);
      }
    }
    const lazy = new Lazy();
    scope(() => void lazy.forward(zeros([1, 3])));
    expect(lazy.forward(zeros([1, 3])).shape).toEqual([1, 2]);
    const kept = scope(() => {
      const model = keep(new nn.Linear(2, 2));
      return () => model;
    })();
    expect(kept.forward(zeros([1, 2])).shape).toEqual([1, 2]);
  });

  test('refuses thenables, and what is no function', () => {
    for (const odd of [null, 3, 'f', {}]) expect(() => scope(odd as unknown as () => void)).toThrow(ValueError);
    expect(() => scope(async () => 1)).toThrow(/synchronous/);
    expect(() => scope(() => ({ then() {} }))).toThrow(/synchronous/);
  });
});
