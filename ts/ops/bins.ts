/** Sorted boundaries: which bin numbers fall into, and how many fall into each. */
import { isFloat } from '../core/dtype';
import { DTypeError, ShapeError, ValueError } from '../core/errors';
import { aBoolean, aNumber, either, numbers, optional, options as optionsOf, twoOf, wholeNumber } from '../core/kinds';
import { sameShape, show } from '../core/shape';
import { composite } from '../core/signature';
import { Tensor } from '../core/tensor';
import { aTensor, aTensorOrNumber } from '../core/tensor-kinds';
import { add, div, ge, gt, le, mul, sub } from './arithmetic';
import { full, linspace, tensor } from './creation';
import { clamp, floor, to } from './elementwise';
import { scatterAlong } from './indexing';
import { gather } from './picking';
import { logicalAnd, logicalNot } from './logic';
import { amax, amin, sum } from './reduce';
import { reshape, select, slice } from './view';
import { where } from './where';

export interface SearchOptions {
  /** Whether equals lie before the place that is found. Default false. */
  readonly right?: boolean;
}
/**
 * For each value the place in a sorted sequence where it can be put in: i32, how many elements are smaller, or with `right`
 * smaller or equal. NaN is larger than all.
 *
 * @param sorted [n], or […, n] with a sequence for each row of the values. @param values of any shape, or […, m].
 * @returns the shape of the values.
 */
export const searchsorted: (sorted: Tensor, values: Tensor | number, options?: SearchOptions) => Tensor = composite(
  'searchsorted',
  [
    ['sorted', aTensor],
    ['values', aTensorOrNumber],
    ['options', optionsOf<SearchOptions>({ right: aBoolean })],
  ],
  (sorted, values, { right = false } = {}) => {
    const wanted = values instanceof Tensor ? values : tensor(values);
    const row = sorted.ndim === 1;
    if (sorted.ndim === 0 || (!row && !sameShape(sorted.shape.slice(0, -1), wanted.shape.slice(0, -1)))) {
      throw new ShapeError(
        'searchsorted',
        `sorted takes [n], or […, n] for values ${show(wanted.shape)}, this is ${show(sorted.shape)}`,
      );
    }
    const v = row ? reshape(wanted, [wanted.size]) : wanted;
    const n = sorted.shape.at(-1)!;
    let found = full(v.shape, 0, { dtype: 'i32' });
    // The largest count such that the element before it still precedes the value, bit by bit.
    for (let step = 2 ** Math.floor(Math.log2(n)); step >= 1; step /= 2) {
      const next = add(found, step);
      const inside = le(next, n);
      const before = gather(sorted, -1, where(inside, sub(next, 1), 0));
      const precedes = logicalNot(right ? gt(before, v) : ge(before, v));
      found = where(logicalAnd(inside, precedes), next, found);
    }
    return reshape(found, wanted.shape);
  },
);
/** The bin of each element of x among ascending boundaries [n]: see {@link searchsorted}. */
export const bucketize: (x: Tensor | number, boundaries: Tensor, options?: SearchOptions) => Tensor = composite(
  'bucketize',
  [
    ['x', aTensorOrNumber],
    ['boundaries', aTensor],
    ['options', optionsOf<SearchOptions>({ right: aBoolean })],
  ],
  (x, boundaries, options) => {
    if (boundaries.ndim !== 1) {
      throw new ShapeError('bucketize', `boundaries takes one dimension, this is ${show(boundaries.shape)}`);
    }
    return searchsorted(boundaries, x, options);
  },
);

/** The sum of the weights of each bin; all in a row. */
const totals = (bin: Tensor, bins: number, weights: Tensor): Tensor => scatterAlong(weights, 0, bin, bins);

/** The smallest and the largest element, one more to each side if they are equal. */
function rangeOf(where_: string, x: Tensor): [low: number, high: number] {
  const [low, high] = x.size === 0 ? [0, 1] : [amin(x.detach()).item(), amax(x.detach()).item()];
  if (!Number.isFinite(high - low)) throw new ValueError(where_, `x takes finite numbers, these are ${low} to ${high}`);
  return low === high ? [low - 1, high + 1] : [low, high];
}
/** The range as given, or that of x. */
function bounds(where_: string, x: Tensor, low: number, high: number): [low: number, high: number] {
  if (low > high) throw new ValueError(where_, `min ${low} and max ${high} leave nothing between`);
  return low === high ? rangeOf(where_, x) : [low, high];
}

/**
 * How many elements fall into each of `bins` (100) equal parts of min to max, as f32; max is in the last, and what is
 * outside does not count. Where min and max are equal (0), they are the smallest and largest element, which are read.
 */
