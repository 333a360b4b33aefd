/** Samples of views, and of joining tensors. */
import { tensor } from '../../../ts/ops/creation';
import * as join from '../../../ts/ops/join';
import * as padding from '../../../ts/ops/pad';
import * as parts from '../../../ts/ops/parts';
import * as ops from '../../../ts/ops/view';
import { real, bool, int, sample, type SamplesOf } from './sample';

const { expand, permute, t } = ops;

export const viewSamples: SamplesOf<typeof ops> = {
  contiguous: [
    sample([real(2, 3)], x => ops.contiguous(x), 'f32[2,3]'),
    sample([real(2, 3)], x => ops.contiguous(t(x)), 'f32[3,2]'),
    sample([real(3, 1)], x => ops.contiguous(expand(x, [2, 3, 4])), 'f32[2,3,4]'),
    sample([real(2, 3, 2, 3, 2, 2)], x => ops.contiguous(permute(x, [5, 3, 1, 4, 2, 0])), 'f32[2,3,3,2,2,2]'),
    sample(
      [],
      () =>
        ops.contiguous(
          permute(
            bool(
              Array.from({ length: 72 }, (_, i) => Number(i % 5 === 0)),
              [2, 3, 2, 3, 2],
            ),
            [4, 3, 2, 1, 0],
          ),
        ),
      'bool[2,3,2,3,2]',
    ),
  ],
  reshape: [
    sample([real(2, 6)], x => ops.reshape(x, [3, 4]), 'f32[3,4]'),
    sample([real(2, 6)], x => ops.reshape(x, [3, -1, 2]), 'f32[3,2,2]'),
    sample([real(2, 6)], x => ops.reshape(t(x), [12]), 'f32[12]'),
    sample([real()], x => ops.reshape(x, [1, 1]), 'f32[1,1]'),
    sample([real(1, 1)], x => ops.reshape(x, []), 'f32[]'),
    sample([real(3)], x => ops.reshape(expand(x, [2, 3]), [6]), 'f32[6]'),
    sample([real(0, 3)], x => ops.reshape(x, [-1, 3]), 'f32[0,3]'),
    sample([real(0, 3)], x => ops.reshape(x, [5, 0]), 'f32[5,0]'),
    sample([], () => ops.reshape(int([1, 2, 3, 4]), [2, 2]), 'i32[2,2]'),
  ],
  flatten: [
    sample([real(2, 3, 4)], x => ops.flatten(x), 'f32[24]'),
    sample([real(2, 3, 4)], x => ops.flatten(x, 1), 'f32[2,12]'),
    sample([real(2, 3, 4, 2)], x => ops.flatten(x, 1, -2), 'f32[2,12,2]'),
    sample([real(2, 3)], x => ops.flatten(x, 1, 1), 'f32[2,3]'),
    sample([real()], x => ops.flatten(x), 'f32[1]'),
    sample([real(4, 0)], x => ops.flatten(x, 0), 'f32[0]'),
  ],
  unsqueeze: [
    sample([real(2, 3)], x => ops.unsqueeze(x, 0), 'f32[1,2,3]'),
    sample([real(2, 3)], x => ops.unsqueeze(x, -1), 'f32[2,3,1]'),
    sample([real(2, 3)], x => ops.unsqueeze(t(x), 1), 'f32[3,1,2]'),
    sample([real()], x => ops.unsqueeze(x, 0), 'f32[1]'),
    sample([real(0)], x => ops.unsqueeze(x, 1), 'f32[0,1]'),
  ],
  squeeze: [
    sample([real(1, 3, 1)], x => ops.squeeze(x), 'f32[3]'),
    sample([real(1, 3, 1)], x => ops.squeeze(x, 0), 'f32[3,1]'),
    sample([real(1, 3, 1)], x => ops.squeeze(x, [-1, 0]), 'f32[3]'),
    sample([real(3, 1, 2)], x => ops.squeeze(permute(x, [2, 1, 0]), 1), 'f32[2,3]'),
    sample([real(1)], x => ops.squeeze(x), 'f32[]'),
    sample([real(2)], x => ops.squeeze(x), 'f32[2]'),
    sample([real(0, 1)], x => ops.squeeze(x), 'f32[0]'),
  ],
  permute: [
    sample([real(2, 3)], x => permute(x, [1, 0]), 'f32[3,2]'),
    sample([real(2, 3, 4)], x => permute(x, [2, 0, 1]), 'f32[4,2,3]'),
    sample([real(2, 3, 4)], x => permute(permute(x, [1, -1, 0]), [0, 2, 1]), 'f32[3,2,4]'),
    sample([real()], x => permute(x, []), 'f32[]'),
    sample([real(2, 0, 3)], x => permute(x, [2, 1, 0]), 'f32[3,0,2]'),
    sample([real(2, 3, 1, 3, 2)], x => permute(x, [4, 0, 3, 2, 1]), 'f32[2,2,3,1,3]'),
  ],
  transpose: [
    sample([real(2, 3, 4)], x => ops.transpose(x, 0, 2), 'f32[4,3,2]'),
    sample([real(2, 3, 4)], x => ops.transpose(x, -1, 1), 'f32[2,4,3]'),
    sample([real(2, 3)], x => ops.transpose(x, 1, 1), 'f32[2,3]'),
  ],
  t: [
    sample([real(2, 3)], x => t(x), 'f32[3,2]'),
    sample([real(4, 2, 3)], x => t(x), 'f32[4,3,2]'),
    sample([real(1, 1)], x => t(x), 'f32[1,1]'),
  ],
  expand: [
    sample([real(3)], x => expand(x, [2, 3]), 'f32[2,3]'),
    sample([real(3, 1)], x => expand(x, [3, 4]), 'f32[3,4]'),
    sample([real(3, 1)], x => expand(x, [2, -1, 4]), 'f32[2,3,4]'),
    sample([real()], x => expand(x, [2, 3]), 'f32[2,3]'),
    sample([real(2, 3)], x => expand(x, [2, 3]), 'f32[2,3]'),
    sample([real(1, 3)], x => expand(t(x), [4, 3, 2]), 'f32[4,3,2]'),
    sample([real(1, 3)], x => expand(x, [0, 3]), 'f32[0,3]'),
    sample([real(2, 1, 2, 1, 2)], x => expand(x, [2, 3, 2, 3, 2]), 'f32[2,3,2,3,2]'),
  ],
  slice: [
    sample([real(5, 3)], x => ops.slice(x, 0, 1), 'f32[4,3]'),
    sample([real(5, 3)], x => ops.slice(x, 0, 1, 4), 'f32[3,3]'),
    sample([real(5, 7)], x => ops.slice(x, -1, 0, 7, 3), 'f32[5,3]'),
    sample([real(5)], x => ops.slice(x, 0, -2), 'f32[2]'),
    sample([real(5)], x => ops.slice(x, 0, -100, -1), 'f32[4]'),
    sample([real(5)], x => ops.slice(x, 0, 3, 100), 'f32[2]'),
    sample([real(5)], x => ops.slice(x, 0, 3, 3), 'f32[0]'),
    sample([real(5)], x => ops.slice(x, 0, 9), 'f32[0]'),
    sample([real(0, 2)], x => ops.slice(x, 0, 0), 'f32[0,2]'),
    sample([real(3, 6)], x => ops.slice(ops.slice(t(x), 0, 1, 6, 2), 1, 1), 'f32[3,2]'),
    sample([real(2, 3, 2, 3, 5)], x => ops.slice(x, 4, 0, 5, 2), 'f32[2,3,2,3,3]'),
  ],
  select: [
    sample([real(2, 3)], x => ops.select(x, 0, 1), 'f32[3]'),
    sample([real(2, 3)], x => ops.select(x, 1, -1), 'f32[2]'),
    sample([real(3)], x => ops.select(x, 0, 0), 'f32[]'),
    sample([real(2, 3, 4)], x => ops.select(permute(x, [1, 2, 0]), -2, 3), 'f32[3,2]'),
  ],
  split: [
    sample([real(2, 5)], x => ops.split(x, [1, 4, 0], 1), 'f32[2,1] f32[2,4] f32[2,0]'),
    sample([real(5, 2)], x => ops.split(x, 2), 'f32[2,2] f32[2,2] f32[1,2]'),
    sample([real(2, 4)], x => ops.split(x, 2, 1), 'f32[2,2] f32[2,2]'),
    sample([real(2, 4)], x => ops.split(x, 9, -1), 'f32[2,4]'),
  ],
};

