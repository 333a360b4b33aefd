//! Steps that are scaled, for each weight, by its gradients so far.

use super::{power, splat, update};
use crate::simd::F32x4;

/// Steps over the root mean square of the gradient (Tieleman, Hinton 2012), over its standard deviation with `mean`
/// (Graves 2013); hyper = [lr, α, ε, weightDecay, momentum, t].
///
/// d = g + weightDecay·w; v = αv + (1 − α)d²; s = mean ? (mean = α·mean + (1 − α)d, max(v − mean², 0)) : v;
/// w −= lr · (velocity ? (velocity = momentum·velocity + d / (√s + ε)) : d / (√s + ε)).
pub fn rmsprop(
    w: &mut [f32], g: &[f32], v: &mut [f32], mean: Option<&mut [f32]>, velocity: Option<&mut [f32]>, hyper: &[f64; 6],
) {
    let [lr, alpha, epsilon, decay, momentum, _] = *hyper;
    let (lr, decay, epsilon, momentum) = (splat(lr), splat(decay), splat(epsilon), splat(momentum));
    let (keep, add) = (splat(alpha), splat(1.0 - alpha));
    let square = |g: F32x4, w: F32x4, v: F32x4| {
        let d = w.mul_add(decay, g);
        (d, v.mul_add(keep, d * d * add))
    };
    let average = |d: F32x4, mean: F32x4| mean.mul_add(keep, d * add);
    // Of a constant gradient rounding may leave less than 0.
    let variance = |v: F32x4, mean: F32x4| mean.neg_mul_add(mean, v).pmax(F32x4::zero());
    let scaled = |d: F32x4, s: F32x4| d / (s.sqrt() + epsilon);
    match (mean, velocity) {
        (None, None) => update(g, [w, v], |g, [w, v]| {
            let (d, v) = square(g, w, v);
            [lr.neg_mul_add(scaled(d, v), w), v]
        }),
        (Some(mean), None) => update(g, [w, v, mean], |g, [w, v, mean]| {
            let (d, v) = square(g, w, v);
            let mean = average(d, mean);
            [lr.neg_mul_add(scaled(d, variance(v, mean)), w), v, mean]
        }),
        (None, Some(velocity)) => update(g, [w, v, velocity], |g, [w, v, u]| {
            let (d, v) = square(g, w, v);
            let u = u.mul_add(momentum, scaled(d, v));
            [lr.neg_mul_add(u, w), v, u]
        }),
        (Some(mean), Some(velocity)) => update(g, [w, v, mean, velocity], |g, [w, v, mean, u]| {
            let (d, v) = square(g, w, v);
            let mean = average(d, mean);
            let u = u.mul_add(momentum, scaled(d, variance(v, mean)));
            [lr.neg_mul_add(u, w), v, mean, u]
        }),
    }
}

/// Steps over the root of the sum of squares (Duchi et al. 2011), hyper = [lr, lrDecay, weightDecay, start, ε, t].
///
/// d = g + weightDecay·w; sum += d²; w −= lr / (1 + (t − 1) lrDecay) · d / (√(start + sum) + ε).
pub fn adagrad(w: &mut [f32], g: &[f32], sum: &mut [f32], hyper: &[f64; 6]) {
    let [lr, lr_decay, decay, start, epsilon, t] = *hyper;
    let lr = splat(lr / (1.0 + (t - 1.0) * lr_decay));
    let (decay, start, epsilon) = (splat(decay), splat(start), splat(epsilon));
    update(g, [w, sum], |g, [w, sum]| {
        let d = w.mul_add(decay, g);
        let sum = d.mul_add(d, sum);
        [w - lr * d / ((sum + start).sqrt() + epsilon), sum]
    });
}

/// Steps as large as steps were, over gradients as large as these were (Zeiler 2012), hyper = [lr, ρ, ε, weightDecay, t].
///
/// d = g + weightDecay·w; v = ρv + (1 − ρ)d²; Δ = √(u + ε) / √(v + ε) · d; u = ρu + (1 − ρ)Δ²; w −= lr·Δ.
pub fn adadelta(w: &mut [f32], g: &[f32], v: &mut [f32], u: &mut [f32], hyper: &[f64; 5]) {
    let [lr, rho, epsilon, decay, _] = *hyper;
    let (lr, epsilon, decay) = (splat(lr), splat(epsilon), splat(decay));
    let (keep, add) = (splat(rho), splat(1.0 - rho));
    update(g, [w, v, u], |g, [w, v, u]| {
        let d = w.mul_add(decay, g);
        let v = v.mul_add(keep, d * d * add);
        let step = (u + epsilon).sqrt() / (v + epsilon).sqrt() * d;
        [lr.neg_mul_add(step, w), v, u.mul_add(keep, step * step * add)]
    });
}

/// Adam with the largest gradient, fading, for the root mean square (Kingma, Ba 2015), hyper = [lr, β₁, β₂, ε, weightDecay, t].
///
/// d = g + weightDecay·w; m = β₁m + (1 − β₁)d; u = max(β₂u, |d| + ε); w −= lr / (1 − β₁ᵗ) · m / u.
pub fn adamax(w: &mut [f32], g: &[f32], m: &mut [f32], u: &mut [f32], hyper: &[f64; 6]) {
    let [lr, beta1, beta2, epsilon, decay, t] = *hyper;
    let step = splat(lr / (1.0 - power(beta1, t)));
    let (decay, epsilon) = (splat(decay), splat(epsilon));
    let (keep1, add1, keep2) = (splat(beta1), splat(1.0 - beta1), splat(beta2));
    update(g, [w, m, u], |g, [w, m, u]| {
        let d = w.mul_add(decay, g);
        let m = m.mul_add(keep1, d * add1);
        let u = (u * keep2).max(d.abs() + epsilon);
        [w - step * m / u, m, u]
    });
}
