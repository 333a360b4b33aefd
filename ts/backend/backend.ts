/**
 * The contract between ops and whatever does their arithmetic.
 *
 * Numbers only: addresses (in bytes), sizes and strides (in elements), scalars. A kernel reads its inputs, writes its
 * outputs completely, allocates nothing that outlives it and never branches on an address, except that 0 stands for an
 * operand that is absent where the contract says so. Buffers are dense and row-major unless strides are given, and
 * outputs never overlap other operands, except in dense elementwise kernels, where `y` may be an input.
 *
 * Two backends keep it: `reference/`, plain loops in float64 that every other is checked against, and `wasm/`.
 */
import type { DType, TensorData } from '../core/dtype';

/** y[i] = f(x[i]) for i < n. `p` is the function's own parameter (a slope, an α), 0 where it has none. */
export type Unary = (x: number, y: number, n: number, p: number) => void;

/** gx[i] = g[i] · f′, where f′ is told from `s`: the saved input or output of f (see {@link SAVED}). */
export type UnaryGrad = (g: number, s: number, gx: number, n: number, p: number) => void;

/**
 * y = f(a, b) over a 4-D index space [n0, n1, n2, n3] in which y is dense and a and b have any strides. A stride of 0
 * repeats an operand: that is how broadcasting copies nothing.
 */
export type Binary = (
  a: number,
  b: number,
  y: number,
  n0: number,
  n1: number,
  n2: number,
  n3: number,
  a0: number,
  a1: number,
  a2: number,
  a3: number,
  b0: number,
  b1: number,
  b2: number,
  b3: number,
) => void;

/**
 * Copies x into y over a 4-D index space [n0, n1, n2, n3], both with any strides: transposition, slicing, padding and
 * concatenation are all this loop.
 */
export type Copy = (
  x: number,
  y: number,
  n0: number,
  n1: number,
  n2: number,
  n3: number,
  x0: number,
  x1: number,
  x2: number,
  x3: number,
  y0: number,
  y1: number,
  y2: number,
  y3: number,
) => void;

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

type Conv2dGrad = (p: number, q: number, r: number, bias: number, ...geometry: ConvSizes) => void;

/** The forward pass; the activation is one of {@link ACTIVATION}. */
type Conv2d = (
  x: number,
  w: number,
  y: number,
  bias: number,
  ...sizes: [...geometry: ConvSizes, activation: number]
) => void;

/**
 * A max pool over planes [h, w] → [oh, ow]; `at` says which tap of its kh × kw window won, row by row: one byte each,
 * or i32 when `wide` is 1 (windows of more than 256 taps).
 */
type MaxPool2d = (
  p: number,
  at: number,
  q: number,
  planes: number,
  h: number,
  w: number,
  oh: number,
  ow: number,
  kh: number,
  kw: number,
  sh: number,
  sw: number,
  ph: number,
  pw: number,
  dh: number,
  dw: number,
  wide: number,
) => void;

/** A max pool over planes [h, w, 8]. `relu` 1: of the numbers' positive parts; the tap kh · kw then stands for none. */
type MaxPool2dLanes = (...args: [...geometry: Parameters<MaxPool2d>, relu: number]) => void;

/** An average pool; divides by `divisor`, or where that is 0 by the window's size, counting padding if `countPad`. */
type AvgPool2d = (
  p: number,
  q: number,
  planes: number,
  h: number,
  w: number,
  oh: number,
  ow: number,
  kh: number,
  kw: number,
  sh: number,
  sw: number,
  ph: number,
  pw: number,
  countPad: number,
  divisor: number,
) => void;

/** x and y seen as [outer, n, inner] and [outer, k, inner]; what the middle index means is the kernel's matter. */
type Index = (x: number, index: number, y: number, outer: number, n: number, k: number, inner: number) => void;

/** Over each of `rows` rows of n elements. */
type Rows = (x: number, y: number, rows: number, n: number) => void;
type RowsGrad = (g: number, y: number, gx: number, rows: number, n: number) => void;

/** Differentiable elementwise functions, and what their gradient kernel reads: the input x or the output y. */
export const SAVED = {
  abs: 'x',
  square: 'x',
  sqrt: 'y',
  rsqrt: 'y',
  reciprocal: 'y',
  exp: 'y',
  expm1: 'y',
  log: 'x',
  log1p: 'x',
  sin: 'x',
  cos: 'x',
  atan: 'x',
  erf: 'x',
  sigmoid: 'y',
  tanh: 'y',
  relu: 'y',
  leakyRelu: 'x',
  elu: 'x',
  gelu: 'x',
  geluTanh: 'x',
  silu: 'x',
  softplus: 'x',
} as const;

