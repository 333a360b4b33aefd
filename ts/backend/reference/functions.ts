import { bytesOf, numbersOf, type DType } from '../../core/dtype';
import {
  ACTIVATION,
  type Arithmetic,
  type Cast,
  type Comparison,
  type Differentiable,
  type IntArithmetic,
  type Plain,
} from '../backend';
import { erf, erfc, erfinv } from './erf';
import { besselI, lgamma, polygamma, sinc, sincSlope } from './gamma';

/** A function of one number and its parameter. */
export type Function1 = (x: number, p: number) => number;
export type Function2 = (a: number, b: number) => number;

const { abs, atan, cos, cosh, exp, expm1, log, log1p, max, sign, sin, sinh, sqrt, tanh } = Math;

const sigmoid = (x: number): number => 1 / (1 + exp(-x));

/** x · w, where w falls to 0 faster than x to −∞: there, the limit. */
const gate = (x: number, w: number): number => (x === -Infinity ? -0 : x * w);

/** Φ and φ: the standard normal distribution and its density. */
const normalCdf = (x: number): number => erfc(-x * Math.SQRT1_2) / 2;
const normalPdf = (x: number): number => exp((-x * x) / 2) / sqrt(2 * Math.PI);

/** gelu by tanh: ½x(1 + tanh u) = xσ(2u), u = √(2/π)(x + 0.044715x³); the right side does not cancel for x < 0. */
const GELU_CUBIC = 0.044715;
const gelu2u = (x: number): number => 2 * sqrt(2 / Math.PI) * (x + GELU_CUBIC * x ** 3);
const gelu2uSlope = (x: number): number => 2 * sqrt(2 / Math.PI) * (1 + 3 * GELU_CUBIC * x * x);

/** name: [f(x), f′(s)], s being x or y = f(x) as `SAVED` says. */
export const differentiable: Readonly<Record<Differentiable, readonly [f: Function1, slope: Function1]>> = {
  abs: [abs, sign],
  square: [x => x * x, x => 2 * x],
  sqrt: [sqrt, y => 1 / (2 * y)],
  rsqrt: [x => 1 / sqrt(x), y => (-y * y * y) / 2],
  reciprocal: [x => 1 / x, y => -y * y],
  exp: [exp, y => y],
  expm1: [expm1, y => y + 1],
  log: [log, x => 1 / x],
  log1p: [log1p, x => 1 / (1 + x)],
  sin: [sin, cos],
  cos: [cos, x => -sin(x)],
  atan: [atan, x => 1 / (1 + x * x)],
  tan: [Math.tan, y => 1 + y * y],
  asin: [Math.asin, x => 1 / sqrt((1 - x) * (1 + x))],
  acos: [Math.acos, x => -1 / sqrt((1 - x) * (1 + x))],
  sinh: [sinh, cosh],
  cosh: [cosh, sinh],
  asinh: [Math.asinh, x => 1 / sqrt(1 + x * x)],
  acosh: [Math.acosh, x => 1 / (sqrt(x - 1) * sqrt(x + 1))],
  atanh: [Math.atanh, x => 1 / ((1 - x) * (1 + x))],
  exp2: [x => 2 ** x, y => y * Math.LN2],
  log2: [Math.log2, x => Math.LOG2E / x],
  log10: [Math.log10, x => Math.LOG10E / x],
  erf: [erf, x => (2 / sqrt(Math.PI)) * exp(-x * x)],
  erfc: [erfc, x => (-2 / sqrt(Math.PI)) * exp(-x * x)],
  erfinv: [erfinv, y => (sqrt(Math.PI) / 2) * exp(y * y)],
  lgamma: [lgamma, x => polygamma(x, 0)],
  polygamma: [polygamma, (x, n) => polygamma(x, Math.trunc(n) + 1)],
  besselI: [besselI, (x, n) => (besselI(x, abs(Math.trunc(n) - 1)) + besselI(x, Math.trunc(n) + 1)) / 2],
  sinc: [sinc, sincSlope],
  sigmoid: [sigmoid, y => y * (1 - y)],
  tanh: [tanh, y => 1 - y * y],
  relu: [x => max(x, 0), y => (y > 0 ? 1 : 0)],
  leakyRelu: [(x, slope) => (x > 0 ? x : slope * x), (x, slope) => (x > 0 ? 1 : slope)],
  elu: [(x, alpha) => (x > 0 ? x : alpha * expm1(x)), (x, alpha) => (x > 0 ? 1 : alpha * exp(x))],
  gelu: [x => gate(x, normalCdf(x)), x => normalCdf(x) + x * normalPdf(x)],
  geluTanh: [
    x => gate(x, sigmoid(gelu2u(x))),
    x => sigmoid(gelu2u(x)) * (1 + x * sigmoid(-gelu2u(x)) * gelu2uSlope(x)),
  ],
  silu: [x => gate(x, sigmoid(x)), x => sigmoid(x) * (1 + x * sigmoid(-x))],
  softplus: [x => max(x, 0) + log1p(exp(-abs(x))), sigmoid],
};

const activations: ReadonlyMap<number, Function1> = new Map([
  [ACTIVATION.relu, differentiable.relu[0]],
  [ACTIVATION.sigmoid, differentiable.sigmoid[0]],
  [ACTIVATION.tanh, differentiable.tanh[0]],
]);

/** The activation of a number. */
export const activated = (activation: number): ((x: number) => number) => {
  const f = activations.get(activation) ?? (x => x);
  return x => f(x, 0);
};

