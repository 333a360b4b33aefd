/** Every kernel of the contract, on every binary that this engine runs, against the reference backend. */
import { existsSync, readFileSync } from 'node:fs';
import { setFlagsFromString } from 'node:v8';
import { afterAll, describe, expect, test } from 'vitest';
import { ACTIVATION, type AllKernels, type ConvSizes, type FullBackend } from '../../ts/backend/backend';
import { reference } from '../../ts/backend/reference/backend';
import { wasmBackend } from '../../ts/backend/wasm/backend';
import { OutOfMemoryError, PhylloError } from '../../ts/core/errors';
import { type Call, CASES } from './kernels';

// Node 20 knows relaxed SIMD, but hides it.
if (process.versions.node.startsWith('20.')) setFlagsFromString('--experimental-wasm-relaxed-simd');

const load = (name: string): WebAssembly.Module | null => {
  const url = new URL(`../../generated/${name}.wasm`, import.meta.url);
  if (!existsSync(url)) throw new Error(`${name}.wasm is missing; run npm run setup`);
  const bytes = readFileSync(url);
  return WebAssembly.validate(bytes) ? new WebAssembly.Module(bytes) : null;
};

// Only `relaxed` may be one that the engine does not know.
const modules = ['simd128', 'relaxed', 'checked'].flatMap(name => {
  const module = load(name);
  if (module === null && name !== 'relaxed') throw new Error(`this engine does not run ${name}.wasm`);
  return module === null ? [] : [{ name, module }];
});

/** The names, with their types. */
const KERNELS = (Object.keys(CASES) as (keyof typeof CASES)[]).sort();

/** Makes the buffers, calls the kernel, and gives back what it returned and wrote. */
function run(backend: FullBackend, name: keyof AllKernels, { args }: Call): number[][] {
  const blocks = args.map(arg => {
    if (typeof arg === 'number') return null;
    const bytes = arg.data.length * backend.itemSize(arg.dtype);
    const at = backend.alloc(bytes);
    backend.write(at, arg.data, arg.dtype);
    return { at, bytes, arg };
  });
  const kernel: (...args: number[]) => number | void = backend.kernels[name]!;
  const addresses = args.map((arg, i) => {
    const block = blocks[i];
    return typeof arg === 'number' || !block ? Number(arg) : block.at + arg.first * backend.itemSize(arg.dtype);
  });
  const result = kernel(...addresses);
  const written = blocks.map(block =>
    block?.arg.written ? Array.from(backend.readSync(block.at, block.arg.data.length, block.arg.dtype)) : [],
  );
  for (const block of blocks) if (block) backend.free(block.at, block.bytes);
  return [typeof result === 'number' ? [result] : [], ...written];
}

/** The largest error, as a part of the largest element, or of 1 if that is less. */
function largestError(actual: readonly number[], expected: readonly number[]): number {
  const finite = (i: number): boolean => Number.isFinite(expected[i]) && Number.isFinite(actual[i]);
  const largest = expected.reduce((m, x, i) => (finite(i) ? Math.max(m, Math.abs(x)) : m), 1);
  return expected.reduce((m, x, i) => (finite(i) ? Math.max(m, Math.abs(x - actual[i]!)) : m), 0) / largest;
}

/** kernel: its largest error in each binary. */
const errors = new Map<string, number[]>();
let cases = 0;

afterAll(() => {
  const rows = [...errors].filter(([, list]) => list.some(e => e > 0)).sort();
  const lines = rows.map(([kernel, list]) =>
    [kernel.padEnd(20), ...list.map(e => e.toExponential(1).padStart(9))].join(''),
  );
  const head = ['largest error'.padEnd(20), ...modules.map(({ name }) => name.padStart(9))].join('');
  console.log(
    [head, ...lines, `${cases} cases of ${KERNELS.length} kernels in all binaries; kernels not listed are exact`].join(
      '\n',
    ),
  );
});

