/** Samples of the ops of two tensors. */
import type { Operand } from '../../../ts/core/declare';
import type { Tensor } from '../../../ts/core/tensor';
import * as binary from '../../../ts/ops/arithmetic';
import * as power from '../../../ts/ops/power';
import { tensor } from '../../../ts/ops/creation';
import { expand, t } from '../../../ts/ops/view';
import { maskedFill, where } from '../../../ts/ops/where';
import {
  real,
  betweenQuarters,
  bool,
  discrete,
  independent,
  int,
  nonzero,
  positive,
  quarters,
  sample,
  tied,
  type Draw,
  type Sample,
  type SamplesOf,
} from './sample';

type Binary = (a: Operand, b: Operand) => Tensor;
type List = readonly [Sample, ...Sample[]];

/** Shapes of two operands and of what they spread to. Five and six dimensions do not collapse into four. */
const SHAPES: readonly (readonly [a: number[], b: number[], y: string])[] = [
  [[], [], '[]'],
  [[1], [1, 1], '[1,1]'],
  [[3, 4], [3, 4], '[3,4]'],
  [[37], [37], '[37]'],
  [[2, 3], [3], '[2,3]'],
  [[3], [2, 3], '[2,3]'],
  [[3, 1], [1, 5], '[3,5]'],
  [[2, 1, 3], [4, 1], '[2,4,3]'],
  [[], [2, 5], '[2,5]'],
  [[2, 5], [1, 1], '[2,5]'],
  [[2, 7], [], '[2,7]'],
  [[5, 19], [19], '[5,19]'],
  [[5, 19], [5, 1], '[5,19]'],
  [[2, 3, 2, 3, 2], [2, 1, 2, 1, 2], '[2,3,2,3,2]'],
  [[2, 1, 2, 1, 2, 1], [2, 1, 3, 1, 2], '[2,2,2,3,2,2]'],
  [[2, 1, 2, 1, 3, 1], [1, 2, 1, 3, 1, 2], '[2,2,2,3,3,2]'],
  [[0, 3], [3], '[0,3]'],
  [[2, 1], [2, 0], '[2,0]'],
];

/** Both operands spread, transposed and of numbers, by a draw for each. */
function floats(make: typeof sample, f: Binary, a: Draw, b: Draw, dtype: 'f32' | 'bool' = 'f32'): List {
  return [
    make([a(4, 3), b(3, 4)], (x, y) => f(t(x), y), `${dtype}[3,4]`),
    make([a(3, 4), b(4, 3)], (x, y) => f(x, t(y)), `${dtype}[3,4]`),
    make([a(3, 1), b(4)], (x, y) => f(expand(x, [2, 3, 4]), expand(y, [3, 4])), `${dtype}[2,3,4]`),
    make([a(2, 3)], x => f(x, 1.375), `${dtype}[2,3]`),
    make([a(2, 3)], x => f(x, 3), `${dtype}[2,3]`),
    make([b(2, 3)], y => f(0.5, y), `${dtype}[2,3]`),
    ...SHAPES.map(([p, q, shape]) => make([a(...p), b(...q)], (x, y) => f(x, y), dtype + shape)),
  ];
}
/** One operand of integers beside f32: it is widened. */
const mixed = (make: typeof sample, f: Binary, draw: Draw, dtype: 'f32' | 'bool' = 'f32'): Sample[] => [
  make([draw(2, 3)], x => f(x, int([1, 2, 3])), `${dtype}[2,3]`),
  make([draw(2, 3)], x => f(tensor(Uint8Array.of(2, 1), { shape: [2, 1] }), x), `${dtype}[2,3]`),
];
/** Integers only. */
const ints = (f: Binary, dtype: 'i32' | 'f32' | 'bool'): Sample[] => [
  sample([], () => f(int([7, -3, 0, 2 ** 24 + 1]), int([2, -3, 5, 1])), `${dtype}[4]`),
  sample([], () => f(int([1, 2, 3, 4, 5, 6], [2, 3]), int([3, 2], [2, 1])), `${dtype}[2,3]`),
  sample([], () => f(t(int([1, 2, 3, 4, 5, 6], [2, 3])), int([5, 4])), `${dtype}[3,2]`),
  sample([], () => f(int([1, 2, 3]), 2), `${dtype}[3]`),
  sample([], () => f(2, tensor(Uint8Array.of(1, 2, 3))), `${dtype}[3]`),
  sample([], () => f(bool([0, 1, 1]), bool([1, 1, 0])), `${dtype}[3]`),
  sample([], () => f(int([], [0]), 2), `${dtype}[0]`),
];
/** Integers with a fraction, so f32 again; and numbers only. */
const numbers = (f: Binary, dtype: 'f32' | 'bool'): Sample[] => [
  sample([], () => f(int([1, 2, -3]), 2.5), `${dtype}[3]`),
  sample([], () => f(2, 7), `${dtype}[]`),
];

