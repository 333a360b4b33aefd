/** Arithmetic and comparison of two tensors, which broadcast. */
import type { Comparison, IntArithmetic } from '../backend/backend';
import { runBinary } from '../core/geometry';
import type { Operand } from '../core/declare';
import { defineOp, type Op } from '../core/op';
import { broadcast } from '../core/shape';
import { Tensor } from '../core/tensor';
import { log, neg } from './elementwise';
import { sumTo } from './reduce';
import { where } from './where';

/** Either side may be a number; shapes broadcast from the last dimension on, as in NumPy. */
type BinaryOp = (a: Operand, b: Operand) => Tensor;
type FloatOp = Op<[a: Operand, b: Operand]>;

/** The i32 form of an op; it has no gradient. */
function ints(name: IntArithmetic | Comparison, dtype: 'i32' | 'bool'): FloatOp {
  return defineOp({
    name,
    inputs: ['a', 'b'],
    wants: { a: 'i32', b: 'i32' },
    strided: true,
    dtype,
    shape: ([a, b]) => broadcast(name, a.shape, b.shape),
    run: (k, [a, b], [y]) => runBinary(k[`${name}I32`], a, b, y),
  });
}

// What is neither tensor nor number goes to the op, which refuses it.
const integral = (v: Operand): boolean =>
  typeof v === 'number' ? Number.isInteger(v) : v instanceof Tensor && v.dtype !== 'f32';

/** Integers stay integers; beside an f32 or a fraction they are widened. Two plain numbers are f32. */
function byType(float: FloatOp, int: FloatOp): BinaryOp {
  return (a, b) =>
    integral(a) && integral(b) && !(typeof a === 'number' && typeof b === 'number') ? int(a, b) : float(a, b);
}

function comparison(name: Comparison): BinaryOp {
  const float: FloatOp = defineOp({
    name,
    inputs: ['a', 'b'],
    strided: true,
    pointwise: true,
    dtype: 'bool',
    shape: ([a, b]) => broadcast(name, a.shape, b.shape),
    run: (k, [a, b], [y]) => runBinary(k[name], a, b, y),
  });
  return byType(float, ints(name, 'bool'));
}

const addFloat: FloatOp = defineOp({
  name: 'add',
  inputs: ['a', 'b'],
  strided: true,
  pointwise: true,
  shape: ([a, b]) => broadcast('add', a.shape, b.shape),
  run: (k, [a, b], [y]) => runBinary(k.add, a, b, y),
  vjp: { a: (g, _, __, s) => sumTo(g, s.a), b: (g, _, __, s) => sumTo(g, s.b) },
});
/** a + b. */
export const add: BinaryOp = byType(addFloat, ints('add', 'i32'));

const subFloat: FloatOp = defineOp({
  name: 'sub',
  inputs: ['a', 'b'],
  strided: true,
  pointwise: true,
  shape: ([a, b]) => broadcast('sub', a.shape, b.shape),
  run: (k, [a, b], [y]) => runBinary(k.sub, a, b, y),
  vjp: { a: (g, _, __, s) => sumTo(g, s.a), b: (g, _, __, s) => sumTo(neg(g), s.b) },
});
/** a − b. */
export const sub: BinaryOp = byType(subFloat, ints('sub', 'i32'));
/** b − a: `x.rsub(1)` is 1 − x. */
export const rsub: BinaryOp = (a, b) => sub(b, a);

const mulFloat: FloatOp = defineOp({
  name: 'mul',
  inputs: ['a', 'b'],
  strided: true,
  pointwise: true,
  shape: ([a, b]) => broadcast('mul', a.shape, b.shape),
  run: (k, [a, b], [y]) => runBinary(k.mul, a, b, y),
  saves: { a: ['b'], b: ['a'] },
  vjp: { a: (g, { b }, _, s) => sumTo(mul(g, b), s.a), b: (g, { a }, _, s) => sumTo(mul(g, a), s.b) },
});
/** a · b. */
export const mul: BinaryOp = byType(mulFloat, ints('mul', 'i32'));

/** a / b, in f32 also of integers. */
export const div: FloatOp = defineOp({
  name: 'div',
  inputs: ['a', 'b'],
  strided: true,
  pointwise: true,
  shape: ([a, b]) => broadcast('div', a.shape, b.shape),
  run: (k, [a, b], [y]) => runBinary(k.div, a, b, y),
  saves: { a: ['b'], b: ['b', 'y'] },
  vjp: {
    a: (g, { b }, _, s) => sumTo(div(g, b), s.a),
    b: (g, { b, y }, _, s) => sumTo(neg(div(mul(g, y), b)), s.b),
  },
});

/** aᵇ. Where the limit is not unique, derivatives are as PyTorch's: 0 by a if b = 0, 0 by b if a = 0. */
export const pow: FloatOp = defineOp({
  name: 'pow',
  inputs: ['a', 'b'],
  strided: true,
  pointwise: true,
  shape: ([a, b]) => broadcast('pow', a.shape, b.shape),
  run: (k, [a, b], [y]) => runBinary(k.pow, a, b, y),
  saves: { a: ['a', 'b'], b: ['a', 'y'] },
  vjp: {
    a: (g, { a, b }, _, s) => sumTo(where(eq(b, 0), 0, mul(g, mul(b, pow(a, sub(b, 1))))), s.a),
    b: (g, { a, y }, _, s) => sumTo(where(eq(a, 0), 0, mul(g, mul(y, log(a)))), s.b),
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
    shape: ([a, b]) => broadcast(name, a.shape, b.shape),
    run: (k, [a, b], [y]) => runBinary(k[name], a, b, y),
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
