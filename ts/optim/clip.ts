/** Gradients held within bounds. */
import { ValueError } from '../core/errors';
import { aBoolean, aNumber, kind, listOf, options, type Kind } from '../core/kinds';
import { aTensor } from '../core/tensor-kinds';
import { noGrad } from '../core/runtime';
import { composite } from '../core/signature';
import type { Tensor } from '../core/tensor';
import { add, div, minimum, mul } from '../ops/arithmetic';
import { clamp } from '../ops/elementwise';
import { full } from '../ops/creation';
import { stack } from '../ops/join';
import { vectorNorm } from '../ops/distance';
import { copy_ } from '../ops/inplace';

const someTensors: Kind<readonly Tensor[]> = listOf(aTensor, 'a list of tensors');

/** The gradients, each once: of tensors that share one it is one. */
function gradientsOf(params: readonly Tensor[]): Tensor[] {
  const grads: Tensor[] = [];
  for (const { grad: g } of params) {
    if (g && !grads.some(o => o.storage === g.storage && o.offset === g.offset)) grads.push(g);
  }
  return grads;
}

/** The norm of order p over all gradients: that of their norms. */
function totalNorm(grads: readonly Tensor[], p: number): Tensor {
  const some = grads.filter(g => g.size > 0);
  return some.length === 0 ? full([], 0) : vectorNorm(stack(some.map(g => vectorNorm(g, p))), p);
}

export interface ClipGradNormOptions {
  /** p of the norm (Σ |gᵢ|ᵖ)^(1/p), above 0; Infinity is the largest |gᵢ|. Default 2. */
  readonly normType?: number;
  /** Throw ValueError, before any gradient is changed, where the norm is NaN or infinite. Default false. */
  readonly errorIfNonfinite?: boolean;
}
const aNormType: Kind<number> = kind('a number > 0 or Infinity', v => typeof v === 'number' && v > 0);

/**
 * Scales all gradients together so that their norm is at most maxNorm (Pascanu et al. 2013). A gradient that several
 * parameters share counts once.
 *
 * @returns the norm before, of shape [].
 */
export const clipGradNorm: (params: readonly Tensor[], maxNorm: number, options?: ClipGradNormOptions) => Tensor =
  composite(
    'clipGradNorm',
    [
      ['params', someTensors],
      ['maxNorm', aNumber(0)],
      ['options', options<ClipGradNormOptions>({ normType: aNormType, errorIfNonfinite: aBoolean })],
    ],
    (params, maxNorm, { normType = 2, errorIfNonfinite = false } = {}) =>
      noGrad(() => {
        const grads = gradientsOf(params);
        const total = totalNorm(grads, normType);
        if (errorIfNonfinite && !Number.isFinite(total.item())) {
          throw new ValueError('clipGradNorm', `the norm of the gradients is ${total.item()}`);
        }
        const scale = minimum(div(maxNorm, add(total, 1e-6)), 1);
        for (const g of grads) copy_(g, mul(g, scale));
        return total;
      }),
  );

/** Holds each element of the gradients between −clipValue and clipValue. */
export const clipGradValue: (params: readonly Tensor[], clipValue: number) => void = composite(
  'clipGradValue',
  [
    ['params', someTensors],
    ['clipValue', aNumber(0)],
  ],
  (params, clipValue) =>
    noGrad(() => {
      for (const g of gradientsOf(params)) copy_(g, clamp(g, -clipValue, clipValue));
    }),
);
