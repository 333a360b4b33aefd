/** Samples of what moves and samples pixels, of attention, and of the product of two features. */
import * as attention from '../../../ts/ops/attention';
import { bilinear } from '../../../ts/ops/bilinear';
import { tensor } from '../../../ts/ops/creation';
import * as grid from '../../../ts/ops/grid';
import { interpolate } from '../../../ts/ops/interpolate';
import * as shuffle from '../../../ts/ops/shuffle';
import { permute } from '../../../ts/ops/view';
import { between, bool, int, real, sample, type Sample, type SamplesOf } from './sample';

type Names =
  | Exclude<keyof typeof shuffle, 'unfoldKeys' | 'UNFOLD_ORDER'>
  | keyof typeof grid
  | 'interpolate'
  | 'bilinear'
  | 'scaledDotProductAttention';
const { scaledDotProductAttention: attend } = attention;
const SPARSE = [1, 1, 0, 1, 0, 1, 1, 1];

function sampled(paddingMode: 'zeros' | 'border' | 'reflection', alignCorners: boolean): [Sample, Sample] {
  return [
    sample(
      [real(2, 3, 4, 5), between(-1.6, 1.6)(2, 2, 3, 2)],
      (x, g) => grid.gridSample(x, g, { paddingMode, alignCorners }),
      'f32[2,3,2,3]',
    ),
    sample(
      [real(1, 2, 4, 5)],
      x =>
        grid.gridSample(
          x,
          tensor([
            [
              [
                [-1.3, 0.1],
                [0.7, 3],
                [0.2, -0.4],
              ],
            ],
          ]),
          'nearest',
          paddingMode,
          alignCorners,
        ),
      'f32[1,2,1,3]',
    ),
  ];
}

export const visionSamples: SamplesOf<Record<Names, unknown>> = {
  interpolate: [
    sample([real(1, 2, 3)], x => interpolate(x, 5), 'f32[1,2,5]'),
    sample([real(1, 2, 3)], x => interpolate(x, { scaleFactor: 1.7, mode: 'nearest-exact' }), 'f32[1,2,5]'),
    sample([real(2, 1, 4)], x => interpolate(x, { size: 7, mode: 'linear' }), 'f32[2,1,7]'),
    sample([real(2, 1, 4)], x => interpolate(x, { size: 1, mode: 'linear', alignCorners: true }), 'f32[2,1,1]'),
    sample([real(1, 2, 3, 4)], x => interpolate(x, [5, 3], undefined, 'bilinear'), 'f32[1,2,5,3]'),
    sample([real(1, 2, 3, 4)], x => interpolate(x, undefined, 2, 'bilinear', true), 'f32[1,2,6,8]'),
    sample([real(1, 1, 3, 4)], x => interpolate(x, { size: [5, 7], mode: 'bicubic' }), 'f32[1,1,5,7]'),
    sample(
      [real(1, 1, 3, 4)],
      x => interpolate(x, { scaleFactor: [2, 0.5], mode: 'bicubic', alignCorners: true }),
      'f32[1,1,6,2]',
    ),
    sample([real(1, 1, 2, 3, 2)], x => interpolate(x, { size: [3, 2, 4], mode: 'trilinear' }), 'f32[1,1,3,2,4]'),
    sample([real(1, 2, 5, 6)], x => interpolate(x, { size: [2, 4], mode: 'area' }), 'f32[1,2,2,4]'),
    sample(
      [real(1, 4, 3, 2)],
      x => interpolate(permute(x, [0, 2, 3, 1]), { size: 4, mode: 'bilinear' }),
      'f32[1,3,4,4]',
    ),
    sample([], () => interpolate(int([1, 2, 3], [1, 1, 3]), 4), 'i32[1,1,4]'),
    sample([], () => interpolate(int([1, 2, 3], [1, 1, 3]), { size: 4, mode: 'linear' }), 'f32[1,1,4]'),
  ],
  pixelShuffle: [
    sample([real(2, 8, 2, 3)], x => shuffle.pixelShuffle(x, 2), 'f32[2,2,4,6]'),
    sample([real(9, 1, 2)], x => shuffle.pixelShuffle(x, 3), 'f32[1,3,6]'),
    sample([real(0, 4, 2, 2)], x => shuffle.pixelShuffle(x, 2), 'f32[0,1,4,4]'),
  ],
  pixelUnshuffle: [
    sample([real(2, 2, 4, 6)], x => shuffle.pixelUnshuffle(x, 2), 'f32[2,8,2,3]'),
    sample([real(1, 3, 6)], x => shuffle.pixelUnshuffle(x, 3), 'f32[9,1,2]'),
  ],
  channelShuffle: [
    sample([real(2, 6, 2, 3)], x => shuffle.channelShuffle(x, 3), 'f32[2,6,2,3]'),
    sample([real(1, 4, 2)], x => shuffle.channelShuffle(x, 2), 'f32[1,4,2]'),
  ],
  unfold: [
    sample([real(2, 3, 4, 5)], x => shuffle.unfold(x, 2), 'f32[2,12,12]'),
    sample([real(2, 5, 6)], x => shuffle.unfold(x, [3, 2], [1, 2], 1, 2), 'f32[12,9]'),
  ],
  fold: [
    sample([real(2, 12, 12)], x => shuffle.fold(x, [4, 5], 2), 'f32[2,3,4,5]'),
    sample(
      [real(12, 9)],
      x => shuffle.fold(x, [5, 6], [3, 2], { dilation: [1, 2], padding: 1, stride: 2 }),
      'f32[2,5,6]',
    ),
  ],
  affineGrid: [
    sample([real(2, 2, 3)], theta => grid.affineGrid(theta, [2, 3, 2, 4]), 'f32[2,2,4,2]'),
    sample([real(1, 3, 4)], theta => grid.affineGrid(theta, [1, 1, 2, 3, 2], true), 'f32[1,2,3,2,3]'),
  ],
  gridSample: [
    ...sampled('zeros', false),
    ...sampled('zeros', true),
    ...sampled('border', false),
    ...sampled('border', true),
    ...sampled('reflection', false),
    ...sampled('reflection', true),
  ],
  bilinear: [
    sample([real(2, 3), real(2, 4), real(5, 3, 4), real(5)], bilinear, 'f32[2,5]'),
    sample([real(3), real(2), real(1, 3, 2)], bilinear, 'f32[1]'),
    sample([real(2, 0, 3), real(2, 0, 2), real(1, 3, 2)], bilinear, 'f32[2,0,1]'),
  ],
  scaledDotProductAttention: [
    sample([real(2, 3, 4), real(2, 5, 4), real(2, 5, 2)], (q, k, v) => attend(q, k, v), 'f32[2,3,2]'),
    sample(
      [real(4, 3), real(4, 3), real(4, 3)],
      (q, k, v) => attend(q, k, v, { isCausal: true, scale: 0.3 }),
      'f32[4,3]',
    ),
    sample(
      [real(1, 2, 3), real(4, 3), real(2, 4, 3)],
      (q, k, v) => attend(q, k, v, { mask: bool(SPARSE, [2, 4]) }),
      'f32[2,2,3]',
    ),
    sample([real(2, 3), real(4, 3), real(4, 3), real(2, 4)], (q, k, v, mask) => attend(q, k, v, { mask }), 'f32[2,3]'),
  ],
};
