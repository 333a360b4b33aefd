/**
 * The ops whose gradients need each other: a product's is summed to the shape of its factors, a sum's is spread, and may
 * be a product. Their families hand on those that are public.
 */
import type { Comparison, IntArithmetic } from '../backend/backend';
import { copy } from '../core/convert';
import type { Operand } from '../core/declare';
import { isFloat } from '../core/dtype';
import { ShapeError } from '../core/errors';
import { runBinary } from '../core/geometry';
import { aShape, aShapeWithGaps, checkCount } from '../core/kinds';
import { defineOp, defineParametricOp, type Op } from '../core/op';
import { broadcast, rowMajor, sameShape, show, sizeOf, type Shape } from '../core/shape';
import { checked, listed, type Listed } from '../core/signature';
import { Tensor } from '../core/tensor';
import { aTensor } from '../core/tensor-kinds';

/** Either side may be a number; shapes broadcast from the last dimension on, as in NumPy. */
export type BinaryOp = (a: Operand, b: Operand) => Tensor;
export type FloatOp = Op<[a: Operand, b: Operand]>;

/** An op on i32; it has no gradient. */
export function ints(name: IntArithmetic | Comparison, dtype: 'i32' | 'bool'): FloatOp {
  return defineOp({
    name,
    inputs: ['a', 'b'],
    wants: { a: 'i32', b: 'i32' },
    strided: true,
    dtype,
    shape: xs => broadcast(name, xs[0].shape, xs[1].shape),
    run: (k, xs, ys) => runBinary(k[`${name}I32`], xs[0], xs[1], ys[0]),
  });
}

// What is neither tensor nor number goes to the op, which refuses it.
const integral = (v: Operand): boolean => (typeof v === 'number' ? Number.isInteger(v) : isIntegers(v));
/** Whether it is a tensor of integers or bools. */
export const isIntegers = (v: Operand): boolean => v instanceof Tensor && !isFloat(v.dtype);

/**
 * Integers stay integers; beside an f32 or a fraction they are widened. Two plain numbers are f32. A third argument goes
 * to `more`, or is refused.
 */
export function byType<O = never>(
  float: FloatOp,
  int: FloatOp,
  more?: (a: Operand, b: Operand, options?: O) => Tensor,
): (a: Operand, b: Operand, options?: O) => Tensor {
  const call = function (a: Operand, b: Operand): Tensor {
    if (arguments.length > 2) {
      if (more !== undefined) return Reflect.apply(more, undefined, arguments);
      checkCount(float.def.name, 2, arguments);
    }
    return integral(a) && integral(b) && !(typeof a === 'number' && typeof b === 'number') ? int(a, b) : float(a, b);
  };
  return Object.defineProperty(call, 'length', { value: more === undefined ? 2 : 3 });
}

export const mulFloat: FloatOp = defineOp({
  name: 'mul',
  inputs: ['a', 'b'],
  strided: true,
  shape: xs => broadcast('mul', xs[0].shape, xs[1].shape),
  run: (k, xs, ys) => runBinary(k.mul, xs[0], xs[1], ys[0]),
  saves: { a: ['b'], b: ['a'] },
  vjp: { a: (g, { b }, _, s) => sumTo(mul(g, b), s.a), b: (g, { a }, _, s) => sumTo(mul(g, a), s.b) },
});
/** a · b; of integers, i32, which wraps around. */
export const mul: BinaryOp = byType(mulFloat, ints('mul', 'i32'));

/** −x. */
export const neg: Op<[x: Tensor]> = defineOp({
  name: 'neg',
  inputs: ['x'],
  shape: xs => xs[0].shape,
  run: (k, [x], [y]) => k.neg(x.address, y.address, y.size, 0),
  vjp: { x: g => neg(g) },
});

const reshapeView: Op<[x: Tensor], { shape: Shape }> = defineParametricOp({
  name: 'reshape',
  inputs: ['x'],
  view: (x, { shape }) => ({ shape, strides: rowMajor(shape), offset: x.offset }),
  vjp: { x: (g, _, __, s) => reshape(g, s.x) },
});
/** The same elements in another shape; one size may be −1, and follows from the others. A view, unless x is strided. */
export const reshape: (x: Tensor, ...shape: Listed) => Tensor = listed(
  'reshape',
  checked(
    'reshape',
    [
      ['x', aTensor],
      ['shape', aShapeWithGaps],
    ],
    (x, shape) => {
      const full = new Array<number>(shape.length);
      let known = 1;
      let gap = -1;
      let gaps = 0;
      for (let i = 0; i < shape.length; i++) {
        full[i] = shape[i]!;
        if (shape[i] !== -1) known *= shape[i]!;
        else {
          gap = i;
          gaps++;
        }
      }
      if (gaps > 0) full[gap] = x.size / known;
      if (gaps > 1 || (gaps === 1 && !Number.isInteger(full[gap])) || sizeOf(full) !== x.size) {
        throw new ShapeError('reshape', `${show(x.shape)} has ${x.size} elements and does not fit ${show(shape)}`);
      }
      return reshapeView(x.dense ? x : copy(x), { shape: full });
    },
  ),
);

