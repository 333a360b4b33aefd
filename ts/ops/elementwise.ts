/** Functions of one element, applied to each. Integers are widened to f32 first. */
import { SAVED, type Differentiable, type Plain } from '../backend/backend';
import { between, castKernel } from '../core/casts';
import { cast } from '../core/convert';
import type { DType } from '../core/dtype';
import { ValueError } from '../core/errors';
import { aDType, aNumber, anyNumber, oneOf, optional, options } from '../core/kinds';
import { aTensor } from '../core/tensor-kinds';
import { defineOp, type Op } from '../core/op';
import { scope } from '../core/scope';
import { checked } from '../core/signature';
import type { Tensor } from '../core/tensor';
import { add, ge, le, lt, rsub, sub } from './arithmetic';
import { mul, neg } from './basic';

export { neg };

type UnaryOp = Op<[x: Tensor]>;
type Parametric = Op<[x: Tensor], { p: number }>;
/** g · f′, told from what f saved. */
type GradOp = Op<[g: Tensor, s: Tensor], { p: number }>;

/**
 * g · f′(s) as an op, so that it has a gradient itself. `curvature` is the derivative of f′ by the saved value s, in
 * terms of ops; null where f′ is piecewise constant.
 */
function gradOp(name: Differentiable, curvature: ((s: Tensor, p: number) => Tensor) | null): GradOp {
  const self: GradOp = defineOp({
    name: `${name}Grad`,
    inputs: ['g', 's'],
    pointwise: true,
    shape: xs => xs[0].shape,
    run: (k, xs, ys, { p }) => k[`${name}Grad`](xs[0].at, xs[1].at, ys[0].at, ys[0].size, p),
    saves: { g: ['s'], s: ['g', 's'] },
    vjp: {
      g: (gg, { s }, params) => self(gg, s, params),
      s: curvature && ((gg, { g, s }, { p }) => mul(mul(gg, g), curvature(s, p))),
    },
  });
  return self;
}

/** A differentiable function without a parameter. */
function smooth(name: Differentiable, curvature: ((s: Tensor) => Tensor) | null): UnaryOp {
  const grad = gradOp(name, curvature);
  return defineOp({
    name,
    inputs: ['x'],
    pointwise: true,
    shape: xs => xs[0].shape,
    run: (k, xs, ys) => k[name](xs[0].at, ys[0].at, ys[0].size, 0),
    saves: { x: [SAVED[name]] },
    vjp: { x: (g, saved) => grad(g, saved[SAVED[name]], { p: 0 }) },
  });
}

/** One with a parameter. */
function parametric(name: Differentiable, curvature: ((s: Tensor, p: number) => Tensor) | null): Parametric {
  const grad = gradOp(name, curvature);
  return defineOp({
    name,
    inputs: ['x'],
    pointwise: true,
    shape: xs => xs[0].shape,
    run: (k, xs, ys, { p }) => k[name](xs[0].at, ys[0].at, ys[0].size, p),
    saves: { x: [SAVED[name]] },
    vjp: { x: (g, saved, params) => grad(g, saved[SAVED[name]], params) },
  });
}

/** A piecewise constant function: its derivative is zero. */
function stepwise(name: Exclude<Plain, 'neg'>): UnaryOp {
  return defineOp({
    name,
    inputs: ['x'],
    pointwise: true,
    shape: xs => xs[0].shape,
    run: (k, xs, ys) => k[name](xs[0].at, ys[0].at, ys[0].size, 0),
    vjp: { x: null },
  });
}

const two = (x: Tensor): Tensor => add(mul(x, 0), 2);

/** −1, 0 or 1, and NaN of NaN. */
export const sign: UnaryOp = stepwise('sign');
/** The largest whole number ≤ x. */
export const floor: UnaryOp = stepwise('floor');
/** The smallest whole number ≥ x. */
export const ceil: UnaryOp = stepwise('ceil');
/** The nearest whole number, the even one at ties. */
export const round: UnaryOp = stepwise('round');
/** |x|; the derivative at 0 is 0. */
export const abs: UnaryOp = smooth('abs', null);
/** x². */
export const square: UnaryOp = smooth('square', two);
/** √x. */
export const sqrt: UnaryOp = smooth('sqrt', y => mul(square(reciprocal(y)), -0.5));
/** 1/√x. */
export const rsqrt: UnaryOp = smooth('rsqrt', y => mul(square(y), -1.5));
/** 1/x. */
export const reciprocal: UnaryOp = smooth('reciprocal', y => mul(y, -2));
/** eˣ. */
export const exp: UnaryOp = smooth('exp', y => add(mul(y, 0), 1));
/** eˣ − 1, exact near 0. */
export const expm1: UnaryOp = smooth('expm1', y => add(mul(y, 0), 1));
/** ln x. */
export const log: UnaryOp = smooth('log', x => neg(square(reciprocal(x))));
/** ln(1 + x), exact near 0. */
export const log1p: UnaryOp = smooth('log1p', x => neg(square(reciprocal(add(x, 1)))));
/** sin x, x in radians. */
export const sin: UnaryOp = smooth('sin', x => neg(sin(x)));
/** cos x, x in radians. */
export const cos: UnaryOp = smooth('cos', x => neg(cos(x)));
/** arctan x, in radians. */
export const atan: UnaryOp = smooth('atan', x => mul(mul(x, -2), square(reciprocal(add(square(x), 1)))));
/** The error function, 2/√π · ∫₀ˣ e^(−t²) dt. */
export const erf: UnaryOp = smooth('erf', x => mul(mul(x, -4 / Math.sqrt(Math.PI)), exp(neg(square(x)))));
/** The logistic function 1/(1 + e⁻ˣ). */
export const sigmoid: UnaryOp = smooth('sigmoid', y => rsub(mul(y, 2), 1));
/** The hyperbolic tangent. */
export const tanh: UnaryOp = smooth('tanh', y => mul(y, -2));
/** Rectified linear unit max(0, x); the derivative at 0 is 0. */
export const relu: UnaryOp = smooth('relu', null);
/** Sigmoid linear unit x·σ(x), also known as swish. */
export const silu: UnaryOp = smooth('silu', x => {
  const s = sigmoid(x); // σ′·(2 + x(1 − 2σ))
  return mul(mul(s, rsub(s, 1)), add(mul(x, rsub(mul(s, 2), 1)), 2));
});
/** ln(1 + eˣ), a smooth relu. */
export const softplus: UnaryOp = smooth('softplus', x => mul(sigmoid(x), sigmoid(neg(x))));

