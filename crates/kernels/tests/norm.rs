//! Normalisation and its gradient against loops in f64.

mod check;

use check::{assert_close, cells, Guarded, Random};
use phyllo_kernels::norm::{moments, normalise, Norm, NormGrad};

const EPS: f32 = 1e-5;

/// Batch norm of images and of vectors, layer norm, group norm of images and of vectors.
fn forms() -> Vec<Norm> {
    let mut all = vec![];
    for outer in [1, 2, 3, 9, 40] {
        for n in [1, 2, 3, 4, 5, 9] {
            for inner in [1, 2, 3, 4, 5, 17, 63, 64, 67, 130] {
                all.push(Norm { outer, n, apart: n, inner, size: n, step: inner });
                if outer == 1 {
                    all.push(Norm { outer, n: n * 7, apart: n * 7, inner, size: inner, step: 1 });
                    all.push(Norm { outer, n: n * 3, apart: n * 3, inner: inner * 2, size: 2 * n, step: inner });
                    all.push(Norm { outer, n: n * 3, apart: n * 3, inner, size: n * inner, step: 1 });
                }
            }
        }
    }
    for (outer, n, inner) in [(0, 3, 2), (2, 0, 3), (2, 3, 0)] {
        all.push(Norm { outer, n, apart: n, inner, size: n, step: inner });
    }
    all.push(Norm { outer: 1, n: 3, apart: 3, inner: 0, size: 0, step: 1 });
    all.push(Norm { outer: 1, n: 0, apart: 0, inner: 5, size: 5, step: 1 });
    all
}

struct Exact {
    mean: Vec<f64>,
    variance: Vec<f64>,
    /// x̂, and 1/σ of the group, for each element.
    hat: Vec<f64>,
    inverse: Vec<f64>,
}

fn group(s: &Norm, e: usize) -> usize {
    e / s.inner % s.n
}

fn weight(s: &Norm, e: usize) -> usize {
    e / s.step % s.size
}

/// The mean over a group of what f gives for its elements.
fn means(s: &Norm, count: usize, f: impl Fn(usize) -> f64) -> Vec<f64> {
    let mut sums = vec![0.0; s.n];
    (0..count).for_each(|e| sums[group(s, e)] += f(e));
    sums.iter().map(|sum| sum / (s.outer * s.inner) as f64).collect()
}

fn exact(s: &Norm, x: &[f32], centred: bool) -> Exact {
    let mean = if centred { means(s, x.len(), |e| f64::from(x[e])) } else { vec![0.0; s.n] };
    let variance = means(s, x.len(), |e| (f64::from(x[e]) - mean[group(s, e)]).powi(2));
    let inverse: Vec<f64> = (0..x.len()).map(|e| 1.0 / (variance[group(s, e)] + f64::from(EPS)).sqrt()).collect();
    let hat = (0..x.len()).map(|e| (f64::from(x[e]) - mean[group(s, e)]) * inverse[e]).collect();
    Exact { mean, variance, hat, inverse }
}

