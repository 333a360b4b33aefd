//! The LSTM (Hochreiter & Schmidhuber 1997, with Gers's forget gate):
//!
//! i, f, o = σ(p + W h), g = tanh(p + W h), c ← f c + i g, h ← o tanh c.
//!
//! Gates stand in the order i, f, g, o.

use super::vectors::{each_four, get, get_or_zero, map, put};
use super::{address, copy, copy_or_clear, output, Sequence, Weights};
use crate::math::Math;
use core::cell::Cell;

pub const LSTM_GATES: usize = 4;
/// What backward reads of a row, in this order: i, f, g, o, c, tanh c.
pub const LSTM_RESERVE: usize = 6;

/// p [steps, batch, 4 hidden], w [4 hidden, hidden], y [steps, batch, hidden], reserve [steps, batch, 6 hidden], states
/// [batch, hidden]; h and c are the last.
///
/// # Panics
/// If a slice is shorter than the sizes say.
pub fn lstm(
    s: &Sequence, p: &[f32], w: &[f32], h0: &[f32], c0: &[f32], y: &[Cell<f32>], h: &mut [f32], c: &mut [f32],
    reserve: Option<&[Cell<f32>]>, workspace: &mut [f32],
) {
    let n = s.state();
    let h0 = &h0[..n];
    c.copy_from_slice(&c0[..n]);
    if s.is_empty() {
        h.copy_from_slice(h0);
        return;
    }
    let (a, workspace) = workspace.split_at_mut(LSTM_GATES * n);
    let mut w = Weights::new(w, s, LSTM_GATES * s.hidden, s.hidden, true, workspace);
    for (t, before) in s.order() {
        let before = before.map_or(h0.as_ptr(), |u| output(s.step(y, u, 1)));
        // SAFETY: a state, and room for its product.
        unsafe { w.multiply(before, a.as_mut_ptr(), false) };
        let reserve = reserve.map(|r| s.step(r, t, LSTM_RESERVE));
        cells(s, s.step(p, t, LSTM_GATES), a, c, s.step(y, t, 1), reserve);
    }
    copy(s.step(y, s.last(), 1), h);
}

/// One step, from its projections p and the product a = W h, whose place the gates take.
#[inline(never)]
fn cells(s: &Sequence, p: &[f32], a: &mut [f32], c: &mut [f32], y: &[Cell<f32>], reserve: Option<&[Cell<f32>]>) {
    let (m, hidden) = (Math::new(), s.hidden);
    assert!(p.len().min(a.len()) >= LSTM_GATES * s.state() && c.len().min(y.len()) >= s.state());
    assert!(reserve.as_ref().is_none_or(|r| r.len() >= LSTM_RESERVE * s.state()));
    let (y, reserve) = (output(y), reserve.map_or(core::ptr::null_mut(), output));
    for b in 0..s.batch {
        // SAFETY: the lengths have been compared above; `reserve` is offset only where it is there.
        unsafe {
            let (p, a) = (p.as_ptr().add(b * LSTM_GATES * hidden), a.as_mut_ptr().add(b * LSTM_GATES * hidden));
            let (c, y) = (c.as_mut_ptr().add(b * hidden), y.add(b * hidden));
            // One function at a time, over its gates: it leaves the engine enough registers.
            map(2 * hidden, a, |j, rest| m.sigmoid(get(p.add(j), rest) + get(a.add(j), rest)));
            let (pg, g) = (p.add(2 * hidden), a.add(2 * hidden));
            map(hidden, g, |j, rest| m.tanh(get(pg.add(j), rest) + get(g.add(j), rest)));
            let (po, o) = (p.add(3 * hidden), a.add(3 * hidden));
            map(hidden, o, |j, rest| m.sigmoid(get(po.add(j), rest) + get(o.add(j), rest)));
            let f = a.add(hidden);
            map(hidden, c, |j, rest| {
                get(f.add(j), rest).mul_add(get(c.add(j), rest), get(a.add(j), rest) * get(g.add(j), rest))
            });
            if reserve.is_null() {
                map(hidden, y, |j, rest| get(o.add(j), rest) * m.tanh(get(c.add(j), rest)));
                continue;
            }
            let kept = reserve.add(b * LSTM_RESERVE * hidden);
            a.copy_to_nonoverlapping(kept, LSTM_GATES * hidden);
            c.copy_to_nonoverlapping(kept.add(4 * hidden), hidden);
            let squashed = kept.add(5 * hidden);
            map(hidden, squashed, |j, rest| m.tanh(get(c.add(j), rest)));
            map(hidden, y, |j, rest| get(o.add(j), rest) * get(squashed.add(j), rest));
        }
    }
}

