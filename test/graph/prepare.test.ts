/** Weights that a plan prepares once: the same bits, and never stale. */
import { describe, expect, test } from 'vitest';
import { noGrad, useBackend } from '../../ts/core/runtime';
import { scope } from '../../ts/core/scope';
import type { Tensor } from '../../ts/core/tensor';
import { capture } from '../../ts/graph/capture';
import { Conv2d } from '../../ts/nn/convolution';
import { Linear } from '../../ts/nn/layers';
import { Module } from '../../ts/nn/module';
import { flatten } from '../../ts/ops/view';
import { relu } from '../../ts/ops/elementwise';
import { mul } from '../../ts/ops/arithmetic';
import { manualSeed } from '../../ts/ops/generator';
import { randn } from '../../ts/ops/random';
import { mean } from '../../ts/ops/reduce';
import { copy_ } from '../../ts/ops/inplace';
import { binaries, exact } from '../backends';

class Net extends Module {
  readonly c1 = new Conv2d(16, 24, 3, { padding: 1 });
  readonly c2 = new Conv2d(24, 20, 1);
  readonly out = new Linear(20 * 81, 7);
  forward(x: Tensor): Tensor {
    return this.out.forward(flatten(relu(this.c2.forward(relu(this.c1.forward(x)))), 1));
  }
}
const numbers = (t: Tensor): number[] => Array.from(t.toArray());

describe.each([exact, ...binaries])('prepared weights on $name', backend => {
  const setting = (): { net: Net; x: Tensor; planned: (x: Tensor) => Tensor; prepared: () => number } => {
    useBackend(backend);
    manualSeed(3);
    const net = new Net();
    const f = capture((x: Tensor) => net.forward(x));
    return { net, x: randn([1, 16, 9, 9]), planned: f, prepared: () => f.plans[0]!.program.graph.once.length };
  };

  test('give the bits of the function itself', () =>
    scope(() => {
      const { net, x, planned, prepared } = setting();
      noGrad(() => expect(numbers(planned(x))).toEqual(numbers(net.forward(x))));
      expect(prepared()).toBeGreaterThan(1);
    }));

  test('use F(4 × 4, 3 × 3) on request, nearly as exactly', () =>
    scope(() => {
      const { net, x } = setting();
      const exactly = noGrad(() => numbers(net.forward(x)));
      const f = capture((v: Tensor) => net.forward(v), { winograd: 4 });
      const nearly = noGrad(() => numbers(f(x)));
      const largest = Math.max(...exactly.map(Math.abs));
      nearly.forEach((v, i) => expect(Math.abs(v - exactly[i]!)).toBeLessThan(1e-4 * largest));
      if (backend !== exact) expect(nearly).not.toEqual(exactly);
    }));

  test('are prepared again when somebody has written to them', () =>
    scope(() => {
      const { net, x, planned } = setting();
      noGrad(() => {
        const before = numbers(planned(x));
        copy_(net.c1.weight, mul(net.c1.weight, 2));
        const after = numbers(planned(x));
        expect(after).not.toEqual(before);
        expect(after).toEqual(numbers(net.forward(x)));
        net.out.weight.set(new Float32Array(net.out.weight.size).fill(0.5));
        expect(numbers(planned(x))).toEqual(numbers(net.forward(x)));
        const state = Object.fromEntries(Object.entries(net.stateDict()).map(([k, t]) => [k, mul(t, -1)]));
        net.loadStateDict(state);
        expect(numbers(planned(x))).toEqual(numbers(net.forward(x)));
      });
    }));

  test('are prepared again when that failed', () =>
    scope(() => {
      let fails = false;
      const failing =
        <F extends (...args: never[]) => unknown>(kernel: F) =>
        (...args: Parameters<F>): unknown => {
          if (fails) throw new WebAssembly.RuntimeError('unreachable');
          return kernel(...args);
        };
      const kernels = new Proxy(backend.kernels, { get: (all, name) => failing(Reflect.get(all, name)) });
      useBackend({ ...backend, kernels, blocked: kernels, prepared: kernels });
      const [net, x] = [new Net(), randn([1, 16, 9, 9])];
      const f = capture((x: Tensor) => net.forward(x));
      noGrad(() => {
        expect(f.plan(x).program.graph.once.length).toBeGreaterThan(1);
        fails = true;
        expect(() => f(x)).toThrow('unreachable');
        fails = false;
        expect(numbers(f(x))).toEqual(numbers(net.forward(x)));
      });
      useBackend(backend);
    }));

  test('of a step that trains them are left alone', () =>
    scope(() => {
      const { net, x, planned, prepared } = setting();
      const y = planned(x); // recording: but nothing here writes to them
      expect(prepared()).toBeGreaterThan(1);
      const train = capture((v: Tensor) =>
        noGrad(() => copy_(net.c1.weight, mul(net.c1.weight, mean(net.forward(v))))),
      );
      train(x);
      expect(train.plans[0]!.program.graph.steps.some(s => s.def.name === 'conv2d')).toBe(true);
      expect(numbers(planned(x))).not.toEqual(numbers(y));
    }));
});
