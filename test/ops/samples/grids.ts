/** Samples of grids, combinations, blocks and powers. */
import * as ops from '../../../ts/ops/grids';
import { bool, int, real, sample, type SamplesOf } from './sample';

export const gridSamples: SamplesOf<typeof ops> = {
  meshgrid: [
    sample([real(2), real(3)], (a, b) => ops.meshgrid([a, b]), 'f32[2,3] f32[2,3]'),
    sample(
      [real(2), real(3), real(4)],
      (...xs) => ops.meshgrid(xs, { indexing: 'xy' }),
      'f32[3,2,4] f32[3,2,4] f32[3,2,4]',
    ),
    sample([real(2), real()], (a, b) => ops.meshgrid([a, b], { indexing: 'xy' }), 'f32[1,2] f32[1,2]'),
    sample([], () => ops.meshgrid([int([1, 2])]), 'i32[2]'),
  ],
  cartesianProd: [
    sample([real(2), real(3)], (a, b) => ops.cartesianProd([a, b]), 'f32[6,2]'),
    sample([real(4)], a => ops.cartesianProd([a]), 'f32[4]'),
    sample([], () => ops.cartesianProd([int([1, 2]), int([3])]), 'i32[2,2]'),
  ],
  trilIndices: [
    sample([], () => ops.trilIndices(3, 4, 1), 'i32[2,9]'),
    sample([], () => ops.trilIndices(0, 2), 'i32[2,0]'),
  ],
  triuIndices: [sample([], () => ops.triuIndices(3, 4, -1), 'i32[2,11]')],
  combinations: [
    sample([real(4)], x => ops.combinations(x), 'f32[6,2]'),
    sample([real(3)], x => ops.combinations(x, 3, { withReplacement: true }), 'f32[10,3]'),
    sample([], () => ops.combinations(int([7, 8]), 3), 'i32[0,3]'),
  ],
  blockDiag: [
    sample([real(2, 3), real(1, 2), real(2)], (...xs) => ops.blockDiag(xs), 'f32[4,7]'),
    sample([], () => ops.blockDiag([int([1, 2], [2, 1]), int([3], [])]), 'i32[3,2]'),
  ],
  vander: [
    sample([real(3)], x => ops.vander(x), 'f32[3,3]'),
    sample([real(3)], x => ops.vander(x, 4, { increasing: true }), 'f32[3,4]'),
    sample([], () => ops.vander(int([1, 2, 3])), 'i32[3,3]'),
    sample([], () => ops.vander(bool([1, 0]), 1), 'i32[2,1]'),
  ],
};
