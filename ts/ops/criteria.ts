/** Losses of distributions, of rankings and of distances. */
import { ELEMENTS } from '../core/dtype';
import { DTypeError, ShapeError } from '../core/errors';
import { aBoolean, aNumber, oneOf, options as optionsOf, type Keys } from '../core/kinds';
import { sameShape, show } from '../core/shape';
import { composite, type Signature } from '../core/signature';
import type { Tensor } from '../core/tensor';
import { aTensor } from '../core/tensor-kinds';
import { softplus } from './activations';
import { add, div, eq, lt, maximum, minimum, mul, ne, rsub, sub } from './arithmetic';
import { arange } from './creation';
import { abs, clamp, exp, log, neg, sqrt, square, to } from './elementwise';
import { gather, indexSelect } from './picking';
import { cumsum } from './order';
import { pow } from './power';
import { amax, mean, sum } from './reduce';
import { checkPair, elementwise, lossKeys, reduce, type Loss, type LossOptions, type Reduction } from './reduction';
import { xlogy } from './special';
import { reshape, squeeze, unsqueeze } from './view';
import { where } from './where';

/** max(0, x), whose derivative at 0 is 1. */
const hinge = (x: Tensor): Tensor => clamp(x, 0);

export interface KlDivOptions extends Omit<LossOptions, 'reduction'> {
  /** `batchmean`: the sum over the number of rows, which is the divergence as it is defined. Default 'mean'. */
  readonly reduction?: Reduction | 'batchmean';
  /** Whether the target is log-probabilities, too. Default false. */
  readonly logTarget?: boolean;
}
/** The divergence t·(ln t − x) of Kullback & Leibler, x being log-probabilities and t probabilities. */
export const klDiv: Loss<KlDivOptions> = composite(
  'klDiv',
  [
    ['x', aTensor],
    ['target', aTensor],
    [
      'options',
      optionsOf<KlDivOptions>({
        reduction: oneOf('mean', 'sum', 'none', 'cost', 'batchmean'),
        logTarget: aBoolean,
      }),
    ],
  ],
  (x, t, { reduction, logTarget = false } = {}) => {
    checkPair('klDiv', x, t);
    const each = logTarget ? mul(exp(t), sub(t, x)) : sub(xlogy(t, t), mul(t, x));
    return reduction === 'batchmean' ? div(sum(each), x.shape[0] ?? 1) : reduce(each, reduction);
  },
);

export interface PoissonNllOptions extends LossOptions {
  /** Whether x is the logarithm of the rate. Default true. */
  readonly logInput?: boolean;
  /** Whether Stirling's t ln t − t + ½ ln 2πt is added where t > 1. Default false. */
  readonly full?: boolean;
  /** Added to the rate in its logarithm. Default 1e-8. */
  readonly eps?: number;
}
/** The negative log-likelihood of counts t under Poisson's distribution, but for ln t!: eˣ − t·x. */
export const poissonNllLoss: Loss<PoissonNllOptions> = elementwise<PoissonNllOptions>(
  'poissonNllLoss',
  { ...lossKeys, logInput: aBoolean, full: aBoolean, eps: aNumber(0) },
  (x, t, { logInput = true, full = false, eps = 1e-8 }) => {
    const each = logInput ? sub(exp(x), mul(t, x)) : sub(x, mul(t, log(add(x, eps))));
    if (!full) return each;
    const many = maximum(t, 1);
    const stirling = add(sub(mul(many, log(many)), many), mul(log(mul(many, 2 * Math.PI)), 0.5));
    return add(each, where(lt(1, t), stirling, 0));
  },
);

export interface GaussianNllOptions extends LossOptions {
  /** Whether ½ ln 2π is added. Default false. */
  readonly full?: boolean;
  /** The least variance. Default 1e-6. */
  readonly eps?: number;
}
/**
 * ½(ln v + (x − t)²/v): the negative log-likelihood of t under a normal distribution with mean x and variance v (`variance`),
 * in the shape of x, without its last dimension, or with 1 there.
 */
export const gaussianNllLoss: (x: Tensor, target: Tensor, variance: Tensor, options?: GaussianNllOptions) => Tensor =
  composite(
    'gaussianNllLoss',
    [
      ['x', aTensor],
      ['target', aTensor],
      ['variance', aTensor],
      ['options', optionsOf<GaussianNllOptions>({ ...lossKeys, full: aBoolean, eps: aNumber(Number.MIN_VALUE) })],
    ],
    (x, t, variance, { reduction, full = false, eps = 1e-6 } = {}) => {
      checkPair('gaussianNllLoss', x, t);
      const row = x.shape.slice(0, -1);
      const given =
        !sameShape(variance.shape, x.shape) && sameShape(variance.shape, row) ? unsqueeze(variance, -1) : variance;
      if (!sameShape(given.shape, x.shape) && !sameShape(given.shape, [...row, 1])) {
        throw new ShapeError('gaussianNllLoss', `variance ${show(variance.shape)} does not fit x ${show(x.shape)}`);
      }
      // As in PyTorch, the gradient is that of the variance where it is lifted to ε, too.
      const v = add(given, sub(maximum(given, eps), given).detach());
      const each = mul(add(log(v), div(square(sub(x, t)), v)), 0.5);
      return reduce(full ? add(each, 0.5 * Math.log(2 * Math.PI)) : each, reduction);
    },
  );

