/** A right call of each function of one or two elements that right.ts does not list: part of it. */
import { ones, tensor, type Tensor } from 'phyllo';
import { call, each, finite, operand, optional, plain, whole, type Argument, type Make } from './arguments';

const m = (): Tensor => ones([2, 3]);
const bits = (): Argument => ({ ...whole(tensor(Int32Array.of(6, 5))), also: 'number' });

export const RIGHT_SCALAR: Readonly<Record<string, Make>> = {
  ...each('acos acosh asin asinh atanh cosh erfc erfinv exp2 lgamma log10 log2 sinc sinh tan trunc', () =>
    call(operand(m())),
  ),
  ...each('digamma i0', () => call(plain(m()))),
  round: () => call(plain(m()), optional(whole({ decimals: 1 }))),
  ...each('add sub', () => call(operand(m()), operand(m()), optional(finite({ alpha: 2 })))),
  div: () => call(operand(m()), operand(m()), optional(plain({ roundingMode: 'floor' }))),
  ...each('atan2 hypot copysign fmod remainder floorDivide', () => call(operand(m()), operand(m()))),
  ...each('bitwiseAnd bitwiseOr bitwiseXor bitwiseLeftShift bitwiseRightShift', () => call(bits(), bits())),
  bitwiseNot: () => call(plain(bits().value)),
};
