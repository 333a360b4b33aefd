import type { Tensor } from './tensor';

/** Results of captured functions to which gradients led inside: for the sake of a better message outside. */
export const answeredByPlan: WeakSet<Tensor> = new WeakSet();
