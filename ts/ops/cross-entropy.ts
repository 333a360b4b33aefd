/** The cross-entropy of a classifier against class indices or probabilities. */
import { ELEMENTS, isFloat } from '../core/dtype';
import { DTypeError, IndexError, ShapeError, ValueError } from '../core/errors';
import { aNumber, oneOf, options as optionsOf, wholeNumber, type Keys } from '../core/kinds';
import { hasKernels } from '../core/runtime';
import { sameShape, show, sizeOf } from '../core/shape';
import { composite, type Signature } from '../core/signature';
import type { Tensor } from '../core/tensor';
import { aTensor } from '../core/tensor-kinds';
import { add, div, eq, mul, ne } from './arithmetic';
import { neg, to } from './elementwise';
import { entropy } from './entropy';
import { gather, indexSelect } from './picking';
import { sum } from './reduce';
import { checkPair, logFloored, lossKeys, reduce, type Loss, type LossOptions, type Reduction } from './reduction';
import { logSoftmax } from './softmax';
import { flatten, permute, reshape, squeeze, unsqueeze } from './view';
import { where as select } from './where';

export interface CrossEntropyOptions extends LossOptions {
  /** What x is. Default 'logits'. */
  readonly input?: 'logits' | 'logProbabilities' | 'probabilities';
  /** Weight of each class, [classes]. The mean is then the weighted one. */
  readonly weight?: Tensor;
  /**
   * A class index whose samples do not count. Default −100, which must be named where logits without weights and smoothing
   * are captured: a plan of these takes none by itself.
   */
  readonly ignoreIndex?: number;
  /** How much of each target is spread evenly over all classes, from 0 to 1. Default 0. */
  readonly labelSmoothing?: number;
}

/** PyTorch's default of `ignoreIndex`. */
const IGNORED = -100;

export type NllOptions = Omit<CrossEntropyOptions, 'input'>;

function logProbabilities(x: Tensor, input: CrossEntropyOptions['input'] = 'logits'): Tensor {
  if (input === 'logits') return logSoftmax(x, 1);
  return input === 'logProbabilities' ? x : logFloored(x);
}

/** Σ of the losses over Σ of the weights, or what else the reduction asks for. */
function weighted(losses: Tensor, weights: Tensor, reduction: Reduction = 'mean'): Tensor {
  if (reduction === 'mean') return div(sum(losses), sum(weights));
  return reduce(losses, reduction);
}

function checkIndexed(where: string, x: Tensor, target: Tensor): void {
  const wanted = x.shape.filter((_, d) => d !== (x.ndim === 1 ? 0 : 1));
  if (sameShape(target.shape, wanted)) return;
  throw new ShapeError(
    where,
    `x ${show(x.shape)} takes class indices ${show(wanted)}, target has ${show(target.shape)}`,
  );
}

const classesLast = (ndim: number): number[] => [0, ...Array.from({ length: ndim - 2 }, (_, d) => d + 2), 1];

/** −log p of the class that each index names. */
function ofIndices(logp: Tensor, target: Tensor, options: CrossEntropyOptions): Tensor {
  const { weight, ignoreIndex = IGNORED, labelSmoothing = 0, reduction } = options;
  const counts = ne(target, ignoreIndex);
  const index = select(eq(target, ignoreIndex), 0, target);
  const of = weight ? reshape(indexSelect(weight, 0, flatten(to(index, 'i32'))), target.shape) : null;
  const weights = of ? mul(of, counts) : to(counts, 'f32');
  let losses = neg(squeeze(gather(logp, 1, unsqueeze(index, 1)), 1));
  losses = select(ne(weights, 0), mul(losses, weights), 0);
  if (labelSmoothing > 0) {
    const each = weight ? mul(logp, perClass(weight, logp)) : logp;
    const even = mul(sum(each, 1), -1 / logp.shape[1]!);
    losses = add(mul(losses, 1 - labelSmoothing), mul(select(counts, even, 0), labelSmoothing));
  }
  return weighted(losses, weights, reduction);
}

