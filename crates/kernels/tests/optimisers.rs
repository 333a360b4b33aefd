//! The steps of adaptive optimisers against their formulas in f64, several in a row.

mod check;

use check::{Guarded, Random};
use phyllo_kernels::optim::{
    adadelta, adagrad, adamax, asgd, nadam, nadam_product, radam, rmsprop, rprop, sparse_adam,
};

const SIZES: [usize; 7] = [0, 1, 3, 4, 5, 8, 31];
const STEPS: usize = 7;

/// w, then the state, and the same in f64.
struct Pair<const N: usize> {
    found: [Guarded<f32>; N],
    exact: [Vec<f64>; N],
}

/// Takes steps of a kernel and of an element's formula, which is told the step, g, and w with its state.
fn steps<const N: usize>(
    what: &str, seed: u64, mut kernel: impl FnMut(f64, &[f32], &mut [Guarded<f32>; N]),
    mut formula: impl FnMut(f64, f64, &mut [f64; N]),
) {
    let mut random = Random::new(seed);
    for n in SIZES {
        let start = random.numbers(n);
        let mut pair: Pair<N> = Pair {
            found: core::array::from_fn(|j| {
                let mut y = Guarded::new(n);
                y.slice().copy_from_slice(&if j == 0 { start.clone() } else { vec![0.0; n] });
                y
            }),
            exact: core::array::from_fn(|j| start.iter().map(|&w| if j == 0 { w.into() } else { 0.0 }).collect()),
        };
        for t in 1..=STEPS {
            let g = random.numbers(n);
            kernel(t as f64, &g, &mut pair.found);
            for (i, &g) in g.iter().enumerate() {
                let mut state = core::array::from_fn(|j| pair.exact[j][i]);
                formula(t as f64, g.into(), &mut state);
                for (exact, value) in pair.exact.iter_mut().zip(state) {
                    exact[i] = value;
                }
            }
            for j in 0..N {
                for (i, (&y, &exact)) in pair.found[j].check(what).iter().zip(&pair.exact[j]).enumerate() {
                    let close = (f64::from(y) - exact).abs() <= 4e-6 * exact.abs().max(0.1);
                    assert!(close, "{what}, step {t}: {j} of element {i} is {y}, not {exact}");
                }
            }
        }
    }
}

const DECAYS: [f64; 2] = [0.0, 0.1];

#[test]
fn rmsprop_steps() {
    let (lr, alpha, epsilon) = (0.01, 0.9, 0.1); // a variance near 0 has few digits
    for decay in DECAYS {
        for (centered, momentum) in [(false, 0.0), (true, 0.0), (false, 0.8), (true, 0.8)] {
            let formula = |_: f64, g: f64, [w, v, mean, u]: &mut [f64; 4]| {
                let d = g + decay * *w;
                *v = alpha * *v + (1.0 - alpha) * d * d;
                if centered {
                    *mean = alpha * *mean + (1.0 - alpha) * d;
                }
                let step = d / ((*v - *mean * *mean).max(0.0).sqrt() + epsilon);
                *w -= lr * if momentum > 0.0 { momentum * *u + step } else { step };
                if momentum > 0.0 {
                    *u = momentum * *u + step;
                }
            };
            let kernel = |t: f64, g: &[f32], [w, v, mean, u]: &mut [Guarded<f32>; 4]| {
                let hyper = [lr, alpha, epsilon, decay, momentum, t];
                let (mean, u) = (centered.then(|| mean.slice()), (momentum > 0.0).then(|| u.slice()));
                rmsprop(w.slice(), g, v.slice(), mean, u, &hyper);
            };
            steps("rmsprop", 1, kernel, formula);
        }
    }
}

#[test]
fn adagrad_steps() {
    for (decay, lr_decay, start) in [(0.0, 0.0, 0.0), (0.1, 0.5, 0.25)] {
        let formula = |t: f64, g: f64, [w, sum]: &mut [f64; 2]| {
            let d = g + decay * *w;
            *sum += d * d;
            *w -= 0.1 / (1.0 + (t - 1.0) * lr_decay) * d / ((*sum + start).sqrt() + 1e-5);
        };
        let kernel = |t: f64, g: &[f32], [w, sum]: &mut [Guarded<f32>; 2]| {
            adagrad(w.slice(), g, sum.slice(), &[0.1, lr_decay, decay, start, 1e-5, t]);
        };
        steps("adagrad", 2, kernel, formula);
    }
}

