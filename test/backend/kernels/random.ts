/** Random numbers. */
import type { RandomKernels } from '../../../ts/backend/kernels/random';
import {
  call,
  EXACT,
  floats,
  inout,
  input,
  ints,
  output,
  ROUNDED,
  SIZES,
  SUMMED,
  type Cases,
  type Operand,
} from './calls';

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
  gammaLog: () =>
    [0.01, 0.5, 1, 3, 1e4].flatMap(a =>
      SIZES.map(n =>
        call(
          [
            key(),
            input(
              'f32',
              floats(n).map(() => Math.fround(a)),
            ),
            output('f32', n),
            n,
          ],
          SUMMED,
          true,
        ),
      ),
    ),
  poisson: () =>
    [0, 0.5, 9, 11, 1e3, 1e6].flatMap(rate =>
      SIZES.map(n =>
        call(
          [
            key(),
            input(
              'f32',
              floats(n).map(() => rate),
            ),
            output('f32', n),
            n,
          ],
          EXACT,
          true,
        ),
      ),
    ),
  dropout: () => SIZES.map(n => call([input('f32', floats(n)), key(), output('f32', n), n, 0.25], ROUNDED)),
};
