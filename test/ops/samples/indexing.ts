/** Samples of picking by index. */
import { tensor } from '../../../ts/ops/creation';
import * as ops from '../../../ts/ops/picking';
import { t } from '../../../ts/ops/view';
import { real, bool, int, reading, sample, type SamplesOf } from './sample';

export const indexingSamples: SamplesOf<typeof ops> = {
  gather: [
    sample([real(3, 4)], x => ops.gather(x, 1, int([0, 3, 3, 1, 2, 0], [3, 2])), 'f32[3,2]'),
    sample([real(3, 4)], x => ops.gather(x, 0, int([2, 0, 1, 1, 0, 0, 0, 2], [2, 4])), 'f32[2,4]'),
    sample(
      [real(3, 4)],
      x => ops.gather(x, -1, tensor(Uint8Array.of(1, 1, 1, 0, 3, 2, 0, 0, 0, 1, 1, 1, 2, 2, 2), { shape: [3, 5] })),
      'f32[3,5]',
    ),
    sample([real(2, 3, 4)], x => ops.gather(x, 1, int([0, 1, 2, 0, 2, 2, 2, 2], [2, 1, 4])), 'f32[2,1,4]'),
    sample([real(4, 3)], x => ops.gather(t(x), 1, t(int([0, 3, 3, 1, 2, 0], [2, 3]))), 'f32[3,2]'),
    sample([real(3)], x => ops.gather(x, 0, int([], [0])), 'f32[0]'),
    sample([real(1)], x => ops.gather(x, 0, int([0, 0, 0])), 'f32[3]'),
    sample([real(4, 3, 2)], x => ops.gather(x, 1, int([2, 0, 1, 1, 2, 0, 0, 0], [2, 4, 1])), 'f32[2,4,1]'),
    sample([real()], x => ops.gather(x, -1, int([0, 0])), 'f32[2]'),
    sample([real()], x => ops.gather(x, 0, int([0], [])), 'f32[]'),
    sample([], () => ops.gather(int([7, 8, 2 ** 30 + 1]), 0, int([2, 0])), 'i32[2]'),
    sample([], () => ops.gather(bool([1, 0, 1], [1, 3]), 1, int([2, 1], [1, 2])), 'bool[1,2]'),
    sample([], () => ops.gather(tensor(Uint8Array.of(5, 200)), 0, int([1, 1])), 'u8[2]'),
  ],
  indexSelect: [
    sample([real(5, 3)], x => ops.indexSelect(x, 0, int([4, 0, 0, 2])), 'f32[4,3]'),
    sample([real(2, 5)], x => ops.indexSelect(x, 1, int([4, 0, 0, 2])), 'f32[2,4]'),
    sample([real(2, 3, 2)], x => ops.indexSelect(x, -2, int([1])), 'f32[2,1,2]'),
    sample([real(5)], x => ops.indexSelect(x, 0, tensor(Uint8Array.of(3, 3))), 'f32[2]'),
    sample([real(3, 5)], x => ops.indexSelect(t(x), 0, int([4, 0])), 'f32[2,3]'),
    sample([real(5, 3)], x => ops.indexSelect(x, 0, int([])), 'f32[0,3]'),
    sample([real(19, 37)], x => ops.indexSelect(x, 0, int([18, 0, 7])), 'f32[3,37]'),
    sample([], () => ops.indexSelect(int([1, 2, 3, 4], [2, 2]), 1, int([1, 0])), 'i32[2,2]'),
    sample(
      [],
      () => ops.indexSelect(tensor(Uint8Array.of(1, 2, 3, 4, 5, 6), { shape: [3, 2] }), 0, int([2, 0, 1, 1])),
      'u8[4,2]',
    ),
    sample([], () => ops.indexSelect(bool([1, 0, 0]), 0, int([0, 1, 0])), 'bool[3]'),
  ],
  oneHot: [
    sample([], () => ops.oneHot(int([0, 2, 1]), 3), 'f32[3,3]'),
    sample([], () => ops.oneHot(tensor(Uint8Array.of(4, 0, 1, 1), { shape: [2, 2] }), 5), 'f32[2,2,5]'),
    sample([], () => ops.oneHot(t(int([0, 1, 2, 3, 4, 5], [2, 3])), 6), 'f32[3,2,6]'),
    sample([], () => ops.oneHot(int([1], []), 2), 'f32[2]'),
    sample([], () => ops.oneHot(int([], [0]), 2), 'f32[0,2]'),
  ],
  take: [
    sample([real(3, 2)], x => ops.take(x, int([5, 0, -1, -6], [2, 2])), 'f32[2,2]'),
    sample([real(2, 3)], x => ops.take(t(x), int([1], [])), 'f32[]'),
    sample([real(0)], x => ops.take(x, int([])), 'f32[0]'),
    sample([], () => ops.take(bool([1, 0]), int([1, 1, 0])), 'bool[3]'),
  ],
  takeAlongDim: [
    sample([real(2, 3)], x => ops.takeAlongDim(x, int([2, 0], [2, 1]), 1), 'f32[2,1]'),
    sample([real(2, 1)], x => ops.takeAlongDim(x, int([1, 0, 1], [1, 3]), 0), 'f32[1,3]'),
    sample([real(2, 3)], x => ops.takeAlongDim(x, int([5, 0])), 'f32[2]'),
  ],
  maskedSelect: [
    reading([real(2, 3)], x => ops.maskedSelect(x, bool([1, 0, 1])), 'f32[4]'),
    reading([real(3)], x => ops.maskedSelect(x, bool([1, 0], [2, 1])), 'f32[3]'),
    reading([real(2)], x => ops.maskedSelect(x, bool([0, 0])), 'f32[0]'),
    reading([], () => ops.maskedSelect(tensor(Uint8Array.of(3, 4)), bool([0, 1])), 'u8[1]'),
  ],
  nonzero: [
    reading(
      [],
      () =>
        ops.nonzero(
          tensor([
            [0, NaN, -0],
            [2, 0, 1],
          ]),
        ),
      'i32[3,2]',
    ),
    reading([], () => ops.nonzero(t(bool([1, 1, 0, 1], [2, 2]))), 'i32[3,2]'),
    reading([], () => ops.nonzero(tensor(2)), 'i32[1,0]'),
    reading([], () => ops.nonzero(int([], [0, 2])), 'i32[0,2]'),
  ],
  argwhere: [reading([], () => ops.argwhere(int([0, 3, 0, 4])), 'i32[2,1]')],
};
