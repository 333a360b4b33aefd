/** Elements by their rank, and the most frequent. Integers keep their type, but for quantiles. */
import { isFloat } from '../core/dtype';
import { ShapeError, ValueError } from '../core/errors';
import {
  aBoolean,
  aDim,
  aNumber,
  checkCount,
  either,
  listOf,
  oneOf,
  optional,
  options as optionsOf,
  wholeNumber,
  type Kind,
} from '../core/kinds';
import { dimOf, show, type Shape } from '../core/shape';
import { composite, type Signature } from '../core/signature';
import { Tensor } from '../core/tensor';
import { aTensor } from '../core/tensor-kinds';
import { eq, mul, ne, sub } from './arithmetic';
import { reduced } from './basic';
import { full } from './creation';
import { ceil, clamp, floor, round, to } from './elementwise';
import { scatterAlong } from './indexing';
import { gather } from './picking';
import { concat, stack } from './join';
import { isnan, logicalNot } from './logic';
import { cumsum, sort, topk } from './order';
import { amax, argmax, sum, type ReduceOptions } from './reduce';
import { lerp } from './special';
import { expand, reshape, select, slice } from './view';
import { where } from './where';

/** A tensor and the dimension d that an op works along: 0 of a single number, or of all elements in a row. */
interface Line {
  readonly x: Tensor;
  readonly d: number;
  readonly n: number;
  /** The shape without that dimension, or with 1 there. */
  readonly shape: Shape;
}
function lineOf(where_: string, x: Tensor, dim: number | undefined, { keepdim = false }: ReduceOptions = {}): Line {
  const all = dim === undefined || x.ndim === 0;
  const row = all ? reshape(x, [x.size]) : x;
  const d = dimOf(where_, dim ?? 0, row.ndim);
  const kept = all ? x.shape.map(() => 1) : reduced(x.shape, [d]);
  return { x: row, d, n: row.shape[d]!, shape: keepdim ? kept : row.shape.filter((_, i) => i !== d) };
}
/** A line that is not empty. */
function filled(where_: string, x: Tensor, dim: number | undefined, options?: ReduceOptions): Line {
  const line = lineOf(where_, x, dim, options);
  if (line.n > 0) return line;
  throw new ShapeError(where_, `dimension ${line.d} of ${show(line.x.shape)} is empty`);
}

type Found = [values: Tensor, indices: Tensor];
/** What is at one place of each sorted line, `at` of size 1 along d, and the place that it had. */
function taken({ x, d, shape }: Line, [values, indices]: Found, at: Tensor): Found {
  const take = (from: Tensor): Tensor => reshape(gather(from, d, at), shape);
  return [isFloat(x.dtype) ? take(values) : to(take(values), x.dtype), to(take(indices), 'i32')];
}

/** The middle element of each line, of two the lower; of a line with NaN, NaN, unless NaN are left out. */
function middle(line: Line, ignored: boolean): Found {
  const { x, d, n } = line;
  const rank = (numbers: Tensor): Tensor => to(clamp(floor(mul(sub(numbers, 1), 0.5)), 0), 'i32');
  const numbers = sum(logicalNot(isnan(x)), d, { keepdim: true });
  return taken(line, sort(x, d), ignored ? rank(numbers) : where(eq(numbers, n), rank(numbers), numbers));
}
const MEDIAN: Signature<[x: Tensor, dim?: number, options?: ReduceOptions]> = [
  ['x', aTensor],
  ['dim', optional(aDim)],
  ['options', optionsOf<ReduceOptions>({ keepdim: aBoolean })],
];
type Median = (x: Tensor, dim?: number, options?: ReduceOptions) => Tensor | Found;
const medianBy = (name: string, ignored: boolean): Median =>
  composite(name, MEDIAN, (x, dim, options): Tensor | Found => {
    if (dim !== undefined) return middle(filled(name, x, dim, options), ignored);
    if (x.size === 0) return full([], NaN);
    const [value] = middle(filled(name, x.detach(), undefined), ignored);
    // Equals share the gradient.
    return isFloat(x.dtype) ? amax(where(eq(x, value), x, where(isnan(value), NaN, -Infinity))) : value;
  });
const medianOf = medianBy('median', false);
const nanmedianOf = medianBy('nanmedian', true);
/**
 * The middle element, of two the lower; NaN if one is NaN. Without `dim` of all elements, and the gradient is shared by
 * those equal to it; along `dim`, values and their indices (i32).
 */
export function median(x: Tensor): Tensor;
export function median(x: Tensor, dim: number, options?: ReduceOptions): [values: Tensor, indices: Tensor];
export function median(x: Tensor, dim?: number, options?: ReduceOptions): Tensor | Found {
  if (arguments.length > 3) checkCount('median', 3, arguments);
  return medianOf(x, dim, options);
}
/** {@link median} of what is not NaN. */
export function nanmedian(x: Tensor): Tensor;
export function nanmedian(x: Tensor, dim: number, options?: ReduceOptions): [values: Tensor, indices: Tensor];
export function nanmedian(x: Tensor, dim?: number, options?: ReduceOptions): Tensor | Found {
  if (arguments.length > 3) checkCount('nanmedian', 3, arguments);
  return nanmedianOf(x, dim, options);
}

