/** Arithmetic and comparison of two tensors, which broadcast. */
import { aTensorOrNumber } from '../core/tensor-kinds';
import { checked } from '../core/signature';
import {
  addFloat,
  div,
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
import { byType, ints, mul, type BinaryOp } from './basic';

export { div, mul };

/** a + b. */
export const add: BinaryOp = byType(addFloat, ints('add', 'i32'));
/** a − b. */
export const sub: BinaryOp = byType(subFloat, ints('sub', 'i32'));
/** b − a: `x.rsub(1)` is 1 − x. */
export const rsub: BinaryOp = checked(
  'rsub',
  [
    ['a', aTensorOrNumber],
    ['b', aTensorOrNumber],
  ],
  (a, b) => sub(b, a),
);

/** a = b, as bool. */
export const eq: BinaryOp = byType(eqFloat, ints('eq', 'bool'));
/** a ≠ b, as bool. */
export const ne: BinaryOp = byType(neFloat, ints('ne', 'bool'));
/** a < b, as bool. */
export const lt: BinaryOp = byType(ltFloat, ints('lt', 'bool'));
/** a ≤ b, as bool. */
export const le: BinaryOp = byType(leFloat, ints('le', 'bool'));
/** a > b, as bool. */
export const gt: BinaryOp = byType(gtFloat, ints('gt', 'bool'));
/** a ≥ b, as bool. */
export const ge: BinaryOp = byType(geFloat, ints('ge', 'bool'));
/** The larger of a and b; NaN if either is. */
export const maximum: BinaryOp = byType(maximumFloat, ints('maximum', 'i32'));
/** The smaller of a and b; NaN if either is. */
export const minimum: BinaryOp = byType(minimumFloat, ints('minimum', 'i32'));
