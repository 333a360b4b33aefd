/** Samples of writing at indices, and of indexing as PyTorch's brackets do. */
import * as at from '../../../ts/ops/at';
import { full, tensor, zeros } from '../../../ts/ops/creation';
import * as ops from '../../../ts/ops/scatter';
import { permute, t } from '../../../ts/ops/view';
import { bool, distinct, int, nonzero, reading, real, sample, type SamplesOf } from './sample';

const u8 = (...numbers: number[]): ReturnType<typeof tensor> => tensor(Uint8Array.from(numbers));

export const scatteringSamples: SamplesOf<typeof ops> = {
  scatter: [
    sample([real(3, 4), real(3, 2)], (x, s) => ops.scatter(x, 1, int([0, 3, 3, 2, 1, 0], [3, 2]), s), 'f32[3,4]'),
    sample([real(3, 4), real(2, 5)], (x, s) => ops.scatter(x, 0, int([2, 0, 1, 2], [2, 2]), s), 'f32[3,4]'),
    sample([real(2, 3, 4), real(1, 2, 2)], (x, s) => ops.scatter(x, -2, int([2, 0], [1, 1, 2]), s), 'f32[2,3,4]'),
    sample([real(2, 3)], x => ops.scatter(t(x), 0, int([0, 1], [1, 2]), 5), 'f32[3,2]'),
    sample([real(), real()], (x, s) => ops.scatter(x, 0, int([0], []), s), 'f32[]'),
    sample([real(3), real(0)], (x, s) => ops.scatter(x, 0, int([], [0]), s), 'f32[3]'),
    sample([], () => ops.scatter(int([1, 2, 3]), 0, int([2, 0, 2]), int([7, 8, 9])), 'i32[3]'),
    sample([], () => ops.scatter(bool([1, 0, 0]), 0, int([2, 0]), bool([1, 0])), 'bool[3]'),
    sample([], () => ops.scatter(u8(1, 2, 3), 0, int([1]), 200), 'u8[3]'),
  ],
  scatterAdd: [
    sample([real(3, 4), real(3, 2)], (x, s) => ops.scatterAdd(x, 1, int([0, 3, 3, 3, 2, 0], [3, 2]), s), 'f32[3,4]'),
    sample(
      [real(3, 4), real(2, 4)],
      (x, s) => ops.scatterAdd(x, 0, int([2, 0, 1, 1, 0, 0, 1, 2], [2, 4]), s),
      'f32[3,4]',
    ),
    sample([real(3, 4), real(3, 3)], (x, s) => ops.scatterAdd(x, 0, int([2, 2], [1, 2]), s), 'f32[3,4]'),
    sample([], () => ops.scatterAdd(int([1, 2, 2 ** 30]), 0, int([2, 0, 2]), int([7, 8, 9])), 'i32[3]'),
    sample([], () => ops.scatterAdd(u8(1, 2), 0, int([1, 1]), u8(7, 8)), 'u8[2]'),
  ],
  scatterReduce: [
    sample(
      [real(2, 3), real(2, 4)],
      (x, s) => ops.scatterReduce(x, 1, int([0, 1, 1, 1, 2, 2, 0, 2], [2, 4]), s, 'sum'),
      'f32[2,3]',
    ),
    sample([real(3), real(4)], (x, s) => ops.scatterReduce(x, 0, int([0, 1, 1, 1]), s, 'mean'), 'f32[3]'),
    sample(
      [real(3), real(4)],
      (x, s) => ops.scatterReduce(x, 0, int([0, 1, 1, 1]), s, 'mean', { includeSelf: false }),
      'f32[3]',
    ),
    sample(
      [nonzero(2, 3), nonzero(2, 4)],
      (x, s) => ops.scatterReduce(x, 1, int([0, 1, 1, 1, 2, 2, 0, 2], [2, 4]), s, 'prod'),
      'f32[2,3]',
    ),
    sample(
      [nonzero(3), nonzero(4)],
      (x, s) => ops.scatterReduce(x, 0, int([0, 1, 1, 1]), s, 'prod', { includeSelf: false }),
      'f32[3]',
    ),
    sample(
      [distinct(12)],
      x => ops.scatterReduce(at.at(x, ':4'), 0, int([0, 1, 1, 1, 2, 2, 0, 2]), at.at(x, '4:'), 'amax'),
      'f32[4]',
    ),
    sample(
      [distinct(12)],
      x => ops.scatterReduce(at.at(x, '::3'), 0, int([0, 1, 1]), at.at(x, '1:4'), 'amin', { includeSelf: false }),
      'f32[4]',
    ),
    sample([], () => ops.scatterReduce(int([5, 5, 7]), 0, int([0, 0, 1]), int([9, -2, 3]), 'mean'), 'i32[3]'),
    sample(
      [],
      () => ops.scatterReduce(int([5, 5, 7]), 0, int([0, 0, 1]), int([9, -2, 3]), 'amax', { includeSelf: false }),
      'i32[3]',
    ),
    sample([], () => ops.scatterReduce(u8(5, 5, 7), 0, int([0, 0, 1]), u8(9, 2, 3), 'prod'), 'u8[3]'),
  ],
  indexCopy: [
    sample([real(4, 3), real(2, 3)], (x, s) => ops.indexCopy(x, 0, int([3, 0]), s), 'f32[4,3]'),
    sample([real(2, 4), real(3, 2)], (x, s) => ops.indexCopy(x, -1, int([3, 0, 1]), t(s)), 'f32[2,4]'),
    sample([real(), real(1)], (x, s) => ops.indexCopy(x, 0, int([0]), s), 'f32[]'),
    sample([], () => ops.indexCopy(bool([0, 0, 0]), 0, int([1]), bool([1])), 'bool[3]'),
  ],
  indexAdd: [
    sample([real(5, 3), real(4, 3)], (x, s) => ops.indexAdd(x, 0, int([4, 0, 0, 2]), s), 'f32[5,3]'),
    sample([real(2, 5), real(2, 4)], (x, s) => ops.indexAdd(x, 1, int([4, 0, 0, 2]), s, { alpha: -0.5 }), 'f32[2,5]'),
    sample(
      [real(3, 2, 2), real(2, 2, 3)],
      (x, s) => ops.indexAdd(x, -1, int([1, 1]), permute(s, [2, 0, 1])),
      'f32[3,2,2]',
    ),
    sample([real(2, 3), real(0, 3)], (x, s) => ops.indexAdd(x, 0, int([]), s), 'f32[2,3]'),
    sample([], () => ops.indexAdd(int([1, 2 ** 30]), 0, int([1, 1, 0]), int([2, 3, 4])), 'i32[2]'),
  ],
  indexFill: [
    sample([real(3, 2)], x => ops.indexFill(x, 0, int([2, 0, 2]), 7), 'f32[3,2]'),
    sample([real(2, 3), real()], (x, v) => ops.indexFill(x, 1, int([2]), v), 'f32[2,3]'),
    sample([], () => ops.indexFill(u8(1, 2, 3), 0, int([0]), 9), 'u8[3]'),
  ],
  maskedScatter: [
    sample([real(2, 3), real(5)], (x, s) => ops.maskedScatter(x, bool([1, 0, 1]), s), 'f32[2,3]'),
    sample([real(3), real(2, 2)], (x, s) => ops.maskedScatter(x, bool([1, 0, 1, 0, 1, 0], [2, 3]), s), 'f32[2,3]'),
    sample([real(3), real(0)], (x, s) => ops.maskedScatter(x, bool([0, 0, 0]), s), 'f32[3]'),
    sample([], () => ops.maskedScatter(bool([1, 1]), bool([0, 1]), bool([0])), 'bool[2]'),
  ],
};

