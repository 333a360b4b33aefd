/** Samples of ranks, different elements and bins. */
import { tensor } from '../../../ts/ops/creation';
import * as bins from '../../../ts/ops/bins';
import * as quantiles from '../../../ts/ops/quantiles';
import * as unique from '../../../ts/ops/unique';
import { t } from '../../../ts/ops/view';
import { bool, discrete, distinct, int, sample, tied, type Sample, type SamplesOf } from './sample';

const odd = [2, NaN, 0, -1, 0, 5, 2, Infinity];
/** What looks at numbers. */
const reading = (s: Sample): Sample => ({ ...s, reads: true });

type List = readonly [Sample, ...Sample[]];
const medians = (f: typeof quantiles.median): List => [
  sample([distinct(3, 5)], x => f(x), 'f32[]'),
  sample([distinct(3, 4)], x => f(x), 'f32[]'),
  sample([distinct(3, 4)], x => f(x, 1), 'f32[3] i32[3]'),
  sample([distinct(2, 5, 3)], x => f(x, 1, { keepdim: true }), 'f32[2,1,3] i32[2,1,3]'),
  sample([distinct(5, 3)], x => f(t(x), -1), 'f32[3] i32[3]'),
  sample([distinct()], x => f(x), 'f32[]'),
  sample([distinct()], x => f(x, -1), 'f32[] i32[]'),
  sample([distinct(0, 3)], x => f(x, 1), 'f32[0] i32[0]'),
  sample([], () => f(tensor(odd), 0), 'f32[] i32[]'),
  sample([], () => f(int([4, 1, 3, 2])), 'i32[]'),
  sample([], () => f(int([4, 1, 3, 2], [2, 2]), 0), 'i32[2] i32[2]'),
];
const quantile = (f: typeof quantiles.quantile): List => [
  sample([distinct(3, 5)], x => f(x, 0.3), 'f32[]'),
  sample([distinct(3, 5)], x => f(x, [0.1, 0.5, 1], 1), 'f32[3,3]'),
  sample([distinct(3, 4)], x => f(x, [0.25], 0, { keepdim: true }), 'f32[1,1,4]'),
  sample([distinct(3, 4)], x => f(x, 0.9, undefined, { keepdim: true }), 'f32[1,1]'),
  discrete([distinct(3, 4)], x => f(x, [], -1), 'f32[0,3]'),
  ...(['lower', 'higher', 'midpoint', 'nearest'] as const).map(interpolation =>
    sample([distinct(3, 6)], x => f(x, [0, 0.3, 0.5, 0.8], 1, { interpolation }), 'f32[4,3]'),
  ),
  sample([distinct()], x => f(x, 0.5, 0), 'f32[]'),
  reading(sample([distinct(2, 5)], x => f(x, tensor([0.5, 0.1]), -1), 'f32[2,2]')),
  sample([], () => f(tensor(odd), [0.2, 0.7]), 'f32[2]'),
  sample([], () => f(int([1, 2, 4, 8]), 0.4), 'f32[]'),
];

export const quantileSamples: SamplesOf<typeof quantiles> = {
  median: medians(quantiles.median),
  nanmedian: medians(quantiles.nanmedian),
  kthvalue: [
    sample([distinct(3, 5)], x => quantiles.kthvalue(x, 2), 'f32[3] i32[3]'),
    sample([distinct(3, 5)], x => quantiles.kthvalue(x, 3, 0, { keepdim: true }), 'f32[1,5] i32[1,5]'),
    sample([distinct()], x => quantiles.kthvalue(x, 1), 'f32[] i32[]'),
    sample([], () => quantiles.kthvalue(int([4, 1, 3, 2]), 3), 'i32[] i32[]'),
  ],
  mode: [
    discrete([tied(3, 7)], x => quantiles.mode(x.detach()), 'f32[3] i32[3]'),
    discrete([tied(7, 3)], x => quantiles.mode(x.detach(), 0, { keepdim: true }), 'f32[1,3] i32[1,3]'),
    sample([distinct(2, 5)], x => quantiles.mode(x), 'f32[2] i32[2]'),
    sample([distinct()], x => quantiles.mode(x, -1), 'f32[] i32[]'),
    sample([], () => quantiles.mode(tensor(odd)), 'f32[] i32[]'),
    sample([], () => quantiles.mode(int([3, 1, 3, 1, 2])), 'i32[] i32[]'),
  ],
  quantile: quantile(quantiles.quantile),
  nanquantile: quantile(quantiles.nanquantile),
};

