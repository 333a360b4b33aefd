//! Recurrent layers against loops in float64: values by their definitions, gradients by differences of those.

mod check;
#[path = "reference/rnn.rs"]
mod reference;

use check::{assert_close, cells, Guarded, Random};
use phyllo_kernels::rnn::{
    backward_workspace, elman, elman_grad, forward_workspace, gru, gru_grad, lstm, lstm_grad, Sequence, GRU_GATES,
};
use reference::{naive, Inputs, Kind};

/// States stay below 1 in tanh and gates, and a step adds some roundings.
const BOUND: f64 = 4e-6;

fn wide(x: &[f32]) -> Vec<f64> {
    x.iter().map(|&x| f64::from(x)).collect()
}

fn narrow(x: &[f64]) -> Vec<f32> {
    x.iter().map(|&x| x as f32).collect()
}

fn inputs(kind: Kind, s: &Sequence, random: &mut Random) -> Inputs {
    let n = s.hidden;
    // Products with the state about as large as p.
    let scale = 1.0 / (n.max(1) as f32).sqrt();
    let w: Vec<f32> = random.numbers(kind.gates() * n * n).iter().map(|x| x * scale).collect();
    Inputs {
        p: wide(&random.numbers(s.len(kind.gates()))),
        w: wide(&w),
        b: wide(&random.numbers(kind.gates() * n)),
        h0: wide(&random.numbers(s.state())),
        c0: wide(&random.numbers(s.state())),
    }
}

/// The kernel's outputs: y, h, c, and the reserve if it is wanted.
fn forward(kind: Kind, s: &Sequence, x: &Inputs, keep: bool, what: &str) -> [Vec<f32>; 4] {
    let (p, w, b, h0, c0) = (narrow(&x.p), narrow(&x.w), narrow(&x.b), narrow(&x.h0), narrow(&x.c0));
    let mut y = Guarded::new(s.len(1));
    let (mut h, mut c) = (Guarded::new(s.state()), Guarded::new(s.state()));
    let mut reserve = Guarded::new(if keep { s.len(kind.reserve()) } else { 0 });
    let mut room = Guarded::new(forward_workspace(s, kind.gates()));
    {
        let (y, h, c, room) = (y.slice(), h.slice(), c.slice(), room.slice());
        let (y, reserve) = (cells(y), keep.then(|| cells(reserve.slice())));
        match kind {
            Kind::Tanh | Kind::Relu => elman(s, kind == Kind::Relu, &p, &w, &h0, y, h, room),
            Kind::Lstm => lstm(s, &p, &w, &h0, &c0, y, h, c, reserve, room),
            Kind::Gru => gru(s, &p, &w, Some(&b), &h0, y, h, reserve, room),
        }
    }
    room.check(what);
    [&y, &h, &c, &reserve].map(|x| x.check(what).to_vec())
}

fn sequences() -> Vec<Sequence> {
    let mut all = vec![];
    for (steps, batch, hidden) in [
        (1, 1, 1),
        (1, 1, 4),
        (3, 1, 5),
        (2, 2, 3),
        (4, 3, 7),
        (3, 4, 8),
        (5, 5, 9),
        (2, 7, 16),
        (6, 1, 33),
        (2, 33, 20),
        (0, 2, 3),
        (2, 0, 3),
        (2, 3, 0),
        (0, 0, 0),
    ] {
        for reverse in [false, true] {
            all.push(Sequence { steps, batch, apart: batch, hidden, reverse });
        }
    }
    all
}

const KINDS: [Kind; 4] = [Kind::Tanh, Kind::Relu, Kind::Lstm, Kind::Gru];

#[test]
fn values() {
    let mut random = Random::new(1);
    let mut all = sequences();
    // Beyond a block of depths (256), of rows (128) and of columns (512).
    all.push(Sequence { steps: 2, batch: 3, apart: 3, hidden: 260, reverse: false });
    all.push(Sequence { steps: 2, batch: 131, apart: 131, hidden: 12, reverse: false });
    for s in &all {
        for kind in KINDS {
            let x = inputs(kind, s, &mut random);
            let expected = naive(kind, s, &x);
            for keep in [false, true] {
                let what = format!("{kind:?} {s:?}, reserve {keep}");
                let [y, h, c, reserve] = forward(kind, s, &x, keep, &what);
                assert_close(&y, &expected.y, BOUND, &what);
                assert_close(&h, &expected.h, BOUND, &what);
                if kind == Kind::Lstm {
                    assert_close(&c, &expected.c, BOUND, &what);
                }
                if keep {
                    assert_close(&reserve, &expected.reserve, BOUND, &what);
                }
            }
        }
    }
}

/// Gradients of y, of the last states and of the reserve.
struct Cotangents {
    y: Option<Vec<f32>>,
    h: Option<Vec<f32>>,
    c: Option<Vec<f32>>,
    reserve: Option<Vec<f32>>,
}

