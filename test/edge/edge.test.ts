/** phyllo/edge: plans from files give the bits of the plans they come from, and files from anywhere do no harm. */
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import { capture, IndexError, ShapeError, tensor, ValueError, type Tensor } from 'phyllo';
import { beforeAll, describe, expect, test } from 'vitest';
import { useBackend } from '../../ts/core/runtime';
import { load } from '../../ts/edge/node';
import { binaries } from '../backends';
import { lenet, numbers } from '../toy';
import { read, infer, planned, mlp, pictures, words, x16, image, sentence } from './plans';

const relaxed = WebAssembly.validate(read('infer-relaxed')) ? new WebAssembly.Module(read('infer-relaxed')) : null;

beforeAll(() => useBackend(binaries.find(({ name }) => name === 'simd128')!));

const bits = (x: ArrayLike<number>): number[] => [...new Uint32Array(Float32Array.from(x).buffer)];

describe('a plan from a file', () => {
  test.each([
    ['LeNet-5', () => planned(lenet(1998)), () => image(28)],
    ['16-32-4', mlp, x16],
    ['pictures', pictures, () => image(8)],
    ['words', words, sentence],
  ] as const)('gives the same bits: %s', async (_, make, input) => {
    const f = make();
    const x = input();
    const file = f.plan(x).encode();
    const want = f(x).toArray();
    expect(new Set(want).size).toBeGreaterThan(1);
    const net = load(file, { wasm: infer });
    expect([net.inputs[0]!.shape, net.outputs[0]!.shape]).toEqual([x.shape, f(x).shape]);
    for (const run of [1, 2]) expect(bits(net.run(x.toArray())), `run ${run}`).toEqual(bits(want));
    expect(bits(load(file, { wasm: infer }).run({ input: x.toArray() }).output!)).toEqual(bits(want));
    const near = [await load(file), ...(relaxed ? [load(file, { wasm: relaxed })] : [])];
    for (const net of near) net.run(x.toArray()).forEach((y, i) => expect(y).toBeCloseTo(want[i]!, 4));
    f.dispose();
  });

  test('computes anew from what it is given, and hands out copies', () => {
    const f = mlp();
    const net = load(f.plan(x16()).encode(), { wasm: infer });
    const [a, b] = [numbers(16, 1), numbers(16, 8)];
    const y = net.run(a);
    const before = [...y];
    expect([...net.run(b)]).not.toEqual(before);
    expect([...y]).toEqual(before);
    y.fill(0);
    expect([...net.run([...a])]).toEqual(before);
  });

  test('takes bytes in any form, wherever they begin', async () => {
    const f = mlp();
    const x = x16();
    const file = f.plan(x).encode();
    const want = bits(f(x).toArray());
    const shared = new Uint8Array(new SharedArrayBuffer(file.length));
    shared.set(file);
    const copy = Uint8Array.from(file).buffer;
    const forms: (ArrayBufferView | ArrayBufferLike)[] = [
      Buffer.from(file),
      copy,
      new Float32Array(copy),
      shared,
      shared.buffer,
    ];
    for (let offset = 0; offset < 16; offset++) {
      const pool = Buffer.alloc(file.length + 32); // as Node's small Buffers are parts of one
      pool.set(file, offset);
      const bytes = pool.subarray(offset, offset + file.length);
      forms.push(
        bytes,
        new Uint8Array(pool.buffer, bytes.byteOffset, file.length),
        new DataView(pool.buffer, bytes.byteOffset, file.length),
      );
    }
    for (const bytes of forms) expect(bits(load(bytes, { wasm: infer }).run(x.toArray()))).toEqual(want);
    expect([...(await load(Buffer.from(file))).run(x.toArray())]).toHaveLength(4);
    f.dispose();
  });

  test('names what goes in and comes out', () => {
    const f = capture((a: Tensor, b: Tensor) => ({ sum: a.add(b), product: a.mul(b) }));
    const file = f.plan(tensor([1, 2]), tensor([3, 4])).encode({ inputs: ['left', 'right'] });
    const net = load(file, { wasm: infer });
    expect(net.inputs.map(({ name }) => name)).toEqual(['left', 'right']);
    expect(net.run({ left: [1, 2], right: [5, 7] })).toEqual({
      sum: Float32Array.of(6, 9),
      product: Float32Array.of(5, 14),
    });
    expect(() => net.run([1, 2])).toThrow(ValueError);
    expect(() => net.run({ left: [1, 2] })).toThrow(
      "plan file: input 'right' is missing: run takes its 2 inputs by name, { left, right }",
    );
    expect(() => net.run({ left: [1, 2], right: [1] })).toThrow(ShapeError);
  });

  test('finds indices outside their range, and goes on', () => {
    const f = words();
    const net = load(f.plan(sentence()).encode(), { wasm: infer });
    const want = [...net.run([3, 0, 5])];
    expect(() => net.run([3, 6, 5])).toThrow(IndexError);
    expect(() => net.run([3, 0, -1])).toThrow("plan file: index -1 at position 2 of input 'input' is outside [0, 6)");
    expect([...net.run([3, 0, 5])]).toEqual(want);
  });
});

test('what is sent to the edge is small, compressed', async () => {
  const compressed = (bytes: Uint8Array): number => gzipSync(bytes, { level: 9 }).length;
  const entry = fileURLToPath(new URL('../../ts/edge/browser.ts', import.meta.url));
  const { outputFiles } = await build({
    entryPoints: [entry],
    bundle: true,
    minify: true,
    format: 'esm',
    write: false,
    logLevel: 'error',
  });
  const sizes: [name: string, size: number, most: number][] = [
    ['phyllo/edge', compressed(outputFiles[0]!.contents), 4224],
    ...['infer', 'infer-relaxed'].map((name): [string, number, number] => [
      `${name}.wasm`,
      compressed(read(name)),
      72.5 * 1024,
    ]),
    ...['simd128', 'relaxed'].map((name): [string, number, number] => [
      `${name}.wasm`,
      compressed(read(name)),
      190 * 1024,
    ]),
  ];
  for (const [name, size, most] of sizes) console.log(`${name}: ${size} bytes of ${most}`);
  for (const [name, size, most] of sizes) expect(size, name).toBeLessThanOrEqual(most);
});
