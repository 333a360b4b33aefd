/** Random numbers spread evenly and normally, whole numbers, and random orders. */
import type { Operand } from '../core/declare';
import { ShapeError, ValueError } from '../core/errors';
import {
  aBoolean,
  aNumber,
  aShape,
  check,
  optional,
  options as optionsOf,
  wholeNumber,
  type Kind,
} from '../core/kinds';
import { defineParametricOp, type Op } from '../core/op';
import { broadcast, sameShape, show, type Shape } from '../core/shape';
import { checked, composite, sized, type Signature, type Sizes } from '../core/signature';
import type { Tensor } from '../core/tensor';
import { aTensor, aTensorOrNumber } from '../core/tensor-kinds';
import { add, mul } from './arithmetic';
import { tensor, type CreationOptions } from './creation';
import { floor, to } from './elementwise';
import { aGenerator, defaultGenerator, sourceKeys, wordsOf, type Generator, type SourceOptions } from './generator';

export interface RandomOptions extends SourceOptions, Pick<CreationOptions, 'requiresGrad'> {}
const randomOptions: Kind<RandomOptions | undefined> = optionsOf<RandomOptions>({
  ...sourceKeys,
  requiresGrad: aBoolean,
});

const uniformOp: Op<[key: Tensor], { shape: Shape; lo: number; hi: number }> = defineParametricOp({
  name: 'uniform',
  inputs: ['key'],
  wants: { key: 'i32' },
  shape: (_, { shape }) => shape,
  run: (k, [key], [y], { lo, hi }) => k.uniform(key.address, y.address, y.size, lo, hi),
});
const normalOp: Op<[key: Tensor], { shape: Shape; mean: number; std: number }> = defineParametricOp({
  name: 'normal',
  inputs: ['key'],
  wants: { key: 'i32' },
  shape: (_, { shape }) => shape,
  run: (k, [key], [y], { mean, std }) => k.normal(key.address, y.address, y.size, mean, std),
});

const source = (options: SourceOptions): Generator => options.generator ?? defaultGenerator();
function leaf(t: Tensor, { requiresGrad = false }: RandomOptions): Tensor {
  if (requiresGrad) t.requiresGrad = true;
  return t;
}

/** Numbers spread evenly over [lo, hi). */
export const uniform: (shape: Shape, lo: number, hi: number, options?: RandomOptions) => Tensor = composite(
  'uniform',
  [
    ['shape', aShape],
    ['lo', aNumber()],
    ['hi', aNumber()],
    ['options', randomOptions],
  ],
  (shape, lo, hi, options = {}) => {
    check('uniform', 'hi', aNumber(lo), hi);
    return leaf(uniformOp(source(options).draw(), { shape: [...shape], lo, hi }), options);
  },
);
/**
 * Numbers from normal distributions. Of numbers `mean` and `std` there is a shape; where one is a tensor, or both, which
 * spread to one shape, that is the shape, and gradients lead back to them.
 */
export const normal: (mean: Operand, std: Operand, shape?: Shape, options?: RandomOptions) => Tensor = composite(
  'normal',
  [
    ['mean', aTensorOrNumber],
    ['std', aTensorOrNumber],
    ['shape', optional(aShape)],
    ['options', randomOptions],
  ],
  (mean, std, shape, options = {}) => {
    if (typeof std === 'number') check('normal', 'std', aNumber(0), std);
    if (typeof mean === 'number') check('normal', 'mean', aNumber(), mean);
    const key = source(options).draw();
    if (typeof mean === 'number' && typeof std === 'number') {
      check('normal', 'shape', aShape, shape);
      return leaf(normalOp(key, { shape: [...(shape ?? [])], mean, std }), options);
    }
    const sizes = (v: Operand): Shape => (typeof v === 'number' ? [] : v.shape);
    const spread = broadcast('normal', sizes(mean), sizes(std));
    if (shape !== undefined && !sameShape(shape, spread)) {
      throw new ShapeError('normal', `mean and std have the shape ${show(spread)}, this is ${show(shape)}`);
    }
    return leaf(add(mul(normalOp(key, { shape: spread, mean: 0, std: 1 }), std), mean), options);
  },
);
const SHAPED: Signature<[shape: Shape, options?: RandomOptions]> = [
  ['shape', aShape],
  ['options', randomOptions],
];
/** Numbers spread evenly over [0, 1). */
export const rand: (...args: Sizes<RandomOptions>) => Tensor = sized(
  checked('rand', SHAPED, (shape, options) => uniform(shape, 0, 1, options)),
);
/** Numbers from the normal distribution of mean 0 and standard deviation 1. */
export const randn: (...args: Sizes<RandomOptions>) => Tensor = sized(
  checked('randn', SHAPED, (shape, options) => normal(0, 1, shape, options)),
);
const LIKE: Signature<[x: Tensor, options?: RandomOptions]> = [
  ['x', aTensor],
  ['options', randomOptions],
];
/** {@link rand} in the shape of x. */
export const randLike: (x: Tensor, options?: RandomOptions) => Tensor = checked('randLike', LIKE, (x, options) =>
  uniform(x.shape, 0, 1, options),
);
/** {@link randn} in the shape of x. */
export const randnLike: (x: Tensor, options?: RandomOptions) => Tensor = checked('randnLike', LIKE, (x, options) =>
  normal(0, 1, x.shape, options),
);

/** Whole numbers (i32) from `low` to `high` − 1, each as likely; at most 2²⁴ different ones. */
export const randint: (low: number, high: number, shape: Shape, options?: SourceOptions) => Tensor = composite(
  'randint',
  [
    ['low', wholeNumber(-(2 ** 31))],
    ['high', wholeNumber(-(2 ** 31))],
    ['shape', aShape],
    ['options', optionsOf(sourceKeys)],
  ],
  (low, high, shape, options = {}) => {
    check('randint', 'high', wholeNumber(low + 1, 2 ** 31), high);
    if (high - low > 2 ** 24) throw new ValueError('randint', `${low} to ${high} spans more than 2^24 numbers`);
    return add(to(floor(uniform(shape, 0, high - low, options)), 'i32'), low);
  },
);

/** 0 to n − 1 in random order, as an array. Fisher and Yates's shuffle. */
export const permutation: (n: number, generator?: Generator) => Int32Array<ArrayBuffer> = checked(
  'permutation',
  [
    ['n', wholeNumber()],
    ['generator', optional(aGenerator)],
  ],
  (n, generator = defaultGenerator()) => {
    const key = generator.draw();
    const words = wordsOf(key, n);
    key.dispose();
    const order = Int32Array.from({ length: n }, (_, i) => i);
    for (let i = n - 1; i > 0; i--) {
      const j = Math.floor(((words[i]! >>> 0) / 2 ** 32) * (i + 1));
      [order[i], order[j]] = [order[j]!, order[i]!];
    }
    return order;
  },
);
/** n numbers in [0, 1), in JavaScript: multiples of 2⁻³². */
export function uniforms(n: number, generator: Generator = defaultGenerator()): Float64Array<ArrayBuffer> {
  const key = generator.draw();
  const words = wordsOf(key, n);
  key.dispose();
  return Float64Array.from({ length: n }, (_, i) => (words[i]! >>> 0) / 2 ** 32);
}
/** 0 to n − 1 in random order (i32). */
export const randperm: (n: number, options?: SourceOptions) => Tensor = checked(
  'randperm',
  [
    ['n', wholeNumber()],
    ['options', optionsOf(sourceKeys)],
  ],
  (n, options = {}) => tensor(permutation(n, source(options))),
);
