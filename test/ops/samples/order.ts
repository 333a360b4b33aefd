/** Samples of sorting and running sums. */
import { tensor } from '../../../ts/ops/creation';
import * as ops from '../../../ts/ops/order';
import { t } from '../../../ts/ops/view';
import { bool, discrete, distinct, int, real, sample, type SamplesOf } from './sample';

const ties = [2, NaN, 0, -1, -0, NaN, 2, Infinity];

export const orderSamples: SamplesOf<typeof ops> = {
  sort: [
    sample([distinct(3, 4)], x => ops.sort(x), 'f32[3,4] i32[3,4]'),
    sample([distinct(3, 4)], x => ops.sort(x, 0, { descending: true }), 'f32[3,4] i32[3,4]'),
    sample([distinct(2, 5, 3)], x => ops.sort(x, 1), 'f32[2,5,3] i32[2,5,3]'),
    sample([distinct(4, 3)], x => ops.sort(t(x), -1, { descending: true }), 'f32[3,4] i32[3,4]'),
    sample([distinct(67)], x => ops.sort(x), 'f32[67] i32[67]'),
    sample([distinct(1)], x => ops.sort(x), 'f32[1] i32[1]'),
    sample([distinct(0, 3)], x => ops.sort(x), 'f32[0,3] i32[0,3]'),
    sample([distinct(3, 0)], x => ops.sort(x), 'f32[3,0] i32[3,0]'),
    sample([], () => ops.sort(tensor(ties)), 'f32[8] i32[8]'),
    sample([], () => ops.sort(tensor(ties), 0, { descending: true }), 'f32[8] i32[8]'),
    sample([], () => ops.sort(int([3, 1, 3, -1], [2, 2])), 'i32[2,2] i32[2,2]'),
  ],
  argsort: [
    discrete([distinct(3, 4)], x => ops.argsort(x), 'i32[3,4]'),
    discrete([distinct(3, 4)], x => ops.argsort(x, 0, { descending: true }), 'i32[3,4]'),
    sample([], () => ops.argsort(tensor(ties)), 'i32[8]'),
  ],
  topk: [
    sample([distinct(3, 5)], x => ops.topk(x, 2), 'f32[3,2] i32[3,2]'),
    sample([distinct(3, 5)], x => ops.topk(x, 2, 0), 'f32[2,5] i32[2,5]'),
    sample([distinct(2, 5, 3)], x => ops.topk(x, 3, 1, { largest: false }), 'f32[2,3,3] i32[2,3,3]'),
    sample([distinct(2, 67)], x => ops.topk(x, 9), 'f32[2,9] i32[2,9]'),
    sample([distinct(3, 5)], x => ops.topk(x, 5), 'f32[3,5] i32[3,5]'),
    sample([distinct(3, 5)], x => ops.topk(x, 0), 'f32[3,0] i32[3,0]'),
    sample([distinct(4, 3)], x => ops.topk(t(x), 1), 'f32[3,1] i32[3,1]'),
    sample([], () => ops.topk(tensor(ties), 3), 'f32[3] i32[3]'),
    sample([], () => ops.topk(tensor(ties), 5, 0, { largest: false }), 'f32[5] i32[5]'),
  ],
  cumsum: [
    sample([real(3, 4)], x => ops.cumsum(x, 1), 'f32[3,4]'),
    sample([real(3, 4)], x => ops.cumsum(x, 0), 'f32[3,4]'),
    sample([real(2, 3, 9)], x => ops.cumsum(x, -2), 'f32[2,3,9]'),
    sample([real(4, 3)], x => ops.cumsum(t(x), 0), 'f32[3,4]'),
    sample([real(1)], x => ops.cumsum(x, 0), 'f32[1]'),
    sample([real(0, 3)], x => ops.cumsum(x, 0), 'f32[0,3]'),
    sample([], () => ops.cumsum(int([1, 2, 3, 4, 5, 6], [2, 3]), 1), 'i32[2,3]'),
    sample([], () => ops.cumsum(bool([1, 0, 1, 1]), 0), 'i32[4]'),
  ],
};
