/** Softmax and cross-entropy. */
import type { SoftmaxKernels } from '../../../ts/backend/kernels/softmax';
import { call, floats, input, ints, output, SIZES, SUMMED, type Call, type Cases, type Operand } from './calls';

const rows = (): Call[] =>
  SIZES.flatMap(n =>
    [0, 1, 3].map(m => call([input('f32', floats(m * n, 10)), output('f32', m * n), m, n], SUMMED, true)),
  );
const rowsGrad = (log: boolean) => (): Call[] =>
  SIZES.flatMap(n =>
    [0, 1, 3].map(m => {
      const y = floats(m * n).map(y => (log ? y - 2 : Math.abs(y)));
      return call(
        [input('f32', floats(m * n)), input('f32', y.map(Math.fround)), output('f32', m * n), m, n],
        SUMMED,
        true,
      );
    }),
  );

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
  softmax: rows,
  logSoftmax: rows,
  softmaxGrad: rowsGrad(false),
  logSoftmaxGrad: rowsGrad(true),
  crossEntropy,
  crossEntropyGrad,
};
