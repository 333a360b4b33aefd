/** Normalisation. */
import type { NormKernels } from '../../../ts/backend/kernels/norm';
import {
  call,
  floats,
  input,
  output,
  product,
  ROUNDED,
  SIZES,
  SUMMED,
  type Call,
  type Cases,
  type Operand,
} from './calls';

/** Batches, layers and groups, with images and with vectors: [outer, n, inner, size, step]. */
const NORMS = SIZES.flatMap(k => [
  [3, 4, k, 4, k],
  [k, 5, 1, 5, 1],
  [k, 2, 3, 2, 3],
  [1, 6, k, k, 1],
  [1, 6, 2 * k, 4, k],
  [1, 6, k, 2 * k, 1],
]);
type Norm = Record<'x' | 'mean' | 'variance' | 'w', () => Operand>;
const normOperands = ([outer, n, inner, size]: readonly number[]): Norm => ({
  x: () => input('f32', floats(outer! * n! * inner!)),
  mean: () => input('f64', floats(n!)),
  variance: () =>
    input(
      'f64',
      floats(n!).map(v => Math.fround(v * v + 0.25)),
    ),
  w: () => input('f32', floats(size!)),
});
const moments = (): Call[] =>
  NORMS.flatMap(sizes =>
    [0, 1].map(centred => {
      const [x, n] = [normOperands(sizes).x(), sizes[1]!];
      return call([x, output('f64', n), output('f64', n), ...sizes.slice(0, 3), centred], SUMMED, true);
    }),
  );
const normalise = (): Call[] =>
  NORMS.flatMap(sizes =>
    [0, 1, 2, 3].map(given => {
      const { x, mean, variance, w } = normOperands(sizes);
      const y = output('f32', product(sizes.slice(0, 3)));
      return call([x(), mean(), variance(), given & 1 && w(), given & 2 && w(), y, ...sizes, 1e-5], ROUNDED, true);
    }),
  );
const normaliseGrad = (): Call[] =>
  NORMS.flatMap(sizes =>
    [0, 1, 2, 3, 4, 7].map(given => {
      const { x, mean, variance, w } = normOperands(sizes);
      const gx = output('f32', product(sizes.slice(0, 3)));
      const affine = given & 2 ? [output('f32', sizes[3]!), output('f32', sizes[3]!)] : [0, 0];
      const inputs = [x(), x(), mean(), variance(), given & 1 && w()];
      return call([...inputs, gx, ...affine, ...sizes, given & 4 && 1, 1e-5], SUMMED, true);
    }),
  );

export const norms: Cases<NormKernels> = { moments, normalise, normaliseGrad };
