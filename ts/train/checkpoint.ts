/**
 * A file that a run can go on from: safetensors, so that other programs can read the weights, whose metadata has what is no
 * tensor as JSON, and a checksum over the whole file.
 */
import { decodeSafetensors, encodeSafetensors, FileError, type Tensor } from 'phyllo';
import { crc32 } from './crc';

/** Of the format: a later phyllo may write another. */
const VERSION = '1';
const FORMAT = 'phyllo checkpoint';

/** A checkpoint, read. */
export interface Saved {
  readonly tensors: Readonly<Record<string, Tensor>>;
  readonly state: unknown;
}

export function encodeCheckpoint({ tensors, state }: Saved): Uint8Array {
  const bytes = encodeSafetensors(tensors, {
    format: FORMAT,
    version: VERSION,
    checksum: hex(0),
    state: JSON.stringify(state, (_, v: unknown) => (isOdd(v) ? { number: String(v) } : v)),
  });
  bytes.set(new TextEncoder().encode(hex(crc32(bytes))), placeOfChecksum(bytes));
  return bytes;
}

/**
 * @param name the file's, for errors.
 * @throws {FileError} for what is no checkpoint, of a later version, or damaged.
 */
export function decodeCheckpoint(bytes: Uint8Array, name: string): Saved {
  const { tensors, metadata } = decodeSafetensors(bytes, name, { convert: false });
  const { format, version, checksum, state } = metadata;
  if (format !== FORMAT || state === undefined) throw new FileError(name, 'is no checkpoint of a training run');
  if (version !== VERSION) {
    throw new FileError(name, `is a checkpoint of version ${version}, this phyllo reads version ${VERSION}`);
  }
  const blank = bytes.slice();
  blank.set(new TextEncoder().encode(hex(0)), placeOfChecksum(bytes));
  if (checksum !== hex(crc32(blank))) throw new FileError(name, 'is damaged: its checksum does not fit its bytes');
  return { tensors, state: JSON.parse(state, (_, v: unknown) => numberOf(v)) };
}

/** What JSON has no numbers for. */
const isOdd = (v: unknown): boolean => typeof v === 'number' && (!Number.isFinite(v) || Object.is(v, -0));
function numberOf(v: unknown): unknown {
  if (typeof v !== 'object' || v === null || Object.keys(v).join() !== 'number') return v;
  const text: unknown = Reflect.get(v, 'number');
  return typeof text === 'string' ? Number(text) : v;
}

const KEY: Uint8Array = new TextEncoder().encode('"checksum":"');
/** Where the digits of the checksum are. */
function placeOfChecksum(bytes: Uint8Array): number {
  for (let at = 8; at + KEY.length < bytes.length; at++) {
    if (KEY.every((byte, i) => bytes[at + i] === byte)) return at + KEY.length;
  }
  throw new FileError('checkpoint', 'has no checksum');
}
const hex = (n: number): string => n.toString(16).padStart(8, '0');

/** Tensors under a name and a dot. */
export function under(prefix: string, tensors: Readonly<Record<string, Tensor>>): [name: string, tensor: Tensor][] {
  return Object.entries(tensors).map(([name, t]) => [`${prefix}.${name}`, t]);
}
/** Those that are under a name, by the rest of theirs. */
export function below(prefix: string, tensors: Readonly<Record<string, Tensor>>): Record<string, Tensor> {
  return Object.fromEntries(
    Object.entries(tensors).flatMap(([name, t]) =>
      name.startsWith(`${prefix}.`) ? [[name.slice(prefix.length + 1), t]] : [],
    ),
  );
}
