/** Products of matrices. */
import type { ProductKernels } from '../../../ts/backend/kernels/product';
import { below, call, floats, inout, input, SIZES, SUMMED, type Call, type Cases } from './calls';

const gemm = (): Call[] => {
  const calls: Call[] = [];
  for (let round = 0; round < 150; round++) {
    const size = (): number => (round % 10 === 0 ? below(3) : SIZES[1 + below(SIZES.length - 1)]!);
    const [m, n, k, batch] = [size(), size(), size(), [1, 1, 2, 3][round % 4]!];
    // Rows or columns adjacent, or one number everywhere.
    const [a, b] = [round % 2 ? [k, 1] : [1, m], round % 3 ? [n, 1] : [1, k]];
    if (round % 17 === 0) b[0] = 0;
    const [sa, sb] = [m * k, round % 5 ? n * k : 0];
    const rsc = n + (round % 7 ? 0 : 3);
    const biasBy = round % 3;
    const bias = biasBy ? input('f32', floats(biasBy === 1 ? n : m)) : 0;
    const accumulate = round % 11 === 0 ? 1 : 0;
    const activation = round % 13 < 4 ? round % 13 : 0;
    const c = inout('f32', accumulate ? floats(batch * m * rsc) : Array<number>(batch * m * rsc).fill(5));
    const [x, y] = [input('f32', floats(batch * m * k)), input('f32', floats(batch * n * k))];
    calls.push(
      call(
        [m, n, k, x, ...a, y, ...b, c, rsc, batch, sa, sb, m * rsc, bias, biasBy, accumulate, activation],
        SUMMED,
        true,
      ),
    );
  }
  return calls;
};

export const products: Cases<ProductKernels> = { gemm };
