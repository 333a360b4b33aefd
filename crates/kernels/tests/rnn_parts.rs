//! Recurrent layers in parts, by rows of the batch, where these lie in the sequences of all: the bits of the whole.
#![cfg(feature = "parts")]

mod check;
mod cut;
#[path = "reference/rnn.rs"]
mod reference;

use check::{cells, Guarded, Random};
use cut::{parts, piece, piece_mut, Pieces};
use phyllo_kernels::rnn::{
    backward_workspace, elman, elman_grad, forward_workspace, gru, gru_grad, lstm, lstm_grad, Sequence,
};
use reference::Kind;

const KINDS: [Kind; 4] = [Kind::Tanh, Kind::Relu, Kind::Lstm, Kind::Gru];

/// What a whole layer reads: sequences, states and weights, and the gradients of what it writes.
struct Operands {
    kind: Kind,
    p: Vec<f32>,
    w: Vec<f32>,
    bias: Vec<f32>,
    h0: Vec<f32>,
    c0: Vec<f32>,
    y: Vec<f32>,
    reserve: Vec<f32>,
    gy: Option<Vec<f32>>,
    gh: Option<Vec<f32>>,
    gc: Option<Vec<f32>>,
    gr: Option<Vec<f32>>,
}

/// The part of a sequence, `width` states wide, that the rows of s from an element of a state on reach.
fn rows<'a>(x: &'a [f32], s: &Sequence, at: usize, width: usize) -> &'a [f32] {
    piece(x, at * width, s.len(width))
}

fn rows_mut<'a>(x: &'a mut [f32], s: &Sequence, at: usize, width: usize) -> &'a mut [f32] {
    piece_mut(x, at * width, s.len(width))
}

/// The same of a state.
fn state<'a>(x: &'a [f32], s: &Sequence, at: usize) -> &'a [f32] {
    piece(x, at, s.state())
}

fn state_mut<'a>(x: &'a mut [f32], s: &Sequence, at: usize) -> &'a mut [f32] {
    piece_mut(x, at, s.state())
}

impl Operands {
    fn new(kind: Kind, s: &Sequence, random: &mut Random) -> Self {
        let (n, gates, kept) = (s.hidden, kind.gates(), kind.reserve());
        let optional = |n: usize, random: &mut Random| (random.below(3) > 0).then(|| random.numbers(n));
        Self {
            kind,
            p: random.numbers(s.len(gates)),
            w: random.numbers(gates * n * n),
            bias: random.numbers(gates * n),
            h0: random.numbers(s.state()),
            c0: random.numbers(s.state()),
            y: random.numbers(s.len(1)),
            reserve: random.numbers(s.len(kept)),
            gy: optional(s.len(1), random),
            gh: optional(s.state(), random),
            gc: optional(s.state(), random),
            gr: optional(s.len(kept), random),
        }
    }

    /// Writes the outputs of some rows: y, the last states and the reserve, in an array one after another.
    fn forward(&self, whole: &Sequence, (s, at): &(Sequence, usize), keep: bool, out: &mut [f32]) {
        let (s, at, gates, kept) = (s, *at, self.kind.gates(), self.kind.reserve());
        let (y, out) = out.split_at_mut(whole.len(1));
        let (h, out) = out.split_at_mut(whole.state());
        let (c, reserve) = out.split_at_mut(whole.state());
        let (y, h, c) = (cells(rows_mut(y, s, at, 1)), state_mut(h, s, at), state_mut(c, s, at));
        let reserve = keep.then(|| cells(rows_mut(reserve, s, at, kept)));
        let (p, w) = (rows(&self.p, s, at, gates), &self.w[..]);
        let (h0, c0) = (state(&self.h0, s, at), state(&self.c0, s, at));
        let mut room = Guarded::new(forward_workspace(s, gates));
        match self.kind {
            Kind::Tanh | Kind::Relu => elman(s, self.kind == Kind::Relu, p, w, h0, y, h, room.slice()),
            Kind::Lstm => lstm(s, p, w, h0, c0, y, h, c, reserve, room.slice()),
            Kind::Gru => gru(s, p, w, Some(&self.bias), h0, y, h, reserve, room.slice()),
        }
        room.check("workspace");
    }

