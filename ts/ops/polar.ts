/** Angles, lengths and signs of pairs of numbers. */
import { runBinary } from '../core/geometry';
import { defineOp } from '../core/op';
import { broadcast } from '../core/shape';
import type { Tensor } from '../core/tensor';
import { divFloat, eqFloat } from './binary';
import { mulFloat, neg, sumTo, type FloatOp } from './basic';
import { where } from './where';

/** x / (a² + b²), by quotients that do not overflow. */
const perSquare = (x: Tensor, a: Tensor, b: Tensor): Tensor => {
  const length = hypot(a, b);
  return divFloat(divFloat(x, length), length);
};

/** The angle of the point (b, a) against the axis of b, in (−π, π]: arctan(a / b), with the signs of both. */
export const atan2: FloatOp = defineOp({
  name: 'atan2',
  inputs: ['a', 'b'],
  strided: true,
  shape: xs => broadcast('atan2', xs[0].shape, xs[1].shape),
  run: (k, xs, ys) => runBinary(k.atan2, xs[0], xs[1], ys[0]),
  saves: { a: ['a', 'b'], b: ['a', 'b'] },
  vjp: {
    a: (g, { a, b }, _, s) => sumTo(mulFloat(g, perSquare(b, a, b)), s.a),
    b: (g, { a, b }, _, s) => sumTo(neg(mulFloat(g, perSquare(a, a, b))), s.b),
  },
});

/** √(a² + b²), without overflow; ∞ where either is infinite. */
export const hypot: FloatOp = defineOp({
  name: 'hypot',
  inputs: ['a', 'b'],
  strided: true,
  shape: xs => broadcast('hypot', xs[0].shape, xs[1].shape),
  run: (k, xs, ys) => runBinary(k.hypot, xs[0], xs[1], ys[0]),
  saves: { a: ['a', 'y'], b: ['b', 'y'] },
  vjp: {
    a: (g, { a, y }, _, s) => sumTo(mulFloat(g, divFloat(a, y)), s.a),
    b: (g, { b, y }, _, s) => sumTo(mulFloat(g, divFloat(b, y)), s.b),
  },
});

/** |a| with the sign of b, −0 having one; the derivative by a is 0 at a = 0, as PyTorch's. */
export const copysign: FloatOp = defineOp({
  name: 'copysign',
  inputs: ['a', 'b'],
  strided: true,
  shape: xs => broadcast('copysign', xs[0].shape, xs[1].shape),
  run: (k, xs, ys) => runBinary(k.copysign, xs[0], xs[1], ys[0]),
  saves: { a: ['a', 'b'] },
  vjp: {
    a(g, { a, b }, _, s) {
      const zero = eqFloat(a, 0);
      const turned = copysign(where(zero, 1, a), b);
      return sumTo(mulFloat(g, where(zero, 0, divFloat(turned, where(zero, 1, a)))), s.a);
    },
    b: null,
  },
});
