/** The memory of a WebAssembly backend, and what its modules refuse. */
import { describe, expect, test } from 'vitest';
import { ACTIVATION } from '../../ts/backend/backend';
import { reference } from '../../ts/backend/reference/backend';
import { wasmBackend } from '../../ts/backend/wasm/backend';
import { OutOfMemoryError, PhylloError } from '../../ts/core/errors';
import { load, modules } from './modules';

describe.each(modules)('$name', ({ name, module }) => {
  const [_oracle, backend] = [reference(), wasmBackend(module, name)];

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
