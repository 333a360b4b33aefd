import { aNumber, listOf } from '../core/kinds';
import { aTensor } from '../core/tensor-kinds';
import { noGrad } from '../core/runtime';
import { composite } from '../core/signature';
import type { Tensor } from '../core/tensor';
import { add, div, minimum, mul } from '../ops/arithmetic';
import { sqrt, square } from '../ops/elementwise';
import { full } from '../ops/creation';
import { sum } from '../ops/reduce';
import { assign } from '../ops/update';

/** Scales all gradients together so that their norm is at most maxNorm (Pascanu et al. 2013). Answers the norm before. */
export const clipGradNorm: (params: readonly Tensor[], maxNorm: number) => Tensor = composite(
  'clipGradNorm',
  [
    ['params', listOf(aTensor, 'a list of tensors')],
    ['maxNorm', aNumber(0)],
  ],
  (params, maxNorm) =>
    noGrad(() => {
      const grads = params.flatMap(p => (p.grad ? [p.grad] : []));
      const squares = grads.map(g => sum(square(g))).reduce((a, b) => add(a, b), full([], 0));
      const norm = sqrt(squares);
      const scale = minimum(div(maxNorm, add(norm, 1e-6)), 1);
      for (const g of grads) assign(g, mul(g, scale));
      return norm;
    }),
);