const ROOT_2_PI = Math.sqrt(2 / Math.PI);
const geluErf: UnaryOp = smooth('gelu', x => {
  const density = mul(exp(mul(square(x), -0.5)), 1 / Math.sqrt(2 * Math.PI)); // φ(x)·(2 − x²)
  return mul(density, rsub(square(x), 2));
});
const geluTanh: UnaryOp = smooth('geluTanh', x => {
  // y = x(1 + T)/2, T = tanh u, u = √(2/π)(x + 0.044715x³): y″ = (1 − T²)(u′ + x(u″/2 − T·u′²))
  const x2 = square(x);
  const t = tanh(mul(mul(x, add(mul(x2, 0.044715), 1)), ROOT_2_PI));
  const u1 = mul(add(mul(x2, 3 * 0.044715), 1), ROOT_2_PI);
  const u2 = mul(x, 6 * 0.044715 * ROOT_2_PI);
  return mul(rsub(square(t), 1), add(u1, mul(x, sub(mul(u2, 0.5), mul(t, square(u1))))));
});
export interface GeluOptions {
  /** Default 'none'. */
  readonly approximate?: 'none' | 'tanh';
}
/**
 * Gaussian error linear unit x·Φ(x) (Hendrycks & Gimpel 2016), Φ being the normal distribution function; with
 * `approximate: 'tanh'`, their approximation by tanh.
 */
export const gelu: (x: Tensor, options?: GeluOptions) => Tensor = checked(
  'gelu',
  [
    ['x', aTensor],
    ['options', options<GeluOptions>({ approximate: oneOf('none', 'tanh') })],
  ],
  (x, { approximate = 'none' } = {}) => (approximate === 'tanh' ? geluTanh(x) : geluErf(x)),
);

const leaky: Parametric = parametric('leakyRelu', null);
/** x where x > 0, slope·x elsewhere. */
export const leakyRelu: (x: Tensor, slope?: number) => Tensor = checked(
  'leakyRelu',
  [
    ['x', aTensor],
    ['slope', optional(aNumber())],
  ],
  (x, slope = 0.01) => leaky(x, { p: slope }),
);

const eluOp: Parametric = parametric('elu', (x, alpha) => mul(mul(exp(x), alpha), lt(x, 0)));
/** x where x > 0, α(eˣ − 1) elsewhere. */
export const elu: (x: Tensor, alpha?: number) => Tensor = checked(
  'elu',
  [
    ['x', aTensor],
    ['alpha', optional(aNumber())],
  ],
  (x, alpha = 1) => eluOp(x, { p: alpha }),
);

const clampOp: Op<[x: Tensor], { lo: number; hi: number }> = defineOp({
  name: 'clamp',
  inputs: ['x'],
  pointwise: true,
  shape: xs => xs[0].shape,
  run: (k, [x], [y], { lo, hi }) => k.clamp(x.at, y.at, y.size, lo, hi),
  saves: { x: ['x'] },
  vjp: { x: (g, { x }, { lo, hi }) => mul(g, mul(ge(x, lo), le(x, hi))) },
});
/** x held between `min` and `max`; the derivative is 1 from one to the other, both included, and 0 outside. */
export const clamp: (x: Tensor, min?: number, max?: number) => Tensor = checked(
  'clamp',
  [
    ['x', aTensor],
    ['min', optional(anyNumber)],
    ['max', optional(anyNumber)],
  ],
  (x, min = -Infinity, max = Infinity) => {
    if (!(min <= max)) throw new ValueError('clamp', `min ${min} and max ${max} leave nothing between`);
    return clampOp(x, { lo: min, hi: max });
  },
);

function convert(x: Tensor, dtype: DType): Tensor {
  if (x.dtype === dtype) return x;
  if (castKernel(x.dtype, dtype) !== undefined) return cast(x, dtype);
  return scope(() => convert(convert(x, between(x.dtype, dtype)), dtype), 'to');
}
/**
 * Elements converted to another type. To floats they are rounded to nearest, of two to the one with an even last bit; to
 * integers the fraction is cut off, and what does not fit becomes the nearest that does (NaN 0), but i32 to u8 keeps the
 * low byte; to bool "not zero". f16, bf16, i8 and i64 go to and from other types through f32 (i8 through i32) where that
 * is no loss but of digits that f32 has not.
 */
export const to: (x: Tensor, dtype: DType) => Tensor = checked(
  'to',
  [
    ['x', aTensor],
    ['dtype', aDType],
  ],
  convert,
);
