/** Samples of matrix products and convolutions. */
import { conv1d, conv2d, conv3d } from '../../../ts/ops/conv';
import { convTranspose1d, convTranspose2d, convTranspose3d } from '../../../ts/ops/transposed';
import * as ops from '../../../ts/ops/matmul';
import type { Conv1dOptions, Conv2dOptions, Conv3dOptions, ConvTranspose2dOptions } from '../../../ts/ops/windows';
import type { Tensor } from '../../../ts/core/tensor';
import { expand, permute, slice, t } from '../../../ts/ops/view';
import { real, int, sample, type Sample, type SamplesOf } from './sample';

/** Shapes of a, b and their product. */
const PRODUCTS: readonly (readonly [a: number[], b: number[], y: string])[] = [
  [[2, 3], [3, 4], '[2,4]'],
  [[1, 1], [1, 1], '[1,1]'],
  [[1, 5], [5, 1], '[1,1]'],
  [[5, 1], [1, 5], '[5,5]'],
  [[9, 21], [21, 17], '[9,17]'],
  [[3], [3], '[]'],
  [[3], [3, 4], '[4]'],
  [[2, 3], [3], '[2]'],
  [[3], [2, 3, 4], '[2,4]'],
  [[2, 3, 4], [4], '[2,3]'],
  [[5, 2, 3], [5, 3, 4], '[5,2,4]'],
  [[5, 2, 3], [3, 4], '[5,2,4]'],
  [[2, 3], [5, 3, 4], '[5,2,4]'],
  [[5, 1, 2, 3], [4, 3, 2], '[5,4,2,2]'],
  [[2, 1, 2, 1, 2, 3], [1, 3, 1, 2, 3, 1], '[2,3,2,2,2,1]'],
  [[1, 2, 3], [4, 3, 2], '[4,2,2]'],
  [[0, 3], [3, 2], '[0,2]'],
  [[2, 0], [0, 3], '[2,3]'],
  [[2, 3], [3, 0], '[2,0]'],
  [[0, 2, 3], [3, 2], '[0,2,2]'],
];

export const matmulSamples: SamplesOf<typeof ops> = {
  matmul: [
    sample([real(3, 2), real(4, 3)], (a, b) => ops.matmul(t(a), t(b)), 'f32[2,4]'),
    sample([real(3, 3)], a => ops.matmul(a, a), 'f32[3,3]'),
    sample([real(1, 3), real(3, 1)], (a, b) => ops.matmul(expand(a, [2, 3]), expand(b, [3, 4])), 'f32[2,4]'),
    sample([real(2, 3), real(3, 4)], (a, b) => ops.matmul(expand(a, [5, 2, 3]), b), 'f32[5,2,4]'),
    sample([real(3, 2, 4), real(4, 2)], (a, b) => ops.matmul(permute(a, [1, 0, 2]), b), 'f32[2,3,2]'),
    sample([real(5, 4), real(4, 6)], (a, b) => ops.matmul(slice(a, 0, 0, 5, 2), slice(b, 1, 1, 6, 2)), 'f32[3,3]'),
    sample([real(3)], a => ops.matmul(int([1, 2, 3, 4, 5, 6], [2, 3]), a), 'f32[2]'),
    ...PRODUCTS.map(([a, b, y]) => sample([real(...a), real(...b)], (p, q) => ops.matmul(p, q), `f32${y}`)),
  ],
  linear: [
    sample([real(2, 3), real(4, 3), real(4)], (x, w, b) => ops.linear(x, w, b), 'f32[2,4]'),
    sample([real(2, 3), real(4, 3)], (x, w) => ops.linear(x, w), 'f32[2,4]'),
    sample([real(3), real(4, 3), real(4)], (x, w, b) => ops.linear(x, w, b), 'f32[4]'),
    sample([real(2, 5, 3), real(4, 3), real(4)], (x, w, b) => ops.linear(x, w, b), 'f32[2,5,4]'),
    sample([real(3, 2), real(3, 4), real(1)], (x, w, b) => ops.linear(t(x), t(w), expand(b, [4])), 'f32[2,4]'),
    sample([real(1, 1), real(1, 1), real(1)], (x, w, b) => ops.linear(x, w, b), 'f32[1,1]'),
    sample([real(7, 33), real(18, 33), real(18)], (x, w, b) => ops.linear(x, w, b), 'f32[7,18]'),
    sample([real(0, 3), real(4, 3), real(4)], (x, w, b) => ops.linear(x, w, b), 'f32[0,4]'),
    sample([real(2, 0), real(4, 0), real(4)], (x, w, b) => ops.linear(x, w, b), 'f32[2,4]'),
  ],
  dot: [
    sample([real(3), real(3)], (a, b) => ops.dot(a, b), 'f32[]'),
    sample([real(1), real(1)], (a, b) => ops.dot(a, b), 'f32[]'),
    sample([real(41), real(41)], (a, b) => ops.dot(a, b), 'f32[]'),
    sample([real(0), real(0)], (a, b) => ops.dot(a, b), 'f32[]'),
    sample([real(9)], a => ops.dot(slice(a, 0, 0, 9, 3), slice(a, 0, 6)), 'f32[]'),
  ],
};

