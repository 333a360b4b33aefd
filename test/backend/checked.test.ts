/** The checked binary on calls that are wrong in one thing: it refuses them before it writes anything, and says why. */
import { readFileSync } from 'node:fs';
import { afterAll, expect, test } from 'vitest';
import { SAVED, type AllKernels, type FullBackend } from '../../ts/backend/backend';
import { wasmBackend } from '../../ts/backend/wasm/backend';
import { PhylloError } from '../../ts/core/errors';
import { numbers, type Call, type Operand } from './kernels/calls';
import { CASES } from './kernels/index';

type Name = keyof typeof CASES;

const CALLS = 10_000;
const NAMES = (Object.keys(CASES) as Name[]).sort();
const random = numbers(7);
const below = (n: number): number => Math.floor(random() * n);
const pick = <T>(list: readonly T[]): T | undefined => list[below(list.length)];

/**
 * Which arguments are sizes that an operand grows with, as [first, how many]. Where a kernel is not listed: the first
 * number, alone.
 */
const BINARY = [3, 4] as const;
const SIZES: { readonly [name in Name]?: readonly [first: number, count: number] } = {
  add: BINARY,
  sub: BINARY,
  mul: BINARY,
  div: BINARY,
  pow: BINARY,
  maximum: BINARY,
  minimum: BINARY,
  eq: BINARY,
  ne: BINARY,
  lt: BINARY,
  le: BINARY,
  gt: BINARY,
  ge: BINARY,
  addI32: BINARY,
  subI32: BINARY,
  mulI32: BINARY,
  maximumI32: BINARY,
  minimumI32: BINARY,
  eqI32: BINARY,
  neI32: BINARY,
  ltI32: BINARY,
  leI32: BINARY,
  gtI32: BINARY,
  geI32: BINARY,
  atan2: BINARY,
  hypot: BINARY,
  copysign: BINARY,
  fmod: BINARY,
  remainder: BINARY,
  floorDivide: BINARY,
  divI32: BINARY,
  fmodI32: BINARY,
  remainderI32: BINARY,
  floorDivideI32: BINARY,
  bitwiseAndI32: BINARY,
  bitwiseOrI32: BINARY,
  bitwiseXorI32: BINARY,
  bitwiseLeftShiftI32: BINARY,
  bitwiseRightShiftI32: BINARY,
  copy: [2, 4],
  copy8: [2, 4],
  copy16: [2, 4],
  copy64: [2, 4],
  gemm: [0, 3],
  conv2d: [4, 4],
  conv2dGradX: [4, 4],
  conv2dGradW: [4, 4],
  conv2dBlocked: [4, 4],
  conv2dBlockedGradX: [4, 4],
  conv2dBlockedGradW: [4, 4],
  maxPool2d: [3, 3],
  maxPool2dGrad: [3, 3],
  maxPool2dTake: [3, 3],
  maxPool2dBlocked: [3, 3],
  maxPool2dBlockedGrad: [3, 3],
  avgPool2d: [2, 3],
  avgPool2dGrad: [2, 3],
  avgPool2dBlocked: [2, 3],
  avgPool2dBlockedGrad: [2, 3],
  toBlocked: [2, 2],
  fromBlocked: [2, 2],
  sumBlocked: [2, 3],
  rnn: [5, 3],
  rnnGrad: [6, 3],
  lstm: [8, 3],
  lstmGrad: [10, 3],
  gru: [7, 3],
  gruGrad: [10, 3],
  sum: [2, 4],
  sumI32: [2, 4],
  nrm2: [2, 4],
  distances: [3, 4],
  max: [3, 3],
  min: [3, 3],
  topk: [3, 3],
  cumsum: [2, 3],
  cumsumI32: [2, 3],
  softmax: [2, 3],
  logSoftmax: [2, 3],
  softmaxGrad: [3, 3],
  logSoftmaxGrad: [3, 3],
  crossEntropy: [4, 2],
  crossEntropyGrad: [5, 2],
  moments: [3, 3],
  normalise: [6, 3],
  normaliseGrad: [8, 3],
  gather: [3, 4],
  scatterAdd: [3, 4],
  scatter: [3, 4],
  scatterI32: [3, 4],
  indexSelect: [3, 4],
  indexSelect8: [3, 4],
  indexAdd: [3, 4],
  gammaLog: [3, 1],
  poisson: [3, 1],
  draw: [2, 0],
  multiplyAdds: [1, 0],
  sgd: [4, 1],
  adam: [6, 1],
  nadam: [6, 1],
  nadamProduct: [2, 0],
  radam: [5, 1],
  sparseAdam: [5, 2],
  rmsprop: [6, 1],
  adagrad: [4, 1],
  adadelta: [5, 1],
  adamax: [5, 1],
  rprop: [5, 1],
  asgd: [4, 1],
};

