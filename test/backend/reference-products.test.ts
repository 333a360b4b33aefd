/** The reference backend's products, convolutions and pools against naive loops. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ACTIVATION } from '../../ts/backend/backend';
import { Bench, numbers, dot, expectClose, indices, tabulate } from './bench';

describe('gemm', () => {
  const [m, n, k, batch] = [3, 4, 5, 2];
  const [a, b2] = [numbers(batch * m * k, 1), numbers(batch * k * n, 2)];
  const product = tabulate([batch, m, n], (t, i, j) =>
    dot(
      tabulate([k], l => a[(t! * m + i!) * k + l!]!),
      tabulate([k], l => b2[(t! * k + l!) * n + j!]!),
    ),
  );

  test.each([
    ['plain', 0, 0],
    ['bias by column', 1, 0],
    ['bias by row, accumulated', 2, 1],
  ])('%s, row-major and transposed', (_, biasBy, accumulate) => {
    const b = new Bench();
    const bias = [10, 20, 30, 40];
    const expected = tabulate(
      [batch, m, n],
      (t, i, j) =>
        product[(t! * m + i!) * n + j!]! + (accumulate ? 7 : 0) + (biasBy === 0 ? 0 : bias[biasBy === 1 ? j! : i!]!),
    );
    const c = b.put(Array.from({ length: batch * m * n }, () => (accumulate ? 7 : NaN)));
    const biasAt = biasBy ? b.put(bias) : 0;
    const [pa, pb] = [b.put(a), b.put(b2)];
    b.k.gemm(m, n, k, pa, k, 1, pb, n, 1, c, n, batch, m * k, k * n, m * n, biasAt, biasBy, accumulate, 0);
    expectClose(b.get(c, batch * m * n), expected);

    const transposed = tabulate([batch, k, m], (t, l, i) => a[(t! * m + i!) * k + l!]!);
    b.k.fill(c, batch * m * n, 7);
    b.k.gemm(
      m,
      n,
      k,
      b.put(transposed),
      1,
      m,
      pb,
      n,
      1,
      c,
      n,
      batch,
      m * k,
      k * n,
      m * n,
      biasAt,
      biasBy,
      accumulate,
      0,
    );
    expectClose(b.get(c, batch * m * n), expected);
  });

  test('k = 0 gives the bias; a batch may share B; rows of C may be apart', () => {
    const b = new Bench();
    const c = b.put([NaN, NaN, NaN, NaN]);
    b.k.gemm(2, 2, 0, b.space(0), 0, 1, b.space(0), 2, 1, c, 2, 1, 0, 0, 0, b.put([1, 2]), 1, 0, 0);
    expect(b.get(c, 4)).toEqual([1, 2, 1, 2]);
    const wide = b.put([9, 9, 9, 9, 9, 9]);
    b.k.gemm(1, 1, 2, b.put([1, 2, 3, 4]), 2, 1, b.put([10, 1]), 1, 1, wide, 1, 2, 2, 0, 3, 0, 0, 0, 0);
    expect(b.get(wide, 6)).toEqual([12, 9, 9, 34, 9, 9]);
  });

  test('a packed B gives the same product', () => {
    const b = new Bench();
    const [pa, pb, packed] = [b.put(a), b.put(b2), b.space(b.k.gemmPackSize(m, k, n))];
    const [c, d] = [b.space(m * n), b.space(m * n)];
    b.k.gemm(m, n, k, pa, 1, m, pb, 1, k, c, n, 1, 0, 0, 0, b.put([1, 2, 3, 4]), 2, 0, ACTIVATION.tanh);
    b.k.gemmPack(pb, 1, k, k, n, packed);
    b.k.gemmPacked(m, n, k, pa, 1, m, packed, d, n, b.put([1, 2, 3, 4]), 2, 0, ACTIVATION.tanh);
    expect(b.get(d, m * n)).toEqual(b.get(c, m * n));
  });

  test.each([
    [ACTIVATION.relu, [0, 3]],
    [ACTIVATION.sigmoid, [1 / (1 + Math.exp(2)), 1 / (1 + Math.exp(-3))]],
    [ACTIVATION.tanh, [Math.tanh(-2), Math.tanh(3)]],
  ])('activation %i comes after the bias', (activation, expected) => {
    const b = new Bench();
    const c = b.put([NaN, NaN]);
    b.k.gemm(1, 2, 1, b.put([2]), 1, 1, b.put([-3, 1]), 2, 1, c, 2, 1, 0, 0, 0, b.put([4, 1]), 1, 0, activation);
    expectClose(b.get(c, 2), expected);
  });
});

/** Random convolutions: sizes, and how they step, small enough for seven loops. */
const geometry = fc.record({
  n: fc.integer({ min: 1, max: 2 }),
  groups: fc.integer({ min: 1, max: 2 }),
  depth: fc.integer({ min: 1, max: 2 }),
  filters: fc.integer({ min: 1, max: 2 }),
  kernel: fc.tuple(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 3 })),
  out: fc.tuple(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 4 })),
  stride: fc.tuple(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 3 })),
  dilation: fc.tuple(fc.integer({ min: 1, max: 2 }), fc.integer({ min: 1, max: 2 })),
  before: fc.tuple(fc.integer({ min: 0, max: 2 }), fc.integer({ min: 0, max: 2 })),
  after: fc.tuple(fc.integer({ min: -1, max: 2 }), fc.integer({ min: -1, max: 2 })),
  seed: fc.integer({ min: 1, max: 1 << 30 }),
});

