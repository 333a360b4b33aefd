/** Products of matrices. */

/** Functions that a product may go through on its way out, by the number that the kernel takes. */
export const ACTIVATION = { none: 0, relu: 1, sigmoid: 2, tanh: 3 } as const;

export interface ProductKernels {
  /**
   * C ← f(AB [+ C if accumulate] [+ bias]), for `batch` triples, at steps sa, sb, sc. A [m, k] and B [k, n] have any
   * row and column strides (rs·, cs·; 0 too), so a transpose is free; C has rows of stride rsc and unit column stride.
   * biasBy: 0 no bias, 1 bias[n] added to every row, 2 bias[m] added to every column. k = 0 gives C = f(bias or 0).
   * f is one of {@link ACTIVATION}; C has the bits that its own kernel would give after the product.
   */
  gemm(
    m: number,
    n: number,
    k: number,
    a: number,
    rsa: number,
    csa: number,
    b: number,
    rsb: number,
    csb: number,
    c: number,
    rsc: number,
    batch: number,
    sa: number,
    sb: number,
    sc: number,
    bias: number,
    biasBy: number,
    accumulate: number,
    activation: number,
  ): void;
}
