/** Activation functions made of other ops. Their outputs are f32; integers are widened first. */
import { ShapeError, ValueError } from '../core/errors';
import { aBoolean, aDim, aNumber, kind, nonzero, optional, options as optionsOf, type Kind } from '../core/kinds';
import { scope } from '../core/scope';
import { dimOf, show } from '../core/shape';
import { checked, composite, type Signature } from '../core/signature';
import type { Tensor } from '../core/tensor';
import { aTensor } from '../core/tensor-kinds';
import { add, div, gt, le, lt, mul, sub } from './arithmetic';
import { full } from './creation';
import { abs, clamp, elu, expm1, leakyRelu, log, neg, sigmoid, tanh, to } from './elementwise';
import { scatterAlong } from './indexing';
import { aGenerator, sourceKeys, type Generator, type SourceOptions } from './generator';
import { uniform } from './random';
import { argmax } from './reduce';
import { softmax } from './softmax';
import { reshape, slice } from './view';
import { softplusOp } from './unary';
import { where } from './where';

type Unary = (x: Tensor) => Tensor;
const ONE: Signature<[x: Tensor]> = [['x', aTensor]];
/** x and a number. */
const withNumber = (name: string, of: Kind<number> = aNumber()): Signature<[x: Tensor, p?: number]> => [
  ['x', aTensor],
  [name, optional(of)],
];

/** x between two numbers, which are its values beyond them; the derivative is 1 between them, and 0 at them. */
function between(x: Tensor, low: number, high: number): Tensor {
  const f = to(x, 'f32');
  return where(le(f, low), low, where(le(high, f), high, f));
}
/** x held between `minVal` (−1) and `maxVal` (1); the derivative is 0 at both. */
export const hardtanh: (x: Tensor, minVal?: number, maxVal?: number) => Tensor = composite(
  'hardtanh',
  [
    ['x', aTensor],
    ['minVal', optional(aNumber())],
    ['maxVal', optional(aNumber())],
  ],
  (x, minVal = -1, maxVal = 1) => {
    if (!(minVal < maxVal)) throw new ValueError('hardtanh', `minVal ${minVal} is not below maxVal ${maxVal}`);
    return between(x, minVal, maxVal);
  },
);
/** min(max(0, x), 6). */
export const relu6: Unary = composite('relu6', ONE, x => between(x, 0, 6));
/** min(max(0, x + 3), 6) / 6, piecewise linear instead of the logistic function. */
export const hardsigmoid: Unary = composite('hardsigmoid', ONE, x => div(between(add(to(x, 'f32'), 3), 0, 6), 6));
/** x · hardsigmoid(x) (Howard et al. 2019). */
export const hardswish: Unary = composite('hardswish', ONE, x => div(mul(x, clamp(add(to(x, 'f32'), 3), 0, 6)), 6));

/** Self-normalising networks: the factor and the slope with which mean 0 and variance 1 are a fixed point. */
const SELU = { scale: 1.0507009873554804934193349852946, alpha: 1.6732632423543772848170429916717 };
/** λx where x > 0, λα(eˣ − 1) elsewhere, with λ ≈ 1.0507 and α ≈ 1.6733 (Klambauer et al. 2017). */
export const selu: Unary = composite('selu', ONE, x => mul(elu(x, SELU.alpha), SELU.scale));
/** x where x > 0, α(e^(x/α) − 1) elsewhere (Barron 2017). */
export const celu: (x: Tensor, alpha?: number) => Tensor = composite(
  'celu',
  withNumber('alpha', nonzero),
  (x, alpha = 1) => {
    const negative = lt(x, 0);
    return where(negative, mul(expm1(div(where(negative, x, 0), alpha)), alpha), to(x, 'f32'));
  },
);
/** From here on ln(1 + eˣ) and x are the same f32: e⁻¹⁷ is below half of the last bit of 17. */
const STRAIGHT = 17;
/** ln(1 + e^βx) / β, a smooth relu; x where βx is above `threshold` (20). */
export const softplus: (x: Tensor, beta?: number, threshold?: number) => Tensor = checked(
  'softplus',
  [
    ['x', aTensor],
    ['beta', optional(nonzero)],
    ['threshold', optional(aNumber())],
  ],
  (x, beta = 1, threshold = 20) =>
    beta === 1 && threshold >= STRAIGHT
      ? softplusOp(x)
      : scope(() => {
          const scaled = mul(to(x, 'f32'), beta);
          const above = gt(scaled, threshold);
          return where(above, x, div(softplusOp(where(above, threshold, scaled)), beta));
        }, 'softplus'),
);

/** x · tanh(ln(1 + eˣ)) (Misra 2019). */
export const mish: Unary = composite('mish', ONE, x => mul(x, tanh(softplus(x))));
/** ln σ(x) = −ln(1 + e⁻ˣ). */
export const logsigmoid: Unary = composite('logsigmoid', ONE, x => neg(softplus(neg(x))));
/** x − tanh x. */
export const tanhshrink: Unary = composite('tanhshrink', ONE, x => sub(x, tanh(x)));
/** x − λ where x > λ, x + λ where x < −λ, 0 between. */
export const softshrink: (x: Tensor, lambd?: number) => Tensor = composite(
  'softshrink',
  withNumber('lambd', aNumber(0)),
  (x, lambd = 0.5) => sub(x, clamp(to(x, 'f32'), -lambd, lambd)),
);
/** x where |x| > λ, 0 elsewhere. */
export const hardshrink: (x: Tensor, lambd?: number) => Tensor = composite(
  'hardshrink',
  withNumber('lambd'),
  (x, lambd = 0.5) => where(le(abs(x), lambd), 0, to(x, 'f32')),
);
/** x where x > `threshold`, `value` elsewhere. */
export const threshold: (x: Tensor, threshold: number, value: number) => Tensor = composite(
  'threshold',
  [
    ['x', aTensor],
    ['threshold', aNumber()],
    ['value', aNumber()],
  ],
  (x, limit, value) => where(le(x, limit), value, to(x, 'f32')),
);

