/** Samples of norms and distances. */
import { add } from '../../../ts/ops/arithmetic';
import * as ops from '../../../ts/ops/distance';
import { t } from '../../../ts/ops/view';
import { between, discrete, distinct, int, nonzero, positive, real, sample, type SamplesOf } from './sample';

export const distanceSamples: SamplesOf<typeof ops> = {
  vectorNorm: [
    sample([nonzero(2, 67)], x => ops.vectorNorm(x, 2, 1), 'f32[2]'),
    ...[2, 1, 3, 0.5, -1.5].map(order => sample([nonzero(3, 4)], x => ops.vectorNorm(x, order, 1), 'f32[3]')),
    ...[Infinity, -Infinity].map(order => sample([distinct(3, 3)], x => ops.vectorNorm(add(x, 9), order, 0), 'f32[3]')),
    discrete([real(3, 4)], x => ops.vectorNorm(x, 0), 'f32[]'),
    sample([nonzero(2, 3, 4)], x => ops.vectorNorm(x, 3, [0, -1], { keepdim: true }), 'f32[1,3,1]'),
    sample([nonzero(2, 2, 2, 2, 2, 2)], x => ops.vectorNorm(x, 2, [0, 2, 4]), 'f32[2,2,2]'),
    sample([between(1e15, 1e16)(2, 3)], x => ops.vectorNorm(x, 2, 1), 'f32[2]'),
    sample([nonzero()], x => ops.vectorNorm(x), 'f32[]'),
    sample([real(0, 3)], x => ops.vectorNorm(x, 2, 1), 'f32[0]'),
    sample([], () => ops.vectorNorm(int([3, 4])), 'f32[]'),
    sample([], () => ops.vectorNorm(int([3, -4]), 1), 'f32[]'),
  ],
  norm: [
    sample([nonzero(3, 4)], x => ops.norm(x), 'f32[]'),
    sample([nonzero(3, 4)], x => ops.norm(x, 2, 1), 'f32[3]'),
    sample([nonzero(2, 3, 4)], x => ops.norm(x, 2, [0, 2], { keepdim: true }), 'f32[1,3,1]'),
    sample([nonzero(4, 3)], x => ops.norm(t(x), 'fro', 0), 'f32[4]'),
    sample([nonzero(3, 4)], x => ops.norm(x, 1.5, 0), 'f32[4]'),
    sample([nonzero(37, 5)], x => ops.norm(x, undefined, 0), 'f32[5]'),
    sample([nonzero(2, 67)], x => ops.norm(x, 2, 1), 'f32[2]'),
  ],
  dist: [
    sample([real(3, 4), real(4)], (a, b) => ops.dist(a, b), 'f32[]'),
    sample([real(3), real(3)], (a, b) => ops.dist(a, b, 1), 'f32[]'),
  ],
  normalize: [
    sample([nonzero(3, 4)], x => ops.normalize(x), 'f32[3,4]'),
    sample([nonzero(3, 4)], x => ops.normalize(x, { p: 3, dim: 0 }), 'f32[3,4]'),
    sample([positive(2, 3)], x => ops.normalize(x, { p: 1, dim: -1, eps: 0.1 }), 'f32[2,3]'),
  ],
  cosineSimilarity: [
    sample([nonzero(3, 4), nonzero(3, 4)], (a, b) => ops.cosineSimilarity(a, b), 'f32[3]'),
    sample([nonzero(3, 4), nonzero(4)], (a, b) => ops.cosineSimilarity(a, b, { dim: -1 }), 'f32[3]'),
    sample([nonzero(3, 4), nonzero(3, 1)], (a, b) => ops.cosineSimilarity(a, b, { dim: 0 }), 'f32[4]'),
  ],
  pairwiseDistance: [
    sample([real(3, 4), real(3, 4)], (a, b) => ops.pairwiseDistance(a, b), 'f32[3]'),
    sample([real(3, 4), real(4)], (a, b) => ops.pairwiseDistance(a, b, { p: 1, keepdim: true }), 'f32[3,1]'),
  ],
  cdist: [
    sample([real(3, 4), real(5, 4)], (a, b) => ops.cdist(a, b), 'f32[3,5]'),
    sample([real(2, 3, 4), real(5, 4)], (a, b) => ops.cdist(a, b), 'f32[2,3,5]'),
    sample([real(2, 1, 3, 2), real(3, 5, 2)], (a, b) => ops.cdist(a, b), 'f32[2,3,3,5]'),
    sample([distinct(3, 4), distinct(5, 4)], (a, b) => ops.cdist(a, b, 3), 'f32[3,5]'),
    sample([real(0, 4), real(5, 4)], (a, b) => ops.cdist(a, b), 'f32[0,5]'),
    sample([], () => ops.cdist(int([3, 4], [1, 2]), int([0, 0], [1, 2])), 'f32[1,1]'),
  ],
  pdist: [
    sample([real(4, 3)], x => ops.pdist(x), 'f32[6]'),
    sample([distinct(4, 3)], x => ops.pdist(x, 1.5), 'f32[6]'),
    sample([real(1, 3)], x => ops.pdist(x), 'f32[0]'),
  ],
  renorm: [
    sample([nonzero(3, 4)], x => ops.renorm(x, 2, 0, 1.5), 'f32[3,4]'),
    sample([nonzero(3, 4)], x => ops.renorm(x, 1, -1, 0.5), 'f32[3,4]'),
  ],
};
