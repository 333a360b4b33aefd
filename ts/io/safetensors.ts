/**
 * Safetensors, the format in which weights travel between libraries: the length of a header as 64 bits; the header, in
 * JSON, padded with spaces to a multiple of 8 bytes; then the elements of all tensors, little-endian and row-major,
 * without gaps. For each tensor the header says `dtype`, `shape` and `data_offsets`: where its bytes begin and end.
 */
import { DTYPES, ELEMENTS, isStorage, itemSize, type DType } from '../core/dtype';
import { FileError, ValueError } from '../core/errors';
import { aBoolean, aText, bytes as someBytes, options, recordOf, checkCount } from '../core/kinds';
import { aTensor } from '../core/tensor-kinds';
import { scope } from '../core/scope';
import { show, sizeOf } from '../core/shape';
import { checkArguments } from '../core/signature';
import type { Tensor } from '../core/tensor';
import { fromBytes } from '../core/given';
import { isPlain } from '../core/tree';
import { to } from '../ops/elementwise';
import { bytesOf } from './bytes';

export interface Safetensors {
  readonly tensors: Record<string, Tensor>;
  /** What was written along with them. */
  readonly metadata: Record<string, string>;
}

/** Element types by their names in the file. */
const types: ReadonlyMap<unknown, DType> = new Map(DTYPES.map(dtype => [ELEMENTS[dtype].safetensors, dtype]));

export interface SafetensorsOptions {
  /**
   * Whether elements of types that ops do not compute in are converted to one that they do: F16 and BF16 to f32, I8, I64,
   * U16, U32 and U64 to i32. With false they stay f16, bf16, i8 and i64, U16 becomes i32, and U32 and U64 i64. F64 is f64 in
   * both cases: modules and optimisers load it. Default true.
   */
  readonly convert?: boolean;
}

/** Element types of files alone, which are read as one that holds their numbers. */
const UNSIGNED: ReadonlyMap<unknown, { readonly bytes: 2 | 4 | 8; readonly dtype: 'i32' | 'i64' }> = new Map([
  ['U16', { bytes: 2, dtype: 'i32' }],
  ['U32', { bytes: 4, dtype: 'i64' }],
  ['U64', { bytes: 8, dtype: 'i64' }],
]);
/** The bytes of unsigned integers as those of the signed type. */
function signed(bytes: Uint8Array, word: string, file: string): Uint8Array {
  const of = UNSIGNED.get(word);
  if (!of) return bytes;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const n = bytes.byteLength / of.bytes;
  const out = new DataView(new ArrayBuffer(n * itemSize(of.dtype)));
  for (let i = 0; i < n; i++) {
    if (of.bytes === 2) out.setInt32(4 * i, view.getUint16(2 * i, true), true);
    else
      out.setBigUint64(
        8 * i,
        of.bytes === 4 ? BigInt(view.getUint32(4 * i, true)) : view.getBigUint64(8 * i, true),
        true,
      );
    if (of.bytes === 8 && out.getBigInt64(8 * i, true) < 0n) {
      throw new FileError(file, `expected integers below 2^63, found ${out.getBigUint64(8 * i, true)}`);
    }
  }
  return new Uint8Array(out.buffer);
}

/** Throws for integers that do not fit into 32 bits: labels and counts, which other libraries keep in 64, do. */
function checkLongs(bytes: Uint8Array, file: string): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let at = 0; at < bytes.byteLength; at += 8) {
    const value = view.getBigInt64(at, true);
    if (value !== BigInt.asIntN(32, value)) throw new FileError(file, `expected integers of 32 bits, found ${value}`);
  }
}

/** A tensor of elements in bytes, or what it is converted to. */
function tensorOf(content: Uint8Array, { dtype, word, shape }: Entry, convert: boolean, file: string): Tensor {
  const bytes = signed(content, word, file);
  if (!convert || dtype === 'f64' || !isStorage(dtype)) return fromBytes(bytes, shape, dtype);
  if (dtype === 'i64') checkLongs(bytes, file);
  return to(fromBytes(bytes, shape, dtype), ELEMENTS[dtype].kind === 'float' ? 'f32' : 'i32');
}

const METADATA = '__metadata__';
/** Bytes; longer headers are refused, as by the reference implementation. */
const HEADER_LIMIT = 100_000_000;

/** A name that means something else to JavaScript or to the format, or is no Unicode text. */
const reserved = (name: string): boolean => name === '__proto__' || name === METADATA || /\p{Surrogate}/u.test(name);

/** The order of code points, which is that of the bytes in UTF-8. */
function byCodePoint(a: string, b: string): number {
  let i = 0;
  while (i < a.length && a[i] === b[i]) i++;
  return (a.codePointAt(i) ?? -1) - (b.codePointAt(i) ?? -1);
}

