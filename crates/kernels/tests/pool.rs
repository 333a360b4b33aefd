//! Pooling against loops: maxima and what they take exactly, averages to rounding.

mod check;

use check::{assert_close, images, lanes, Guarded, Random};
use phyllo_kernels::pool::{
    avg_pool2d, avg_pool2d_blocked, avg_pool2d_blocked_grad, avg_pool2d_grad, max_pool2d, max_pool2d_blocked,
    max_pool2d_blocked_grad, max_pool2d_grad, max_pool2d_take, Divisor, Pool2d, Tap,
};

const BOUND: f64 = 5e-7;

/// (place in x, place in y, tap) of every pixel of every window, tap by tap in order.
fn taps(g: &Pool2d) -> Vec<(usize, usize, usize)> {
    let mut all = Vec::new();
    for plane in 0..g.planes {
        for o in 0..g.oh * g.ow {
            for tap in 0..g.kh * g.kw {
                let y = (o / g.ow * g.sh + tap / g.kw * g.dh) as isize - g.ph as isize;
                let x = (o % g.ow * g.sw + tap % g.kw * g.dw) as isize - g.pw as isize;
                if (0..g.h as isize).contains(&y) && (0..g.w as isize).contains(&x) {
                    let p = (plane * g.h + y as usize) * g.w + x as usize;
                    all.push((p, plane * g.oh * g.ow + o, tap));
                }
            }
        }
    }
    all
}

/// The same bits, or both NaN.
fn assert_same(y: &[f32], expected: &[f32], what: &str) {
    for (i, (a, b)) in y.iter().zip(expected).enumerate() {
        assert!(a.to_bits() == b.to_bits() || (a.is_nan() && b.is_nan()), "{what}: element {i} is {a}, not {b}");
    }
    assert_eq!(y.len(), expected.len(), "{what}");
}

fn check_max<T: Tap + PartialEq + std::fmt::Debug>(g: &Pool2d, x: &[f32], gy: &[f32], guard: T) {
    let what = format!("max pool {g:?}");
    let outputs = g.planes * g.oh * g.ow;
    let taps = taps(g);
    let mut best: Vec<Option<(f32, usize)>> = vec![None; outputs];
    for &(p, o, tap) in &taps {
        let better = match best[o] {
            None => true,
            Some((value, _)) => x[p] > value || (x[p].is_nan() && !value.is_nan()),
        };
        if better {
            best[o] = Some((x[p], tap));
        }
    }
    let values: Vec<f32> = best.iter().map(|b| b.map_or(f32::NEG_INFINITY, |b| b.0)).collect();
    let winners: Vec<usize> = best.iter().map(|b| b.map_or(0, |b| b.1)).collect();

    let (mut y, mut at) = (Guarded::new(outputs), Guarded::filled(outputs, guard, guard));
    max_pool2d(g, x, y.slice(), Some(at.slice()));
    assert_same(y.check(&what), &values, &what);
    assert_eq!(at.check(&what).iter().map(|t| t.number()).collect::<Vec<_>>(), winners, "{what}");
    let mut alone = Guarded::new(outputs);
    max_pool2d::<T>(g, x, alone.slice(), None);
    assert_same(alone.check(&what), &values, &what);

    let mut expected_gx = vec![0.0; x.len()];
    let mut expected_taken = vec![0.0; outputs];
    for &(p, o, tap) in &taps {
        if tap == winners[o] {
            expected_gx[p] += gy[o];
            expected_taken[o] = x[p];
        }
    }
    let (mut gx, mut taken) = (Guarded::new(x.len()), Guarded::new(outputs));
    max_pool2d_grad(g, gy, at.check(&what), gx.slice());
    assert_same(gx.check(&what), &expected_gx, &what);
    max_pool2d_take(g, x, at.check(&what), taken.slice());
    assert_same(taken.check(&what), &expected_taken, &what);
}

