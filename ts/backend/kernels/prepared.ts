/**
 * Products and convolutions with weights that do not change: prepared weights are made from them once, in a layout
 * that only the backend knows, and read by many calls.
 */
import type { ConvSizes } from './convolution';

export interface PreparedKernels {
  /**
   * How many elements a packed B [k, n] has, in the backend's own layout, for products of m rows; 0 where packing gains
   * nothing.
   */
  gemmPackSize(m: number, k: number, n: number): number;
  /** packed ← B [k, n] with any strides, for `gemmPacked`. */
  gemmPack(b: number, rsb: number, csb: number, k: number, n: number, packed: number): void;
  /** One product as by `gemm`, to its bits, of a B that `gemmPack` has packed; where `gemmPackSize` is not 0. */
  gemmPacked(
    m: number,
    n: number,
    k: number,
    a: number,
    rsa: number,
    csa: number,
    packed: number,
    c: number,
    rsc: number,
    bias: number,
    biasBy: number,
    accumulate: number,
    activation: number,
  ): void;

  // ── Convolutions: prepared weights belong to one geometry and one algorithm. Algorithm 0 gives the bits of conv2d. Algorithm 1
  //    is Winograd's F(4 × 4, 3 × 3) for filters of 3 × 3 with stride and dilation 1 where that is faster, otherwise 0: about
  //    twice as fast, with errors of about 10⁻⁵ of the largest output, where those of 0 are about 10⁻⁶. ──
  /** How many f32 elements prepared weights have. */
  conv2dPreparedSize(...sizes: [...geometry: ConvSizes, algorithm: number]): number;
  conv2dPrepare(w: number, prepared: number, ...sizes: [...geometry: ConvSizes, algorithm: number]): void;
  conv2dPrepared(
    x: number,
    prepared: number,
    y: number,
    bias: number,
    ...sizes: [...geometry: ConvSizes, activation: number, algorithm: number]
  ): void;
}
