/**
 * The ops of two tensors, f32, that broadcast: of tensors of one shape each element of y depends on the elements with
 * its index.
 */
import type { Comparison } from '../backend/backend';
import { runBinary } from '../core/geometry';
import { defineOp } from '../core/op';
import { broadcast } from '../core/shape';
import type { Tensor } from '../core/tensor';
import { mulFloat, neg, sumTo, type FloatOp } from './basic';

export const addFloat: FloatOp = defineOp({
  name: 'add',
  inputs: ['a', 'b'],
  strided: true,
  shape: xs => broadcast('add', xs[0].shape, xs[1].shape),
  run: (k, xs, ys) => runBinary(k.add, xs[0], xs[1], ys[0]),
  vjp: { a: (g, _, __, s) => sumTo(g, s.a), b: (g, _, __, s) => sumTo(g, s.b) },
});
export const subFloat: FloatOp = defineOp({
  name: 'sub',
  inputs: ['a', 'b'],
  strided: true,
  shape: xs => broadcast('sub', xs[0].shape, xs[1].shape),
  run: (k, xs, ys) => runBinary(k.sub, xs[0], xs[1], ys[0]),
  vjp: { a: (g, _, __, s) => sumTo(g, s.a), b: (g, _, __, s) => sumTo(neg(g), s.b) },
});
export const divFloat: FloatOp = defineOp({
  name: 'div',
  inputs: ['a', 'b'],
  strided: true,
  shape: xs => broadcast('div', xs[0].shape, xs[1].shape),
  run: (k, xs, ys) => runBinary(k.div, xs[0], xs[1], ys[0]),
  saves: { a: ['b'], b: ['b', 'y'] },
  vjp: {
    a: (g, { b }, _, s) => sumTo(divFloat(g, b), s.a),
    b: (g, { b, y }, _, s) => sumTo(neg(divFloat(mulFloat(g, y), b)), s.b),
  },
});

function comparison(name: Comparison): FloatOp {
  return defineOp({
    name,
    inputs: ['a', 'b'],
    strided: true,
    dtype: 'bool',
    shape: xs => broadcast(name, xs[0].shape, xs[1].shape),
    run: (k, xs, ys) => runBinary(k[name], xs[0], xs[1], ys[0]),
  });
}
export const eqFloat: FloatOp = comparison('eq');
export const neFloat: FloatOp = comparison('ne');
export const ltFloat: FloatOp = comparison('lt');
export const leFloat: FloatOp = comparison('le');
export const gtFloat: FloatOp = comparison('gt');
export const geFloat: FloatOp = comparison('ge');

/** The larger or the smaller of two; where they are equal, each side gets half of the gradient. */
function extremum(name: 'maximum' | 'minimum', wins: FloatOp): FloatOp {
  const share = (g: Tensor, mine: Tensor, other: Tensor): Tensor =>
    mulFloat(g, addFloat(wins(mine, other), mulFloat(eqFloat(mine, other), 0.5)));
  return defineOp({
    name,
    inputs: ['a', 'b'],
    strided: true,
    shape: xs => broadcast(name, xs[0].shape, xs[1].shape),
    run: (k, xs, ys) => runBinary(k[name], xs[0], xs[1], ys[0]),
    saves: { a: ['a', 'b'], b: ['a', 'b'] },
    vjp: {
      a: (g, { a, b }, _, s) => sumTo(share(g, a, b), s.a),
      b: (g, { a, b }, _, s) => sumTo(share(g, b, a), s.b),
    },
  });
}
export const maximumFloat: FloatOp = extremum('maximum', gtFloat);
export const minimumFloat: FloatOp = extremum('minimum', ltFloat);

/** All of them. */
export const BINARY: readonly FloatOp[] = [
  mulFloat,
  addFloat,
  subFloat,
  divFloat,
  eqFloat,
  neFloat,
  ltFloat,
  leFloat,
  gtFloat,
  geFloat,
  maximumFloat,
  minimumFloat,
];
