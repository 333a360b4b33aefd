/** Arithmetic and comparison of two tensors, which broadcast. */
import type { Comparison } from '../backend/backend';
import type { Operand } from '../core/declare';
import { aNumber, checkCount, oneOf, options } from '../core/kinds';
import { aTensorOrNumber } from '../core/tensor-kinds';
import { scope } from '../core/scope';
import { checked, type Signature } from '../core/signature';
import type { Tensor } from '../core/tensor';
import {
  addFloat,
  divFloat,
  eqFloat,
  geFloat,
  gtFloat,
  leFloat,
  ltFloat,
  maximumFloat,
  minimumFloat,
  neFloat,
  subFloat,
} from './binary';
import { byType, ints, isIntegers, mul, type BinaryOp, type FloatOp } from './basic';
import { floorDivide, truncDivide } from './division';

export { mul };
export { bitwiseAnd, bitwiseLeftShift, bitwiseNot, bitwiseOr, bitwiseRightShift, bitwiseXor } from './bitwise';
export { floorDivide, fmod, remainder } from './division';
export { atan2, copysign, hypot } from './polar';

export interface AlphaOptions {
  /** By what b is multiplied first. Default 1. */
  readonly alpha?: number;
}
/** Of two operands, either of which may be a number, with options. */
export type BinaryWith<O> = (a: Operand, b: Operand, options?: O) => Tensor;

/** A sum or a difference of a and alpha · b. */
function withAlpha(name: 'add' | 'sub', float: FloatOp): BinaryWith<AlphaOptions> {
  const int = ints(name, 'i32');
  const plain = byType(float, int);
  const takes: Signature<Parameters<BinaryWith<AlphaOptions>>> = [
    ['a', aTensorOrNumber],
    ['b', aTensorOrNumber],
    ['options', options<AlphaOptions>({ alpha: aNumber() })],
  ];
  const scaled = checked(name, takes, (a, b, { alpha = 1 } = {}) =>
    alpha === 1 ? plain(a, b) : scope(() => plain(a, mul(b, alpha)), name),
  );
  return byType(float, int, scaled);
}
/** a + b, or a + alpha · b; of integers, i32, which wraps around. */
export const add: BinaryWith<AlphaOptions> = withAlpha('add', addFloat);
/** a − b, or a − alpha · b; of integers, i32, which wraps around. */
export const sub: BinaryWith<AlphaOptions> = withAlpha('sub', subFloat);
/** b − a: `x.rsub(1)` is 1 − x. */
export const rsub: BinaryOp = checked(
  'rsub',
  [
    ['a', aTensorOrNumber],
    ['b', aTensorOrNumber],
  ],
  (a, b) => sub(b, a),
);

export interface DivOptions {
  /** Round the quotient down, as {@link floorDivide}, or towards 0; integers then stay integers. Left out: neither. */
  readonly roundingMode?: 'floor' | 'trunc';
}
const rounded: BinaryWith<DivOptions> = checked(
  'div',
  [
    ['a', aTensorOrNumber],
    ['b', aTensorOrNumber],
    ['options', options<DivOptions>({ roundingMode: oneOf('floor', 'trunc') })],
  ],
  (a, b, { roundingMode } = {}) =>
    roundingMode === undefined ? divFloat(a, b) : (roundingMode === 'floor' ? floorDivide : truncDivide)(a, b),
);
/** a / b, in f32 also of integers unless it is rounded. */
export const div: BinaryWith<DivOptions> = byType(divFloat, divFloat, rounded);

const LOWEST = -(2 ** 31);
const HIGHEST = 2 ** 31 - 1;
const MIRRORED = { eq: 'eq', ne: 'ne', lt: 'gt', le: 'ge', gt: 'lt', ge: 'le' } as const;
const intComparisons = {
  eq: ints('eq', 'bool'),
  ne: ints('ne', 'bool'),
  lt: ints('lt', 'bool'),
  le: ints('le', 'bool'),
  gt: ints('gt', 'bool'),
  ge: ints('ge', 'bool'),
} satisfies Readonly<Record<Comparison, FloatOp>>;

/** Integers beside a number that i32 has not: exact, as if compared in real numbers. */
function besideReal(name: Comparison, x: Operand, c: number): Tensor {
  const above = name === 'gt' || name === 'ge';
  if (name !== 'eq' && name !== 'ne' && c >= LOWEST && c <= HIGHEST) {
    return (above ? intComparisons.gt : intComparisons.le)(x, Math.floor(c));
  }
  const holds = name === 'ne' || (name !== 'eq' && (above ? c < LOWEST : c > HIGHEST));
  return (holds ? intComparisons.ge : intComparisons.lt)(x, LOWEST);
}
const isReal = (v: Operand): v is number => typeof v === 'number' && (v | 0) !== v;

/** A comparison: of integers with any number exact. */
function comparison(name: Comparison, float: FloatOp): BinaryOp {
  const plain = byType(float, intComparisons[name]);
  return function (a, b) {
    if (arguments.length > 2) checkCount(name, 2, arguments);
    if (!isIntegers(a) && !isIntegers(b)) return float(a, b);
    if (isReal(b)) return besideReal(name, a, b);
    if (isReal(a)) return besideReal(MIRRORED[name], b, a);
    return plain(a, b);
  };
}
/** a = b, as bool. */
export const eq: BinaryOp = comparison('eq', eqFloat);
/** a ≠ b, as bool. */
export const ne: BinaryOp = comparison('ne', neFloat);
/** a < b, as bool. */
export const lt: BinaryOp = comparison('lt', ltFloat);
/** a ≤ b, as bool. */
export const le: BinaryOp = comparison('le', leFloat);
/** a > b, as bool. */
export const gt: BinaryOp = comparison('gt', gtFloat);
/** a ≥ b, as bool. */
export const ge: BinaryOp = comparison('ge', geFloat);
/** The larger of a and b; NaN if either is. */
export const maximum: BinaryOp = byType(maximumFloat, ints('maximum', 'i32'));
/** The smaller of a and b; NaN if either is. */
export const minimum: BinaryOp = byType(minimumFloat, ints('minimum', 'i32'));
