/** Loading a plan file, and running it: one crossing into WebAssembly a call. */
import type { DType, TensorData } from '../core/dtype';
import { FileError, IndexError, OutOfMemoryError, PhylloError, ShapeError, ValueError } from '../core/errors';
import { ALIGNMENT, aligned, checksum, HEADER, MAGIC, VERSION, type Description, type Port } from './format';

/** Bytes in any of their forms: a Uint8Array or Node's Buffer wherever it begins, another view, a buffer. */
export type Bytes = ArrayBufferView | ArrayBufferLike;

type Refuse = (what: string, cause?: unknown) => never;

/** Arrays by the type of their elements. */
const ARRAYS = { f32: Float32Array, i32: Int32Array, u8: Uint8Array, bool: Uint8Array, f64: Float64Array } as const;

/** What the binary finds wrong with a call, by its number for it. */
const FAULTS = [
  '', 'there is no such kernel, or it takes other arguments', 'an argument is no whole number, or no address',
  'sizes are too large', 'sizes do not go together', 'an operand is not within the memory of the plan',
  'an output overlaps another operand', 'all in all this is more work than a plan may be',
];

/** A `WebAssembly.Module`: projects without the types of a browser cannot name it. */
export type Module = object;

/** What the infer binary exports. */
interface Binary {
  readonly memory: { readonly buffer: ArrayBuffer };
  /** A block of so many bytes; 0: there is no room. */
  alloc(bytes: number): number;
  /** A kernel's number by its name, n bytes at an address; −1: unknown. */
  kernel(name: number, n: number): number;
  /** Tries the calls in n numbers at an address: 0, or the number of the faulty one, from 1, · 16 + the fault. */
  prepare(calls: number, n: number, memory: number, bytes: number): number;
  /** 0, or the address of the call of `indexOutside` that found something. */
  run(calls: number): number;
}
const isBinary = (exports: WebAssembly.Exports): exports is WebAssembly.Exports & Binary =>
  exports['prepare'] instanceof Function;

/** A tensor that goes in or comes out. */
export interface Slot {
  readonly name: string;
  readonly dtype: DType;
  readonly shape: readonly number[];
}
/** Where its numbers are, and a copy of them. */
interface Place extends Slot {
  readonly view: TensorData;
  copy(): TensorData;
}

export type Inputs = Readonly<Record<string, ArrayLike<number>>>;
export type Outputs = Record<string, TensorData>;

/** A loaded plan. It has a memory of its own, which goes when nobody has it any more. */
export class Net {
  readonly inputs: readonly Slot[];
  readonly outputs: readonly Slot[];
  private readonly x: Place;
  private readonly y: Place;

  /** Nets come from `load`. */
  constructor(
    private readonly binary: Binary, private readonly calls: number,
    private readonly xs: readonly Place[], private readonly ys: readonly Place[], private readonly refuse: Refuse,
  ) {
    const slot = ({ name, dtype, shape }: Slot): Slot => ({ name, dtype, shape });
    this.inputs = xs.map(slot);
    this.outputs = ys.map(slot);
    this.x = xs[0]!;
    this.y = ys[0]!;
  }

  /**
   * Computes the outputs from the inputs, by name; from an array alone, where there is one input, the first output.
   * Arrays hold elements row by row; what comes out is a fresh copy.
   *
   * @throws {ShapeError} if an array has another number of elements than the plan was made for.
   * @throws {ValueError} if an input is missing.
   * @throws {IndexError} if an index is outside its range.
   */
  run(x: ArrayLike<number>): TensorData;
  run(xs: Inputs): Outputs;
  run(xs: ArrayLike<number> | Inputs): TensorData | Outputs {
    if (typeof xs.length === 'number') {
      if (this.xs.length !== 1) throw new ValueError('run', `there are ${this.xs.length} inputs: give them by name`);
      write(this.x, xs as ArrayLike<number>);
      this.compute();
      return this.y.copy();
    }
    for (const place of this.xs) {
      const x = (xs as Inputs)[place.name];
      if (!x) throw new ValueError('run', `there is no input ${place.name}`);
      write(place, x);
    }
    this.compute();
    const ys: Outputs = {};
    for (const y of this.ys) ys[y.name] = y.copy();
    return ys;
  }

  private compute(): void {
    let at: number;
    try {
      at = this.binary.run(this.calls);
    } catch (cause) {
      return this.refuse('a kernel cannot do what a call asks for', cause);
    }
    if (at !== 0) this.explain(at);
  }

  private explain(at: number): never {
    const { buffer } = this.binary.memory;
    const [, , index = 0, n = 0, size = 0] = new Int32Array(buffer, at, 5);
    const indices = new Int32Array(buffer, index >>> 0, n >>> 0);
    const place = indices.findIndex(i => i < 0 || i >= size);
    throw new IndexError('run', `index ${indices[place]} at place ${place} is outside [0, ${size})`);
  }
}

function write({ view, name, shape }: Place, x: ArrayLike<number>): void {
  if (x.length !== view.length) {
    throw new ShapeError('run', `${name} [${shape.join(', ')}] takes ${view.length} numbers, this has ${x.length}`);
  }
  view.set(x);
}

