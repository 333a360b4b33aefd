/** Random numbers from distributions, by the generators of random.ts: the same for the same seed, on every backend. */
import { constant } from '../core/constant';
import type { Operand } from '../core/declare';
import { ShapeError, ValueError } from '../core/errors';
import { aBoolean, aShape, optional, options as optionsOf, wholeNumber } from '../core/kinds';
import { defineOp, type Op } from '../core/op';
import { show, type Shape } from '../core/shape';
import { composite } from '../core/signature';
import type { Tensor } from '../core/tensor';
import { aTensor, aTensorOrNumber } from '../core/tensor-kinds';
import { div, gt, lt, mul, sub } from './arithmetic';
import { expand } from './basic';
import { searchsorted } from './bins';
import { clamp, exp, log, neg, sigmoid, to } from './elementwise';
import { cumsum, topk } from './order';
import { defaultGenerator, sourceKeys, type SourceOptions } from './generator';
import { uniform } from './random';
import { softmax } from './softmax';
import { slice } from './view';
import { where } from './where';

/** An element for each parameter, drawn by a kernel that draws as often as it needs. */
const drawn = (name: 'gammaLog' | 'poisson'): Op<[key: Tensor, parameter: Tensor]> =>
  defineOp({
    name,
    inputs: ['key', 'parameter'],
    wants: { key: 'i32' },
    shape: ([, p]) => p.shape,
    run: (k, [key, p], [y]) => k[name](key.address, p.address, y.address, y.size),
  });
const gammaLogOp = drawn('gammaLog');
const poissonOp = drawn('poisson');

const source = (options: SourceOptions = {}): Tensor => (options.generator ?? defaultGenerator()).draw();
const sourceOptions = optionsOf(sourceKeys);

/** A parameter for each element. It carries no gradient. */
function parameter(where_: string, name: string, v: Operand, shape: Shape): Tensor {
  if (typeof v === 'number') {
    if (!(v > 0 && v < Infinity)) throw new ValueError(where_, `${name} takes a number > 0, this is ${v}`);
    return expand(constant(v, 'f32'), shape);
  }
  return expand(to(v.detach(), 'f32'), shape);
}
/** ln g of gamma variates of rate 1. */
const gammaLog = (where_: string, name: string, alpha: Operand, shape: Shape, options?: SourceOptions): Tensor =>
  gammaLogOp(source(options), parameter(where_, name, alpha, shape));

/**
 * 0 or 1 for each element of x, 1 with the probability that it is: f32, in x's shape. What is below 0 or above 1 counts as
 * these, NaN as 0.
 */
export const bernoulli: (x: Tensor, options?: SourceOptions) => Tensor = composite(
  'bernoulli',
  [
    ['x', aTensor],
    ['options', sourceOptions],
  ],
  (x, options) => to(lt(uniform(x.shape, 0, 1, options), x.detach()), 'f32'),
);

/** From exponential distributions, of density λ·e^(−λy), λ being `rate` (1): a number, or a tensor that spreads to the shape. */
export const exponential: (shape: Shape, rate?: Operand, options?: SourceOptions) => Tensor = composite(
  'exponential',
  [
    ['shape', aShape],
    ['rate', optional(aTensorOrNumber)],
    ['options', sourceOptions],
  ],
  (shape, rate = 1, options) =>
    div(neg(log(sub(1, uniform(shape, 0, 1, options)))), parameter('exponential', 'rate', rate, shape)),
);

/**
 * From gamma distributions, of density ∝ y^(α−1)·e^(−λy), α being `concentration` and λ `rate` (1): numbers, or tensors that
 * spread to the shape. NaN where one in a tensor is not positive. By Marsaglia and Tsang (2000).
 */
export const gamma: (shape: Shape, concentration: Operand, rate?: Operand, options?: SourceOptions) => Tensor =
  composite(
    'gamma',
    [
      ['shape', aShape],
      ['concentration', aTensorOrNumber],
      ['rate', optional(aTensorOrNumber)],
      ['options', sourceOptions],
    ],
    (shape, concentration, rate = 1, options) =>
      div(
        exp(gammaLog('gamma', 'concentration', concentration, shape, options)),
        parameter('gamma', 'rate', rate, shape),
      ),
  );
/** From beta distributions, of density ∝ y^(a−1)·(1−y)^(b−1): numbers, or tensors that spread to the shape. */
export const beta: (shape: Shape, a: Operand, b: Operand, options?: SourceOptions) => Tensor = composite(
  'beta',
  [
    ['shape', aShape],
    ['a', aTensorOrNumber],
    ['b', aTensorOrNumber],
    ['options', sourceOptions],
  ],
  (shape, a, b, options) =>
    sigmoid(sub(gammaLog('beta', 'a', a, shape, options), gammaLog('beta', 'b', b, shape, options))),
);
/** From Dirichlet distributions: of each row of concentrations […, k] k numbers > 0 whose sum is 1. */
export const dirichlet: (concentration: Tensor, options?: SourceOptions) => Tensor = composite(
  'dirichlet',
  [
    ['concentration', aTensor],
    ['options', sourceOptions],
  ],
  (concentration, options) => {
    if (concentration.ndim === 0) throw new ShapeError('dirichlet', 'concentration takes […, k], this is one number');
    return softmax(gammaLog('dirichlet', 'concentration', concentration, concentration.shape, options));
  },
);
/** From Poisson distributions of the rates x, from 0 up: whole numbers as f32, in x's shape; NaN where x is no such rate. */
export const poisson: (x: Tensor, options?: SourceOptions) => Tensor = composite(
  'poisson',
  [
    ['x', aTensor],
    ['options', sourceOptions],
  ],
  (x, options) => poissonOp(source(options), to(x.detach(), 'f32')),
);

export interface MultinomialOptions extends SourceOptions {
  /** Whether a place may be drawn more than once. Default false. */
  readonly replacement?: boolean;
}
/**
 * `numSamples` places (i32) of each row of weights [k] or [n, k], drawn with probabilities in proportion to them. Weights
 * that are not positive count as 0; more draws without replacement than there are others give some of these.
 */
export const multinomial: (x: Tensor, numSamples: number, options?: MultinomialOptions) => Tensor = composite(
  'multinomial',
  [
    ['x', aTensor],
    ['numSamples', wholeNumber(1)],
    ['options', optionsOf<MultinomialOptions>({ ...sourceKeys, replacement: aBoolean })],
  ],
  (x, numSamples, { replacement = false, ...options } = {}) => {
    const k = x.shape.at(-1);
    if (x.ndim < 1 || x.ndim > 2 || k === undefined || k === 0) {
      throw new ShapeError('multinomial', `x takes weights [k] or [n, k], k > 0, this is ${show(x.shape)}`);
    }
    if (!replacement && numSamples > k) {
      throw new ValueError(
        'multinomial',
        `numSamples takes at most the ${k} places without replacement, this is ${numSamples}`,
      );
    }
    const weights = to(x.detach(), 'f32');
    const w = where(gt(weights, 0), weights, 0);
    if (!replacement) {
      // The first of exponential waiting times with these rates (Efraimidis & Spirakis 2006).
      return topk(div(w, clamp(exponential(x.shape, 1, options), 1e-30)), numSamples)[1];
    }
    const upTo = cumsum(w, -1);
    const u = uniform([...x.shape.slice(0, -1), numSamples], 0, 1, options);
    const places = searchsorted(upTo, mul(u, slice(upTo, -1, k - 1)), { right: true });
    return to(clamp(places, 0, k - 1), 'i32');
  },
);
