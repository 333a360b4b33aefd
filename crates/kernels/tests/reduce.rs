//! Sums, extremes and softmax against loops in f64.

mod check;

use check::{assert_close, cells, Guarded, Random};
use phyllo_kernels::axis::Axis;
use phyllo_kernels::extremes::{max, min};
use phyllo_kernels::nrm2::{distances, nrm2};
use phyllo_kernels::reduce::{sum, sum_i32};
use phyllo_kernels::softmax::{
    cross_entropy, cross_entropy_grad, log_softmax, log_softmax_grad, softmax, softmax_grad,
};

/// Shapes [n0, r0, n1, r1] with sizes around the vector, the strip and the block of a pairwise sum.
fn shapes() -> Vec<[usize; 4]> {
    let mut all =
        vec![[3, 5, 7, 6], [1, 200, 3, 5], [2, 3, 1, 65], [0, 2, 3, 4], [2, 0, 3, 1], [2, 3, 0, 5], [2, 3, 4, 0]];
    for n in [1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 63, 64, 65, 129, 1000] {
        all.extend([[1, 1, 1, n], [2, 1, 3, n], [1, 7, n, 1], [2, 19, n, 1], [1, n, 5, 1], [3, n, 1, 1], [2, 3, 2, n]]);
    }
    all
}

#[test]
fn sums() {
    let mut random = Random::new(1);
    for shape @ [n0, r0, n1, r1] in shapes() {
        let x = random.numbers(n0 * r0 * n1 * r1);
        let mut y = Guarded::new(n0 * n1);
        sum(&x, y.slice(), shape, 0.5, 0);
        let mut exact = vec![0.0; n0 * n1];
        for (i, &x) in x.iter().enumerate() {
            exact[i / (r0 * n1 * r1) * n1 + i / r1 % n1] += 0.5 * f64::from(x);
        }
        assert_close(y.check("sum"), &exact, 2e-6, &format!("sum {shape:?}"));

        let x: Vec<i32> = x.iter().map(|x| (x * 2e9) as i32).collect();
        let mut y = Guarded::filled(n0 * n1, -7, 99);
        sum_i32(&Axis::new(n0, n1), [r0, r1], &x, y.slice());
        let mut exact = vec![0i64; n0 * n1];
        for (i, &x) in x.iter().enumerate() {
            exact[i / (r0 * n1 * r1) * n1 + i / r1 % n1] += i64::from(x);
        }
        let nearest: Vec<i32> = exact.iter().map(|&y| y.clamp(i32::MIN.into(), i32::MAX.into()) as i32).collect();
        assert_eq!(y.check("sumI32"), nearest, "{shape:?}");
    }
}

#[test]
fn norms_of_numbers_of_any_size() {
    let mut random = Random::new(2);
    for shape @ [n0, r0, n1, r1] in shapes() {
        for size in [1.0, 1e19, 1e30, 1e-30] {
            let x: Vec<f32> = random.numbers(n0 * r0 * n1 * r1).iter().map(|x| x * size).collect();
            let mut y = Guarded::new(n0 * n1);
            nrm2(&Axis::new(n0, n1), [r0, r1], &x, y.slice());
            let mut exact = vec![0.0; n0 * n1];
            for (i, &x) in x.iter().enumerate() {
                exact[i / (r0 * n1 * r1) * n1 + i / r1 % n1] += f64::from(x).powi(2);
            }
            for (y, exact) in y.check("nrm2").iter().zip(exact) {
                let exact = exact.sqrt();
                assert!((f64::from(*y) - exact).abs() <= 1e-7 * exact, "{shape:?}: {y} not {exact}");
            }
        }
    }
    let mut y = [0.0; 3];
    nrm2(&Axis::new(3, 1), [2, 1], &[f32::NAN, 1.0, 1.0, f32::INFINITY, 0.0, 0.0], &mut y);
    assert!(y[0].is_nan() && y[1] == f32::INFINITY && y[2] == 0.0);
}

#[test]
fn distances_of_rows() {
    let mut random = Random::new(3);
    for sizes @ [batch, m, n, d] in
        [[1, 1, 1, 1], [2, 3, 4, 7], [1, 5, 2, 8], [3, 2, 2, 33], [1, 2, 3, 0], [0, 2, 3, 4]]
    {
        for (size, shift) in [(1.0, 0.0), (1e30, 0.0), (1e-2, 1e4)] {
            let points = |random: &mut Random, n: usize| -> Vec<f32> {
                random.numbers(batch * n * d).iter().map(|x| x * size + shift).collect()
            };
            let (a, b) = (points(&mut random, m), points(&mut random, n));
            let mut y = Guarded::new(batch * m * n);
            distances(&a, &b, y.slice(), sizes);
            for (i, y) in y.check("distances").iter().enumerate() {
                let (row, other) = (i / n, i / (m * n) * n + i % n);
                let square = |k: usize| (f64::from(a[row * d + k]) - f64::from(b[other * d + k])).powi(2);
                let exact = (0..d).map(square).sum::<f64>().sqrt();
                assert!((f64::from(*y) - exact).abs() <= 1e-7 * exact, "{sizes:?}: {y} not {exact}");
            }
        }
    }
}

