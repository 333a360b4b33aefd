/** Functions of each element, and their gradients. */

/** y[i] = f(x[i]) for i < n. `p` is the function's own parameter (a slope, an α), 0 where it has none. */
export type Unary = (x: number, y: number, n: number, p: number) => void;

/** gx[i] = g[i] · f′, where f′ is computed from `s`, the saved input or output of f: see {@link SAVED}. */
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
  tan: 'y',
  asin: 'x',
  acos: 'x',
  atan: 'x',
  sinh: 'x',
  cosh: 'x',
  asinh: 'x',
  acosh: 'x',
  atanh: 'x',
  exp2: 'y',
  log2: 'x',
  log10: 'x',
  erf: 'x',
  erfc: 'x',
  erfinv: 'y',
  lgamma: 'x',
  polygamma: 'x',
  besselI: 'x',
  sinc: 'x',
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

/** An elementwise function with a gradient kernel. `leakyRelu` takes p = slope, `elu` p = α, `polygamma` and `besselI` their order. */
export type Differentiable = keyof typeof SAVED;
/** Linear or piecewise constant: no gradient kernel. `round` goes to even at ties. */
export type Plain = 'neg' | 'sign' | 'floor' | 'ceil' | 'round' | 'trunc';
export type Arithmetic =
  | 'add'
  | 'sub'
  | 'mul'
  | 'div'
  | 'pow'
  | 'maximum'
  | 'minimum'
  | 'atan2'
  | 'hypot'
  | 'copysign'
  | 'fmod'
  | 'remainder'
  | 'floorDivide';
export type Comparison = 'eq' | 'ne' | 'lt' | 'le' | 'gt' | 'ge';
/**
 * Arithmetic of integers, which wraps around. `div` rounds towards 0; divided by 0 they are 0. Shifts by more than 31, or
 * less than 0, leave no bit but the sign's.
 */
export type IntArithmetic =
  | 'add'
  | 'sub'
  | 'mul'
  | 'maximum'
  | 'minimum'
  | 'div'
  | 'fmod'
  | 'remainder'
  | 'floorDivide'
  | 'bitwiseAnd'
  | 'bitwiseOr'
  | 'bitwiseXor'
  | 'bitwiseLeftShift'
  | 'bitwiseRightShift';
/**
 * Conversions between element types. To floats: to nearest, ties to even. To integers: truncates and saturates, NaN is 0;
 * i32 → u8 keeps the low byte. The reference keeps integers to 53 bits.
 */
export type Cast =
  | 'f32ToI32'
  | 'f32ToU8'
  | 'f32ToBool'
  | 'i32ToF32'
  | 'i32ToU8'
  | 'i32ToBool'
  | 'u8ToF32'
  | 'u8ToI32'
  | 'u8ToBool'
  | 'f64ToF32'
  | 'f64ToI32'
  | 'f64ToI64'
  | 'f64ToI8'
  | 'f64ToU8'
  | 'f64ToBool'
  | 'f64ToF16'
  | 'f64ToBf16'
  | 'f32ToF64'
  | 'i32ToF64'
  | 'i64ToF64'
  | 'i64ToF32'
  | 'i64ToI32'
  | 'f32ToI64'
  | 'i32ToI64'
  | 'i8ToI32'
  | 'i32ToI8'
  | 'f16ToF32'
  | 'f32ToF16'
  | 'bf16ToF32'
  | 'f32ToBf16';

export interface ElementwiseKernels
  extends Readonly<Record<Differentiable | Plain, Unary>>,
    Readonly<Record<`${Differentiable}Grad`, UnaryGrad>>,
    Readonly<Record<Arithmetic | Comparison | `${IntArithmetic | Comparison}I32`, Binary>>,
    Readonly<Record<Cast, (x: number, y: number, n: number) => void>> {
  /** a[i] += b[i]. */
  addInto(a: number, b: number, n: number): void;
  /** y[i] = min(max(x[i], lo), hi); NaN stays NaN. */
  clamp(x: number, y: number, n: number, lo: number, hi: number): void;
  /** y[i] = c[i] ? a[i] : b[i], c of bytes, the others of 4-byte elements. */
  where(c: number, a: number, b: number, y: number, n: number): void;
}
