/** How JavaScript reads the elements of a tensor, and whether it may. */
import type { Backend } from '../backend/backend';
import { ELEMENTS, itemSize, type DType, type TensorData } from './dtype';
import { BackendError, ShapeError, ValueError } from './errors';
import { freed } from './lifetime';
import { runtime } from './runtime';
import { show, spanOf } from './shape';
import type { Tensor } from './tensor';

/** `new Tensor([1, 2])`, as other libraries have it. */
export function refuseNew(): never {
  throw new ValueError('Tensor', 'is not for new: tensor(data), zeros(shape) and other functions make tensors');
}
export const unreachable = ({ name }: Backend, where: string): BackendError =>
  new BackendError(where, `the memory of ${name} can only be read asynchronously: await data()`);

/** Throws unless the elements of t can be read. */
export function readable(t: Tensor, where: string): void {
  if (t.disposed) throw freed(t, where);
  if (!isIntact(t, t.storage.backend)) {
    throw new ShapeError(
      where,
      `the shape of a tensor of ${t.size} elements was changed to ${show(t.shape)}: copy it before`,
    );
  }
  runtime.watcher?.elements(t, where);
}

/** How many elements of the memory lie between the first and the last of t. */
export const reach = ({ size, shape, strides, dense }: Tensor): number => (dense ? size : spanOf(shape, strides));

/** The elements of t in row-major order, out of those that it reaches. */
export function inOrder({ size, shape, strides, dense, dtype }: Tensor, all: TensorData): TensorData {
  if (dense) return all;
  // The reference backend reads every float as f64.
  const out = new (all instanceof Float64Array ? Float64Array : ELEMENTS[dtype].array)(size);
  for (let i = 0; i < size; i++) {
    let offset = 0;
    for (let d = shape.length - 1, rest = i; d >= 0; d--) {
      offset += (rest % shape[d]!) * strides[d]!;
      rest = Math.floor(rest / shape[d]!);
    }
    out[i] = all[offset]!;
  }
  return out;
}

/** A number as the elements of a tensor. */
export const lone = (value: number, dtype: DType): TensorData => new ELEMENTS[dtype].array([value]);

/**
 * Whether t is on a backend, or stands for what a plan will compute there, and all its elements lie where they did when
 * it was made: JavaScript lets callers change its shape, strides and element type, from which kernels know what to touch.
 * Freezing them took 100 ns an op.
 */
export function isIntact(t: Tensor, backend: Backend): boolean {
  const { shape, strides, storage } = t;
  let n = 1;
  let last = t.offset;
  for (let i = 0; i < shape.length; i++) {
    n *= shape[i]!;
    last += (shape[i]! - 1) * strides[i]!;
  }
  if (n !== t.size) return false;
  if (n > 0) {
    if (last > t.last) return false;
    if (t.dtype !== 'f32' && (t.last + 1) * itemSize(t.dtype) > storage.bytes) return false;
  }
  return storage.backend === backend || storage.traced;
}
