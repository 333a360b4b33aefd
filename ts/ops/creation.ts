/** Tensors from numbers. */
import { fillWith } from '../core/casts';
import { fromBytes, given } from '../core/given';
import { display } from '../core/display';
import { checkFits, isStorage, numbersFor, type DType, type TensorData } from '../core/dtype';
import { DTypeError, OutOfMemoryError, ShapeError, ValueError } from '../core/errors';
import {
  aBoolean,
  aDType,
  aNumber,
  anyNumber,
  aShape,
  isDetached,
  kind,
  numbers,
  optional,
  options as optionsOf,
  wholeNumber,
  type Keys,
  type Kind,
} from '../core/kinds';
import { aTensor } from '../core/tensor-kinds';
import { defineParametricOp, type Op } from '../core/op';
import { sameShape, show, sizeOf, type Shape } from '../core/shape';
import { checked, type Signature, sized, type Sizes } from '../core/signature';
import { allocateNow } from '../core/allocate';
import type { Tensor } from '../core/tensor';

export interface CreationOptions {
  /** Default f32. */
  readonly dtype?: DType;
  /** Make it a leaf that gradients are summed into. Default false. */
  readonly requiresGrad?: boolean;
}
/** Numbers, or arrays of arrays of them, all of one shape. */
export type Nested = number | boolean | readonly Nested[];

const fillOp: Op<[], { shape: Shape; value: number; dtype: DType }> = defineParametricOp({
  name: 'full',
  inputs: [],
  flops: () => 0,
  dtype: (_, { dtype }) => dtype,
  shape: (_, { shape }) => shape,
  run(k, _, [y], { value }) {
    fillWith(k, y, value);
  },
});

const creationKeys: Keys<CreationOptions> = { dtype: aDType, requiresGrad: aBoolean };
const creationOptions: Kind<CreationOptions | undefined> = optionsOf(creationKeys);

function finish(t: Tensor, requiresGrad = false): Tensor {
  if (requiresGrad) t.requiresGrad = true;
  return t;
}

/** Throws if so many numbers do not fit the linear memory, before JavaScript makes them. */
function checkRoom(where: string, n: number): void {
  if (n > 2 ** 30) throw new OutOfMemoryError(where, `no room for ${n} numbers`);
}

/**
 * A tensor of one value.
 *
 * @throws {ValueError} for one beyond the range of a type of integers, or NaN.
 */
export const full: (shape: Shape, value: number, options?: CreationOptions) => Tensor = checked(
  'full',
  [
    ['shape', aShape],
    ['value', anyNumber],
    ['options', creationOptions],
  ],
  (shape, value, { dtype = 'f32', requiresGrad } = {}) => {
    checkFits('full', 'value', dtype, [value]);
    if (!isStorage(dtype)) return finish(fillOp({ shape: [...shape], value, dtype }), requiresGrad);
    checkRoom('full', sizeOf(shape));
    return finish(fromData('full', new Float64Array(sizeOf(shape)).fill(value), shape, dtype), requiresGrad);
  },
);
const SHAPED: Signature<[shape: Shape, options?: CreationOptions]> = [
  ['shape', aShape],
  ['options', creationOptions],
];
const LIKE: Signature<[x: Tensor, options?: CreationOptions]> = [
  ['x', aTensor],
  ['options', creationOptions],
];
/** Zeros. */
export const zeros: (...args: Sizes<CreationOptions>) => Tensor = sized(
  checked('zeros', SHAPED, (shape, options) => full(shape, 0, options)),
);
/** Ones. */
export const ones: (...args: Sizes<CreationOptions>) => Tensor = sized(
  checked('ones', SHAPED, (shape, options) => full(shape, 1, options)),
);
/** Zeros in the shape and element type of x. */
export const zerosLike: (x: Tensor, options?: CreationOptions) => Tensor = checked('zerosLike', LIKE, (x, options) =>
  full(x.shape, 0, { dtype: x.dtype, ...options }),
);
/** One value in the shape and element type of x. */
export const fullLike: (x: Tensor, value: number, options?: CreationOptions) => Tensor = checked(
  'fullLike',
  [
    ['x', aTensor],
    ['value', anyNumber],
    ['options', creationOptions],
  ],
  (x, value, options) => full(x.shape, value, { dtype: x.dtype, ...options }),
);
/** Ones in the shape and element type of x. */
export const onesLike: (x: Tensor, options?: CreationOptions) => Tensor = checked('onesLike', LIKE, (x, options) =>
  full(x.shape, 1, { dtype: x.dtype, ...options }),
);

