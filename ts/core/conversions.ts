/** The two ops that every other may need for its inputs: into a dense layout, and into another element type. */
import type { Cast, Kernels } from '../backend/backend';
import { declareOp } from './declare';
import type { OpDef, View } from './definition';
import type { DType } from './dtype';
import { DTypeError } from './errors';
import { runCopy } from './geometry';
import { runtime } from './runtime';
import type { Tensor } from './tensor';

/** The kernel that copies elements of a type. */
export function copyKernel(k: Kernels, dtype: DType): Kernels['copy'] {
  if (dtype === 'f64') throw new DTypeError('copy', 'f64 is for state that is read and written, not computed with');
  return dtype === 'u8' || dtype === 'bool' ? k.copy8 : k.copy;
}

/** Copies dense f64, which has no kernel of its own, as elements of f32's size. */
export function copyF64(k: Kernels, x: View, y: View): void {
  const { backend } = runtime;
  const n = (x.size * backend.itemSize('f64')) / backend.itemSize('f32');
  k.copy(x.at, y.at, 1, 1, 1, n, 0, 0, 0, 1, 0, 0, 0, 1);
}

/** A dense copy. */
export const copying: OpDef = declareOp<[x: Tensor], void, 'x', object>({
  name: 'copy',
  inputs: ['x'],
  wants: { x: 'any' },
  strided: true,
  flops: () => 0,
  dtype: ([x]) => x.dtype,
  shape: ([x]) => x.shape,
  run: (k, [x], [y]) => runCopy(copyKernel(k, x.dtype), x, y),
  vjp: { x: g => g },
});

const kernels: Readonly<Record<DType, Partial<Record<DType, Cast>>>> = {
  f32: { i32: 'f32ToI32', u8: 'f32ToU8', bool: 'f32ToBool' },
  i32: { f32: 'i32ToF32', u8: 'i32ToU8', bool: 'i32ToBool' },
  u8: { f32: 'u8ToF32', i32: 'u8ToI32', bool: 'u8ToBool' },
  bool: { f32: 'u8ToF32', i32: 'u8ToI32', u8: 'u8ToBool' },
  f64: {},
};

/** Elements converted to another type: to integers by truncation, saturating; to bool as "not zero". */
export const casting: OpDef = declareOp<[x: Tensor], { dtype: DType }, 'x', object>({
  name: 'cast',
  inputs: ['x'],
  wants: { x: 'any' },
  dtype: (_, { dtype }) => dtype,
  shape([x], { dtype }) {
    if (!kernels[x.dtype][dtype]) throw new DTypeError('cast', `there is no conversion from ${x.dtype} to ${dtype}`);
    return x.shape;
  },
  run: (k, [x], [y]) => k[kernels[x.dtype][y.dtype]!](x.at, y.at, y.size),
});
