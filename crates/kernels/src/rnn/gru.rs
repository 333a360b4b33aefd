//! The GRU (Cho et al. 2014), with the reset gate after the product as in cuDNN and PyTorch:
//!
//! q = W h + b, r, z = σ(p + q), n = tanh(p + r q), h ← (1 − z) n + z h.
//!
//! Gates stand in the order r, z, n.

use super::vectors::{each_four, get, get_or_zero, map, put};
use super::{address, copy_or_clear, output, Sequence, Weights};
use crate::math::Math;
use core::cell::Cell;

pub const GRU_GATES: usize = 3;
/// What backward reads of a row, in this order: r, z, n, and the n part of q.
pub const GRU_RESERVE: usize = 4;

/// p [steps, batch, 3 hidden], w [3 hidden, hidden], bias [3 hidden], y [steps, batch, hidden], reserve [steps, batch,
/// 4 hidden], states [batch, hidden]; h is the last.
///
/// # Panics
/// If a slice is shorter than the sizes say.
pub fn gru(
    s: &Sequence, p: &[f32], w: &[f32], bias: Option<&[f32]>, h0: &[f32], y: &[Cell<f32>], h: &mut [f32],
    reserve: Option<&[Cell<f32>]>, workspace: &mut [f32],
) {
    let n = s.state();
    h.copy_from_slice(&h0[..n]);
    if s.is_empty() {
        return;
    }
    let (a, workspace) = workspace.split_at_mut(GRU_GATES * n);
    let mut w = Weights::new(w, s, GRU_GATES * s.hidden, s.hidden, true, workspace);
    for (t, _) in s.order() {
        // SAFETY: a state, and room for its product.
        unsafe { w.multiply(h.as_ptr(), a.as_mut_ptr(), false) };
        let reserve = reserve.map(|r| s.step(r, t, GRU_RESERVE));
        cells(s, s.step(p, t, GRU_GATES), a, bias, h, s.step(y, t, 1), reserve);
    }
}

/// One step, from its projections p and the product a = W h, whose place r and z take.
#[inline(never)]
fn cells(
    s: &Sequence, p: &[f32], a: &mut [f32], bias: Option<&[f32]>, h: &mut [f32], y: &[Cell<f32>],
    reserve: Option<&[Cell<f32>]>,
) {
    let (m, hidden, n) = (Math::new(), s.hidden, s.state());
    assert!(p.len().min(a.len()) >= GRU_GATES * n && h.len().min(y.len()) >= n);
    assert!(bias.is_none_or(|b| b.len() >= GRU_GATES * hidden));
    assert!(reserve.as_ref().is_none_or(|r| r.len() >= GRU_RESERVE * n));
    let bias = address(bias);
    let (y, reserve) = (output(y), reserve.map_or(core::ptr::null_mut(), output));
    for b in 0..s.batch {
        // SAFETY: the lengths have been compared above; `reserve` is offset only where it is there.
        unsafe {
            let (p, a) = (p.as_ptr().add(b * GRU_GATES * hidden), a.as_mut_ptr().add(b * GRU_GATES * hidden));
            let (h, y) = (h.as_mut_ptr().add(b * hidden), y.add(b * hidden));
            let q = |at: usize, rest: usize| get(a.add(at), rest) + get_or_zero(bias, at, rest);
            map(2 * hidden, a, |j, rest| m.sigmoid(get(p.add(j), rest) + q(j, rest)));
            let (z, new, pn) = (a.add(hidden), a.add(2 * hidden), p.add(2 * hidden));
            if !bias.is_null() {
                map(hidden, new, |j, rest| q(2 * hidden + j, rest));
            }
            let kept = reserve.wrapping_add(b * GRU_RESERVE * hidden);
            if !reserve.is_null() {
                new.copy_to_nonoverlapping(kept.add(3 * hidden), hidden);
            }
            map(hidden, new, |j, rest| {
                m.tanh(get(a.add(j), rest).mul_add(get(new.add(j), rest), get(pn.add(j), rest)))
            });
            if !reserve.is_null() {
                a.copy_to_nonoverlapping(kept, 3 * hidden);
            }
            map(hidden, h, |j, rest| {
                let new = get(new.add(j), rest);
                get(z.add(j), rest).mul_add(get(h.add(j), rest) - new, new)
            });
            h.copy_to_nonoverlapping(y, hidden);
        }
    }
}

