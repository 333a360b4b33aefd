/** Convolutions of images, NCHW. */

/**
 * A 2-D convolution between three buffers: x [n, c, h, w], w [k, c/groups, kh, kw] and y [n, k, oh, ow], where
 *
 *   y[b, f, i, j] = Σ_{d, u, v} w[f, d, u, v] · x[b, d, i·sh + u·dh − pt, j·sw + v·dw − pl]
 *
 * with x taken as 0 outside. pt and pl pad before the first row and column; what is padded after follows from oh, ow.
 */
export type ConvSizes = [
  n: number,
  c: number,
  h: number,
  w: number,
  k: number,
  kh: number,
  kw: number,
  oh: number,
  ow: number,
  sh: number,
  sw: number,
  pt: number,
  pl: number,
  dh: number,
  dw: number,
  groups: number,
];

export type Conv2dGrad = (p: number, q: number, r: number, bias: number, ...geometry: ConvSizes) => void;

/** The forward pass; the activation is one of `ACTIVATION`. */
export type Conv2d = (
  x: number,
  w: number,
  y: number,
  bias: number,
  ...sizes: [...geometry: ConvSizes, activation: number]
) => void;

export interface ConvolutionKernels {
  /** y = f(x ⋆ w + bias[k]); bias 0: none. y has the bits that the activation's own kernel would give after it. */
  readonly conv2d: Conv2d;
  /** (g, w, gx, 0): gradient of the input, complete. */
  readonly conv2dGradX: Conv2dGrad;
  /** (g, x, gw, 0): gradient of the weights, summed over the batch. */
  readonly conv2dGradW: Conv2dGrad;
}