/// One after the other, a million times 0.1 gives 100,958 in f32.
#[test]
fn long_sums_stay_exact() {
    let x = vec![0.1f32; 1_000_000];
    for shape in
        [[1, 1, 1, 1_000_000], [1, 1_000_000, 1, 1], [1, 250_000, 4, 1], [1, 500_000, 2, 1], [1, 50_000, 20, 1]]
    {
        let mut y = vec![0.0; shape[2]];
        sum(&x, &mut y, shape, 1.0, 0);
        let exact = f64::from(0.1f32) * 1e6 / shape[2] as f64;
        assert!(y.iter().all(|&y| (f64::from(y) - exact).abs() < 1e-6 * exact), "{shape:?}: {} not {exact}", y[0]);
    }
}

/// The best element and its first index, NaN before all others.
fn best(x: impl Iterator<Item = f32>, largest: bool) -> (f32, i32) {
    let mut best = (f32::NAN, -1);
    for (i, x) in x.enumerate() {
        let beats = if largest { x > best.0 } else { x < best.0 };
        if i == 0 || beats || x.is_nan() && !best.0.is_nan() {
            best = (x, i as i32);
        }
    }
    best
}

#[test]
fn extremes() {
    let mut random = Random::new(2);
    for r in (1..=9).chain([31, 100]) {
        for (outer, inner) in [(1, 1), (3, 1), (2, 2), (1, 3), (2, 4), (1, 5), (2, 9), (0, 3), (3, 0)] {
            for ties in [false, true] {
                // Small whole numbers, so that ties abound, and now and then ∞ and NaN.
                let x: Vec<f32> = (0..outer * r * inner)
                    .map(|_| match random.below(40) {
                        0 if ties => f32::NAN,
                        1 => f32::INFINITY,
                        2 => f32::NEG_INFINITY,
                        n if ties => (n % 3) as f32 - 1.0,
                        _ => random.number(),
                    })
                    .collect();
                for largest in [true, false] {
                    let kernel = if largest { max } else { min };
                    let axis = Axis::new(outer, inner);
                    let (mut y, mut at) = (Guarded::new(outer * inner), Guarded::filled(outer * inner, -7, 99));
                    kernel(&axis, r, &x, Some(y.slice()), Some(at.slice()));
                    let (y, at) = (y.check("max"), at.check("max"));
                    for o in 0..outer * inner {
                        let column = (0..r).map(|k| x[(o / inner * r + k) * inner + o % inner]);
                        let (value, index) = best(column, largest);
                        assert!(
                            y[o] == value || y[o].is_nan() && value.is_nan(),
                            "[{outer}, {r}, {inner}]: {} not {value}",
                            y[o]
                        );
                        assert_eq!(at[o], index, "[{outer}, {r}, {inner}] of {x:?}");
                    }
                    let mut alone = Guarded::filled(outer * inner, -7, 99);
                    kernel(&axis, r, &x, None, Some(alone.slice()));
                    assert_eq!(alone.check("max"), at);
                    let mut alone = Guarded::new(outer * inner);
                    kernel(&axis, r, &x, Some(alone.slice()), None);
                    assert!(alone.check("max").iter().zip(y).all(|(a, b)| a.to_bits() == b.to_bits()));
                }
            }
        }
    }
}

