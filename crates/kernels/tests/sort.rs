//! Sorted rows and running sums against the standard library and loops in f64.

mod check;

use check::{assert_close, cells, Guarded, Random};
use phyllo_kernels::axis::Axis;
use phyllo_kernels::sort::{cumsum, topk, topk_workspace};

#[test]
fn first_of_sorted_rows() {
    let mut random = Random::new(1);
    for n in (0usize..=9).chain([31, 64, 65, 128, 300, 1000]) {
        for rows in [0, 1, 3] {
            for kind in 0..4 {
                let x: Vec<f32> = (0..rows * n)
                    .map(|i| match (kind, random.below(12)) {
                        (0, _) => random.number(),
                        (1, r) => [f32::NAN, f32::INFINITY, f32::NEG_INFINITY, 0.0, -0.0][r % 5],
                        (2, r) => (r % 3) as f32,
                        _ => i as f32,
                    })
                    .collect();
                for k in [0, 1, 2, n / 16, n / 2, n.saturating_sub(1), n] {
                    for descending in [false, true] {
                        if k > n {
                            continue;
                        }
                        let (mut y, mut at) = (Guarded::new(rows * k), Guarded::filled(rows * k, -7, 99));
                        let mut room = vec![f32::NAN; topk_workspace(n, k)];
                        topk(&x, y.slice(), at.slice(), [rows, n, k], descending, &mut room);
                        let (y, at) = (y.check("topk"), at.check("topk"));
                        for row in 0..rows {
                            let x = &x[row * n..(row + 1) * n];
                            let mut places: Vec<i32> = (0..n as i32).collect();
                            // −0 and 0 are equal, NaN is the largest; `sort_by` is stable.
                            places.sort_by(|&a, &b| {
                                let key = |i: i32| (x[i as usize].is_nan(), x[i as usize]);
                                let by = key(a).partial_cmp(&key(b)).unwrap_or(std::cmp::Ordering::Equal);
                                if descending {
                                    by.reverse()
                                } else {
                                    by
                                }
                            });
                            assert_eq!(at[row * k..(row + 1) * k], places[..k], "{k} of {x:?}");
                            let bits = |x: f32| x.to_bits();
                            assert!(
                                (0..k).all(|i| bits(y[row * k + i]) == bits(x[places[i] as usize])),
                                "{k} of {x:?}"
                            );
                        }
                    }
                }
            }
        }
    }
}

#[test]
fn running_sums() {
    let mut random = Random::new(2);
    for n in [0, 1, 2, 5, 100] {
        for (outer, inner) in [(1, 1), (3, 1), (2, 3), (1, 8), (2, 17), (0, 2), (2, 0)] {
            let sizes = [outer, n, inner];
            let x = random.numbers(outer * n * inner);
            let integers: Vec<i32> = x.iter().map(|x| (x * 2e9) as i32).collect();
            for backwards in [false, true] {
                let (mut y, mut z) = (Guarded::new(x.len()), Guarded::filled(x.len(), -7, 99));
                cumsum(&Axis::new(outer, inner), n, &x, cells(y.slice()), backwards);
                cumsum(&Axis::new(outer, inner), n, &integers, cells(z.slice()), backwards);
                let (mut exact, mut whole) = (vec![0.0; x.len()], vec![0i64; x.len()]);
                for e in 0..x.len() {
                    let (first, i) = (e / (n * inner) * n * inner + e % inner, e / inner % n);
                    for k in if backwards { i..n } else { 0..i + 1 } {
                        exact[e] += f64::from(x[first + k * inner]);
                        whole[e] += i64::from(integers[first + k * inner]);
                    }
                }
                assert_close(y.check("cumsum"), &exact, 1e-7, &format!("{sizes:?}"));
                let nearest: Vec<i32> =
                    whole.iter().map(|&y| y.clamp(i32::MIN.into(), i32::MAX.into()) as i32).collect();
                assert_eq!(z.check("cumsum"), nearest, "{sizes:?}");
            }
        }
    }
}

/// Added up in f32, 0.1 a million times is 100,958.
#[test]
fn long_running_sums_stay_exact() {
    let mut y = vec![0.0; 1_000_000];
    cumsum(&Axis::new(1, 1), y.len(), &vec![0.1; y.len()], cells(&mut y), false);
    assert_eq!(y[999_999], (f64::from(0.1f32) * 1e6) as f32);
}
