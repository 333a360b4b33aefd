/** What every kernel of the contract is tried on: buffers, sizes and scalars, and how closely backends must agree. */
import { SAVED, type AllKernels, type Differentiable, type PreparedKernels } from '../../ts/backend/backend';
import { ELEMENTS, type DType } from '../../ts/core/dtype';

/** A buffer of a call: what it holds before, and whether it is compared afterwards. */
export interface Operand {
  readonly dtype: DType;
  readonly data: readonly number[];
  readonly written: boolean;
  /** The element that the address given to the kernel is of. */
  readonly first: number;
}

export type Argument = number | Operand;

export interface Call {
  readonly args: readonly Argument[];
  /** What elements may differ by: `tolerance` times their own size, or where `byLargest` times the largest, or 1. */
  readonly tolerance: number;
  readonly byLargest: boolean;
}

const EXACT = 0;
/** Functions and products: some roundings. */
const ROUNDED = 2e-6;
/** Sums of products, compared with their largest. */
const SUMMED = 4e-6;

const call = (args: readonly Argument[], tolerance = EXACT, byLargest = false): Call => ({
  args,
  tolerance,
  byLargest,
});
const input = (dtype: DType, data: readonly number[], first = 0): Operand => ({ dtype, data, written: false, first });
const inout = (dtype: DType, data: readonly number[]): Operand => ({ dtype, data, written: true, first: 0 });
/** Filled with what no kernel writes. */
const output = (dtype: DType, n: number): Operand => inout(dtype, Array<number>(n).fill(dtype === 'f32' ? NaN : 77));