/**
 * Tensors as a safetensors file, with texts of your own as `metadata`. The same contents give the same bytes, in
 * whatever order they come: the reference implementation's, whose order of metadata alone is left to chance. What
 * `decodeSafetensors` gives may be given whole, with its metadata. Throws
 * ValueError for the names `__metadata__` and `__proto__`, and for text that is not Unicode.
 */
export function encodeSafetensors(
  given: Readonly<Record<string, Tensor>> | Safetensors,
  texts?: Readonly<Record<string, string>>,
): Uint8Array {
  const whole = isWhole(given) ? given : { tensors: given, metadata: texts ?? {} };
  if (isWhole(given) && texts !== undefined) {
    throw new ValueError('encodeSafetensors', 'takes metadata once: what decodeSafetensors gives has its own');
  }
  return encode(whole, arguments);
}
/** Whether it is what `decodeSafetensors` gives, and no tensors under these names. */
const isWhole = (v: Readonly<Record<string, Tensor>> | Safetensors): v is Safetensors =>
  isPlain(v) && isPlain(v.tensors) && isPlain(v.metadata) && Object.keys(v).length === 2;

function encode({ tensors, metadata }: Safetensors, args: ArrayLike<unknown>): Uint8Array {
  checkArguments(
    'encodeSafetensors',
    [
      ['tensors', recordOf(aTensor, 'tensors by name')],
      ['metadata', recordOf(aText, 'text by name')],
    ],
    [tensors, metadata],
  );
  checkCount('encodeSafetensors', 2, args);
  const entries = Object.entries(tensors);
  const texts = Object.entries(metadata);
  for (const [name] of [...entries, ...texts]) {
    if (reserved(name)) throw new ValueError('encodeSafetensors', `${JSON.stringify(name)} cannot be a name`);
  }
  for (const [name, text] of texts) {
    if (!/\p{Surrogate}/u.test(text)) continue;
    throw new ValueError('encodeSafetensors', `metadata takes Unicode text, ${name} is ${JSON.stringify(text)}`);
  }
  entries.sort(([a, s], [b, t]) => DTYPES.indexOf(s.dtype) - DTYPES.indexOf(t.dtype) || byCodePoint(a, b));
  texts.sort(([a], [b]) => byCodePoint(a, b));

  // Written by hand, because an object would put names that look like numbers first.
  let end = 0;
  const fields = entries.map(([name, { dtype, shape, size }]) => {
    const offsets = [end, (end += size * itemSize(dtype))];
    const info = { dtype: ELEMENTS[dtype].safetensors, shape, data_offsets: offsets };
    return `${JSON.stringify(name)}:${JSON.stringify(info)}`;
  });
  if (texts.length > 0) {
    const pairs = texts.map(([name, text]) => `${JSON.stringify(name)}:${JSON.stringify(text)}`);
    fields.unshift(`"${METADATA}":{${pairs.join()}}`);
  }
  const json = new TextEncoder().encode(`{${fields.join()}}`);
  const length = Math.ceil(json.length / 8) * 8;
  if (length > HEADER_LIMIT) {
    throw new ValueError('encodeSafetensors', `the header may have ${HEADER_LIMIT} bytes, this has ${length}`);
  }

  const out = new Uint8Array(8 + length + end);
  new DataView(out.buffer).setBigUint64(0, BigInt(length), true);
  out.set(json, 8);
  out.fill(0x20, 8 + json.length, 8 + length);
  let at = 8 + length;
  for (const [, t] of entries) {
    const bytes = bytesOf(t);
    out.set(bytes, at);
    at += bytes.length;
  }
  return out;
}

/**
 * The tensors in a safetensors file: F64, F32, I32, U8 and BOOL as they are, F16 and BF16 as f32, other integers as i32, or
 * these as they are too: see {@link SafetensorsOptions}. `name` is the file's, for errors. Throws FileError for bytes that
 * are no whole safetensors file, for elements of other types, and for integers beyond 32 bits that are to become i32.
 */
export function decodeSafetensors(
  bytes: Uint8Array,
  name = 'safetensors file',
  opts: SafetensorsOptions = {},
): Safetensors {
  checkArguments(
    'decodeSafetensors',
    [
      ['bytes', someBytes],
      ['name', aText],
      ['options', options<SafetensorsOptions>({ convert: aBoolean })],
    ],
    [bytes, name, opts],
  );
  checkCount('decodeSafetensors', 3, arguments);
  const { convert = true } = opts;
  const { json, start } = headerOf(bytes, name);
  const { [METADATA]: texts = {}, ...infos } = json;
  const metadata = metadataOf(texts, name);
  const entries = Object.entries(infos).map(([key, info]) => entryOf(key, info, name));
  let end = 0;
  for (const entry of [...entries].sort((a, b) => a.begin - b.begin || a.end - b.end)) {
    if (entry.begin !== end) {
      const found = `${brief(entry.key)} at ${entry.begin} after ${end}`;
      throw new FileError(name, `expected bytes without gaps or overlaps, found ${found}`);
    }
    ({ end } = entry);
  }
  if (start + end !== bytes.length) {
    throw new FileError(name, `expected ${start + end} bytes, as the header says, found ${bytes.length}`);
  }
  return scope(() => {
    const tensors = entries.map((entry): [string, Tensor] => {
      const content = bytes.subarray(start + entry.begin, start + entry.end);
      return [entry.key, tensorOf(content, entry, convert, name)];
    });
    return { tensors: Object.fromEntries(tensors), metadata };
  }, 'decodeSafetensors');
}

