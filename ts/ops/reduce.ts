/** Sums, means and extrema along dimensions. */
import { defineMultiOp, defineOp, type MultiOp, type Op } from '../core/op';
import { ShapeError } from '../core/errors';
import { aBoolean, aDim, aNumber, aShape, aTensor, oneOrMoreDims, optional, options, type Kind } from '../core/kinds';
import { checked, composite, type Signature } from '../core/signature';
import { dimOf, dimsOf, sameShape, show, sizeOf, type Shape } from '../core/shape';
import type { Tensor } from '../core/tensor';
import { add, mul, sub } from './arithmetic';
import { exp, log, sqrt, square, to } from './elementwise';
import { scatterAlong } from './indexing';
import { expand, permute, reshape } from './view';

export interface ReduceOptions {
  /** Leave the reduced dimensions in place, with size 1. */
  readonly keepdim?: boolean;
}
type Dims = number | readonly number[];
const reduceOptions: Kind<ReduceOptions | undefined> = options<ReduceOptions>({ keepdim: aBoolean });
/** Of what reduces any dimensions. */
const OVER: Signature<[x: Tensor, dim?: Dims, options?: ReduceOptions]> = [
  ['x', aTensor],
  ['dim', optional(oneOrMoreDims)],
  ['options', reduceOptions],
];

