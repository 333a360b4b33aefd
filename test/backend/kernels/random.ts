/** Random numbers. */
import type { RandomKernels } from '../../../ts/backend/kernels/random';
import { call, floats, inout, input, ints, output, ROUNDED, SIZES, SUMMED, type Cases, type Operand } from './calls';

const key = (): Operand => input('i32', ints(4, 2 ** 32, -(2 ** 31)));

export const randoms: Cases<RandomKernels> = {
  draw: () =>
    [
      [1, 2, 3, 4],
      [5, 6, -1, 7],
      [5, 6, -1, -1],
    ].map(state => call([inout('i32', state), output('i32', 4)])),
  bits: () => SIZES.map(n => call([key(), output('i32', n), n])),
  uniform: () => SIZES.map(n => call([key(), output('f32', n), n, -1, 3], ROUNDED, true)),
  normal: () => SIZES.map(n => call([key(), output('f32', n), n, 0.5, 2], SUMMED, true)),
  dropout: () => SIZES.map(n => call([input('f32', floats(n)), key(), output('f32', n), n, 0.25], ROUNDED)),
};
