//! Optimiser steps against their formulas in f64, several steps in a row.

mod check;

use check::{Guarded, Random};
use phyllo_kernels::optim::{adam, sgd, tick};

fn close(y: &[f32], exact: &[f64], what: &str) {
    for (i, (&y, &exact)) in y.iter().zip(exact).enumerate() {
        assert!((f64::from(y) - exact).abs() <= 2e-6 * exact.abs().max(0.1), "{what}: element {i} is {y}, not {exact}");
    }
}

fn guarded(x: &[f32]) -> Guarded<f32> {
    let mut y = Guarded::new(x.len());
    y.slice().copy_from_slice(x);
    y
}

#[test]
fn sgd_steps() {
    let mut random = Random::new(1);
    for n in [0, 1, 3, 4, 5, 8, 31] {
        for (momentum, dampening, decay, nesterov) in
            [(0.0, 0.0, 0.0, false), (0.9, 0.0, 0.1, false), (0.9, 0.5, 0.0, false), (0.8, 0.0, 0.01, true)]
        {
            for with_v in [false, true] {
                let start = random.numbers(n);
                let (mut w, mut v) = (guarded(&start), Guarded::new(n));
                let mut exact_w: Vec<f64> = start.iter().map(|&w| w.into()).collect();
                let mut exact_v = vec![0.0; n];
                let mut hyper = [0.1, momentum, dampening, decay, 0.0];
                for step in 1..=4 {
                    let g = random.numbers(n);
                    tick(&mut hyper, 4);
                    assert_eq!(hyper[4], f64::from(step));
                    // Before the first step v holds NaN.
                    sgd(w.slice(), &g, with_v.then(|| v.slice()), &hyper, nesterov);
                    for i in 0..n {
                        let d = f64::from(g[i]) + decay * exact_w[i];
                        let v = if step > 1 { momentum * exact_v[i] + (1.0 - dampening) * d } else { d };
                        exact_v[i] = v;
                        let direction = if !with_v {
                            d
                        } else if nesterov {
                            d + momentum * v
                        } else {
                            v
                        };
                        exact_w[i] -= 0.1 * direction;
                    }
                    close(w.check("sgd"), &exact_w, "w");
                    if with_v {
                        close(v.check("sgd"), &exact_v, "v");
                    }
                }
            }
        }
    }
}

#[test]
fn adam_steps() {
    let mut random = Random::new(2);
    for n in [0, 1, 3, 4, 5, 8, 31] {
        for decay in [0.0, 0.1] {
            for (amsgrad, decoupled) in [(false, false), (true, false), (false, true), (true, true)] {
                let (lr, beta1, beta2, epsilon) = (0.01, 0.9, 0.999, 1e-8);
                let start = random.numbers(n);
                let mut w = guarded(&start);
                let mut state = [(); 3].map(|()| guarded(&vec![0.0; n]));
                let mut exact_w: Vec<f64> = start.iter().map(|&w| w.into()).collect();
                let mut exact = [(); 3].map(|()| vec![0.0f64; n]);
                let mut hyper = [lr, beta1, beta2, epsilon, decay, 0.0];
                for t in 1..=5 {
                    let g = random.numbers(n);
                    tick(&mut hyper, 5);
                    let [m, v, vmax] = &mut state;
                    adam(w.slice(), &g, m.slice(), v.slice(), amsgrad.then(|| vmax.slice()), &hyper, decoupled);
                    for i in 0..n {
                        let mut g = f64::from(g[i]);
                        if decoupled {
                            exact_w[i] -= lr * decay * exact_w[i];
                        } else {
                            g += decay * exact_w[i];
                        }
                        exact[0][i] = beta1 * exact[0][i] + (1.0 - beta1) * g;
                        exact[1][i] = beta2 * exact[1][i] + (1.0 - beta2) * g * g;
                        exact[2][i] = exact[2][i].max(exact[1][i]);
                        let s = exact[if amsgrad { 2 } else { 1 }][i];
                        let (c1, c2) = (1.0 - beta1.powi(t), 1.0 - beta2.powi(t));
                        exact_w[i] -= lr * (exact[0][i] / c1) / (s.sqrt() / c2.sqrt() + epsilon);
                    }
                    close(w.check("adam"), &exact_w, "w");
                    close(state[0].check("adam"), &exact[0], "m");
                    close(state[1].check("adam"), &exact[1], "v");
                    if amsgrad {
                        close(state[2].check("adam"), &exact[2], "vmax");
                    }
                }
            }
        }
    }
}

/// The corrections 1 − βᵗ stay right when t is large, and where β₂ᵗ has all but gone.
#[test]
fn adam_late() {
    for t in [1e3, 1e5, 1e7] {
        let (mut w, g, mut m, mut v) = ([1.0], [0.5], [0.25], [0.0625]);
        adam(&mut w, &g, &mut m, &mut v, None, &[0.1, 0.9, 0.999, 1e-8, 0.0, t], false);
        let (m, v) = (0.9 * 0.25 + 0.1 * 0.5, 0.999 * 0.0625 + 0.001 * 0.25f64);
        let exact = 1.0 - 0.1 * (m / (1.0 - 0.9f64.powf(t))) / (v.sqrt() / (1.0 - 0.999f64.powf(t)).sqrt() + 1e-8);
        assert!((f64::from(w[0]) - exact).abs() < 1e-7, "{t}: {} not {exact}", w[0]);
    }
}
