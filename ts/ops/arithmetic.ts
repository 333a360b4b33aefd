/** Arithmetic and comparison of two tensors, which broadcast. */
import type { Comparison } from '../backend/backend';
import { runBinary } from '../core/geometry';
import { defineOp } from '../core/op';
import { broadcast } from '../core/shape';
import type { Tensor } from '../core/tensor';
import { byType, ints, mul, neg, sumTo, type BinaryOp, type FloatOp } from './basic';

export { mul };

function comparison(name: Comparison): BinaryOp {
  const float: FloatOp = defineOp({
    name,
    inputs: ['a', 'b'],
    strided: true,
    pointwise: true,
    dtype: 'bool',
    shape: xs => broadcast(name, xs[0].shape, xs[1].shape),
    run: (k, xs, ys) => runBinary(k[name], xs[0], xs[1], ys[0]),
  });
  return byType(float, ints(name, 'bool'));
}

const addFloat: FloatOp = defineOp({
  name: 'add',
  inputs: ['a', 'b'],
  strided: true,
  pointwise: true,
  shape: xs => broadcast('add', xs[0].shape, xs[1].shape),
  run: (k, xs, ys) => runBinary(k.add, xs[0], xs[1], ys[0]),
  vjp: { a: (g, _, __, s) => sumTo(g, s.a), b: (g, _, __, s) => sumTo(g, s.b) },
});
/** a + b. */
export const add: BinaryOp = byType(addFloat, ints('add', 'i32'));

const subFloat: FloatOp = defineOp({
  name: 'sub',
  inputs: ['a', 'b'],
  strided: true,
  pointwise: true,
  shape: xs => broadcast('sub', xs[0].shape, xs[1].shape),
  run: (k, xs, ys) => runBinary(k.sub, xs[0], xs[1], ys[0]),
  vjp: { a: (g, _, __, s) => sumTo(g, s.a), b: (g, _, __, s) => sumTo(neg(g), s.b) },
});
/** a − b. */
export const sub: BinaryOp = byType(subFloat, ints('sub', 'i32'));
/** b − a: `x.rsub(1)` is 1 − x. */
export const rsub: BinaryOp = (a, b) => sub(b, a);

/** a / b, in f32 also of integers. */
export const div: FloatOp = defineOp({
  name: 'div',
  inputs: ['a', 'b'],
  strided: true,
  pointwise: true,
  shape: xs => broadcast('div', xs[0].shape, xs[1].shape),
  run: (k, xs, ys) => runBinary(k.div, xs[0], xs[1], ys[0]),
  saves: { a: ['b'], b: ['b', 'y'] },
  vjp: {
    a: (g, { b }, _, s) => sumTo(div(g, b), s.a),
    b: (g, { b, y }, _, s) => sumTo(neg(div(mul(g, y), b)), s.b),
  },
});

/** The larger or the smaller of two; where they are equal, each side gets half of the gradient. */
function extremum(name: 'maximum' | 'minimum', wins: BinaryOp): BinaryOp {
  const share = (g: Tensor, mine: Tensor, other: Tensor): Tensor =>
    mul(g, add(wins(mine, other), mul(eq(mine, other), 0.5)));
  const float: FloatOp = defineOp({
    name,
    inputs: ['a', 'b'],
    strided: true,
    pointwise: true,
    shape: xs => broadcast(name, xs[0].shape, xs[1].shape),
    run: (k, xs, ys) => runBinary(k[name], xs[0], xs[1], ys[0]),
    saves: { a: ['a', 'b'], b: ['a', 'b'] },
    vjp: {
      a: (g, { a, b }, _, s) => sumTo(share(g, a, b), s.a),
      b: (g, { a, b }, _, s) => sumTo(share(g, b, a), s.b),
    },
  });
  return byType(float, ints(name, 'i32'));
}

/** a = b, as bool. */
export const eq: BinaryOp = comparison('eq');
/** a ≠ b, as bool. */
export const ne: BinaryOp = comparison('ne');
/** a < b, as bool. */
export const lt: BinaryOp = comparison('lt');
/** a ≤ b, as bool. */
export const le: BinaryOp = comparison('le');
/** a > b, as bool. */
export const gt: BinaryOp = comparison('gt');
/** a ≥ b, as bool. */
export const ge: BinaryOp = comparison('ge');
/** The larger of a and b; NaN if either is. */
export const maximum: BinaryOp = extremum('maximum', gt);
/** The smaller of a and b; NaN if either is. */
export const minimum: BinaryOp = extremum('minimum', lt);
