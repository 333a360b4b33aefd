import type { Kernels } from '../backend';
import { activated } from './functions';
import { ITEM, type Heap } from './heap';

/** C ← f(AB [+ C] [+ bias]), also with a packed B, which is B by rows. */
export function linalg(heap: Heap): Pick<Kernels, 'gemm' | 'gemmPackSize' | 'gemmPack' | 'gemmPacked'> {
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
    const h = heap.elements;
    const f = activated(activation);
    for (let t = 0; t < batch; t++)
      for (let i = 0; i < m; i++)
        for (let j = 0; j < n; j++) {
          let sum = 0;
          for (let l = 0; l < k; l++)
            sum += h[a / ITEM + t * sa + i * rsa + l * csa]! * h[b / ITEM + t * sb + l * rsb + j * csb]!;
          const at = c / ITEM + t * sc + i * rsc + j;
          if (accumulate) sum += h[at]!;
          if (biasBy) sum += h[bias / ITEM + (biasBy === 1 ? j : i)]!;
          h[at] = f(sum);
        }
  };
  return {
    gemm,
    gemmPackSize: (_, k, n) => k * n,
    gemmPack(b, rsb, csb, k, n, packed) {
      const h = heap.elements;
      for (let l = 0; l < k; l++)
        for (let j = 0; j < n; j++) h[packed / ITEM + l * n + j] = h[b / ITEM + l * rsb + j * csb]!;
    },
    gemmPacked: (m, n, k, a, rsa, csa, packed, c, rsc, bias, biasBy, accumulate, activation) =>
      gemm(m, n, k, a, rsa, csa, packed, n, 1, c, rsc, 1, 0, 0, 0, bias, biasBy, accumulate, activation),
  };
}
