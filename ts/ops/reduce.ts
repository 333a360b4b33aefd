/** Sums, means and extrema along dimensions. */
import { checkComputes } from '../core/casts';
import { ShapeError, ValueError } from '../core/errors';
import {
  aBoolean,
  aDim,
  aNumber,
  checkCount,
  either,
  oneOrMoreDims,
  optional,
  options,
  type Kind,
} from '../core/kinds';
import { aTensor } from '../core/tensor-kinds';
import { checked, composite, type Signature } from '../core/signature';
import { dimOf, dimsOf, show, sizeOf, type Shape } from '../core/shape';
import type { Tensor } from '../core/tensor';
import { add, eq, lt, maximum, minimum, sub } from './arithmetic';
import { mul, reduced, reshape, sumKept, sumTo, type BinaryOp } from './basic';
import { abs, exp, log, square, to } from './elementwise';
import { maxAlong, minAlong, sharedExtremum } from './extremum';
import { rowOf } from './fitting';
import { nrm2 } from './nrm2';
import { permute } from './view';
import { where } from './where';

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

/** Σx over `dim` (left out: over all). Of integers and bools it is i32, and beyond the range of that its nearest end. */
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
/** x − mean x over dims. The mean is rounded, by more than the distances may be where it is far from 0: twice. */
function distances(x: Tensor, dims: Shape): Tensor {
  const d = sub(x, mean(x, dims, { keepdim: true }));
  return sub(d, mean(d.detach(), dims, { keepdim: true }));
}
const freedom = (x: Tensor, dims: Shape, options?: VarianceOptions): number =>
  Math.max(sizeOf(dims.map(d => x.shape[d]!)) - (options?.correction ?? 1), 0);

/** The mean squared distance from the mean over `dim`, over n − correction elements (1: unbiased, as in PyTorch). */
export const variance: (x: Tensor, dim?: Dims, options?: VarianceOptions) => Tensor = composite(
  'variance',
  SPREAD,
  (x, dim, options) => {
    const dims = dimsOf('variance', dim, x.ndim);
    // Divided before they are squared: no sum leaves the range unless the variance does.
    const far = mul(distances(x, dims), 1 / Math.sqrt(freedom(x, dims, options)));
    const y = sum(square(far), dims, { keepdim: options?.keepdim });
    return dims.some(d => x.shape[d] === 0) ? add(y, NaN) : y; // 0 / 0 of nothing
  },
);
/** The square root of {@link variance}; where all elements are equal, its gradient is 0. */
export const std: typeof variance = composite('std', SPREAD, (x, dim, options) => {
  const dims = dimsOf('std', dim, x.ndim);
  const y = mul(nrm2(distances(x, dims), dims), 1 / Math.sqrt(freedom(x, dims, options)));
  return options?.keepdim ? y : reshape(y, without(x.shape, dims));
});

/** Values and indices of an extremum along `dim`. */
type Both = (x: Tensor, dim: number, options?: ReduceOptions) => [values: Tensor, indices: Tensor];
function both(name: string, op: typeof maxAlong): Both {
  return composite(
    name,
    [
      ['x', aTensor],
      ['dim', aDim],
      ['options', reduceOptions],
    ],
    (x, dim, options) => {
      const row = rowOf(x);
      const d = dimOf(name, dim, row.ndim);
      const [values, indices] = op(row, { dim: d });
      const shape = options?.keepdim && x.ndim > 0 ? values.shape : without(x.shape, [d]);
      return [reshape(values, shape), reshape(indices, shape)];
    },
  );
}
const maxBoth = both('max', maxAlong);
const minBoth = both('min', minAlong);

/** x as [kept…, all of dims], so that an op along the last dimension covers them. */
function gathered(x: Tensor, dims: Shape): Tensor {
  const kept = x.shape.map((_, i) => i).filter(i => !dims.includes(i));
  return reshape(permute(x, [...kept, ...dims]), [...kept.map(d => x.shape[d]!), sizeOf(dims.map(d => x.shape[d]!))]);
}