/** Calls whose operands are all read or written, to their last element. */
function whole(name: Name, { args }: Call): boolean {
  const size = (i: number): number => Number(args[i]);
  if (args.some(arg => typeof arg !== 'number' && arg.data.length === 0)) return false;
  if (/^copy\d*$/.test(name)) return [2, 3, 4, 5].every(i => size(i) > 0);
  // One matrix in rows without gaps.
  if (name === 'gemm') return size(11) === 1 && size(10) === size(1) && size(7) > 0;
  return name !== 'tick' || size(1) === 3;
}

/** Live blocks between those of the call, and what they are full of. */
const GUARD = { bytes: 64, value: 0xa5 };

interface Block {
  /** The argument that it belongs to. */
  readonly i: number;
  readonly at: number;
  readonly bytes: number;
  readonly arg: Operand;
}

/** The operands of a call in blocks of their own, guards before, between and after them. */
class Placed {
  readonly args: number[] = [];
  readonly blocks: Block[] = [];
  private readonly guards: { readonly at: number; readonly bytes: number }[] = [];
  private before: string[] = [];

  constructor(
    private readonly backend: FullBackend,
    { args }: Call,
  ) {
    this.guard();
    for (const [i, arg] of args.entries()) {
      if (typeof arg === 'number') {
        this.args.push(arg);
        continue;
      }
      const bytes = arg.data.length * backend.itemSize(arg.dtype);
      const at = backend.alloc(bytes);
      backend.write(at, arg.data, arg.dtype);
      this.blocks.push({ i, at, bytes, arg });
      this.args.push(at + arg.first * backend.itemSize(arg.dtype));
      this.guard();
    }
    this.before = this.contents();
  }

  private guard(bytes: number = GUARD.bytes): number {
    const at = this.backend.alloc(bytes);
    this.backend.write(at, Array<number>(bytes).fill(GUARD.value), 'u8');
    this.guards.push({ at, bytes });
    return at;
  }

  /** A block for several operands. */
  room(bytes: number): number {
    const at = this.guard(bytes);
    this.before = this.contents();
    return at;
  }

  private contents(): string[] {
    const text = (at: number, bytes: number): string =>
      Buffer.from(this.backend.readSync(at, bytes, 'u8')).toString('latin1');
    return [...this.blocks, ...this.guards].map(({ at, bytes }) => text(at, bytes));
  }

  /** The arguments whose bytes have changed; −1 for a guard. */
  changed(): number[] {
    const [before, after] = [this.before, this.contents()];
    return before.flatMap((text, j) => (text === after[j] ? [] : [this.blocks[j]?.i ?? -1]));
  }

  free(): void {
    for (const { at, bytes } of [...this.blocks, ...this.guards]) this.backend.free(at, bytes);
  }
}

const OUTSIDE =
  /\n\w+ takes \d+ elements of \d+ bytes at \d+, (which are not within a live block|in a block that was freed)/;
const SIZE = new RegExp(`${OUTSIDE.source}|\nsizes that do not go together`);
const UNALIGNED = /\n\w+ at address \d+ is not aligned to \d+ bytes/;
const OVERLAPPING =
  /\n\w+ at bytes \d+\.\.\d+ overlaps \w+ at bytes \d+\.\.\d+, and must be (apart from|in place of) it/;

/** What makes a call wrong: arguments for others, and the message that they must bring; null where it has none such. */
type Fault = (
  name: Name,
  placed: Placed,
  backend: FullBackend,
) => { wrong: Map<number, number>; message: RegExp } | null;

const one = (i: number, value: number): Map<number, number> => new Map([[i, value]]);

/** Dense elementwise kernels, whose output may be one of the inputs. */
const IN_PLACE: ReadonlySet<string> = new Set([
  ...Object.keys(SAVED).flatMap(name => [name, `${name}Grad`]),
  ...'neg sign floor ceil round trunc clamp where addInto dropout f32ToI32 i32ToF32 u8ToBool'.split(' '),
  ...NAMES.filter(name => SIZES[name] === BINARY),
]);

