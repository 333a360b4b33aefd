/** Kernels that go element by element, and conversions. */
import { SAVED, type Differentiable } from '../../../ts/backend/backend';
import type { ElementwiseKernels } from '../../../ts/backend/kernels/elementwise';
import { ELEMENTS, type DType } from '../../../ts/core/dtype';
import {
  call,
  EXACT,
  floats,
  inout,
  input,
  ints,
  output,
  product,
  reach,
  ROUNDED,
  SIZES,
  type Call,
  type Cases,
} from './calls';

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
/** Multiples of 1/8, whose quotients are exact or not near whole numbers. */
const division = binary('f32', 'f32', n => ints(n, 64, -32).map(x => x / 8), EXACT);
const comparison = binary('f32', 'bool', someInts, EXACT);
const intArithmetic = binary('i32', 'i32', someInts, EXACT);
const INT_ARITHMETIC = [
  ...(['add', 'sub', 'mul', 'maximum', 'minimum', 'div', 'fmod', 'remainder', 'floorDivide'] as const),
  ...(['bitwiseAnd', 'bitwiseOr', 'bitwiseXor', 'bitwiseLeftShift', 'bitwiseRightShift'] as const),
];
const intComparison = binary('i32', 'bool', someInts, EXACT);

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

/** Kernels with the same calls. */
function each<K extends string>(names: readonly K[], calls: () => Call[]): Record<K, () => Call[]>;
function each(names: readonly string[], calls: () => Call[]): Record<string, () => Call[]> {
  return Object.fromEntries(names.map(name => [name, calls]));
}

const isDifferentiable = (name: string): name is Differentiable => Object.hasOwn(SAVED, name);
const differentiable = Object.keys(SAVED).filter(isDifferentiable);
const gradients = differentiable.map(name => `${name}Grad` as const);

export const elementwise: Cases<ElementwiseKernels> = {
  ...each(differentiable, unary),
  ...each(gradients, unaryGrad),
  // A difference, which is 0 here and there.
  sincGrad: () => unaryGrad().map(c => ({ ...c, byLargest: true })),
  ...each(['neg', 'sign', 'floor', 'ceil', 'round', 'trunc'] as const, plain),
  ...each(['add', 'sub', 'mul', 'div', 'pow', 'maximum', 'minimum', 'atan2', 'hypot', 'copysign'] as const, arithmetic),
  ...each(['fmod', 'remainder', 'floorDivide'] as const, division),
  ...each(['eq', 'ne', 'lt', 'le', 'gt', 'ge'] as const, comparison),
  ...each(
    INT_ARITHMETIC.map(name => `${name}I32` as const),
    intArithmetic,
  ),
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
  f64ToI8: cast('f64', 'i8'),
  f64ToU8: cast('f64', 'u8'),
  f64ToBool: cast('f64', 'bool'),
  f64ToF16: cast('f64', 'f16'),
  f64ToBf16: cast('f64', 'bf16'),
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
  addInto: () => SIZES.map(n => call([inout('f32', floats(n)), input('f32', floats(n)), n], ROUNDED)),
  clamp: () =>
    SIZES.map(n => call([input('f32', [NaN, Infinity, ...floats(n, 4)].slice(0, n)), output('f32', n), n, -1, 2])),
  where: () =>
    SIZES.map(n =>
      call([input('bool', ints(n, 2)), input('f32', floats(n)), input('f32', floats(n)), output('f32', n), n]),
    ),
};
