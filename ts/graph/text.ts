/** Values as text that is the same for what is the same, to compare and to show. */
import { Tensor } from '../core/tensor';

/** Longer ones are shown by their beginning and a hash. */
const LENGTH = 200;
/** What is nested deeper, or comes later, is left out. */
const DEPTH = 4;
const ENTRIES = 1024;

const ids: WeakMap<object, number> = new WeakMap();
let next = 1;
/** A number of an object's own, which does not hold it. */
export function identity(o: object): number {
  let id = ids.get(o);
  if (id === undefined) ids.set(o, (id = next++));
  return id;
}

/** 53 bits of two multiplicative hashes. */
function hash(n: number, code: (i: number) => number): string {
  let [a, b] = [0xdeadbeef, 0x41c6ce57];
  for (let i = 0; i < n; i++) {
    const c = code(i);
    a = Math.imul(a ^ c, 2654435761);
    b = Math.imul(b ^ c, 1597334677);
  }
  a = Math.imul(a ^ (a >>> 16), 2246822507) ^ Math.imul(b ^ (b >>> 13), 3266489909);
  b = Math.imul(b ^ (b >>> 16), 2246822507) ^ Math.imul(a ^ (a >>> 13), 3266489909);
  return (2 ** 32 * (b & 0x1fffff) + (a >>> 0)).toString(36);
}

/** A number so that each has a text of its own; one that came from float32, as it was probably written. */
function digits(v: number, single: boolean): string {
  if (Object.is(v, -0)) return '-0';
  if (single && Number.isFinite(v)) {
    for (let n = 1; n < 9; n++) {
      const short = Number(v.toPrecision(n));
      if (Math.fround(short) === v) return String(short);
    }
  }
  return String(v);
}

/** Many numbers: the first few, and a hash of them all. */
export function numbers(data: ArrayLike<number> & ArrayBufferView): string {
  const first = Array.from({ length: Math.min(data.length, 8) }, (_, i) =>
    digits(data[i]!, data instanceof Float32Array),
  );
  if (data.length === 1) return first[0]!;
  if (data.length <= 8) return `[${first.join(', ')}]`;
  const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  return `[${first.join(', ')}, … ${data.length}, hash ${hash(bytes.length, i => bytes[i]!)}]`;
}

const isNumbers = (v: object): v is ArrayLike<number> & ArrayBufferView =>
  ArrayBuffer.isView(v) && !(v instanceof DataView) && !(v instanceof BigInt64Array) && !(v instanceof BigUint64Array);

function write(v: unknown, depth: number): string {
  if (typeof v === 'number') return digits(v, false);
  if (typeof v === 'string') return JSON.stringify(v);
  if (typeof v === 'function') return 'a function';
  if (typeof v !== 'object' || v === null) return String(v);
  if (v instanceof Tensor) return 'a tensor';
  if (isNumbers(v)) return numbers(v);
  if (v instanceof Date) return `Date ${v.getTime()}`;
  const name = Array.isArray(v) ? '' : `${v.constructor?.name ?? ''} `;
  if (depth === DEPTH) return `${name}…`;
  const inside = (all: Iterable<unknown>): string[] => [...all].slice(0, ENTRIES).map(e => write(e, depth + 1));
  if (Array.isArray(v)) return `[${inside(v).join(', ')}]`;
  if (v instanceof Map || v instanceof Set) return `${name}{${inside(v).join(', ')}}`;
  return `${name}{${Object.entries(v)
    .slice(0, ENTRIES)
    .map(([key, e]) => `${key}: ${write(e, depth + 1)}`)
    .join(', ')}}`;
}

/** What a value holds, whoever it is. */
export function textOf(v: unknown): string {
  const text = write(v, 0);
  return text.length <= LENGTH ? text : `${text.slice(0, LENGTH)}… hash ${hash(text.length, i => text.charCodeAt(i))}`;
}
