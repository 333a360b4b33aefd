//! Recurrent layers by their definitions, in f64.
#![allow(dead_code)] // every test file uses its own part

use phyllo_kernels::rnn::{Sequence, GRU_GATES, GRU_RESERVE, LSTM_GATES, LSTM_RESERVE};

fn sigmoid(x: f64) -> f64 {
    1.0 / (1.0 + (-x).exp())
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Kind {
    Tanh,
    Relu,
    Lstm,
    Gru,
}

impl Kind {
    pub fn gates(self) -> usize {
        match self {
            Kind::Tanh | Kind::Relu => 1,
            Kind::Lstm => LSTM_GATES,
            Kind::Gru => GRU_GATES,
        }
    }

    /// Arrays of a state's size in a row of the reserve.
    pub fn reserve(self) -> usize {
        match self {
            Kind::Tanh | Kind::Relu => 0,
            Kind::Lstm => LSTM_RESERVE,
            Kind::Gru => GRU_RESERVE,
        }
    }
}

#[derive(Clone)]
pub struct Inputs {
    pub p: Vec<f64>,
    pub w: Vec<f64>,
    pub b: Vec<f64>,
    pub h0: Vec<f64>,
    pub c0: Vec<f64>,
}

pub struct Outputs {
    pub y: Vec<f64>,
    pub h: Vec<f64>,
    pub c: Vec<f64>,
    pub reserve: Vec<f64>,
}

/// The definition, one number at a time.
pub fn naive(kind: Kind, s: &Sequence, x: &Inputs) -> Outputs {
    let (n, gates, width) = (s.hidden, kind.gates(), kind.reserve());
    let mut out =
        Outputs { y: vec![0.0; s.len(1)], h: x.h0.clone(), c: x.c0.clone(), reserve: vec![0.0; s.len(width)] };
    for i in 0..s.steps {
        let t = if s.reverse { s.steps - 1 - i } else { i };
        for b in 0..s.batch {
            let row = t * s.batch + b;
            let before = out.h[b * n..][..n].to_vec();
            for j in 0..n {
                let p = |gate: usize| x.p[(row * gates + gate) * n + j];
                let a = |gate: usize| (0..n).map(|l| x.w[(gate * n + j) * n + l] * before[l]).sum::<f64>();
                let kept: Vec<f64>;
                let h = match kind {
                    Kind::Tanh => {
                        kept = vec![];
                        (p(0) + a(0)).tanh()
                    }
                    Kind::Relu => {
                        kept = vec![];
                        (p(0) + a(0)).max(0.0)
                    }
                    Kind::Lstm => {
                        let (i, f) = (sigmoid(p(0) + a(0)), sigmoid(p(1) + a(1)));
                        let (g, o) = ((p(2) + a(2)).tanh(), sigmoid(p(3) + a(3)));
                        let c = f * out.c[b * n + j] + i * g;
                        out.c[b * n + j] = c;
                        kept = vec![i, f, g, o, c, c.tanh()];
                        o * c.tanh()
                    }
                    Kind::Gru => {
                        let q = |gate: usize| a(gate) + x.b[gate * n + j];
                        let (r, z) = (sigmoid(p(0) + q(0)), sigmoid(p(1) + q(1)));
                        let new = (p(2) + r * q(2)).tanh();
                        kept = vec![r, z, new, q(2)];
                        (1.0 - z) * new + z * before[j]
                    }
                };
                out.h[b * n + j] = h;
                out.y[row * n + j] = h;
                for (k, value) in kept.into_iter().enumerate() {
                    out.reserve[(row * width + k) * n + j] = value;
                }
            }
        }
    }
    out
}
