/** What no scope owns is freed while loops run, and who has the memory is said when there is none. */
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
  scoped,
  tensor,
  TensorDataset,
  valueAndGrad,
  zeros,
  type Tensor,
} from 'phyllo';
import { beforeEach, describe, expect, test, vi } from 'vitest';
import type { Backend } from '../../ts/backend/backend';
import { sweep } from '../../ts/core/collector';
import { onShortage } from '../../ts/core/reclaim';
import { start } from '../toy';
import { fresh, startFresh } from './fresh';

vi.setConfig({ testTimeout: 60_000 });

/** What may gather between two sweeps at most, and a little. */
const BOUND = 2 ** 29 + 2 ** 27;

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
