import { defineOp, type Op } from '../core/op';
import { aNumber } from '../core/kinds';
import { aTensor } from '../core/tensor-kinds';
import type { Tensor } from '../core/tensor';
import { add, div, lt, mul, rsub, sub } from './arithmetic';
import { softplus } from './activations';
import { abs, clamp, neg, square, to } from './elementwise';
import { elementwise, LEAST, logFloored, lossKeys, type Loss, type LossOptions } from './reduction';
import { where } from './where';

export type { LossOptions, Reduction } from './reduction';

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
export const binaryCrossEntropy: Loss<BceOptions> = elementwise<BceOptions>(
  'binaryCrossEntropy',
  { ...lossKeys, weight: aTensor },
  (x, t, { weight }) => {
    const [p, q] = [x.detach(), t.detach()];
    const y = neg(add(mul(q, logFloored(p)), mul(rsub(q, 1), logFloored(rsub(p, 1)))));
    const losses = entropyOf(y, to(x, 'f32'), to(t, 'f32'));
    return weight ? mul(losses, weight) : losses;
  },
);

export interface BceOptions extends LossOptions {
  /** By how much each loss counts; broadcasts. The mean divides by their number all the same. */
  readonly weight?: Tensor;
}
export interface BceWithLogitsOptions extends BceOptions {
  /** Weight of the positive class; broadcasts. */
  readonly posWeight?: Tensor;
}
/** Binary cross-entropy of σ(x), computed from the logits x without overflow. */
export const binaryCrossEntropyWithLogits: Loss<BceWithLogitsOptions> = elementwise<BceWithLogitsOptions>(
  'binaryCrossEntropyWithLogits',
  { ...lossKeys, weight: aTensor, posWeight: aTensor },
  (x, t, { weight, posWeight }) => {
    const below = softplus(neg(x)); // −ln σ(x)
    const positive = posWeight ? mul(below, add(mul(t, sub(posWeight, 1)), 1)) : below;
    const losses = add(mul(rsub(t, 1), x), positive);
    return weight ? mul(losses, weight) : losses;
  },
);
