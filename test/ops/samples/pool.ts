/** Samples of pooling. */
import type { Pair } from '../../../ts/core/sizes';
import * as bins from '../../../ts/ops/adaptive';
import type * as all from '../../../ts/ops/all';
import * as ops from '../../../ts/ops/pool';
import type { AvgPool2dOptions, MaxPool2dOptions } from '../../../ts/ops/windows';
import { permute } from '../../../ts/ops/view';
import { real, distinct, int, positive, sample, type Draw, type Sample, type SamplesOf } from './sample';

type Shape4 = readonly [n: number, c: number, h: number, w: number];
const max = (x: Shape4, y: string, kernel: Pair, options: MaxPool2dOptions = {}): Sample =>
  sample([distinct(...x)], p => ops.maxPool2d(p, kernel, options), `f32${y}`);
const avg = (x: Shape4, y: string, kernel: Pair, options: AvgPool2dOptions = {}): Sample =>
  sample([real(...x)], p => ops.avgPool2d(p, kernel, options), `f32${y}`);

/** Into as many bins as the image divides into, and into more, and into others. */
const adaptive = (pool: typeof bins.adaptiveAvgPool2d, draw: Draw): readonly [Sample, ...Sample[]] => [
  sample([draw(2, 3, 6, 4)], x => pool(x, [3, 2]), 'f32[2,3,3,2]'),
  sample([draw(2, 3, 6, 5)], x => pool(x, 1), 'f32[2,3,1,1]'),
  sample([draw(2, 2, 7, 5)], x => pool(x, [3, 2]), 'f32[2,2,3,2]'),
  sample([draw(1, 2, 6, 5)], x => pool(x, [4, 5]), 'f32[1,2,4,5]'),
  sample([draw(1, 2, 3, 2)], x => pool(x, [5, 3]), 'f32[1,2,5,3]'),
  sample([draw(1, 1, 1, 1)], x => pool(x, 2), 'f32[1,1,2,2]'),
  sample([draw(2, 6, 5)], x => pool(x, [null, 2]), 'f32[2,6,2]'),
  sample([draw(0, 2, 5, 5)], x => pool(x, 2), 'f32[0,2,2,2]'),
  sample([draw(2, 5, 4, 3)], x => pool(permute(x, [0, 3, 1, 2]), [2, 3]), 'f32[2,3,2,3]'),
];

type Adaptive = { [K in keyof typeof all as K extends `adaptive${string}` ? K : never]: unknown };
type Windows = { [K in keyof typeof all as K extends `${'max' | 'avg' | 'lp'}Pool${string}` ? K : never]: unknown };

