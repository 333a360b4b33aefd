/** Initial values of parameters, written in place. `t` is a weight [out, in, …], or any tensor where no fan is asked. */
import { ShapeError } from '../core/errors';
import { aNumber, anyNumber, oneOf, optional, options as optionsOf, type Keys, type Kind } from '../core/kinds';
import { aTensor } from '../core/tensor-kinds';
import { noGrad } from '../core/runtime';
import { scope } from '../core/scope';
import { show, sizeOf, type Shape } from '../core/shape';
import { checked, type Signature } from '../core/signature';
import type { Tensor } from '../core/tensor';
import { full } from '../ops/creation';
import { sourceKeys, type SourceOptions } from '../ops/generator';
import * as random from '../ops/random';
import { copy_ } from '../ops/inplace';

export type InitOptions = SourceOptions;
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
  return noGrad(() => scope(() => copy_(t, make(t.shape)), 'init'));
}

const initOptions: Kind<InitOptions | undefined> = optionsOf(sourceKeys);
const GAIN: Signature<[t: Tensor, gain?: number, options?: InitOptions]> = [
  ['t', aTensor],
  ['gain', optional(aNumber())],
  ['options', initOptions],
];

/** Inputs of one output, and outputs of one input: sizes of dimensions 1 and 0, times the taps of a filter. */
export const fans: (t: Tensor) => { fanIn: number; fanOut: number } = checked('fans', [['t', aTensor]], t => {
  if (t.ndim < 2) throw new ShapeError('init', `fans take a weight of 2 or more dimensions, this is ${show(t.shape)}`);
  const taps = sizeOf(t.shape.slice(2));
  return { fanIn: t.shape[1]! * taps, fanOut: t.shape[0]! * taps };
});

const aNonlinearity: Kind<Nonlinearity> = oneOf('linear', 'sigmoid', 'tanh', 'relu', 'leakyRelu', 'selu');
/** By how much a nonlinearity shrinks the deviation of its input, inverted: what weights must make up for. */
export const calculateGain: (nonlinearity: Nonlinearity, slope?: number) => number = checked(
  'calculateGain',
  [
    ['nonlinearity', aNonlinearity],
    ['slope', optional(aNumber())],
  ],
  (nonlinearity, slope = 0.01) => {
    const gains: Readonly<Record<Nonlinearity, number>> = {
      linear: 1,
      sigmoid: 1,
      tanh: 5 / 3,
      relu: Math.SQRT2,
      leakyRelu: Math.sqrt(2 / (1 + slope ** 2)),
      selu: 3 / 4,
    };
    return gains[nonlinearity];
  },
);

/** Every element `value`. */
export const constant: (t: Tensor, value: number) => Tensor = checked(
  'constant',
  [
    ['t', aTensor],
    ['value', anyNumber],
  ],
  (t, value) => write(t, shape => full(shape, value)),
);
/** Every element 0. */
export const zeros: (t: Tensor) => Tensor = checked('zeros', [['t', aTensor]], t => constant(t, 0));
/** Every element 1. */
export const ones: (t: Tensor) => Tensor = checked('ones', [['t', aTensor]], t => constant(t, 1));
/** Evenly over [a, b). */
export const uniform: (t: Tensor, a?: number, b?: number, options?: InitOptions) => Tensor = checked(
  'uniform',
  [
    ['t', aTensor],
    ['a', optional(aNumber())],
    ['b', optional(aNumber())],
    ['options', initOptions],
  ],
  (t, a = 0, b = 1, options) => write(t, shape => random.uniform(shape, a, b, options)),
);
/** Normal with a mean and a standard deviation. */
export const normal: (t: Tensor, mean?: number, std?: number, options?: InitOptions) => Tensor = checked(
  'normal',
  [
    ['t', aTensor],
    ['mean', optional(aNumber())],
    ['std', optional(aNumber(0))],
    ['options', initOptions],
  ],
  (t, mean = 0, std = 1, options) => write(t, shape => random.normal(mean, std, shape, options)),
);

/** W ~ 1/√n · N(0, 1), n being the number of inputs: each output then has variance 1 (LeCun et al. 1998). */
export const lecunNormal: (t: Tensor, options?: InitOptions) => Tensor = checked(
  'lecunNormal',
  [
    ['t', aTensor],
    ['options', initOptions],
  ],
  (t, options) => normal(t, 0, 1 / Math.sqrt(fans(t).fanIn), options),
);

/** Deviation gain · √(2 / (fanIn + fanOut)), normal (Glorot & Bengio 2010). */
export const xavierNormal: (t: Tensor, gain?: number, options?: InitOptions) => Tensor = checked(
  'xavierNormal',
  GAIN,
  (t, gain = 1, options) => {
    const { fanIn, fanOut } = fans(t);
    return normal(t, 0, gain * Math.sqrt(2 / (fanIn + fanOut)), options);
  },
);
/** The same deviation, evenly over ±gain · √(6 / (fanIn + fanOut)). */
export const xavierUniform: (t: Tensor, gain?: number, options?: InitOptions) => Tensor = checked(
  'xavierUniform',
  GAIN,
  (t, gain = 1, options) => {
    const { fanIn, fanOut } = fans(t);
    const bound = gain * Math.sqrt(6 / (fanIn + fanOut));
    return uniform(t, -bound, bound, options);
  },
);

const kaimingKeys: Keys<KaimingOptions> = {
  ...sourceKeys,
  a: aNumber(),
  mode: oneOf('fanIn', 'fanOut'),
  nonlinearity: aNonlinearity,
};
const KAIMING: Signature<[t: Tensor, options?: KaimingOptions]> = [
  ['t', aTensor],
  ['options', optionsOf(kaimingKeys)],
];
function kaimingStd(t: Tensor, { a = 0, mode = 'fanIn', nonlinearity = 'leakyRelu' }: KaimingOptions): number {
  return calculateGain(nonlinearity, a) / Math.sqrt(fans(t)[mode]);
}
/** Deviation gain / √fan, normal (He et al. 2015). */
export const kaimingNormal: (t: Tensor, options?: KaimingOptions) => Tensor = checked(
  'kaimingNormal',
  KAIMING,
  (t, options = {}) => normal(t, 0, kaimingStd(t, options), { generator: options.generator }),
);
/** The same deviation, evenly over ±√3 · gain / √fan. */
export const kaimingUniform: (t: Tensor, options?: KaimingOptions) => Tensor = checked(
  'kaimingUniform',
  KAIMING,
  (t, options = {}) => {
    const bound = Math.sqrt(3) * kaimingStd(t, options);
    return uniform(t, -bound, bound, { generator: options.generator });
  },
);
