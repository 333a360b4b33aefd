/** Losses: how far a model's output is from what it should be. */
import { ELEMENTS, isFloat } from '../core/dtype';
import { DTypeError, IndexError, ShapeError, ValueError } from '../core/errors';
import { defineOp, type Op } from '../core/op';
import { aNumber, oneOf, options as optionsOf, wholeNumber, type Keys } from '../core/kinds';
import { hasKernels } from '../core/runtime';
import { aTensor } from '../core/tensor-kinds';
import { checked, composite } from '../core/signature';
import { sameShape, show, sizeOf } from '../core/shape';
import type { Tensor } from '../core/tensor';
import { add, div, eq, lt, mul, ne, rsub, sub } from './arithmetic';
import { softplus } from './activations';
import { abs, clamp, neg, square, to } from './elementwise';
import { entropy } from './entropy';
import { gather, indexSelect } from './picking';
import { mean, sum } from './reduce';
import { logSoftmax } from './softmax';
import { flatten, permute, reshape, squeeze, unsqueeze } from './view';
import { where } from './where';

/**
 * How the losses of the elements become one number: their mean, their sum, or none of it. `cost` is the sum over the
 * samples (the first dimension) of each sample's mean: the cost function C(θ) = Σ L(M(xᵢ; θ), yᵢ) with L a mean over
 * components.
 */
export type Reduction = 'mean' | 'sum' | 'none' | 'cost';
export interface LossOptions {
  /** Default 'mean'. */
  readonly reduction?: Reduction;
}

function reduce(losses: Tensor, reduction: Reduction = 'mean'): Tensor {
  if (reduction === 'none') return losses;
  if (reduction === 'mean') return mean(losses);
  if (reduction === 'sum') return sum(losses);
  return mul(mean(losses), losses.shape[0] ?? 1);
}
const lossKeys: Keys<LossOptions> = { reduction: oneOf('mean', 'sum', 'none', 'cost') };

function checkPair(where: string, x: Tensor, target: Tensor): void {
  if (!sameShape(x.shape, target.shape)) {
    throw new ShapeError(where, `x ${show(x.shape)} and target ${show(target.shape)} differ`);
  }
}

type Loss<O = LossOptions> = (x: Tensor, target: Tensor, options?: O) => Tensor;
function elementwise<O extends LossOptions>(
  name: string,
  keys: Keys<O>,
  f: (x: Tensor, target: Tensor, options: Partial<O>) => Tensor,
): Loss<O> {
  return composite(
    name,
    [
      ['x', aTensor],
      ['target', aTensor],
      ['options', optionsOf<O>(keys)],
    ],
    (x, target, options) => {
      checkPair(name, x, target);
      return reduce(f(x, target, options ?? {}), options?.reduction);
    },
  );
}

/** Mean squared error: (x − target)², so that the mean over K components is 1/K · ‖x − target‖². */
export const mseLoss: Loss = elementwise('mseLoss', lossKeys, (x, target) => square(sub(x, target)));
/** Mean absolute error: |x − target|. */
export const l1Loss: Loss = elementwise('l1Loss', lossKeys, (x, target) => abs(sub(x, target)));

export interface SmoothL1Options extends LossOptions {
  /** Where the square ends and the straight line begins. Default 1. */
  readonly beta?: number;
}
/** d²/2β where |d| < β, |d| − β/2 beyond, with d = x − target. */
export const smoothL1Loss: Loss<SmoothL1Options> = elementwise<SmoothL1Options>(
  'smoothL1Loss',
  {
    ...lossKeys,
    beta: aNumber(0),
  },
  (x, target, { beta = 1 }) => {
    const d = sub(x, target);
    const far = abs(d);
    return beta === 0 ? far : where(lt(far, beta), mul(square(d), 0.5 / beta), sub(far, beta / 2));
  },
);

export interface HuberOptions extends LossOptions {
  /** Where the square ends and the straight line begins. Default 1. */
  readonly delta?: number;
}
/** d²/2 where |d| < δ, δ(|d| − δ/2) beyond, with d = x − target (Huber 1964). */
export const huberLoss: Loss<HuberOptions> = elementwise<HuberOptions>(
  'huberLoss',
  {
    ...lossKeys,
    delta: aNumber(Number.MIN_VALUE),
  },
  (x, target, { delta = 1 }) => {
    const d = sub(x, target);
    const far = abs(d);
    return where(lt(far, delta), mul(square(d), 0.5), mul(sub(far, delta / 2), delta));
  },
);