export const plain: Readonly<Record<Plain, Function1>> = {
  neg: x => -x,
  sign,
  floor: Math.floor,
  ceil: Math.ceil,
  // Math.round goes up at ties; halving first finds the even neighbour.
  trunc: Math.trunc,
  round: x => (x - Math.floor(x) === 0.5 ? 2 * Math.round(x / 2) : Math.round(x)),
};

export const arithmetic: Readonly<Record<Arithmetic, Function2>> = {
  add: (a, b) => a + b,
  sub: (a, b) => a - b,
  mul: (a, b) => a * b,
  div: (a, b) => a / b,
  // IEEE 754 has 1ᵇ = 1 for every b, NaN too, and (±1)^±∞ = 1; JavaScript has NaN.
  pow: (a, b) => (a === 1 || (a === -1 && abs(b) === Infinity) ? 1 : a ** b),
  maximum: (a, b) => Math.max(a, b),
  minimum: (a, b) => Math.min(a, b),
  atan2: Math.atan2,
  hypot: Math.hypot,
  copysign: (a, b) => (b < 0 || Object.is(b, -0) ? -abs(a) : abs(a)),
  fmod: (a, b) => a % b,
  remainder: (a, b) => floored(a, b)[1],
  floorDivide: (a, b) => floored(a, b)[0],
};

/** ⌊a / b⌋ and what it leaves, which has the sign of b. */
function floored(a: number, b: number): [quotient: number, remainder: number] {
  const r = a % b;
  if (b === 0 || Number.isNaN(r)) return [b === 0 ? a / b : NaN, r];
  const down = r !== 0 && r < 0 !== b < 0;
  const quotient = Math.round((a - r) / b) - Number(down);
  return [quotient === 0 ? 0 * sign(a / b || 1 / (a / b)) : quotient, down ? r + b : r];
}

/** On 32-bit integers, wrapping around. */
export const intArithmetic: Readonly<Record<IntArithmetic, Function2>> = {
  add: (a, b) => (a + b) | 0,
  sub: (a, b) => (a - b) | 0,
  mul: Math.imul,
  div: (a, b) => (b === 0 ? 0 : (a / b) | 0),
  fmod: (a, b) => (b === 0 ? 0 : (a % b) | 0),
  remainder: (a, b) => (b === 0 ? 0 : floored(a, b)[1] | 0),
  floorDivide: (a, b) => (b === 0 ? 0 : Math.floor(a / b) | 0),
  bitwiseAnd: (a, b) => a & b,
  bitwiseOr: (a, b) => a | b,
  bitwiseXor: (a, b) => a ^ b,
  bitwiseLeftShift: (a, b) => (b >= 0 && b < 32 ? a << b : 0),
  bitwiseRightShift: (a, b) => a >> (b >= 0 && b < 32 ? b : 31),
  maximum: (a, b) => Math.max(a, b),
  minimum: (a, b) => Math.min(a, b),
};

const truth = (holds: boolean): number => (holds ? 1 : 0);

export const comparison: Readonly<Record<Comparison, Function2>> = {
  eq: (a, b) => truth(a === b),
  ne: (a, b) => truth(a !== b),
  lt: (a, b) => truth(a < b),
  le: (a, b) => truth(a <= b),
  gt: (a, b) => truth(a > b),
  ge: (a, b) => truth(a >= b),
};

/** Truncates towards zero into [lo, hi]; NaN becomes 0, and so does −0, which integers do not have. */
const saturate = (x: number, lo: number, hi: number): number => Math.trunc(max(lo, Math.min(x, hi))) || 0;

/** The nearest number that a type has. */
const rounded = (x: number, dtype: DType): number => numbersOf(bytesOf([x], dtype), dtype)[0] ?? NaN;

export const cast: Readonly<Record<Cast, (x: number) => number>> = {
  f32ToI32: x => saturate(x, -(2 ** 31), 2 ** 31 - 1),
  f32ToU8: x => saturate(x, 0, 255),
  f32ToBool: x => truth(x !== 0),
  i32ToF32: x => x,
  i32ToU8: x => x & 255,
  i32ToBool: x => truth(x !== 0),
  u8ToF32: x => x,
  u8ToI32: x => x,
  u8ToBool: x => truth(x !== 0),
  f64ToF32: x => x,
  f64ToI32: x => saturate(x, -(2 ** 31), 2 ** 31 - 1),
  f64ToI64: x => saturate(x, -(2 ** 63), 2 ** 63),
  f64ToI8: x => saturate(x, -128, 127),
  f64ToU8: x => saturate(x, 0, 255),
  f64ToBool: x => truth(x !== 0),
  f64ToF16: x => rounded(x, 'f16'),
  f64ToBf16: x => rounded(x, 'bf16'),
  f32ToF64: x => x,
  i32ToF64: x => x,
  i64ToF64: x => x,
  i64ToF32: x => x,
  i64ToI32: x => saturate(x, -(2 ** 31), 2 ** 31 - 1),
  f32ToI64: x => saturate(x, -(2 ** 63), 2 ** 63),
  i32ToI64: x => x,
  i8ToI32: x => x,
  i32ToI8: x => saturate(x, -128, 127),
  f16ToF32: x => x,
  f32ToF16: x => rounded(x, 'f16'),
  bf16ToF32: x => x,
  f32ToBf16: x => rounded(x, 'bf16'),
};
