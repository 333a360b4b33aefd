/** Kernels and allocations that fail, at the level of the backend: typed errors, and afterwards all is as it was. */
import { readFileSync } from 'node:fs';
import { expect, test, vi } from 'vitest';
import { ACTIVATION, type ConvSizes, type FullBackend } from '../../ts/backend/backend';
import { wasmBackend } from '../../ts/backend/wasm/backend';
import { OutOfMemoryError, PhylloError } from '../../ts/core/errors';
import { takeAll } from './full-memory';
import { CASES } from './kernels/index';

vi.setConfig({ testTimeout: 120_000 });

const CALLS = 100_000;
const instance = (name: string): FullBackend =>
  wasmBackend(new WebAssembly.Module(readFileSync(new URL(`../../generated/${name}.wasm`, import.meta.url))), name);

/** The largest block there is room for, to 64 KiB. */
function largest(backend: FullBackend): number {
  let [fits, fails] = [0, 2 ** 32];
  while (fails - fits > 2 ** 16) {
    const bytes = (fits + fails) / 2;
    try {
      backend.free(backend.alloc(bytes), bytes);
      fits = bytes;
    } catch (error) {
      expect(error).toBeInstanceOf(OutOfMemoryError);
      fails = bytes;
    }
  }
  return fits;
}

/** What f throws, or null. Without traces, which take longer than the calls. */
function errorOf(f: () => unknown): unknown {
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 0;
  try {
    f();
    return null;
  } catch (error) {
    return error;
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
  }
}

/** Kernels that some of their cases need a workspace for. */
const WORKING = [
  'conv2d',
  'conv2dGradW',
  'conv2dGradX',
  'conv2dBlocked',
  'conv2dBlockedGradW',
  'conv2dBlockedGradX',
  'gemm',
  'gru',
  'gruGrad',
  'lstm',
  'lstmGrad',
  'rnn',
  'rnnGrad',
] as const;

test('a kernel without room to work in says so before it writes, and runs once there is room', () => {
  const backend = instance('simd128');
  const refused = new Set<string>();
  for (const name of WORKING) {
    const kernel: (...args: number[]) => number | void = backend.kernels[name];
    for (const { args } of CASES[name]().slice(0, 40)) {
      const blocks = args.flatMap((arg, i) => {
        if (typeof arg === 'number') return [];
        const bytes = arg.data.length * backend.itemSize(arg.dtype);
        const at = backend.alloc(bytes);
        backend.write(at, arg.data, arg.dtype);
        return [{ i, at, bytes, first: at + arg.first * backend.itemSize(arg.dtype) }];
      });
      const contents = (): string[] =>
        blocks.map(({ at, bytes }) => Buffer.from(backend.readSync(at, bytes, 'u8')).toString('latin1'));
      const numbers = args.map((arg, i) =>
        typeof arg === 'number' ? arg : blocks.find(block => block.i === i)!.first,
      );
      const before = contents();
      const rest = takeAll(backend);
      const live = backend.memory().bytes;
      const error = errorOf(() => kernel(...numbers));
      if (error !== null) {
        expect(error).toBeInstanceOf(OutOfMemoryError);
        expect(String(error)).toMatch(
          new RegExp(`^OutOfMemoryError: ${name}: no room for \\d+ bytes to work in beside the ${live} in use$`),
        );
        expect(contents(), name).toEqual(before);
        refused.add(name);
      }
      rest.free();
      if (error !== null) kernel(...numbers);
      for (const { at, bytes } of blocks) backend.free(at, bytes);
    }
  }
  expect([...refused]).toEqual(WORKING);
  expect(backend.memory().blocks).toBe(0);
});

/** A small convolution that needs a workspace, on operands of its own, and what it computes. */
class Convolution {
  private static readonly SIZES: ConvSizes = [1, 8, 16, 16, 8, 3, 3, 16, 16, 1, 1, 1, 1, 1, 1, 1];
  private readonly at: number;
  constructor(private readonly backend: FullBackend) {
    this.at = backend.alloc(4 * 3 * 2048);
    backend.write(
      this.at,
      Array.from({ length: 3 * 2048 }, (_, i) => Math.sin(i)),
      'f32',
    );
  }
  run(change: Partial<Record<'x' | 'groups', number>> = {}): number[] {
    const [x, w, y] = [0, 1, 2].map(i => this.at + 4 * 2048 * i) as [number, number, number];
    const sizes: ConvSizes = [...Convolution.SIZES];
    sizes[15] = change.groups ?? 1;
    this.backend.kernels.conv2d(change.x ?? x, w, y, 0, ...sizes, ACTIVATION.none);
    return Array.from(this.backend.readSync(y, 2048, 'f32'));
  }
}