#[test]
fn softmaxes() {
    let mut random = Random::new(3);
    for n in (1..=9).chain([10, 31, 64, 65, 1000]) {
        for rows in [0, 1, 3] {
            let scale = [1.0, 30.0, 100.0][random.below(3)];
            let x: Vec<f32> = random.numbers(rows * n).iter().map(|x| scale * x).collect();
            let g = random.numbers(rows * n);
            let target: Vec<i32> = (0..rows).map(|_| random.below(n) as i32).collect();
            let mut exact = [vec![], vec![], vec![], vec![], vec![], vec![]];
            for ((x, g), &target) in x.chunks(n).zip(g.chunks(n)).zip(&target) {
                let top = x.iter().fold(f32::NEG_INFINITY, |m, x| m.max(*x));
                let log = x.iter().map(|&x| f64::from(x - top).exp()).sum::<f64>().ln() + f64::from(top);
                let logs: Vec<f64> = x.iter().map(|&x| f64::from(x) - log).collect();
                let dot: f64 = logs.iter().zip(g).map(|(l, &g)| l.exp() * f64::from(g)).sum();
                let sum: f64 = g.iter().map(|&g| f64::from(g)).sum();
                exact[0].extend(logs.iter().map(|l| l.exp()));
                exact[1].extend(&logs);
                exact[2].extend(logs.iter().zip(g).map(|(l, &g)| l.exp() * (f64::from(g) - dot)));
                exact[3].extend(logs.iter().zip(g).map(|(l, &g)| f64::from(g) - l.exp() * sum));
                exact[4].push(-logs[target as usize]);
                let hot = |i| if i == target as usize { 1.0 } else { 0.0 };
                exact[5].extend(logs.iter().enumerate().map(|(i, l)| (l.exp() - hot(i)) * f64::from(g[0])));
            }
            let mut y = [(); 4].map(|()| Guarded::new(rows * n));
            let axis = Axis::new(rows, 1);
            softmax(&axis, n, &x, cells(y[0].slice()));
            log_softmax(&axis, n, &x, cells(y[1].slice()));
            let saved = [0, 1].map(|i| y[i].slice().to_vec());
            softmax_grad(&axis, n, &g, &saved[0], cells(y[2].slice()));
            log_softmax_grad(&axis, n, &g, &saved[1], cells(y[3].slice()));
            for (i, what) in ["softmax", "logSoftmax", "softmaxGrad", "logSoftmaxGrad"].into_iter().enumerate() {
                // A logarithm near 200 has a rounding of its own; so have sums of a thousand gradients.
                assert_close(y[i].check(what), &exact[i], 5e-6, &format!("{what} of {n}"));
            }

            let [mut loss, mut norm, mut gx] = [rows, 2 * rows, rows * n].map(Guarded::new);
            cross_entropy(&x, &target, loss.slice(), norm.slice(), n);
            let picked: Vec<f32> = (0..rows).map(|r| -saved[1][r * n + target[r] as usize]).collect();
            assert_eq!(loss.slice(), picked, "the bits of the logarithm");
            assert_close(loss.check("crossEntropy"), &exact[4], 5e-6, "crossEntropy");
            let norm = norm.check("crossEntropy");
            let each: Vec<f32> = g.iter().step_by(n).copied().collect();
            cross_entropy_grad(&each, &x, &target, norm, gx.slice(), n, 1);
            assert_close(gx.check("crossEntropyGrad"), &exact[5], 5e-6, &format!("crossEntropyGrad of {n}"));
            let mut same = Guarded::new(rows * n);
            cross_entropy_grad(&[0.5], &x, &target, norm, same.slice(), n, 0);
            cross_entropy_grad(&vec![0.5; rows], &x, &target, norm, gx.slice(), n, 1);
            assert_eq!(same.check("crossEntropyGrad"), gx.check("crossEntropyGrad"));
        }
    }
}

#[test]
fn softmax_edges() {
    let (mut y, row) = ([0.0; 5], Axis::new(1, 1));
    softmax(&row, 5, &[1e38, -1e38, f32::NEG_INFINITY, 1e38, 0.0], cells(&mut y));
    assert_eq!(y, [0.5, 0.0, 0.0, 0.5, 0.0]);
    softmax(&row, 5, &[0.0, 1.0, f32::NAN, 2.0, 3.0], cells(&mut y));
    assert!(y.iter().all(|y| y.is_nan()), "{y:?}");
    log_softmax(&row, 5, &[0.0, 0.0, 0.0, f32::NAN, 0.0], cells(&mut y));
    assert!(y.iter().all(|y| y.is_nan()), "{y:?}");
    softmax(&Axis::new(0, 1), 0, &[], &[]);

    let (mut loss, mut norm, mut gx) = ([0.0], [0.0; 2], [0.0; 3]);
    cross_entropy(&[1e30, 0.0, f32::NEG_INFINITY], &[2], &mut loss, &mut norm, 3);
    assert_eq!(loss, [f32::INFINITY]);
    cross_entropy_grad(&[2.0], &[1e30, 0.0, f32::NEG_INFINITY], &[2], &norm, &mut gx, 3, 1);
    assert_eq!(gx, [2.0, 0.0, -2.0]);
    cross_entropy(&[1.0, f32::NAN, 2.0], &[2], &mut loss, &mut norm, 3);
    cross_entropy_grad(&[1.0], &[1.0, f32::NAN, 2.0], &[2], &norm, &mut gx, 3, 1);
    assert!(loss[0].is_nan() && gx.iter().all(|x| x.is_nan()));
    cross_entropy(&[], &[], &mut [], &mut [], 0);
}
