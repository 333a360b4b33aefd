/** Bits of integers and bools. Of bools alone the result is bool, else i32. */
import type { IntArithmetic } from '../backend/backend';
import { cast } from '../core/convert';
import type { Operand } from '../core/declare';
import { display } from '../core/display';
import { DTypeError } from '../core/errors';
import { composite, type Signature } from '../core/signature';
import { Tensor } from '../core/tensor';
import { aTensor, aTensorOrNumber } from '../core/tensor-kinds';
import { ints, isIntegers, type BinaryOp } from './basic';

/** Throws unless v is a tensor of integers or bools, or a whole number beside one. */
function checkBits(where: string, name: string, v: Operand, beside: Operand): void {
  if (typeof v === 'number' ? (v | 0) === v && typeof beside !== 'number' : isIntegers(v)) return;
  const found = v instanceof Tensor ? v.dtype : display(v);
  throw new DTypeError(where, `${name} takes integers or bools, this is ${found}`);
}
const isBool = (v: Operand): boolean => v instanceof Tensor && v.dtype === 'bool';

const TWO: Signature<[a: Operand, b: Operand]> = [
  ['a', aTensorOrNumber],
  ['b', aTensorOrNumber],
];
/** An op on the bits of two operands; `logical`: bools stay bools. */
function bitwise(name: IntArithmetic, logical = true): BinaryOp {
  const op = ints(name, 'i32');
  return composite(name, TWO, (a, b) => {
    checkBits(name, 'a', a, b);
    checkBits(name, 'b', b, a);
    const y = op(a, b);
    return logical && isBool(a) && isBool(b) ? cast(y, 'bool') : y;
  });
}

/** The bits that both have. */
export const bitwiseAnd: BinaryOp = bitwise('bitwiseAnd');
/** The bits that one has or both have. */
export const bitwiseOr: BinaryOp = bitwise('bitwiseOr');
/** The bits that exactly one has. */
export const bitwiseXor: BinaryOp = bitwise('bitwiseXor');
/** a · 2ᵇ, without the bits that leave i32; 0 if b is below 0 or above 31. */
export const bitwiseLeftShift: BinaryOp = bitwise('bitwiseLeftShift', false);
/** ⌊a / 2ᵇ⌋; the sign alone, 0 or −1, if b is below 0 or above 31. */
export const bitwiseRightShift: BinaryOp = bitwise('bitwiseRightShift', false);

const xor = ints('bitwiseXor', 'i32');
/** All bits turned, −1 − x; of bools, not x. */
export const bitwiseNot: (x: Tensor) => Tensor = composite('bitwiseNot', [['x', aTensor]], x => {
  checkBits('bitwiseNot', 'x', x, x);
  return isBool(x) ? cast(xor(x, 1), 'bool') : xor(x, -1);
});
