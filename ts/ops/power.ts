import { runBinary } from '../core/geometry';
import { defineOp } from '../core/op';
import { broadcast } from '../core/shape';
import { eq, sub } from './arithmetic';
import { mul, sumTo, type FloatOp } from './basic';
import { log } from './elementwise';
import { where } from './where';

/** aᵇ. Where the limit is not unique, derivatives are as PyTorch's: 0 by a if b = 0, 0 by b if a = 0. */
export const pow: FloatOp = defineOp({
  name: 'pow',
  inputs: ['a', 'b'],
  strided: true,
  shape: xs => broadcast('pow', xs[0].shape, xs[1].shape),
  run: (k, xs, ys) => runBinary(k.pow, xs[0], xs[1], ys[0]),
  saves: { a: ['a', 'b'], b: ['a', 'y'] },
  vjp: {
    a: (g, { a, b }, _, s) => sumTo(where(eq(b, 0), 0, mul(g, mul(b, pow(a, sub(b, 1))))), s.a),
    b: (g, { a, y }, _, s) => sumTo(where(eq(a, 0), 0, mul(g, mul(y, log(a)))), s.b),
  },
});
