/** Initial values of parameters, written in place. `t` is a weight [out, in, …], or any tensor where no fan is asked. */
import { ShapeError, ValueError } from '../core/errors';
import {
  aNumber,
  anyNumber,
  oneOf,
  optional,
  options as optionsOf,
  wholeNumber,
  type Keys,
  type Kind,
} from '../core/kinds';
import { aTensor } from '../core/tensor-kinds';
import { noGrad } from '../core/runtime';
import { scope } from '../core/scope';
import { show, sizeOf, type Shape } from '../core/shape';
import { checked, type Signature } from '../core/signature';
import type { Tensor } from '../core/tensor';
import { full, tensor } from '../ops/creation';
import { sourceKeys, type SourceOptions } from '../ops/generator';
import * as random from '../ops/random';
import { copy_ } from '../ops/inplace';
import { truncatedNormal } from './truncated';

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

/** What is computed in JavaScript. */
const written = (t: Tensor, numbersOf: (shape: Shape) => ArrayLike<number>): Tensor =>
  write(t, shape => tensor(Float32Array.from(numbersOf(shape)), { shape }));

/** Normal with a mean and a standard deviation, of which what lies outside [a, b] is left out. */
export const truncNormal: (
  t: Tensor,
  mean?: number,
  std?: number,
  a?: number,
  b?: number,
  options?: InitOptions,
) => Tensor = checked(
  'truncNormal',
  [
    ['t', aTensor],
    ['mean', optional(aNumber())],
    ['std', optional(aNumber(0))],
    ['a', optional(aNumber())],
    ['b', optional(aNumber())],
    ['options', initOptions],
  ],
  (t, mean = 0, std = 1, a = -2, b = 2, options = {}) => {
    if (!(a < b)) throw new ValueError('init', `truncNormal takes a below b, these are ${a} and ${b}`);
    const [low, high] = [(a - mean) / std, (b - mean) / std];
    const of = (u: number): number => (std === 0 ? mean : mean + std * truncatedNormal(u, low, high));
    return written(t, () => random.uniforms(t.size, options.generator).map(u => Math.min(Math.max(of(u), a), b)));
  },
);

/**
 * gain · Q with orthonormal rows, or columns where there are fewer of these, uniformly among all such matrices (Saxe et al.
 * 2014); of filters, of the matrix [out, in · taps].
 */
export const orthogonal: (t: Tensor, gain?: number, options?: InitOptions) => Tensor = checked(
  'orthogonal',
  GAIN,
  (t, gain = 1, options) => {
    if (t.ndim < 2) throw new ShapeError('init', `orthogonal takes 2 or more dimensions, this is ${show(t.shape)}`);
    const rows = t.shape[0]!;
    const columns = rows === 0 ? 0 : t.size / rows;
    const wide = rows <= columns;
    const [count, length] = wide ? [rows, columns] : [columns, rows];
    return written(t, () => {
      const drawn = scope(() => random.normal(0, 1, [count, length], options).toArray(), 'init');
      const q = orthonormal(Float64Array.from(drawn), count, length);
      return Float64Array.from({ length: t.size }, (_, i) => {
        const [r, c] = [Math.floor(i / columns), i % columns];
        return gain * (wide ? q[r * length + c]! : q[c * length + r]!);
      });
    });
  },
);
/** Rows made orthonormal one after another (Gram–Schmidt, each twice, so that rounding leaves nothing). */
function orthonormal(a: Float64Array, count: number, length: number): Float64Array {
  const row = (i: number): Float64Array => a.subarray(i * length, (i + 1) * length);
  const dot = (x: Float64Array, y: Float64Array): number => x.reduce((sum, v, k) => sum + v * y[k]!, 0);
  for (let i = 0; i < count; i++) {
    const x = row(i);
    for (let pass = 0; pass < 2; pass++) {
      for (let j = 0; j < i; j++) {
        const [y, share] = [row(j), dot(x, row(j))];
        for (let k = 0; k < length; k++) x[k]! -= share * y[k]!;
      }
    }
    const norm = Math.sqrt(dot(x, x));
    for (let k = 0; k < length; k++) x[k]! /= norm;
  }
  return a;
}

/** Of a matrix, in each column a share `sparsity` of zeros at random places, the rest normal (Martens 2010). */
export const sparse: (t: Tensor, sparsity: number, std?: number, options?: InitOptions) => Tensor = checked(
  'sparse',
  [
    ['t', aTensor],
    ['sparsity', aNumber(0, 1)],
    ['std', optional(aNumber(0))],
    ['options', initOptions],
  ],
  (t, sparsity, std = 0.01, options = {}) => {
    checkMatrix('sparse', t);
    const [rows = 0, columns = 0] = t.shape;
    const zeros = Math.ceil(sparsity * rows);
    return written(t, shape => {
      const x = scope(() => random.normal(0, std, shape, options).toArray(), 'init');
      for (let c = 0; c < columns; c++) {
        for (const r of random.permutation(rows, options.generator).subarray(0, zeros)) x[r * columns + c] = 0;
      }
      return x;
    });
  },
);
function checkMatrix(name: string, t: Tensor): void {
  if (t.ndim !== 2) throw new ShapeError('init', `${name} takes a matrix, this is ${show(t.shape)}`);
}

/** 1 on the diagonal of a matrix, 0 elsewhere: a linear layer that changes nothing. */
export const eye: (t: Tensor) => Tensor = checked('eye', [['t', aTensor]], t => {
  checkMatrix('eye', t);
  const columns = t.shape[1]!;
  return written(t, () => Float64Array.from({ length: t.size }, (_, i) => Number(i % (columns + 1) === 0)));
});

/** Filters [out, in, …] that hand on as many channels as there are, in each of `groups`: a convolution that changes nothing. */
export const dirac: (t: Tensor, groups?: number) => Tensor = checked(
  'dirac',
  [
    ['t', aTensor],
    ['groups', optional(wholeNumber(1))],
  ],
  (t, groups = 1) => {
    const [out = 0, channels = 0, ...window] = t.shape;
    if (window.length < 1 || window.length > 3) {
      throw new ShapeError('init', `dirac takes filters of 3 to 5 dimensions, this is ${show(t.shape)}`);
    }
    if (out % groups !== 0) throw new ShapeError('init', `dirac takes filters in ${groups} groups, these are ${out}`);
    const taps = sizeOf(window);
    const center = window.reduce((at, n) => at * n + Math.floor(n / 2), 0);
    return written(t, () => {
      const x = new Float64Array(t.size);
      for (let o = 0; o < out; o++) {
        const d = o % (out / groups);
        if (d < channels && taps > 0) x[(o * channels + d) * taps + center] = 1;
      }
      return x;
    });
  },
);