const both = { returnInverse: true, returnCounts: true } as const;
export const uniqueSamples: SamplesOf<typeof unique> = {
  unique: [
    reading(sample([], () => unique.unique(tensor([3, 1, 3, -1, 1, 1])), 'f32[3]')),
    reading(sample([], () => unique.unique(tensor([[2, 1, 2, NaN]]), both), 'f32[3] i32[1,4] i32[3]')),
    reading(sample([], () => unique.unique(int([3, 1, 3, 1], [2, 2]), { returnCounts: true }), 'i32[2] i32[2]')),
    reading(
      sample([], () => unique.unique(int([3, 1, 3, 1, 2, 2], [3, 2]), { dim: 0, ...both }), 'i32[2,2] i32[3] i32[2]'),
    ),
    reading(sample([], () => unique.unique(t(int([3, 1, 3, 1, 2, 2], [3, 2])), { dim: -1 }), 'i32[2,2]')),
    reading(sample([], () => unique.unique(bool([1, 0, 1]), { returnInverse: true }), 'bool[2] i32[3]')),
    reading(sample([], () => unique.unique(tensor([]), both), 'f32[0] i32[0] i32[0]')),
  ],
  uniqueConsecutive: [
    reading(sample([], () => unique.uniqueConsecutive(tensor([3, 3, 1, 3, 3])), 'f32[3]')),
    reading(sample([], () => unique.uniqueConsecutive(int([3, 3, 1, 3]), both), 'i32[3] i32[4] i32[3]')),
    reading(sample([], () => unique.uniqueConsecutive(int([1, 2, 1, 2, 0, 0], [3, 2]), { dim: 0 }), 'i32[2,2]')),
  ],
};

const edges = (): ReturnType<typeof tensor> => tensor([-1, 0, 0, 0.5, 1]);
export const binSamples: SamplesOf<typeof bins> = {
  searchsorted: [
    discrete([tied(3, 4)], x => bins.searchsorted(edges(), x), 'i32[3,4]'),
    discrete([tied(3, 4)], x => bins.searchsorted(edges(), x, { right: true }), 'i32[3,4]'),
    sample(
      [],
      () =>
        bins.searchsorted(
          tensor([
            [1, 2, 3],
            [4, 5, 6],
          ]),
          tensor([
            [0, 2],
            [5, 9],
          ]),
        ),
      'i32[2,2]',
    ),
    sample([], () => bins.searchsorted(int([1, 3, 5]), 3), 'i32[]'),
    sample([], () => bins.searchsorted(edges(), tensor([NaN, Infinity, -Infinity])), 'i32[3]'),
    sample([], () => bins.searchsorted(tensor([]), tensor([1, 2])), 'i32[2]'),
  ],
  bucketize: [
    discrete([tied(3, 4)], x => bins.bucketize(x, edges()), 'i32[3,4]'),
    sample([], () => bins.bucketize(0, edges(), { right: true }), 'i32[]'),
  ],
  histc: [
    discrete([tied(3, 4)], x => bins.histc(x, 3, -1, 1), 'f32[3]'),
    reading(discrete([distinct(3, 4)], x => bins.histc(x), 'f32[100]')),
    sample([], () => bins.histc(tensor([NaN, Infinity, 0, 1, 2]), 2, 0, 2), 'f32[2]'),
  ],
  histogram: [
    discrete([tied(3, 4)], x => bins.histogram(x, 3, { range: [-1, 1] }), 'f32[3] f32[4]'),
    discrete([tied(3, 4)], x => bins.histogram(x, tensor([-1, 0.5, 1]), { density: true }), 'f32[2] f32[3]'),
    sample([], () => bins.histogram(tensor([1, 2, 2]), [0, 1, 2], { weight: tensor([1, 2, 4]) }), 'f32[2] f32[3]'),
    reading(discrete([distinct(3, 4)], x => bins.histogram(x, 5), 'f32[5] f32[6]')),
  ],
  bincount: [
    reading(sample([], () => bins.bincount(int([3, 1, 3, 0])), 'i32[4]')),
    reading(sample([], () => bins.bincount(int([1, 1]), { minlength: 4 }), 'i32[4]')),
    reading(sample([], () => bins.bincount(int([1, 1]), { weights: tensor([0.5, 0.25]) }), 'f32[2]')),
    reading(sample([], () => bins.bincount(int([])), 'i32[0]')),
  ],
};
