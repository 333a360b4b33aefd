/**
 * Element types: one row each, from which everything else is derived.
 *
 * Ops compute in `f32` and `i32`; `u8` holds bytes such as pixels, `bool` the result of comparisons (one byte, 0 or 1).
 * The others are for storage: tensors of them are viewed, copied, joined, read, written and converted. `f64` holds the
 * hyperparameters and step counts of optimisers; `f16` (IEEE 754 binary16), `bf16` (the upper half of an f32) and `i8`
 * hold weights in less memory, `i64` the labels and counts of other libraries.
 */
import { ValueError } from './errors';
import { BFLOAT16, BINARY16, valueOfWord, wordOf, type Format } from './sixteen';

/** Types that ops compute in. */
export type ComputeType = 'f32' | 'i32' | 'u8' | 'bool';
export type StorageType = 'f64' | 'f16' | 'bf16' | 'i8' | 'i64';
export type DType = ComputeType | StorageType;

/** The elements of a tensor, as JavaScript reads them: f16 and bf16 as f32, i64 as f64, which has 53 bits. */
export type TensorData = Float32Array | Int32Array | Uint8Array | Int8Array | Float64Array;

interface NumberArray {
  readonly BYTES_PER_ELEMENT: number;
  new (length: number): TensorData;
  new (source: ArrayLike<number> | ArrayBuffer): TensorData;
}

/** Elements whose memory is no array of numbers: their bytes (little-endian) from numbers and back. */
interface Code {
  decode(bytes: Uint8Array): TensorData;
  /** Each number becomes the nearest element. */
  encode(numbers: ArrayLike<number>): Uint8Array;
}

export interface ElementType {
  readonly kind: 'float' | 'int' | 'bool';
  /** Bytes of an element, in memory and in files. */
  readonly bytes: 1 | 2 | 4 | 8;
  /** The elements as JavaScript reads them and, without a code, as they lie in memory. */
  readonly array: NumberArray;
  readonly code: Code | null;
  /** Of a type that ops compute in: where one is wanted, those of lower rank are converted. null: for storage. */
  readonly rank: number | null;
  /** Conversions that are no kernel of their own go through this type, which has the range. */
  readonly through: ComputeType;
  /** Its name in safetensors files. */
  readonly safetensors: string;
  /** Its number in IDX files; null: they do not have it. */
  readonly idx: number | null;
}

type Parts = Pick<ElementType, 'safetensors'> & Partial<Pick<ElementType, 'code' | 'rank' | 'idx'>>;
/** A row of the table. All have one hidden class, since they are read at every op. */
const row = (
  kind: ElementType['kind'],
  bytes: ElementType['bytes'],
  array: NumberArray,
  through: ComputeType,
  { code = null, rank = null, safetensors, idx = null }: Parts,
): ElementType => ({ kind, bytes, array, code, rank, through, safetensors, idx });

/** In the order that safetensors files have their tensors in. */
export const ELEMENTS: Readonly<Record<DType, ElementType>> = {
  i64: row('int', 8, Float64Array, 'f32', { code: longs(), safetensors: 'I64' }),
  f64: row('float', 8, Float64Array, 'f32', { safetensors: 'F64', idx: 0x0e }),
  f32: row('float', 4, Float32Array, 'f32', { rank: 3, safetensors: 'F32', idx: 0x0d }),
  i32: row('int', 4, Int32Array, 'i32', { rank: 2, safetensors: 'I32', idx: 0x0c }),
  bf16: row('float', 2, Float32Array, 'f32', { code: words(BFLOAT16), safetensors: 'BF16' }),
  f16: row('float', 2, Float32Array, 'f32', { code: words(BINARY16), safetensors: 'F16' }),
  i8: row('int', 1, Int8Array, 'i32', { safetensors: 'I8', idx: 0x09 }),
  u8: row('int', 1, Uint8Array, 'i32', { rank: 1, safetensors: 'U8', idx: 0x08 }),
  bool: row('bool', 1, Uint8Array, 'i32', { rank: 0, safetensors: 'BOOL' }),
};

export const isDType = (v: unknown): v is DType => typeof v === 'string' && Object.hasOwn(ELEMENTS, v);
export const DTYPES: readonly DType[] = Object.keys(ELEMENTS).filter(isDType);