    /// The same of the gradients: of p, of q, and of the first states.
    fn backward(&self, whole: &Sequence, (s, at): &(Sequence, usize), out: &mut [f32]) {
        let (s, at, gates, kept) = (s, *at, self.kind.gates(), self.kind.reserve());
        let (gp, out) = out.split_at_mut(whole.len(gates));
        let (gq, out) = out.split_at_mut(whole.len(gates));
        let (gh0, gc0) = out.split_at_mut(whole.state());
        let (gp, gq) = (cells(rows_mut(gp, s, at, gates)), cells(rows_mut(gq, s, at, gates)));
        let (gh0, gc0) = (state_mut(gh0, s, at), state_mut(gc0, s, at));
        let gy = self.gy.as_ref().map(|g| rows(g, s, at, 1));
        let gr = self.gr.as_ref().map(|g| rows(g, s, at, kept));
        let [gh, gc] = [&self.gh, &self.gc].map(|g| g.as_ref().map(|g| state(g, s, at)));
        let (y, reserve, w) = (rows(&self.y, s, at, 1), rows(&self.reserve, s, at, kept), &self.w[..]);
        let (h0, c0) = (state(&self.h0, s, at), state(&self.c0, s, at));
        let mut room = Guarded::new(backward_workspace(s, gates));
        match self.kind {
            Kind::Tanh | Kind::Relu => {
                elman_grad(s, self.kind == Kind::Relu, gy, gh, w, y, gp, gh0, room.slice());
            }
            Kind::Lstm => lstm_grad(s, gy, gh, gc, gr, w, c0, reserve, gp, gh0, gc0, room.slice()),
            Kind::Gru => gru_grad(s, gy, gh, gr, w, h0, y, reserve, gp, gq, gh0, room.slice()),
        }
        room.check("workspace");
    }
}

fn check(s: &Sequence, random: &mut Random) {
    for kind in KINDS {
        let o = Operands::new(kind, s, random);
        let keep = random.below(2) == 1;
        let length = s.len(1 + kind.reserve()) + 2 * s.state();
        let forward = |part: &(Sequence, usize), y: &mut [f32]| o.forward(s, part, keep, y);
        in_parts(s, length, &forward, &format!("{kind:?} {s:?}, reserve {keep}"));
        let length = s.len(2 * kind.gates()) + 2 * s.state();
        let backward = |part: &(Sequence, usize), y: &mut [f32]| o.backward(s, part, y);
        in_parts(s, length, &backward, &format!("gradient of {kind:?} {s:?}"));
    }
}

/// Runs a part into the output of the whole.
type Run<'a> = &'a dyn Fn(&(Sequence, usize), &mut [f32]);

fn in_parts(s: &Sequence, length: usize, run: Run, what: &str) {
    let mut whole = Guarded::new(length);
    run(&(*s, 0), whole.slice());
    let grain = s.cut(2, 1).grain;
    for (grain, count) in [(1, 2), (1, 3), (1, 5), (grain, 2), (grain, 3), (grain, 5)] {
        let mut pieces = Pieces::new(length);
        for (first, n) in parts(s.batch, grain, count) {
            pieces.add(what, |y| run(&s.part((), first, n), y));
        }
        pieces.check(whole.check(what), what);
    }
}

#[test]
fn rows_of_every_batch() {
    let mut random = Random::new(1);
    let mut cases = 0;
    for (steps, hidden) in [(1, 1), (3, 5), (2, 16), (4, 33), (0, 3), (2, 0)] {
        for batch in [0, 1, 2, 3, 4, 5, 8, 9, 17] {
            for reverse in [false, true] {
                check(&Sequence { steps, batch, apart: batch, hidden, reverse }, &mut random);
                cases += 1;
            }
        }
    }
    // Beyond a block of depths, and of rows.
    check(&Sequence { steps: 2, batch: 6, apart: 6, hidden: 420, reverse: false }, &mut random);
    check(&Sequence { steps: 2, batch: 150, apart: 150, hidden: 12, reverse: true }, &mut random);
    println!("rnn: {cases} sequences of four kinds in parts");
}