/** −Σ q·log p over the classes. */
function ofProbabilities(where: string, logp: Tensor, q: Tensor, options: CrossEntropyOptions): Tensor {
  const { weight, ignoreIndex, labelSmoothing = 0, reduction } = options;
  checkPair(where, logp, q);
  if (ignoreIndex !== undefined && ignoreIndex !== IGNORED)
    throw new ValueError(where, 'ignoreIndex goes with class indices, not with probabilities');
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

function classesOf(where: string, x: Tensor, target: Tensor, options: CrossEntropyOptions): Tensor {
  if (x.ndim === 0) throw new ShapeError(where, 'x takes [n, classes, …], this is one number');
  const classes = x.shape[x.ndim === 1 ? 0 : 1]!;
  const { weight, labelSmoothing = 0, input = 'logits', ignoreIndex } = options;
  if (weight && !sameShape(weight.shape, [classes])) {
    throw new ShapeError(where, `weight takes [${classes}], this is ${show(weight.shape)}`);
  }
  const byIndex = ELEMENTS[target.dtype].kind === 'int';
  if (!byIndex && !isFloat(target.dtype)) {
    throw new DTypeError(where, `target takes class indices (i32, u8) or probabilities (f32), this is ${target.dtype}`);
  }
  if (!byIndex && target.ndim === x.ndim - 1 && target.size === sizeOf(x.shape) / classes) {
    throw new DTypeError(where, `target looks like class indices but is ${target.dtype}; convert it with to('i32')`);
  }
  if (x.ndim === 1) {
    if (!byIndex) checkPair(where, x, target);
    else checkIndexed(where, x, target);
    const y = classesOf(where, unsqueeze(x, 0), unsqueeze(target, 0), options);
    return options.reduction === 'none' ? reshape(y, []) : y;
  }
  if (!byIndex) return ofProbabilities(where, logProbabilities(x, input), target, options);
  checkIndexed(where, x, target);
  const slowly = (): Tensor =>
    ofIndices(logProbabilities(x, input), target, { ...options, ignoreIndex: ignoreIndex ?? IGNORED });
  const plain = input === 'logits' && !weight && labelSmoothing === 0 && ignoreIndex === undefined;
  try {
    return plain && hasKernels('crossEntropy', 'crossEntropyGrad')
      ? reduce(entropy(x.ndim === 2 ? x : permute(x, classesLast(x.ndim)), target)[0], options.reduction)
      : slowly();
  } catch (e) {
    if (!(e instanceof IndexError)) throw e;
    try {
      if (plain) return slowly(); // perhaps some samples are to be left out
    } catch {
      // some index is wrong: the first error says which
    }
    throw new IndexError(where, `target: ${e.what}`, { cause: e });
  }
}

const takes = <O extends object>(keys: Keys<O>): Signature<[x: Tensor, target: Tensor, options?: O]> => [
  ['x', aTensor],
  ['target', aTensor],
  ['options', optionsOf(keys)],
];

/**
 * The cross-entropy −Σⱼ qⱼ ln pⱼ of x [n, classes, …] against targets: class indices [n, …] (i32 or u8), or
 * probabilities or one-hot rows in the shape of x. One sample may come without its first dimension. x is logits,
 * unless `input` says otherwise. A label outside [0, classes) is an IndexError.
 */
export const crossEntropy: Loss<CrossEntropyOptions> = composite(
  'crossEntropy',
  takes(crossEntropyKeys),
  (x, target, options = {}) => classesOf('crossEntropy', x, target, options),
);

/** The negative log-likelihood: cross-entropy of log-probabilities. */
export const nllLoss: Loss<NllOptions> = composite('nllLoss', takes(nllKeys), (x, target, options = {}) =>
  classesOf('nllLoss', x, target, { ...options, input: 'logProbabilities' }),
);
