/** What cannot be captured says so, with the line it is in, and leaves everything as it was. */
import { execFile } from 'node:child_process';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import {
  capture,
  CaptureError,
  DataLoader,
  Generator,
  grad,
  keep,
  manualSeed,
  nn,
  noGrad,
  ones,
  optim,
  permutation,
  randn,
  randperm,
  TensorDataset,
  tensor,
  zeros,
  type Tensor,
} from 'phyllo';
import { beforeEach, describe, expect, test } from 'vitest';
import { runtime } from '../../ts/core/runtime';
import { assign } from '../../ts/ops/update';
import { backends, failure, flat, inUse, list, start } from '../toy';

/** The line of this file that calls this. */
function here(): number {
  return Number(/plan-errors\.test\.ts:(\d+)/.exec(new Error().stack!.split('\n')[2]!)![1]);
}

describe.each(backends)('on %s', (_, make) => {
  beforeEach(() => {
    start(make);
    expect(runtime.scope).toBeNull();
  });

  const w = (): Tensor => keep(tensor([1, 2], { requiresGrad: true }));
  const loader = new DataLoader(new TensorDataset(ones([4, 2])), { batchSize: 2, shuffle: true });
  const outside = { tensor: zeros([2]) };

  // Each notes its line before it fails there.
  const reads: Readonly<
    Record<string, readonly [f: (x: Tensor, at: (line: number) => void) => unknown, text: RegExp]>
  > = {
    item: [
      (x, at) => (at(here()), x.mul(x.sum().item())),
      /item: .* reads elements.*return the tensor and read it outside/,
    ],
    toArray: [(x, at) => (at(here()), x.toArray()), /toArray: .* reads elements.*return the tensor/],
    'toArray of a tensor outside': [
      (x, at) => (at(here()), x.mul(outside.tensor.toArray()[0]!)),
      /go on with these numbers for ever/,
    ],
    set: [(x, at) => (at(here()), x.set([1, 2])), /set: .* writes elements.*as an argument, or use assign\(\)/],
    'set of a tensor outside': [(x, at) => (at(here()), outside.tensor.set([1, 2]), x), /writes elements/],
    manualSeed: [(x, at) => (at(here()), manualSeed(1), x), /writes elements/],
    randperm: [(x, at) => (at(here()), x.indexSelect(0, randperm(2))), /reads elements/],
    permutation: [(x, at) => (at(here()), permutation(2), x), /reads elements/],
    'iterating a shuffled loader': [
      (x, at) => {
        let y = x;
        at(here() + 1);
        for (const [b] of loader) y = y.add(b!.sum(0));
        return y;
      },
      /reads elements/,
    ],
    'a learning rate set inside': [
      (x, at) => {
        at(here() + 1);
        optimizer().lr = 0.1;
        return x;
      },
      /writes elements .*a plan would write them once/,
    ],
  };
  let made: optim.SGD | null = null;
  const optimizer = (): optim.SGD => made!;
  beforeEach(() => {
    made = new optim.SGD([w()], { lr: 1 });
    outside.tensor = keep(zeros([2]));
  });

  test.each(Object.entries(reads))('%s: CaptureError, with the line and what to do', (_, [f, text]) => {
    let line = 0;
    const x = keep(tensor([3, 4]));
    const captured = capture((x: Tensor) => f(x, at => (line = at)));
    for (let i = 0; i < 2; i++) {
      failure(() => captured(x), CaptureError, text);
      failure(() => captured(x), CaptureError, new RegExp(`at \\S*plan-errors\\.test\\.ts:${line}:\\d+`));
    }
    expect(line).toBeGreaterThan(0);
    expect([list(x), list(outside.tensor), captured.plans.length]).toEqual([[3, 4], [0, 0], 0]);
  });

  test('data(): the Promise is rejected with it', async () => {
    let data: Promise<unknown> = Promise.resolve();
    const f = capture((x: Tensor) => {
      data = x.mul(2).data();
      return x;
    });
    f(ones([2]));
    await expect(data).rejects.toThrow(/reads elements at \S*plan-errors\.test\.ts/);
    await expect(data).rejects.toBeInstanceOf(CaptureError);
  });

  test('a Promise', () => {
    const f = capture(async (x: Tensor) => {
      await null;
      return x;
    });
    const line = here() + 1;
    const call = () => f(ones([2]));
    failure(
      call,
      CaptureError,
      new RegExp(`at \\S*plan-errors\\.test\\.ts:${line}:\\d+ returned a Promise.*read data outside`),
    );
    failure(() => f.plan(ones([2])), CaptureError, /returned a Promise/);
  });

  test('within a module: the line there, the line of the function, and the layer', () => {
    class Inner extends nn.Layer {
      line = 0;
      forward(x: Tensor): Tensor {
        return x.mul(x.sum().item());
      }
    }
    class Outer extends nn.Layer {
      readonly blocks = [new nn.ReLU(), new Inner()];
      forward(x: Tensor): Tensor {
        return this.blocks.reduce((h, b) => b.forward(h), x);
      }
    }
    const net = new Outer();
    const own = here() + 1;
    const f = capture((x: Tensor) => net.forward(x));
    const at = '\\S*plan-errors\\.test\\.ts';
    failure(
      () => f(ones([2])),
      CaptureError,
      new RegExp(`item \\(blocks\\.1\\): .* at ${at}:${own - 11}:\\d+, called at ${at}:${own}:\\d+`),
    );
  });

  test('a field that the function changes', () => {
    class Counter extends nn.Layer {
      calls = 0;
      last: Tensor | null = null;
      seen: number[] = [];
      constructor(readonly how: 'number' | 'tensor' | 'array') {
        super();
      }
      forward(x: Tensor): Tensor {
        if (this.how === 'number') this.calls++;
        else if (this.how === 'array') this.seen.push(1);
        else this.last = x;
        return x.mul(2);
      }
    }
    for (const [how, field] of [
      ['number', 'Counter.calls'],
      ['tensor', 'Counter.last'],
      ['array', 'Array.length'],
    ] as const) {
      const net = new Counter(how);
      const f = capture((x: Tensor) => net.forward(x));
      const line = here() + 1;
      const call = () => f(ones([2]));
      failure(
        call,
        CaptureError,
        new RegExp(`called at \\S*plan-errors\\.test\\.ts:${line}:\\d+ changes ${field}.*assign\\(\\)`),
      );
    }
  });

  test('requiresGrad that the function changes', () => {
    const p = w();
    const f = capture((x: Tensor) => {
      p.requiresGrad = !p.requiresGrad;
      return x.mul(p);
    });
    failure(() => f(ones([2])), CaptureError, /changes requiresGrad of a tensor of shape \[2\].*do it outside/);
    const there = capture((x: Tensor) => {
      p.requiresGrad = !p.requiresGrad;
      p.requiresGrad = !p.requiresGrad;
      return x.mul(p);
    });
    p.requiresGrad = true;
    expect([list(there(ones([2]))), list(there(ones([2]))), there.plans.length]).toEqual([[1, 2], [1, 2], 1]);
    const g = capture((x: Tensor) => {
      x.requiresGrad = true;
      x.square().sum().backward();
    });
    failure(() => g(ones([2])), CaptureError, /leaves a gradient in tensor 0 of its arguments.*valueAndGrad/);
  });

  test('a tensor of a graph outside', () => {
    const p = w();
    const h = p.mul(2);
    const line = here() + 2;
    const f = capture((x: Tensor) => {
      const y = x.mul(h);
      return y;
    });
    failure(
      () => f(ones([2])),
      CaptureError,
      new RegExp(
        `at \\S*plan-errors\\.test\\.ts:${line}:\\d+ a tensor of shape \\[2\\] that mul made outside.*detach\\(\\)`,
      ),
    );
    expect(list(noGrad(() => f(ones([2]))))).toEqual([2, 4]);
    expect(list(capture((x: Tensor) => x.mul(h.detach()))(ones([2])))).toEqual([2, 4]);
    h.sum().backward(); // the graph is whole
    expect(list(p.grad)).toEqual([2, 2]);
    expect(() => grad((x: Tensor) => f(x).sum())(ones([2]))).toThrow(/requires a gradient/);
  });

  test('a tensor of the trace that got out', () => {
    const got: Tensor[] = [];
    const f = capture((x: Tensor) => {
      got.push(x, x.mul(2), keep(x.mul(3)), x.mul(4).detach());
      return { inside: new Set([x]) };
    });
    const { inside } = f(ones([2]));
    for (const t of [...got, ...inside]) {
      for (const use of [
        () => t.add(1),
        () => t.toArray(),
        () => t.detach(),
        () => capture((x: Tensor) => x)(t),
        () => f(t),
        () => keep(t),
      ]) {
        failure(
          use,
          CaptureError,
          /made( by \w+)? while a function was captured and holds no numbers: .* Return it and pass it in as an argument/,
        );
      }
    }
    const one: Tensor[] = [];
    const g = capture((x: Tensor) => void one.push(x.sum()));
    g(ones([2]));
    failure(() => one[0]!.item(), CaptureError, /holds no numbers/);
    failure(() => capture((x: Tensor) => x.mul(got[1]!))(ones([2])), CaptureError, /holds no numbers/);
  });

  test('whatever is thrown while tracing leaves gradients, memory and the interpreter as they were', () => {
    const p = w();
    const net = new nn.Sequential(new nn.Linear(2, 2), new nn.Dropout(0.5));
    const opt = new optim.Adam([...net.parameters(), p]);
    const generator = new Generator(3);
    p.mul(2).sum().backward();
    const x = ones([2, 2]);
    const errors = [new Error('by the user'), new TypeError('another'), 'a string'];
    const captured = errors.map(error =>
      capture((x: Tensor) => {
        randn([2], { generator }).add(1);
        net.forward(x).mul(p).sum().backward();
        opt.step();
        opt.zeroGrad();
        noGrad(() => assign(p, zeros([2])));
        throw error;
      }),
    );
    const { interpreter } = runtime;
    flat(3, () => {
      captured.forEach((f, i) => {
        let thrown: unknown = null;
        try {
          f(x);
        } catch (e) {
          thrown = e;
        }
        expect(thrown).toBe(errors[i]);
        expect([runtime.interpreter, runtime.watcher, runtime.scope, runtime.recording]).toEqual([
          interpreter,
          null,
          null,
          true,
        ]);
        expect(runtime.interpreter).toBe(interpreter);
      });
    });
    expect([list(p), list(p.grad), net.parameters().map(q => q.grad), list(generator.state)]).toEqual([
      [1, 2],
      [2, 2],
      [null, null],
      [3, 0, 0, 0],
    ]);
    expect(
      Object.values(opt.stateDict())
        .flatMap(list)
        .slice(6)
        .every(v => v === 0),
    ).toBe(true);
    // and the same functions work eagerly
    net.forward(x).mul(p).sum().backward();
    p.grad = null;
    const { blocks } = inUse();
    expect(blocks).toBeGreaterThan(0);
  });

  test('a gradient cleared in a trace that fails keeps what a bare loop left with it', () => {
    const p = w();
    const h = p.mul(2);
    h.sum().backward();
    const f = capture(() => {
      p.grad = null;
      throw new Error('by the user');
    });
    failure(f, Error, /by the user/);
    expect([list(h), list(p.grad)]).toEqual([
      [2, 4],
      [2, 2],
    ]);
    p.grad = null;
    expect(h.disposed).toBe(true);
  });
});

test('from the bundle too', { timeout: 60_000 }, async () => {
  const child = fileURLToPath(new URL('plan-errors.child.mjs', import.meta.url));
  const { stdout } = await promisify(execFile)(process.execPath, [child], { cwd: dirname(dirname(child)) });
  const at = '\\S*plan-errors\\.child\\.mjs';
  expect(stdout.split('\n')).toEqual([
    expect.stringMatching(new RegExp(`^item: CaptureError: item: .* reads elements at ${at}:16:\\d+; .*outside$`)),
    expect.stringMatching(
      new RegExp(`^forward: CaptureError: item \\(inner\\): .* at ${at}:7:\\d+, called at ${at}:17:\\d+;`),
    ),
    expect.stringMatching(new RegExp(`^promise: CaptureError: capture: .* called at ${at}:22:\\d+ returned a Promise`)),
    '',
  ]);
});