/** What PyTorch divides by at least, in the gradient of a logarithm of probabilities. */
const LEAST = 1e-12;
/** ln x, not below −100; the derivative is 1 / max(x, 1e-12). */
const logFloored: Op<[x: Tensor]> = defineOp({
  name: 'logFloored',
  inputs: ['x'],
  shape: ([x]) => x.shape,
  run(k, [x], [y]) {
    k.log(x.address, y.address, y.size, 0);
    k.clamp(y.address, y.address, y.size, -100, Infinity);
  },
  saves: { x: ['x'] },
  vjp: { x: (g, { x }) => div(g, clamp(x, LEAST)) },
});
/**
 * The value y of binary cross-entropy of x and t, found otherwise, with the gradients that PyTorch has: of x
 * (x − t) / max(x (1 − x), 1e-12), which pushes back from 0 and 1, where the logarithms stop.
 */
const entropyOf: Op<[y: Tensor, x: Tensor, t: Tensor]> = defineOp({
  name: 'binaryCrossEntropy',
  inputs: ['y', 'x', 't'],
  view: y => y,
  saves: { x: ['x', 't'], t: ['x'] },
  vjp: {
    y: null,
    x: (g, { x, t }) => mul(g, div(sub(x, t), clamp(mul(x, rsub(x, 1)), LEAST))),
    t: (g, { x }) => mul(g, sub(logFloored(rsub(x, 1)), logFloored(x))),
  },
});
/** −(t·ln x + (1 − t)·ln(1 − x)) of probabilities x. Logarithms stop at −100. Values and gradients are PyTorch's. */
export const binaryCrossEntropy: Loss = elementwise('binaryCrossEntropy', lossKeys, (x, t) => {
  const [p, q] = [x.detach(), t.detach()];
  const y = neg(add(mul(q, logFloored(p)), mul(rsub(q, 1), logFloored(rsub(p, 1)))));
  return entropyOf(y, to(x, 'f32'), to(t, 'f32'));
});

export interface BceWithLogitsOptions extends LossOptions {
  /** Weight of the positive class; broadcasts. */
  readonly posWeight?: Tensor;
}
/** Binary cross-entropy of σ(x), computed from the logits x without overflow. */
export const binaryCrossEntropyWithLogits: Loss<BceWithLogitsOptions> = elementwise<BceWithLogitsOptions>(
  'binaryCrossEntropyWithLogits',
  { ...lossKeys, posWeight: aTensor },
  (x, t, { posWeight }) => {
    const below = softplus(neg(x)); // −ln σ(x)
    const weighted = posWeight ? mul(below, add(mul(t, sub(posWeight, 1)), 1)) : below;
    return add(mul(rsub(t, 1), x), weighted);
  },
);

export interface CrossEntropyOptions extends LossOptions {
  /** What x is. Default 'logits'. */
  readonly input?: 'logits' | 'logProbabilities' | 'probabilities';
  /** Weight of each class, [classes]. The mean is then the weighted one. */
  readonly weight?: Tensor;
  /** A class index whose samples do not count. */
  readonly ignoreIndex?: number;
  /** How much of each target is spread evenly over all classes, from 0 to 1. Default 0. */
  readonly labelSmoothing?: number;
}

export type NllOptions = Omit<CrossEntropyOptions, 'input'>;

function logProbabilities(x: Tensor, input: CrossEntropyOptions['input'] = 'logits'): Tensor {
  if (input === 'logits') return logSoftmax(x, 1);
  return input === 'logProbabilities' ? x : logFloored(x);
}

/** Σ of the losses over Σ of the weights, or what else the reduction asks for. */
function weighted(losses: Tensor, weights: Tensor | null, reduction: Reduction = 'mean'): Tensor {
  if (reduction === 'mean' && weights) return div(sum(losses), sum(weights));
  return reduce(losses, reduction);
}

function checkIndexed(x: Tensor, target: Tensor): void {
  const wanted = x.shape.filter((_, d) => d !== (x.ndim === 1 ? 0 : 1));
  if (sameShape(target.shape, wanted)) return;
  throw new ShapeError(
    'crossEntropy',
    `x ${show(x.shape)} takes class indices ${show(wanted)}, target has ${show(target.shape)}`,
  );
}

const classesLast = (ndim: number): number[] => [0, ...Array.from({ length: ndim - 2 }, (_, d) => d + 2), 1];

/** −log p of the class that each index names. */
function ofIndices(logp: Tensor, target: Tensor, options: CrossEntropyOptions): Tensor {
  const { weight, ignoreIndex, labelSmoothing = 0, reduction } = options;
  const counts = ignoreIndex === undefined ? null : ne(target, ignoreIndex);
  const index = ignoreIndex === undefined ? target : where(eq(target, ignoreIndex), 0, target);
  const of = weight ? reshape(indexSelect(weight, 0, flatten(to(index, 'i32'))), target.shape) : null;
  const weights = of && counts ? mul(of, counts) : (of ?? (counts && to(counts, 'f32')));
  let losses = neg(squeeze(gather(logp, 1, unsqueeze(index, 1)), 1));
  if (weights) losses = where(ne(weights, 0), mul(losses, weights), 0);
  if (labelSmoothing > 0) {
    const each = weight ? mul(logp, perClass(weight, logp)) : logp;
    const even = mul(sum(each, 1), -1 / logp.shape[1]!);
    losses = add(mul(losses, 1 - labelSmoothing), mul(counts ? where(counts, even, 0) : even, labelSmoothing));
  }
  return weighted(losses, weights, reduction);
}

