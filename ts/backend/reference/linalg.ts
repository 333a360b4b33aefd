import type { AllKernels, Kernels } from '../backend';
import { activated } from './functions';
import type { Floats } from './heap';

/** C ← f(AB [+ C] [+ bias]), also with a packed B, which is B by rows. */
export function linalg(heap: Floats): Pick<AllKernels, 'gemm' | 'gemmPackSize' | 'gemmPack' | 'gemmPacked'> {
  const gemm: Kernels['gemm'] = (
    m,
    n,
    k,
    a,
    rsa,
    csa,
    b,
    rsb,
    csb,
    c,
    rsc,
    batch,
    sa,
    sb,
    sc,
    bias,
    biasBy,
    accumulate,
    activation,
  ) => {
    const f = activated(activation);
    const [A, B, C, D] = [heap.whole(a), heap.whole(b), heap.whole(c), heap.whole(bias)];
    const [a0, b0, c0, d0] = [heap.indexOf(a), heap.indexOf(b), heap.indexOf(c), heap.indexOf(bias)];
    for (let t = 0; t < batch; t++)
      for (let i = 0; i < m; i++)
        for (let j = 0; j < n; j++) {
          let sum = 0;
          for (let l = 0; l < k; l++) sum += A[a0 + t * sa + i * rsa + l * csa]! * B[b0 + t * sb + l * rsb + j * csb]!;
          const at = c0 + t * sc + i * rsc + j;
          if (accumulate) sum += C[at]!;
          if (biasBy) sum += D[d0 + (biasBy === 1 ? j : i)]!;
          C[at] = f(sum);
        }
  };
  return {
    gemm,
    gemmPackSize: (_, k, n) => k * n,
    gemmPack(b, rsb, csb, k, n, packed) {
      const [B, to, first, target] = [heap.whole(b), heap.whole(packed), heap.indexOf(b), heap.indexOf(packed)];
      for (let l = 0; l < k; l++) for (let j = 0; j < n; j++) to[target + l * n + j] = B[first + l * rsb + j * csb]!;
    },
    gemmPacked: (m, n, k, a, rsa, csa, packed, c, rsc, bias, biasBy, accumulate, activation) =>
      gemm(m, n, k, a, rsa, csa, packed, n, 1, c, rsc, 1, 0, 0, 0, bias, biasBy, accumulate, activation),
  };
}
