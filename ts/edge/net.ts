/** Loading a plan file, and running it: one crossing into WebAssembly a call. */
import type { TensorData } from '../core/dtype';
import { FileError, IndexError, OutOfMemoryError, PhylloError, ValueError } from '../core/errors';
import { isPlain } from '../core/tree';
import { ARRAYS, type Port } from './format';
import { shown } from './kinds';
import { parse, sizeOf, type Refuse } from './parse';
import { isList, write, type Binding, type Slot } from './binding';

/** What the binary finds wrong with a call, by its number for it. */
const FAULTS = [
  '',
  'there is no such kernel, or it takes other arguments',
  'an argument is no whole number, or no address',
  'sizes are too large',
  'sizes do not go together',
  'an operand is not within the memory of the plan',
  'an output overlaps another operand',
  'all in all this is more work than a plan may be',
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
  prepare(calls: number, n: number, start: number, bytes: number): number;
  /** 0, or the address of the call of `indexOutside` that found something. */
  run(calls: number): number;
}
const isBinary = (exports: WebAssembly.Exports): exports is WebAssembly.Exports & Binary =>
  exports.prepare instanceof Function;

export type Inputs = Readonly<Record<string, ArrayLike<number>>>;
export type Outputs = Record<string, TensorData>;

/** A loaded plan. It has a memory of its own, which goes when nobody has it any more. */
export class Net {
  readonly inputs: readonly Slot[];
  readonly outputs: readonly Slot[];
  private readonly x: Binding;
  private readonly y: Binding;

  /** Nets come from `load`. Errors call one by its name. */
  constructor(
    private readonly binary: Binary,
    private readonly calls: number,
    private readonly xs: readonly Binding[],
    private readonly ys: readonly Binding[],
    private readonly name: string,
  ) {
    const slot = ({ name, dtype, shape }: Slot): Slot => ({ name, dtype, shape });
    this.inputs = xs.map(slot);
    this.outputs = ys.map(slot);
    this.x = xs[0]!;
    this.y = ys[0]!;
  }

  /**
   * Computes the outputs from the inputs, by name; from an array alone, where there is one input, the first output.
   * Arrays hold elements row by row; what comes out is a fresh copy. All is checked before anything is computed, but for
   * indices, which are checked where they are used.
   *
   * @throws {ShapeError} if an array has another number of elements than the plan was made for.
   * @throws {ValueError} if an input is missing, unknown or no array, or one of its elements is no number, or, where the
   *   plan takes whole ones, no whole number that its element type can hold.
   * @throws {IndexError} if an index is outside its range.
   */
  run(x: ArrayLike<number>): TensorData;
  run(xs: Inputs): Outputs;
  run(xs: ArrayLike<number> | Inputs): TensorData | Outputs {
    if (this.xs.length === 1 && isList(xs)) {
      write(this.name, this.x, xs);
      this.compute();
      return this.y.copy();
    }
    let given = 0;
    for (const _ in xs) given++;
    for (const binding of this.xs) {
      const x = (xs as Inputs | null | undefined)?.[binding.name];
      if (x === undefined) this.misnamed(xs);
      write(this.name, binding, x);
      given--;
    }
    if (given !== 0) this.misnamed(xs);
    this.compute();
    const ys: Outputs = {};
    for (const y of this.ys) ys[y.name] = y.copy();
    return ys;
  }

  /** The inputs in words. */
  private takes(): string {
    const names = `{ ${this.xs.map(({ name }) => name).join(', ')} }`;
    return this.xs.length === 1 ? `an array or ${names}` : `its ${this.xs.length} inputs by name, ${names}`;
  }
  /** Throws if what is given are not the inputs by name: a wrong name first, which explains one that is missing. */
  private misnamed(given: unknown): void {
    if (!isPlain(given)) throw new ValueError(this.name, `run takes ${this.takes()}, this is ${shown(given)}`);
    const odd = Object.keys(given).find(key => this.xs.every(({ name }) => name !== key));
    if (odd !== undefined) throw new ValueError(this.name, `there is no input '${odd}': run takes ${this.takes()}`);
    const missing = this.xs.find(({ name }) => !Object.hasOwn(given, name));
    if (missing) throw new ValueError(this.name, `input '${missing.name}' is missing: run takes ${this.takes()}`);
  }

  private compute(): void {
    let at: number;
    try {
      at = this.binary.run(this.calls);
    } catch (cause) {
      throw new FileError(this.name, 'a kernel cannot do what a call asks for', { cause });
    }
    if (at !== 0) this.explain(at);
  }

  private explain(at: number): never {
    const { buffer } = this.binary.memory;
    const [, , index = 0, n = 0, size = 0] = new Int32Array(buffer, at, 5);
    const from = index >>> 0;
    const indices = new Int32Array(buffer, from, n >>> 0);
    const i = indices.findIndex(i => i < 0 || i >= size);
    const input = this.xs.find(
      ({ view: { byteOffset, byteLength } }) => from >= byteOffset && from < byteOffset + byteLength,
    );
    const position = input ? `${i + (from - input.view.byteOffset) / 4} of input '${input.name}'` : `${i}`;
    throw new IndexError(this.name, `index ${indices[i]} at position ${position} is outside [0, ${size})`);
  }
}

function instanceOf(module: Module, name: string): Binary {
  let exports: WebAssembly.Exports = {};
  let cause: unknown;
  try {
    ({ exports } = new WebAssembly.Instance(module));
  } catch (error) {
    if (error instanceof RangeError)
      throw new OutOfMemoryError(name, 'there is no room for another instance', { cause: error });
    cause = error; // it imports something
  }
  if (isBinary(exports)) return exports;
  throw new PhylloError(name, "wasm is none of this package's infer binaries", { cause });
}

/** A plan on an instance of its own, from the bytes of its file. Errors call it by its name. */
export function netOf(bytes: Uint8Array, module: Module, name: string): Net {
  const refuse: Refuse = (what, cause) => {
    throw new FileError(name, what, { cause });
  };
  const {
    description: { kernels, inputs, outputs },
    calls,
    weights,
    beside,
  } = parse(bytes, refuse);
  const exports = instanceOf(module, name);
  const alloc = (bytes: number): number => {
    const at = bytes < 2 ** 32 ? exports.alloc(bytes) >>> 0 : 0;
    if (at === 0) throw new OutOfMemoryError(name, `there is no room for the ${bytes} bytes of the plan`);
    return at;
  };

  const list = alloc(Math.max(8 * calls.length + 8, NAME));
  const size = weights.length + beside;
  const start = alloc(size);
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
  new Uint8Array(buffer, start).set(weights);
  let fault: number;
  try {
    fault = exports.prepare(list, calls.length, start, size);
  } catch (cause) {
    return refuse('a call cannot be tried', cause);
  }
  if (fault) refuse(`call ${fault >> 4} (${names[(fault >> 4) - 1]}): ${FAULTS[fault & 15]}`);

  const binding = ({ name, dtype, shape, at }: Port): Binding => {
    const Elements = ARRAYS[dtype];
    const view = new Elements(exports.memory.buffer, start + at, sizeOf(shape));
    return { name, dtype, shape, view, copy: () => new Elements(view) };
  };
  return new Net(exports, list, inputs.map(binding), outputs.map(binding), name);
}

/** More bytes than the name of any kernel has. */
const NAME = 64;