describe('conv2d', () => {
  test('equals padding first, then summing; its gradients are its adjoints', () => {
    fc.assert(
      fc.property(geometry, q => {
        const { n, groups, depth } = q;
        const [c, k] = [groups * depth, groups * q.filters];
        const [[kh, kw], [oh, ow], [sh, sw], [dh, dw], [pt, pl]] = [q.kernel, q.out, q.stride, q.dilation, q.before];
        // What the outputs read, padding included, and of it the input.
        const [ph, pw] = [(oh - 1) * sh + (kh - 1) * dh + 1, (ow - 1) * sw + (kw - 1) * dw + 1];
        const [h, w] = [Math.max(1, ph - pt - q.after[0]), Math.max(1, pw - pl - q.after[1])];
        const shape = [n, c, h, w, k, kh, kw, oh, ow, sh, sw, pt, pl, dh, dw, groups] as const;
        const x = numbers(n * c * h * w, q.seed);
        const weight = numbers(k * depth * kh * kw, q.seed + 1);
        const g = numbers(n * k * oh * ow, q.seed + 2);
        const bias = numbers(k, q.seed + 3);

        const padded = tabulate([n, c, ph, pw], (b, d, i, j) => {
          const [row, column] = [i! - pt, j! - pl];
          return row < 0 || row >= h || column < 0 || column >= w ? 0 : x[((b! * c + d!) * h + row) * w + column]!;
        });
        const expected = tabulate([n, k, oh, ow], (b, f, i, j) => {
          const first = Math.floor(f! / q.filters) * depth;
          return indices(depth, kh, kw).reduce((sum, [d, u, v]) => {
            const at = ((b! * c + first + d!) * ph + i! * sh + u! * dh) * pw + j! * sw + v! * dw;
            return sum + padded[at]! * weight[((f! * depth + d!) * kh + u!) * kw + v!]!;
          }, 0);
        });

        const t = new Bench();
        const [y, gx, gw] = [t.space(g.length), t.space(x.length), t.space(weight.length)];
        t.k.conv2d(t.put(x), t.put(weight), y, 0, ...shape, 0);
        const value = t.get(y, g.length);
        expectClose(value, expected);
        t.k.conv2d(t.put(x), t.put(weight), y, t.put(bias), ...shape, 0);
        expectClose(
          t.get(y, g.length),
          expected.map((v, o) => v + bias[Math.floor(o / (oh * ow)) % k]!),
        );

        t.k.conv2dGradX(t.put(g), t.put(weight), gx, 0, ...shape);
        t.k.conv2dGradW(t.put(g), t.put(x), gw, 0, ...shape);
        expectClose([dot(t.get(gx, x.length), x)], [dot(value, g)]);
        expectClose([dot(t.get(gw, weight.length), weight)], [dot(value, g)]);
        // An identity in the other arguments too: in x at fixed w, and in w at fixed x.
        const [x2, w2] = [numbers(x.length, q.seed + 4), numbers(weight.length, q.seed + 5)];
        t.k.conv2d(t.put(x2), t.put(weight), y, 0, ...shape, 0);
        expectClose([dot(t.get(gx, x.length), x2)], [dot(t.get(y, g.length), g)]);
        t.k.conv2d(t.put(x), t.put(w2), y, 0, ...shape, 0);
        expectClose([dot(t.get(gw, weight.length), w2)], [dot(t.get(y, g.length), g)]);
      }),
      { numRuns: 60, seed: 7 },
    );
  });

  test('an empty batch', () => {
    const t = new Bench();
    const gw = t.space(1);
    t.k.conv2dGradW(t.space(0), t.space(0), gw, 0, 0, 1, 2, 2, 1, 1, 1, 2, 2, 1, 1, 0, 0, 1, 1, 1);
    expect(t.get(gw, 1)).toEqual([0]);
  });
});