export const padSamples: SamplesOf<typeof padding> = {
  pad: [
    sample([real(2, 3)], x => padding.pad(x, [1, 2]), 'f32[2,6]'),
    sample([real(2, 3)], x => padding.pad(x, [0, 1, 2, 0], 'constant', 1.5), 'f32[4,4]'),
    sample([real(2, 3)], x => padding.pad(t(x), [1, 1], 'constant', -1), 'f32[3,4]'),
    sample([real(2, 3)], x => padding.pad(x, [0, 0, 0, 0]), 'f32[2,3]'),
    sample([real(2, 3)], x => padding.pad(x, []), 'f32[2,3]'),
    sample([real(0, 3)], x => padding.pad(x, [0, 0, 1, 1], 'constant', 2), 'f32[2,3]'),
    sample([real(1, 2, 2, 2)], x => padding.pad(x, [1, 0, 0, 1, 1, 1]), 'f32[1,4,3,3]'),
    sample([real(2, 3, 2, 3, 2)], x => padding.pad(permute(x, [4, 3, 2, 1, 0]), [1, 0]), 'f32[2,3,2,3,3]'),
    sample([], () => padding.pad(int([1, 2, 3]), [1, 1], 'constant', -7), 'i32[5]'),
    sample([], () => padding.pad(bool([1, 1]), [1, 1]), 'bool[4]'),
    sample([], () => padding.pad(tensor(Uint8Array.of(1, 2)), [0, 2], 'constant', 255), 'u8[4]'),
    ...(['reflect', 'replicate', 'circular'] as const).flatMap(mode => [
      sample([real(2, 3)], x => padding.pad(x, [1, 2], mode), 'f32[2,6]'),
      sample([real(3, 4)], x => padding.pad(x, [2, 0, 1, 1], mode), 'f32[5,6]'),
      sample([real(4, 3)], x => padding.pad(t(x), [-1, 2, 1, -1], mode), 'f32[3,5]'),
      sample([real(2, 3)], x => padding.pad(x, [0, 0], mode), 'f32[2,3]'),
      sample([], () => padding.pad(int([1, 2, 3]), [2, 2], mode), 'i32[7]'),
      sample([], () => padding.pad(bool([1, 0]), [1, 1], mode), 'bool[4]'),
    ]),
    sample([real(2)], x => padding.pad(x, [5, 7], 'replicate'), 'f32[14]'),
    sample([real(2, 5)], x => padding.pad(x, [-1, 2], 'constant', 3), 'f32[2,6]'),
    sample([real(2, 5)], x => padding.pad(x, [-1, -2, -1, -1]), 'f32[0,2]'),
  ],
};

