/** Writing elements at indices: the ops, and what public functions check before them. */
import { SCATTER, type Kernels } from '../backend/backend';
import { checkComputes } from '../core/casts';
import type { View } from '../core/definition';
import { isFloat } from '../core/dtype';
import { DTypeError, ShapeError } from '../core/errors';
import { runCopy } from '../core/geometry';
import { defineParametricOp, type Op } from '../core/op';
import { dimOf, show, type Shape } from '../core/shape';
import { Tensor } from '../core/tensor';
import { add, div, eq, maximum, mul } from './arithmetic';
import { expand, reshape } from './basic';
import { full } from './creation';
import { to } from './elementwise';
import { checkWithin, cropped, rowOf, wide } from './fitting';
import { around, gatherAlong, scatterAlong } from './indexing';
import { checkIndices } from './indices';
import { concat } from './join';
import { slice } from './view';
import { where } from './where';

type How = keyof typeof SCATTER;
interface Into {
  readonly dim: number;
  readonly how: How;
}
type ScatterOp = Op<[x: Tensor, index: Tensor, src: Tensor], Into>;

/** Combines src into y at the indices. */
export function scatterInto(k: Kernels, index: View, src: View, y: View, { dim, how }: Into): void {
  const [outer, n, inner] = around(y.shape, dim);
  checkIndices(k, 'scatter', index, n);
  const kernel = y.dtype === 'f32' ? k.scatter : k.scatterI32;
  kernel(src.address, index.address, y.address, outer, n, index.shape[dim]!, inner, SCATTER[how]);
}
const WANTS = { x: 'any', index: 'i32', src: 'any' } as const;
function runScatter(k: Kernels, x: View, index: View, src: View, y: View, into: Into): void {
  runCopy(k.copy, x, y);
  scatterInto(k, index, src, y, into);
}

function computed(x: Tensor): Shape {
  checkComputes('scatter', 'x', x);
  return x.shape;
}

/** x with the elements of src at indices, or of integers the sums. Of several at one index, the last stays. */
const setOp: ScatterOp = defineParametricOp({
  name: 'scatter',
  inputs: ['x', 'index', 'src'],
  wants: WANTS,
  dtype: ([x]) => x.dtype,
  shape: ([x]) => computed(x),
  run: (k, [x, index, src], [y], into) => runScatter(k, x, index, src, y, into),
  saves: { x: ['index'], src: ['index'] },
  vjp: {
    x: (g, { index }, into) => setOp(g, index, full(index.shape, 0), into),
    index: null,
    src: (g, { index }, { dim }) => gatherAlong(g, dim, index),
  },
});

/** How many of x and src meet at each place, those that count being 1. */
export const meet = (x: Tensor, index: Tensor, src: Tensor, dim: number): Tensor =>
  add(to(x, 'f32'), scatterAlong(to(src, 'f32'), dim, index, x.shape[dim]!));

/** Products and extremes of x and what src has at indices. */
export const reduceOp: ScatterOp = defineParametricOp({
  name: 'scatterReduce',
  inputs: ['x', 'index', 'src'],
  wants: WANTS,
  dtype: ([x]) => x.dtype,
  shape: ([x]) => computed(x),
  run: (k, [x, index, src], [y], into) => runScatter(k, x, index, src, y, into),
  saves: { x: ['x', 'index', 'src', 'y'], src: ['x', 'index', 'src', 'y'] },
  vjpAll(g, saved, { dim, how }) {
    const { x, index, src, y } = saved;
    if (!x || !index || !src || !y) return {};
    const taken = (t: Tensor): Tensor => gatherAlong(t, dim, index);
    if (how !== 'prod') {
      // Equals share it.
      const [best, ofSrc] = [eq(x, y), eq(src, taken(y))];
      const share = div(g, maximum(meet(best, index, ofSrc, dim), 1));
      return { x: mul(share, best), src: mul(taken(share), ofSrc) };
    }
    // The product of all others: y over the element; or where that is the only 0, the product of what is not 0.
    const [zero, ofSrc] = [eq(x, 0), eq(src, 0)];
    const zeros = meet(zero, index, ofSrc, dim);
    const rest = reduceOp(where(zero, 1, x), index, where(ofSrc, 1, src), { dim, how });
    const only = where(eq(zeros, 1), rest, 0);
    const others = (z: Tensor, p: Tensor, all: Tensor, v: Tensor): Tensor => where(z, p, div(all, where(z, 1, v)));
    return {
      x: mul(g, others(zero, only, y, x)),
      src: mul(taken(g), others(ofSrc, taken(only), taken(y), src)),
    };
  },
});