/** A tensor of given elements, in row-major order. */
function fromData(where: string, data: ArrayLike<number>, shape: Shape, dtype: DType): Tensor {
  if (sizeOf(shape) !== data.length) throw new ShapeError(where, `${data.length} elements do not fill ${show(shape)}`);
  checkFits(where, 'element', dtype, data);
  const t = allocateNow([...shape], dtype);
  t.storage.backend.write(t.address, numbersFor(dtype, data), dtype);
  return given(t, data);
}
type Typed = TensorData | Uint8ClampedArray | BigInt64Array;
const isTyped = (v: Nested | Typed): v is Typed => ArrayBuffer.isView(v);

function dtypeOf(data: Typed): DType {
  if (data instanceof Float32Array) return 'f32';
  if (data instanceof Int32Array) return 'i32';
  if (data instanceof Int8Array) return 'i8';
  if (data instanceof BigInt64Array) return 'i64';
  return data instanceof Uint8Array || data instanceof Uint8ClampedArray ? 'u8' : 'f32';
}

/** Arrays inside arrays beyond this many are a circle. */
const DEEPEST = 64;

interface Flat {
  readonly elements: number[];
  /** How many of them are true or false. */
  booleans: number;
}
/** The elements of nested arrays, in order, into `out`; returns their shape. */
function unnest(data: Nested, out: Flat, depth = 0): Shape {
  if (typeof data === 'number' || typeof data === 'boolean') {
    out.elements.push(Number(data));
    if (typeof data === 'boolean') out.booleans++;
    return [];
  }
  if (!Array.isArray(data) || depth === DEEPEST) {
    const found = depth === DEEPEST ? `deeper than ${DEEPEST}` : display(data);
    throw new ValueError(
      'tensor',
      `data takes numbers, arrays of them or a typed array, ${depth > 0 ? 'an element' : 'this'} is ${found}`,
    );
  }
  let inner: Shape = [];
  for (let i = 0; i < data.length; i++) {
    const shape = unnest(data[i], out, depth + 1);
    if (i === 0) inner = shape;
    else if (!sameShape(shape, inner)) {
      throw new ShapeError('tensor', `element ${i} has shape ${show(shape)}, element 0 has ${show(inner)}`);
    }
  }
  return [data.length, ...inner];
}

export interface TensorOptions extends CreationOptions {
  /** Default: the nesting of the arrays, or one dimension. */
  readonly shape?: Shape;
}
const someData: Kind<Nested | Typed> = kind(
  'numbers, arrays of them or a typed array',
  v =>
    typeof v === 'number' ||
    typeof v === 'boolean' ||
    Array.isArray(v) ||
    (v instanceof BigInt64Array ? !isDetached(v) : numbers.fits(v)),
);
/**
 * A tensor of given numbers: one, nested arrays, or a typed array, which is copied. Int32Array gives i32, Uint8Array
 * u8, Int8Array i8, BigInt64Array i64, booleans alone bool, all else f32, unless `dtype` says otherwise: each number becomes
 * the nearest float (of two the one with an even last bit); of integers its fraction is cut off.
 *
 * @throws {ValueError} for a number beyond the range of a type of integers, or NaN.
 */