/** An elementwise function with a gradient kernel. `leakyRelu` takes p = slope, `elu` p = α. */
export type Differentiable = keyof typeof SAVED;
/** Linear or piecewise constant: no gradient kernel. `round` goes to even at ties. */
export type Plain = 'neg' | 'sign' | 'floor' | 'ceil' | 'round';
export type Arithmetic = 'add' | 'sub' | 'mul' | 'div' | 'pow' | 'maximum' | 'minimum';
export type Comparison = 'eq' | 'ne' | 'lt' | 'le' | 'gt' | 'ge';
/** Arithmetic that integers have too. */
export type IntArithmetic = 'add' | 'sub' | 'mul' | 'maximum' | 'minimum';
/** Conversions between element types. To integers: truncates and saturates, NaN is 0; i32 → u8 keeps the low byte. */
export type Cast =
  | 'f32ToI32'
  | 'f32ToU8'
  | 'f32ToBool'
  | 'i32ToF32'
  | 'i32ToU8'
  | 'i32ToBool'
  | 'u8ToF32'
  | 'u8ToI32'
  | 'u8ToBool';

/** Functions that a product may go through on its way out, by the number that the kernel takes. */
export const ACTIVATION = { none: 0, relu: 1, sigmoid: 2, tanh: 3 } as const;

