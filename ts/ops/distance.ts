/** Norms of vectors, and distances between them. Where a norm is 0, its gradient is 0, as in PyTorch. */
import { ShapeError } from '../core/errors';
import {
  aBoolean,
  aDim,
  aNumber,
  either,
  kind,
  oneOf,
  oneOrMoreDims,
  optional,
  options as optionsOf,
} from '../core/kinds';
import type { Kind } from '../core/kinds';
import { broadcast, dimOf, dimsOf, show, sizeOf } from '../core/shape';
import { composite, type Signature } from '../core/signature';
import type { Tensor } from '../core/tensor';
import { aTensor } from '../core/tensor-kinds';
import { add, div, eq, gt, mul, ne, sub } from './arithmetic';
import { tensor } from './creation';
import { abs, clamp, to } from './elementwise';
import { indexSelect } from './picking';
import { logicalAnd } from './logic';
import { distances, nrm2 } from './nrm2';
import { pow } from './power';
import { amax, amin, mean, sum, type ReduceOptions } from './reduce';
import { expand, reshape, unsqueeze } from './view';
import { where } from './where';

type Dims = number | readonly number[];
/** The exponent of a norm: ±Infinity too. */
const anOrder: Kind<number> = kind('a number', v => typeof v === 'number' && !Number.isNaN(v));

/** (Σ|x|ᵖ)^(1/p), of numbers scaled by the largest, or for p < 0 the smallest: their powers stay in range. */
function powers(x: Tensor, p: number, dims: readonly number[]): Tensor {
  const size = abs(x);
  const end = (p > 0 ? amax : amin)(size.detach(), dims, { keepdim: true });
  const scale = where(logicalAnd(gt(end, 0), gt(Infinity, end)), end, 1);
  const zero = eq(x, 0);
  const terms = where(zero, p > 0 ? 0 : Infinity, pow(div(where(zero, 1, size), scale), p));
  const total = sum(terms, dims, { keepdim: true });
  const none = eq(total, p > 0 ? 0 : Infinity);
  return where(none, 0, mul(pow(where(none, 1, total), 1 / p), scale));
}

/** The norm of order p over dims, which stay with size 1. */
function lengths(x: Tensor, p: number, dims: readonly number[]): Tensor {
  const over = { keepdim: true } as const;
  if (p === 2) return nrm2(x, dims);
  if (p > 0 && dims.some(d => x.shape[d] === 0)) p = 1; // of nothing 0, of whatever order
  if (p === 1) return sum(abs(to(x, 'f32')), dims, over);
  if (p === 0) return to(sum(ne(x, 0), dims, over), 'f32');
  if (p === Infinity) return amax(abs(x), dims, over);
  if (p === -Infinity) return amin(abs(x), dims, over);
  return powers(to(x, 'f32'), p, dims);
}
function overDims(where_: string, x: Tensor, p: number, dim: Dims | undefined, keepdim = false): Tensor {
  const dims = dimsOf(where_, dim, x.ndim);
  const y = lengths(x, p, dims);
  return keepdim
    ? y
    : reshape(
        y,
        x.shape.filter((_, d) => !dims.includes(d)),
      );
}

/**
 * The norm (Σ|x|ᵖ)^(1/p) of order `ord` = p (2) over `dim` (left out: of all); at ∞ the largest |x|, at −∞ the smallest, at
 * 0 how many are not 0. Squares and powers do not leave the range of f32.
 */
export const vectorNorm: (x: Tensor, ord?: number, dim?: Dims, options?: ReduceOptions) => Tensor = composite(
  'vectorNorm',
  [
    ['x', aTensor],
    ['ord', optional(anOrder)],
    ['dim', optional(oneOrMoreDims)],
    ['options', optionsOf<ReduceOptions>({ keepdim: aBoolean })],
  ],
  (x, ord = 2, dim, options) => overDims('vectorNorm', x, ord, dim, options?.keepdim),
);

/**
 * The norm of order p over `dim` (left out: of all numbers), as {@link vectorNorm}: by default 'fro', the Euclidean √Σx².
 */
export const norm: (x: Tensor, p?: number | 'fro', dim?: Dims, options?: ReduceOptions) => Tensor = composite(
  'norm',
  [
    ['x', aTensor],
    ['p', optional(either(anOrder, oneOf('fro')))],
    ['dim', optional(oneOrMoreDims)],
    ['options', optionsOf<ReduceOptions>({ keepdim: aBoolean })],
  ],
  (x, p = 'fro', dim, options) => overDims('norm', x, p === 'fro' ? 2 : p, dim, options?.keepdim),
);

type Two<O> = (a: Tensor, b: Tensor, options?: O) => Tensor;
const PAIR: Signature<[a: Tensor, b: Tensor, p?: number]> = [
  ['a', aTensor],
  ['b', aTensor],
  ['p', optional(anOrder)],
];
/** The norm of order p (2) of a − b, which broadcast. */
export const dist: (a: Tensor, b: Tensor, p?: number) => Tensor = composite('dist', PAIR, (a, b, p = 2) =>
  overDims('dist', sub(a, b), p, undefined),
);