/** A convolution of images x with filters w, with a bias and without. */
function conv(
  x: readonly number[],
  w: readonly number[],
  y: string,
  options: Conv2dOptions = {},
): readonly [Sample, Sample] {
  return [
    sample([real(...x), real(...w), real(w[0]!)], (p, q, b) => conv2d(p, q, b, options), `f32${y}`),
    sample([real(...x), real(...w)], (p, q) => conv2d(p, q, null, options), `f32${y}`),
  ];
}

type Convolution<O> = (x: Tensor, w: Tensor, b: Tensor | null, options: O) => Tensor;
/** The same of another convolution; `filters` is the number of biases. */
const convolution =
  <O>(f: Convolution<O>) =>
  (x: readonly number[], w: readonly number[], filters: number, y: string, options: O): readonly [Sample, Sample] => [
    sample([real(...x), real(...w), real(filters)], (p, q, b) => f(p, q, b, options), `f32${y}`),
    sample([real(...x), real(...w)], (p, q) => f(p, q, null, options), `f32${y}`),
  ];
const one = convolution<Conv1dOptions>(conv1d);
const three = convolution<Conv3dOptions>(conv3d);
const back = convolution<ConvTranspose2dOptions>(convTranspose2d);

export const convSamples: SamplesOf<typeof import('../../../ts/ops/conv')> = {
  conv2d: [
    sample([real(2, 3, 3), real(2, 2, 2, 2)], (x, w) => conv2d(x, w, null, 1, 1), 'f32[2,4,4]'),
    sample([real(3, 2, 3, 2), real(4, 2, 3, 2), real(4)], (x, w, b) => conv2d(x, w, b), 'f32[3,4,1,1]'),
    sample([real(0, 2, 1, 1), real(4, 2, 1, 1)], (x, w) => conv2d(x, w), 'f32[0,4,1,1]'),
    ...conv([2, 3, 6, 5], [4, 3, 3, 3], '[2,4,4,3]'),
    ...conv([2, 3, 6, 5], [4, 3, 3, 3], '[2,4,6,5]', { padding: 1 }),
    ...conv([1, 2, 7, 6], [3, 2, 3, 2], '[1,3,4,3]', { stride: 2, padding: [1, 0] }),
    ...conv([1, 2, 7, 6], [3, 2, 3, 3], '[1,3,4,6]', { stride: [2, 1], padding: 1 }),
    ...conv([1, 2, 5, 6], [2, 2, 3, 2], '[1,2,5,6]', { padding: 'same' }),
    ...conv([1, 2, 7, 6], [2, 2, 3, 2], '[1,2,7,6]', { padding: 'same', dilation: [2, 3] }),
    ...conv([1, 2, 5, 5], [2, 2, 3, 3], '[1,2,3,3]', { padding: 'valid' }),
    ...conv([1, 2, 9, 8], [2, 2, 3, 3], '[1,2,5,2]', { stride: [1, 2], dilation: [2, 2], padding: [0, 0], groups: 1 }),
    ...conv([2, 4, 5, 4], [6, 2, 3, 3], '[2,6,5,4]', { groups: 2, padding: 1 }),
    ...conv([2, 4, 5, 6], [4, 1, 3, 3], '[2,4,5,6]', { groups: 4, padding: 1 }),
    ...conv([1, 3, 7, 7], [6, 1, 3, 3], '[1,6,3,3]', { groups: 3, stride: 2 }),
    ...conv([1, 4, 8, 8], [4, 1, 3, 3], '[1,4,8,8]', { groups: 4, padding: 2, dilation: 2 }),
    ...conv([2, 5, 3, 4], [3, 5, 1, 1], '[2,3,3,4]'),
    ...conv([2, 4, 5, 5], [3, 4, 1, 1], '[2,3,3,3]', { stride: 2 }),
    ...conv([1, 1, 1, 1], [1, 1, 1, 1], '[1,1,1,1]'),
    ...conv([1, 2, 1, 1], [3, 2, 3, 3], '[1,3,1,1]', { padding: 1 }),
    ...conv([2, 1, 4, 4], [1, 1, 4, 4], '[2,1,1,1]'),
    ...conv([1, 1, 3, 9], [2, 1, 1, 5], '[1,2,3,5]'),
    ...conv([1, 2, 4, 4], [2, 2, 3, 3], '[1,2,8,8]', { padding: 3 }),
    ...conv([0, 2, 4, 4], [3, 2, 3, 3], '[0,3,2,2]'),
    ...conv([5, 1, 6, 6], [9, 1, 3, 3], '[5,9,6,6]', { padding: 1 }),
    ...conv([2, 8, 5, 5], [9, 8, 3, 3], '[2,9,5,5]', { padding: 1 }),
    sample(
      [real(2, 5, 4, 3), real(2, 2, 3, 4)],
      (x, w) => conv2d(permute(x, [0, 3, 1, 2]), permute(w, [3, 2, 0, 1])),
      'f32[2,4,4,3]',
    ),
  ],
  conv1d: [
    sample([real(3, 5), real(2, 3, 2)], (x, w) => conv1d(x, w, null, 2, 1), 'f32[2,3]'),
    ...one([2, 3, 7], [4, 3, 3], 4, '[2,4,5]', {}),
    ...one([2, 4, 9], [6, 2, 3], 6, '[2,6,4]', { stride: 2, padding: 1, dilation: 2, groups: 2 }),
    ...one([1, 2, 6], [3, 2, 4], 3, '[1,3,6]', { padding: 'same' }),
    ...one([1, 1, 1], [1, 1, 1], 1, '[1,1,1]', { padding: 'valid' }),
    ...one([0, 2, 5], [3, 2, 2], 3, '[0,3,4]', {}),
    sample(
      [real(2, 7, 3), real(2, 3, 4)],
      (x, w) => conv1d(permute(x, [0, 2, 1]), permute(w, [2, 1, 0])),
      'f32[2,4,6]',
    ),
  ],
  conv3d: [
    sample([real(2, 3, 3, 3), real(1, 2, 2, 2, 2)], (x, w) => conv3d(x, w, null, 1), 'f32[1,2,2,2]'),
    ...three([2, 3, 4, 5, 4], [2, 3, 2, 3, 2], 2, '[2,2,3,3,3]', {}),
    ...three([1, 4, 5, 4, 4], [2, 2, 3, 2, 2], 2, '[1,2,3,3,2]', { stride: [2, 1, 2], padding: [1, 0, 0], groups: 2 }),
    ...three([1, 2, 5, 4, 5], [3, 2, 2, 2, 2], 3, '[1,3,5,4,5]', { padding: 1, dilation: [2, 2, 2] }),
    ...three([1, 1, 1, 1, 1], [1, 1, 1, 1, 1], 1, '[1,1,1,1,1]', {}),
    ...three([0, 1, 2, 2, 2], [1, 1, 1, 1, 1], 1, '[0,1,2,2,2]', {}),
  ],
};

