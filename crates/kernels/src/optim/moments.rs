//! Adam and its variants: steps of a running mean of the gradient over the root of one of its square.

use super::{power, splat, sqrt, update};
use crate::math::exp64;
use crate::simd::{F32x4, F64x4};

/// How weights decay and running means go on, from lr, β₁, β₂ and weightDecay:
///
/// decoupled ? w −= lr·weightDecay·w : g += weightDecay·w; m = β₁m + (1 − β₁)g; v = β₂v + (1 − β₂)g².
#[derive(Clone, Copy)]
struct Moments {
    shrink: F32x4,
    decay: F32x4,
    keep1: F32x4,
    add1: F32x4,
    keep2: F32x4,
    add2: F32x4,
}

impl Moments {
    #[inline(always)]
    fn new([lr, beta1, beta2, decay]: [f64; 4], decoupled: bool) -> Self {
        Self {
            shrink: splat(if decoupled { 1.0 - lr * decay } else { 1.0 }),
            decay: splat(if decoupled { 0.0 } else { decay }),
            keep1: splat(beta1),
            add1: splat(1.0 - beta1),
            keep2: splat(beta2),
            add2: splat(1.0 - beta2),
        }
    }

    /// g, w, m and v after that.
    #[inline(always)]
    fn next(self, g: F32x4, [w, m, v]: [F32x4; 3]) -> [F32x4; 4] {
        let g = w.mul_add(self.decay, g);
        [g, w * self.shrink, m.mul_add(self.keep1, g * self.add1), v.mul_add(self.keep2, g * g * self.add2)]
    }
}

/// Adam (Kingma, Ba 2015; AMSGrad with `vmax`; AdamW if `decoupled`), hyper = [lr, β₁, β₂, ε, weightDecay, t].
///
/// w, m and v by [`Moments`]; s = vmax ? (vmax = max(vmax, v)) : v;
/// w −= lr · (m / (1 − β₁ᵗ)) / (√s / √(1 − β₂ᵗ) + ε).
pub fn adam(
    w: &mut [f32], g: &[f32], m: &mut [f32], v: &mut [f32], vmax: Option<&mut [f32]>, hyper: &[f64; 6], decoupled: bool,
) {
    let [lr, beta1, beta2, epsilon, decay, t] = *hyper;
    let moments = Moments::new([lr, beta1, beta2, decay], decoupled);
    let step = splat(lr / (1.0 - power(beta1, t)));
    let root = splat(1.0 / sqrt(1.0 - power(beta2, t)));
    let epsilon = splat(epsilon);
    let descend = |w: F32x4, m: F32x4, s: F32x4| w - step * m / s.sqrt().mul_add(root, epsilon);
    match vmax {
        None => update(g, [w, m, v], |g, state| {
            let [_, w, m, v] = moments.next(g, state);
            [descend(w, m, v), m, v]
        }),
        Some(vmax) => update(g, [w, m, v, vmax], |g, [w, m, v, vmax]| {
            let [_, w, m, v] = moments.next(g, [w, m, v]);
            let vmax = vmax.max(v);
            [descend(w, m, vmax), m, v, vmax]
        }),
    }
}

/// μₜ = β₁ (1 − ½ · 0.96^(tψ)), the momentum of NAdam's step t.
fn momentum(beta1: f64, psi: f64, t: f64) -> f64 {
    const LN_096: f64 = -0.040_821_994_520_255_166;
    let [fade, ..] = exp64(F64x4::splat(LN_096 * t * psi)).to_array();
    beta1 * (1.0 - 0.5 * fade)
}

/// μ₁ μ₂ … μₜ, from that of the step before; hyper as for [`nadam`].
pub fn nadam_product(product: &mut f32, hyper: &[f64; 7]) {
    let [_, beta1, _, _, _, psi, t] = *hyper;
    let before = if t <= 1.0 { 1.0 } else { f64::from(*product) };
    *product = (before * momentum(beta1, psi, t)) as f32;
}