/** Numbers in [0, 1) that are the same each time (mulberry32). */
export function numbers(seed: number): () => number {
  return () => {
    seed = (seed + 0x6d2b79f5) | 0;
    let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

const random = numbers(1);
const below = (n: number): number => Math.floor(random() * n);
const floats = (n: number, scale = 1): number[] =>
  Array.from({ length: n }, () => Math.fround(scale * (2 * random() - 1)));
const ints = (n: number, size: number, from = 0): number[] => Array.from({ length: n }, () => from + below(size));
const product = (sizes: readonly number[]): number => sizes.reduce((a, b) => a * b, 1);

/** Around the width of a vector, and of what kernels take at a time. */
const SIZES = [0, 1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 33, 64, 65, 130];

// ── What each kernel is tried on ──

/** The edges of f32, and where exponentials begin and end. */
const EDGES = [NaN, 0, -0, Infinity, -Infinity, 1, -1, 100, -100, 88.5, -88.5, 1e-30, -1e-30, 1e30];
const withEdges = (n: number): number[] => [...EDGES.map(Math.fround), ...floats(n, 4)].slice(0, n);

const unary = (): Call[] =>
  SIZES.flatMap(n =>
    [floats(n, 4), withEdges(n)].map(x => call([input('f32', x), output('f32', n), n, 0.25], ROUNDED)),
  );
const plain = (): Call[] =>
  SIZES.map(n =>
    call([
      input(
        'f32',
        floats(n, 4).map((x, i) => (i % 3 ? x : Math.round(2 * x) / 2)),
      ),
      output('f32', n),
      n,
      0,
    ]),
  );
const unaryGrad = (): Call[] =>
  SIZES.map(n => call([input('f32', floats(n)), input('f32', floats(n, 4)), output('f32', n), n, 0.25], ROUNDED));

/** Where a strided operand begins so that it lies behind 0, and its elements. */
function reach(n: readonly number[], strides: readonly number[]): [number, number] {
  const end = (sign: number): number =>
    n.reduce((sum, n, i) => sum + (Math.max(n, 1) - 1) * Math.max(0, sign * strides[i]!), 0);
  return [end(-1), end(-1) + end(1) + 1];
}

/** Index spaces with the strides of two operands. */
function geometries(): [n: number[], a: number[], b: number[]][] {
  const all: [number[], number[], number[]][] = [];
  for (const n of SIZES) {
    all.push([
      [1, 1, 1, n],
      [0, 0, 0, 1],
      [0, 0, 0, 1],
    ]); // dense
    all.push(
      [
        [1, 1, 1, n],
        [0, 0, 0, 1],
        [0, 0, 0, 0],
      ],
      [
        [1, 1, 1, n],
        [0, 0, 0, 0],
        [0, 0, 0, 1],
      ],
    ); // a scalar
    all.push(
      [
        [1, 1, 3, n],
        [0, 0, n, 1],
        [0, 0, 0, 1],
      ],
      [
        [1, 1, 3, n],
        [0, 0, 1, 0],
        [0, 0, n, 1],
      ],
    ); // rows, columns
    all.push([
      [1, 1, 3, n],
      [0, 0, 1, 3],
      [0, 0, n, 1],
    ]); // a transpose
  }
  const strides = (): number[] => ints(4, 13, -6);
  for (let i = 0; i < 40; i++) all.push([ints(4, 5), strides(), strides()]);
  return all;
}

const binary = (from: DType, to: DType, data: (n: number) => number[], tolerance: number) => (): Call[] =>
  geometries().map(([n, a, b]) => {
    const [[i, na], [j, nb]] = [reach(n, a), reach(n, b)];
    return call(
      [input(from, data(na), i), input(from, data(nb), j), output(to, product(n)), ...n, ...a, ...b],
      tolerance,
    );
  });
/** With ties. */
const someInts = (n: number): number[] => ints(n, 9, -4);
const arithmetic = binary('f32', 'f32', n => floats(n, 4), ROUNDED);
const comparison = binary('f32', 'bool', someInts, EXACT);
const intArithmetic = binary('i32', 'i32', someInts, EXACT);
const intComparison = binary('i32', 'bool', someInts, EXACT);

const copy = (dtype: DType) => (): Call[] => {
  const calls: Call[] = [];
  for (let round = 0; round < 150; round++) {
    const n = [below(3) + 1, below(4), below(8) + 1, SIZES[below(SIZES.length)]!].sort(() => random() - 0.5);
    const layout = (): number[] => {
      const strides = [0, 0, 0, 0];
      let step = 1;
      for (const i of [0, 1, 2, 3].sort(() => random() - 0.5)) {
        strides[i] = step;
        step *= Math.max(1, n[i]!) + (round % 2 ? 0 : below(3));
      }
      return strides;
    };
    const [x, y] = [layout(), layout()];
    if (round % 5 === 0) x[below(4)] = 0;
    const [[i, nx], [, ny]] = [reach(n, x), reach(n, y)];
    calls.push(call([input(dtype, ints(nx, 200), i), output(dtype, ny), ...n, ...x, ...y]));
  }
  return calls;
};

const cast =
  (from: DType, to: DType, tolerance = EXACT) =>
  (): Call[] =>
    SIZES.map(n => {
      const isFloat = ELEMENTS[from].kind === 'float';
      const edges = isFloat ? [NaN, Infinity, -Infinity, 0.9, -0.9, 255.9, 256, -1.5, 3e9, -3e9, -0] : [0, 127, 1];
      if (from === 'u8') edges.push(255);
      if (from === 'i8') edges.push(-1, -128);
      if (from === 'i32' || from === 'i64') edges.push(-1, 256, 257, 2 ** 31 - 1, -(2 ** 31));
      if (from === 'i64') edges.push(2 ** 31, -(2 ** 53), 2 ** 53 - 1);
      const data = [...edges, ...(isFloat ? floats(n, 300) : ints(n, from === 'i8' ? 128 : 256))].slice(0, n);
      return call([input(from, data), output(to, n), n], tolerance);
    });

/** Numbers that a batch of n images of `size` takes in the blocked layout. */
const inBlocks = (n: number, size: number): number => 8 * Math.ceil(n / 8) * size;

const conv2d =
  (kind: 'y' | 'x' | 'w', blocked = false) =>
  (): Call[] => {
    const calls: Call[] = [];
    for (let round = 0; round < 80; round++) {
      const groups = [1, 1, 1, 2, 3][round % 5]!;
      const [c, k] = [groups * (below(4) + 1), groups * (below(blocked ? 9 : 5) + 1)];
      const n = blocked ? ([0, 1, 3, 8, 9][round % 7] ?? 16) : below(3);
      const [kh, kw, sh, sw] = [below(4) + 1, below(4) + 1, below(3) + 1, below(3) + 1];
      const [dh, dw, pt, pl, pb, pr] = [below(2) + 1, below(2) + 1, below(kh), below(kw), below(kh), below(kw)];
      const [h, w] = [dh * (kh - 1) + 1 + below(12), dw * (kw - 1) + 1 + below(12)];
      const oh = Math.floor((h + pt + pb - dh * (kh - 1) - 1) / sh) + 1;
      const ow = Math.floor((w + pl + pr - dw * (kw - 1) - 1) / sw) + 1;
      const images = blocked ? inBlocks(n, 1) : n;
      const [nx, nw, ny] = [images * c * h * w, k * (c / groups) * kh * kw, images * k * oh * ow];
      const sizes = [n, c, h, w, k, kh, kw, oh, ow, sh, sw, pt, pl, dh, dw, groups];
      const [x, weight, g] = [input('f32', floats(nx)), input('f32', floats(nw)), input('f32', floats(ny))];
      const bias = round % 2 ? input('f32', floats(k)) : 0;
      const buffers = {
        y: [x, weight, output('f32', ny), bias],
        x: [g, weight, output('f32', nx), 0],
        w: [g, x, output('f32', nw), 0],
      }[kind];
      const activation = kind === 'y' ? [round % 4] : [];
      calls.push(call([...buffers, ...sizes, ...activation], SUMMED, true));
    }
    return calls;
  };

/** Planes, windows, strides, padding, dilation, rounded up or down. */
function pools(
  dilated: boolean,
): { n: number; m: number; taps: number; planes: number; sizes: number[]; inside: number }[] {
  return Array.from({ length: 60 }, (_, round) => {
    const [planes, kh, kw, sh, sw] =
      round % 4 ? [below(4), below(4) + 1, below(4) + 1, below(3) + 1, below(3) + 1] : [3, 2, 2, 2, 2];
    const [dh, dw] = dilated && round % 3 === 0 ? [below(2) + 1, below(2) + 1] : [1, 1];
    const [ph, pw] = [below(Math.floor(kh / 2) + 1), below(Math.floor(kw / 2) + 1)];
    const [h, w] = [dh * (kh - 1) + 1 + below(12), dw * (kw - 1) + 1 + below(12)];
    const out = (n: number, k: number, s: number, p: number, d: number): number => {
      const o = Math[round % 2 ? 'ceil' : 'floor']((n + 2 * p - d * (k - 1) - 1) / s) + 1;
      // The last window begins inside the input or its left padding.
      return (o - 1) * s >= n + p ? o - 1 : o;
    };
    const [oh, ow] = [out(h, kh, sh, ph, dh), out(w, kw, sw, pw, dw)];
    const sizes = [h, w, oh, ow, kh, kw, sh, sw, ph, pw, ...(dilated ? [dh, dw] : [])];
    return { n: planes * h * w, m: planes * oh * ow, taps: kh * kw, planes, sizes, inside: ph * kw + pw };
  });
}

const maxPool2d = (): Call[] =>
  pools(true).flatMap(({ n, m, planes, sizes }, round) => {
    const x = input('f32', round % 3 ? floats(n) : ints(n, 3).map((x, i) => (i % 29 === 28 ? NaN : x)));
    return [
      call([x, output('u8', m), output('f32', m), planes, ...sizes, 0]),
      call([x, output('i32', m), output('f32', m), planes, ...sizes, 1]),
      call([x, 0, output('f32', m), planes, ...sizes, 0]),
    ];
  });
const maxPool2dBack = (take: boolean) => (): Call[] =>
  pools(true).flatMap(({ n, m, taps, planes, sizes, inside }, round) => {
    // Any tap will do where there is no padding; with it, one that lies inside for every window.
    const padded = sizes[8]! > 0 || sizes[9]! > 0 || round % 2 === 1;
    const at = padded ? Array<number>(m).fill(inside) : ints(m, taps);
    return (['u8', 'i32'] as const).map((dtype, wide) => {
      const [from, to] = take
        ? [input('f32', floats(n)), output('f32', m)]
        : [input('f32', floats(m)), output('f32', n)];
      return call([from, input(dtype, at), to, planes, ...sizes, wide], ROUNDED, true);
    });
  });
const maxPool2dBlocked = (): Call[] =>
  pools(true).flatMap(({ n, m, planes, sizes }, round) => {
    const x = input('f32', round % 3 ? floats(8 * n) : ints(8 * n, 5, -2).map((x, i) => (i % 29 === 28 ? NaN : x)));
    return [0, 1].flatMap(relu => [
      call([x, output('u8', 8 * m), output('f32', 8 * m), planes, ...sizes, 0, relu]),
      call([x, output('i32', 8 * m), output('f32', 8 * m), planes, ...sizes, 1, relu]),
      call([x, 0, output('f32', 8 * m), planes, ...sizes, 0, relu]),
    ]);
  });
const maxPool2dBlockedGrad = (): Call[] =>
  pools(true).flatMap(({ n, m, taps, planes, sizes, inside }, round) => {
    // Among those that lie inside, or none.
    const padded = sizes[8]! > 0 || sizes[9]! > 0 || round % 2 === 1;
    const at = ints(8 * m, taps + 1).map(tap => (padded && tap < taps ? inside : tap));
    return (['u8', 'i32'] as const).map((dtype, wide) =>
      call(
        [input('f32', floats(8 * m)), input(dtype, at), output('f32', 8 * n), planes, ...sizes, wide],
        ROUNDED,
        true,
      ),
    );
  });
const avgPool2d =
  (grad: boolean, images = 1) =>
  (): Call[] =>
    pools(false).flatMap(({ n, m, planes, sizes }) =>
      [
        [0, 0],
        [1, 0],
        [0, 7],
      ].map(([countPad, divisor]) => {
        const [from, to] = grad ? [images * m, images * n] : [images * n, images * m];
        return call(
          [input('f32', floats(from)), output('f32', to), planes, ...sizes, countPad!, divisor!],
          ROUNDED,
          true,
        );
      }),
    );

/** Images, planes and the size of one. */
const BATCHES: readonly (readonly [n: number, c: number, size: number])[] = [0, 1, 5, 8, 9, 24].flatMap(n =>
  SIZES.map(size => [n, 1 + (size % 3), size] as const),
);

const gemm = (): Call[] => {
  const calls: Call[] = [];
  for (let round = 0; round < 150; round++) {
    const size = (): number => (round % 10 === 0 ? below(3) : SIZES[1 + below(SIZES.length - 1)]!);
    const [m, n, k, batch] = [size(), size(), size(), [1, 1, 2, 3][round % 4]!];
    // Rows or columns adjacent, or one number everywhere.
    const [a, b] = [round % 2 ? [k, 1] : [1, m], round % 3 ? [n, 1] : [1, k]];
    if (round % 17 === 0) b[0] = 0;
    const [sa, sb] = [m * k, round % 5 ? n * k : 0];
    const rsc = n + (round % 7 ? 0 : 3);
    const biasBy = round % 3;
    const bias = biasBy ? input('f32', floats(biasBy === 1 ? n : m)) : 0;
    const accumulate = round % 11 === 0 ? 1 : 0;
    const activation = round % 13 < 4 ? round % 13 : 0;
    const c = inout('f32', accumulate ? floats(batch * m * rsc) : Array<number>(batch * m * rsc).fill(5));
    const [x, y] = [input('f32', floats(batch * m * k)), input('f32', floats(batch * n * k))];
    calls.push(
      call(
        [m, n, k, x, ...a, y, ...b, c, rsc, batch, sa, sb, m * rsc, bias, biasBy, accumulate, activation],
        SUMMED,
        true,
      ),
    );
  }
  return calls;
};

const SHAPES = SIZES.flatMap(n => [
  [1, 1, 1, n],
  [3, 1, 1, n],
  [1, n, 5, 1],
  [2, n, 3, 1],
  [2, 3, n, 1],
  [1, 3, 4, n],
]);
const sum = (): Call[] =>
  SHAPES.map(shape =>
    call([input('f32', floats(product(shape))), output('f32', shape[0]! * shape[2]!), ...shape, 0.5], SUMMED, true),
  );
const sumI32 = (): Call[] =>
  SHAPES.map(shape =>
    call([input('i32', ints(product(shape), 2000, -1000)), output('i32', shape[0]! * shape[2]!), ...shape]),
  );
const extreme = (): Call[] =>
  SIZES.slice(1).flatMap(r =>
    [
      [1, 1],
      [3, 1],
      [2, 3],
      [2, 9],
      [0, 2],
    ].flatMap(([outer, inner]) => {
      const m = outer! * inner!;
      const data = r % 2 ? floats(m * r) : ints(m * r, 4).map((x, i) => (i % 37 === 36 ? NaN : x));
      const [x, tail] = [input('f32', data), [outer!, r, inner!]];
      return [
        call([x, output('f32', m), output('i32', m), ...tail]),
        call([x, 0, output('i32', m), ...tail]),
        call([x, output('f32', m), 0, ...tail]),
      ];
    }),
  );
const rows = (): Call[] =>
  SIZES.flatMap(n =>
    [0, 1, 3].map(m => call([input('f32', floats(m * n, 10)), output('f32', m * n), m, n], SUMMED, true)),
  );
const rowsGrad = (log: boolean) => (): Call[] =>
  SIZES.flatMap(n =>
    [0, 1, 3].map(m => {
      const y = floats(m * n).map(y => (log ? y - 2 : Math.abs(y)));
      return call(
        [input('f32', floats(m * n)), input('f32', y.map(Math.fround)), output('f32', m * n), m, n],
        SUMMED,
        true,
      );
    }),
  );

/** Rows of n classes, each with one of them as its target. */
const classes = (
  scale: number,
): { readonly m: number; readonly n: number; readonly x: Operand; readonly target: Operand }[] =>
  SIZES.slice(1).flatMap(n =>
    [0, 1, 3].map(m => ({ m, n, x: input('f32', floats(m * n, scale)), target: input('i32', ints(m, n)) })),
  );
const crossEntropy = (): Call[] =>
  classes(10).map(({ m, n, x, target }) =>
    call([x, target, output('f32', m), output('f32', 2 * m), m, n], SUMMED, true),
  );
const crossEntropyGrad = (): Call[] =>
  classes(3).flatMap(({ m, n, x, target }) => {
    const norm = input('f32', Array.from({ length: m }, () => [2, Math.fround(Math.log(n))]).flat());
    return [0, 1].map(step =>
      call(
        [input('f32', floats(step ? m : Math.min(m, 1))), x, target, norm, output('f32', m * n), m, n, step],
        SUMMED,
        true,
      ),
    );
  });

const EXTENTS = [
  [1, 1, 1, 1],
  [1, 5, 7, 1],
  [2, 3, 4, 5],
  [3, 4, 1, 17],
  [1, 2, 9, 33],
  [2, 3, 0, 4],
  [0, 3, 2, 4],
  [2, 3, 2, 0],
];
const index = (kind: 'gather' | 'scatter', whole: boolean, dtype: DType) => (): Call[] =>
  EXTENTS.map(([outer, n, k, inner]) => {
    const [nx, ny] = [outer! * n! * inner!, outer! * k! * inner!];
    const at = input('i32', ints(whole ? k! : ny, n!));
    const data = dtype === 'f32' ? floats : (n: number): number[] => ints(n, 200);
    const [x, y] =
      kind === 'gather' ? [input(dtype, data(nx)), output(dtype, ny)] : [input(dtype, data(ny)), output(dtype, nx)];
    return call([x, at, y, outer!, n!, k!, inner!], kind === 'gather' ? EXACT : ROUNDED, true);
  });

/** Batches, layers and groups, with images and with vectors: [outer, n, inner, size, step]. */
const NORMS = SIZES.flatMap(k => [
  [3, 4, k, 4, k],
  [k, 5, 1, 5, 1],
  [k, 2, 3, 2, 3],
  [1, 6, k, k, 1],
  [1, 6, 2 * k, 4, k],
  [1, 6, k, 2 * k, 1],
]);
type Norm = Record<'x' | 'mean' | 'variance' | 'w', () => Operand>;
const normOperands = ([outer, n, inner, size]: readonly number[]): Norm => ({
  x: () => input('f32', floats(outer! * n! * inner!)),
  mean: () => input('f32', floats(n!)),
  variance: () =>
    input(
      'f32',
      floats(n!).map(v => Math.fround(v * v + 0.25)),
    ),
  w: () => input('f32', floats(size!)),
});
const moments = (): Call[] =>
  NORMS.flatMap(sizes =>
    [0, 1].map(centred => {
      const [x, n] = [normOperands(sizes).x(), sizes[1]!];
      return call([x, output('f32', n), output('f32', n), ...sizes.slice(0, 3), centred], SUMMED, true);
    }),
  );
const normalise = (): Call[] =>
  NORMS.flatMap(sizes =>
    [0, 1, 2, 3].map(given => {
      const { x, mean, variance, w } = normOperands(sizes);
      const y = output('f32', product(sizes.slice(0, 3)));
      return call([x(), mean(), variance(), given & 1 && w(), given & 2 && w(), y, ...sizes, 1e-5], ROUNDED, true);
    }),
  );
const normaliseGrad = (): Call[] =>
  NORMS.flatMap(sizes =>
    [0, 1, 2, 3, 4, 7].map(given => {
      const { x, mean, variance, w } = normOperands(sizes);
      const gx = output('f32', product(sizes.slice(0, 3)));
      const affine = given & 2 ? [output('f32', sizes[3]!), output('f32', sizes[3]!)] : [0, 0];
      const inputs = [x(), x(), mean(), variance(), given & 1 && w()];
      return call([...inputs, gx, ...affine, ...sizes, given & 4 && 1, 1e-5], SUMMED, true);
    }),
  );

const topk = (): Call[] =>
  SIZES.flatMap(n =>
    [0, 1, 3].flatMap(rows =>
      [0, Math.min(2, n), Math.floor(n / 2), n].flatMap(k =>
        [0, 1].map(descending => {
          const x = n % 2 ? floats(rows * n) : ints(rows * n, 4).map((x, i) => (i % 11 === 10 ? NaN : x));
          return call([input('f32', x), output('f32', rows * k), output('i32', rows * k), rows, n, k, descending]);
        }),
      ),
    ),
  );
const cumsum = (dtype: DType) => (): Call[] =>
  SIZES.flatMap(n =>
    [
      [2, n, 1],
      [2, n, 5],
      [1, 3, n],
    ].flatMap(sizes =>
      [0, 1].map(backwards => {
        const x = dtype === 'f32' ? floats(product(sizes)) : ints(product(sizes), 2000, -1000);
        const tolerance = dtype === 'f32' ? ROUNDED : EXACT;
        return call([input(dtype, x), output(dtype, x.length), ...sizes, backwards], tolerance, true);
      }),
    ),
  );

const key = (): Operand => input('i32', ints(4, 2 ** 32, -(2 ** 31)));

const sgd = (): Call[] =>
  SIZES.flatMap(n =>
    [
      [0, 0, 0, 1, 0],
      [0.9, 0, 0.1, 1, 0],
      [0.9, 0.5, 0.1, 2, 0],
      [0.9, 0, 0, 3, 1],
    ].flatMap(([momentum, dampening, decay, t, nesterov]) =>
      [0, inout('f32', floats(n))].map(v => {
        const hyper = input('f64', [0.1, momentum!, dampening!, decay!, t!]);
        return call([inout('f32', floats(n)), input('f32', floats(n)), v, hyper, n, nesterov!], ROUNDED, true);
      }),
    ),
  );
const adam = (): Call[] =>
  SIZES.flatMap(n =>
    [
      [0, 1, 0],
      [0.1, 1, 0],
      [0.1, 10, 1],
      [0, 1000, 0],
    ].flatMap(([decay, t, decoupled]) =>
      [false, true].map(amsgrad => {
        const square = (): Operand =>
          inout(
            'f32',
            floats(n).map(x => Math.fround(x * x)),
          );
        const hyper = input('f64', [0.01, 0.9, 0.999, 1e-8, decay!, t!]);
        const vmax = amsgrad ? square() : 0;
        const [w, g, m] = [inout('f32', floats(n)), input('f32', floats(n)), inout('f32', floats(n))];
        return call([w, g, m, square(), vmax, hyper, n, decoupled!], 1e-5, true);
      }),
    ),
  );

/** Steps, batch and hidden size of a sequence. */
const SEQUENCES = [
  [1, 1, 1],
  [3, 1, 5],
  [2, 3, 4],
  [5, 2, 7],
  [3, 4, 8],
  [4, 5, 13],
  [2, 9, 33],
  [0, 2, 3],
  [2, 0, 3],
  [2, 3, 0],
];
/** Calls of a recurrent kernel: `buffers` for a state of n, a sequence of m and the hidden size h; and what follows. */
const recurrent =
  (buffers: (n: number, m: number, h: number, round: number) => Argument[], options: number[][] = [[]]) =>
  (): Call[] =>
    SEQUENCES.flatMap(([steps, batch, hidden]) =>
      [0, 1].flatMap(reverse =>
        options.map((more, round) => {
          const n = batch! * hidden!;
          const args = [...buffers(n, steps! * n, hidden!, round + reverse), steps!, batch!, hidden!, reverse, ...more];
          return call(args, SUMMED, true);
        }),
      ),
    );
const weights = (gates: number, h: number): Operand => input('f32', floats(gates * h * h, 1 / Math.sqrt(h || 1)));
const some = (n: number, is: boolean): Argument => (is ? input('f32', floats(n)) : 0);
/** Of the gates' kind: from 0 to 1. */
const shares = (n: number): Operand => input('f32', floats(n).map(Math.abs));
const rounds = [[], [], [], []];

const rnn = recurrent(
  (n, m, h) => [input('f32', floats(m)), weights(1, h), input('f32', floats(n)), output('f32', m), output('f32', n)],
  [[0], [1]],
);
const rnnGrad = recurrent(
  (n, m, h, round) => [
    some(m, round !== 1),
    some(n, round !== 2),
    weights(1, h),
    input('f32', floats(m)),
    output('f32', m),
    output('f32', n),
  ],
  [[0], [1]],
);
const lstm = recurrent(
  (n, m, h, round) => [
    input('f32', floats(4 * m)),
    weights(4, h),
    input('f32', floats(n)),
    input('f32', floats(n)),
    ...[m, n, n].map(size => output('f32', size)),
    round % 2 ? output('f32', 6 * m) : 0,
  ],
  rounds,
);
const lstmGrad = recurrent(
  (n, m, h, round) => [
    some(m, round !== 1),
    some(n, round !== 2),
    some(n, round !== 3),
    some(6 * m, round > 1),
    weights(4, h),
    input('f32', floats(n)),
    shares(6 * m),
    ...[4 * m, n, n].map(size => output('f32', size)),
  ],
  rounds,
);
const gru = recurrent(
  (n, m, h, round) => [
    input('f32', floats(3 * m)),
    weights(3, h),
    some(3 * h, round > 1),
    input('f32', floats(n)),
    ...[m, n].map(size => output('f32', size)),
    round % 2 ? output('f32', 4 * m) : 0,
  ],
  rounds,
);
const gruGrad = recurrent(
  (n, m, h, round) => [
    some(m, round !== 1),
    some(n, round !== 2),
    some(4 * m, round > 1),
    weights(3, h),
    input('f32', floats(n)),
    input('f32', floats(m)),
    shares(4 * m),
    ...[3 * m, 3 * m, n].map(size => output('f32', size)),
  ],
  rounds,
);

/**
 * What prepared weights look like is the backend's own matter: they are compared with `conv2d` and `gemm` in
 * backend.test.ts. So is which batches are brought into blocks.
 */
type Own = keyof PreparedKernels | 'conv2dTakesBlocked';

type Cases = Record<Exclude<keyof AllKernels, Own>, () => Call[]>;

/** Keys with a suffix, each with the same calls. */
function each<K extends string>(names: readonly K[], calls: () => Call[]): Record<K, () => Call[]>;
function each(names: readonly string[], calls: () => Call[]): Record<string, () => Call[]> {
  return Object.fromEntries(names.map(name => [name, calls]));
}

const isDifferentiable = (name: string): name is Differentiable => Object.hasOwn(SAVED, name);
const differentiable = Object.keys(SAVED).filter(isDifferentiable);
const gradients = differentiable.map(name => `${name}Grad` as const);

/** A kernel without cases does not compile. */
export const CASES: Cases = {
  ...each(differentiable, unary),
  ...each(gradients, unaryGrad),
  ...each(['neg', 'sign', 'floor', 'ceil', 'round'] as const, plain),
  ...each(['add', 'sub', 'mul', 'div', 'pow', 'maximum', 'minimum'] as const, arithmetic),
  ...each(['eq', 'ne', 'lt', 'le', 'gt', 'ge'] as const, comparison),
  ...each(['addI32', 'subI32', 'mulI32', 'maximumI32', 'minimumI32'] as const, intArithmetic),
  ...each(['eqI32', 'neI32', 'ltI32', 'leI32', 'gtI32', 'geI32'] as const, intComparison),
  f32ToI32: cast('f32', 'i32'),
  f32ToU8: cast('f32', 'u8'),
  f32ToBool: cast('f32', 'bool'),
  i32ToF32: cast('i32', 'f32', 2 ** -24),
  i32ToU8: cast('i32', 'u8'),
  i32ToBool: cast('i32', 'bool'),
  u8ToF32: cast('u8', 'f32'),
  u8ToI32: cast('u8', 'i32'),
  u8ToBool: cast('u8', 'bool'),
  f64ToF32: cast('f64', 'f32', 2 ** -24),
  f64ToI32: cast('f64', 'i32'),
  f64ToI64: cast('f64', 'i64'),
  f32ToF64: cast('f32', 'f64', 2 ** -24),
  i32ToF64: cast('i32', 'f64'),
  i64ToF64: cast('i64', 'f64'),
  i64ToF32: cast('i64', 'f32', 2 ** -24),
  i64ToI32: cast('i64', 'i32'),
  f32ToI64: cast('f32', 'i64'),
  i32ToI64: cast('i32', 'i64'),
  i8ToI32: cast('i8', 'i32'),
  i32ToI8: cast('i32', 'i8'),
  f16ToF32: cast('f16', 'f32'),
  f32ToF16: cast('f32', 'f16'),
  bf16ToF32: cast('bf16', 'f32'),
  f32ToBf16: cast('f32', 'bf16'),
  fill: () => SIZES.map(n => call([output('f32', n), n, 0.5])),
  fillI32: () => SIZES.map(n => call([output('i32', n), n, -5])),
  fill8: () => SIZES.map(n => call([output('u8', n), n, 200])),
  copy: () => [...copy('f32')(), ...copy('i32')()],
  copy8: () => [...copy('u8')(), ...copy('bool')()],
  copy16: copy('f16'),
  copy64: () => [...copy('f64')(), ...copy('i64')()],
  addInto: () => SIZES.map(n => call([inout('f32', floats(n)), input('f32', floats(n)), n], ROUNDED)),
  clamp: () =>
    SIZES.map(n => call([input('f32', [NaN, Infinity, ...floats(n, 4)].slice(0, n)), output('f32', n), n, -1, 2])),
  where: () =>
    SIZES.map(n =>
      call([input('bool', ints(n, 2)), input('f32', floats(n)), input('f32', floats(n)), output('f32', n), n]),
    ),
  gemm,
  conv2d: conv2d('y'),
  conv2dGradX: conv2d('x'),
  conv2dGradW: conv2d('w'),
  maxPool2d,
  maxPool2dGrad: maxPool2dBack(false),
  maxPool2dTake: maxPool2dBack(true),
  avgPool2d: avgPool2d(false),
  avgPool2dGrad: avgPool2d(true),
  toBlocked: () =>
    BATCHES.map(([n, , size]) => call([input('f32', floats(n * size)), output('f32', inBlocks(n, size)), n, size])),
  fromBlocked: () =>
    BATCHES.map(([n, , size]) => call([input('f32', floats(inBlocks(n, size))), output('f32', n * size), n, size])),
  sumBlocked: () =>
    BATCHES.map(([n, c, size]) =>
      call([input('f32', floats(inBlocks(n, c * size))), output('f32', c), n, c, size], SUMMED, true),
    ),
  conv2dBlocked: conv2d('y', true),
  conv2dBlockedGradX: conv2d('x', true),
  conv2dBlockedGradW: conv2d('w', true),
  maxPool2dBlocked,
  maxPool2dBlockedGrad,
  avgPool2dBlocked: avgPool2d(false, 8),
  avgPool2dBlockedGrad: avgPool2d(true, 8),
  rnn,
  rnnGrad,
  lstm,
  lstmGrad,
  gru,
  gruGrad,
  sum,
  sumI32,
  max: extreme,
  min: extreme,
  topk,
  cumsum: cumsum('f32'),
  cumsumI32: cumsum('i32'),
  softmax: rows,
  logSoftmax: rows,
  softmaxGrad: rowsGrad(false),
  logSoftmaxGrad: rowsGrad(true),
  crossEntropy,
  crossEntropyGrad,
  moments,
  normalise,
  normaliseGrad,
  indexOutside: () =>
    [[], [0], [3, 1, 2], [4], [0, -1], [0, 2, 9, 4]].map(at => call([input('i32', at), at.length, 4])),
  gather: index('gather', false, 'f32'),
  scatterAdd: index('scatter', false, 'f32'),
  indexSelect: index('gather', true, 'i32'),
  indexSelect8: index('gather', true, 'u8'),
  indexAdd: index('scatter', true, 'f32'),
  draw: () =>
    [
      [1, 2, 3, 4],
      [5, 6, -1, 7],
      [5, 6, -1, -1],
    ].map(state => call([inout('i32', state), output('i32', 4)])),
  bits: () => SIZES.map(n => call([key(), output('i32', n), n])),
  uniform: () => SIZES.map(n => call([key(), output('f32', n), n, -1, 3], ROUNDED, true)),
  normal: () => SIZES.map(n => call([key(), output('f32', n), n, 0.5, 2], SUMMED, true)),
  dropout: () => SIZES.map(n => call([input('f32', floats(n)), key(), output('f32', n), n, 0.25], ROUNDED)),
  sgd,
  adam,
  tick: () => [0, 3].map(i => call([inout('f64', [1, 2, 3, 4]), i])),
  multiplyAdds: () =>
    [0, 1, 7, 1000].map(turns =>
      call(
        [
          inout(
            'f32',
            Array.from({ length: 48 }, (_, i) => i - 20),
          ),
          turns,
        ],
        1e-5,
      ),
    ),
};
