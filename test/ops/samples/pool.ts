/** Samples of pooling. */
import type { Pair } from '../../../ts/core/sizes';
import * as ops from '../../../ts/ops/pool';
import type { AvgPool2dOptions, MaxPool2dOptions } from '../../../ts/ops/windows';
import { permute } from '../../../ts/ops/view';
import { real, distinct, int, sample, type Draw, type Sample, type SamplesOf } from './sample';

type Shape4 = readonly [n: number, c: number, h: number, w: number];
const max = (x: Shape4, y: string, kernel: Pair, options: MaxPool2dOptions = {}): Sample =>
  sample([distinct(...x)], p => ops.maxPool2d(p, kernel, options), `f32${y}`);
const avg = (x: Shape4, y: string, kernel: Pair, options: AvgPool2dOptions = {}): Sample =>
  sample([real(...x)], p => ops.avgPool2d(p, kernel, options), `f32${y}`);

/** Into as many bins as the image divides into, and into more, and into others. */
const adaptive = (pool: typeof ops.adaptiveAvgPool2d, draw: Draw): readonly [Sample, ...Sample[]] => [
  sample([draw(2, 3, 6, 4)], x => pool(x, [3, 2]), 'f32[2,3,3,2]'),
  sample([draw(2, 3, 6, 5)], x => pool(x, 1), 'f32[2,3,1,1]'),
  sample([draw(2, 2, 7, 5)], x => pool(x, [3, 2]), 'f32[2,2,3,2]'),
  sample([draw(1, 2, 6, 5)], x => pool(x, [4, 5]), 'f32[1,2,4,5]'),
  sample([draw(1, 2, 3, 2)], x => pool(x, [5, 3]), 'f32[1,2,5,3]'),
  sample([draw(1, 1, 1, 1)], x => pool(x, 2), 'f32[1,1,2,2]'),
  sample([draw(0, 2, 5, 5)], x => pool(x, 2), 'f32[0,2,2,2]'),
  sample([draw(2, 5, 4, 3)], x => pool(permute(x, [0, 3, 1, 2]), [2, 3]), 'f32[2,3,2,3]'),
];

export const poolSamples: SamplesOf<typeof ops> = {
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
  adaptiveAvgPool2d: adaptive(ops.adaptiveAvgPool2d, real),
  adaptiveMaxPool2d: adaptive(ops.adaptiveMaxPool2d, distinct),
};
