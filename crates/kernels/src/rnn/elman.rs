//! Elman's network: hₜ = f(pₜ + W hₜ₋₁), f being tanh or the rectified linear unit.

use super::vectors::{each_four, get, get_or_zero, map, put};
use super::{address, copy_or_clear, step, step_mut, Sequence, Weights};
use crate::math::Math;

/// p and y [steps, batch, hidden], w [hidden, hidden], states [batch, hidden]. y holds every state, `h` the last.
///
/// # Panics
/// If a slice is shorter than the sizes say.
pub fn elman(
    s: &Sequence, relu: bool, p: &[f32], w: &[f32], h0: &[f32], y: &mut [f32], h: &mut [f32], workspace: &mut [f32],
) {
    let n = s.state();
    if s.is_empty() {
        h.copy_from_slice(&h0[..n]);
        return;
    }
    let mut w = Weights::new(w, s.batch, s.hidden, s.hidden, true, workspace);
    for (t, before) in s.order() {
        let (from, to) = match before {
            None => (&h0[..n], step_mut(y, t, n)),
            Some(u) if u < t => {
                let (head, tail) = y.split_at_mut(t * n);
                (step(head, u, n), &mut tail[..n])
            }
            Some(u) => {
                let (head, tail) = y.split_at_mut(u * n);
                (&tail[..n], step_mut(head, t, n))
            }
        };
        w.multiply(from, to, false);
        activate(relu, step(p, t, n), to);
    }
    h.copy_from_slice(step(y, s.last(), n));
}

/// y = f(p + y)
#[inline(never)]
fn activate(relu: bool, p: &[f32], y: &mut [f32]) {
    let m = Math::new();
    let (p, at, n) = (p.as_ptr(), y.as_mut_ptr(), p.len().min(y.len()));
    // SAFETY: both have n elements.
    unsafe {
        let a = |j: usize, rest: usize| get(p.add(j), rest) + get(at.add(j), rest);
        if relu {
            map(n, at, |j, rest| a(j, rest).pmax(m.zero()));
        } else {
            map(n, at, |j, rest| m.tanh(a(j, rest)));
        }
    }
}

/// From the gradients of y and of the last state those of p and of the first state.
///
/// # Panics
/// If a slice is shorter than the sizes say.
pub fn elman_grad(
    s: &Sequence, relu: bool, gy: Option<&[f32]>, gh: Option<&[f32]>, w: &[f32], y: &[f32], gp: &mut [f32],
    gh0: &mut [f32], workspace: &mut [f32],
) {
    let n = s.state();
    copy_or_clear(gh, gh0);
    if s.is_empty() {
        return;
    }
    let mut w = Weights::new(w, s.batch, s.hidden, s.hidden, false, workspace);
    for (t, _) in s.order().rev() {
        let gp = step_mut(gp, t, n);
        deactivate(relu, gy.map(|g| step(g, t, n)), gh0, step(y, t, n), gp);
        w.multiply(gp, gh0, false);
    }
}

/// gp = (gy + gh) f′, where f′ is told from y.
#[inline(never)]
fn deactivate(relu: bool, gy: Option<&[f32]>, gh: &[f32], y: &[f32], gp: &mut [f32]) {
    let m = Math::new();
    let n = gp.len().min(y.len()).min(gh.len());
    let (gy, gh, y, gp) = (address(gy), gh.as_ptr(), y.as_ptr(), gp.as_mut_ptr());
    // SAFETY: all have n elements.
    each_four(n, |j, rest| unsafe {
        let (g, y) = (get(gh.add(j), rest) + get_or_zero(gy, j, rest), get(y.add(j), rest));
        let slope = if relu { m.indicator(y.gt(m.zero())) } else { y.neg_mul_add(y, m.one()) };
        put(g * slope, gp.add(j), rest);
    });
}
