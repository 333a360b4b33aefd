/** Samples of losses of distributions, rankings and distances. */
import * as ops from '../../../ts/ops/criteria';
import { logSoftmax, softmax } from '../../../ts/ops/softmax';
import { tensor } from '../../../ts/ops/creation';
import type { Tensor } from '../../../ts/core/tensor';
import { between, int, real, sample, type Sample, type SamplesOf } from './sample';

const positive = between(0.2, 0.9);
/** 1 and −1 in turns, of a shape. */
const signs = (...shape: number[]): Tensor => {
  const n = shape.reduce((a, b) => a * b, 1);
  return int(
    Array.from({ length: n }, (_, i) => (i % 3 === 0 ? -1 : 1)),
    shape,
  );
};
type Reduced = 'mean' | 'sum' | 'none' | 'cost';
const each = (f: (reduction: Reduced) => Sample): [Sample, ...Sample[]] => [f('mean'), f('sum'), f('none'), f('cost')];
const shapeOf = (reduction: Reduced, shape: string): string => (reduction === 'none' ? `f32[${shape}]` : 'f32[]');

export const criteriaSamples: SamplesOf<typeof ops> = {
  klDiv: [
    ...each(reduction =>
      sample(
        [real(3, 4), real(3, 4)],
        (x, t) => ops.klDiv(logSoftmax(x, 1), softmax(t, 1), { reduction }),
        shapeOf(reduction, '3,4'),
      ),
    ),
    sample([real(3, 4), real(3, 4)], (x, t) => ops.klDiv(x, t, { logTarget: true, reduction: 'batchmean' }), 'f32[]'),
    sample([real(3)], x => ops.klDiv(x, tensor([0, 0.5, 0.5])), 'f32[]'),
  ],
  poissonNllLoss: [
    ...each(reduction =>
      sample(
        [real(2, 3), positive(2, 3)],
        (x, t) => ops.poissonNllLoss(x, t, { reduction }),
        shapeOf(reduction, '2,3'),
      ),
    ),
    sample(
      [positive(4)],
      x => ops.poissonNllLoss(x, tensor([0, 1, 2.5, 7]), { logInput: false, full: true, reduction: 'none' }),
      'f32[4]',
    ),
    sample([positive(4), between(1.5, 4)(4)], (x, t) => ops.poissonNllLoss(x, t, { full: true }), 'f32[]'),
  ],
  gaussianNllLoss: [
    ...each(reduction =>
      sample(
        [real(2, 3), real(2, 3), positive(2, 3)],
        (x, t, v) => ops.gaussianNllLoss(x, t, v, { reduction }),
        shapeOf(reduction, '2,3'),
      ),
    ),
    sample([real(2, 3), real(2, 3), positive(2)], (x, t, v) => ops.gaussianNllLoss(x, t, v, { full: true }), 'f32[]'),
    sample([real(2, 3), real(2, 3), positive(2, 1)], (x, t, v) => ops.gaussianNllLoss(x, t, v, { eps: 0.1 }), 'f32[]'),
  ],
  softMarginLoss: each(reduction =>
    sample([real(2, 3)], x => ops.softMarginLoss(x, signs(2, 3), { reduction }), shapeOf(reduction, '2,3')),
  ),
  hingeEmbeddingLoss: each(reduction =>
    sample(
      [positive(2, 3)],
      x => ops.hingeEmbeddingLoss(x, signs(2, 3), { reduction, margin: 0.95 }),
      shapeOf(reduction, '2,3'),
    ),
  ),
  marginRankingLoss: each(reduction =>
    sample(
      [between(2, 3)(6), between(0, 1)(6)],
      (a, b) => ops.marginRankingLoss(a, b, signs(6), { reduction, margin: 0.25 }),
      shapeOf(reduction, '6'),
    ),
  ),
  cosineEmbeddingLoss: [
    ...each(reduction =>
      sample(
        [positive(4, 3), positive(4, 3)],
        (a, b) => ops.cosineEmbeddingLoss(a, b, signs(4), { reduction, margin: -0.5 }),
        shapeOf(reduction, '4'),
      ),
    ),
    sample([real(3), real(3)], (a, b) => ops.cosineEmbeddingLoss(a, b, int([1], [])), 'f32[]'),
  ],
  tripletMarginLoss: [
    ...each(reduction =>
      sample(
        [real(4, 3), real(4, 3), real(4, 3)],
        (a, p, n) => ops.tripletMarginLoss(a, p, n, { reduction, margin: 20 }),
        shapeOf(reduction, '4'),
      ),
    ),
    sample(
      [between(2, 3)(4, 3), between(0, 1)(4, 3), between(5, 9)(4, 3)],
      (a, p, n) => ops.tripletMarginLoss(a, p, n, { margin: 30, p: 1, swap: true }),
      'f32[]',
    ),
  ],
  multiMarginLoss: [
    ...each(reduction =>
      sample(
        [positive(3, 4)],
        x => ops.multiMarginLoss(x, int([2, 0, 3]), { reduction, margin: 2 }),
        shapeOf(reduction, '3'),
      ),
    ),
    sample([positive(4), positive(4)], (x, weight) => ops.multiMarginLoss(x, int([1], []), { p: 2, weight }), 'f32[]'),
  ],
  multilabelMarginLoss: [
    ...each(reduction =>
      sample(
        [positive(2, 3)],
        x => ops.multilabelMarginLoss(x, int([2, 0, -1, 1, -1, 0], [2, 3]), { reduction }),
        shapeOf(reduction, '2'),
      ),
    ),
    sample([positive(3)], x => ops.multilabelMarginLoss(x, int([0, 1, 2])), 'f32[]'),
  ],
  multilabelSoftMarginLoss: [
    ...each(reduction =>
      sample(
        [real(2, 3), positive(2, 3)],
        (x, t) => ops.multilabelSoftMarginLoss(x, t, { reduction }),
        shapeOf(reduction, '2'),
      ),
    ),
    sample(
      [real(2, 3), positive(2, 3), positive(3)],
      (x, t, weight) => ops.multilabelSoftMarginLoss(x, t, { weight }),
      'f32[]',
    ),
  ],
};