#[test]
fn adadelta_steps() {
    for decay in DECAYS {
        let formula = |_: f64, g: f64, [w, v, u]: &mut [f64; 3]| {
            let d = g + decay * *w;
            *v = 0.9 * *v + 0.1 * d * d;
            let step = ((*u + 1e-4) / (*v + 1e-4)).sqrt() * d;
            *u = 0.9 * *u + 0.1 * step * step;
            *w -= 0.5 * step;
        };
        let kernel = |t: f64, g: &[f32], [w, v, u]: &mut [Guarded<f32>; 3]| {
            adadelta(w.slice(), g, v.slice(), u.slice(), &[0.5, 0.9, 1e-4, decay, t]);
        };
        steps("adadelta", 3, kernel, formula);
    }
}

#[test]
fn adamax_steps() {
    for decay in DECAYS {
        let formula = |t: f64, g: f64, [w, m, u]: &mut [f64; 3]| {
            let d = g + decay * *w;
            *m = 0.8 * *m + 0.2 * d;
            *u = (0.95 * *u).max(d.abs() + 1e-3);
            *w -= 0.1 / (1.0 - 0.8f64.powf(t)) * *m / *u;
        };
        let kernel = |t: f64, g: &[f32], [w, m, u]: &mut [Guarded<f32>; 3]| {
            adamax(w.slice(), g, m.slice(), u.slice(), &[0.1, 0.8, 0.95, 1e-3, decay, t]);
        };
        steps("adamax", 4, kernel, formula);
    }
}

/// d, w and the running means of the variants of Adam, with β₁ = 0.8 and β₂ = 0.9.
fn moments(g: f64, [w, m, v]: &mut [f64; 3], lr: f64, decay: f64, decoupled: bool) -> f64 {
    let d = if decoupled { g } else { g + decay * *w };
    if decoupled {
        *w -= lr * decay * *w;
    }
    *m = 0.8 * *m + 0.2 * d;
    *v = 0.9 * *v + 0.1 * d * d;
    d
}

#[test]
fn nadam_steps() {
    let (lr, epsilon) = (0.01, 1e-6);
    for (decay, psi, decoupled) in [(0.0, 0.004, false), (0.1, 0.5, false), (0.1, 3.0, true)] {
        let mu = |t: f64| 0.8 * (1.0 - 0.5 * 0.96f64.powf(t * psi));
        let formula = |t: f64, g: f64, state: &mut [f64; 3]| {
            let d = moments(g, state, lr, decay, decoupled);
            let [w, m, v] = state;
            let product = (1..=t as usize).fold(1.0, |y, i| y * mu(i as f64));
            let next = mu(t + 1.0);
            let ahead = d * (1.0 - mu(t)) / (1.0 - product) + *m * next / (1.0 - product * next);
            *w -= lr * ahead / ((*v / (1.0 - 0.9f64.powf(t))).sqrt() + epsilon);
        };
        let mut product = f32::NAN; // before the first step it may be anything
        let kernel = |t: f64, g: &[f32], [w, m, v]: &mut [Guarded<f32>; 3]| {
            let hyper = [lr, 0.8, 0.9, epsilon, decay, psi, t];
            nadam_product(&mut product, &hyper);
            nadam(w.slice(), g, m.slice(), v.slice(), product, &hyper, decoupled);
        };
        steps("nadam", 5, kernel, formula);
    }
}

#[test]
fn radam_steps() {
    let (lr, epsilon) = (0.1, 1e-4);
    let mut rectified = 0;
    for (decay, decoupled) in [(0.0, false), (0.1, false), (0.1, true)] {
        let formula = |t: f64, g: f64, state: &mut [f64; 3]| {
            moments(g, state, lr, decay, decoupled);
            let [w, m, v] = state;
            let (end, gone) = (2.0 / (1.0 - 0.9) - 1.0, 0.9f64.powf(t));
            let rho = end - 2.0 * t * gone / (1.0 - gone);
            let mut step = lr / (1.0 - 0.8f64.powf(t)) * *m;
            if rho > 5.0 {
                let r = ((rho - 4.0) * (rho - 2.0) * end / ((end - 4.0) * (end - 2.0) * rho)).sqrt();
                step *= r * (1.0 - gone).sqrt() / (v.sqrt() + epsilon);
                rectified += 1;
            }
            *w -= step;
        };
        let kernel = |t: f64, g: &[f32], [w, m, v]: &mut [Guarded<f32>; 3]| {
            radam(w.slice(), g, m.slice(), v.slice(), &[lr, 0.8, 0.9, epsilon, decay, t], decoupled);
        };
        steps("radam", 6, kernel, formula);
    }
    assert!(rectified > 0);
}