/** −Σ q·log p over the classes. */
function ofProbabilities(logp: Tensor, q: Tensor, options: CrossEntropyOptions): Tensor {
  const { weight, ignoreIndex, labelSmoothing = 0, reduction } = options;
  checkPair('crossEntropy', logp, q);
  if (ignoreIndex !== undefined)
    throw new ValueError('crossEntropy', 'ignoreIndex goes with class indices, not with probabilities');
  const target = labelSmoothing > 0 ? add(mul(q, 1 - labelSmoothing), labelSmoothing / logp.shape[1]!) : q;
  const each = mul(target, logp);
  return reduce(neg(sum(weight ? mul(each, perClass(weight, logp)) : each, 1)), reduction);
}

const perClass = (weight: Tensor, logp: Tensor): Tensor => reshape(weight, [-1, ...logp.shape.slice(2).map(() => 1)]);

const nllKeys: Keys<NllOptions> = {
  ...lossKeys,
  weight: aTensor,
  ignoreIndex: wholeNumber(-Infinity),
  labelSmoothing: aNumber(0, 1),
};
const crossEntropyKeys: Keys<CrossEntropyOptions> = {
  ...nllKeys,
  input: oneOf('logits', 'logProbabilities', 'probabilities'),
};

/**
 * The cross-entropy −Σⱼ qⱼ ln pⱼ of x [n, classes, …] against targets: class indices [n, …] (i32 or u8), or
 * probabilities or one-hot rows in the shape of x. One sample may come without its first dimension. x is logits,
 * unless `input` says otherwise. A label outside [0, classes) is an IndexError.
 */
export const crossEntropy: (x: Tensor, target: Tensor, options?: CrossEntropyOptions) => Tensor = composite(
  'crossEntropy',
  [
    ['x', aTensor],
    ['target', aTensor],
    ['options', optionsOf(crossEntropyKeys)],
  ],
  (x, target, options = {}) => {
    if (x.ndim === 0) throw new ShapeError('crossEntropy', 'x takes [n, classes, …], this is one number');
    const classes = x.shape[x.ndim === 1 ? 0 : 1]!;
    const { weight, labelSmoothing = 0 } = options;
    if (weight && !sameShape(weight.shape, [classes])) {
      throw new ShapeError('crossEntropy', `weight takes [${classes}], this is ${show(weight.shape)}`);
    }
    const byIndex = ELEMENTS[target.dtype].kind === 'int';
    if (!byIndex && !isFloat(target.dtype)) {
      throw new DTypeError(
        'crossEntropy',
        `target takes class indices (i32, u8) or probabilities (f32), this is ${target.dtype}`,
      );
    }
    if (!byIndex && target.ndim === x.ndim - 1 && target.size === sizeOf(x.shape) / classes) {
      throw new DTypeError(
        'crossEntropy',
        `target looks like class indices but is ${target.dtype}; convert it with to('i32')`,
      );
    }
    if (x.ndim === 1) {
      if (!byIndex) checkPair('crossEntropy', x, target);
      else checkIndexed(x, target);
      return reshapeOne(crossEntropy(unsqueeze(x, 0), unsqueeze(target, 0), options), options);
    }
    if (!byIndex) return ofProbabilities(logProbabilities(x, options.input), target, options);
    checkIndexed(x, target);
    const { input = 'logits', ignoreIndex } = options;
    try {
      const plain = input === 'logits' && !weight && labelSmoothing === 0 && ignoreIndex === undefined;
      return plain && hasKernels('crossEntropy', 'crossEntropyGrad')
        ? reduce(entropy(x.ndim === 2 ? x : permute(x, classesLast(x.ndim)), target)[0], options.reduction)
        : ofIndices(logProbabilities(x, input), target, options);
    } catch (e) {
      throw e instanceof IndexError ? new IndexError('crossEntropy', `target: ${e.what}`, { cause: e }) : e;
    }
  },
);
const reshapeOne = (y: Tensor, { reduction }: CrossEntropyOptions): Tensor =>
  reduction === 'none' ? reshape(y, []) : y;

/** The negative log-likelihood: cross-entropy of log-probabilities. */
export const nllLoss: Loss<NllOptions> = checked(
  'nllLoss',
  [
    ['x', aTensor],
    ['target', aTensor],
    ['options', optionsOf(nllKeys)],
  ],
  (x, target, options = {}) => crossEntropy(x, target, { ...options, input: 'logProbabilities' }),
);
