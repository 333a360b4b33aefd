/** Samples of running products and extremes, and of shapes as those of others. */
import { tensor } from '../../../ts/ops/creation';
import * as running from '../../../ts/ops/cumulative';
import * as shapes from '../../../ts/ops/shapes';
import { t } from '../../../ts/ops/view';
import { bool, distinct, int, nonzero, real, sample, type SamplesOf } from './sample';

const ties = [2, 2, -1, NaN, 3, NaN, -0, 0];

export const runningSamples: SamplesOf<typeof running> = {
  cumprod: [
    sample([nonzero(3, 4)], x => running.cumprod(x, 1), 'f32[3,4]'),
    sample([real(5, 2)], x => running.cumprod(x, 0), 'f32[5,2]'),
    sample([real(2, 3)], x => running.cumprod(t(x), -2), 'f32[3,2]'),
    sample([real()], x => running.cumprod(x, -1), 'f32[]'),
    sample([real(0, 3)], x => running.cumprod(x, 0), 'f32[0,3]'),
    sample([], () => running.cumprod(int([2, 3, 2 ** 16, 2 ** 15]), 0), 'i32[4]'),
    sample([], () => running.cumprod(bool([1, 1, 0, 1]), 0), 'i32[4]'),
  ],
  logcumsumexp: [
    sample([real(3, 4)], x => running.logcumsumexp(x, 1), 'f32[3,4]'),
    sample([real(7, 2)], x => running.logcumsumexp(x, 0), 'f32[7,2]'),
    sample([real()], x => running.logcumsumexp(x, 0), 'f32[]'),
    sample([], () => running.logcumsumexp(tensor([-Infinity, -1000, 1000, -Infinity, Infinity, 0]), 0), 'f32[6]'),
    sample([], () => running.logcumsumexp(int([1, 2]), 0), 'f32[2]'),
  ],
  cummax: [
    sample([distinct(3, 4)], x => running.cummax(x, 1), 'f32[3,4] i32[3,4]'),
    sample([distinct(9, 2)], x => running.cummax(x, -2), 'f32[9,2] i32[9,2]'),
    sample([distinct()], x => running.cummax(x, 0), 'f32[] i32[]'),
    sample([distinct(0)], x => running.cummax(x, 0), 'f32[0] i32[0]'),
    sample([], () => running.cummax(tensor(ties), 0), 'f32[8] i32[8]'),
    sample([], () => running.cummax(int([1, 3, 2 ** 30 + 1, 2 ** 30]), 0), 'i32[4] i32[4]'),
    sample([], () => running.cummax(bool([0, 1, 0]), 0), 'bool[3] i32[3]'),
  ],
  cummin: [
    sample([distinct(3, 4)], x => running.cummin(x, 0), 'f32[3,4] i32[3,4]'),
    sample([], () => running.cummin(tensor(ties), 0), 'f32[8] i32[8]'),
    sample([], () => running.cummin(tensor(Uint8Array.of(4, 4, 200, 0)), 0), 'u8[4] i32[4]'),
  ],
  diff: [
    sample([real(3, 4)], x => running.diff(x), 'f32[3,3]'),
    sample([real(4, 2)], x => running.diff(x, 2, 0), 'f32[2,2]'),
    sample([real(2, 3), real(2, 1)], (x, p) => running.diff(x, 1, 1, { prepend: p, append: p }), 'f32[2,4]'),
    sample([real(2)], x => running.diff(x, 5), 'f32[0]'),
    sample([real(2)], x => running.diff(x, 0), 'f32[2]'),
    sample([], () => running.diff(bool([1, 0, 0])), 'bool[2]'),
    sample([], () => running.diff(int([1, 4, 2])), 'i32[2]'),
  ],
};

export const shapesSamples: SamplesOf<typeof shapes> = {
  clone: [
    sample([real(2, 3)], x => shapes.clone(t(x)), 'f32[3,2]'),
    sample([], () => shapes.clone(bool([1])), 'bool[1]'),
  ],
  ravel: [sample([real(2, 3)], x => shapes.ravel(t(x)), 'f32[6]'), sample([real()], x => shapes.ravel(x), 'f32[1]')],
  unflatten: [
    sample([real(2, 6)], x => shapes.unflatten(x, -1, [3, -1]), 'f32[2,3,2]'),
    sample([real(4, 2)], x => shapes.unflatten(t(x), 1, [2, 2]), 'f32[2,2,2]'),
    sample([real(0)], x => shapes.unflatten(x, 0, [0, 3]), 'f32[0,3]'),
  ],
  broadcastTo: [sample([real(2, 1)], x => shapes.broadcastTo(x, 3, -1, 2), 'f32[3,2,2]')],
  expandAs: [sample([real(3), real(2, 3)], (x, y) => shapes.expandAs(x, y), 'f32[2,3]')],
  reshapeAs: [sample([real(2, 3), real(3, 2)], (x, y) => shapes.reshapeAs(x, y), 'f32[3,2]')],
  broadcastTensors: [
    sample(
      [real(2, 1), real(3), real()],
      (x, y, z) => shapes.broadcastTensors([x, y, z]),
      'f32[2,3] f32[2,3] f32[2,3]',
    ),
  ],
  atleast1d: [
    sample([real()], x => shapes.atleast1d(x), 'f32[1]'),
    sample([real(0)], x => shapes.atleast1d(x), 'f32[0]'),
  ],
  atleast2d: [
    sample([real()], x => shapes.atleast2d(x), 'f32[1,1]'),
    sample([real(3)], x => shapes.atleast2d(x), 'f32[1,3]'),
  ],
  atleast3d: [
    sample([real()], x => shapes.atleast3d(x), 'f32[1,1,1]'),
    sample([real(3)], x => shapes.atleast3d(x), 'f32[1,3,1]'),
    sample([real(2, 3)], x => shapes.atleast3d(t(x)), 'f32[3,2,1]'),
  ],
  hstack: [
    sample([real(2), real()], (x, y) => shapes.hstack([x, y]), 'f32[3]'),
    sample([real(2, 3), real(2, 1)], (x, y) => shapes.hstack([x, y]), 'f32[2,4]'),
  ],
  vstack: [sample([real(3), real(2, 3)], (x, y) => shapes.vstack([x, y]), 'f32[3,3]')],
  dstack: [
    sample([real(3), real(3)], (x, y) => shapes.dstack([x, y]), 'f32[1,3,2]'),
    sample([real(2, 3), real(2, 3, 2)], (x, y) => shapes.dstack([x, y]), 'f32[2,3,3]'),
  ],
};