export const poolSamples: SamplesOf<Windows> = {
  maxPool2d: [
    max([2, 3, 6, 4], '[2,3,3,2]', 2),
    max([1, 2, 7, 5], '[1,2,3,2]', 2),
    max([1, 2, 7, 5], '[1,2,4,3]', 2, { ceilMode: true }),
    max([1, 2, 7, 8], '[1,2,4,4]', 3, { stride: 2, padding: 1 }),
    max([1, 2, 7, 8], '[1,2,4,5]', 3, { stride: 2, padding: 1, ceilMode: true }),
    max([2, 2, 5, 5], '[2,2,5,5]', 3, { stride: 1, padding: 1 }),
    max([1, 2, 7, 6], '[1,2,4,5]', [3, 2], { stride: [2, 1], padding: [1, 0] }),
    max([1, 2, 9, 8], '[1,2,7,6]', 3, { stride: 1, padding: 1, dilation: 2 }),
    max([1, 1, 8, 9], '[1,1,5,5]', 2, { padding: 1, dilation: [2, 3], ceilMode: true }),
    max([1, 2, 2, 2], '[1,2,1,1]', 1, { stride: 3, ceilMode: true }),
    max([1, 1, 1, 1], '[1,1,1,1]', 1),
    max([2, 1, 17, 18], '[2,1,1,2]', 17, { stride: 1 }),
    max([0, 2, 4, 4], '[0,2,2,2]', 2),
    sample([distinct(2, 4, 5, 3)], x => ops.maxPool2d(permute(x, [0, 3, 1, 2]), 2), 'f32[2,3,2,2]'),
    sample([], () => ops.maxPool2d(int([1, 2, 3, 4], [1, 1, 2, 2]), 2), 'f32[1,1,1,1]'),
  ],
  avgPool2d: [
    avg([2, 3, 6, 4], '[2,3,3,2]', 2),
    avg([1, 2, 7, 5], '[1,2,3,2]', 2),
    avg([1, 2, 7, 5], '[1,2,4,3]', 2, { ceilMode: true }),
    avg([1, 2, 7, 5], '[1,2,4,3]', 2, { ceilMode: true, countIncludePad: false }),
    avg([1, 2, 7, 8], '[1,2,4,4]', 3, { stride: 2, padding: 1 }),
    avg([1, 2, 7, 8], '[1,2,4,4]', 3, { stride: 2, padding: 1, countIncludePad: false }),
    avg([1, 2, 8, 6], '[1,2,5,4]', 3, { stride: 2, padding: 1, ceilMode: true }),
    avg([1, 2, 7, 6], '[1,2,4,5]', [3, 2], { stride: [2, 1], padding: [1, 0] }),
    avg([1, 2, 5, 5], '[1,2,5,5]', 3, { stride: 1, padding: 1, divisorOverride: 5 }),
    avg([1, 2, 7, 5], '[1,2,4,3]', 2, { ceilMode: true, divisorOverride: -3 }),
    avg([1, 1, 1, 1], '[1,1,1,1]', 1),
    avg([0, 2, 4, 4], '[0,2,2,2]', 2),
    avg([2, 2, 9, 9], '[2,2,1,1]', 9),
    sample([real(2, 4, 5, 3)], x => ops.avgPool2d(permute(x, [0, 3, 1, 2]), 2), 'f32[2,3,2,2]'),
    sample([], () => ops.avgPool2d(int([1, 2, 3, 4], [1, 1, 2, 2]), 2), 'f32[1,1,1,1]'),
  ],
  maxPool1d: [
    sample([distinct(2, 3, 7)], x => ops.maxPool1d(x, 2), 'f32[2,3,3]'),
    sample([distinct(3, 8)], x => ops.maxPool1d(x, 3, 2, 1), 'f32[3,4]'),
    sample([distinct(1, 2, 9)], x => ops.maxPool1d(x, 3, { stride: 2, dilation: 2, ceilMode: true }), 'f32[1,2,3]'),
    sample([distinct(3, 7, 2)], x => ops.maxPool1d(permute(x, [2, 0, 1]), 2), 'f32[2,3,3]'),
    sample([], () => ops.maxPool1d(int([1, 5, 3], [1, 3]), 2), 'f32[1,1]'),
  ],
  maxPool3d: [
    sample([distinct(1, 2, 4, 4, 6)], x => ops.maxPool3d(x, 2), 'f32[1,2,2,2,3]'),
    sample([distinct(2, 5, 4, 6)], x => ops.maxPool3d(x, [3, 2, 1], 2, [1, 1, 0]), 'f32[2,3,3,3]'),
    sample([distinct(1, 1, 5, 6, 5)], x => ops.maxPool3d(x, 2, { dilation: 2, ceilMode: true }), 'f32[1,1,2,3,2]'),
    sample([distinct(0, 2, 4, 4, 4)], x => ops.maxPool3d(x, 2), 'f32[0,2,2,2,2]'),
  ],
  maxPool1dWithIndices: [
    sample([distinct(2, 3, 7)], x => ops.maxPool1dWithIndices(x, 3, 2, 1), 'f32[2,3,4] i32[2,3,4]'),
  ],
  maxPool2dWithIndices: [
    sample([distinct(2, 3, 7, 6)], x => ops.maxPool2dWithIndices(x, 3, 2, 1), 'f32[2,3,4,3] i32[2,3,4,3]'),
    sample([distinct(3, 5, 6)], x => ops.maxPool2dWithIndices(x, 2, { dilation: 2 }), 'f32[3,2,2] i32[3,2,2]'),
    sample([distinct(0, 3, 4, 4)], x => ops.maxPool2dWithIndices(x, 2), 'f32[0,3,2,2] i32[0,3,2,2]'),
  ],
  maxPool3dWithIndices: [
    sample([distinct(1, 2, 5, 4, 6)], x => ops.maxPool3dWithIndices(x, 3, 2, 1), 'f32[1,2,3,2,3] i32[1,2,3,2,3]'),
  ],
  avgPool1d: [
    sample([real(2, 3, 7)], x => ops.avgPool1d(x, 2), 'f32[2,3,3]'),
    sample([real(3, 8)], x => ops.avgPool1d(x, 3, 2, 1, true, false), 'f32[3,5]'),
    sample([], () => ops.avgPool1d(int([1, 5, 3], [1, 3]), 2), 'f32[1,1]'),
  ],
  avgPool3d: [
    sample([real(1, 2, 4, 4, 6)], x => ops.avgPool3d(x, 2), 'f32[1,2,2,2,3]'),
    sample([real(2, 5, 4, 6)], x => ops.avgPool3d(x, 3, 2, 1, true, false), 'f32[2,3,3,4]'),
    sample([real(2, 5, 4, 6)], x => ops.avgPool3d(x, 2, { divisorOverride: 3 }), 'f32[2,2,2,3]'),
  ],
  lpPool1d: [
    sample([positive(2, 3, 7)], x => ops.lpPool1d(x, 3, 2), 'f32[2,3,3]'),
    sample([real(3, 8)], x => ops.lpPool1d(x, 2, 3, 2, true), 'f32[3,4]'),
    sample([], () => ops.lpPool1d(int([3, 4, 0, 0], [1, 4]), 2, 2), 'f32[1,2]'),
  ],
  lpPool2d: [
    sample([real(1, 2, 5, 6)], x => ops.lpPool2d(x, 2, [2, 3], 1), 'f32[1,2,4,4]'),
    sample([positive(2, 5, 6)], x => ops.lpPool2d(x, 1.5, 2), 'f32[2,2,3]'),
  ],
  lpPool3d: [sample([real(1, 2, 4, 5, 6)], x => ops.lpPool3d(x, 2, 2), 'f32[1,2,2,2,3]')],
};

