/** Sums, means and extrema along dimensions. */
import { checkComputes } from '../core/casts';
import { defineMultiOp, type MultiOp } from '../core/op';
import { ShapeError } from '../core/errors';
import { aBoolean, aDim, aNumber, oneOrMoreDims, optional, options, type Kind } from '../core/kinds';
import { aTensor } from '../core/tensor-kinds';
import { composite, type Signature } from '../core/signature';
import { dimOf, dimsOf, show, sizeOf, type Shape } from '../core/shape';
import type { Tensor } from '../core/tensor';
import { add, sub } from './arithmetic';
import { mul, reduced, reshape, sumKept, sumTo } from './basic';
import { exp, log, sqrt, square, to } from './elementwise';
import { scatterAlong } from './indexing';
import { permute } from './view';

export { sumTo };

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
    checkComputes('mean', 'x', x);
    const y = sumKept(to(x, 'f32'), dims, 1 / sizeOf(dims.map(d => x.shape[d]!)));
    return options?.keepdim ? y : reshape(y, without(x.shape, dims));
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