/** ln(1 + e^(−t·x)), t being 1 or −1. */
export const softMarginLoss: Loss = elementwise('softMarginLoss', lossKeys, (x, t) => softplus(neg(mul(t, x))));

export interface MarginOptions extends LossOptions {
  /** How far apart is far enough. */
  readonly margin?: number;
}
const marginKeys: Keys<MarginOptions> = { ...lossKeys, margin: aNumber() };

/** x where t is 1, max(0, margin − x) where t is −1: x is a distance. Margin 1 by default. */
export const hingeEmbeddingLoss: Loss<MarginOptions> = elementwise<MarginOptions>(
  'hingeEmbeddingLoss',
  marginKeys,
  (x, t, { margin = 1 }) => add(where(ne(t, 1), hinge(rsub(x, margin)), 0), where(ne(t, -1), x, 0)),
);

type Between<O> = (x1: Tensor, x2: Tensor, target: Tensor, options?: O) => Tensor;
const between = <O extends object>(keys: Keys<O>): Signature<[x1: Tensor, x2: Tensor, target: Tensor, options?: O]> => [
  ['x1', aTensor],
  ['x2', aTensor],
  ['target', aTensor],
  ['options', optionsOf(keys)],
];
/** max(0, margin − t·(x1 − x2)): x1 is to be the larger where t is 1, x2 where t is −1. Margin 0 by default. */
export const marginRankingLoss: Between<MarginOptions> = composite(
  'marginRankingLoss',
  between(marginKeys),
  (x1, x2, t, { margin = 0, reduction } = {}) => {
    checkPair('marginRankingLoss', x1, x2);
    checkPair('marginRankingLoss', x1, t);
    return reduce(hinge(add(neg(mul(t, sub(x1, x2))), margin)), reduction);
  },
);

/** Of rows x1 and x2 [n, d] and targets [n]: 1 − cos where t is 1, max(0, cos − margin) where t is −1. Margin 0 by default. */
export const cosineEmbeddingLoss: Between<MarginOptions> = composite(
  'cosineEmbeddingLoss',
  between(marginKeys),
  (x1, x2, t, { margin = 0, reduction } = {}) => {
    checkPair('cosineEmbeddingLoss', x1, x2);
    const wanted = x1.shape.slice(0, -1);
    if (x1.ndim === 0 || !sameShape(t.shape, wanted)) {
      throw new ShapeError(
        'cosineEmbeddingLoss',
        `x1 ${show(x1.shape)} takes targets ${show(wanted)}, this is ${show(t.shape)}`,
      );
    }
    const length = (x: Tensor): Tensor => add(sum(square(x), -1), 1e-12);
    const cos = div(sum(mul(x1, x2), -1), sqrt(mul(length(x1), length(x2))));
    const each = add(where(eq(t, 1), rsub(cos, 1), 0), where(eq(t, -1), hinge(sub(cos, margin)), 0));
    return reduce(each, reduction);
  },
);

export interface TripletMarginOptions extends MarginOptions {
  /** p of the distance (Σ |dᵢ|ᵖ)^(1/p). Default 2. */
  readonly p?: number;
  /** Added to each difference. Default 1e-6. */
  readonly eps?: number;
  /** Whether the distance of positive and negative counts where it is less than that of anchor and negative. Default false. */
  readonly swap?: boolean;
}
/** max(0, d(anchor, positive) − d(anchor, negative) + margin), distances being along the last dimension. Margin 1 by default. */
export const tripletMarginLoss: (
  anchor: Tensor,
  positive: Tensor,
  negative: Tensor,
  options?: TripletMarginOptions,
) => Tensor = composite(
  'tripletMarginLoss',
  [
    ['anchor', aTensor],
    ['positive', aTensor],
    ['negative', aTensor],
    [
      'options',
      optionsOf<TripletMarginOptions>({ ...marginKeys, p: aNumber(Number.MIN_VALUE), eps: aNumber(), swap: aBoolean }),
    ],
  ],
  (a, p, n, { margin = 1, p: power = 2, eps = 1e-6, swap = false, reduction } = {}) => {
    checkPair('tripletMarginLoss', a, p);
    checkPair('tripletMarginLoss', a, n);
    const distance = (x: Tensor, y: Tensor): Tensor => {
      const d = add(sub(x, y), eps);
      return power === 2 ? sqrt(sum(square(d), -1)) : pow(sum(pow(abs(d), power), -1), 1 / power);
    };
    const far = distance(a, n);
    const away = swap ? minimum(far, distance(p, n)) : far;
    return reduce(hinge(add(sub(distance(a, p), away), margin)), reduction);
  },
);