export const adaptiveSamples: SamplesOf<Adaptive> = {
  adaptiveAvgPool2d: adaptive(bins.adaptiveAvgPool2d, real),
  adaptiveMaxPool2d: adaptive(bins.adaptiveMaxPool2d, distinct),
  adaptiveAvgPool1d: [
    sample([real(2, 3, 6)], x => bins.adaptiveAvgPool1d(x, 3), 'f32[2,3,3]'),
    sample([real(3, 7)], x => bins.adaptiveAvgPool1d(x, 4), 'f32[3,4]'),
    sample([], () => bins.adaptiveAvgPool1d(int([1, 5, 3], [1, 3]), 2), 'f32[1,2]'),
  ],
  adaptiveMaxPool1d: [
    sample([distinct(2, 3, 6)], x => bins.adaptiveMaxPool1d(x, 3), 'f32[2,3,3]'),
    sample([distinct(3, 7)], x => bins.adaptiveMaxPool1d(x, 4), 'f32[3,4]'),
  ],
  adaptiveAvgPool3d: [
    sample([real(1, 2, 4, 6, 6)], x => bins.adaptiveAvgPool3d(x, [2, 3, 1]), 'f32[1,2,2,3,1]'),
    sample([real(2, 5, 4, 3)], x => bins.adaptiveAvgPool3d(x, [3, null, 2]), 'f32[2,3,4,2]'),
  ],
  adaptiveMaxPool3d: [
    sample([distinct(1, 2, 4, 6, 6)], x => bins.adaptiveMaxPool3d(x, [2, 3, 1]), 'f32[1,2,2,3,1]'),
    sample([distinct(2, 5, 4, 3)], x => bins.adaptiveMaxPool3d(x, [3, null, 2]), 'f32[2,3,4,2]'),
  ],
  adaptiveMaxPool1dWithIndices: [
    sample([distinct(2, 3, 6)], x => bins.adaptiveMaxPool1dWithIndices(x, 3), 'f32[2,3,3] i32[2,3,3]'),
    sample([distinct(2, 3, 7)], x => bins.adaptiveMaxPool1dWithIndices(x, 3), 'f32[2,3,3] i32[2,3,3]'),
  ],
  adaptiveMaxPool2dWithIndices: [
    sample([distinct(2, 6, 4)], x => bins.adaptiveMaxPool2dWithIndices(x, 2), 'f32[2,2,2] i32[2,2,2]'),
    sample([distinct(2, 7, 5)], x => bins.adaptiveMaxPool2dWithIndices(x, [3, 2]), 'f32[2,3,2] i32[2,3,2]'),
  ],
  adaptiveMaxPool3dWithIndices: [
    sample([distinct(1, 2, 5, 4, 3)], x => bins.adaptiveMaxPool3dWithIndices(x, 2), 'f32[1,2,2,2,2] i32[1,2,2,2,2]'),
  ],
};
