/** Products, and statistics that leave NaN out or come in pairs, along dimensions. */
import { aBoolean, aDim, aNumber, oneOrMoreDims, optional, options as optionsOf } from '../core/kinds';
import { dimOf, dimsOf } from '../core/shape';
import { composite, type Signature } from '../core/signature';
import type { Tensor } from '../core/tensor';
import { aTensor } from '../core/tensor-kinds';
import { add, div, mul } from './arithmetic';
import { to } from './elementwise';
import { rowOf } from './fitting';
import { concat } from './join';
import { isnan, logicalNot } from './logic';
import { mean, std, sum, variance, type ReduceOptions, type VarianceOptions } from './reduce';
import { reshape, slice } from './view';
import { where } from './where';

type Dims = number | readonly number[];

/**
 * The product over `dim` (left out: of all), of integers in i32, where it wraps around beyond the range; of nothing, 1.
 * Pairs are multiplied, then pairs of these, so that errors grow with the logarithm of their number; the gradient is right where elements are 0, too.
 */
export const prod: (x: Tensor, dim?: number, options?: ReduceOptions) => Tensor = composite(
  'prod',
  [
    ['x', aTensor],
    ['dim', optional(aDim)],
    ['options', optionsOf<ReduceOptions>({ keepdim: aBoolean })],
  ],
  (x, dim, { keepdim = false } = {}) => {
    const flat = dim === undefined ? reshape(x, [x.size]) : rowOf(x);
    const d = dimOf('prod', dim ?? 0, flat.ndim);
    let y = flat.dtype === 'f32' ? flat : to(flat, 'i32');
    if (y.shape[d] === 0) y = add(sum(y, d, { keepdim: true }), 1);
    for (let n = y.shape[d]!; n > 1; n = y.shape[d]!) {
      const half = Math.floor(n / 2);
      const pairs = mul(slice(y, d, 0, half), slice(y, d, half, 2 * half));
      y = n % 2 === 0 ? pairs : concat([pairs, slice(y, d, 2 * half)], d);
    }
    const reduced = dim === undefined || x.ndim === 0 ? x.shape.map(() => 1) : y.shape;
    return reshape(y, keepdim ? reduced : y.shape.filter((_, i) => i !== d));
  },
);

const OVER: Signature<[x: Tensor, dim?: Dims, options?: ReduceOptions]> = [
  ['x', aTensor],
  ['dim', optional(oneOrMoreDims)],
  ['options', optionsOf<ReduceOptions>({ keepdim: aBoolean })],
];
type Over = (x: Tensor, dim?: Dims, options?: ReduceOptions) => Tensor;
/** The sum over `dim` (left out: of all) of what is not NaN. */
export const nansum: Over = composite('nansum', OVER, (x, dim, options) => sum(where(isnan(x), 0, x), dim, options));
/** The mean over `dim` (left out: of all) of what is not NaN; of nothing, NaN. */
export const nanmean: Over = composite('nanmean', OVER, (x, dim, options) =>
  div(nansum(x, dim, options), sum(logicalNot(isnan(x)), dim, options)),
);

const SPREAD: Signature<[x: Tensor, dim?: Dims, options?: VarianceOptions]> = [
  ['x', aTensor],
  ['dim', optional(oneOrMoreDims)],
  ['options', optionsOf<VarianceOptions>({ keepdim: aBoolean, correction: aNumber() })],
];
type Pair = (x: Tensor, dim?: Dims, options?: VarianceOptions) => [spread: Tensor, mean: Tensor];
const withMean = (where_: string, spread: typeof variance): Pair =>
  composite(where_, SPREAD, (x, dim, options) => {
    dimsOf(where_, dim, x.ndim);
    return [spread(x, dim, options), mean(x, dim, { keepdim: options?.keepdim })];
  });
/** {@link variance} and {@link mean}. */
export const varMean: Pair = withMean('varMean', variance);
/** {@link std} and {@link mean}. */
export const stdMean: Pair = withMean('stdMean', std);
