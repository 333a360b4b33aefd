//! Recurrent layers.

use phyllo_kernels::rnn::{self as layers, Sequence, GRU_GATES, GRU_RESERVE, LSTM_GATES, LSTM_RESERVE};
use wasm_bindgen::prelude::wasm_bindgen;

use crate::memory::{slices, workspace};

fn sequence(steps: usize, batch: usize, hidden: usize, reverse: u32) -> Sequence {
    Sequence { steps, batch, hidden, reverse: reverse != 0 }
}

#[wasm_bindgen]
#[allow(clippy::too_many_arguments)]
pub fn rnn(
    p: usize, w: usize, h0: usize, y: usize, h: usize, steps: usize, batch: usize, hidden: usize, reverse: u32,
    relu: u32,
) {
    let s = sequence(steps, batch, hidden, reverse);
    slices! {
        p: input f32[s.len(1)], w: input f32[hidden * hidden], h0: input f32[s.state()],
        y: output f32[s.len(1)], h: output f32[s.state()],
    }
    layers::elman(&s, relu != 0, p, w, h0, y, h, workspace(layers::forward_workspace(&s, 1)));
}

#[cfg(feature = "train")]
#[wasm_bindgen(js_name = "rnnGrad")]
#[allow(clippy::too_many_arguments)]
pub fn rnn_grad(
    gy: usize, gh: usize, w: usize, y: usize, gp: usize, gh0: usize, steps: usize, batch: usize, hidden: usize,
    reverse: u32, relu: u32,
) {
    let s = sequence(steps, batch, hidden, reverse);
    slices! {
        gy: optional_input f32[s.len(1)], gh: optional_input f32[s.state()],
        w: input f32[hidden * hidden], y: input f32[s.len(1)],
        gp: output f32[s.len(1)], gh0: output f32[s.state()],
    }
    layers::elman_grad(&s, relu != 0, gy, gh, w, y, gp, gh0, workspace(layers::backward_workspace(&s, 1)));
}

#[wasm_bindgen]
#[allow(clippy::too_many_arguments)]
pub fn lstm(
    p: usize, w: usize, h0: usize, c0: usize, y: usize, h: usize, c: usize, reserve: usize, steps: usize, batch: usize,
    hidden: usize, reverse: u32,
) {
    let s = sequence(steps, batch, hidden, reverse);
    slices! {
        p: input f32[s.len(LSTM_GATES)], w: input f32[LSTM_GATES * hidden * hidden],
        h0: input f32[s.state()], c0: input f32[s.state()],
        y: output f32[s.len(1)], h: output f32[s.state()], c: output f32[s.state()],
        reserve: optional_output f32[s.len(LSTM_RESERVE)],
    }
    layers::lstm(&s, p, w, h0, c0, y, h, c, reserve, workspace(layers::forward_workspace(&s, LSTM_GATES)));
}

#[cfg(feature = "train")]
#[wasm_bindgen(js_name = "lstmGrad")]
#[allow(clippy::too_many_arguments)]
pub fn lstm_grad(
    gy: usize, gh: usize, gc: usize, gr: usize, w: usize, c0: usize, reserve: usize, gp: usize, gh0: usize, gc0: usize,
    steps: usize, batch: usize, hidden: usize, reverse: u32,
) {
    let s = sequence(steps, batch, hidden, reverse);
    slices! {
        gy: optional_input f32[s.len(1)], gh: optional_input f32[s.state()], gc: optional_input f32[s.state()],
        gr: optional_input f32[s.len(LSTM_RESERVE)],
        w: input f32[LSTM_GATES * hidden * hidden], c0: input f32[s.state()], reserve: input f32[s.len(LSTM_RESERVE)],
        gp: output f32[s.len(LSTM_GATES)], gh0: output f32[s.state()], gc0: output f32[s.state()],
    }
    let room = workspace(layers::backward_workspace(&s, LSTM_GATES));
    layers::lstm_grad(&s, gy, gh, gc, gr, w, c0, reserve, gp, gh0, gc0, room);
}

#[wasm_bindgen]
#[allow(clippy::too_many_arguments)]
pub fn gru(
    p: usize, w: usize, bias: usize, h0: usize, y: usize, h: usize, reserve: usize, steps: usize, batch: usize,
    hidden: usize, reverse: u32,
) {
    let s = sequence(steps, batch, hidden, reverse);
    slices! {
        p: input f32[s.len(GRU_GATES)], w: input f32[GRU_GATES * hidden * hidden],
        bias: optional_input f32[GRU_GATES * hidden], h0: input f32[s.state()],
        y: output f32[s.len(1)], h: output f32[s.state()], reserve: optional_output f32[s.len(GRU_RESERVE)],
    }
    layers::gru(&s, p, w, bias, h0, y, h, reserve, workspace(layers::forward_workspace(&s, GRU_GATES)));
}

#[cfg(feature = "train")]
#[wasm_bindgen(js_name = "gruGrad")]
#[allow(clippy::too_many_arguments)]
pub fn gru_grad(
    gy: usize, gh: usize, gr: usize, w: usize, h0: usize, y: usize, reserve: usize, gp: usize, gq: usize, gh0: usize,
    steps: usize, batch: usize, hidden: usize, reverse: u32,
) {
    let s = sequence(steps, batch, hidden, reverse);
    slices! {
        gy: optional_input f32[s.len(1)], gh: optional_input f32[s.state()],
        gr: optional_input f32[s.len(GRU_RESERVE)],
        w: input f32[GRU_GATES * hidden * hidden], h0: input f32[s.state()], y: input f32[s.len(1)],
        reserve: input f32[s.len(GRU_RESERVE)],
        gp: output f32[s.len(GRU_GATES)], gq: output f32[s.len(GRU_GATES)], gh0: output f32[s.state()],
    }
    let room = workspace(layers::backward_workspace(&s, GRU_GATES));
    layers::gru_grad(&s, gy, gh, gr, w, h0, y, reserve, gp, gq, gh0, room);
}