export const partsSamples: SamplesOf<typeof parts> = {
  identity: [
    sample([real(2, 3)], x => parts.identity(x), 'f32[2,3]'),
    sample([real(2, 3)], x => parts.identity(t(x)), 'f32[3,2]'),
  ],
  sliceAt: [
    sample([real(2, 9)], x => parts.sliceAt(x, { dim: 1, start: 2, size: 3, step: 2 }), 'f32[2,3]'),
    sample([real(5)], x => parts.sliceAt(x, { dim: 0, start: 4, size: 1, step: 1 }), 'f32[1]'),
  ],
  sliceScatter: [
    sample([real(2, 3)], x => parts.sliceScatter(x, { shape: [2, 9], at: { dim: 1, start: 2, step: 2 } }), 'f32[2,9]'),
    sample(
      [real(3, 2)],
      x => parts.sliceScatter(t(x), { shape: [4, 3], at: { dim: 0, start: 1, step: 1 }, value: 5 }),
      'f32[4,3]',
    ),
  ],
};

export const joinSamples: SamplesOf<typeof join> = {
  concat: [
    sample([real(2, 3), real(4, 3)], (a, b) => join.concat([a, b]), 'f32[6,3]'),
    sample([real(2, 3), real(2, 1), real(2, 2)], (a, b, c) => join.concat([a, b, c], -1), 'f32[2,6]'),
    sample([real(3, 2), real(2, 3)], (a, b) => join.concat([t(a), b], 1), 'f32[2,6]'),
    sample([real(2, 3)], a => join.concat([a]), 'f32[2,3]'),
    sample([real(2, 3)], a => join.concat([a, a], 1), 'f32[2,6]'),
    sample([real(0, 3), real(2, 3)], (a, b) => join.concat([a, b]), 'f32[2,3]'),
    sample([real(1, 3), real(2, 3)], (a, b) => join.concat([expand(a, [4, 3]), b]), 'f32[6,3]'),
    sample(
      [real(2, 3, 2, 3, 2), real(2, 3, 1, 3, 2)],
      (a, b) => join.concat([permute(a, [4, 3, 2, 1, 0]), permute(b, [4, 3, 2, 1, 0])], 2),
      'f32[2,3,3,3,2]',
    ),
    sample([], () => join.concat([int([1, 2]), int([3])]), 'i32[3]'),
    sample([], () => join.concat([bool([1, 0], [1, 2]), bool([1, 1], [1, 2])], 1), 'bool[1,4]'),
  ],
  stack: [
    sample([real(2, 3), real(2, 3)], (a, b) => join.stack([a, b]), 'f32[2,2,3]'),
    sample([real(2, 3), real(2, 3), real(2, 3)], (a, b, c) => join.stack([a, b, c], -1), 'f32[2,3,3]'),
    sample([real(3, 2), real(2, 3)], (a, b) => join.stack([t(a), b], 1), 'f32[2,2,3]'),
    sample([real(), real()], (a, b) => join.stack([a, b]), 'f32[2]'),
    sample([real(0)], a => join.stack([a]), 'f32[1,0]'),
    sample([], () => join.stack([int([1, 2]), int([3, 4])], 1), 'i32[2,2]'),
  ],
};
