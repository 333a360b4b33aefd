/** Kernels with an activation, prepared or packed: the bits of the plain ones. */
import { describe, expect, test } from 'vitest';
import { ACTIVATION, type ConvSizes } from '../../ts/backend/backend';
import { reference } from '../../ts/backend/reference/backend';
import { wasmBackend } from '../../ts/backend/wasm/backend';
import { modules } from './modules';

describe.each(modules)('$name', ({ name, module }) => {
  const [_oracle, backend] = [reference(), wasmBackend(module, name)];

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
});
