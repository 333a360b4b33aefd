/** Tensors from numbers. */
import { DTYPES, type DType, type TensorData } from '../core/dtype';
import { DTypeError, ShapeError, ValueError } from '../core/errors';
import { defineOp, type Op } from '../core/op';
import { runtime } from '../core/runtime';
import { adopt } from '../core/scope';
import { checkInteger } from '../core/options';
import { checkShape, show, sizeOf, type Shape } from '../core/shape';
import { allocateNow, Tensor } from '../core/tensor';

export interface CreationOptions {
  /** Default f32. */
  readonly dtype?: DType;
  /** Make it a leaf that gradients are summed into. Default false. */
  readonly requiresGrad?: boolean;
}
/** Numbers, or arrays of arrays of them, all of one shape. */
export type Nested = number | boolean | readonly Nested[];

const fillOp: Op<[], { shape: Shape; value: number; dtype: DType }> = defineOp({
  name: 'full',
  inputs: [],
  flops: () => 0,
  dtype: (_, { dtype }) => dtype,
  shape(_, { shape }) {
    checkShape('full', shape);
    return shape;
  },
  run(k, _, y, { value }) {
    if (y.dtype === 'f32') k.fill(y.at, y.size, value);
    else if (y.dtype === 'i32') k.fillI32(y.at, y.size, value);
    else k.fill8(y.at, y.size, y.dtype === 'bool' ? Number(value !== 0) : value);
  },
});

function checkDType(where: string, dtype: DType): void {
  if (!DTYPES.includes(dtype)) throw new DTypeError(where, `dtype takes ${DTYPES.join(', ')}, this is ${String(dtype)}`);
}

function finish(t: Tensor, requiresGrad = false): Tensor {
  if (requiresGrad) t.requiresGrad = true;
  return t;
}

/** A tensor of one value. */
export function full(shape: Shape, value: number, { dtype = 'f32', requiresGrad }: CreationOptions = {}): Tensor {
  checkDType('full', dtype);
  if (dtype === 'f64') return fromData(new Float64Array(sizeOf(shape)).fill(value), shape, dtype);
  return finish(fillOp({ shape, value, dtype }), requiresGrad);
}
/** Zeros. */
export const zeros = (shape: Shape, options?: CreationOptions): Tensor => full(shape, 0, options);
/** Ones. */
export const ones = (shape: Shape, options?: CreationOptions): Tensor => full(shape, 1, options);
/** Zeros in the shape and element type of x. */
export const zerosLike = (x: Tensor, options?: CreationOptions): Tensor => full(x.shape, 0, { dtype: x.dtype, ...options });
/** Ones in the shape and element type of x. */
export const onesLike = (x: Tensor, options?: CreationOptions): Tensor => full(x.shape, 1, { dtype: x.dtype, ...options });

/** A tensor of given elements, in row-major order. */
function fromData(data: ArrayLike<number>, shape: Shape, dtype: DType): Tensor {
  checkShape('tensor', shape);
  checkDType('tensor', dtype);
  if (sizeOf(shape) !== data.length) {
    throw new ShapeError('tensor', `${data.length} elements do not fill ${show(shape)}`);
  }
  const t = allocateNow(shape, dtype);
  t.storage.backend.write(t.at, dtype === 'bool' ? Uint8Array.from(data, v => Number(v !== 0)) : data, dtype);
  const made = runtime.watcher?.constant(t) ?? t;
  made.made = 'tensor';
  return adopt(made);
}

type Typed = TensorData | Uint8ClampedArray;
const isTyped = (v: Nested | Typed): v is Typed => ArrayBuffer.isView(v);

function dtypeOf(data: Typed): DType {
  if (data instanceof Int32Array) return 'i32';
  return data instanceof Uint8Array || data instanceof Uint8ClampedArray ? 'u8' : 'f32';
}

/** The elements of nested arrays, in order, into `out`; answers their shape. */
function unnest(data: Nested, out: number[]): number[] {
  if (typeof data === 'number' || typeof data === 'boolean') {
    out.push(Number(data));
    return [];
  }
  if (!Array.isArray(data)) throw new ValueError('tensor', `takes numbers, arrays of them or a typed array, not ${typeof data}`);
  const shapes = data.map(d => unnest(d, out));
  const [first = []] = shapes;
  const odd = shapes.findIndex(s => show(s) !== show(first));
  if (odd > 0) throw new ShapeError('tensor', `element ${odd} has shape ${show(shapes[odd]!)}, element 0 has ${show(first)}`);
  return [data.length, ...first];
}

export interface TensorOptions extends CreationOptions {
  /** Default: the nesting of the arrays, or one dimension. */
  readonly shape?: Shape;
}
/**
 * A tensor of given numbers: one, nested arrays, or a typed array, which is copied. Int32Array gives i32, Uint8Array
 * u8, booleans bool, all else f32, unless `dtype` says otherwise.
 */
export function tensor(data: Nested | Typed, options: TensorOptions = {}): Tensor {
  if (isTyped(data)) {
    return finish(fromData(data, options.shape ?? [data.length], options.dtype ?? dtypeOf(data)), options.requiresGrad);
  }
  const flat: number[] = [];
  const shape = unnest(data, flat);
  let probe: Nested | undefined = data;
  while (Array.isArray(probe)) [probe] = probe;
  const dtype = options.dtype ?? (typeof probe === 'boolean' ? 'bool' : 'f32');
  return finish(fromData(flat, options.shape ?? shape, dtype), options.requiresGrad);
}

/** start, start + step, … up to but without `end`; with one argument, 0 to that. */
export function arange(start: number, end?: number, step = 1, options: CreationOptions = {}): Tensor {
  const [from, to] = end === undefined ? [0, start] : [start, end];
  const n = Math.max(Math.ceil((to - from) / step), 0);
  if (!Number.isFinite(n)) throw new ValueError('arange', `${from} to ${to} by ${step} has no end`);
  return finish(fromData(Float64Array.from({ length: n }, (_, i) => from + i * step), [n], options.dtype ?? 'f32'), options.requiresGrad);
}

/** n numbers from `start` to `end`, both included, at equal distances. */
export function linspace(start: number, end: number, n: number, options: CreationOptions = {}): Tensor {
  checkInteger('linspace', 'n', n);
  const at = (_: unknown, i: number): number => (i === n - 1 && n > 1 ? end : start + (i * (end - start)) / Math.max(n - 1, 1));
  return finish(fromData(Float64Array.from({ length: n }, at), [n], options.dtype ?? 'f32'), options.requiresGrad);
}

/** The identity matrix of n rows. */
export function eye(n: number, options: CreationOptions = {}): Tensor {
  checkInteger('eye', 'n', n);
  const data = Float64Array.from({ length: n * n }, (_, i) => Number(i % (n + 1) === 0));
  return finish(fromData(data, [n, n], options.dtype ?? 'f32'), options.requiresGrad);
}