/** Rows [n, classes] of x, one of which may come without the first dimension; and whether it did. */
function rowsOf(where: string, x: Tensor): [rows: Tensor, one: boolean] {
  if (x.ndim !== 1 && x.ndim !== 2) {
    throw new ShapeError(where, `x takes [n, classes] or [classes], this is ${show(x.shape)}`);
  }
  return x.ndim === 1 ? [unsqueeze(x, 0), true] : [x, false];
}
function checkClasses(where: string, target: Tensor, shape: readonly number[]): void {
  if (ELEMENTS[target.dtype].kind !== 'int') {
    throw new DTypeError(where, `target takes class indices (i32, u8), this is ${target.dtype}`);
  }
  if (!sameShape(target.shape, shape)) {
    throw new ShapeError(where, `target takes ${show(shape)}, this is ${show(target.shape)}`);
  }
}

export interface MultiMarginOptions extends MarginOptions {
  /** The power of each term, 1 or 2. Default 1. */
  readonly p?: 1 | 2;
  /** Weight of each class, [classes]. */
  readonly weight?: Tensor;
}
/** Σ over the other classes i of max(0, margin − x[t] + xᵢ)ᵖ / classes, of x [n, classes] and indices [n]. Margin 1 by default. */
export const multiMarginLoss: Loss<MultiMarginOptions> = composite(
  'multiMarginLoss',
  [
    ['x', aTensor],
    ['target', aTensor],
    ['options', optionsOf<MultiMarginOptions>({ ...marginKeys, p: oneOf(1, 2), weight: aTensor })],
  ],
  (x, target, { margin = 1, p = 1, weight, reduction } = {}) => {
    const [rows, one] = rowsOf('multiMarginLoss', x);
    checkClasses('multiMarginLoss', target, x.shape.slice(0, -1));
    const t = reshape(target, [-1, 1]);
    const classes = rows.shape[1]!;
    if (weight && !sameShape(weight.shape, [classes])) {
      throw new ShapeError('multiMarginLoss', `weight takes [${classes}], this is ${show(weight.shape)}`);
    }
    const gap = hinge(add(sub(rows, gather(rows, 1, t)), margin));
    const other = where(eq(t, arange(classes, undefined, 1, { dtype: 'i32' })), 0, p === 2 ? square(gap) : gap);
    const each = div(sum(other, 1), classes);
    const weighted = weight ? mul(each, indexSelect(weight, 0, reshape(to(t, 'i32'), [-1]))) : each;
    return reduce(one ? squeeze(weighted, 0) : weighted, reduction);
  },
);

/**
 * Σ over the classes t of a row and the others i of max(0, 1 − x[t] + xᵢ) / classes, of x [n, classes] and, in its shape, the
 * indices of the classes, those before the first −1.
 */
export const multilabelMarginLoss: Loss = composite(
  'multilabelMarginLoss',
  [
    ['x', aTensor],
    ['target', aTensor],
    ['options', optionsOf<LossOptions>(lossKeys)],
  ],
  (x, target, { reduction } = {}) => {
    const [rows, one] = rowsOf('multilabelMarginLoss', x);
    checkClasses('multilabelMarginLoss', target, x.shape);
    const t = one ? unsqueeze(target, 0) : target;
    const classes = rows.shape[1]!;
    const named = eq(cumsum(to(lt(t, 0), 'f32'), 1), 0);
    const index = where(named, t, 0);
    // [n, place in the target, class]: whether the place names the class.
    const hits = mul(
      to(eq(unsqueeze(t, 2), arange(classes, undefined, 1, { dtype: 'i32' })), 'f32'),
      unsqueeze(to(named, 'f32'), 2),
    );
    const others = rsub(amax(hits, 1, { keepdim: true }), 1);
    const gap = hinge(rsub(sub(unsqueeze(gather(rows, 1, index), 2), unsqueeze(rows, 1)), 1));
    const each = div(sum(mul(mul(gap, others), unsqueeze(to(named, 'f32'), 2)), [1, 2]), classes);
    return reduce(one ? squeeze(each, 0) : each, reduction);
  },
);

export interface MultilabelSoftMarginOptions extends LossOptions {
  /** Weight of each class, [classes]. */
  readonly weight?: Tensor;
}
/** The binary cross-entropy of σ(x) against t, averaged over the classes, the last dimension. */
export const multilabelSoftMarginLoss: Loss<MultilabelSoftMarginOptions> = composite(
  'multilabelSoftMarginLoss',
  [
    ['x', aTensor],
    ['target', aTensor],
    ['options', optionsOf<MultilabelSoftMarginOptions>({ ...lossKeys, weight: aTensor })],
  ],
  (x, t, { weight, reduction } = {}) => {
    checkPair('multilabelSoftMarginLoss', x, t);
    const each = add(mul(rsub(t, 1), x), softplus(neg(x)));
    return reduce(mean(weight ? mul(each, weight) : each, -1), reduction);
  },
);
