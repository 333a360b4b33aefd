//! Philox against the vectors that its authors published, and what is made of its words against the definitions.

mod check;

use std::cell::Cell;

use check::Guarded;
use phyllo_kernels::random::{bits, draw, dropout, normal, philox, uniform, Key};
use phyllo_kernels::simd::I32x4;
use phyllo_kernels::variates::{gamma_log, poisson};

fn cells<T>(x: &mut [T]) -> &[Cell<T>] {
    Cell::from_mut(x).as_slice_of_cells()
}

/// One block, written as the paper writes it.
fn block(mut c: [u32; 4], mut k: [u32; 2]) -> [u32; 4] {
    for _ in 0..10 {
        let (a, b) = (0xd251_1f53 * u64::from(c[0]), 0xcd9e_8d57 * u64::from(c[2]));
        c = [(b >> 32) as u32 ^ c[1] ^ k[0], b as u32, (a >> 32) as u32 ^ c[3] ^ k[1], a as u32];
        k = [k[0].wrapping_add(0x9e37_79b9), k[1].wrapping_add(0xbb67_ae85)];
    }
    c
}

/// The known answers of Random123 (kat_vectors, philox4x32 10).
const KNOWN: [([u32; 4], [u32; 2], [u32; 4]); 3] = [
    ([0; 4], [0; 2], [0x6627_e8d5, 0xe169_c58d, 0xbc57_ac4c, 0x9b00_dbd8]),
    ([!0; 4], [!0; 2], [0x408f_276d, 0x41c8_3b0e, 0xa20b_c7c6, 0x6d54_51fd]),
    (
        [0x243f_6a88, 0x85a3_08d3, 0x1319_8a2e, 0x0370_7344],
        [0xa409_3822, 0x299f_31d0],
        [0xd16c_fe09, 0x94fd_cceb, 0x5001_e420, 0x2412_6ea1],
    ),
];

#[test]
fn known_answers() {
    for (counter, key, answer) in KNOWN {
        let words = philox(counter.map(|c| I32x4::splat(c as i32)), key.map(|k| k as i32));
        assert_eq!(words.map(|w| w.to_array()), answer.map(|a| [a as i32; 4]));
        assert_eq!(block(counter, key), answer);
    }
}

const KEY: Key = [11, -22, 33, -44];

/// Element i by the contract: word i mod 4 of the block with the counter [i div 4, 0, count0, count1].
fn word(i: usize) -> u32 {
    let [k0, k1, c0, c1] = KEY.map(|k| k as u32);
    block([i as u32 / 4, 0, c0, c1], [k0, k1])[i % 4]
}

fn unit(i: usize) -> f64 {
    f64::from(word(i) >> 8) / 16_777_216.0
}

#[test]
fn elements_follow_from_their_place() {
    for n in (0..=9).chain([15, 16, 17, 31, 1000]) {
        let mut y = Guarded::filled(n, -7, 99);
        bits(&KEY, cells(y.slice()), 0);
        let words: Vec<i32> = (0..n).map(|i| word(i) as i32).collect();
        assert_eq!(y.check("bits"), words);

        let mut y = Guarded::new(n);
        uniform(&KEY, cells(y.slice()), -1.0, 3.0, 0);
        for (i, &y) in y.check("uniform").iter().enumerate() {
            assert!((f64::from(y) - (4.0 * unit(i) - 1.0)).abs() < 3e-7);
        }

        let mut y = Guarded::new(n);
        normal(&KEY, cells(y.slice()), 5.0, 2.0, 0);
        for (i, &y) in y.check("normal").iter().enumerate() {
            let pair = i - i % 2;
            let r = (-2.0 * (1.0 - unit(pair)).ln()).sqrt();
            let (sin, cos) = (std::f64::consts::TAU * unit(pair + 1)).sin_cos();
            let exact = 5.0 + 2.0 * r * if i % 2 == 0 { cos } else { sin };
            assert!((f64::from(y) - exact).abs() < 3e-6, "element {i} is {y}, not {exact}");
        }

        let mut x: Vec<f32> = (0..n).map(|i| i as f32 + 1.0).collect();
        let mut y = Guarded::new(n);
        dropout(cells(&mut x), &KEY, cells(y.slice()), 0.25, 0);
        for (i, &y) in y.check("dropout").iter().enumerate() {
            assert_eq!(y, if unit(i) >= 0.25 { x[i] * (1.0 / 0.75) } else { 0.0 });
        }
        let in_place = cells(&mut x);
        dropout(in_place, &KEY, in_place, 0.25, 0);
        assert_eq!(x, y.check("dropout"));
    }
}