/// From the gradients of y, of the last states and of the reserve those of p and of the first states.
///
/// # Panics
/// If a slice is shorter than the sizes say.
pub fn lstm_grad(
    s: &Sequence, gy: Option<&[f32]>, gh: Option<&[f32]>, gc: Option<&[f32]>, gr: Option<&[f32]>, w: &[f32],
    c0: &[f32], reserve: &[f32], gp: &[Cell<f32>], gh0: &mut [f32], gc0: &mut [f32], workspace: &mut [f32],
) {
    copy_or_clear(gh, gh0);
    copy_or_clear(gc, gc0);
    if s.is_empty() {
        return;
    }
    let mut w = Weights::new(w, s, s.hidden, LSTM_GATES * s.hidden, false, workspace);
    for (t, before) in s.order().rev() {
        let kept = |x, t| s.step(x, t, LSTM_RESERVE);
        // The c before, and how far apart its rows are.
        let c = match before {
            None => (&c0[..s.state()], s.hidden),
            Some(u) => (&kept(reserve, u)[4 * s.hidden..], LSTM_RESERVE * s.hidden),
        };
        let gp = s.step(gp, t, LSTM_GATES);
        let (gy, gr) = (gy.map(|g| s.step(g, t, 1)), gr.map(|g| kept(g, t)));
        cells_grad(s, gy, gr, kept(reserve, t), c, gh0, gc0, gp);
        // SAFETY: gates of a step and a state, whose lengths have been asserted, and which are apart.
        unsafe { w.multiply(output(gp), gh0.as_mut_ptr(), false) };
    }
}

/// One step: gp, and in gc the gradient of the c before instead of that after.
#[inline(never)]
fn cells_grad(
    s: &Sequence, gy: Option<&[f32]>, gr: Option<&[f32]>, reserve: &[f32], (before, apart): (&[f32], usize),
    gh: &[f32], gc: &mut [f32], gp: &[Cell<f32>],
) {
    let (m, hidden, n) = (Math::new(), s.hidden, s.state());
    assert!(reserve.len() >= LSTM_RESERVE * n && gp.len() >= LSTM_GATES * n && gh.len().min(gc.len()) >= n);
    assert!(before.len() >= (s.batch - 1) * apart + hidden);
    let (gy, gr, gp) = (address(gy), address(gr), output(gp));
    for b in 0..s.batch {
        let (row, kept) = (b * hidden, b * LSTM_RESERVE * hidden);
        // SAFETY: the lengths have been compared above; steps of gy and gr are as long as those of y and the reserve.
        unsafe {
            let (x, gp) = (reserve.as_ptr().add(kept), gp.add(b * LSTM_GATES * hidden));
            let (before, gh, gc) = (before.as_ptr().add(b * apart), gh.as_ptr().add(row), gc.as_mut_ptr().add(row));
            each_four(hidden, |j, rest| {
                let value = |k: usize| get(x.add(k * hidden + j), rest);
                let extra = |k: usize| get_or_zero(gr, kept + k * hidden + j, rest);
                let (i, f, g, o, squashed) = (value(0), value(1), value(2), value(3), value(5));
                let dh = get(gh.add(j), rest) + get_or_zero(gy, row + j, rest);
                let squash = dh.mul_add(o, extra(5));
                let dc = squash.mul_add(squashed.neg_mul_add(squashed, m.one()), get(gc.add(j), rest) + extra(4));
                let di = dc.mul_add(g, extra(0)) * (i * (m.one() - i));
                let df = dc.mul_add(get(before.add(j), rest), extra(1)) * (f * (m.one() - f));
                let dg = dc.mul_add(i, extra(2)) * g.neg_mul_add(g, m.one());
                let d_o = dh.mul_add(squashed, extra(3)) * (o * (m.one() - o));
                for (gate, value) in [di, df, dg, d_o].into_iter().enumerate() {
                    put(value, gp.add(gate * hidden + j), rest);
                }
                put(dc * f, gc.add(j), rest);
            });
        }
    }
}
