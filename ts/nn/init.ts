/** Initial values of parameters, written in place. `t` is a weight [out, in, …], or any tensor where no fan is asked. */
import { ShapeError, ValueError } from '../core/errors';
import { checkNumber } from '../core/options';
import { noGrad } from '../core/runtime';
import { scope } from '../core/scope';
import { show, sizeOf, type Shape } from '../core/shape';
import type { Tensor } from '../core/tensor';
import { full } from '../ops/creation';
import * as random from '../ops/random';
import { assign } from '../ops/update';

export interface InitOptions {
  readonly generator?: random.Generator;
}
export type Nonlinearity = 'linear' | 'sigmoid' | 'tanh' | 'relu' | 'leakyRelu' | 'selu';
export interface KaimingOptions extends InitOptions {
  /** The negative slope, for leakyRelu. Default 0. */
  readonly a?: number;
  /** Keep the variance of the outputs (fanIn) or of the gradients (fanOut). Default fanIn. */
  readonly mode?: 'fanIn' | 'fanOut';
  /** Default leakyRelu. */
  readonly nonlinearity?: Nonlinearity;
}

function write(t: Tensor, make: (shape: Shape) => Tensor): Tensor {
  return noGrad(() => scope(() => assign(t, make(t.shape)), 'init'));
}

/** Inputs of one output, and outputs of one input: sizes of dimensions 1 and 0, times the taps of a filter. */
export function fans(t: Tensor): { fanIn: number; fanOut: number } {
  if (t.ndim < 2) throw new ShapeError('init', `fans take a weight of 2 or more dimensions, this is ${show(t.shape)}`);
  const taps = sizeOf(t.shape.slice(2));
  return { fanIn: t.shape[1]! * taps, fanOut: t.shape[0]! * taps };
}

/** By how much a nonlinearity shrinks the deviation of its input, inverted: what weights must make up for. */
export function calculateGain(nonlinearity: Nonlinearity, slope = 0.01): number {
  const gains: Readonly<Record<Nonlinearity, number>> = {
    linear: 1, sigmoid: 1, tanh: 5 / 3, relu: Math.SQRT2, leakyRelu: Math.sqrt(2 / (1 + slope ** 2)), selu: 3 / 4,
  };
  if (!Object.hasOwn(gains, nonlinearity)) {
    throw new ValueError('calculateGain', `takes one of ${Object.keys(gains).join(', ')}, this is ${String(nonlinearity)}`);
  }
  return gains[nonlinearity];
}

/** Every element `value`. */
export const constant = (t: Tensor, value: number): Tensor => write(t, shape => full(shape, value));
export const zeros = (t: Tensor): Tensor => constant(t, 0);
export const ones = (t: Tensor): Tensor => constant(t, 1);
/** Evenly over [a, b). */
export const uniform = (t: Tensor, a = 0, b = 1, options?: InitOptions): Tensor =>
  write(t, shape => random.uniform(shape, a, b, options));
/** Normal with a mean and a standard deviation. */
export const normal = (t: Tensor, mean = 0, std = 1, options?: InitOptions): Tensor =>
  write(t, shape => random.normal(shape, mean, std, options));

/** W ~ 1/√n · N(0, 1), n being the number of inputs: each output then has variance 1 (LeCun et al. 1998). */
export const lecunNormal = (t: Tensor, options?: InitOptions): Tensor =>
  normal(t, 0, 1 / Math.sqrt(fans(t).fanIn), options);

/** Deviation gain · √(2 / (fanIn + fanOut)), normal (Glorot & Bengio 2010). */
export function xavierNormal(t: Tensor, gain = 1, options?: InitOptions): Tensor {
  const { fanIn, fanOut } = fans(t);
  return normal(t, 0, gain * Math.sqrt(2 / (fanIn + fanOut)), options);
}
/** The same deviation, evenly over ±gain · √(6 / (fanIn + fanOut)). */
export function xavierUniform(t: Tensor, gain = 1, options?: InitOptions): Tensor {
  const { fanIn, fanOut } = fans(t);
  const bound = gain * Math.sqrt(6 / (fanIn + fanOut));
  return uniform(t, -bound, bound, options);
}

function kaimingStd(t: Tensor, { a = 0, mode = 'fanIn', nonlinearity = 'leakyRelu' }: KaimingOptions): number {
  checkNumber('kaiming', 'a', a);
  if (mode !== 'fanIn' && mode !== 'fanOut') {
    throw new ValueError('kaiming', `mode takes 'fanIn' or 'fanOut', this is ${String(mode)}`);
  }
  return calculateGain(nonlinearity, a) / Math.sqrt(fans(t)[mode]);
}
/** Deviation gain / √fan, normal (He et al. 2015). */
export const kaimingNormal = (t: Tensor, options: KaimingOptions = {}): Tensor =>
  normal(t, 0, kaimingStd(t, options), options);
/** The same deviation, evenly over ±√3 · gain / √fan. */
export function kaimingUniform(t: Tensor, options: KaimingOptions = {}): Tensor {
  const bound = Math.sqrt(3) * kaimingStd(t, options);
  return uniform(t, -bound, bound, options);
}
