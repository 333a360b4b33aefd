//! Elman's network: hₜ = f(pₜ + W hₜ₋₁), f being tanh or the rectified linear unit.

use super::vectors::{each_four, get, get_or_zero, map, put};
use super::{address, copy, copy_or_clear, output, Sequence, Weights};
use crate::math::Math;
use core::cell::Cell;

/// p and y [steps, batch, hidden], w [hidden, hidden], states [batch, hidden]. y holds every state, `h` the last.
///
/// # Panics
/// If a slice is shorter than the sizes say.
pub fn elman(
    s: &Sequence, relu: bool, p: &[f32], w: &[f32], h0: &[f32], y: &[Cell<f32>], h: &mut [f32], workspace: &mut [f32],
) {
    let h0 = &h0[..s.state()];
    if s.is_empty() {
        h.copy_from_slice(h0);
        return;
    }
    let mut w = Weights::new(w, s, s.hidden, s.hidden, true, workspace);
    for (t, before) in s.order() {
        let y_t = s.step(y, t, 1);
        let before = before.map_or(h0.as_ptr(), |u| output(s.step(y, u, 1)));
        // SAFETY: both are steps, of as many elements as a state, and not the same.
        unsafe { w.multiply(before, output(y_t), false) };
        activate(relu, s.step(p, t, 1), y_t);
    }
    copy(s.step(y, s.last(), 1), h);
}

/// y = f(p + y)
#[inline(never)]
fn activate(relu: bool, p: &[f32], y: &[Cell<f32>]) {
    let m = Math::new();
    let (p, at, n) = (p.as_ptr(), output(y), p.len().min(y.len()));
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
    s: &Sequence, relu: bool, gy: Option<&[f32]>, gh: Option<&[f32]>, w: &[f32], y: &[f32], gp: &[Cell<f32>],
    gh0: &mut [f32], workspace: &mut [f32],
) {
    copy_or_clear(gh, gh0);
    if s.is_empty() {
        return;
    }
    let mut w = Weights::new(w, s, s.hidden, s.hidden, false, workspace);
    for (t, _) in s.order().rev() {
        let gp = s.step(gp, t, 1);
        deactivate(relu, gy.map(|g| s.step(g, t, 1)), gh0, s.step(y, t, 1), gp);
        // SAFETY: both have as many elements as a state, as `deactivate` has asserted, and are apart.
        unsafe { w.multiply(output(gp), gh0.as_mut_ptr(), false) };
    }
}

/// gp = (gy + gh) f′, where f′ is told from y.
#[inline(never)]
fn deactivate(relu: bool, gy: Option<&[f32]>, gh: &[f32], y: &[f32], gp: &[Cell<f32>]) {
    let m = Math::new();
    let n = gp.len();
    assert!(n <= y.len().min(gh.len()), "a state is too short");
    let (gy, gh, y, gp) = (address(gy), gh.as_ptr(), y.as_ptr(), output(gp));
    // SAFETY: all have n elements.
    each_four(n, |j, rest| unsafe {
        let (g, y) = (get(gh.add(j), rest) + get_or_zero(gy, j, rest), get(y.add(j), rest));
        let slope = if relu { m.indicator(y.gt(m.zero())) } else { y.neg_mul_add(y, m.one()) };
        put(g * slope, gp.add(j), rest);
    });
}