const arithmetic = (f: Binary, a: Draw = real, b: Draw = real): List => [
  ...floats(sample, f, a, b),
  ...mixed(sample, f, nonzero),
  ...ints(f, 'i32'),
  ...numbers(f, 'f32'),
];
const comparison = (f: Binary): List => [
  ...floats(discrete, f, tied, tied, 'bool'),
  ...[2.5, -0.5, 2 ** 24 + 1, 3e9, -3e9, Infinity, NaN].flatMap(c => [
    sample([], () => f(int([2, 3, -1, 2 ** 24, 2 ** 24 + 1]), c), 'bool[5]'),
    sample([], () => f(c, int([2, 3, -1, 2 ** 24, 2 ** 24 + 1])), 'bool[5]'),
  ]),
  ...mixed(discrete, f, tied, 'bool'),
  ...ints(f, 'bool'),
  ...numbers(f, 'bool'),
];

/** Odd multiples of 1/8 that are no 1/8, and of 1/16: no quotient of both, nor of one and a whole number, is near a whole number. */
const eighths: Draw = independent(random => ((random() < 0.5 ? -1 : 1) * (3 + 2 * Math.floor(8 * random()))) / 8);
const sixteenths: Draw = independent(random => (2 * Math.floor(32 * random()) - 31) / 16);
const rounded = (f: Binary): List => [
  ...floats(sample, f, sixteenths, eighths),
  ...mixed(sample, f, eighths),
  ...ints(f, 'i32'),
  ...numbers(f, 'f32'),
  sample(
    [],
    () => f(tensor([5, -5, 5, -5, 0, -0, 1, Infinity, 1, NaN]), tensor([3, 3, -3, -3, 2, 2, 0, 1, Infinity, 1])),
    'f32[10]',
  ),
];
const bits = (f: Binary, dtype: 'i32' | 'bool'): List => [
  sample([], () => f(int([7, -3, 0, 2 ** 24 + 1]), int([2, -3, 5, 1])), 'i32[4]'),
  sample([], () => f(t(int([1, 2, 3, 4, 5, 6], [2, 3])), 3), 'i32[3,2]'),
  sample([], () => f(3, tensor(Uint8Array.of(1, 2, 3))), 'i32[3]'),
  sample([], () => f(int([-5, 5, 1]), int([40, -1, 31])), 'i32[3]'),
  sample([], () => f(bool([0, 1, 1]), bool([1, 1, 0])), `${dtype}[3]`),
  sample([], () => f(int([], [0]), 2), 'i32[0]'),
];