export interface Kernels
  extends Readonly<Record<Differentiable | Plain, Unary>>,
    Readonly<Record<`${Differentiable}Grad`, UnaryGrad>>,
    Readonly<Record<Arithmetic | Comparison | `${IntArithmetic | Comparison}I32`, Binary>>,
    Readonly<Record<Cast, (x: number, y: number, n: number) => void>> {
  // ── Moving data. `copy` moves 4-byte elements, `copy8` single bytes. ──
  fill(y: number, n: number, value: number): void;
  fillI32(y: number, n: number, value: number): void;
  fill8(y: number, n: number, value: number): void;
  readonly copy: Copy;
  readonly copy8: Copy;

  // ── Elementwise, dense ──
  /** a[i] += b[i]. */
  addInto(a: number, b: number, n: number): void;
  /** y[i] = min(max(x[i], lo), hi); NaN stays NaN. */
  clamp(x: number, y: number, n: number, lo: number, hi: number): void;
  /** y[i] = c[i] ? a[i] : b[i], c of bytes, the others of 4-byte elements. */
  where(c: number, a: number, b: number, y: number, n: number): void;

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

  /**
   * Elements that a packed B [k, n] takes, in a layout that is the backend's own, for products of m rows; 0 where those
   * gain nothing by it.
   */
  gemmPackSize(m: number, k: number, n: number): number;
  /** packed ← B [k, n] with any strides, for `gemmPacked`: worth it where B stays and many products follow. */
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

  // ── Convolution and pooling, NCHW ──
  /** y = f(x ⋆ w + bias[k]); bias 0: none. y has the bits that the activation's own kernel would give after it. */
  readonly conv2d: Conv2d;
  /** (g, w, gx, 0): gradient of the input, complete. */
  readonly conv2dGradX: Conv2dGrad;
  /** (g, x, gw, 0): gradient of the weights, summed over the batch. */
  readonly conv2dGradW: Conv2dGrad;

  // ── The same for weights that stay as they are, brought beforehand into the form that convolutions of just this
  //    geometry and algorithm read. Algorithm 0 gives the bits of conv2d. 1 is Winograd's F(4 × 4, 3 × 3) for filters of
  //    3 × 3 with stride and dilation 1, where it pays, and otherwise 0: about twice as fast, with errors of about 10⁻⁵
  //    of the largest output, where those of 0 are about 10⁻⁶. ──
  /** The elements (f32) that prepared weights take. */
  conv2dPreparedSize(...sizes: [...geometry: ConvSizes, algorithm: number]): number;
  conv2dPrepare(w: number, prepared: number, ...sizes: [...geometry: ConvSizes, algorithm: number]): void;
  conv2dPrepared(
    x: number,
    prepared: number,
    y: number,
    bias: number,
    ...sizes: [...geometry: ConvSizes, activation: number, algorithm: number]
  ): void;
  /** (x, at, y): y = max of each window, at = which tap; at 0: not wanted. NaN wins; of equals the first. */
  readonly maxPool2d: MaxPool2d;
  /** (g, at, gx): g[o] added to gx where its window's maximum was, 0 elsewhere. */
  readonly maxPool2dGrad: MaxPool2d;
  /** (x, at, y): y[o] = x where the window's maximum was: the adjoint of maxPool2dGrad. */
  readonly maxPool2dTake: MaxPool2d;
  /** (x, y) */
  readonly avgPool2d: AvgPool2d;
  /** (g, gx) */
  readonly avgPool2dGrad: AvgPool2d;

  // ── A batch in lanes: eight images side by side, [n, size] as [⌈n / 8⌉, size, 8]. Spare lanes of the last eight are
  //    computed like images, from whatever they hold; what sums over the batch leaves them out. Where `conv2d` and its
  //    gradients put a batch into lanes themselves, images get the same bits here. ──
  /** x [n, size], y [⌈n / 8⌉, size, 8], its spare lanes 0. */
  toLanes(x: number, y: number, n: number, size: number): void;
  /** The inverse. */
  fromLanes(x: number, y: number, n: number, size: number): void;
  /**
   * x [⌈n / 8⌉, c, size, 8]: y[d] = Σ of the planes d of n images: the gradient of a bias. With n, c and size above 1 it
   * has the bits of `sum` over images and places.
   */
  sumLanes(x: number, y: number, n: number, c: number, size: number): void;
  /** x and y in lanes. */
  readonly conv2dLanes: Conv2d;
  /** (g, w, gx, 0), g and gx in lanes. */
  readonly conv2dLanesGradX: Conv2dGrad;
  /** (g, x, gw, 0), g and x in lanes. */
  readonly conv2dLanesGradW: Conv2dGrad;
  /**
   * (x, at, y): as maxPool2d, the planes being ⌈n / 8⌉ · c; with `relu` the maximum of 0 and the window, where 0 wins if
   * no number is greater or NaN. `at` is of bytes for windows of at most 255 taps.
   */
  readonly maxPool2dLanes: MaxPool2dLanes;
  /** (g, at, gx): g[o] added to gx where its window's maximum was, 0 elsewhere and where none won. */
  readonly maxPool2dLanesGrad: MaxPool2d;
  /** (x, y), planes [h, w, 8]. */
  readonly avgPool2dLanes: AvgPool2d;
  /** (g, gx) */
  readonly avgPool2dLanesGrad: AvgPool2d;

  // ── Recurrent layers over whole sequences. States and their gradients are [batch, hidden], rows of a sequence
  //    [steps, batch, …]; p = x Wᵢₕᵀ + b holds the projections of the inputs, w is Wₕₕ [gates · hidden, hidden]; `reverse`
  //    1 reads from the last step. y holds all states, h (and c) the last; gradients at 0 are zero. The reserve is what
  //    the gradient reads, at 0 not wanted; it may have a gradient gr itself. ──
  /** hₜ = f(pₜ + W hₜ₋₁), f = tanh, or relu if 1. */
  rnn(
    p: number,
    w: number,
    h0: number,
    y: number,
    h: number,
    steps: number,
    batch: number,
    hidden: number,
    reverse: number,
    relu: number,
  ): void;
  rnnGrad(
    gy: number,
    gh: number,
    w: number,
    y: number,
    gp: number,
    gh0: number,
    steps: number,
    batch: number,
    hidden: number,
    reverse: number,
    relu: number,
  ): void;
  /**
   * With a = pₜ + W hₜ₋₁ in four parts: i, f, o = σ(a), g = tanh a, c = f·cₜ₋₁ + i·g, h = o · tanh c, the gates in the
   * order i, f, g, o. reserve [steps, batch, 6 · hidden] = i, f, g, o, c, tanh c.
   */
  lstm(
    p: number,
    w: number,
    h0: number,
    c0: number,
    y: number,
    h: number,
    c: number,
    reserve: number,
    steps: number,
    batch: number,
    hidden: number,
    reverse: number,
  ): void;
  lstmGrad(
    gy: number,
    gh: number,
    gc: number,
    gr: number,
    w: number,
    c0: number,
    reserve: number,
    gp: number,
    gh0: number,
    gc0: number,
    steps: number,
    batch: number,
    hidden: number,
    reverse: number,
  ): void;
  /**
   * With q = W hₜ₋₁ + bias: r, z = σ(pₜ + q), n = tanh(pₜ + r·q), h = (1 − z)·n + z·hₜ₋₁, the gates in the order r, z, n.
   * reserve [steps, batch, 4 · hidden] = r, z, n, q of n. gq is the gradient of q; it differs from gp in n.
   */
  gru(
    p: number,
    w: number,
    bias: number,
    h0: number,
    y: number,
    h: number,
    reserve: number,
    steps: number,
    batch: number,
    hidden: number,
    reverse: number,
  ): void;
  gruGrad(
    gy: number,
    gh: number,
    gr: number,
    w: number,
    h0: number,
    y: number,
    reserve: number,
    gp: number,
    gq: number,
    gh0: number,
    steps: number,
    batch: number,
    hidden: number,
    reverse: number,
  ): void;

  // ── Reductions ──
  /** x seen as [n0, r0, n1, r1]: y[n0, n1] = scale · Σ over r0 and r1, pairwise or in several partial sums. */
  sum(x: number, y: number, n0: number, r0: number, n1: number, r1: number, scale: number): void;
  sumI32(x: number, y: number, n0: number, r0: number, n1: number, r1: number): void;
  /** x [outer, r, inner], r ≥ 1: the largest along r and its first index (i32). NaN wins. y or at 0: not wanted. */
  max(x: number, y: number, at: number, outer: number, r: number, inner: number): void;
  min(x: number, y: number, at: number, outer: number, r: number, inner: number): void;

  // ── Order ──
  /** The first k ≤ n of each row of n, sorted: values y and their places `at` (i32). Stable; NaN is the largest. */
  topk(x: number, y: number, at: number, rows: number, n: number, k: number, descending: number): void;
  /** x [outer, n, inner]: y[o, i, j] = Σ x[o, i′, j] over i′ ≤ i, `backwards` over i′ ≥ i. */
  cumsum(x: number, y: number, outer: number, n: number, inner: number, backwards: number): void;
  cumsumI32(x: number, y: number, outer: number, n: number, inner: number, backwards: number): void;

  // ── Softmax and cross-entropy over rows ──
  readonly softmax: Rows;
  readonly logSoftmax: Rows;
  /** gx = y · (g − Σ g·y) */
  readonly softmaxGrad: RowsGrad;
  /** gx = g − eʸ · Σ g */
  readonly logSoftmaxGrad: RowsGrad;
  /**
   * loss [rows] = ln Σ eˣ − x[target] of each row, target [rows] of i32 having been checked. norm [rows, 2] is what the
   * gradient reads: max x and ln Σ e^(x − max x).
   */
  crossEntropy(x: number, target: number, loss: number, norm: number, rows: number, n: number): void;
  /** gx = g · (softmax x − [i = target]), g [rows], or one number for all where `step` is 0 and not 1. */
  crossEntropyGrad(
    g: number,
    x: number,
    target: number,
    norm: number,
    gx: number,
    rows: number,
    n: number,
    step: number,
  ): void;

  // ── Normalisation. x is seen as [outer, n, inner]; a group is what shares the middle index. Element e has the weight
  //    w[e div step mod size]; step divides inner, inner divides size · step, and that is n · inner where outer > 1. ──
  /** mean [n] and variance [n] of x over outer and inner; not `centred`: 0 and the mean of x². */
  moments(x: number, mean: number, variance: number, outer: number, n: number, inner: number, centred: number): void;
  /** y = (x − mean) / √(variance + ε) · w + b; w 0: 1, b 0: 0. */
  normalise(
    x: number,
    mean: number,
    variance: number,
    w: number,
    b: number,
    y: number,
    outer: number,
    n: number,
    inner: number,
    size: number,
    step: number,
    eps: number,
  ): void;
  /**
   * The gradient where mean and variance are those of x. With x̂ = (x − mean) / √(variance + ε) and h = g · w,
   * gx = (h − mean h − x̂ · mean(h · x̂)) / √(variance + ε), means being those of groups, the first left out if not
   * `centred`; gw = Σ g · x̂ and gb = Σ g over the elements of a weight, both at 0: not wanted.
   */
  normaliseGrad(
    g: number,
    x: number,
    mean: number,
    variance: number,
    w: number,
    gx: number,
    gw: number,
    gb: number,
    outer: number,
    n: number,
    inner: number,
    size: number,
    step: number,
    centred: number,
    eps: number,
  ): void;

  // ── Indexing; indices are i32 and have been checked. Elements of 4 bytes unless the name says 8 (bits). ──
  /** The place of the first of n indices outside [0, size), or −1. */
  indexOutside(index: number, n: number, size: number): number;
  /** y[o, i, j] = x[o, index[o, i, j], j] */
  readonly gather: Index;
  /** (g [outer, k, inner], index, y [outer, n, inner]): y = 0, then y[o, index[o, i, j], j] += g[o, i, j]. f32. */
  readonly scatterAdd: Index;
  /** y[o, i, :] = x[o, index[i], :] */
  readonly indexSelect: Index;
  readonly indexSelect8: Index;
  /** (g [outer, k, inner], index, y [outer, n, inner]): y = 0, then y[o, index[i], :] += g[o, i, :]. f32. */
  readonly indexAdd: Index;

  // ── Random numbers: Philox 4x32-10. A state or key is four i32 words [key0, key1, count0, count1]; element i is
  //    word i mod 4 of the block with the counter [i div 4, 0, count0, count1]. Uniform: (word >>> 8) · 2⁻²⁴. ──
  /** key = state, then the state's 64-bit count goes up by one. */
  draw(state: number, key: number): void;
  /** The words themselves, as i32. */
  bits(key: number, y: number, n: number): void;
  /** lo + (hi − lo) · u. */
  uniform(key: number, y: number, n: number, lo: number, hi: number): void;
  /** Box–Muller on words (0, 1) and (2, 3): r = √(−2 ln(1 − u₀)), then mean + std · r · (cos, sin)(2π u₁). */
  normal(key: number, y: number, n: number, mean: number, std: number): void;
  /** y[i] = u_i ≥ p ? x[i] / (1 − p) : 0. */
  dropout(x: number, key: number, y: number, n: number, p: number): void;

  // ── Optimiser steps, in place, one pass over memory. `hyper` is f64. ──
  /**
   * hyper = [lr, momentum, dampening, weightDecay, t], t counting this step. d = g + weightDecay·w;
   * v = t > 1 ? momentum·v + (1 − dampening)·d : d; w −= lr·(nesterov ? d + momentum·v : v). v = 0: no momentum.
   */
  sgd(w: number, g: number, v: number, hyper: number, n: number, nesterov: number): void;
  /**
   * hyper = [lr, β₁, β₂, ε, weightDecay, t], t counting this step. `decoupled` 1 (AdamW): w −= lr·weightDecay·w first;
   * else g += weightDecay·w. m, v as usual; s = vmax ? (vmax = max(vmax, v)) : v;
   * w −= lr · (m / (1 − β₁ᵗ)) / (√s / √(1 − β₂ᵗ) + ε). vmax 0: no AMSGrad.
   */
  adam(w: number, g: number, m: number, v: number, vmax: number, hyper: number, n: number, decoupled: number): void;
  /** hyper[i] += 1. */
  tick(hyper: number, i: number): void;

  /** y [48] ← (1 − 2⁻¹⁰)·y + 1, `turns` times in registers: 96 operations a turn, as many as a core can do in its time. */
  multiplyAdds(y: number, turns: number): void;
}

/** Memory, and the kernels that work on it. */
export interface Backend {
  readonly name: string;
  readonly kernels: Kernels;
  /** Whether conv2d (`pass` 0), conv2dGradX (1) or conv2dGradW (2) puts such a batch in lanes for itself. */
  takesLanes(pass: 0 | 1 | 2, ...sizes: ConvSizes): boolean;
  /** Bytes between neighbouring elements. */
  itemSize(dtype: DType): number;
  /** A block of at least `bytes` bytes, aligned to 16; its contents are undefined. Throws OutOfMemoryError. */
  alloc(bytes: number): number;
  /** Gives back a block that was allocated with the same `bytes`. */
  free(at: number, bytes: number): void;
  /** A copy of n elements. */
  read(at: number, n: number, dtype: DType): TensorData;
  /** Writes elements, converting as a typed array does. */
  write(at: number, data: ArrayLike<number>, dtype: DType): void;
  /** One element. */
  peek(at: number, dtype: DType): number;
  /** Live bytes, as asked for, and blocks; the most bytes there ever were, or since `resetPeak`. */
  memory(resetPeak?: boolean): { bytes: number; blocks: number; peak: number };
}