export interface NormalizeOptions {
  /** Order of the norm. Default 2. */
  readonly p?: number;
  /** Default 1. */
  readonly dim?: number;
  /** The least that is divided by. Default 1e-12. */
  readonly eps?: number;
}
/** x / max(‖x‖ₚ, ε) along one dimension: vectors of length 1. */
export const normalize: (x: Tensor, options?: NormalizeOptions) => Tensor = composite(
  'normalize',
  [
    ['x', aTensor],
    ['options', optionsOf<NormalizeOptions>({ p: anOrder, dim: aDim, eps: aNumber(0) })],
  ],
  (x, { p = 2, dim = 1, eps = 1e-12 } = {}) => div(x, clamp(overDims('normalize', x, p, dim, true), eps)),
);

export interface SimilarityOptions {
  /** Default 1. */
  readonly dim?: number;
  /** The least that each is divided by. Default 1e-8. */
  readonly eps?: number;
}
/** The cosine of the angle between a and b along `dim`: ⟨a, b⟩ / (max(‖a‖, ε) · max(‖b‖, ε)). They broadcast. */
export const cosineSimilarity: Two<SimilarityOptions> = composite(
  'cosineSimilarity',
  [
    ['a', aTensor],
    ['b', aTensor],
    ['options', optionsOf<SimilarityOptions>({ dim: aDim, eps: aNumber(0) })],
  ],
  (a, b, { dim = 1, eps = 1e-8 } = {}) => {
    const shape = broadcast('cosineSimilarity', a.shape, b.shape);
    const d = dimOf('cosineSimilarity', dim, Math.max(1, shape.length));
    const [p, q] = [a, b].map(x => normalize(expand(x, shape), { dim: d, eps }));
    return sum(mul(p!, q!), d);
  },
);

export interface DistanceOptions extends ReduceOptions {
  /** Order of the norm. Default 2. */
  readonly p?: number;
  /** Added to each difference. Default 1e-6. */
  readonly eps?: number;
}
/** ‖a − b + ε‖ₚ along the last dimension; a and b broadcast. */
export const pairwiseDistance: Two<DistanceOptions> = composite(
  'pairwiseDistance',
  [
    ['a', aTensor],
    ['b', aTensor],
    ['options', optionsOf<DistanceOptions>({ keepdim: aBoolean, p: anOrder, eps: aNumber() })],
  ],
  (a, b, { p = 2, eps = 1e-6, keepdim } = {}) =>
    overDims('pairwiseDistance', add(to(sub(a, b), 'f32'), eps), p, -1, keepdim),
);

/**
 * ‖aᵢ − bⱼ‖ₚ of all rows: of a […, m, d] and b […, k, d], whose batches broadcast, […, m, k]. Of two equal points the
 * gradient is 0. Other orders than 2 hold all m · k · d differences.
 */
export const cdist: (a: Tensor, b: Tensor, p?: number) => Tensor = composite('cdist', PAIR, (a, b, p = 2) => {
  const d = a.shape.at(-1);
  if (d === undefined || a.ndim < 2 || b.ndim < 2 || d !== b.shape.at(-1)) {
    throw new ShapeError('cdist', `takes […, m, d] and […, k, d], these are ${show(a.shape)} and ${show(b.shape)}`);
  }
  if (p !== 2) return overDims('cdist', sub(unsqueeze(a, -2), unsqueeze(b, -3)), p, -1);
  const batch = broadcast('cdist', a.shape.slice(0, -2), b.shape.slice(0, -2));
  const [m, k] = [a.shape.at(-2)!, b.shape.at(-2)!];
  const flat = (x: Tensor, n: number): Tensor => reshape(expand(x, [...batch, n, d]), [sizeOf(batch), n, d]);
  const [p0, p1] = [flat(to(a, 'f32'), m), flat(to(b, 'f32'), k)];
  // Gradients are differences of sums of points: these are near 0.
  const centre = m > 0 ? mean(p0.detach(), 1, { keepdim: true }) : 0;
  return reshape(distances(sub(p0, centre), sub(p1, centre)), [...batch, m, k]);
});
/** The distances ‖xᵢ − xⱼ‖ₚ of x [n, d] for i < j, row by row: n (n − 1) / 2 of them. */
export const pdist: (x: Tensor, p?: number) => Tensor = composite(
  'pdist',
  [
    ['x', aTensor],
    ['p', optional(anOrder)],
  ],
  (x, p = 2) => {
    if (x.ndim !== 2) throw new ShapeError('pdist', `x takes [n, d], this is ${show(x.shape)}`);
    const n = x.shape[0]!;
    const places: number[] = [];
    for (let i = 0; i < n; i++) for (let j = i + 1; j < n; j++) places.push(i * n + j);
    return indexSelect(reshape(cdist(x, x, p), [n * n]), 0, tensor(Int32Array.from(places)));
  },
);

/** x with each slice of `dim` whose norm of order p is above `maxnorm` scaled down to that. */
export const renorm: (x: Tensor, p: number, dim: number, maxnorm: number) => Tensor = composite(
  'renorm',
  [
    ['x', aTensor],
    ['p', anOrder],
    ['dim', aDim],
    ['maxnorm', aNumber(0)],
  ],
  (x, p, dim, maxnorm) => {
    const d = dimOf('renorm', dim, x.ndim);
    const length = lengths(
      x,
      p,
      x.shape.map((_, i) => i).filter(i => i !== d),
    );
    const above = gt(length, maxnorm);
    return mul(x, where(above, div(maxnorm, add(where(above, length, 1), 1e-7)), 1));
  },
);