const ops: typeof binary & Pick<typeof power, 'pow'> = { ...binary, pow: power.pow };
export const arithmeticSamples: SamplesOf<typeof ops> = {
  add: [
    ...arithmetic(ops.add),
    sample([real(2, 3), real(3)], (a, b) => ops.add(a, b, { alpha: 0.5 }), 'f32[2,3]'),
    sample([], () => ops.add(int([1, 2]), int([3, 4]), { alpha: 2 }), 'i32[2]'),
  ],
  sub: [...arithmetic(ops.sub), sample([real(2, 3), real(3)], (a, b) => ops.sub(a, b, { alpha: -2 }), 'f32[2,3]')],
  rsub: arithmetic(ops.rsub),
  mul: [...arithmetic(ops.mul), sample([real(5)], x => ops.mul(x, x), 'f32[5]')],
  div: [
    ...floats(sample, (a, b) => ops.div(a, b), real, nonzero),
    ...mixed(sample, (a, b) => ops.div(a, b), nonzero),
    ...ints((a, b) => ops.div(a, b), 'f32'),
    ...rounded((a, b) => ops.div(a, b, { roundingMode: 'floor' })),
    ...rounded((a, b) => ops.div(a, b, { roundingMode: 'trunc' })),
  ],
  floorDivide: rounded(ops.floorDivide),
  fmod: rounded(ops.fmod),
  remainder: rounded(ops.remainder),
  atan2: [
    ...floats(sample, ops.atan2, nonzero, nonzero),
    ...mixed(sample, ops.atan2, nonzero),
    ...ints(ops.atan2, 'f32'),
    sample([], () => ops.atan2(tensor([0, -0, 0, -0, 1, -1]), tensor([1, 1, -1, -1, 0, -0])), 'f32[6]'),
  ],
  hypot: [
    ...floats(sample, ops.hypot, nonzero, nonzero),
    ...mixed(sample, ops.hypot, nonzero),
    ...ints(ops.hypot, 'f32'),
    sample([], () => ops.hypot(tensor([0, Infinity, NaN]), tensor([0, NaN, 1])), 'f32[3]'),
  ],
  copysign: [...floats(sample, ops.copysign, nonzero, nonzero), ...ints(ops.copysign, 'f32')],
  bitwiseAnd: bits(ops.bitwiseAnd, 'bool'),
  bitwiseOr: bits(ops.bitwiseOr, 'bool'),
  bitwiseXor: bits(ops.bitwiseXor, 'bool'),
  bitwiseLeftShift: bits(ops.bitwiseLeftShift, 'i32'),
  bitwiseRightShift: bits(ops.bitwiseRightShift, 'i32'),
  bitwiseNot: [
    sample([], () => ops.bitwiseNot(int([0, -1, 7])), 'i32[3]'),
    sample([], () => ops.bitwiseNot(bool([1, 0])), 'bool[2]'),
  ],
  pow: [
    ...floats(sample, ops.pow, positive, real),
    ...mixed(sample, ops.pow, positive),
    // Whole exponents of negative numbers, where only the base has a gradient.
    sample([nonzero(6)], x => ops.pow(x, 3), 'f32[6]'),
    ...[-2, -1, 2, 4].map(n => sample([nonzero(6)], x => ops.pow(x, n), 'f32[6]')),
    ...[-0.5, 0.5, 2.5].map(n => sample([positive(6)], x => ops.pow(x, n), 'f32[6]')),
    sample([nonzero(6)], x => ops.pow(x, 0), 'f32[6]'),
    sample([nonzero(6)], x => ops.pow(x, tensor([0, 1, 2, 3, -1, -2])), 'f32[6]'),
    sample([], () => ops.pow(int([2, -3, 0]), int([10, 3, 0])), 'f32[3]'),
  ],
  maximum: arithmetic(ops.maximum, quarters, betweenQuarters),
  minimum: arithmetic(ops.minimum, quarters, betweenQuarters),
  eq: comparison(ops.eq),
  ne: comparison(ops.ne),
  lt: comparison(ops.lt),
  le: comparison(ops.le),
  gt: comparison(ops.gt),
  ge: comparison(ops.ge),
};

const pick = (): Tensor => bool([1, 0, 0, 1, 1, 0], [2, 3]);
export const whereSamples: SamplesOf<typeof import('../../../ts/ops/where')> = {
  maskedFill: [
    sample([real(2, 3), real()], (x, v) => maskedFill(x, bool([1, 0, 1]), v), 'f32[2,3]'),
    sample([], () => maskedFill(int([1, 2, 3]), bool([1, 0, 0]), 7), 'i32[3]'),
    sample([], () => maskedFill(bool([1, 1, 0]), bool([1, 0, 0]), 0), 'bool[3]'),
  ],
  where: [
    sample([real(2, 3), real(2, 3)], (a, b) => where(pick(), a, b), 'f32[2,3]'),
    sample([real(3), real(2, 1)], (a, b) => where(pick(), a, b), 'f32[2,3]'),
    sample([real(4, 2, 3), real()], (a, b) => where(pick(), a, b), 'f32[4,2,3]'),
    sample([real(2, 3)], a => where(bool([1, 0], [2, 1]), a, 0), 'f32[2,3]'),
    sample([real(3)], b => where(pick(), 1.5, b), 'f32[2,3]'),
    sample([real(3, 2)], a => where(t(bool([1, 0, 0, 1, 1, 0], [3, 2])), t(a), int([4, 5, 6])), 'f32[2,3]'),
    sample([real(0, 3)], a => where(bool([1, 0, 1]), a, -1), 'f32[0,3]'),
    sample(
      [real(37), real(37)],
      (a, b) => where(ops.gt(int(Array.from({ length: 37 }, (_, i) => i % 3)), 0), a, b),
      'f32[37]',
    ),
    sample([], () => where(pick(), int([1, 2, 3]), int([9], [1])), 'i32[2,3]'),
    sample([], () => where(pick(), int([1, 2, 3]), -7), 'i32[2,3]'),
    sample([], () => where(pick(), int([1, 2, 3]), 0.5), 'f32[2,3]'),
    sample([], () => where(pick(), 1, 2), 'f32[2,3]'),
  ],
};