/** e⁻ˣ / Σe⁻ˣ along `dim` (left out: the last). */
export const softmin: (x: Tensor, dim?: number) => Tensor = composite(
  'softmin',
  [
    ['x', aTensor],
    ['dim', optional(aDim)],
  ],
  (x, dim = -1) => {
    dimOf('softmin', dim, Math.max(1, x.ndim)); // one number is a row
    return softmax(neg(x), dim);
  },
);
/** a · σ(b), a and b being the halves of x along `dim` (left out: the last) (Dauphin et al. 2017). */
export const glu: (x: Tensor, dim?: number) => Tensor = composite(
  'glu',
  [
    ['x', aTensor],
    ['dim', optional(aDim)],
  ],
  (x, dim = -1) => {
    const d = dimOf('glu', dim, x.ndim);
    const half = (x.shape[d] ?? 1) / 2;
    if (!Number.isInteger(half)) {
      throw new ShapeError('glu', `takes an even size in dimension ${dim}, x is ${show(x.shape)}`);
    }
    return mul(slice(x, d, 0, half), sigmoid(slice(x, d, half)));
  },
);

/** x where x > 0, w·x elsewhere, with one w, or one for each channel of x [n, channels, …] (He et al. 2015). */
export const prelu: (x: Tensor, weight: Tensor) => Tensor = composite(
  'prelu',
  [
    ['x', aTensor],
    ['weight', aTensor],
  ],
  (x, weight) => {
    const channels = x.ndim > 1 ? x.shape[1] : 1;
    if (weight.ndim > 1 || (weight.size !== 1 && weight.size !== channels)) {
      throw new ShapeError(
        'prelu',
        `weight takes [1] or a slope for each of ${channels} channels, this is ${show(weight.shape)}`,
      );
    }
    const slopes = reshape(weight, [weight.size, ...new Array<number>(Math.max(x.ndim - 2, 0)).fill(1)]);
    const positive = gt(x, 0);
    const y = where(positive, to(x, 'f32'), mul(slopes, where(positive, 0, x)));
    return reshape(y, x.shape);
  },
);

export interface RreluOptions {
  /** Draw the slopes; else all are the middle of the range. Default false. */
  readonly training?: boolean;
  readonly generator?: Generator;
}
/**
 * x where x > 0, a·x elsewhere, with a from the uniform distribution over [lower, upper) (1/8 to 1/3) for each element in
 * training, and (lower + upper) / 2 otherwise (Xu et al. 2015).
 */
export const rrelu: (x: Tensor, lower?: number, upper?: number, options?: RreluOptions) => Tensor = composite(
  'rrelu',
  [
    ['x', aTensor],
    ['lower', optional(aNumber())],
    ['upper', optional(aNumber())],
    ['options', optionsOf<RreluOptions>({ training: aBoolean, generator: aGenerator })],
  ],
  (x, lower = 1 / 8, upper = 1 / 3, { training = false, generator } = {}) => {
    if (!(lower <= upper)) throw new ValueError('rrelu', `lower ${lower} is above upper ${upper}`);
    if (!training) return leakyRelu(x, (lower + upper) / 2);
    return mul(x, where(gt(x, 0), 1, uniform(x.shape, lower, upper, { generator })));
  },
);

export interface GumbelSoftmaxOptions extends SourceOptions {
  /** Temperature τ > 0: the lower, the closer to one-hot. Default 1. */
  readonly tau?: number;
  /** Return one-hot vectors, with the gradient of the soft ones (straight through). Default false. */
  readonly hard?: boolean;
  /** Default −1. */
  readonly dim?: number;
}
/**
 * Samples of the categorical distributions with logits along `dim`, differentiable: softmax((logits + gᵢ) / τ) with Gumbel
 * noise gᵢ = −ln(−ln u) (Jang et al. 2017).
 */
export const gumbelSoftmax: (logits: Tensor, options?: GumbelSoftmaxOptions) => Tensor = composite(
  'gumbelSoftmax',
  [
    ['logits', aTensor],
    [
      'options',
      optionsOf<GumbelSoftmaxOptions>({
        ...sourceKeys,
        tau: kind('a finite number above 0', v => Number(v) > 0 && Number.isFinite(v)),
        hard: aBoolean,
        dim: aDim,
      }),
    ],
  ],
  (logits, { tau = 1, hard = false, dim = -1, generator } = {}) => {
    const d = dimOf('gumbelSoftmax', dim, logits.ndim);
    // Not 0, whose noise is −∞: of that alone softmax is NaN.
    const u = clamp(uniform(logits.shape, 0, 1, { generator }), 2 ** -25);
    const y = softmax(div(sub(logits, log(neg(log(u)))), tau), d);
    if (!hard || y.size === 0) return y;
    const at = argmax(y, d, { keepdim: true });
    return add(sub(scatterAlong(full(at.shape, 1), d, at, y.shape[d] ?? 1), y.detach()), y);
  },
);