export const atSamples: SamplesOf<typeof at> = {
  at: [
    sample([real(3, 4, 2)], x => at.at(x, -1), 'f32[4,2]'),
    sample([real(3, 4, 2)], x => at.at(x, '1:', null, '...', 0), 'f32[2,1,4]'),
    sample([real(3, 4)], x => at.at(x), 'f32[3,4]'),
    sample([real(3, 7)], x => at.at(x, '::-1', '-2:0:-2'), 'f32[3,3]'),
    sample([real(3, 4)], x => at.at(x, '5:', '::9'), 'f32[0,1]'),
    sample([real(3, 4)], x => at.at(t(x), [3, 0, -1]), 'f32[3,3]'),
    sample([real(3, 4, 2)], x => at.at(x, '...', [1, 0, 0]), 'f32[3,4,3]'),
    sample([real(3, 4, 2)], x => at.at(x, [0, 2], [1, -1]), 'f32[2,2]'),
    sample([real(3, 4, 2)], x => at.at(x, [0, 2], ':', int([1, 0, 1, -1], [2, 2])), 'f32[2,2,4]'),
    sample([real(3, 4, 2)], x => at.at(x, '::-1', int([0, -1, 2, 3], [2, 2]), [1, 0]), 'f32[3,2,2]'),
    sample([real(3, 4)], x => at.at(x, int([1], [])), 'f32[4]'),
    sample([real(3, 4)], x => at.at(x, []), 'f32[0,4]'),
    reading([real(3, 4)], x => at.at(x, bool([1, 0, 1])), 'f32[2,4]'),
    reading([real(2, 2, 3)], x => at.at(x, bool([1, 0, 1, 1], [2, 2]), '::2'), 'f32[3,2]'),
    reading([real(2, 2, 3)], x => at.at(x, bool([1, 1]), ':', [0, 2]), 'f32[2,2]'),
    reading([real(2)], x => at.at(x, bool([1], [])), 'f32[1,2]'),
    reading([], () => at.at(bool([1, 0, 1]), bool([0, 1, 1])), 'bool[2]'),
    sample([], () => at.at(tensor(Int32Array.of(1, 2, 3)), u8(2, 2)), 'i32[2]'),
  ],
  put: [
    sample([], () => at.put(zeros([3, 4]), 2, 1), 'f32[3,4]'),
    sample([], () => at.put(zeros([3, 4]), tensor([1, 2, 3]), '::-1', 2), 'f32[3,4]'),
    sample([], () => at.put(zeros([3, 4]), tensor([1, 2]), [0, 2], [3, -1]), 'f32[3,4]'),
    sample([], () => at.put(zeros([3, 4, 2]), tensor([[1], [2]]), int([0, 2]), ':', int([0, 1])), 'f32[3,4,2]'),
    sample([], () => at.put(zeros([3, 4]), full([2, 1], 3), '1:', bool([1, 0, 0, 1])), 'f32[3,4]'),
    sample([], () => at.put(int([1, 2, 3]), 2.75, bool([1, 0, 1])), 'i32[3]'),
    reading(
      [],
      () =>
        at.put(
          zeros([3, 2]),
          tensor([
            [1, 2],
            [3, 4],
          ]),
          bool([1, 0, 1]),
        ),
      'f32[3,2]',
    ),
    sample([], () => at.put(u8(1, 2, 3), 9, [0, 2]), 'u8[3]'),
    sample([], () => at.put(t(zeros([2, 3])), tensor([5, 6]), [2]), 'f32[3,2]'),
  ],
};
