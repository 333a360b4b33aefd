//! Gathering and scattering against their definitions.

mod check;

use check::{assert_close, cells, Guarded, Random};
use phyllo_kernels::axis::Axis;
use phyllo_kernels::index::{
    gather, index_add, index_outside, index_select, scatter, scatter_add, scatter_i32, MAX, PROD, SET, SUM,
};

/// outer, n, k, inner
const SIZES: [[usize; 4]; 12] = [
    [1, 1, 1, 1],
    [1, 5, 7, 1],
    [2, 3, 4, 5],
    [3, 4, 1, 17],
    [1, 2, 9, 33],
    [2, 3, 0, 4],
    [0, 3, 2, 4],
    [2, 3, 2, 0],
    [4, 7, 7, 3],
    [2, 100, 600, 1],
    [1, 70, 300, 11],
    [2, 3, 300, 16],
];

#[test]
fn against_their_definitions() {
    let mut random = Random::new(1);
    for sizes @ [outer, n, k, inner] in SIZES {
        let mut x: Vec<i32> = (0..outer * n * inner).map(|i| i as i32 * 3 - 50).collect();
        let g = random.numbers(outer * k * inner);
        let full: Vec<i32> = (0..outer * k * inner).map(|_| random.below(n) as i32).collect();
        let rows: Vec<i32> = (0..k).map(|_| random.below(n) as i32).collect();
        let each = || (0..outer).flat_map(|o| (0..k).flat_map(move |i| (0..inner).map(move |j| (o, i, j))));

        let mut y = Guarded::filled(outer * k * inner, -7, 99);
        gather(&x, &full, y.slice(), sizes);
        let mut z = Guarded::filled(outer * k * inner, -7, 99);
        index_select::<i32>(cells(&mut x[..]), &rows, cells(z.slice()), sizes);
        let mut bytes: Vec<u8> = x.iter().map(|x| *x as u8).collect();
        let mut b = Guarded::filled(outer * k * inner, 7, 99);
        index_select::<u8>(cells(&mut bytes), &rows, cells(b.slice()), sizes);
        let mut scattered = vec![0.0f64; outer * n * inner];
        let mut added = scattered.clone();
        for (o, i, j) in each() {
            let at = (o * k + i) * inner + j;
            let from = |row: i32| (o * n + row as usize) * inner + j;
            assert_eq!(y.check("gather")[at], x[from(full[at])]);
            assert_eq!(z.check("indexSelect")[at], x[from(rows[i])]);
            assert_eq!(b.check("indexSelect8")[at], bytes[from(rows[i])]);
            scattered[from(full[at])] += f64::from(g[at]);
            added[from(rows[i])] += f64::from(g[at]);
        }
        let mut y = Guarded::new(outer * n * inner);
        let axis = Axis::new(outer, inner);
        scatter_add(&axis, [n, k], &g, &full, cells(y.slice()));
        assert_close(y.check("scatterAdd"), &scattered, 1e-6, "scatterAdd");
        let mut y = Guarded::new(outer * n * inner);
        index_add(&axis, [n, k], &g, &rows, cells(y.slice()));
        assert_close(y.check("indexAdd"), &added, 1e-6, "indexAdd");
    }
}

#[test]
fn scatters_in_every_way() {
    let mut random = Random::new(2);
    for [outer, n, k, inner] in SIZES {
        let axis = Axis::new(outer, inner);
        let index: Vec<i32> = (0..outer * k * inner).map(|_| random.below(n) as i32).collect();
        let x: Vec<f32> = random.numbers(outer * k * inner).iter().map(|x| (x * 8.0).round()).collect();
        let before: Vec<f32> = (0..outer * n * inner).map(|i| (i % 7) as f32 - 3.0).collect();
        let whole = |x: &[f32]| x.iter().map(|x| *x as i32).collect::<Vec<_>>();
        for mode in [SET, SUM, PROD, MAX, MAX + 1] {
            let mut want = before.clone();
            for o in 0..outer {
                for i in 0..k {
                    for j in 0..inner {
                        let at = (o * k + i) * inner + j;
                        let y = &mut want[(o * n + index[at] as usize) * inner + j];
                        *y = match mode {
                            SET => x[at],
                            SUM => *y + x[at],
                            PROD => *y * x[at],
                            MAX => y.max(x[at]),
                            _ => y.min(x[at]),
                        };
                    }
                }
            }
            let mut y = before.clone();
            scatter(&axis, [n, k], &x, &index, cells(&mut y), mode);
            assert_eq!(y, want);
            let mut y = whole(&before);
            scatter_i32(&axis, [n, k], &whole(&x), &index, cells(&mut y), mode);
            if want.iter().all(|x| x.abs() < 16_777_216.0) {
                assert_eq!(y, whole(&want));
            }
        }
    }
    for mode in [MAX, MAX + 1] {
        let mut y = [1.0, f32::NAN];
        scatter(&Axis::new(1, 1), [2, 2], &[f32::NAN, 2.0], &[0, 1], cells(&mut y), mode);
        assert!(y.iter().all(|y| y.is_nan()));
    }
}

#[test]
fn finds_the_first_index_outside() {
    assert_eq!(index_outside(&[], 0), -1);
    assert_eq!(index_outside(&[0], 0), 0);
    assert_eq!(index_outside(&[0, 4, 3], 5), -1);
    assert_eq!(index_outside(&[0, 4, 5, -1], 5), 2);
    assert_eq!(index_outside(&[0, -1, 5], 5), 1);
    assert_eq!(index_outside(&[0, i32::MIN, i32::MAX], 5), 1);
}
