/** The bytes of a plan file, taken apart. */
import { ValueError } from '../core/errors';
import { isPlain } from '../core/tree';
import {
  ALIGNMENT,
  aligned,
  ARRAYS,
  checksum,
  HEADER,
  isPortType,
  MAGIC,
  VERSION,
  type Description,
  type Port,
} from './format';
import { isString, kindOf, shown } from './kinds';

/** Bytes in any of their forms: a Uint8Array or Node's Buffer wherever it begins, another view, a buffer. */
export type Bytes = ArrayBufferView | ArrayBufferLike;

export type Refuse = (what: string, cause?: unknown) => never;

export const sizeOf = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1);

interface File {
  readonly description: Description;
  readonly calls: Float64Array;
  readonly weights: Uint8Array;
  /** Bytes of memory beside the weights. */
  readonly beside: number;
}

/** The bytes, beginning where words of 64 bits may, in memory that no other thread writes: a copy if they do not. */
export function bytesOf(data: Bytes, name: string): Uint8Array {
  if (!ArrayBuffer.isView(data) && !/^(Shared)?ArrayBuffer$/.test(kindOf(data))) {
    throw new ValueError(
      name,
      `load takes the bytes of the file, an ArrayBuffer or Uint8Array, this is ${shown(data)}`,
    );
  }
  const bytes = ArrayBuffer.isView(data)
    ? new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
    : new Uint8Array(data);
  return bytes.byteOffset % 8 || !(bytes.buffer instanceof ArrayBuffer) ? new Uint8Array(bytes) : bytes;
}

export function parse(bytes: Uint8Array, refuse: Refuse): File {
  const { buffer, byteOffset: start, length } = bytes;
  if (length < HEADER || String.fromCharCode(...bytes.subarray(0, 8)) !== MAGIC) refuse('this is no plan file');
  const [version = 0, sum, text = 0, count = 0, weights = 0, beside = 0] = new Uint32Array(buffer, start + 8, 6);
  if (version !== VERSION) refuse(`it has version ${version} of the format, this reads ${VERSION}`);
  const callsAt = HEADER + text;
  const weightsAt = callsAt + aligned(8 * count);
  if (text % ALIGNMENT || weights % ALIGNMENT || beside % ALIGNMENT || weightsAt + weights !== length) {
    refuse(`it has ${length} bytes, not the ${weightsAt + weights} that it says`);
  }
  if (checksum(new Uint32Array(buffer, start + 16, length / 4 - 4)) !== sum) refuse('its checksum is wrong');
  let description: unknown;
  try {
    description = JSON.parse(new TextDecoder().decode(bytes.subarray(HEADER, callsAt)));
  } catch (cause) {
    refuse('its description is no JSON', cause);
  }
  if (!isDescription(description, weights, weights + beside)) refuse('its description is not one');
  return {
    description,
    beside,
    calls: new Float64Array(buffer.slice(start + callsAt, start + callsAt + 8 * count)),
    weights: bytes.subarray(weightsAt),
  };
}

const isSize = (v: unknown): v is number => Number.isInteger(v) && (v as number) >= 0;

/** Inputs lie behind the weights, everything inside the memory, and no two have one name. */
function isDescription(v: unknown, weights: number, bytes: number): v is Description {
  const isPort =
    (from: number) =>
    (p: unknown): p is Port =>
      isPlain(p) &&
      isString(p.name) &&
      isPortType(p.dtype) &&
      Array.isArray(p.shape) &&
      p.shape.every(isSize) &&
      isSize(p.at) &&
      p.at >= from &&
      p.at % ARRAYS[p.dtype].BYTES_PER_ELEMENT === 0 &&
      p.at + sizeOf(p.shape) * ARRAYS[p.dtype].BYTES_PER_ELEMENT <= bytes;
  const arePorts = (ports: unknown, from: number): ports is Port[] =>
    Array.isArray(ports) && ports.every(isPort(from)) && new Set(ports.map(({ name }) => name)).size === ports.length;
  return (
    isPlain(v) &&
    Array.isArray(v.kernels) &&
    v.kernels.every(isString) &&
    arePorts(v.inputs, weights) &&
    arePorts(v.outputs, 0) &&
    v.outputs.length > 0
  );
}