/// From the gradients of y, of the last state and of the reserve those of p, of q and of the first state.
///
/// # Panics
/// If a slice is shorter than the sizes say.
pub fn gru_grad(
    s: &Sequence, gy: Option<&[f32]>, gh: Option<&[f32]>, gr: Option<&[f32]>, w: &[f32], h0: &[f32], y: &[f32],
    reserve: &[f32], gp: &[Cell<f32>], gq: &[Cell<f32>], gh0: &mut [f32], workspace: &mut [f32],
) {
    copy_or_clear(gh, gh0);
    if s.is_empty() {
        return;
    }
    let mut w = Weights::new(w, s, s.hidden, GRU_GATES * s.hidden, false, workspace);
    for (t, before) in s.order().rev() {
        let (gp, gq) = (s.step(gp, t, GRU_GATES), s.step(gq, t, GRU_GATES));
        let (gy, gr) = (gy.map(|g| s.step(g, t, 1)), gr.map(|g| s.step(g, t, GRU_RESERVE)));
        let h = before.map_or(h0, |u| s.step(y, u, 1));
        cells_grad(s, gy, gr, s.step(reserve, t, GRU_RESERVE), h, gh0, gp, gq);
        // SAFETY: gates of a step and a state, whose lengths have been asserted, and which are apart.
        unsafe { w.multiply(output(gq), gh0.as_mut_ptr(), true) };
    }
}

/// One step: gp, gq, and in gh what goes to the h before past the gates.
#[inline(never)]
fn cells_grad(
    s: &Sequence, gy: Option<&[f32]>, gr: Option<&[f32]>, reserve: &[f32], before: &[f32], gh: &mut [f32],
    gp: &[Cell<f32>], gq: &[Cell<f32>],
) {
    let (m, hidden, n) = (Math::new(), s.hidden, s.state());
    assert!(reserve.len() >= GRU_RESERVE * n && gp.len().min(gq.len()) >= GRU_GATES * n);
    assert!(before.len().min(gh.len()) >= n);
    let (gy, gr, gp, gq) = (address(gy), address(gr), output(gp), output(gq));
    for b in 0..s.batch {
        let (row, kept, gates) = (b * hidden, b * GRU_RESERVE * hidden, b * GRU_GATES * hidden);
        // SAFETY: the lengths have been compared above; steps of gy and gr are as long as those of y and the reserve.
        unsafe {
            let x = reserve.as_ptr().add(kept);
            let (gp, gq) = (gp.add(gates), gq.add(gates));
            let (before, gh) = (before.as_ptr().add(row), gh.as_mut_ptr().add(row));
            each_four(hidden, |j, rest| {
                let value = |k: usize| get(x.add(k * hidden + j), rest);
                let extra = |k: usize| get_or_zero(gr, kept + k * hidden + j, rest);
                let (r, z, new, qn) = (value(0), value(1), value(2), value(3));
                let dh = get(gh.add(j), rest) + get_or_zero(gy, row + j, rest);
                let dn = dh.mul_add(m.one() - z, extra(2)) * new.neg_mul_add(new, m.one());
                let dr = dn.mul_add(qn, extra(0)) * (r * (m.one() - r));
                let dz = dh.mul_add(get(before.add(j), rest) - new, extra(1)) * (z * (m.one() - z));
                for (gate, (p, q)) in [(dr, dr), (dz, dz), (dn, dn.mul_add(r, extra(3)))].into_iter().enumerate() {
                    put(p, gp.add(gate * hidden + j), rest);
                    put(q, gq.add(gate * hidden + j), rest);
                }
                put(dh * z, gh.add(j), rest);
            });
        }
    }
}