fn product(g: &Option<Vec<f32>>, x: &[f64]) -> f64 {
    g.as_ref().map_or(0.0, |g| g.iter().zip(x).map(|(&g, x)| f64::from(g) * x).sum())
}

/// L = ⟨g, outputs⟩.
fn loss(kind: Kind, s: &Sequence, x: &Inputs, g: &Cotangents) -> f64 {
    let out = naive(kind, s, x);
    product(&g.y, &out.y) + product(&g.h, &out.h) + product(&g.c, &out.c) + product(&g.reserve, &out.reserve)
}

/// ∂L/∂x for one of the inputs, by central differences.
fn differences(kind: Kind, s: &Sequence, x: &Inputs, g: &Cotangents, of: fn(&mut Inputs) -> &mut Vec<f64>) -> Vec<f64> {
    let mut x = x.clone();
    let step = 1e-6;
    (0..of(&mut x).len())
        .map(|i| {
            let value = of(&mut x)[i];
            of(&mut x)[i] = value + step;
            let up = loss(kind, s, &x, g);
            of(&mut x)[i] = value - step;
            let down = loss(kind, s, &x, g);
            of(&mut x)[i] = value;
            (up - down) / (2.0 * step)
        })
        .collect()
}

#[test]
fn gradients() {
    let mut random = Random::new(2);
    let mut cases = 0;
    for s in sequences().iter().filter(|s| s.len(1) <= 100) {
        for kind in KINDS {
            for wanted in 0..16 {
                let has = |bit: usize| wanted >> bit & 1 == 1;
                if (has(2) && kind != Kind::Lstm) || (has(3) && kind.reserve() == 0) {
                    continue;
                }
                let what = format!("{kind:?} {s:?}, gradients {wanted:04b}");
                let x = inputs(kind, s, &mut random);
                let g = Cotangents {
                    y: has(0).then(|| random.numbers(s.len(1))),
                    h: has(1).then(|| random.numbers(s.state())),
                    c: has(2).then(|| random.numbers(s.state())),
                    reserve: has(3).then(|| random.numbers(s.len(kind.reserve()))),
                };
                backward(kind, s, &x, &g, &what);
                cases += 1;
            }
        }
    }
    println!("rnn: {cases} gradients");
}

/// Compares the kernel's gradients of p, of the products with the state and of the first states.
fn backward(kind: Kind, s: &Sequence, x: &Inputs, g: &Cotangents, what: &str) {
    let [y, _, _, reserve] = forward(kind, s, x, true, what);
    let (w, h0, c0) = (narrow(&x.w), narrow(&x.h0), narrow(&x.c0));
    let mut gp = Guarded::new(s.len(kind.gates()));
    let mut gq = Guarded::new(s.len(kind.gates()));
    let (mut gh0, mut gc0) = (Guarded::new(s.state()), Guarded::new(s.state()));
    let mut room = Guarded::new(backward_workspace(s, kind.gates()));
    let (gy, gh, gc, gr) = (g.y.as_deref(), g.h.as_deref(), g.c.as_deref(), g.reserve.as_deref());
    {
        let (gp, gq) = (cells(gp.slice()), cells(gq.slice()));
        let (gh0, gc0, room) = (gh0.slice(), gc0.slice(), room.slice());
        match kind {
            Kind::Tanh | Kind::Relu => elman_grad(s, kind == Kind::Relu, gy, gh, &w, &y, gp, gh0, room),
            Kind::Lstm => lstm_grad(s, gy, gh, gc, gr, &w, &c0, &reserve, gp, gh0, gc0, room),
            Kind::Gru => gru_grad(s, gy, gh, gr, &w, &h0, &y, &reserve, gp, gq, gh0, room),
        }
    }
    room.check(what);
    assert_close(gp.check(what), &differences(kind, s, x, g, |x| &mut x.p), BOUND, what);
    assert_close(gh0.check(what), &differences(kind, s, x, g, |x| &mut x.h0), BOUND, what);
    if kind == Kind::Lstm {
        assert_close(gc0.check(what), &differences(kind, s, x, g, |x| &mut x.c0), BOUND, what);
    }
    if kind == Kind::Gru {
        // b is added to q at every step: its gradient is the sum of q's.
        let width = GRU_GATES * s.hidden;
        let mut sum = vec![0.0_f32; width];
        for row in gq.check(what).chunks_exact(width.max(1)) {
            for (sum, g) in sum.iter_mut().zip(row) {
                *sum += g;
            }
        }
        assert_close(&sum, &differences(kind, s, x, g, |x| &mut x.b), BOUND, what);
    }
}

#[test]
#[should_panic(expected = "W is too short")]
fn refuses_short_weights() {
    let s = Sequence { steps: 1, batch: 2, apart: 2, hidden: 2, reverse: false };
    let mut room = vec![0.0; forward_workspace(&s, 1)];
    elman(&s, false, &[0.0; 4], &[0.0; 3], &[0.0; 4], cells(&mut [0.0; 4]), &mut [0.0; 4], &mut room);
}