const FAULTS: Readonly<Record<string, Fault>> = {
  'beyond memory': (_, { blocks }) => {
    const block = pick(blocks);
    return block ? { wrong: one(block.i, 2 ** 31 + 2 ** 16 * below(2 ** 14)), message: OUTSIDE } : null;
  },
  'one element on': (_, { blocks, args }, backend) => {
    const block = pick(blocks);
    return block ? { wrong: one(block.i, args[block.i]! + backend.itemSize(block.arg.dtype)), message: OUTSIDE } : null;
  },
  unaligned: (_, { blocks, args }, backend) => {
    const block = pick(blocks.filter(({ arg }) => backend.itemSize(arg.dtype) > 1));
    return block
      ? { wrong: one(block.i, args[block.i]! + 1 + below(backend.itemSize(block.arg.dtype) - 1)), message: UNALIGNED }
      : null;
  },
  'size too large': (name, { args, blocks }) => {
    const [first, count] = SIZES[name] ?? [args.findIndex((_, i) => blocks.every(block => block.i !== i)), 1];
    if (count === 0) return null;
    const i = first + below(count);
    return { wrong: one(i, args[i]! + 8 * 2 ** below(12)), message: SIZE };
  },
  'sizes whose product wraps': (name, { args }) => {
    const [first, count] = SIZES[name] ?? [0, 0];
    if (count < 2) return null;
    const i = first + below(count);
    return { wrong: one(i, 2 ** 31 + args[i]!), message: SIZE };
  },
  overlapping: (name, placed, backend) => {
    const output = pick(placed.blocks.filter(({ arg }) => arg.written));
    const other = pick(placed.blocks.filter(block => block !== output));
    if (!output || !other) return null;
    // Both in one block: the other in the middle, the output so that they share a byte or more.
    const step = Math.max(backend.itemSize(output.arg.dtype), backend.itemSize(other.arg.dtype));
    const places = (n: number): number => Math.ceil(n / step) - 1;
    const away = step * (below(places(output.bytes) + places(other.bytes) + 1) - places(output.bytes));
    if (away === 0 && output.bytes === other.bytes && IN_PLACE.has(name)) return null;
    const middle = placed.room(2 * (output.bytes + step) + other.bytes) + step * Math.ceil(output.bytes / step);
    const at = (block: Block, place: number): [number, number] => [
      block.i,
      place + block.arg.first * backend.itemSize(block.arg.dtype),
    ];
    return { wrong: new Map([at(other, middle), at(output, middle + away)]), message: OVERLAPPING };
  },
};

const module = new WebAssembly.Module(readFileSync(new URL('../../generated/checked.wasm', import.meta.url)));
const counts = new Map<string, number>(Object.keys(FAULTS).map(fault => [fault, 0]));

function invoke(backend: FullBackend, name: keyof AllKernels, args: readonly number[]): unknown {
  const kernel: (...args: number[]) => number | void = backend.kernels[name]!;
  try {
    kernel(...args);
    return null;
  } catch (error) {
    return error;
  }
}

test.each(NAMES)('%s', name => {
  // An instance of its own: what traps does not give its stack back.
  const backend = wasmBackend(module, 'checked');
  const calls = CASES[name]().filter(call => whole(name, call));
  const faults = Object.entries(FAULTS);
  for (let round = 0, refused = 0; refused < CALLS / NAMES.length; round++) {
    const placed = new Placed(backend, pick(calls)!);
    const [kind, fault] = faults[round % faults.length]!;
    const made = fault(name, placed, backend);
    if (made) {
      const args = placed.args.map((arg, i) => made.wrong.get(i) ?? arg);
      const error = invoke(backend, name, args);
      const what = `${name}(${args.join(', ')}), wrong in ${[...made.wrong.keys()].join(' and ')}: ${kind}`;
      expect(error, what).toBeInstanceOf(PhylloError);
      expect(String(error), what).toMatch(made.message);
      expect(error, what).toHaveProperty('where', name);
      expect(placed.changed(), what).toEqual([]);
      counts.set(kind, counts.get(kind)! + 1);
      refused++;
    }
    // Right again: it runs, and writes its outputs alone.
    expect(invoke(backend, name, placed.args), name).toBeNull();
    const outputs = placed.blocks.filter(({ arg }) => arg.written).map(({ i }) => i);
    expect(outputs, `what ${name} writes`).toEqual(expect.arrayContaining(placed.changed()));
    placed.free();
  }
  expect(backend.memory().blocks).toBe(0);
});

afterAll(() => {
  const traps = [...counts.values()].reduce((sum, n) => sum + n);
  const kinds = [...counts].map(([kind, n]) => `${n} ${kind}`).join(', ');
  console.log(`${traps} wrong calls of ${NAMES.length} kernels, each refused: ${kinds}`);
});
