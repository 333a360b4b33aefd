/** Samples of what puts elements in another order, and of diagonals. */
import * as ops from '../../../ts/ops/arrange';
import * as diagonals from '../../../ts/ops/diagonal';
import { t } from '../../../ts/ops/view';
import { bool, int, real, sample, type SamplesOf } from './sample';

export const arrangeSamples: SamplesOf<typeof ops> = {
  flip: [
    sample([real(2, 3)], x => ops.flip(x, 1), 'f32[2,3]'),
    sample([real(2, 3, 2)], x => ops.flip(x, [0, -1]), 'f32[2,3,2]'),
    sample([real(2, 3)], x => ops.flip(t(x), 0), 'f32[3,2]'),
    sample([real(2)], x => ops.flip(x, []), 'f32[2]'),
    sample([real(0, 3)], x => ops.flip(x, [0, 1]), 'f32[0,3]'),
    sample([], () => ops.flip(int([1, 2, 3]), 0), 'i32[3]'),
    sample([], () => ops.flip(bool([1, 0, 0]), 0), 'bool[3]'),
  ],
  fliplr: [sample([real(2, 3)], x => ops.fliplr(x), 'f32[2,3]')],
  flipud: [sample([real(2, 3)], x => ops.flipud(x), 'f32[2,3]'), sample([real(3)], x => ops.flipud(x), 'f32[3]')],
  rot90: [
    sample([real(2, 3)], x => ops.rot90(x), 'f32[3,2]'),
    sample([real(2, 3)], x => ops.rot90(x, 2), 'f32[2,3]'),
    sample([real(2, 3)], x => ops.rot90(x, -1), 'f32[3,2]'),
    sample([real(2, 3, 2)], x => ops.rot90(x, 5, [2, 0]), 'f32[2,3,2]'),
    sample([real(2, 3)], x => ops.rot90(x, 0), 'f32[2,3]'),
  ],
  roll: [
    sample([real(2, 3)], x => ops.roll(x, 1), 'f32[2,3]'),
    sample([real(4)], x => ops.roll(x, -5, 0), 'f32[4]'),
    sample([real(2, 3)], x => ops.roll(x, [1, -1], [0, 1]), 'f32[2,3]'),
    sample([real(2, 3)], x => ops.roll(x, [1, 1], [1, 1]), 'f32[2,3]'),
    sample([real(0, 3)], x => ops.roll(x, 2, 0), 'f32[0,3]'),
    sample([], () => ops.roll(bool([1, 0, 0]), 1), 'bool[3]'),
  ],
  repeat: [
    sample([real(2, 3)], x => ops.repeat(x, [2, 1]), 'f32[4,3]'),
    sample([real(3)], x => ops.repeat(x, [2, 1, 2]), 'f32[2,1,6]'),
    sample([real(2, 2)], x => ops.repeat(t(x), [0, 2]), 'f32[0,4]'),
    sample([real()], x => ops.repeat(x, []), 'f32[]'),
    sample([], () => ops.repeat(int([1, 2]), [2]), 'i32[4]'),
  ],
  tile: [
    sample([real(2, 3)], x => ops.tile(x, [2]), 'f32[2,6]'),
    sample([real(3)], x => ops.tile(x, [2, 2]), 'f32[2,6]'),
  ],
  repeatInterleave: [
    sample([real(2, 3)], x => ops.repeatInterleave(x, 2, 0), 'f32[4,3]'),
    sample([real(2, 3)], x => ops.repeatInterleave(x, [0, 2, 1], -1), 'f32[2,3]'),
    sample([real(2, 3)], x => ops.repeatInterleave(x, 2), 'f32[12]'),
    sample([real(2)], x => ops.repeatInterleave(x, 0, 0), 'f32[0]'),
  ],
  narrow: [
    sample([real(2, 5)], x => ops.narrow(x, 1, 1, 3), 'f32[2,3]'),
    sample([real(4)], x => ops.narrow(x, 0, -2, 2), 'f32[2]'),
    sample([real(4)], x => ops.narrow(x, 0, 4, 0), 'f32[0]'),
  ],
  unbind: [
    sample([real(2, 3)], x => ops.unbind(x), 'f32[3] f32[3]'),
    sample([real(2, 3)], x => ops.unbind(x, -1), 'f32[2] f32[2] f32[2]'),
  ],
  chunk: [
    sample([real(5, 2)], x => ops.chunk(x, 2), 'f32[3,2] f32[2,2]'),
    sample([real(2, 5)], x => ops.chunk(x, 4, 1), 'f32[2,2] f32[2,2] f32[2,1]'),
  ],
  movedim: [
    sample([real(2, 3, 4)], x => ops.movedim(x, 0, -1), 'f32[3,4,2]'),
    sample([real(2, 3, 4)], x => ops.movedim(x, [0, 1], [1, 0]), 'f32[3,2,4]'),
    sample([real(2, 3, 4, 1)], x => ops.movedim(x, [-1, 0], [0, 2]), 'f32[1,3,2,4]'),
  ],
  swapaxes: [sample([real(2, 3, 4)], x => ops.swapaxes(x, 0, -1), 'f32[4,3,2]')],
};

export const diagonalSamples: SamplesOf<typeof diagonals> = {
  diagonal: [
    sample([real(3, 4)], x => diagonals.diagonal(x), 'f32[3]'),
    sample([real(3, 4)], x => diagonals.diagonal(x, 2), 'f32[2]'),
    sample([real(4, 3)], x => diagonals.diagonal(x, -1), 'f32[3]'),
    sample([real(3, 2, 4)], x => diagonals.diagonal(x, -1, 2, 0), 'f32[2,3]'),
    sample([real(3, 4)], x => diagonals.diagonal(t(x), 1), 'f32[2]'),
    sample([real(3, 3)], x => diagonals.diagonal(x, 5), 'f32[0]'),
    sample([real(3, 3)], x => diagonals.diagonal(x, -5), 'f32[0]'),
  ],
  diagEmbed: [
    sample([real(3)], x => diagonals.diagEmbed(x), 'f32[3,3]'),
    sample([real(2, 3)], x => diagonals.diagEmbed(x, 1), 'f32[2,4,4]'),
    sample([real(2, 3)], x => diagonals.diagEmbed(x, -2, 0, 2), 'f32[5,2,5]'),
    sample([real(0)], x => diagonals.diagEmbed(x, 1), 'f32[1,1]'),
  ],
  diag: [
    sample([real(3)], x => diagonals.diag(x, -1), 'f32[4,4]'),
    sample([real(2, 3)], x => diagonals.diag(x, 1), 'f32[2]'),
    sample([], () => diagonals.diag(int([1, 2])), 'i32[2,2]'),
  ],
  trace: [sample([real(2, 3)], x => diagonals.trace(x), 'f32[]')],
  tril: [
    sample([real(3, 3)], x => diagonals.tril(x), 'f32[3,3]'),
    sample([real(2, 3, 4)], x => diagonals.tril(x, 1), 'f32[2,3,4]'),
    sample([real(2, 3)], x => diagonals.tril(t(x), -1), 'f32[3,2]'),
    sample([], () => diagonals.tril(bool([1, 1, 1, 1], [2, 2])), 'bool[2,2]'),
  ],
  triu: [
    sample([real(3, 3)], x => diagonals.triu(x), 'f32[3,3]'),
    sample([real(2, 3)], x => diagonals.triu(x, -1), 'f32[2,3]'),
    sample([], () => diagonals.triu(int([1, 2, 3, 4], [2, 2]), 1), 'i32[2,2]'),
  ],
};
