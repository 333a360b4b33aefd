/** State that a captured function may not change, and what a trace that fails leaves. */
import {
  capture,
  CaptureError,
  Generator,
  grad,
  keep,
  nn,
  noGrad,
  ones,
  optim,
  randn,
  zeros,
  type Tensor,
} from 'phyllo';
import { expect, test } from 'vitest';
import { runtime } from '../../ts/core/runtime';
import { copy_ } from '../../ts/ops/inplace';
import { failure, flat, inUse, list, onEachBackend } from '../toy';
import { here, w } from './places';

onEachBackend('on %s', () => {
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
        new RegExp(`called at \\S*plan-state\\.test\\.ts:${line}:\\d+ changes ${field}.*copy_\\(\\)`),
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
        `at \\S*plan-state\\.test\\.ts:${line}:\\d+ a tensor of shape \\[2\\] that mul made outside.*detach\\(\\)`,
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
        noGrad(() => copy_(p, zeros([2])));
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
    const { 'groups.0.hyper': hyper, ...slots } = opt.stateDict();
    expect(Object.values(slots).flatMap(list)).toSatisfy((all: number[]) => all.length > 0 && all.every(v => v === 0));
    expect(list(hyper ?? null).filter((_, i) => i % 6 === 5)).toSatisfy((steps: number[]) => steps.every(t => t === 0));
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