#[test]
fn values_and_gradients() {
    let mut random = Random::new(1);
    for (round, s) in forms().iter().enumerate() {
        let count = s.outer * s.n * s.inner;
        let centred = round % 3 > 0;
        let x: Vec<f32> = random.numbers(count).iter().map(|x| 2.0 * x + 0.5).collect();
        let (g, w, b) = (random.numbers(count), random.numbers(s.size), random.numbers(s.size));
        let (w, b) = ((round % 2 > 0).then_some(&w[..]), (round % 4 > 1).then_some(&b[..]));
        let what = format!(
            "[{}, {}, {}] of {} by {}, centred: {centred}, w: {}, b: {}",
            s.outer,
            s.n,
            s.inner,
            s.size,
            s.step,
            w.is_some(),
            b.is_some()
        );
        let (mut mean, mut variance) = (Guarded::filled(s.n, f64::NAN, 1.25), Guarded::filled(s.n, f64::NAN, 1.25));
        moments(s, &x, mean.slice(), variance.slice(), centred);
        let (mean, variance) = (mean.check("mean"), variance.check("variance"));
        if count == 0 {
            if s.n > 0 && centred {
                assert!(mean.iter().all(|m| m.is_nan()), "{what}");
            }
            let (mut gw, mut gb) = (Guarded::new(s.size), Guarded::new(s.size));
            let grad = NormGrad { g: &[], x: &[], mean, variance, w, centred, eps: EPS };
            grad.run(s, &[], Some((gw.slice(), gb.slice())));
            assert_eq!(gw.check("gw"), vec![0.0; s.size], "{what}");
            continue;
        }
        let e = exact(s, &x, centred);
        let narrow = |x: &[f64]| x.iter().map(|x| *x as f32).collect::<Vec<f32>>();
        assert_close(&narrow(mean), &e.mean, 3e-7, &what);
        assert_close(&narrow(variance), &e.variance, 1e-6, &what);

        let mut y = Guarded::new(count);
        normalise(s, &x, mean, variance, w, b, cells(y.slice()), EPS);
        let of = |v: Option<&[f32]>, e: usize, or: f64| v.map_or(or, |v| f64::from(v[weight(s, e)]));
        let expected: Vec<f64> = (0..count).map(|i| e.hat[i] * of(w, i, 1.0) + of(b, i, 0.0)).collect();
        // Where a group has one or two numbers, 1/σ may be large and so is what rounding x̂ leaves.
        let steep = e.inverse.iter().fold(1.0f64, |m, r| m.max(*r));
        assert_close(y.check(&what), &expected, 1e-6 * steep, &what);

        let h = |i: usize| f64::from(g[i]) * of(w, i, 1.0);
        let level = if centred { means(s, count, h) } else { vec![0.0; s.n] };
        let slope = means(s, count, |i| h(i) * e.hat[i]);
        let expected: Vec<f64> =
            (0..count).map(|i| e.inverse[i] * (h(i) - level[group(s, i)] - e.hat[i] * slope[group(s, i)])).collect();
        let (mut gw, mut gb) = (vec![0.0; s.size], vec![0.0; s.size]);
        for i in 0..count {
            gw[weight(s, i)] += f64::from(g[i]) * e.hat[i];
            gb[weight(s, i)] += f64::from(g[i]);
        }
        let grad = NormGrad { g: &g, x: &x, mean, variance, w, centred, eps: EPS };
        for affine in [false, true] {
            let (mut gx, mut to_w, mut to_b) = (Guarded::new(count), Guarded::new(s.size), Guarded::new(s.size));
            grad.run(s, cells(gx.slice()), affine.then(|| (to_w.slice(), to_b.slice())));
            assert_close(gx.check("gx"), &expected, 2e-6 * steep * steep, &format!("gx {what}"));
            let (to_w, to_b) = (to_w.check("gw"), to_b.check("gb"));
            if affine {
                assert_close(to_w, &gw, 4e-6 * steep, &format!("gw {what}"));
                assert_close(to_b, &gb, 4e-6, &format!("gb {what}"));
            } else {
                assert!(to_w.iter().chain(to_b).all(|x| x.is_nan()), "{what}: not wanted, but written");
            }
        }
    }
}

/// Σx²/n − mean² would have no digit left here.
#[test]
fn a_large_mean_does_not_drown_the_variance() {
    let mut random = Random::new(2);
    for [outer, n, inner] in [[1, 1, 100_000], [100_000, 1, 1], [100, 5, 1000], [50_000, 6, 1]] {
        let x: Vec<f32> = random.numbers(outer * n * inner).iter().map(|x| 1000.0 + x).collect();
        let s = Norm { outer, n, apart: n, inner, size: 1, step: 1 };
        let e = exact(&s, &x, true);
        let (mut mean, mut variance) = (vec![0.0; n], vec![0.0; n]);
        moments(&s, &x, &mut mean, &mut variance, true);
        for c in 0..n {
            assert!((mean[c] - e.mean[c]).abs() <= 1e-7, "{} is off", mean[c]);
            assert!((variance[c] / e.variance[c] - 1.0).abs() < 1e-6, "{} not {}", variance[c], e.variance[c]);
        }
    }
}

/// Numbers whose squares leave f32, and a mean that is far from 0 beside the spread.
#[test]
fn every_range_is_brought_to_one() {
    let mut random = Random::new(3);
    for (size, shift) in [(1e19, 0.0), (1e30, 1e30), (3e38, 0.0), (5e-3, 1e4), (1.0, -3e5)] {
        for [outer, n, inner] in [[1, 3, 1000], [1000, 3, 1], [50, 2, 20]] {
            let x: Vec<f32> = random.numbers(outer * n * inner).iter().map(|x| x * size + shift).collect();
            let s = Norm { outer, n, apart: n, inner, size: n, step: inner };
            let e = exact(&s, &x, true);
            let (mut mean, mut variance, mut y) = (vec![0.0; n], vec![0.0; n], vec![0.0; x.len()]);
            moments(&s, &x, &mut mean, &mut variance, true);
            normalise(&s, &x, &mean, &variance, None, None, cells(&mut y), EPS);
            assert_close(&y, &e.hat, 1e-5, &format!("{size} about {shift}"));

            let g = random.numbers(x.len());
            let [level, slope] =
                [means(&s, g.len(), |i| f64::from(g[i])), means(&s, g.len(), |i| f64::from(g[i]) * e.hat[i])];
            let mut gx = vec![0.0; x.len()];
            NormGrad { g: &g, x: &x, mean: &mean, variance: &variance, w: None, centred: true, eps: EPS }.run(
                &s,
                cells(&mut gx),
                None,
            );
            for i in 0..g.len() {
                let c = group(&s, i);
                let exact = f64::from(g[i]) - level[c] - e.hat[i] * slope[c];
                assert!((f64::from(gx[i]) / e.inverse[i] - exact).abs() < 1e-4, "{size} about {shift}: {}", gx[i]);
            }
        }
    }
}

