/** Integrals and derivatives of sampled functions, and covariances of samples. */
import { ShapeError, ValueError } from '../core/errors';
import {
  aDim,
  aNumber,
  either,
  listOf,
  oneOf,
  oneOrMoreDims,
  optional,
  options as optionsOf,
  wholeNumber,
} from '../core/kinds';
import { dimOf, dimsOf, show } from '../core/shape';
import { composite, type Signature } from '../core/signature';
import type { Tensor } from '../core/tensor';
import { aTensor } from '../core/tensor-kinds';
import { add, div, mul, sub } from './arithmetic';
import { clamp, sqrt, to } from './elementwise';
import { concat } from './join';
import { matmul } from './matmul';
import { cumsum } from './order';
import { mean, sum } from './reduce';
import { diagonal } from './diagonal';
import { reshape, slice, t, unsqueeze } from './view';

export interface TrapezoidOptions {
  /** The distance of neighbours, without x. Default 1. */
  readonly dx?: number;
  /** Default: the last. */
  readonly dim?: number;
}
const TRAPEZOID: Signature<[y: Tensor, x?: Tensor, options?: TrapezoidOptions]> = [
  ['y', aTensor],
  ['x', optional(aTensor)],
  ['options', optionsOf<TrapezoidOptions>({ dx: aNumber(), dim: aDim })],
];
/** The areas between neighbours, by the trapezoidal rule, along a dimension. */
function areas(where: string, y: Tensor, x: Tensor | undefined, d: number, dx: number): Tensor {
  const n = y.shape[d]!;
  const steps = (of: Tensor, along: number): [from: Tensor, to: Tensor] => [
    slice(of, along, 0, Math.max(n - 1, 0)),
    slice(of, along, 1),
  ];
  const [a, b] = steps(to(y, 'f32'), d);
  const heights = mul(add(a, b), 0.5);
  if (x === undefined) return mul(heights, dx);
  if (x.ndim === 1 && x.size === n) {
    const [from, end] = steps(x, 0);
    return mul(heights, reshape(sub(end, from), [Math.max(n - 1, 0), ...y.shape.slice(d + 1).map(() => 1)]));
  }
  if (show(x.shape) !== show(y.shape)) {
    throw new ShapeError(
      where,
      `x is ${show(x.shape)}: one number for each of the ${n} of y, or of y's shape ${show(y.shape)}`,
    );
  }
  const [from, end] = steps(x, d);
  return mul(heights, sub(end, from));
}
/** ∫ y dx along `dim` by the trapezoidal rule; x are the places of y's elements, one for each or of y's shape. */
export const trapezoid: (y: Tensor, x?: Tensor, options?: TrapezoidOptions) => Tensor = composite(
  'trapezoid',
  TRAPEZOID,
  (y, x, { dx = 1, dim = -1 } = {}) => {
    const d = dimOf('trapezoid', dim, y.ndim);
    return sum(areas('trapezoid', y, x, d, dx), d);
  },
);
/** The integrals from the first element to each of the others: {@link trapezoid}, running. */
export const cumulativeTrapezoid: (y: Tensor, x?: Tensor, options?: TrapezoidOptions) => Tensor = composite(
  'cumulativeTrapezoid',
  TRAPEZOID,
  (y, x, { dx = 1, dim = -1 } = {}) => {
    const d = dimOf('cumulativeTrapezoid', dim, y.ndim);
    return cumsum(areas('cumulativeTrapezoid', y, x, d, dx), d);
  },
);

export interface GradientOptions {
  /** The distance of neighbours, the same or one for each dimension. Default 1. */
  readonly spacing?: number | readonly number[];
  /** Default: all. */
  readonly dim?: number | readonly number[];
  /** 2: at the ends from three elements, exact for parabolas. Default 1: from two. */
  readonly edgeOrder?: 1 | 2;
}
/**
 * The derivatives of a sampled function along each dimension, by central differences, of second order inside.
 *
 * @throws {ShapeError} where a dimension has fewer than edgeOrder + 1 elements.
 */
