/** Samples of reductions and softmax. */
import type { Shape } from '../../../ts/core/shape';
import type { Tensor } from '../../../ts/core/tensor';
import { tensor, zeros } from '../../../ts/ops/creation';
import * as ops from '../../../ts/ops/reduce';
import * as softmax from '../../../ts/ops/softmax';
import { expand, permute, t } from '../../../ts/ops/view';
import { real, between, bool, discrete, distinct, int, sample, type Draw, type Sample, type SamplesOf } from './sample';

type Reduction = (x: Tensor, dim?: number | readonly number[], options?: ops.ReduceOptions) => Tensor;
type List = readonly [Sample, ...Sample[]];

/** Over one, several and all dimensions, next to each other and not. */
const reduction = (f: Reduction, draw: Draw): List => [
  sample([draw(2, 3, 4)], x => f(x), 'f32[]'),
  sample([draw(2, 3, 4)], x => f(x, 0), 'f32[3,4]'),
  sample([draw(2, 3, 4)], x => f(x, 1), 'f32[2,4]'),
  sample([draw(2, 3, 4)], x => f(x, -1), 'f32[2,3]'),
  sample([draw(2, 3, 4)], x => f(x, [0, 2]), 'f32[3]'),
  sample([draw(2, 3, 4)], x => f(x, [1, 0], { keepdim: true }), 'f32[1,1,4]'),
  sample([draw(2, 3, 4)], x => f(x, undefined, { keepdim: true }), 'f32[1,1,1]'),
  sample([draw(2, 3, 4)], x => f(x, [0, 1, -1], { keepdim: false }), 'f32[]'),
  sample([draw(2, 2, 3, 2, 2)], x => f(x, [0, 2, 4]), 'f32[2,2]'),
  sample([draw(2, 2, 3, 2, 2)], x => f(x, [1, 3], { keepdim: true }), 'f32[2,1,3,1,2]'),
  sample([draw(2, 2, 2, 2, 2, 2, 2)], x => f(x, [0, 2, 4, 6]), 'f32[2,2,2]'),
  sample([draw(3, 37)], x => f(x, 1), 'f32[3]'),
  sample([draw(37, 5)], x => f(x, 0), 'f32[5]'),
  sample([draw(4, 3)], x => f(t(x), 0), 'f32[4]'),
  sample([draw(2, 3, 2, 3, 2)], x => f(permute(x, [4, 2, 0, 3, 1]), [0, 2]), 'f32[2,3,3]'),
  sample([draw(2, 0)], x => f(x, 0), 'f32[0]'),
];
/** Where single elements and spread ones are no bend: not of a deviation, whose square root has one at 0. */
const ones = (f: Reduction, draw: Draw): Sample[] => [
  sample([draw()], x => f(x), 'f32[]'),
  sample([draw(1, 4)], x => f(x, 0), 'f32[4]'),
  sample([draw(3, 1)], x => f(x, 1, { keepdim: true }), 'f32[3,1]'),
];
const spread = (f: Reduction, draw: Draw): Sample =>
  sample([draw(3, 1)], x => f(expand(x, [2, 3, 4]), [0, 1]), 'f32[4]');

const both = (f: typeof ops.max): List => [
  sample([distinct(3, 4)], x => f(x, 0), 'f32[4] i32[4]'),
  sample([distinct(3, 4)], x => f(x, -1), 'f32[3] i32[3]'),
  sample([distinct(2, 3, 4)], x => f(x, 1, { keepdim: true }), 'f32[2,1,4] i32[2,1,4]'),
  sample([distinct(4, 3)], x => f(t(x), 1), 'f32[3] i32[3]'),
  sample([distinct(1)], x => f(x, 0), 'f32[] i32[]'),
  sample([distinct(3, 1)], x => f(x, 1), 'f32[3] i32[3]'),
  sample([distinct(2, 67)], x => f(x, 1), 'f32[2] i32[2]'),
  sample([distinct(2, 2, 3, 2, 2)], x => f(x, 2), 'f32[2,2,2,2] i32[2,2,2,2]'),
  sample([distinct(0, 3)], x => f(x, 1), 'f32[0] i32[0]'),
  sample(
    [],
    () =>
      f(
        tensor([
          [1, 2, 2],
          [-1, NaN, NaN],
          [-Infinity, Infinity, 0],
        ]),
        1,
      ),
    'f32[3] i32[3]',
  ),
  sample([], () => f(int([1, 5, 5, -2], [2, 2]), 0), 'i32[2] i32[2]'),
];
const arg = (f: typeof ops.argmax): List => [
  discrete([distinct(3, 4)], x => f(x), 'i32[]'),
  discrete([distinct(3, 4)], x => f(x, 0), 'i32[4]'),
  discrete([distinct(3, 4)], x => f(x, -1, { keepdim: true }), 'i32[3,1]'),
  discrete([distinct(2, 3, 4)], x => f(x, undefined, { keepdim: true }), 'i32[1,1,1]'),
  discrete([distinct(4, 3)], x => f(t(x)), 'i32[]'),
  discrete([distinct()], x => f(x), 'i32[]'),
  discrete([distinct(0, 3)], x => f(x, 1), 'i32[0]'),
  sample(
    [],
    () =>
      f(
        tensor([
          [3, 1, 3],
          [NaN, 1, NaN],
        ]),
        1,
      ),
    'i32[2]',
  ),
  sample([], () => f(int([3, 1, 3, 1])), 'i32[]'),
];

const unbiased = (f: typeof ops.variance): List => [
  ...reduction(f, distinct),
  sample([distinct(3, 4)], x => f(x, 1, { correction: 0 }), 'f32[3]'),
  sample([distinct(3, 4)], x => f(x, 0, { correction: 2, keepdim: true }), 'f32[1,4]'),
  sample([], () => f(int([1, 2, 4, 8], [2, 2]), 1), 'f32[2]'),
];