/** What is wrong with a result, or null. */
function difference(
  actual: readonly number[],
  expected: readonly number[],
  { tolerance, byLargest }: Call,
): string | null {
  if (actual.length !== expected.length) return `${actual.length} elements, not ${expected.length}`;
  const largest = expected.reduce((m, x) => (Number.isFinite(x) ? Math.max(m, Math.abs(x)) : m), 1);
  for (const [i, x] of expected.entries()) {
    const y = actual[i]!;
    // What is beyond f32 is infinite there.
    if (Object.is(x, y) || x === y || (tolerance > 0 && Math.fround(x) === y)) continue;
    // Beside their own size, elements may differ by the rounding of numbers of size 1 that cancelled.
    const allowed = tolerance * (byLargest ? largest : Math.abs(x)) + (tolerance && 1e-7);
    if (!(Math.abs(x - y) <= allowed)) return `element ${i} is ${y}, not ${x}`;
  }
  return null;
}

describe.each(modules)('$name', ({ name, module }) => {
  const [oracle, backend] = [reference(), wasmBackend(module, name)];

  test.each(KERNELS)('%s', kernel => {
    const before = backend.memory();
    let largest = 0;
    for (const call of CASES[kernel]()) {
      const [actual, expected] = [run(backend, kernel, call), run(oracle, kernel, call)];
      const scalars = call.args.map(arg => (typeof arg === 'number' ? arg : arg.dtype)).join(', ');
      for (const [i, y] of actual.entries()) {
        const problem = difference(y, expected[i]!, call);
        if (problem !== null) expect.fail(`${kernel}(${scalars}), ${i ? `argument ${i - 1}` : 'result'}: ${problem}`);
        largest = Math.max(largest, largestError(y, expected[i]!));
      }
      cases++;
    }
    errors.set(kernel, [...(errors.get(kernel) ?? []), largest]);
    expect({ ...backend.memory(), peak: 0 }).toEqual({ ...before, peak: 0 });
  });

  test('dense elementwise kernels may write over an input', () => {
    const n = 37;
    const { kernels: k } = backend;
    const [a, b, c] = [backend.alloc(4 * n), backend.alloc(4 * n), backend.alloc(4 * n)];
    const reset = (): void => {
      backend.write(
        a,
        Array.from({ length: n }, (_, i) => i / 8 - 2),
        'f32',
      );
      backend.write(
        b,
        Array.from({ length: n }, (_, i) => 3 - i / 4),
        'f32',
      );
    };
    const dense = [1, 1, 1, n, 0, 0, 0, 1, 0, 0, 0, 1] as const;
    const calls: ((y: number) => void)[] = [
      y => k.exp(a, y, n, 0),
      y => k.tanhGrad(b, a, y, n, 0),
      y => k.sub(a, b, y, ...dense),
      y => k.pow(a, b, y, ...dense),
      y => k.clamp(a, y, n, -1, 1),
      y => k.f32ToI32(a, y, n),
      y => k.where(b, a, b, y, n),
    ];
    for (const call of calls) {
      reset();
      call(c);
      const apart = Array.from(backend.readSync(c, n, 'f32'));
      call(a);
      expect(Array.from(backend.readSync(a, n, 'f32'))).toEqual(apart);
    }
    for (const at of [a, b, c]) backend.free(at, 4 * n);
  });

  test.each(['relu', 'sigmoid', 'tanh'] as const)('gemm with %s: the bits of that kernel after it', name => {
    const { kernels: k } = backend;
    for (const [m, n, depth] of [
      [1, 13, 20],
      [4, 21, 300],
      [6, 9, 0],
      [17, 19, 530],
    ] as const) {
      const sizes = [m * depth, depth * n, m * n, n].map(length => 4 * length);
      const [a, b, c, bias] = sizes.map(bytes => backend.alloc(bytes)) as [number, number, number, number];
      const data = (length: number): number[] => Array.from({ length }, (_, i) => Math.sin(i * 1.7));
      for (const [at, length] of [
        [a, m * depth],
        [b, depth * n],
        [bias, n],
      ] as const) {
        backend.write(at, data(length), 'f32');
      }
      const product = (activation: number): void =>
        k.gemm(m, n, depth, a, depth, 1, b, n, 1, c, n, 1, 0, 0, 0, bias, 1, 0, activation);
      product(ACTIVATION[name]);
      const fused = backend.readSync(c, m * n, 'f32');
      product(ACTIVATION.none);
      k[name](c, c, m * n, 0);
      expect(fused).toEqual(backend.readSync(c, m * n, 'f32'));
      [a, b, c, bias].forEach((at, i) => backend.free(at, sizes[i]!));
    }
  });

  /** Geometries that each method of convolution serves: [n, c, h, w, k, kernel, padding, stride, groups]. */
  const CONVOLUTIONS = [
    [1, 3, 20, 17, 8, 3, 1, 1, 1],
    [1, 20, 9, 11, 18, 3, 1, 1, 1],
    [2, 34, 13, 14, 36, 3, 1, 1, 2],
    [1, 12, 9, 10, 7, 5, 2, 2, 1],
    [9, 2, 8, 7, 3, 3, 0, 1, 1],
    [1, 6, 11, 9, 6, 3, 1, 1, 6],
    [0, 3, 5, 5, 2, 3, 1, 1, 1],
    [3, 17, 4, 5, 16, 3, 1, 1, 1],
  ] as const;
  const geometry = (of: (typeof CONVOLUTIONS)[number]): ConvSizes => {
    const [n, c, h, w, k, kernel, padding, stride, groups] = of;
    const out = (size: number): number => Math.floor((size + 2 * padding - kernel) / stride) + 1;
    return [n, c, h, w, k, kernel, kernel, out(h), out(w), stride, stride, padding, padding, 1, 1, groups];
  };

  test.each(['none', 'relu', 'sigmoid', 'tanh'] as const)('conv2d with %s, prepared or not: the same bits', name => {
    const { kernels: k } = backend;
    for (const sizes of CONVOLUTIONS.map(geometry)) {
      const [n, c, h, w, filters, kh, kw, oh, ow, , , , , , , groups] = sizes;
      const counts = [n * c * h * w, (filters * c * kh * kw) / groups, n * filters * oh * ow, filters];
      const [x, weight, y, bias] = counts.map(count => backend.alloc(4 * count)) as [number, number, number, number];
      for (const [at, count] of [
        [x, counts[0]!],
        [weight, counts[1]!],
        [bias, filters],
      ] as const) {
        backend.write(
          at,
          Array.from({ length: count }, (_, i) => Math.sin(i * 1.7 + count)),
          'f32',
        );
      }
      k.conv2d(x, weight, y, bias, ...sizes, ACTIVATION[name]);
      const fused = backend.readSync(y, counts[2]!, 'f32');
      k.conv2d(x, weight, y, bias, ...sizes, ACTIVATION.none);
      // No activation is steeper than 1: what the sums may be wrong by, it may be.
      const largest = Array.from(backend.readSync(y, counts[2]!, 'f32')).reduce((m, v) => Math.max(m, Math.abs(v)), 1);
      if (name !== 'none') k[name](y, y, counts[2]!, 0);
      const apart = backend.readSync(y, counts[2]!, 'f32');
      expect(fused).toEqual(apart);
      for (const algorithm of [0, 1]) {
        const bytes = 4 * k.conv2dPreparedSize(...sizes, algorithm);
        const prepared = backend.alloc(bytes);
        k.conv2dPrepare(weight, prepared, ...sizes, algorithm);
        backend.write(y, Array<number>(counts[2]!).fill(NaN), 'f32');
        k.conv2dPrepared(x, prepared, y, bias, ...sizes, ACTIVATION[name], algorithm);
        const result = backend.readSync(y, counts[2]!, 'f32');
        if (algorithm === 0) expect(result).toEqual(apart);
        for (const [i, v] of result.entries()) expect(Math.abs(v - apart[i]!)).toBeLessThan(3e-5 * largest);
        backend.free(prepared, bytes);
      }
      [x, weight, y, bias].forEach((at, i) => backend.free(at, 4 * counts[i]!));
    }
  });

  test('gemmPacked: the bits of gemm', () => {
    const { kernels: k } = backend;
    for (const [m, n, depth] of [
      [8, 70, 600],
      [9, 37, 300],
      [30, 9, 5],
      [8, 33, 520],
      [17, 2, 1],
    ] as const) {
      for (const byColumns of [false, true]) {
        const lengths = [m * depth, depth * n, m * n, k.gemmPackSize(m, depth, n)] as const;
        const [a, b, c, packed] = lengths.map(length => backend.alloc(4 * length)) as [number, number, number, number];
        const data = (length: number): number[] => Array.from({ length }, (_, i) => Math.sin(i * 1.7));
        backend.write(a, data(m * depth), 'f32');
        backend.write(b, data(depth * n), 'f32');
        const strides: [rsb: number, csb: number] = byColumns ? [1, depth] : [n, 1];
        k.gemm(m, n, depth, a, depth, 1, b, ...strides, c, n, 1, 0, 0, 0, a, 0, 0, ACTIVATION.relu);
        const plain = backend.readSync(c, m * n, 'f32');
        k.gemmPack(b, ...strides, depth, n, packed);
        k.fill(c, m * n, NaN);
        k.gemmPacked(m, n, depth, a, depth, 1, packed, c, n, 0, 0, 0, ACTIVATION.relu);
        expect(backend.readSync(c, m * n, 'f32')).toEqual(plain);
        [a, b, c, packed].forEach((at, i) => backend.free(at, 4 * lengths[i]!));
      }
    }
  });

  test('gemmPackSize: nothing where packing gains nothing', () => {
    const { gemmPackSize } = backend.kernels;
    for (const [m, k, n] of [
      [1, 70, 600],
      [7, 9, 5],
      [9, 30, 1],
      [9, 0, 3],
      [0, 4, 4],
    ] as const) {
      expect(gemmPackSize(m, k, n)).toBe(0);
    }
    expect(gemmPackSize(8, 30, 9)).toBeGreaterThanOrEqual(270);
  });

  test('memory: elements of each type, views after growth, counts', () => {
    const before = backend.memory(true);
    const data = {
      f32: [0.5, -1, NaN],
      i32: [-1, 2 ** 31 - 1, 7],
      u8: [0, 255, 7],
      bool: [0, 1, 1],
      f64: [0.1, -1e300, 3],
    } as const;
    const blocks = (Object.keys(data) as (keyof typeof data)[]).map(dtype => {
      const at = backend.alloc(3 * backend.itemSize(dtype));
      expect(at % 16).toBe(0);
      backend.write(at, data[dtype], dtype);
      return { dtype, at };
    });
    expect(backend.memory()).toEqual({ bytes: before.bytes + 54, blocks: before.blocks + 5, peak: before.bytes + 54 });
    // Far more than there is: the buffer is detached, and views are made again.
    const large = backend.alloc(2 ** 26);
    backend.write(large + 2 ** 26 - 4, [42], 'f32');
    expect(backend.readSync(large + 2 ** 26 - 4, 1, 'f32')[0]).toBe(42);
    for (const { dtype, at } of blocks) {
      expect(Array.from(backend.readSync(at, 3, dtype))).toEqual(data[dtype]);
      expect(backend.readSync(at + backend.itemSize(dtype), 1, dtype)[0]).toBe(data[dtype][1]);
    }
    // A copy, not a view.
    const copy = backend.readSync(blocks[1]!.at, 3, 'i32');
    backend.write(blocks[1]!.at, [0, 0, 0], 'i32');
    expect(Array.from(copy)).toEqual(data.i32);
    backend.free(large, 2 ** 26);
    for (const { dtype, at } of blocks) backend.free(at, 3 * backend.itemSize(dtype));
    expect(backend.memory()).toEqual({ bytes: before.bytes, blocks: before.blocks, peak: before.bytes + 54 + 2 ** 26 });
    expect(backend.memory(true).peak).toBe(before.bytes);
  });

  test('memory: a workspace that grows it leaves the views whole', () => {
    const fresh = wasmBackend(module, name);
    const [c, side, k] = [64, 96, 4];
    const sizes = [1, c, side, side, k, 3, 3, side, side, 1, 1, 1, 1, 1, 1, 1] as const;
    const [x, w, y] = [fresh.alloc(4 * c * side * side), fresh.alloc(4 * k * c * 9), fresh.alloc(4 * k * side * side)];
    fresh.kernels.fill(x, c * side * side, 1);
    fresh.kernels.fill(w, k * c * 9, 1);
    expect(fresh.readSync(x, 1, 'f32')[0]).toBe(1);
    const before = fresh.memory();
    fresh.kernels.conv2d(x, w, y, 0, ...sizes, ACTIVATION.none);
    expect(fresh.readSync(y, 1, 'f32')[0]).toBe(c * 4);
    expect(fresh.readSync(y + 4 * (side + 1), 1, 'f32')[0]).toBe(c * 9);
    expect(fresh.memory()).toEqual(before);
  });

  test('memory: what does not fit is refused, and nothing else is harmed', () => {
    const before = backend.memory();
    for (const bytes of [2 ** 32 - 1, 2 ** 32 + 8, 2 ** 53])
      expect(() => backend.alloc(bytes)).toThrow(OutOfMemoryError);
    expect(backend.memory()).toEqual(before);
    const at = backend.alloc(0);
    expect(at).toBeGreaterThan(0);
    backend.free(at, 0);
  });

  test('instances are apart', () => {
    const [a, b] = [wasmBackend(module, 'a'), wasmBackend(module, 'b')];
    const [x, y] = [a.alloc(4), b.alloc(4)];
    a.write(x, [1], 'f32');
    b.write(y, [2], 'f32');
    expect([a.readSync(x, 1, 'f32')[0], b.readSync(y, 1, 'f32')[0]]).toEqual([1, 2]);
    expect([a.memory().blocks, b.memory().blocks]).toEqual([1, 1]);
  });
});