fn check_average(g: &Pool2d, x: &[f32], gy: &[f32]) {
    let places = |o: usize, pad_h: usize, pad_w: usize| {
        let (i, j) = (o / g.ow % g.oh, o % g.ow);
        let inside = |start: usize, size: usize, pad0: usize, pad: usize, length: usize| {
            let counted = (0..size).filter(|u| {
                let at = (start + u) as isize - pad0 as isize;
                at >= -(pad as isize) && at < (length + pad) as isize
            });
            counted.count()
        };
        (inside(i * g.sh, g.kh, g.ph, pad_h, g.h) * inside(j * g.sw, g.kw, g.pw, pad_w, g.w)) as f64
    };
    for divisor in [Divisor::Pixels, Divisor::Places, Divisor::Number(3.0)] {
        let what = format!("average pool {g:?} by {divisor:?}");
        let divide = |o: usize| match divisor {
            Divisor::Pixels => places(o, 0, 0),
            Divisor::Places => places(o, g.ph, g.pw),
            Divisor::Number(x) => f64::from(x),
        };
        let (mut expected_y, mut expected_gx) = (vec![0.0; gy.len()], vec![0.0; x.len()]);
        for (p, o, _) in taps(g) {
            expected_y[o] += f64::from(x[p]) / divide(o);
            expected_gx[p] += f64::from(gy[o]) / divide(o);
        }
        let (mut y, mut gx) = (Guarded::new(gy.len()), Guarded::new(x.len()));
        avg_pool2d(g, x, y.slice(), divisor);
        assert_close(y.check(&what), &expected_y, BOUND, &what);
        avg_pool2d_grad(g, gy, gx.slice(), divisor);
        assert_close(gx.check(&what), &expected_gx, BOUND, &what);
    }
}

/// Few different numbers, so that windows have ties; zeros of both signs, infinities, and now and then NaN.
fn awkward(n: usize, random: &mut Random) -> Vec<f32> {
    let few = [0.0, -0.0, 1.0, -1.0, 0.5, 2.0, f32::INFINITY, f32::NEG_INFINITY];
    (0..n)
        .map(|_| match random.below(12) {
            0 => f32::NAN,
            i if i < 9 => few[i - 1],
            _ => random.number(),
        })
        .collect()
}

/// A batch of n images in the blocked layout, c planes each, gets the bits that it gets one by one; `g` is of a block of eight.
fn check_lanes<T: Tap + PartialEq + std::fmt::Debug>(g: &Pool2d, n: usize, x: &[f32], gy: &[f32], guard: T) {
    let what = format!("pool in lanes, {n} images, {g:?}");
    let c = g.planes;
    let (blocks, batch) = (Pool2d { planes: n.div_ceil(8) * c, ..*g }, Pool2d { planes: n * c, ..*g });
    let (size, outputs, taps) = (c * g.h * g.w, c * g.oh * g.ow, g.kh * g.kw);
    let (x_lanes, g_lanes) = (lanes(n, size, x, f32::NAN), lanes(n, outputs, gy, f32::NAN));

    for relu in [false, true] {
        let (mut values, mut winners) = (vec![0.0; n * outputs], vec![guard; n * outputs]);
        max_pool2d(&batch, x, &mut values, Some(&mut winners));
        if relu {
            for (value, winner) in values.iter_mut().zip(&mut winners) {
                if *value <= 0.0 {
                    (*value, *winner) = (0.0, T::new(taps));
                }
            }
        }
        let (mut y, mut at) = (Guarded::new(g_lanes.len()), Guarded::filled(g_lanes.len(), guard, guard));
        max_pool2d_blocked(&blocks, &x_lanes, y.slice(), Some(at.slice()), relu);
        assert_same(&images(n, outputs, y.check(&what)), &values, &what);
        assert_eq!(images(n, outputs, at.check(&what)), winners, "{what}");
        let mut alone = Guarded::new(g_lanes.len());
        max_pool2d_blocked::<T>(&blocks, &x_lanes, alone.slice(), None, relu);
        assert_same(&images(n, outputs, alone.check(&what)), &values, &what);

        let arrived = |o: usize| if winners[o].number() == taps { 0.0 } else { gy[o] };
        let masked: Vec<f32> = (0..n * outputs).map(arrived).collect();
        let kept: Vec<T> = winners.iter().map(|&at| if at.number() == taps { T::new(0) } else { at }).collect();
        let mut expected = vec![0.0; n * size];
        max_pool2d_grad(&batch, &masked, &kept, &mut expected);
        let mut gx = Guarded::new(x_lanes.len());
        max_pool2d_blocked_grad(&blocks, &g_lanes, at.check(&what), gx.slice());
        assert_same(&images(n, size, gx.check(&what)), &expected, &what);
    }

    if [g.dh, g.dw] == [1, 1] {
        for divisor in [Divisor::Pixels, Divisor::Places, Divisor::Number(3.0)] {
            let (mut expected_y, mut expected_gx) = (vec![0.0; n * outputs], vec![0.0; n * size]);
            avg_pool2d(&batch, x, &mut expected_y, divisor);
            avg_pool2d_grad(&batch, gy, &mut expected_gx, divisor);
            let (mut y, mut gx) = (Guarded::new(g_lanes.len()), Guarded::new(x_lanes.len()));
            avg_pool2d_blocked(&blocks, &x_lanes, y.slice(), divisor);
            assert_same(&images(n, outputs, y.check(&what)), &expected_y, &what);
            avg_pool2d_blocked_grad(&blocks, &g_lanes, gx.slice(), divisor);
            assert_same(&images(n, size, gx.check(&what)), &expected_gx, &what);
        }
    }
}