/** The k-th smallest element along `dim` (left out: the last), k from 1, and its index (i32). NaN is larger than all. */
export const kthvalue: (x: Tensor, k: number, dim?: number, options?: ReduceOptions) => Found = composite(
  'kthvalue',
  [
    ['x', aTensor],
    ['k', wholeNumber(1)],
    ['dim', optional(aDim)],
    ['options', optionsOf<ReduceOptions>({ keepdim: aBoolean })],
  ],
  (x, k, dim = -1, options) => {
    const { x: row, d, n, shape } = filled('kthvalue', x, dim, options);
    if (k > n) throw new ValueError('kthvalue', `k takes at most the ${n} elements of dimension ${d}, this is ${k}`);
    const [values, indices] = topk(row, k, d, { largest: false });
    const last = (y: Tensor): Tensor => reshape(select(y, d, k - 1), shape);
    return [to(last(values), x.dtype), last(indices)];
  },
);

/** The most frequent element along `dim` (left out: the last), of several the smallest; and its last index (i32). */
export const mode: (x: Tensor, dim?: number, options?: ReduceOptions) => Found = composite(
  'mode',
  MEDIAN,
  (x, dim = -1, options) => {
    const line = filled('mode', x, dim, options);
    const { d, n } = line;
    const sorted = sort(line.x, d);
    const [values] = sorted;
    const start = full(reduced(values.shape, [d]), 0, { dtype: 'bool' });
    const changes = ne(slice(values, d, 1), slice(values, d, 0, n - 1));
    const run = cumsum(concat([start, changes], d), d); // each run of equals by its number
    const lengths = scatterAlong(expand(full([], 1), run.shape), d, run, n);
    const longest = argmax(lengths, d, { keepdim: true });
    return taken(line, sorted, sub(to(gather(cumsum(lengths, d), d, longest), 'i32'), 1));
  },
);

export interface QuantileOptions extends ReduceOptions {
  /** What lies between two elements: on the line from one to the other, the lower, the higher, ... Default 'linear'. */
  readonly interpolation?: 'linear' | 'lower' | 'higher' | 'midpoint' | 'nearest';
}
/** A share of the elements, or several. */
type Shares = number | readonly number[] | Tensor;
const aShare: Kind<number> = aNumber(0, 1);
const shares: Kind<Shares> = either(either(aShare, listOf(aShare, 'a list of them')), aTensor);

/** The element between the sorted ones that has a rank, a number or as f32 of each line. */
function between(
  sorted: Tensor,
  d: number,
  rank: number | Tensor,
  interpolation: QuantileOptions['interpolation'],
): Tensor {
  const known = typeof rank === 'number';
  const at = (r: number | Tensor): Tensor =>
    typeof r === 'number' ? slice(sorted, d, r, r + 1) : gather(sorted, d, to(r, 'i32'));
  const below = known ? Math.floor(rank) : floor(rank);
  if (interpolation === 'lower' || below === rank) return at(below);
  const above = known ? Math.ceil(rank) : ceil(rank);
  if (interpolation === 'higher') return at(above);
  if (interpolation === 'nearest') {
    if (!known) return at(round(rank));
    const up = rank - Math.floor(rank) - 0.5; // of two as near, the even one
    return at(up > 0 || (up === 0 && Math.ceil(rank) % 2 === 0) ? above : below);
  }
  const weight = interpolation === 'midpoint' ? 0.5 : known ? rank - Math.floor(rank) : sub(rank, below);
  return lerp(at(below), at(above), weight);
}

type Quantile = (x: Tensor, q: Shares, dim?: number, options?: QuantileOptions) => Tensor;
const quantileBy = (name: string, ignored: boolean): Quantile =>
  composite(
    name,
    [
      ['x', aTensor],
      ['q', shares],
      ['dim', optional(aDim)],
      [
        'options',
        optionsOf<QuantileOptions>({
          keepdim: aBoolean,
          interpolation: oneOf('linear', 'lower', 'higher', 'midpoint', 'nearest'),
        }),
      ],
    ],
    (x, q, dim, { interpolation = 'linear', keepdim } = {}) => {
      if (q instanceof Tensor && q.ndim > 1) {
        throw new ShapeError(name, `q takes a number or one dimension, this is ${show(q.shape)}`);
      }
      const list = q instanceof Tensor ? Array.from(q.toArray()) : typeof q === 'number' ? [q] : q;
      const odd = list.find(s => !aShare.fits(s));
      if (odd !== undefined) aShare.refuse(name, 'q', odd);
      const { x: row, d, n, shape } = filled(name, to(x, 'f32'), dim, { keepdim });
      const [sorted] = sort(row, d);
      const last = slice(sorted, d, n - 1);
      const none = isnan(last); // the largest, if there is one
      const most = ignored ? clamp(sub(sum(logicalNot(isnan(row)), d, { keepdim: true }), 1), 0) : n - 1;
      const ys = list.map(s => {
        const rank = typeof most === 'number' ? s * most : mul(most, s);
        const y = between(sorted, d, rank, interpolation);
        return reshape(ignored ? y : where(none, last, y), shape);
      });
      if (typeof q === 'number' || (q instanceof Tensor && q.ndim === 0)) return ys[0]!;
      return ys.length > 0 ? stack(ys) : full([0, ...shape], 0);
    },
  );
/**
 * The elements below which a share q of all lies, or of each line along `dim`: at the rank q · (n − 1) among the sorted, in
 * f32. Of a list of shares, or a tensor of one dimension, the result has a first dimension with one place for each. NaN
 * where one is NaN.
 *
 * @throws {CaptureError} for q as a tensor in a captured function: its numbers are read.
 */
export const quantile: Quantile = quantileBy('quantile', false);
/** {@link quantile} of what is not NaN. */
export const nanquantile: Quantile = quantileBy('nanquantile', true);