#[test]
fn dropout_of_everything_and_nothing() {
    let (mut x, mut y) = ([1.0, f32::NAN, f32::INFINITY, 4.0, 5.0], [7.0; 5]);
    dropout(cells(&mut x), &KEY, cells(&mut y), 1.0, 0);
    assert_eq!(y, [0.0; 5]);
    dropout(cells(&mut x[3..]), &KEY, cells(&mut y[3..]), 0.0, 0);
    assert_eq!(y[3..], [4.0, 5.0]);
}

#[test]
fn draws_count_in_64_bits() {
    let (mut state, mut key) = ([1, 2, -2, 7], [0; 4]);
    draw(&mut state, &mut key);
    assert_eq!((key, state), ([1, 2, -2, 7], [1, 2, -1, 7]));
    draw(&mut state, &mut key);
    assert_eq!((key, state), ([1, 2, -1, 7], [1, 2, 0, 8]));
    state = [1, 2, -1, -1];
    draw(&mut state, &mut key);
    assert_eq!(state, [1, 2, 0, 0]);
}

#[test]
fn moments_of_variates() {
    let n = 1 << 18;
    let mut y = vec![0.0; n];
    let moments = |y: &[f32], f: fn(f64) -> f64| {
        let mean = y.iter().map(|&y| f(y.into())).sum::<f64>() / n as f64;
        (mean, y.iter().map(|&y| (f(y.into()) - mean).powi(2)).sum::<f64>() / n as f64)
    };
    for alpha in [0.1, 0.5, 1.0, 2.5, 100.0] {
        gamma_log(&KEY, &vec![alpha as f32; n], cells(&mut y), 0);
        let (mean, variance) = moments(&y, f64::exp);
        let error = (alpha / n as f64).sqrt();
        assert!(
            (mean - alpha).abs() < 5.0 * error && (variance / alpha - 1.0).abs() < 0.05,
            "{alpha}: {mean}, {variance}"
        );
    }
    for rate in [0.0, 0.3, 5.0, 9.9, 10.0, 30.0, 1e4, 1e8] {
        poisson(&KEY, &vec![rate as f32; n], cells(&mut y), 0);
        let (mean, variance) = moments(&y, |y| y);
        let error = (rate / n as f64).sqrt();
        assert!(
            (mean - rate).abs() <= 5.0 * error && (variance - rate).abs() <= 0.02 * rate,
            "{rate}: {mean}, {variance}"
        );
    }
    for wrong in [-1.0, f32::NAN, f32::INFINITY] {
        gamma_log(&KEY, &[wrong], cells(&mut y), 0);
        assert!(y[0].is_nan());
        poisson(&KEY, &[wrong], cells(&mut y), 0);
        assert!(y[0].is_nan());
    }
}

#[test]
fn moments() {
    let n = 1 << 20;
    let mut y = vec![0.0; n];
    uniform(&KEY, cells(&mut y), 0.0, 1.0, 0);
    assert!(y.iter().all(|&y| (0.0..1.0).contains(&y)));
    let mean = |y: &[f32], f: fn(f64) -> f64| y.iter().map(|&y| f(y.into())).sum::<f64>() / n as f64;
    assert!((mean(&y, |y| y) - 0.5).abs() < 2e-3);
    normal(&KEY, cells(&mut y), 0.0, 1.0, 0);
    assert!(mean(&y, |y| y).abs() < 5e-3);
    assert!((mean(&y, |y| y * y) - 1.0).abs() < 7e-3);
    assert!((mean(&y, |y| y.powi(4)) - 3.0).abs() < 5e-2);
}