describe('pools', () => {
  const plane = [1, 5, 2, 0, 7, 3, 7, 1, 4, 4, 9, 8, 0, 6, 2, NaN];

  test('max: the first of equals, NaN before all, and its gradients', () => {
    const t = new Bench();
    const [y, at, gx] = [t.space(4), t.space(4), t.space(16)];
    const shape = [1, 4, 4, 2, 2, 2, 2, 2, 2, 0, 0, 1, 1, 0] as const;
    t.k.maxPool2d(t.put(plane), at, y, ...shape);
    expect(t.get(y, 4)).toEqual([7, 7, 6, NaN]);
    expect(t.get(at, 4)).toEqual([2, 2, 3, 3]);
    t.k.maxPool2dGrad(t.put([1, 2, 3, 4]), at, gx, ...shape);
    expect(t.get(gx, 16)).toEqual([0, 0, 0, 0, 1, 0, 2, 0, 0, 0, 0, 0, 0, 3, 0, 4]);
    t.k.maxPool2dTake(t.put(tabulate([16], i => i!)), at, y, ...shape);
    expect(t.get(y, 4)).toEqual([4, 6, 13, 15]);
    t.k.maxPool2d(t.put([3, 3, -Infinity, 3]), at, y, 1, 2, 2, 1, 1, 2, 2, 1, 1, 0, 0, 1, 1, 1);
    expect([t.get(y, 1), t.get(at, 1)]).toEqual([[3], [0]]);
    t.k.maxPool2d(t.put([NaN, 1]), 0, y, 1, 1, 2, 1, 1, 1, 2, 1, 1, 0, 0, 1, 1, 0);
    expect(t.get(y, 1)).toEqual([NaN]);
    t.k.maxPool2d(t.put([-Infinity]), at, y, 1, 1, 1, 1, 1, 3, 3, 1, 1, 1, 1, 1, 1, 0);
    expect([t.get(y, 1), t.get(at, 1)]).toEqual([[-Infinity], [4]]);
  });

  test('random windows: max and average against sorting and summing the window, gradients against adjoints', () => {
    const arbitrary = fc.record({
      planes: fc.integer({ min: 1, max: 3 }),
      size: fc.tuple(fc.integer({ min: 1, max: 6 }), fc.integer({ min: 1, max: 6 })),
      kernel: fc.tuple(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 3 })),
      stride: fc.tuple(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 3 })),
      ceil: fc.boolean(),
      countPad: fc.boolean(),
      divisor: fc.constantFrom(0, 5),
      seed: fc.integer({ min: 1, max: 1 << 30 }),
    });
    fc.assert(
      fc.property(arbitrary, ({ planes, size: [h, w], kernel, stride: [sh, sw], ceil, countPad, divisor, seed }) => {
        const [kh, kw] = [Math.min(kernel[0], h), Math.min(kernel[1], w)];
        const [ph, pw] = [kh >> 1, kw >> 1];
        // The last window must begin before the padding after the input does.
        const outputs = (size: number, window: number, stride: number, pad: number): number => {
          const steps = (size + 2 * pad - window) / stride;
          const n = (ceil ? Math.ceil(steps) : Math.floor(steps)) + 1;
          return (n - 1) * stride >= size + pad ? n - 1 : n;
        };
        const [oh, ow] = [outputs(h, kh, sh, ph), outputs(w, kw, sw, pw)];
        const x = numbers(planes * h * w, seed);
        const g = numbers(planes * oh * ow, seed + 1);
        const inside = (row: number, column: number, top: number, left: number): boolean =>
          row >= -top && row < h + top && column >= -left && column < w + left;
        const windowAt = (i: number, j: number): number[][] =>
          indices(kh, kw).map(([u, v]) => [i * sh + u! - ph, j * sw + v! - pw]);
        const values = (p: number, i: number, j: number): number[] =>
          windowAt(i, j)
            .filter(([row, column]) => inside(row!, column!, 0, 0))
            .map(([row, column]) => x[(p * h + row!) * w + column!]!);

        const t = new Bench();
        const [y, at, gx] = [t.space(g.length), t.space(g.length), t.space(x.length)];
        const shape = [planes, h, w, oh, ow, kh, kw, sh, sw, ph, pw] as const;
        t.k.maxPool2d(t.put(x), at, y, ...shape, 1, 1, 0);
        const largest = tabulate([planes, oh, ow], (p, i, j) => values(p!, i!, j!).sort((a, b) => b - a)[0]!);
        expect(t.get(y, g.length)).toEqual(largest);
        t.k.maxPool2dTake(t.put(x), at, y, ...shape, 1, 1, 0);
        expect(t.get(y, g.length)).toEqual(largest);
        t.k.maxPool2dGrad(t.put(g), at, gx, ...shape, 1, 1, 0);
        expectClose([dot(t.get(gx, x.length), x)], [dot(g, largest)]);

        t.k.avgPool2d(t.put(x), y, ...shape, Number(countPad), divisor);
        const mean = tabulate([planes, oh, ow], (p, i, j) => {
          const [top, left] = countPad ? [ph, pw] : [0, 0];
          const count = windowAt(i!, j!).filter(([row, column]) => inside(row!, column!, top, left)).length;
          return values(p!, i!, j!).reduce((a, b) => a + b, 0) / (divisor || count);
        });
        expectClose(t.get(y, g.length), mean);
        t.k.avgPool2dGrad(t.put(g), gx, ...shape, Number(countPad), divisor);
        expectClose([dot(t.get(gx, x.length), x)], [dot(g, mean)]);
      }),
      { numRuns: 100, seed: 7 },
    );
  });

  test('max with dilation and more than 256 taps', () => {
    const t = new Bench();
    const x = numbers(19 * 35);
    const [y, at] = [t.space(1), t.space(1)];
    t.k.maxPool2d(t.put(x), at, y, 1, 19, 35, 1, 1, 19, 18, 1, 1, 0, 0, 1, 2, 1);
    const taps = tabulate([19, 18], (u, v) => x[u! * 35 + 2 * v!]!);
    expect(t.get(y, 1)).toEqual([Math.max(...taps)]);
    expect(t.get(at, 1)).toEqual([taps.indexOf(Math.max(...taps))]);
  });
});
