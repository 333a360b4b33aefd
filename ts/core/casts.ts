/** Which kernels copy and convert elements. */
import type { Cast, Kernels } from '../backend/backend';
import { ELEMENTS, isFloat, isStorage, numbersFor, type DType } from './dtype';
import { DTypeError } from './errors';
import type { Tensor } from './tensor';

const copies = { 1: 'copy8', 2: 'copy16', 4: 'copy', 8: 'copy64' } as const;
/** The kernel that copies elements of a type. */
export const copyKernel = (k: Kernels, dtype: DType): Kernels['copy'] => k[copies[ELEMENTS[dtype].bytes]];

/** Conversions that are one kernel: between types that are computed in, and from and to those nearest to a stored one; from f64 to all, since it has more digits than what others go through. */
const direct: Readonly<Record<DType, { readonly [K in DType]?: Cast }>> = {
  f32: {
    i32: 'f32ToI32',
    u8: 'f32ToU8',
    bool: 'f32ToBool',
    f64: 'f32ToF64',
    f16: 'f32ToF16',
    bf16: 'f32ToBf16',
    i64: 'f32ToI64',
  },
  i32: { f32: 'i32ToF32', u8: 'i32ToU8', bool: 'i32ToBool', f64: 'i32ToF64', i8: 'i32ToI8', i64: 'i32ToI64' },
  u8: { f32: 'u8ToF32', i32: 'u8ToI32', bool: 'u8ToBool' },
  bool: { f32: 'u8ToF32', i32: 'u8ToI32', u8: 'u8ToBool' },
  f64: {
    f32: 'f64ToF32',
    i32: 'f64ToI32',
    u8: 'f64ToU8',
    bool: 'f64ToBool',
    f16: 'f64ToF16',
    bf16: 'f64ToBf16',
    i8: 'f64ToI8',
    i64: 'f64ToI64',
  },
  f16: { f32: 'f16ToF32' },
  bf16: { f32: 'bf16ToF32' },
  i8: { i32: 'i8ToI32' },
  i64: { f32: 'i64ToF32', i32: 'i64ToI32', f64: 'i64ToF64' },
};
/** The kernel that converts from one type to another, if there is one. */
export const castKernel = (from: DType, to: DType): Cast | undefined => direct[from][to];
/** Where no kernel converts: the type that is computed in on the way. */
export const between = (from: DType, to: DType): DType => ELEMENTS[isStorage(from) ? from : to].through;

/** Throws for a tensor of a type that is only stored, where an op takes any that is computed in. */
export function checkComputes(where: string, name: string, x: Tensor): void {
  if (!isStorage(x.dtype)) return;
  throw new DTypeError(
    where,
    `${name} takes a type to compute in, this is ${advice(x.dtype, isFloat(x.dtype) ? 'f32' : 'i32')}`,
  );
}
/** What an element type is and what to convert it to, for errors. */
export const advice = (dtype: DType, want: DType): string =>
  `${dtype}${isStorage(dtype) ? ', which is for storage' : ''}; convert it with to('${want}')`;

/** Writes `value` to all elements of a type that is computed in, converted as {@link numbersFor} does. */
export function fillWith(k: Kernels, y: Dense, value: number): void {
  const { kind, bytes } = ELEMENTS[y.dtype];
  if (kind === 'float') return k.fill(y.address, y.size, value);
  const [element = 0] = Array.from(numbersFor(y.dtype, [value]));
  (bytes === 4 ? k.fillI32 : k.fill8)(y.address, y.size, element);
}
interface Dense {
  readonly address: number;
  readonly size: number;
  readonly dtype: DType;
}

/** Throws unless a condition or a mask is bool. */
export function checkBool(where: string, name: string, { dtype }: Tensor): void {
  if (ELEMENTS[dtype].kind === 'bool') return;
  throw new DTypeError(where, `${name} takes bool, this is ${dtype}; compare it, or use to('bool')`);
}