#[test]
fn equal_numbers_have_no_variance_and_nan_stays() {
    for (outer, inner) in [(1, 37), (37, 1), (5, 7)] {
        let mut x = vec![0.1; outer * inner * 2];
        let (mut mean, mut variance) = ([9.0f64; 2], [9.0f64; 2]);
        let s = Norm { outer, n: 2, apart: 2, inner, size: 1, step: 1 };
        moments(&s, &x, &mut mean, &mut variance, true);
        assert!(mean.iter().all(|m| (m - f64::from(0.1f32)).abs() < 1e-8), "{mean:?}");
        assert!(variance.iter().all(|&v| (0.0..1e-15).contains(&v)), "{variance:?}");
        x[0] = f32::NAN;
        moments(&s, &x, &mut mean, &mut variance, true);
        assert!(mean[0].is_nan() && variance[0].is_nan(), "{mean:?} {variance:?}");
        assert!(!mean[1].is_nan() && !variance[1].is_nan(), "{mean:?} {variance:?}");
    }
}

/// Neighbouring groups computed where they lie among all, and columns of the weights' gradients: to the bits of the whole.
#[test]
fn some_groups_are_as_among_all() {
    let mut random = Random::new(5);
    for s in forms() {
        let count = s.outer * s.n * s.inner;
        if count == 0 {
            continue;
        }
        let (x, g, w) = (random.numbers(count), random.numbers(count), random.numbers(s.size));
        let (mut mean, mut variance) = (vec![0.0; s.n], vec![0.0; s.n]);
        let (mut gx, mut gw, mut gb) = (vec![0.0; count], vec![0.0; s.size], vec![0.0; s.size]);
        moments(&s, &x, &mut mean, &mut variance, true);
        let grad = NormGrad { g: &g, x: &x, mean: &mean, variance: &variance, w: Some(&w), centred: true, eps: EPS };
        grad.run(&s, cells(&mut gx), Some((&mut gw, &mut gb)));

        let (mut mean2, mut variance2) = (Guarded::filled(s.n, f64::NAN, 1.25), Guarded::filled(s.n, f64::NAN, 1.25));
        let (mut gx2, mut gw2, mut gb2) = (Guarded::new(count), Guarded::new(s.size), Guarded::new(s.size));
        let batch = s.size == s.n && s.step == s.inner && s.outer > 1;
        // Of columns, vectors of four.
        let grain = if s.has_columns() { 4 } else { 1 };
        for first in (0..s.n).step_by(grain * 2) {
            let n = (s.n - first).min(grain * 2);
            let part = Norm { n, size: if batch { n } else { s.size }, ..s };
            let at = first * s.inner;
            moments(
                &part,
                &x[at..],
                &mut mean2.slice()[first..first + n],
                &mut variance2.slice()[first..first + n],
                true,
            );
            if batch {
                let grad = NormGrad {
                    g: &g[at..],
                    x: &x[at..],
                    mean: &mean[first..],
                    variance: &variance[first..],
                    w: Some(&w[first..]),
                    ..grad
                };
                let affine = (&mut gw2.slice()[first..first + n], &mut gb2.slice()[first..first + n]);
                grad.run(&part, &cells(gx2.slice())[at..], Some(affine));
            }
        }
        let what = format!("[{}, {}, {}] by {}", s.outer, s.n, s.inner, s.size);
        assert_eq!(mean2.check(&what), mean, "{what}");
        assert_eq!(variance2.check(&what), variance, "{what}");
        if s.has_rows() {
            grad.rows(&s, cells(gx2.slice()));
            let single = s.size == s.inner;
            for first in (0..if single { s.inner } else { 1 }).step_by(32) {
                let end = if single { s.inner.min(first + 32) } else { s.size };
                grad.weights(&s, &mut gw2.slice()[first..end], &mut gb2.slice()[first..end], first);
            }
        }
        if batch || s.has_rows() {
            assert_eq!(gx2.check(&what), gx, "{what}");
            assert_eq!((gw2.check(&what), gb2.check(&what)), (&gw[..], &gb[..]), "{what}");
        }
    }
}