type Json = Readonly<Record<string, unknown>>;
const isObject = (v: unknown): v is Json => typeof v === 'object' && v !== null && !Array.isArray(v);
const isSize = (v: unknown): v is number => Number.isSafeInteger(v) && Number(v) >= 0 && !Object.is(v, -0);
/** A value as an error shows it. */
const brief = (v: unknown): string => (JSON.stringify(v) ?? 'nothing').slice(0, 80);

/** The header, and where it ends. */
function headerOf(bytes: Uint8Array, name: string): { json: Json; start: number } {
  if (bytes.length < 8) throw new FileError(name, `expected a header length of 8 bytes, found ${bytes.length} in all`);
  const length = Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true));
  if (length > HEADER_LIMIT) {
    throw new FileError(name, `expected a header of up to ${HEADER_LIMIT} bytes, found ${length}`);
  }
  const start = 8 + length;
  if (start > bytes.length) {
    throw new FileError(name, `expected a header of ${length} bytes, found ${bytes.length - 8}`);
  }
  let text: string;
  let json: unknown;
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes.subarray(8, start));
    json = JSON.parse(text);
  } catch (cause) {
    throw new FileError(name, 'expected a header in JSON, found other text or bytes', { cause });
  }
  if (!isObject(json) || text[0] !== '{') {
    throw new FileError(name, `expected a header that begins as an object, found ${brief(json)}`);
  }
  const repeated = repeatedName(text);
  if (repeated !== null) throw new FileError(name, `expected each name once, found ${brief(repeated)} again`);
  return { json, start };
}

/** A name that an object in a valid JSON text has twice; a parser would let the last one win. */
function repeatedName(json: string): string | null {
  const open: Set<string>[] = [];
  for (let i = 0; i < json.length; i++) {
    if (json[i] === '{') open.push(new Set());
    else if (json[i] === '}') open.pop();
    else if (json[i] === '"') {
      const start = i;
      for (i++; json[i] !== '"'; i++) if (json[i] === '\\') i++;
      const end = i + 1;
      while (/\s/.test(json[i + 1] ?? '')) i++;
      if (json[i + 1] !== ':') continue; // a value
      const name = String(JSON.parse(json.slice(start, end)));
      const seen = open.at(-1)!;
      if (seen.has(name)) return name;
      seen.add(name);
    }
  }
  return null;
}

function metadataOf(texts: unknown, name: string): Record<string, string> {
  if (!isObject(texts)) throw new FileError(name, `expected metadata that is an object, found ${brief(texts)}`);
  const pairs = Object.entries(texts).map(([key, text]): [string, string] => {
    if (reserved(key)) throw new FileError(name, `expected a name of metadata, found ${brief(key)}`);
    if (typeof text !== 'string') {
      throw new FileError(name, `expected text as metadata ${brief(key)}, found ${brief(text)}`);
    }
    return [key, text];
  });
  return Object.fromEntries(pairs);
}

interface Entry {
  readonly key: string;
  readonly dtype: DType;
  /** Its element type in the file. */
  readonly word: string;
  readonly shape: readonly number[];
  readonly begin: number;
  readonly end: number;
}

/** What the header says about one tensor. */
function entryOf(key: string, info: unknown, name: string): Entry {
  const wrong = (expected: string, found: unknown): never => {
    throw new FileError(name, `${brief(key)}: expected ${expected}, found ${brief(found)}`);
  };
  if (reserved(key)) throw new FileError(name, `expected a tensor's name, found ${brief(key)}`);
  if (!isObject(info)) return wrong('an object', info);
  const { dtype: word, shape, data_offsets: offsets } = info;
  const unsigned = UNSIGNED.get(word);
  const dtype = unsigned?.dtype ?? types.get(word);
  if (!dtype || typeof word !== 'string') {
    return wrong(`an element type of ${[...types.keys(), ...UNSIGNED.keys()].join(', ')}`, word);
  }
  if (!Array.isArray(shape) || !shape.every(isSize)) return wrong('a shape of whole numbers', shape);
  if (!Array.isArray(offsets) || offsets.length !== 2 || !offsets.every(isSize)) {
    return wrong('data_offsets of two whole numbers', offsets);
  }
  const [begin = 0, end = 0] = offsets;
  const size = sizeOf(shape) * (unsigned?.bytes ?? itemSize(dtype));
  if (end - begin !== size) return wrong(`${size} bytes for ${word} ${show(shape)}`, offsets);
  return { key, dtype, word, shape, begin, end };
}