export const tensor: (data: Nested | Typed, options?: TensorOptions) => Tensor = checked(
  'tensor',
  [
    ['data', someData],
    ['options', optionsOf<TensorOptions>({ ...creationKeys, shape: aShape })],
  ],
  (data, { shape, dtype, requiresGrad } = {}) => {
    if (data instanceof BigInt64Array) {
      const sizes = shape ?? [data.length];
      if (dtype !== undefined && dtype !== 'i64')
        throw new DTypeError('tensor', `a BigInt64Array makes i64, not ${dtype}; convert it with to('${dtype}')`);
      if (sizeOf(sizes) !== data.length)
        throw new ShapeError('tensor', `${data.length} elements do not fill ${show(sizes)}`);
      return finish(fromBytes(new Uint8Array(data.slice().buffer), sizes, 'i64'), requiresGrad);
    }
    if (isTyped(data)) {
      return finish(fromData('tensor', data, shape ?? [data.length], dtype ?? dtypeOf(data)), requiresGrad);
    }
    const flat: Flat = { elements: [], booleans: 0 };
    const nesting = unnest(data, flat);
    const n = flat.elements.length;
    const found = n > 0 && flat.booleans === n ? 'bool' : 'f32'; // true beside 2 is 1
    return finish(fromData('tensor', flat.elements, shape ?? nesting, dtype ?? found), requiresGrad);
  },
);

/** start, start + step, … up to but without `end`; with one argument, 0 to that. */
export const arange: (start: number, end?: number, step?: number, options?: CreationOptions) => Tensor = checked(
  'arange',
  [
    ['start', aNumber()],
    ['end', optional(aNumber())],
    ['step', optional(aNumber())],
    ['options', creationOptions],
  ],
  (start, end, step = 1, { dtype = 'f32', requiresGrad } = {}) => {
    const [from, to] = end === undefined ? [0, start] : [start, end];
    const n = Math.max(Math.ceil((to - from) / step), 0);
    if (!Number.isFinite(n)) throw new ValueError('arange', `${from} to ${to} by ${step} has no end`);
    checkRoom('arange', n);
    const data = Float64Array.from({ length: n }, (_, i) => from + i * step);
    return finish(fromData('arange', data, [n], dtype), requiresGrad);
  },
);

/** f of n numbers from `start` to `end`, both included, at equal distances. */
function linspaceOf(
  where: string,
  start: number,
  end: number,
  n: number,
  { dtype = 'f32', requiresGrad }: CreationOptions = {},
  f: (x: number) => number = x => x,
): Tensor {
  checkRoom(where, n);
  const at = (_: unknown, i: number): number =>
    f(i === n - 1 && n > 1 ? end : start + (i * (end - start)) / Math.max(n - 1, 1));
  return finish(fromData(where, Float64Array.from({ length: n }, at), [n], dtype), requiresGrad);
}
/** n numbers from `start` to `end`, both included, at equal distances. */
export const linspace: (start: number, end: number, n: number, options?: CreationOptions) => Tensor = checked(
  'linspace',
  [
    ['start', aNumber()],
    ['end', aNumber()],
    ['n', wholeNumber()],
    ['options', creationOptions],
  ],
  (start, end, n, options) => linspaceOf('linspace', start, end, n, options),
);

export interface LogspaceOptions extends CreationOptions {
  /** Default 10. */
  readonly base?: number;
}
/** base^`start` to base^`end`, both included: n numbers at equal distances in the exponent. */
export const logspace: (start: number, end: number, n: number, options?: LogspaceOptions) => Tensor = checked(
  'logspace',
  [
    ['start', aNumber()],
    ['end', aNumber()],
    ['n', wholeNumber()],
    ['options', optionsOf<LogspaceOptions>({ ...creationKeys, base: aNumber() })],
  ],
  (start, end, n, { base = 10, ...options } = {}) => linspaceOf('logspace', start, end, n, options, x => base ** x),
);

/** The matrix of n rows and m (n) columns with ones on its diagonal: `eye(n)`, `eye(n, m)`. */
export const eye: (...args: Sizes<CreationOptions>) => Tensor = sized(
  checked('eye', SHAPED, (shape, { dtype = 'f32', requiresGrad } = {}) => {
    const [n = 0, m = n] = shape;
    if (shape.length < 1 || shape.length > 2) throw new ShapeError('eye', `takes n, or n and m, not ${show(shape)}`);
    checkRoom('eye', n * m);
    const data = Float64Array.from({ length: n * m }, (_, i) => Number(i % m === Math.floor(i / m)));
    return finish(fromData('eye', data, [n, m], dtype), requiresGrad);
  }),
);
