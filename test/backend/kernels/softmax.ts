/** Softmax and cross-entropy. */
import type { SoftmaxKernels } from '../../../ts/backend/kernels/softmax';
import { call, floats, input, ints, output, SIZES, SUMMED, type Call, type Cases, type Operand } from './calls';

/** Rows of all sizes, and columns of them: [outer, n, inner]. */
const SHAPES: readonly (readonly [outer: number, n: number, inner: number])[] = [
  ...SIZES.flatMap(n => [0, 1, 3].map(outer => [outer, n, 1] as const)),
  ...[0, 1, 2, 5, 64].flatMap(n =>
    [0, 2, 3, 4, 9, 41].flatMap(inner => [1, 2].map(outer => [outer, n, inner] as const)),
  ),
];
const along = (): Call[] =>
  SHAPES.map(([outer, n, inner]) => {
    const size = outer * n * inner;
    return call([input('f32', floats(size, 10)), output('f32', size), outer, n, inner], SUMMED, true);
  });
const alongGrad = (log: boolean) => (): Call[] =>
  SHAPES.map(([outer, n, inner]) => {
    const size = outer * n * inner;
    const y = floats(size).map(y => Math.fround(log ? y - 2 : Math.abs(y)));
    return call([input('f32', floats(size)), input('f32', y), output('f32', size), outer, n, inner], SUMMED, true);
  });

/** Rows of n classes, each with one of them as its target. */
const classes = (
  scale: number,
): { readonly m: number; readonly n: number; readonly x: Operand; readonly target: Operand }[] =>
  SIZES.slice(1).flatMap(n =>
    [0, 1, 3].map(m => ({ m, n, x: input('f32', floats(m * n, scale)), target: input('i32', ints(m, n)) })),
  );
const crossEntropy = (): Call[] =>
  classes(10).map(({ m, n, x, target }) =>
    call([x, target, output('f32', m), output('f32', 2 * m), m, n], SUMMED, true),
  );
const crossEntropyGrad = (): Call[] =>
  classes(3).flatMap(({ m, n, x, target }) => {
    const norm = input('f32', Array.from({ length: m }, () => [2, Math.fround(Math.log(n))]).flat());
    return [0, 1].map(step =>
      call(
        [input('f32', floats(step ? m : Math.min(m, 1))), x, target, norm, output('f32', m * n), m, n, step],
        SUMMED,
        true,
      ),
    );
  });

export const softmaxes: Cases<SoftmaxKernels> = {
  softmax: along,
  logSoftmax: along,
  softmaxGrad: alongGrad(false),
  logSoftmaxGrad: alongGrad(true),
  crossEntropy,
  crossEntropyGrad,
};