/** An extremum over any dimensions, without the indices. */
type Over = (x: Tensor, dim?: Dims, options?: ReduceOptions) => Tensor;
function over(name: string, op: typeof maxAlong): Over {
  return composite(name, OVER, (x, dim, options) => {
    const dims = dimsOf(name, dim, x.ndim);
    const flat = gathered(x, dims);
    const [y] = op(flat, { dim: flat.ndim - 1 });
    return reshape(y, options?.keepdim ? reduced(x.shape, dims) : without(x.shape, dims));
  });
}
/** The largest over `dim` (left out: over all), in x's type; equals share the gradient, as in PyTorch. */
export const amax: Over = over('amax', sharedExtremum('max'));
/** The smallest over `dim` (left out: over all), in x's type; equals share the gradient, as in PyTorch. */
export const amin: Over = over('amin', sharedExtremum('min'));

/** An extremum of all elements, of two tensors, or along a dimension: which, the second argument says. */
type Extreme = (x: Tensor, by?: number | Tensor, options?: ReduceOptions) => Tensor | [values: Tensor, indices: Tensor];
function extreme(name: string, all: Over, between: BinaryOp, along: Both): Extreme {
  return checked(
    name,
    [
      ['x', aTensor],
      ['dim', optional(either(aDim, aTensor))],
      ['options', reduceOptions],
    ],
    (x, by, options) => {
      if (typeof by === 'number') return along(x, by, options);
      if (options) throw new ValueError(name, 'takes options with a dimension alone');
      if (by) return between(x, by);
      if (x.size === 0) throw new ShapeError(name, `x ${show(x.shape)} is empty`);
      return all(x);
    },
  );
}
const maxOf = extreme('max', amax, maximum, maxBoth);
const minOf = extreme('min', amin, minimum, minBoth);
/**
 * The largest element, as {@link amax}; or along `dim`, in x's type, the largest and their indices (i32; of equals the
 * first); or of two tensors, as {@link maximum}. NaN is larger than all.
 */
export function max(x: Tensor): Tensor;
export function max(x: Tensor, other: Tensor): Tensor;
export function max(x: Tensor, dim: number, options?: ReduceOptions): [values: Tensor, indices: Tensor];
export function max(x: Tensor, by?: number | Tensor, options?: ReduceOptions): Tensor | [Tensor, Tensor] {
  if (arguments.length > 3) checkCount('max', 3, arguments);
  return maxOf(x, by, options);
}
/**
 * The smallest element, as {@link amin}; or along `dim`, in x's type, the smallest and their indices (i32; of equals the
 * first); or of two tensors, as {@link minimum}. NaN is smaller than all.
 */
export function min(x: Tensor): Tensor;
export function min(x: Tensor, other: Tensor): Tensor;
export function min(x: Tensor, dim: number, options?: ReduceOptions): [values: Tensor, indices: Tensor];
export function min(x: Tensor, by?: number | Tensor, options?: ReduceOptions): Tensor | [Tensor, Tensor] {
  if (arguments.length > 3) checkCount('min', 3, arguments);
  return minOf(x, by, options);
}

/** The index of an extremum. */
type Arg = (x: Tensor, dim?: number, options?: ReduceOptions) => Tensor;
function arg(name: string, op: typeof maxAlong): Arg {
  return composite(
    name,
    [
      ['x', aTensor],
      ['dim', optional(aDim)],
      ['options', reduceOptions],
    ],
    (x, dim, options) => {
      const flat = dim === undefined ? reshape(x, [x.size]) : rowOf(x);
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

/** ln Σeˣ over `dim`, without overflow; of −∞ alone and of nothing −∞, with gradient 0. */
export const logsumexp: (x: Tensor, dim: Dims, options?: ReduceOptions) => Tensor = composite(
  'logsumexp',
  [
    ['x', aTensor],
    ['dim', oneOrMoreDims],
    ['options', reduceOptions],
  ],
  (x, dim, options) => {
    const dims = dimsOf('logsumexp', dim, x.ndim);
    const empty = dims.some(d => x.shape[d] === 0); // a sum of nothing
    const most = empty ? null : amax(x.detach(), dims, { keepdim: true });
    const m = most === null ? 0 : where(lt(abs(most), Infinity), most, 0); // of infinities the difference is NaN
    const total = sum(exp(sub(x, m)), dims, { keepdim: true });
    const none = eq(total, 0); // of −∞ alone
    const y = where(none, -Infinity, add(log(where(none, 1, total)), m));
    return options?.keepdim ? y : reshape(y, without(x.shape, dims));
  },
);