const summed =
  (to: Shape): Sample['call'] =>
  x =>
    ops.sumTo(x, to);

export const reduceSamples: SamplesOf<typeof ops> = {
  sum: [
    ...reduction(ops.sum, real),
    ...ones(ops.sum, real),
    spread(ops.sum, real),
    sample([real(0, 3)], x => ops.sum(x, 0), 'f32[3]'),
    sample([], () => ops.sum(int([1, 2, 3, 4, 5, 6], [2, 3]), 1), 'i32[2]'),
    sample([], () => ops.sum(t(int([1, 2, 3, 4, 5, 6], [2, 3]))), 'i32[]'),
    sample(
      [],
      () =>
        ops.sum(
          int(
            Array.from({ length: 72 }, (_, i) => i),
            [2, 3, 2, 3, 2],
          ),
          [0, 2, 4],
        ),
      'i32[3,3]',
    ),
    sample([], () => ops.sum(bool([1, 0, 1, 1])), 'i32[]'),
    sample([], () => ops.sum(tensor(Uint8Array.of(255, 255, 1))), 'i32[]'),
  ],
  mean: [
    ...reduction(ops.mean, real),
    ...ones(ops.mean, real),
    spread(ops.mean, real),
    sample([], () => ops.mean(zeros([0, 3]), 0), 'f32[3]'),
    sample([], () => ops.mean(int([1, 2, 4, 8])), 'f32[]'),
  ],
  sumTo: [
    sample([real(2, 3)], summed([3]), 'f32[3]'),
    sample([real(2, 3)], summed([2, 1]), 'f32[2,1]'),
    sample([real(2, 3)], summed([]), 'f32[]'),
    sample([real(2, 3)], summed([1, 1]), 'f32[1,1]'),
    sample([real(2, 3)], summed([2, 3]), 'f32[2,3]'),
    sample([real(4, 2, 3)], summed([2, 1]), 'f32[2,1]'),
    sample([real(2, 2, 3, 2, 2)], summed([1, 2, 1, 2, 1]), 'f32[1,2,1,2,1]'),
    sample([real(0, 3)], summed([3]), 'f32[3]'),
    sample([], () => ops.sumTo(int([1, 2, 3, 4], [2, 2]), [2]), 'i32[2]'),
  ],
  variance: [...unbiased(ops.variance), spread(ops.variance, real)],
  std: unbiased(ops.std),
  max: [
    ...both(ops.max),
    sample([distinct(2, 3, 4)], x => ops.max(x), 'f32[]'),
    sample([], () => ops.max(tensor([-Infinity, NaN, 2])), 'f32[]'),
    sample([], () => ops.max(int([3, -7, 3])), 'i32[]'),
    sample([distinct(3, 4), distinct(4)], (a, b) => ops.max(a, b), 'f32[3,4]'),
  ],
  min: [
    ...both(ops.min),
    sample([distinct(2, 3, 4)], x => ops.min(x), 'f32[]'),
    sample([], () => ops.min(int([3, -7, 3])), 'i32[]'),
    sample([distinct(3, 1), distinct(4)], (a, b) => ops.min(a, b), 'f32[3,4]'),
  ],
  amax: [...reduction(ops.amax, distinct), ...ones(ops.amax, distinct)],
  amin: [...reduction(ops.amin, distinct), ...ones(ops.amin, distinct)],
  argmax: arg(ops.argmax),
  argmin: arg(ops.argmin),
  logsumexp: [
    sample([real(3, 4)], x => ops.logsumexp(x, 1), 'f32[3]'),
    sample([real(3, 4)], x => ops.logsumexp(x, 0, { keepdim: true }), 'f32[1,4]'),
    sample([real(2, 3, 4)], x => ops.logsumexp(x, [0, 2]), 'f32[3]'),
    sample([real(2, 3, 4)], x => ops.logsumexp(x, [-1, 0, 1]), 'f32[]'),
    sample([between(900, 1100)(2, 5)], x => ops.logsumexp(x, 1), 'f32[2]'),
    sample([real(3, 1)], x => ops.logsumexp(x, 1), 'f32[3]'),
    sample([real(4, 3)], x => ops.logsumexp(t(x), 0), 'f32[4]'),
    sample([real(0, 3)], x => ops.logsumexp(x, 1), 'f32[0]'),
  ],
};

const rows = (f: typeof softmax.softmax): List => [
  sample([real(3, 5)], x => f(x), 'f32[3,5]'),
  sample([real(3, 5)], x => f(x, 0), 'f32[3,5]'),
  sample([real(2, 3, 4)], x => f(x, 1), 'f32[2,3,4]'),
  sample([real(2, 3, 4)], x => f(x, -3), 'f32[2,3,4]'),
  sample([real(7)], x => f(x), 'f32[7]'),
  sample([real(4, 1)], x => f(x, 1), 'f32[4,1]'),
  sample([real(2, 41)], x => f(x, 1), 'f32[2,41]'),
  sample([real(5, 3)], x => f(t(x), -1), 'f32[3,5]'),
  sample([real(2, 2, 3, 2, 2)], x => f(x, 2), 'f32[2,2,3,2,2]'),
  sample([between(900, 910)(2, 4)], x => f(x, 1), 'f32[2,4]'),
  sample([real(0, 3)], x => f(x, 1), 'f32[0,3]'),
  sample([real(3, 0)], x => f(x, 1), 'f32[3,0]'),
  sample([], () => f(int([1, 2, 3])), 'f32[3]'),
];
export const softmaxSamples: SamplesOf<typeof softmax> = {
  softmax: rows(softmax.softmax),
  logSoftmax: rows(softmax.logSoftmax),
};
