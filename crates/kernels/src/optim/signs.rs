//! Steps by the sign of the gradient alone, and averages of where descent has been.

use super::{splat, update};
use crate::math::{exp64, ln64};
use crate::simd::{F32x4, F64x4};

/// Steps by the gradient's sign, whose sizes follow whether it stays (Riedmiller, Braun 1993);
/// hyper = [lr, η⁻, η⁺, min, max, t]. At the first step `size` is lr, whatever it holds.
///
/// Where g and `previous` have one sign, size = min(size·η⁺, max); where they have two, size = max(size·η⁻, min) and d = 0, else
/// d = g; previous = d; w −= sign(d)·size. Every size is held within min and max.
pub fn rprop(w: &mut [f32], g: &[f32], previous: &mut [f32], size: &mut [f32], hyper: &[f64; 6]) {
    let [lr, shrink, grow, low, high, t] = *hyper;
    let first = t <= 1.0;
    let (lr, shrink, grow, low, high) = (splat(lr), splat(shrink), splat(grow), splat(low), splat(high));
    let (zero, one) = (F32x4::zero(), F32x4::splat(1.0));
    update(g, [w, previous, size], |g, [w, previous, size]| {
        let same = (g.gt(zero) & previous.gt(zero)) | (g.lt(zero) & previous.lt(zero));
        let turned = (g.gt(zero) & previous.lt(zero)) | (g.lt(zero) & previous.gt(zero));
        let factor = F32x4::select(same, grow, F32x4::select(turned, shrink, one));
        let size = ((if first { lr } else { size }) * factor).pmax(low).pmin(high);
        let d = F32x4::select(turned, zero, g);
        // Of NaN it is NaN.
        let sign = F32x4::select(d.gt(zero), one, F32x4::select(d.lt(zero), -one, d));
        [sign.neg_mul_add(size, w), d, size]
    });
}

/// Descent that averages its weights from step t₀ on (Polyak, Juditsky 1992), hyper = [lr, λ, α, t₀, weightDecay, t].
///
/// d = g + weightDecay·w; η = lr / (1 + λ lr (t − 1))^α; w = (1 − λη) w − ηd; mean += (w − mean) / max(1, t − 1 − t₀).
pub fn asgd(w: &mut [f32], g: &[f32], mean: &mut [f32], hyper: &[f64; 6]) {
    let [lr, lambda, alpha, t0, decay, t] = *hyper;
    let [log, ..] = ln64(F64x4::splat(1.0 + lambda * lr * (t - 1.0))).to_array();
    let [fall, ..] = exp64(F64x4::splat(-alpha * log)).to_array();
    let (eta, decay, shrink) = (splat(lr * fall), splat(decay), splat(1.0 - lambda * lr * fall));
    let steps = t - 1.0 - t0;
    let copies = steps <= 1.0;
    let share = splat(if copies { 1.0 } else { 1.0 / steps });
    update(g, [w, mean], |g, [w, mean]| {
        let d = w.mul_add(decay, g);
        let w = eta.neg_mul_add(d, w * shrink);
        [w, if copies { w } else { (w - mean).mul_add(share, mean) }]
    });
}