/// Adam with Nesterov's momentum (Dozat 2016), hyper = [lr, β₁, β₂, ε, weightDecay, ψ, t], `product` that of μ₁ to μₜ.
///
/// w, m and v by [`Moments`]; w −= lr · (g (1 − μₜ) / (1 − product) + m μₜ₊₁ / (1 − product μₜ₊₁)) / (√v / √(1 − β₂ᵗ) + ε).
pub fn nadam(w: &mut [f32], g: &[f32], m: &mut [f32], v: &mut [f32], product: f32, hyper: &[f64; 7], decoupled: bool) {
    let [lr, beta1, beta2, epsilon, decay, psi, t] = *hyper;
    let moments = Moments::new([lr, beta1, beta2, decay], decoupled);
    let product = f64::from(product);
    let (now, next) = (momentum(beta1, psi, t), momentum(beta1, psi, t + 1.0));
    let of_g = splat(lr * (1.0 - now) / (1.0 - product));
    let of_m = splat(lr * next / (1.0 - product * next));
    let root = splat(1.0 / sqrt(1.0 - power(beta2, t)));
    let epsilon = splat(epsilon);
    update(g, [w, m, v], |g, state| {
        let [g, w, m, v] = moments.next(g, state);
        [w - m.mul_add(of_m, g * of_g) / v.sqrt().mul_add(root, epsilon), m, v]
    });
}

/// Adam whose step is rectified by how well its variance is known (Liu et al. 2020), hyper = [lr, β₁, β₂, ε, weightDecay, t].
///
/// w, m and v by [`Moments`]; ρ∞ = 2 / (1 − β₂) − 1; ρ = ρ∞ − 2t β₂ᵗ / (1 − β₂ᵗ); w −= lr · m / (1 − β₁ᵗ), where ρ > 5 times
/// √((ρ − 4)(ρ − 2) ρ∞ / ((ρ∞ − 4)(ρ∞ − 2) ρ)) · √(1 − β₂ᵗ) / (√v + ε).
pub fn radam(w: &mut [f32], g: &[f32], m: &mut [f32], v: &mut [f32], hyper: &[f64; 6], decoupled: bool) {
    let [lr, beta1, beta2, epsilon, decay, t] = *hyper;
    let moments = Moments::new([lr, beta1, beta2, decay], decoupled);
    let step = lr / (1.0 - power(beta1, t));
    let gone = power(beta2, t);
    let end = 2.0 / (1.0 - beta2) - 1.0;
    let length = end - 2.0 * t * gone / (1.0 - gone);
    if length <= 5.0 {
        let step = splat(step);
        return update(g, [w, m, v], |g, state| {
            let [_, w, m, v] = moments.next(g, state);
            [step.neg_mul_add(m, w), m, v]
        });
    }
    let known = (length - 4.0) * (length - 2.0) * end / ((end - 4.0) * (end - 2.0) * length);
    let step = splat(step * sqrt(known * (1.0 - gone)));
    let epsilon = splat(epsilon);
    update(g, [w, m, v], |g, state| {
        let [_, w, m, v] = moments.next(g, state);
        [w - step * m / (v.sqrt() + epsilon), m, v]
    });
}

/// Adam of rows that have a gradient: those of g that are 0 throughout are left as they are, in w, m and v too.
/// hyper = [lr, β₁, β₂, ε, t].
///
/// m = β₁m + (1 − β₁)g; v = β₂v + (1 − β₂)g²; w −= lr · √(1 − β₂ᵗ) / (1 − β₁ᵗ) · m / (√v + ε).
pub fn sparse_adam(w: &mut [f32], g: &[f32], m: &mut [f32], v: &mut [f32], hyper: &[f64; 5], rows: usize) {
    let [lr, beta1, beta2, epsilon, t] = *hyper;
    let moments = Moments::new([lr, beta1, beta2, 0.0], false);
    let step = splat(lr * sqrt(1.0 - power(beta2, t)) / (1.0 - power(beta1, t)));
    let epsilon = splat(epsilon);
    let n = g.len().checked_div(rows).unwrap_or(0);
    for row in 0..rows {
        let at = row * n..(row + 1) * n;
        let g = &g[at.clone()];
        if g.iter().all(|&g| g == 0.0) {
            continue;
        }
        update(g, [&mut w[at.clone()], &mut m[at.clone()], &mut v[at]], |g, state| {
            let [_, w, m, v] = moments.next(g, state);
            [w - step * m / (v.sqrt() + epsilon), m, v]
        });
    }
}
