/**
 * IDX, the format of the MNIST files: two zero bytes, the element type, the number of dimensions n; n sizes of 32 bits;
 * then the elements in row-major order. All numbers are big-endian.
 */
import { DTYPES, ELEMENTS, itemSize, type DType } from '../core/dtype';
import { DTypeError, FileError, ShapeError } from '../core/errors';
import { aText, bytes as someBytes, checkCount } from '../core/kinds';
import { aTensor } from '../core/tensor-kinds';
import { checkArguments } from '../core/signature';
import { show, sizeOf } from '../core/shape';
import type { Tensor } from '../core/tensor';
import { fromBytes } from '../core/given';
import { bytesOf } from './bytes';

/** Element types by their code in the file. */
const types: ReadonlyMap<number | null, DType> = new Map(DTYPES.map(dtype => [ELEMENTS[dtype].idx, dtype]));
const NAMES = 'u8, i8, i32, f32 or f64';
/** The type that has no counterpart here. */
const I16 = 0x0b;

const hex = (bytes: Uint8Array): string => Array.from(bytes, b => b.toString(16).padStart(2, '0')).join(' ');

/** The bytes with each group of `size` turned round. */
function swapped(bytes: Uint8Array, size: number): Uint8Array {
  if (size === 1) return bytes;
  const out = new Uint8Array(bytes.length);
  for (let at = 0; at < out.length; at += size) for (let i = 0; i < size; i++) out[at + i] = bytes[at + size - 1 - i]!;
  return out;
}

/**
 * The tensor in an IDX file: u8, i8, i32, f32 or f64. `name` is the file's, for errors. Throws FileError, before anything
 * is allocated, for bytes that are no whole IDX file, and for elements of i16.
 */
export function readIdx(bytes: Uint8Array, name = 'IDX file'): Tensor {
  checkCount('readIdx', 2, arguments);
  checkArguments(
    'readIdx',
    [
      ['bytes', someBytes],
      ['name', aText],
    ],
    [bytes, name],
  );
  const wrong = (expected: string, found: string): never => {
    throw new FileError(name, `expected ${expected}, found ${found}`);
  };
  if (bytes.length < 4) wrong('a header of at least 4 bytes', `${bytes.length} bytes in all`);
  const magic = bytes.subarray(0, 4);
  const gzip = magic[0] === 0x1f && magic[1] === 0x8b ? ', a gzip file: decompress it first' : '';
  if (magic[0] !== 0 || magic[1] !== 0) wrong('an IDX file, which begins with 00 00', hex(magic) + gzip);
  const [, , code = 0, ndim = 0] = magic;
  const dtype = types.get(code);
  if (!dtype) {
    const found = code === I16 ? 'i16' : hex(magic.subarray(2, 3));
    return wrong(`elements of type ${NAMES} (08, 09, 0c, 0d, 0e)`, found);
  }
  const start = 4 + 4 * ndim;
  if (bytes.length < start) wrong(`${start} bytes of header for ${ndim} dimensions`, `${bytes.length} bytes in all`);
  const header = new DataView(bytes.buffer, bytes.byteOffset, start);
  const shape = Array.from({ length: ndim }, (_, d) => header.getUint32(4 + 4 * d));
  const size = start + sizeOf(shape) * itemSize(dtype);
  if (bytes.length !== size) wrong(`${size} bytes for ${dtype} ${show(shape)}`, `${bytes.length}`);
  return fromBytes(swapped(bytes.subarray(start), itemSize(dtype)), shape, dtype);
}

/**
 * A tensor as an IDX file. Throws DTypeError for element types that the format does not have, and ShapeError for more than 255
 * dimensions or a size from 2³² up.
 */
export function writeIdx(t: Tensor): Uint8Array {
  checkCount('writeIdx', 1, arguments);
  checkArguments('writeIdx', [['t', aTensor]], [t]);
  const code = ELEMENTS[t.dtype].idx;
  if (code === null) throw new DTypeError('writeIdx', `IDX has ${NAMES}, this is ${t.dtype}`);
  if (t.ndim > 255 || t.shape.some(n => n >= 2 ** 32)) {
    throw new ShapeError('writeIdx', `takes up to 255 dimensions below 2^32, this is ${show(t.shape)}`);
  }
  const content = bytesOf(t);
  const start = 4 + 4 * t.ndim;
  const out = new Uint8Array(start + content.length);
  const view = new DataView(out.buffer);
  view.setUint8(2, code);
  view.setUint8(3, t.ndim);
  t.shape.forEach((n, d) => view.setUint32(4 + 4 * d, n));
  out.set(swapped(content, itemSize(t.dtype)), start);
  return out;
}