test('the checked binary refuses addresses outside live blocks, and says which', () => {
  const backend = wasmBackend(load('checked')!, 'checked');
  const { kernels: k } = backend;
  const [x, y] = [backend.alloc(40), backend.alloc(40)];
  k.fill(x, 10, 1);
  const refused: [() => void, RegExp][] = [
    [
      () => k.relu(x, y, 11, 0),
      /^relu: [\s\S]*x takes 11 elements of 4 bytes at \d+, which are not within a live block/,
    ],
    [() => k.relu(x + 2, y, 1, 0), /not aligned/],
    [() => k.relu(x + 4, y, 10, 0), /not within/],
    [() => k.relu(0, y, 1, 0), /not within/],
    [() => k.relu(2 ** 31, y, 1, 0), /not within/],
    [() => k.relu(x, y, 2 ** 30, 0), /not within/],
    [() => k.add(x, x, y, 1, 1, 2, 5, 0, 0, 6, 1, 0, 0, 5, 1), /not within/],
    [() => k.relu(x, x + 4, 9, 0), /y at bytes .* overlaps x at bytes .* must be in place of it/],
    [
      () => k.add(x, x, x, 1, 1, 3, 3, 0, 0, 1, 3, 0, 0, 3, 1),
      /y at bytes .* overlaps a at bytes .* must be apart from it/,
    ],
    [() => k.copy(x, x, 1, 1, 1, 10, 0, 0, 0, 1, 0, 0, 0, 1), /y at bytes .* overlaps x at bytes .* must be apart/],
    [() => k.conv2d(x, x, y, 0, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 1, 1, 0, 0), /sizes that do not go together/],
    [() => k.gemm(2, 2, 6, x, 6, 1, x, 2, 1, y, 2, 1, 0, 0, 0, 0, 0, 0, 0), /12 elements/],
    [() => backend.free(x, 44), /has 40 bytes, not 44/],
    [() => backend.free(x + 16, 24), /no live block begins/],
  ];
  for (const [call, message] of refused) {
    expect(call).toThrow(PhylloError);
    expect(call).toThrow(message);
  }
  k.relu(x, y, 10, 0);
  expect(Array.from(backend.readSync(y, 10, 'f32'))).toEqual(Array(10).fill(1));
  backend.free(x, 40);
  expect(() => k.relu(x + 4, y, 1, 0)).toThrow(
    /^relu: [\s\S]*x takes 1 elements of 4 bytes at \d+, in a block that was freed: 40 bytes at \d+/,
  );
  const again = backend.alloc(40);
  expect(again).toBe(x);
  k.relu(x + 4, y, 1, 0);
});

test('a module of another kind is refused', () => {
  const empty = new WebAssembly.Module(Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0));
  expect(() => wasmBackend(empty, 'empty')).toThrow(PhylloError);
});