#[test]
fn asgd_steps() {
    for (lambda, alpha, t0, decay) in [(1e-4, 0.75, 1e6, 0.0), (0.1, 0.5, 1.0, 0.1), (0.5, -1.0, 0.0, 0.0)] {
        let formula = |t: f64, g: f64, [w, mean]: &mut [f64; 2]| {
            let d = g + decay * *w;
            let eta = 0.1 / (1.0 + lambda * 0.1 * (t - 1.0)).powf(alpha);
            *w = *w * (1.0 - lambda * eta) - eta * d;
            *mean += (*w - *mean) / (t - 1.0 - t0).max(1.0);
        };
        let kernel = |t: f64, g: &[f32], [w, mean]: &mut [Guarded<f32>; 2]| {
            asgd(w.slice(), g, mean.slice(), &[0.1, lambda, alpha, t0, decay, t]);
        };
        steps("asgd", 7, kernel, formula);
    }
}

#[test]
fn rprop_steps() {
    let formula = |t: f64, g: f64, [w, previous, size]: &mut [f64; 3]| {
        let turn = g * *previous;
        let factor = if turn > 0.0 {
            1.5
        } else if turn < 0.0 {
            0.4
        } else {
            1.0
        };
        *size = ((if t == 1.0 { 0.1 } else { *size }) * factor).clamp(0.02, 0.2);
        *previous = if turn < 0.0 { 0.0 } else { g };
        if *previous != 0.0 {
            *w -= previous.signum() * *size;
        }
    };
    let kernel = |t: f64, g: &[f32], [w, previous, size]: &mut [Guarded<f32>; 3]| {
        rprop(w.slice(), g, previous.slice(), size.slice(), &[0.1, 0.4, 1.5, 0.02, 0.2, t]);
    };
    steps("rprop", 8, kernel, formula);
    let (mut w, mut previous, mut size) = ([1.0], [0.0], [0.0]);
    rprop(&mut w, &[f32::NAN], &mut previous, &mut size, &[0.1, 0.4, 1.5, 0.02, 0.2, 1.0]);
    assert!(w[0].is_nan());
}

/// Rows without a gradient stay to the bit, whatever is in their state; the others are those of the formula.
#[test]
fn sparse_adam_steps() {
    let mut random = Random::new(9);
    for n in [1, 3, 4, 7] {
        let rows = 5;
        let (start, ms, vs) = (random.numbers(rows * n), random.numbers(rows * n), random.numbers(rows * n));
        let squares: Vec<f32> = vs.iter().map(|v| v * v).collect();
        let mut g = random.numbers(rows * n);
        g[n..2 * n].fill(0.0);
        g[3 * n..4 * n].fill(-0.0);
        g[4 * n] = f32::NAN;
        let (mut w, mut m, mut v) = (start.clone(), ms.clone(), squares.clone());
        sparse_adam(&mut w, &g, &mut m, &mut v, &[0.1, 0.8, 0.9, 1e-3, 3.0], rows);
        for i in 0..rows * n {
            if [1, 3].contains(&(i / n)) {
                assert_eq!([w[i], m[i], v[i]], [start[i], ms[i], squares[i]]);
                continue;
            }
            let g = f64::from(g[i]);
            let mean = 0.8 * f64::from(ms[i]) + 0.2 * g;
            let square = 0.9 * f64::from(squares[i]) + 0.1 * g * g;
            let step = 0.1 * (1.0 - 0.9f64.powi(3)).sqrt() / (1.0 - 0.8f64.powi(3)) * mean / (square.sqrt() + 1e-3);
            let exact = f64::from(start[i]) - step;
            assert!(w[i].is_nan() && g.is_nan() || (f64::from(w[i]) - exact).abs() < 2e-6, "{i}: {} not {exact}", w[i]);
        }
    }
    sparse_adam(&mut [], &[], &mut [], &mut [], &[0.1, 0.8, 0.9, 1e-3, 3.0], 0);
}