/** Sizes of the alternating runs of kept and summed dimensions: [kept, summed, kept, summed]. */
function runs(shape: Shape, dims: Shape): number[] {
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

const reduced = (shape: Shape, dims: Shape): Shape => shape.map((n, i) => (dims.includes(i) ? 1 : n));

/** scale · Σx over dims, which stay with size 1; at most two runs of summed dimensions. */
const sumRuns: Op<[x: Tensor], { dims: Shape; scale: number }> = defineOp({
  name: 'sum',
  inputs: ['x'],
  shape: ([x], { dims }) => reduced(x.shape, dims),
  run(k, [x], [y], { dims, scale }) {
    const [n0 = 1, r0 = 1, n1 = 1, r1 = 1] = runs(x.shape, dims);
    k.sum(x.at, y.at, n0, r0, n1, r1, scale);
  },
  // Over images and places: the gradient of a convolution's bias.
  lanes: {
    of: ['x'],
    // With one image, channel or place, `sum` runs through memory as it lies, in another order.
    can: ([x], { dims, scale }) => scale === 1 && sameShape(dims, [0, 2, 3]) && runs(x.shape, dims).length === 4,
    run: (k, [x], [y]) => k.sumLanes(x.at, y.at, x.shape[0]!, x.shape[1]!, x.shape[2]! * x.shape[3]!),
  },
  vjp: {
    x: (g, _, { scale }, s) => expand(scale === 1 ? g : mul(g, scale), s.x),
  },
});
const sumRunsInt: Op<[x: Tensor], { dims: Shape; scale: number }> = defineOp({
  name: 'sum',
  inputs: ['x'],
  wants: { x: 'i32' },
  dtype: 'i32',
  shape: ([x], { dims }) => reduced(x.shape, dims),
  run(k, [x], [y], { dims }) {
    const [n0 = 1, r0 = 1, n1 = 1, r1 = 1] = runs(x.shape, dims);
    k.sumI32(x.at, y.at, n0, r0, n1, r1);
  },
});

/** As `sumRuns`, over any dimensions: by several passes if they lie in more than two runs. */
function sumKept(x: Tensor, dims: Shape, scale = 1): Tensor {
  const op = x.dtype === 'f32' ? sumRuns : sumRunsInt;
  return runs(x.shape, dims).length > 4
    ? sumKept(op(x, { dims: dims.slice(-1), scale: 1 }), dims.slice(0, -1), scale)
    : op(x, { dims, scale });
}

const without = (shape: Shape, dims: Shape): Shape => shape.filter((_, i) => !dims.includes(i));

/** Σx over `dim` (left out: over all). Of integers and bools, the sum is i32. */
export const sum: (x: Tensor, dim?: Dims, options?: ReduceOptions) => Tensor = composite(
  'sum',
  OVER,
  (x, dim, options) => {
    const dims = dimsOf('sum', dim, x.ndim);
    const y = sumKept(x, dims);
    return options?.keepdim ? y : reshape(y, without(x.shape, dims));
  },
);

/** The mean over `dim` (left out: over all), in f32; of nothing, NaN. */
export const mean: (x: Tensor, dim?: Dims, options?: ReduceOptions) => Tensor = composite(
  'mean',
  OVER,
  (x, dim, options) => {
    const dims = dimsOf('mean', dim, x.ndim);
    const y = sumKept(to(x, 'f32'), dims, 1 / sizeOf(dims.map(d => x.shape[d]!)));
    return options?.keepdim ? y : reshape(y, without(x.shape, dims));
  },
);

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

export interface VarianceOptions extends ReduceOptions {
  /** What n is reduced by. Default 1. */
  readonly correction?: number;
}
const SPREAD: Signature<[x: Tensor, dim?: Dims, options?: VarianceOptions]> = [
  ['x', aTensor],
  ['dim', optional(oneOrMoreDims)],
  ['options', options<VarianceOptions>({ keepdim: aBoolean, correction: aNumber() })],
];
/** The mean squared distance from the mean over `dim`, over n − correction elements (1: unbiased, as in PyTorch). */
export const variance: (x: Tensor, dim?: Dims, options?: VarianceOptions) => Tensor = composite(
  'variance',
  SPREAD,
  (x, dim, options) => {
    const n = sizeOf(dimsOf('variance', dim, x.ndim).map(d => x.shape[d]!));
    const far = square(sub(x, mean(x, dim, { keepdim: true })));
    return mul(sum(far, dim, { keepdim: options?.keepdim }), 1 / Math.max(n - (options?.correction ?? 1), 0));
  },
);
/** The square root of {@link variance}. */
export const std: typeof variance = composite('std', SPREAD, (x, dim, options) => sqrt(variance(x, dim, options)));

/** The Euclidean norm √Σx² over `dim` (left out: over all). */
export const norm: (x: Tensor, dim?: Dims, options?: ReduceOptions) => Tensor = composite(
  'norm',
  OVER,
  (x, dim, options) => sqrt(sum(square(x), dim, options)),
);

/** The extremum along one dimension, which stays with size 1, and where it is. */
type Extremum = MultiOp<[x: Tensor], [values: Tensor, indices: Tensor], { dim: number }>;
function extremum(name: 'max' | 'min'): Extremum {
  return defineMultiOp({
    name,
    inputs: ['x'],
    outputs: ['values', 'indices'],
    dtypes: ['f32', 'i32'],
    shapes([x], { dim }) {
      if (x.shape[dim] === 0) throw new ShapeError(name, `dimension ${dim} of ${show(x.shape)} is empty`);
      const shape = reduced(x.shape, [dim]);
      return [shape, shape];
    },
    run(k, [x], [values, indices], { dim }) {
      k[name](
        x.at,
        values.at,
        indices.at,
        sizeOf(x.shape.slice(0, dim)),
        x.shape[dim]!,
        sizeOf(x.shape.slice(dim + 1)),
      );
    },
    saves: { x: ['indices'] },
    vjp: {
      x: ([g], { indices }, { dim }, s) => scatterAlong(g!, dim, indices, s.x[dim]!),
    },
  });
}
const maxAlong: Extremum = extremum('max');
const minAlong: Extremum = extremum('min');

/** Values and indices of an extremum along `dim`. */
type Both = (x: Tensor, dim: number, options?: ReduceOptions) => [values: Tensor, indices: Tensor];
function both(name: string, op: Extremum): Both {
  return composite(
    name,
    [
      ['x', aTensor],
      ['dim', aDim],
      ['options', reduceOptions],
    ],
    (x, dim, options) => {
      const d = dimOf(name, dim, x.ndim);
      const [values, indices] = op(x, { dim: d });
      const shape = options?.keepdim ? values.shape : without(x.shape, [d]);
      return [reshape(values, shape), reshape(indices, shape)];
    },
  );
}
/** The largest along `dim`, and its index (i32; of equals the first). NaN is larger than all. */
export const max: Both = both('max', maxAlong);
/** The smallest along `dim`, and its index (i32; of equals the first). NaN is smaller than all. */
export const min: Both = both('min', minAlong);

/** x as [kept…, all of dims], so that an op along the last dimension covers them. */
function gathered(x: Tensor, dims: Shape): Tensor {
  const kept = x.shape.map((_, i) => i).filter(i => !dims.includes(i));
  return reshape(permute(x, [...kept, ...dims]), [...kept.map(d => x.shape[d]!), sizeOf(dims.map(d => x.shape[d]!))]);
}

/** An extremum over any dimensions, without the indices. */
type Over = (x: Tensor, dim?: Dims, options?: ReduceOptions) => Tensor;
function over(name: string, op: Extremum): Over {
  return composite(name, OVER, (x, dim, options) => {
    const dims = dimsOf(name, dim, x.ndim);
    const flat = gathered(x, dims);
    const [y] = op(flat, { dim: flat.ndim - 1 });
    return reshape(y, options?.keepdim ? reduced(x.shape, dims) : without(x.shape, dims));
  });
}
/** The largest over `dim` (left out: over all); of equals, the first gets the gradient. */
export const amax: Over = over('amax', maxAlong);
/** The smallest over `dim` (left out: over all); of equals, the first gets the gradient. */
export const amin: Over = over('amin', minAlong);

/** The index of an extremum. */
type Arg = (x: Tensor, dim?: number, options?: ReduceOptions) => Tensor;
function arg(name: string, op: Extremum): Arg {
  return composite(
    name,
    [
      ['x', aTensor],
      ['dim', optional(aDim)],
      ['options', reduceOptions],
    ],
    (x, dim, options) => {
      const flat = dim === undefined ? reshape(x, [x.size]) : x;
      const d = dimOf(name, dim ?? 0, flat.ndim);
      const [, at] = op(flat.detach(), { dim: d });
      return reshape(at, options?.keepdim ? reduced(x.shape, dimsOf(name, dim, x.ndim)) : without(flat.shape, [d]));
    },
  );
}
/** The index (i32) of the largest along `dim`, of equals the first; without `dim`, in the flattened tensor. */
export const argmax: Arg = arg('argmax', maxAlong);
/** The index (i32) of the smallest along `dim`, of equals the first; without `dim`, in the flattened tensor. */
export const argmin: Arg = arg('argmin', minAlong);

/** ln Σeˣ over `dim`, without overflow. */
export const logsumexp: (x: Tensor, dim: Dims, options?: ReduceOptions) => Tensor = composite(
  'logsumexp',
  [
    ['x', aTensor],
    ['dim', oneOrMoreDims],
    ['options', reduceOptions],
  ],
  (x, dim, options) => {
    const dims = dimsOf('logsumexp', dim, x.ndim);
    const m = amax(x.detach(), dims, { keepdim: true });
    const y = add(log(sum(exp(sub(x, m)), dims, { keepdim: true })), m);
    return options?.keepdim ? y : reshape(y, without(x.shape, dims));
  },
);