/** f of the part of x that indices of some shape reach, all along `dim`; the rest of x around it. */
function within(x: Tensor, shape: Shape, dim: number, f: (x: Tensor) => Tensor): Tensor {
  const d = shape.findIndex((n, i) => i !== dim && n < x.shape[i]!);
  if (d < 0) return f(x);
  const n = shape[d]!;
  return concat([within(slice(x, d, 0, n), shape, dim, f), slice(x, d, n)], d);
}

export type Combine = (x: Tensor, index: Tensor, src: Tensor, dim: number) => Tensor;
/** Checks and brings into one form what is scattered: sizes of src and x beyond the index stay out of it. */
export function scattered(
  where_: string,
  x: Tensor,
  dim: number,
  index: Tensor,
  src: Tensor | number,
  f: Combine,
): Tensor {
  if (x.ndim === 0) {
    return reshape(scattered(where_, rowOf(x), dim, rowOf(index), typeof src === 'number' ? src : rowOf(src), f), []);
  }
  const d = dimOf(where_, dim, x.ndim);
  checkWithin(where_, 'x', x.shape, index.shape, d);
  if (src instanceof Tensor) {
    checkWithin(where_, 'src', src.shape, index.shape);
    checkType(where_, x, src);
  }
  return wide(x, y =>
    within(y, index.shape, d, part => {
      const source =
        typeof src === 'number' ? full(index.shape, src, { dtype: y.dtype }) : cropped(to(src, y.dtype), index.shape);
      return f(part, index, source, d);
    }),
  );
}
export function checkType(where_: string, x: Tensor, src: Tensor): void {
  if (x.dtype === src.dtype) return;
  throw new DTypeError(where_, `x is ${x.dtype}, what goes into it ${src.dtype}; convert it with to('${x.dtype}')`);
}

export const set: Combine = (x, index, src, dim) => setOp(x, index, src, { dim, how: 'set' });
export const sums: Combine = (x, index, src, dim) =>
  isFloat(x.dtype) ? add(x, scatterAlong(src, dim, index, x.shape[dim]!)) : setOp(x, index, src, { dim, how: 'sum' });

/** Indices of one dimension, as of each element of `shape` along `dim`. */
export const spread = (index: Tensor, dim: number, shape: Shape): Tensor =>
  expand(
    reshape(
      index,
      shape.map((_, d) => (d === dim ? index.size : 1)),
    ),
    shape,
  );

/** f with an index for each slice of source, which has x's sizes but along `dim`. */
export function bySlices(where_: string, x: Tensor, dim: number, index: Tensor, source: Tensor, f: Combine): Tensor {
  const d = dimOf(where_, dim, Math.max(x.ndim, 1));
  const fits = x.ndim === source.ndim && source.shape.every((n, i) => n === (i === d ? index.size : x.shape[i]));
  if (index.ndim > 1 || (!fits && x.ndim > 0) || (x.ndim === 0 && source.size !== index.size)) {
    throw new ShapeError(
      where_,
      `source ${show(source.shape)} takes the sizes of x ${show(x.shape)} but in dimension ${d}, where it takes that of the index, which has one dimension, this ${show(index.shape)}`,
    );
  }
  checkType(where_, x, source);
  if (x.ndim > 0) return wide(x, y => f(y, index, to(source, y.dtype), d));
  return reshape(
    bySlices(where_, reshape(x, [1]), 0, reshape(index, [index.size]), reshape(source, [source.size]), f),
    [],
  );
}
export const setSlices: Combine = (x, index, src, dim) => set(x, spread(index, dim, src.shape), src, dim);
