import { constantIn } from '../core/constant';
import type { Operand } from '../core/declare';
import { runBinary } from '../core/geometry';
import { checkCount } from '../core/kinds';
import { defineOp } from '../core/op';
import { scope } from '../core/scope';
import { broadcast } from '../core/shape';
import { Tensor } from '../core/tensor';
import { eq, sub } from './arithmetic';
import { mul, sumTo, type BinaryOp, type FloatOp } from './basic';
import { log, reciprocal, rsqrt, sqrt, square } from './unary';
import { where } from './where';

/** aᵇ. Where a rule would multiply 0 and ∞, it looks at 1 instead of 0: what is masked stays finite in further gradients, too. */
export const powOp: FloatOp = defineOp({
  name: 'pow',
  inputs: ['a', 'b'],
  strided: true,
  shape: xs => broadcast('pow', xs[0].shape, xs[1].shape),
  run: (k, xs, ys) => runBinary(k.pow, xs[0], xs[1], ys[0]),
  saves: { a: ['a', 'b'], b: ['a', 'y'] },
  vjp: {
    a(g, { a, b }, _, s) {
      const n = constantIn(b.storage);
      if (n !== undefined) return sumTo(n === 0 ? mul(g, 0) : mul(mul(g, n), pow(a, n - 1)), s.a);
      const none = eq(b, 0);
      return sumTo(where(none, 0, mul(g, mul(b, pow(where(none, 1, a), sub(b, 1))))), s.a);
    },
    b(g, { a, y }, _, s) {
      const zero = eq(a, 0);
      return sumTo(where(zero, 0, mul(g, mul(y, log(where(zero, 1, a))))), s.b);
    },
  },
});

/** xⁿ as products and roots, for the n that are most often asked for. */
function simple(x: Tensor, n: number): Tensor | null {
  switch (n) {
    case 2:
      return square(x);
    case 3:
      return scope(() => mul(square(x), x), 'pow');
    case 0.5:
      return sqrt(x);
    case -0.5:
      return rsqrt(x);
    case -1:
      return reciprocal(x);
    case -2:
      return scope(() => square(reciprocal(x)), 'pow');
    default:
      return null;
  }
}

/**
 * aᵇ, in f32 also of integers. Where the limit is not unique, derivatives are as PyTorch's: 0 by a if b = 0, 0 by b if
 * a = 0. The exponents ±½, −1, ±2 and 3 as numbers are roots and products.
 */
export const pow: BinaryOp = function (a: Operand, b: Operand): Tensor {
  if (arguments.length > 2) checkCount('pow', 2, arguments);
  return (typeof b === 'number' && a instanceof Tensor ? simple(a, b) : null) ?? powOp(a, b);
};
