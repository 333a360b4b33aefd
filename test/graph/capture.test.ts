/** A captured function is the function: every op on every sample, with its gradient, to the last bit. */
import { afterAll, describe, expect, test } from 'vitest';
import { gradients } from '../../ts/autodiff/backward';
import { CaptureError } from '../../ts/core/errors';
import { useBackend } from '../../ts/core/runtime';
import { scope } from '../../ts/core/scope';
import type { Tensor } from '../../ts/core/tensor';
import { capture } from '../../ts/graph/capture';
import { add, mul } from '../../ts/ops/arithmetic';
import { tensor } from '../../ts/ops/creation';
import { sum } from '../../ts/ops/reduce';
import { binaries, exact } from '../backends';
import { pointOf } from '../ops/harness';
import { all, samples } from '../ops/samples';
import type { Sample } from '../ops/samples/sample';

let checks = 0;

interface Bits {
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly data: readonly number[];
}
const bits = (t: Tensor): Bits => ({ dtype: t.dtype, shape: t.shape, data: Array.from(t.toArray()) });

/** The sample's outputs and, where there is one, the gradient of Σ⟨u, y⟩ by each input, as one function. */
function program(sample: Sample): (xs: readonly Tensor[], us: readonly Tensor[]) => Tensor[] {
  return (xs, us) => {
    const variables = xs.map(x => {
      const v = x.detach();
      v.requiresGrad = true;
      return v;
    });
    const result = sample.call(...variables);
    const ys: readonly Tensor[] = 'shape' in result ? [result] : result;
    const smooth = ys.filter(y => y.requiresGrad);
    if (smooth.length === 0) return [...ys];
    const L = smooth.map((y, i) => sum(mul(y, us[i]!))).reduce((a, b) => add(a, b));
    return [...ys, ...gradients(L, variables)];
  };
}

/** What differs between a sample run as it is and as a plan, in two calls of the plan. */
function faults(sample: Sample, seed: number): string[] {
  return scope(() => {
    const { xs, us } = pointOf(sample, seed);
    const inputs = sample.inputs.map(({ shape }, i) => tensor(Float64Array.from(xs[i]!), { shape }));
    const f = program(sample);
    const found: string[] = [];
    const cotangents = scope(() => {
      const result = sample.call(...inputs);
      const ys: readonly Tensor[] = 'shape' in result ? [result] : result;
      return ys
        .filter(y => y.dtype === 'f32')
        .map((y, i) =>
          tensor(
            Float64Array.from(us[i] ?? [], v => v),
            { shape: us[i]?.length === y.size ? y.shape : [us[i]?.length ?? 0] },
          ),
        );
    });
    const expected = f(inputs, cotangents).map(bits);
    const planned = capture(f);
    if (sample.reads) {
      expect(() => planned(inputs, cotangents)).toThrow(CaptureError);
      return [];
    }
    for (const round of [1, 2]) {
      const actual = planned(inputs, cotangents).map(bits);
      checks += actual.length;
      if (actual.length !== expected.length) found.push(`${actual.length} results, expected ${expected.length}`);
      actual.forEach((a, i) => {
        const b = expected[i]!;
        const same =
          a.dtype === b.dtype && a.shape.join() === b.shape.join() && a.data.every((v, j) => Object.is(v, b.data[j]));
        if (!same) found.push(`call ${round}, result ${i}: ${JSON.stringify(a)}, expected ${JSON.stringify(b)}`);
      });
    }
    if (planned.plans.length !== 1) found.push(`${planned.plans.length} plans`);
    planned.dispose();
    return found;
  });
}

/** Plans are the same for each binary. */
const backends = [exact, ...binaries.filter(({ name }) => name !== 'relaxed')];
describe.each(Object.keys(samples))('%s', name => {
  all.forEach(({ op, index, sample }) => {
    if (op !== name) return;
    test(`#${index}`, () => {
      for (const backend of backends) {
        useBackend(backend);
        expect(faults(sample, index).map(f => `${backend.name}: ${f}`)).toEqual([]);
      }
    });
  });
});

afterAll(() =>
  console.log(`${all.length} samples captured, ${checks} results compared on ${backends.map(b => b.name).join(', ')}`),
);