export const histc: (x: Tensor, bins?: number, min?: number, max?: number) => Tensor = composite(
  'histc',
  [
    ['x', aTensor],
    ['bins', optional(wholeNumber(1))],
    ['min', optional(aNumber())],
    ['max', optional(aNumber())],
  ],
  (x, bins = 100, min = 0, max = 0) => {
    const [low, high] = bounds('histc', x, min, max);
    const row = reshape(x.detach(), [x.size]);
    const inside = to(logicalAnd(ge(row, low), le(row, high)), 'f32');
    const bin = floor(mul(div(sub(row, low), high - low), bins));
    return totals(to(clamp(bin, 0, bins - 1), 'i32'), bins, inside);
  },
);

export interface HistogramOptions {
  /** From where to where equal bins reach. Default: the smallest to the largest element, which are read. */
  readonly range?: readonly [low: number, high: number];
  /** What each element counts, in x's shape. Default 1. */
  readonly weight?: Tensor;
  /** Divide by the total and by the widths, so that the integral is 1. Default false. */
  readonly density?: boolean;
}
/**
 * What falls into each bin, and the edges of the bins: equal ones, by their number, or those between ascending edges. A
 * bin has its left edge, the last both.
 */
export const histogram: (
  x: Tensor,
  bins: number | ArrayLike<number> | Tensor,
  options?: HistogramOptions,
) => [hist: Tensor, binEdges: Tensor] = composite(
  'histogram',
  [
    ['x', aTensor],
    ['bins', either(either(wholeNumber(1), aTensor), numbers)],
    [
      'options',
      optionsOf<HistogramOptions>({ range: twoOf(aNumber(), 'two numbers'), weight: aTensor, density: aBoolean }),
    ],
  ],
  (x, bins, { range: [from, to_] = [0, 0], weight, density = false } = {}) => {
    if (weight && !sameShape(weight.shape, x.shape)) {
      throw new ShapeError('histogram', `weight takes ${show(x.shape)}, this is ${show(weight.shape)}`);
    }
    const edges =
      bins instanceof Tensor
        ? to(bins, 'f32')
        : typeof bins === 'number'
          ? linspace(...bounds('histogram', x, from, to_), bins + 1)
          : tensor(Float32Array.from(bins));
    if (edges.ndim !== 1 || edges.size < 2) {
      throw new ShapeError('histogram', `bins takes two edges or more, in one dimension, this is ${show(edges.shape)}`);
    }
    const row = reshape(x.detach(), [x.size]);
    const n = edges.size - 1;
    const high = select(edges, 0, n);
    const inside = logicalAnd(ge(row, select(edges, 0, 0)), le(row, high));
    const bin = clamp(sub(searchsorted(edges, row, { right: true }), 1), 0, n - 1);
    const counts = totals(to(bin, 'i32'), n, mul(inside, weight ? reshape(weight, [x.size]) : full([], 1)));
    if (!density) return [counts, edges];
    return [div(counts, mul(sum(counts), sub(slice(edges, 0, 1), slice(edges, 0, 0, n)))), edges];
  },
);

export interface BincountOptions {
  /** What each element counts. Default 1. */
  readonly weights?: Tensor;
  /** The least size of the result. Default 0. */
  readonly minlength?: number;
}
/**
 * How often each whole number from 0 to the largest occurs in x [n], in i32; or with weights [n] the sums of these, in
 * f32.
 *
 * @throws {CaptureError} in a captured function: the shape of the result depends on numbers, which are read.
 */
export const bincount: (x: Tensor, options?: BincountOptions) => Tensor = composite(
  'bincount',
  [
    ['x', aTensor],
    ['options', optionsOf<BincountOptions>({ weights: aTensor, minlength: wholeNumber() })],
  ],
  (x, { weights, minlength = 0 } = {}) => {
    if (isFloat(x.dtype)) throw new DTypeError('bincount', `x takes integers, this is ${x.dtype}`);
    if (x.ndim !== 1 || (weights && !sameShape(weights.shape, x.shape))) {
      throw new ShapeError('bincount', `takes x [n] and weights [n], x is ${show(x.shape)}`);
    }
    const data = Int32Array.from(x.toArray());
    const size = data.reduce((most, v) => Math.max(most, v + 1), minlength);
    if (data.some(v => v < 0)) throw new ValueError('bincount', 'x takes numbers from 0 up');
    if (weights) return totals(to(x, 'i32'), size, to(weights, 'f32'));
    const counts = new Int32Array(size);
    for (const v of data) counts[v]!++;
    return tensor(counts);
  },
);