const expandView: Op<[x: Tensor], { shape: Shape }> = defineParametricOp({
  name: 'expand',
  inputs: ['x'],
  view(x, { shape }) {
    const d = shape.length - x.ndim;
    const strides = shape.map((n, i) => (i < d || (x.shape[i - d] === 1 && n !== 1) ? 0 : x.strides[i - d]!));
    return { shape, strides, offset: x.offset };
  },
  vjp: { x: (g, _, __, s) => sumTo(g, s.x) },
});
/** x spread over a larger shape without a copy; −1 leaves a size as it is. A view. */
export const expand: (x: Tensor, ...shape: Listed) => Tensor = listed(
  'expand',
  checked(
    'expand',
    [
      ['x', aTensor],
      ['shape', aShapeWithGaps],
    ],
    (x, shape) => {
      if (sameShape(x.shape, shape)) return x;
      const d = shape.length - x.ndim;
      const full = shape.map((n, i) => (n === -1 && i >= d ? x.shape[i - d]! : n));
      if (d < 0 || !x.shape.every((n, i) => n === full[i + d] || n === 1) || full.includes(-1)) {
        throw new ShapeError('expand', `${show(x.shape)} does not spread to ${show(shape)}`);
      }
      return expandView(x, { shape: full });
    },
  ),
);

/** Sizes of the alternating runs of kept and summed dimensions: [kept, summed, kept, summed]. */
export function runs(shape: Shape, dims: Shape): number[] {
  const sizes = [1];
  let summed = false;
  shape.forEach((n, i) => {
    if (n === 1) return;
    if (dims.includes(i) !== summed) {
      summed = !summed;
      sizes.push(1);
    }
    sizes[sizes.length - 1]! *= n;
  });
  return sizes;
}

export const reduced = (shape: Shape, dims: Shape): Shape => shape.map((n, i) => (dims.includes(i) ? 1 : n));

/** scale · Σx over dims, which stay with size 1; at most two runs of summed dimensions. */
export const sumRuns: Op<[x: Tensor], { dims: Shape; scale: number }> = defineParametricOp({
  name: 'sum',
  inputs: ['x'],
  shape: ([x], { dims }) => reduced(x.shape, dims),
  run(k, [x], [y], { dims, scale }) {
    const [n0 = 1, r0 = 1, n1 = 1, r1 = 1] = runs(x.shape, dims);
    k.sum(x.address, y.address, n0, r0, n1, r1, scale);
  },
  vjp: {
    x: (g, _, { scale }, s) => expand(scale === 1 ? g : mul(g, scale), s.x),
  },
});
const sumRunsInt: Op<[x: Tensor], { dims: Shape; scale: number }> = defineParametricOp({
  name: 'sum',
  inputs: ['x'],
  wants: { x: 'i32' },
  dtype: 'i32',
  shape: ([x], { dims }) => reduced(x.shape, dims),
  run(k, [x], [y], { dims }) {
    const [n0 = 1, r0 = 1, n1 = 1, r1 = 1] = runs(x.shape, dims);
    k.sumI32(x.address, y.address, n0, r0, n1, r1);
  },
});

/** As `sumRuns`, over any dimensions: by several passes if they lie in more than two runs. */
export function sumKept(x: Tensor, dims: Shape, scale = 1): Tensor {
  const op = isFloat(x.dtype) ? sumRuns : sumRunsInt;
  return runs(x.shape, dims).length > 4
    ? sumKept(op(x, { dims: dims.slice(-1), scale: 1 }), dims.slice(0, -1), scale)
    : op(x, { dims, scale });
}

/** The sum that undoes a broadcast from `shape` to x's. */
export const sumTo: (x: Tensor, shape: Shape) => Tensor = checked(
  'sumTo',
  [
    ['x', aTensor],
    ['shape', aShape],
  ],
  (x, shape) => {
    if (sameShape(x.shape, shape)) return x;
    const d = x.ndim - shape.length;
    if (d < 0 || shape.some((n, i) => n !== 1 && n !== x.shape[i + d])) {
      throw new ShapeError('sumTo', `${show(shape)} does not broadcast to ${show(x.shape)}`);
    }
    const dims = x.shape.map((_, i) => i).filter(i => i < d || (shape[i - d] === 1 && x.shape[i] !== 1));
    return reshape(sumKept(x, dims), shape);
  },
);
