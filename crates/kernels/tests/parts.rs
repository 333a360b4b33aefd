//! Work cut by outputs, as threads cut it: the parts have the bits of the whole, since no sum is ever cut. Pools are cut by
//! planes; products, recurrences, convolutions and what goes along a dimension have files of their own.

mod check;

use check::Random;
use core::ops::Range;
use phyllo_kernels::pool::{avg_pool2d, max_pool2d, Divisor, Pool2d};

/// 0..n in two parts, the first of a multiple of `step`.
fn parts(n: usize, step: usize) -> [Range<usize>; 2] {
    let middle = (n / 2).next_multiple_of(step).min(n);
    [0..middle, middle..n]
}

fn assert_bits(whole: &[f32], parts: &[f32], what: &str) {
    assert!(whole.iter().zip(parts).all(|(a, b)| a.to_bits() == b.to_bits() && !a.is_nan()), "{what}");
}

/// f(all, y) against f(part, its part of y), an output of `len` numbers for each of n things.
fn assert_same(f: &dyn Fn(Range<usize>, &mut [f32]), parts: &[Range<usize>], n: usize, len: usize, what: &str) {
    let (mut whole, mut pieces) = (vec![f32::NAN; n * len], vec![f32::NAN; n * len]);
    f(0..n, &mut whole);
    for part in parts.iter().filter(|part| !part.is_empty()) {
        f(part.clone(), &mut pieces[part.start * len..part.end * len]);
    }
    assert_bits(&whole, &pieces, what);
}

#[test]
fn pools_by_planes() {
    let mut random = Random::new(14);
    for (k, s, p) in [(2, 2, 0), (3, 2, 0), (3, 1, 1), (4, 3, 2)] {
        let (h, w) = (13, 17);
        let [oh, ow] = [h, w].map(|n| (n + 2 * p - k) / s + 1);
        let planes = 5;
        let x = random.numbers(planes * h * w);
        let of =
            |planes: usize| Pool2d { planes, h, w, oh, ow, kh: k, kw: k, sh: s, sw: s, ph: p, pw: p, dh: 1, dw: 1 };
        let max = |r: Range<usize>, y: &mut [f32]| {
            max_pool2d::<u8>(&of(r.len()), &x[r.start * h * w..], y, None);
        };
        assert_same(&max, &parts(planes, 1), planes, oh * ow, &format!("max pool {k} {s} {p}"));
        let average = |r: Range<usize>, y: &mut [f32]| {
            avg_pool2d(&of(r.len()), &x[r.start * h * w..], y, Divisor::Pixels);
        };
        assert_same(&average, &parts(planes, 1), planes, oh * ow, &format!("average pool {k} {s} {p}"));
    }
}