const FAILING: Readonly<Record<string, (conv: Convolution) => unknown>> = {
  'a failed assertion': conv => conv.run({ groups: 0 }),
  'an address beyond memory': conv => conv.run({ x: 2 ** 32 - 2 ** 16 }),
};

test.each(['simd128', 'checked'].flatMap(name => Object.keys(FAILING).map(kind => [name, kind] as const)))(
  `${CALLS} failing calls on %s, by %s, leave everything as it was`,
  (name, kind) => {
    const backend = instance(name);
    const conv = new Convolution(backend);
    const expected = conv.run();
    const memory = backend.memory();
    for (let i = 0; i < CALLS; i++) {
      const error = errorOf(() => FAILING[kind]!(conv));
      if (error === null) expect.fail(`call ${i} does not fail`);
      // The rest is where the contract is broken, and beyond the engine's own error nothing tells.
      if (name === 'checked' || kind !== 'an address beyond memory') {
        if (!(error instanceof PhylloError)) expect.fail(`call ${i}: ${String(error)}`);
      }
    }
    const at = backend.alloc(100);
    backend.free(at, 100);
    expect(conv.run()).toEqual(expected);
    expect(backend.memory()).toEqual({ ...memory, peak: memory.bytes + 100 });
  },
);

test(`${CALLS} calls without room to work in leave everything as it was`, () => {
  const backend = instance('simd128');
  const conv = new Convolution(backend);
  const expected = conv.run();
  const rest = takeAll(backend);
  const memory = backend.memory(true);
  for (let i = 0; i < CALLS; i++) {
    if (!(errorOf(() => conv.run()) instanceof OutOfMemoryError)) expect.fail(`call ${i}`);
  }
  expect(backend.memory()).toEqual(memory);
  rest.free();
  expect(conv.run()).toEqual(expected);
  const again = takeAll(backend);
  // The workspace may lie anywhere.
  expect(again.bytes).toBeGreaterThan(rest.bytes - 2 ** 20);
});

test('a failed assertion says where', () => {
  const error = errorOf(() => new Convolution(instance('simd128')).run({ groups: 0 }));
  expect(String(error)).toMatch(/^PhylloError: wasm: .*zero \(crates\/kernels\/src\/[\w/]+\.rs:\d+\)$/);
});

test('a stack overflow in an allocation: memory is in order, or refuses work', () => {
  let refused = 0;
  const depths = 20;
  for (let depth = 0; depth < depths; depth++) {
    const backend = instance('simd128');
    const live: [at: number, bytes: number][] = [];
    const overflow = (turns: number): number => {
      if (turns > depth) {
        const bytes = (turns * 997) % 8000;
        live.push([backend.alloc(bytes), bytes]);
        if (turns % 3 === 0) backend.free(...live.splice(-2, 1)[0]!);
      }
      return overflow(turns + 1) + 1;
    };
    expect(errorOf(() => overflow(0))).toBeInstanceOf(RangeError);
    const error = errorOf(() => backend.free(backend.alloc(1000), 1000));
    if (error === null) continue;
    expect(String(error)).toMatch(
      /memory was left in the middle of a change, by a stack overflow: load the library anew/,
    );
    refused++;
  }
  expect(refused).toBeLessThan(depths);
});

test('320 MiB of f32[1024], given back, are one block again', () => {
  const backend = instance('simd128');
  const whole = largest(backend);
  expect(whole).toBe(2 ** 31 - 2 ** 16); // a block is smaller than 2 GiB
  const blocks = Array.from({ length: 5 * 2 ** 14 }, () => backend.alloc(4096));
  // No neighbours one after the other.
  for (let i = 0; i < blocks.length; i++) backend.free(blocks[(i * 40503) % blocks.length]!, 4096);
  expect(backend.memory().blocks).toBe(0);
  // Where they were, there is room for one of 256 MiB.
  const one = backend.alloc(2 ** 28);
  expect(one + 2 ** 28).toBeLessThanOrEqual(Math.max(...blocks) + 4096);
});