/** Whether ops that want one type convert the other by themselves. */
export function widens(from: DType, to: DType): boolean {
  const [low, high] = [ELEMENTS[from].rank, ELEMENTS[to].rank];
  return low !== null && high !== null && low < high;
}
// f32 comes first, since these are asked at every op.
export const itemSize = (dtype: DType): number => (dtype === 'f32' ? 4 : ELEMENTS[dtype].bytes);
export const isFloat = (dtype: DType): boolean => dtype === 'f32' || ELEMENTS[dtype].kind === 'float';
export const isStorage = (dtype: DType): boolean => dtype !== 'f32' && ELEMENTS[dtype].rank === null;
/** Whether its tensors have gradients. */
export const carriesGradient = (dtype: DType): boolean => dtype === 'f32';

/** The elements at any address, in memory of their own: arrays begin at multiples of their elements' sizes. */
const aligned = (bytes: Uint8Array): ArrayBuffer => new Uint8Array(bytes).buffer;

/** The elements that lie in bytes. */
export function numbersOf(bytes: Uint8Array, dtype: DType): TensorData {
  const { code, array } = ELEMENTS[dtype];
  return code === null ? new array(aligned(bytes)) : code.decode(bytes);
}

/**
 * Numbers as a backend takes them, converted as `to` converts: of bool, all but 0 are 1; of integers the fraction is cut
 * off, and beyond the ends of the range they become these, NaN 0, where a typed array would wrap around.
 */
export function numbersFor(dtype: DType, numbers: ArrayLike<number>): ArrayLike<number> {
  const { kind, array, code } = ELEMENTS[dtype];
  if (kind === 'bool') return Uint8Array.from(numbers, v => Number(v !== 0));
  if (kind === 'float' || code !== null || numbers instanceof array) return numbers;
  const [low, high] = rangeOf(dtype);
  const out = new array(numbers.length);
  for (let i = 0; i < out.length; i++) {
    const v = numbers[i]!;
    out[i] = v > high ? high : v < low ? low : v;
  }
  return out;
}

const rangeOf = (dtype: DType): [low: number, high: number] => {
  const bits = 8 * ELEMENTS[dtype].bytes;
  return dtype === 'u8' ? [0, 255] : [-(2 ** (bits - 1)), 2 ** (bits - 1) - 1];
};

/**
 * Throws for a number that a type of integers does not hold, its fraction cut off: NaN, and what is beyond its range.
 *
 * @param name what the numbers are, for the error.
 */
export function checkFits(where: string, name: string, dtype: DType, numbers: ArrayLike<number>): void {
  const { kind, array } = ELEMENTS[dtype];
  if (kind !== 'int' || (numbers instanceof array && dtype !== 'i64')) return;
  const [low, high] = rangeOf(dtype);
  for (let i = 0; i < numbers.length; i++) {
    const v = numbers[i]!;
    if ((v > low - 1 || v === low) && v < high + 1) continue;
    const which = numbers.length === 1 ? name : `${name} ${i}`;
    throw new ValueError(where, `${dtype} takes ${low} to ${high}, ${which} is ${v}`);
  }
}

/** Numbers as the bytes of elements, converted as a typed array does where there is one. */
export function bytesOf(numbers: ArrayLike<number>, dtype: DType): Uint8Array {
  const { code, array } = ELEMENTS[dtype];
  return code === null ? new Uint8Array(new array(numbers).buffer) : code.encode(numbers);
}

function words(format: Format): Code {
  return {
    decode(bytes) {
      const elements = new Uint16Array(aligned(bytes));
      const out = new Float32Array(elements.length);
      for (let i = 0; i < out.length; i++) out[i] = valueOfWord(elements[i]!, format);
      return out;
    },
    encode(numbers) {
      const out = new Uint16Array(numbers.length);
      for (let i = 0; i < out.length; i++) out[i] = wordOf(numbers[i]!, format);
      return new Uint8Array(out.buffer);
    },
  };
}

/** Integers of 64 bits: numbers are cut to whole ones, and beyond the ends become these; NaN is 0. */
function longs(): Code {
  const [low, high] = [-(2n ** 63n), 2n ** 63n - 1n];
  const whole = (x: number): bigint =>
    Math.abs(x) < 2 ** 63 ? BigInt(Math.trunc(x)) : x > 0 ? high : x < 0 ? low : 0n;
  return {
    decode: bytes => Float64Array.from(new BigInt64Array(aligned(bytes)), Number),
    encode: numbers => new Uint8Array(BigInt64Array.from(Array.from(numbers, whole)).buffer),
  };
}