fn check(g: &Pool2d, random: &mut Random) {
    let (size, outputs) = (g.planes * g.h * g.w, g.planes * g.oh * g.ow);
    let gy = random.numbers(outputs);
    for x in [random.numbers(size), awkward(size, random)] {
        if g.kh * g.kw <= 256 {
            check_max::<u8>(g, &x, &gy, 251);
        }
        check_max::<i32>(g, &x, &gy, -77);
    }
    if g.dh == 1 && g.dw == 1 {
        check_average(g, &random.numbers(size), &gy);
    }
    let n = [0, 1, 8, 11][random.below(4)];
    for x in [random.numbers(n * size), awkward(n * size, random)] {
        let gy = random.numbers(n * outputs);
        if g.kh * g.kw <= 255 {
            check_lanes::<u8>(g, n, &x, &gy, 251);
        }
        check_lanes::<i32>(g, n, &x, &gy, -77);
    }
}

#[test]
fn every_window() {
    let mut random = Random::new(1);
    let mut cases = 0;
    for (kh, kw) in [(1, 1), (2, 2), (2, 3), (3, 3), (3, 1)] {
        for (sh, sw) in [(1, 1), (2, 2), (2, 1), (3, 3)] {
            for (ph, pw) in [(0, 0), (1, 1), (0, 2)] {
                for (dh, dw) in [(1, 1), (2, 1), (2, 3)] {
                    for rounded_up in [false, true] {
                        let (h, w) = (kh * dh + random.below(7), kw * dw + random.below(9));
                        let size = |length: usize, kernel: usize, stride: usize, pad: usize, dilation: usize| {
                            let room = length + 2 * pad - (kernel - 1) * dilation - 1;
                            if rounded_up {
                                room.div_ceil(stride) + 1
                            } else {
                                room / stride + 1
                            }
                        };
                        let (oh, ow) = (size(h, kh, sh, ph, dh), size(w, kw, sw, pw, dw));
                        let planes = random.below(4);
                        check(&Pool2d { planes, h, w, oh, ow, kh, kw, sh, sw, ph, pw, dh, dw }, &mut random);
                        cases += 1;
                    }
                }
            }
        }
    }
    println!("pool: {cases} windows");
}

#[test]
fn halving() {
    let mut random = Random::new(2);
    let mut cases = 0;
    for w in 0..=21 {
        for h in [0, 1, 2, 3, 6, 7] {
            let g = Pool2d {
                planes: 3,
                h,
                w,
                oh: h / 2,
                ow: w / 2,
                kh: 2,
                kw: 2,
                sh: 2,
                sw: 2,
                ph: 0,
                pw: 0,
                dh: 1,
                dw: 1,
            };
            check(&g, &mut random);
            cases += 1;
        }
    }
    println!("pool: {cases} halvings");
}

#[test]
fn wide_windows() {
    let mut random = Random::new(3);
    let g = Pool2d { planes: 2, h: 20, w: 23, oh: 2, ow: 3, kh: 18, kw: 19, sh: 2, sw: 2, ph: 0, pw: 0, dh: 1, dw: 1 };
    check(&g, &mut random);
    println!("pool: a window of {} taps", g.kh * g.kw);
}