export const transposeSamples: SamplesOf<typeof import('../../../ts/ops/transposed')> = {
  convTranspose2d: [
    sample([real(2, 3, 1, 1), real(3, 2, 4, 3), real(2)], (x, w, b) => convTranspose2d(x, w, b), 'f32[2,2,4,3]'),
    ...back([2, 3, 4, 3], [3, 4, 3, 3], 4, '[2,4,6,5]', {}),
    ...back([2, 3, 4, 3], [3, 2, 3, 2], 2, '[2,2,7,6]', { stride: 2, padding: [1, 0] }),
    ...back([1, 2, 3, 4], [2, 3, 3, 3], 3, '[1,3,6,8]', { stride: 2, padding: 1, outputPadding: 1 }),
    ...back([1, 4, 3, 3], [4, 3, 2, 2], 6, '[1,6,8,4]', { stride: [3, 1], groups: 2 }),
    ...back([1, 2, 4, 4], [2, 2, 3, 3], 2, '[1,2,5,9]', { dilation: 2, padding: [2, 0], outputPadding: [1, 1] }),
    ...back([1, 1, 1, 1], [1, 1, 1, 1], 1, '[1,1,1,1]', {}),
    ...back([0, 2, 3, 3], [2, 1, 2, 2], 1, '[0,1,4,4]', {}),
    ...back([2, 6, 5, 5], [6, 1, 4, 4], 6, '[2,6,10,10]', { stride: 2, padding: 1, groups: 6 }),
    sample(
      [real(2, 4, 3, 5), real(2, 2, 3, 5)],
      (x, w) => convTranspose2d(permute(x, [0, 3, 1, 2]), permute(w, [3, 2, 0, 1]), null, { stride: 2 }),
      'f32[2,3,8,6]',
    ),
  ],
  convTranspose1d: [
    sample([real(2, 3, 4), real(3, 2, 3), real(2)], (x, w, b) => convTranspose1d(x, w, b), 'f32[2,2,6]'),
    sample(
      [real(4, 5), real(4, 3, 3)],
      (x, w) => convTranspose1d(x, w, null, 2, 1, { outputPadding: 1, groups: 2, dilation: 2 }),
      'f32[6,12]',
    ),
    sample([real(2, 3, 1), real(3, 2, 4)], (x, w) => convTranspose1d(x, w), 'f32[2,2,4]'),
  ],
  convTranspose3d: [
    sample(
      [real(1, 2, 2, 3, 2), real(2, 2, 2, 2, 3), real(2)],
      (x, w, b) => convTranspose3d(x, w, b),
      'f32[1,2,3,4,4]',
    ),
    sample(
      [real(4, 2, 2, 3), real(4, 1, 3, 2, 2)],
      (x, w) =>
        convTranspose3d(x, w, null, {
          stride: [2, 1, 2],
          padding: [1, 0, 1],
          outputPadding: [1, 0, 1],
          groups: 2,
          dilation: [1, 2, 1],
        }),
      'f32[2,4,4,5]',
    ),
    sample([real(0, 1, 2, 2, 2), real(1, 1, 2, 2, 2)], (x, w) => convTranspose3d(x, w), 'f32[0,1,3,3,3]'),
  ],
};