/** A plan on an instance of its own. Errors call it by its name. */
export function netOf(bytes: Bytes, module: Module, name: string): Net {
  const refuse: Refuse = (what, cause) => {
    throw new FileError(name, what, { cause });
  };
  const { description: { kernels, inputs, outputs }, calls, weights, beside } = parse(bytes, refuse);
  const { exports } = new WebAssembly.Instance(module);
  if (!isBinary(exports)) throw new PhylloError('load', 'the module is none of this package\'s infer binaries');
  const alloc = (bytes: number): number => {
    const at = bytes < 2 ** 32 ? exports.alloc(bytes) >>> 0 : 0;
    if (at === 0) throw new OutOfMemoryError(name, `there is no room for the ${bytes} bytes of the plan`);
    return at;
  };

  const list = alloc(Math.max(8 * calls.length + 8, NAME));
  const size = weights.length + beside;
  const memory = alloc(size);
  const { buffer } = exports.memory;
  const numbers = kernels.map(kernel => {
    const { read, written } = new TextEncoder().encodeInto(kernel, new Uint8Array(buffer, list, NAME));
    return read === kernel.length ? exports.kernel(list, written) : -1;
  });
  const names: string[] = [];
  for (let i = 0; i < calls.length; i += 3 + calls[i + 1]!) {
    names.push(kernels[calls[i]!] ?? '?');
    calls[i] = numbers[calls[i]!] ?? -1;
    if (!(calls[i + 1]! >= 0)) break;
  }
  new Float64Array(buffer, list).set(calls);
  new Uint8Array(buffer, memory).set(weights);
  let fault: number;
  try {
    fault = exports.prepare(list, calls.length, memory, size);
  } catch (cause) {
    return refuse('a call cannot be tried', cause);
  }
  if (fault) refuse(`call ${fault >> 4} (${names[(fault >> 4) - 1]}): ${FAULTS[fault & 15]}`);

  const place = ({ name, dtype, shape, at }: Port): Place => {
    const Elements = ARRAYS[dtype];
    const view = new Elements(exports.memory.buffer, memory + at, sizeOf(shape));
    return { name, dtype, shape, view, copy: () => new Elements(view) };
  };
  return new Net(exports, list, inputs.map(place), outputs.map(place), refuse);
}

/** More bytes than the name of any kernel has. */
const NAME = 64;

const sizeOf = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1);

interface File {
  readonly description: Description;
  readonly calls: Float64Array;
  readonly weights: Uint8Array;
  /** Bytes of memory beside the weights. */
  readonly beside: number;
}

/** The bytes, beginning where words of 64 bits may, in memory that no other thread writes: a copy if they do not. */
function bytesOf(data: Bytes): Uint8Array {
  const kind = Object.prototype.toString.call(data).slice(8, -1); // buffers of another realm are no instances
  if (!ArrayBuffer.isView(data) && kind !== 'ArrayBuffer' && kind !== 'SharedArrayBuffer') {
    throw new ValueError('load', `takes the bytes of a plan file, this is ${kind}: read the file first`);
  }
  const bytes = ArrayBuffer.isView(data) ? new Uint8Array(data.buffer, data.byteOffset, data.byteLength) : new Uint8Array(data);
  return bytes.byteOffset % 8 || !(bytes.buffer instanceof ArrayBuffer) ? new Uint8Array(bytes) : bytes;
}

function parse(data: Bytes, refuse: Refuse): File {
  const bytes = bytesOf(data);
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
    description, beside,
    calls: new Float64Array(buffer.slice(start + callsAt, start + callsAt + 8 * count)),
    weights: bytes.subarray(weightsAt),
  };
}

const isSize = (v: unknown): v is number => Number.isInteger(v) && (v as number) >= 0;
const isRecord = (v: unknown): v is Record<string, unknown> => typeof v === 'object' && v !== null;
const isString = (v: unknown): v is string => typeof v === 'string';
const isDType = (v: unknown): v is DType => isString(v) && Object.hasOwn(ARRAYS, v);

/** Inputs lie behind the weights, everything inside the memory. */
function isDescription(v: unknown, weights: number, bytes: number): v is Description {
  const isPort = (from: number) => (p: unknown): p is Port => isRecord(p) && isString(p['name']) && isDType(p['dtype'])
    && Array.isArray(p['shape']) && p['shape'].every(isSize) && isSize(p['at']) && p['at'] >= from
    && p['at'] % ARRAYS[p['dtype']].BYTES_PER_ELEMENT === 0
    && p['at'] + sizeOf(p['shape']) * ARRAYS[p['dtype']].BYTES_PER_ELEMENT <= bytes;
  return isRecord(v) && Array.isArray(v['kernels']) && v['kernels'].every(isString)
    && Array.isArray(v['inputs']) && v['inputs'].every(isPort(weights))
    && Array.isArray(v['outputs']) && v['outputs'].length > 0 && v['outputs'].every(isPort(0));
}
