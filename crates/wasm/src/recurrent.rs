//! Recurrent layers.

use phyllo_kernels::rnn::{self as layers, Sequence, GRU_GATES, GRU_RESERVE, LSTM_GATES, LSTM_RESERVE};
use wasm_bindgen::prelude::wasm_bindgen;

use crate::dry_run;
use crate::slices::parts;

fn sequence(steps: usize, batch: usize, hidden: usize, reverse: u32) -> Sequence {
    dry_run::work([steps, batch, hidden, hidden, LSTM_GATES]);
    dry_run::size([LSTM_RESERVE, steps, batch, hidden]);
    Sequence { steps, batch, apart: batch, hidden, reverse: reverse != 0 }
}

/// The elements of a sequence of so many states a step, from the first row to the last, and of one state.
fn rows(s: &Sequence, width: usize) -> usize {
    if cfg!(feature = "threads") {
        return s.len(width);
    }
    dry_run::size([s.steps, s.batch, width, s.hidden])
}

fn state(s: &Sequence) -> usize {
    dry_run::size([s.batch, s.hidden])
}

#[wasm_bindgen]
#[allow(clippy::too_many_arguments)]
pub fn rnn(
    p: usize, w: usize, h0: usize, y: usize, h: usize, steps: usize, batch: usize, hidden: usize, reverse: u32,
    relu: u32,
) {
    let s = sequence(steps, batch, hidden, reverse);
    parts! {
        cut s by cut(1), from row;
        p: input f32[rows(&s, 1)] + row, w: input f32[hidden * hidden], h0: input f32[state(&s)] + row,
        y: output_cells f32[rows(&s, 1)] + row, h: output f32[state(&s)] + row;
        room = layers::forward_workspace(&s, 1)
        => layers::elman(&s, relu != 0, p, w, h0, y, h, room)
    }
}

#[cfg(feature = "train")]
#[wasm_bindgen(js_name = "rnnGrad")]
#[allow(clippy::too_many_arguments)]
pub fn rnn_grad(
    gy: usize, gh: usize, w: usize, y: usize, gp: usize, gh0: usize, steps: usize, batch: usize, hidden: usize,
    reverse: u32, relu: u32,
) {
    let s = sequence(steps, batch, hidden, reverse);
    parts! {
        cut s by cut(1), from row;
        gy: optional_input f32[rows(&s, 1)] + row, gh: optional_input f32[state(&s)] + row,
        w: input f32[hidden * hidden], y: input f32[rows(&s, 1)] + row,
        gp: output_cells f32[rows(&s, 1)] + row, gh0: output f32[state(&s)] + row;
        room = layers::backward_workspace(&s, 1)
        => layers::elman_grad(&s, relu != 0, gy, gh, w, y, gp, gh0, room)
    }
}

#[wasm_bindgen]
#[allow(clippy::too_many_arguments)]
pub fn lstm(
    p: usize, w: usize, h0: usize, c0: usize, y: usize, h: usize, c: usize, reserve: usize, steps: usize, batch: usize,
    hidden: usize, reverse: u32,
) {
    dry_run::require_absent(reserve);
    let s = sequence(steps, batch, hidden, reverse);
    parts! {
        cut s by cut(LSTM_GATES), from row;
        p: input f32[rows(&s, LSTM_GATES)] + LSTM_GATES * row, w: input f32[LSTM_GATES * hidden * hidden],
        h0: input f32[state(&s)] + row, c0: input f32[state(&s)] + row,
        y: output_cells f32[rows(&s, 1)] + row, h: output f32[state(&s)] + row, c: output f32[state(&s)] + row,
        reserve: optional_output_cells f32[rows(&s, LSTM_RESERVE)] + LSTM_RESERVE * row;
        room = layers::forward_workspace(&s, LSTM_GATES)
        => layers::lstm(&s, p, w, h0, c0, y, h, c, dry_run::full_only(reserve), room)
    }
}