export const gradient: (x: Tensor, options?: GradientOptions) => Tensor[] = composite(
  'gradient',
  [
    ['x', aTensor],
    [
      'options',
      optionsOf<GradientOptions>({
        spacing: either(aNumber(), listOf(aNumber(), 'a list of numbers')),
        dim: oneOrMoreDims,
        edgeOrder: oneOf(1, 2),
      }),
    ],
  ],
  (x, { spacing = 1, dim, edgeOrder = 1 } = {}) => {
    const dims = dimsOf('gradient', dim, x.ndim);
    if (typeof spacing !== 'number' && spacing.length !== dims.length)
      throw new ValueError('gradient', `spacing has ${spacing.length} distances for ${dims.length} dimensions`);
    return dims.map((d, i) =>
      derivative(to(x, 'f32'), d, typeof spacing === 'number' ? spacing : spacing[i]!, edgeOrder),
    );
  },
);
function derivative(x: Tensor, d: number, h: number, edgeOrder: 1 | 2): Tensor {
  const n = x.shape[d]!;
  if (n < edgeOrder + 1)
    throw new ShapeError(
      'gradient',
      `takes ${edgeOrder + 1} elements or more, dimension ${d} of ${show(x.shape)} has ${n}`,
    );
  const at = (i: number): Tensor => slice(x, d, i, i + 1);
  /** The difference at an end, from its neighbour a and the one after it. */
  const edge = (end: Tensor, a: Tensor, b: Tensor | null): Tensor =>
    b === null ? sub(a, end) : sub(mul(sub(a, end), 2), mul(sub(b, end), 0.5));
  const third = edgeOrder === 2;
  const first = edge(at(0), at(1), third ? at(2) : null);
  const last = mul(edge(at(n - 1), at(n - 2), third ? at(n - 3) : null), -1);
  const inner = mul(sub(slice(x, d, 2), slice(x, d, 0, n - 2)), 0.5);
  return mul(concat(n > 2 ? [first, inner, last] : [first, last], d), 1 / h);
}

export interface CovOptions {
  /** Subtracted from the number of samples. Default 1, which makes the estimate unbiased. */
  readonly correction?: number;
  /** How often each sample was seen, [samples]. */
  readonly fweights?: Tensor;
  /** How much each sample counts, [samples]. */
  readonly aweights?: Tensor;
}
/** Covariances of variables, [variables, variables], from samples [variables, samples]; of [samples] the variance. */
export const cov: (x: Tensor, options?: CovOptions) => Tensor = composite(
  'cov',
  [
    ['x', aTensor],
    ['options', optionsOf<CovOptions>({ correction: wholeNumber(0), fweights: aTensor, aweights: aTensor })],
  ],
  (x, { correction = 1, fweights, aweights } = {}) => {
    if (x.ndim > 2) throw new ShapeError('cov', `takes [variables, samples], this is ${show(x.shape)}`);
    const rows = to(reshape(x, x.ndim === 2 ? x.shape : [1, x.size]), 'f32');
    const n = rows.shape[1]!;
    for (const w of [fweights, aweights]) {
      if (w && (w.ndim !== 1 || w.size !== n))
        throw new ShapeError('cov', `a weight for each of the ${n} samples, these are ${show(w.shape)}`);
    }
    const square = (y: Tensor): Tensor => (x.ndim === 2 ? y : reshape(y, []));
    if (!fweights && !aweights) {
      const apart = sub(rows, mean(rows, 1, { keepdim: true }));
      return square(div(matmul(apart, t(apart)), Math.max(n - correction, 0)));
    }
    const w = fweights && aweights ? mul(to(fweights, 'f32'), aweights) : to((fweights ?? aweights)!, 'f32');
    const total = sum(w);
    const apart = sub(rows, unsqueeze(div(sum(mul(rows, w), 1), total), 1));
    const lost = aweights ? mul(div(sum(mul(w, aweights)), total), correction) : correction;
    return square(div(matmul(mul(apart, w), t(apart)), clamp(sub(total, lost), 0)));
  },
);

/** Pearson's correlations of variables, [variables, variables], from samples [variables, samples], between −1 and 1. */
export const corrcoef: (x: Tensor) => Tensor = composite('corrcoef', [['x', aTensor]], x => {
  if (x.ndim > 2) throw new ShapeError('corrcoef', `takes [variables, samples], this is ${show(x.shape)}`);
  const c = cov(x);
  if (c.ndim === 0) return div(c, c);
  const spread = sqrt(diagonal(c));
  return clamp(div(div(c, unsqueeze(spread, 1)), spread), -1, 1);
});
