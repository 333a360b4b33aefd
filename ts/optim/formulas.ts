/** What the formulas of several optimisers have in common. */
import type { Tensor } from '../core/tensor';
import { add, mul } from '../ops/arithmetic';
import { exp, expm1, neg } from '../ops/elementwise';

/** The gradient with that of the penalty λ/2 · ‖w‖². */
export const decayed = (g: Tensor, w: Tensor, lambda: number): Tensor => (lambda > 0 ? add(g, mul(w, lambda)) : g);
/** βᵗ. */
export const power = (beta: number, t: Tensor): Tensor => exp(mul(t, Math.log(beta)));
/** 1 − βᵗ, with all digits where βᵗ is near 1: by what a mean that began with 0 falls short. */
export const oneMinusPower = (beta: number, t: Tensor): Tensor => neg(expm1(mul(t, Math.log(beta))));
