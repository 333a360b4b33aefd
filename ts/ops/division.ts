/** Division that leaves a remainder. Integers stay integers; tensors of them, divided by 0, give 0, as NumPy's do. */
import { ValueError } from '../core/errors';
import { runBinary } from '../core/geometry';
import { defineOp } from '../core/op';
import { broadcast } from '../core/shape';
import type { Tensor } from '../core/tensor';
import { byType, ints, isIntegers, mulFloat, neg, sumTo, type BinaryOp, type FloatOp } from './basic';

/** Quotients rounded to a whole number: their derivatives are 0. */
const floorFloat: FloatOp = defineOp({
  name: 'floorDivide',
  inputs: ['a', 'b'],
  strided: true,
  shape: xs => broadcast('floorDivide', xs[0].shape, xs[1].shape),
  run: (k, xs, ys) => runBinary(k.floorDivide, xs[0], xs[1], ys[0]),
  vjp: { a: null, b: null },
});
const truncFloat: FloatOp = defineOp({
  name: 'div',
  inputs: ['a', 'b'],
  strided: true,
  shape: xs => broadcast('div', xs[0].shape, xs[1].shape),
  run(k, xs, [y]) {
    runBinary(k.div, xs[0], xs[1], y);
    k.trunc(y.address, y.address, y.size, 0);
  },
  vjp: { a: null, b: null },
});

/** a − b · q(a, b), q being the rounded quotient. */
function rest(name: 'fmod' | 'remainder', q: FloatOp): FloatOp {
  return defineOp({
    name,
    inputs: ['a', 'b'],
    strided: true,
    shape: xs => broadcast(name, xs[0].shape, xs[1].shape),
    run: (k, xs, ys) => runBinary(k[name], xs[0], xs[1], ys[0]),
    saves: { b: ['a', 'b'] },
    vjp: {
      a: (g, _, __, s) => sumTo(g, s.a),
      b: (g, { a, b }, _, s) => sumTo(neg(mulFloat(g, q(a, b))), s.b),
    },
  });
}

/** By type; the number 0 as a divisor of integers is refused. */
function whole(float: FloatOp, name: 'floorDivide' | 'div' | 'fmod' | 'remainder'): BinaryOp {
  const plain = byType(float, ints(name, 'i32'));
  return function (a, b): Tensor {
    if (b === 0 && isIntegers(a)) throw new ValueError(name, 'b is 0, by which integers do not divide');
    return arguments.length > 2 ? Reflect.apply(plain, undefined, arguments) : plain(a, b);
  };
}

/** ⌊a / b⌋. Of integers i32. */
export const floorDivide: BinaryOp = whole(floorFloat, 'floorDivide');
/** a / b without its fraction. Of integers i32. */
export const truncDivide: BinaryOp = whole(truncFloat, 'div');
/** What a / b rounded towards 0 leaves of a: it has the sign of a. Of integers i32. */
export const fmod: BinaryOp = whole(rest('fmod', truncFloat), 'fmod');
/** What ⌊a / b⌋ leaves of a: it has the sign of b. Of integers i32. */
export const remainder: BinaryOp = whole(rest('remainder', floorFloat), 'remainder');