#[cfg(feature = "train")]
#[wasm_bindgen(js_name = "lstmGrad")]
#[allow(clippy::too_many_arguments)]
pub fn lstm_grad(
    gy: usize, gh: usize, gc: usize, gr: usize, w: usize, c0: usize, reserve: usize, gp: usize, gh0: usize, gc0: usize,
    steps: usize, batch: usize, hidden: usize, reverse: u32,
) {
    let s = sequence(steps, batch, hidden, reverse);
    parts! {
        cut s by cut(LSTM_GATES), from row;
        gy: optional_input f32[rows(&s, 1)] + row, gh: optional_input f32[state(&s)] + row,
        gc: optional_input f32[state(&s)] + row, gr: optional_input f32[rows(&s, LSTM_RESERVE)] + LSTM_RESERVE * row,
        w: input f32[LSTM_GATES * hidden * hidden], c0: input f32[state(&s)] + row,
        reserve: input f32[rows(&s, LSTM_RESERVE)] + LSTM_RESERVE * row,
        gp: output_cells f32[rows(&s, LSTM_GATES)] + LSTM_GATES * row,
        gh0: output f32[state(&s)] + row, gc0: output f32[state(&s)] + row;
        room = layers::backward_workspace(&s, LSTM_GATES)
        => layers::lstm_grad(&s, gy, gh, gc, gr, w, c0, reserve, gp, gh0, gc0, room)
    }
}

#[wasm_bindgen]
#[allow(clippy::too_many_arguments)]
pub fn gru(
    p: usize, w: usize, bias: usize, h0: usize, y: usize, h: usize, reserve: usize, steps: usize, batch: usize,
    hidden: usize, reverse: u32,
) {
    dry_run::require_absent(reserve);
    let s = sequence(steps, batch, hidden, reverse);
    parts! {
        cut s by cut(GRU_GATES), from row;
        p: input f32[rows(&s, GRU_GATES)] + GRU_GATES * row, w: input f32[GRU_GATES * hidden * hidden],
        bias: optional_input f32[GRU_GATES * hidden], h0: input f32[state(&s)] + row,
        y: output_cells f32[rows(&s, 1)] + row, h: output f32[state(&s)] + row,
        reserve: optional_output_cells f32[rows(&s, GRU_RESERVE)] + GRU_RESERVE * row;
        room = layers::forward_workspace(&s, GRU_GATES)
        => layers::gru(&s, p, w, bias, h0, y, h, dry_run::full_only(reserve), room)
    }
}

#[cfg(feature = "train")]
#[wasm_bindgen(js_name = "gruGrad")]
#[allow(clippy::too_many_arguments)]
pub fn gru_grad(
    gy: usize, gh: usize, gr: usize, w: usize, h0: usize, y: usize, reserve: usize, gp: usize, gq: usize, gh0: usize,
    steps: usize, batch: usize, hidden: usize, reverse: u32,
) {
    let s = sequence(steps, batch, hidden, reverse);
    parts! {
        cut s by cut(GRU_GATES), from row;
        gy: optional_input f32[rows(&s, 1)] + row, gh: optional_input f32[state(&s)] + row,
        gr: optional_input f32[rows(&s, GRU_RESERVE)] + GRU_RESERVE * row,
        w: input f32[GRU_GATES * hidden * hidden], h0: input f32[state(&s)] + row, y: input f32[rows(&s, 1)] + row,
        reserve: input f32[rows(&s, GRU_RESERVE)] + GRU_RESERVE * row,
        gp: output_cells f32[rows(&s, GRU_GATES)] + GRU_GATES * row,
        gq: output_cells f32[rows(&s, GRU_GATES)] + GRU_GATES * row,
        gh0: output f32[state(&s)] + row;
        room = layers::backward_workspace(&s, GRU_GATES)
        => layers::gru_grad(&s, gy, gh, gr, w, h0, y, reserve, gp, gq, gh0, room)
    }
}
