/** Samples of integrals, derivatives and covariances, and of tensors with a part replaced. */
import * as calculus from '../../../ts/ops/calculus';
import * as scatters from '../../../ts/ops/scatters';
import { t } from '../../../ts/ops/view';
import { bool, int, positive, real, sample, type SamplesOf } from './sample';

export const calculusSamples: SamplesOf<typeof calculus> = {
  trapezoid: [
    sample([real(2, 5)], y => calculus.trapezoid(y), 'f32[2]'),
    sample([real(4, 3)], y => calculus.trapezoid(y, undefined, { dx: 0.5, dim: 0 }), 'f32[3]'),
    sample([real(2, 4), real(4)], (y, x) => calculus.trapezoid(y, x), 'f32[2]'),
    sample([real(3, 2), real(3)], (y, x) => calculus.trapezoid(y, x, { dim: 0 }), 'f32[2]'),
    sample([real(2, 3), real(2, 3)], (y, x) => calculus.trapezoid(y, x), 'f32[2]'),
    sample([real(2, 1)], y => calculus.trapezoid(y), 'f32[2]'),
    sample([real(0)], y => calculus.trapezoid(y), 'f32[]'),
    sample([], () => calculus.trapezoid(int([1, 2, 4])), 'f32[]'),
  ],
  cumulativeTrapezoid: [
    sample([real(2, 5)], y => calculus.cumulativeTrapezoid(y), 'f32[2,4]'),
    sample([real(3, 2), real(3)], (y, x) => calculus.cumulativeTrapezoid(y, x, { dim: 0 }), 'f32[2,2]'),
  ],
  gradient: [
    sample([real(5)], x => calculus.gradient(x), 'f32[5]'),
    sample([real(3, 4)], x => calculus.gradient(x, { spacing: [0.5, 2] }), 'f32[3,4] f32[3,4]'),
    sample([real(3, 4)], x => calculus.gradient(t(x), { dim: 1, edgeOrder: 2, spacing: 3 }), 'f32[4,3]'),
    sample([real(2)], x => calculus.gradient(x), 'f32[2]'),
  ],
  cov: [
    sample([real(2, 5)], x => calculus.cov(x), 'f32[2,2]'),
    sample([real(4)], x => calculus.cov(x, { correction: 0 }), 'f32[]'),
    sample([real(2, 3), positive(3)], (x, w) => calculus.cov(x, { aweights: w }), 'f32[2,2]'),
    sample([real(2, 3)], x => calculus.cov(x, { fweights: int([2, 1, 3]) }), 'f32[2,2]'),
  ],
  corrcoef: [sample([real(3, 6)], x => calculus.corrcoef(x), 'f32[3,3]')],
};

export const scatterSamples: SamplesOf<typeof scatters> = {
  sliceScatter: [
    sample([real(4, 3), real(2, 3)], (x, s) => scatters.sliceScatter(x, s, 0, 1, 3), 'f32[4,3]'),
    sample([real(2, 5), real(2, 2)], (x, s) => scatters.sliceScatter(x, s, 1, -4, undefined, 2), 'f32[2,5]'),
    sample([real(3, 2), real(3, 2)], (x, s) => scatters.sliceScatter(t(x), t(s)), 'f32[2,3]'),
    sample([real(3), real(0)], (x, s) => scatters.sliceScatter(x, s, 0, 2, 2), 'f32[3]'),
    sample([], () => scatters.sliceScatter(int([1, 2, 3]), int([7]), 0, 2), 'i32[3]'),
  ],
  selectScatter: [
    sample([real(2, 3), real(2)], (x, s) => scatters.selectScatter(x, s, 1, -1), 'f32[2,3]'),
    sample([real(2, 3), real(3)], (x, s) => scatters.selectScatter(x, s, 0, 1), 'f32[2,3]'),
    sample([], () => scatters.selectScatter(bool([1, 0, 0]), bool([1], []), 0, -2), 'bool[3]'),
  ],
  diagonalScatter: [
    sample([real(3, 4), real(3)], (x, s) => scatters.diagonalScatter(x, s), 'f32[3,4]'),
    sample([real(4, 3), real(2)], (x, s) => scatters.diagonalScatter(x, s, -2), 'f32[4,3]'),
    sample([real(3, 2, 4), real(2, 3)], (x, s) => scatters.diagonalScatter(x, s, 1, 0, 2), 'f32[3,2,4]'),
  ],
  diagflat: [
    sample([real(2, 2)], x => scatters.diagflat(x), 'f32[4,4]'),
    sample([real(2)], x => scatters.diagflat(x, -1), 'f32[3,3]'),
    sample([real()], x => scatters.diagflat(x), 'f32[1,1]'),
  ],
  columnStack: [
    sample([real(3), real(3, 2)], (a, b) => scatters.columnStack([a, b]), 'f32[3,3]'),
    sample([real(), real()], (a, b) => scatters.columnStack([a, b]), 'f32[1,2]'),
  ],
  tensorSplit: [
    sample([real(7, 2)], x => scatters.tensorSplit(x, 3), 'f32[3,2] f32[2,2] f32[2,2]'),
    sample([real(2, 5)], x => scatters.tensorSplit(x, [1, 4], 1), 'f32[2,1] f32[2,3] f32[2,1]'),
    sample([real(3)], x => scatters.tensorSplit(x, 1), 'f32[3]'),
  ],
};
