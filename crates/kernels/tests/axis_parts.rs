//! What goes along a dimension, in parts by the outer dimensions and, where there is one outer index, by columns: the bits
//! of the whole.

mod check;
mod cut;

use check::{cells, Random};
use core::cell::Cell;
use cut::{assert_bits, parts, piece, piece_mut, Pieces};
use phyllo_kernels::axis::{Axis, Start};
use phyllo_kernels::extremes::{max, max_i32};
use phyllo_kernels::index::{index_add, scatter, scatter_add, MAX, SUM};
use phyllo_kernels::nrm2::nrm2;
use phyllo_kernels::reduce::sum_i32;
use phyllo_kernels::softmax::{log_softmax, log_softmax_grad, softmax, softmax_grad};
use phyllo_kernels::sort::cumsum;

/// outer, n, k, inner
const SIZES: [[usize; 4]; 8] = [
    [1, 5, 7, 130],
    [1, 3, 300, 41],
    [1, 9, 2, 16],
    [1, 4, 3, 1],
    [6, 130, 9, 1],
    [3, 7, 4, 21],
    [1, 0, 0, 33],
    [0, 3, 2, 40],
];

/// Runs a part: the axis, where it begins, and what it writes to.
type Run<'a> = &'a dyn Fn(&Axis, Start, &[Cell<f32>]);

/// f of the whole and of two and three parts, writing a tensor of n over what was there before.
fn check(what: &str, axis: &Axis, n: usize, before: &[f32], f: Run) {
    let mut whole = before.to_vec();
    f(axis, axis.whole(), cells(&mut whole));
    let cut = axis.cut(2, 0.0);
    for count in [2, 3] {
        let mut pieces = Pieces::over(before.to_vec());
        for (first, length) in parts(cut.n, cut.grain, count) {
            let (part, start) = axis.part(cut.by, first, length);
            pieces.add(what, |y| f(&part, start, cells(piece_mut(y, start.of(n), part.len(n)))));
        }
        pieces.check(&whole, what);
    }
}

#[test]
fn parts_have_the_bits_of_the_whole() {
    let mut random = Random::new(21);
    for [outer, n, k, inner] in SIZES {
        let axis = Axis::new(outer, inner);
        let [x, g] = [0, 1].map(|_| random.numbers(outer * n * inner));
        let at = |axis: &Axis, start: Start| [piece(&x, start.of(n), axis.len(n)), piece(&g, start.of(n), axis.len(n))];
        let none = vec![f32::NAN; outer * n * inner];
        let along = |what: &str, f: Run| check(&format!("{what} {outer} {n} {inner}"), &axis, n, &none, f);
        along("softmax", &|axis, start, y| softmax(axis, n, at(axis, start)[0], y));
        along("logSoftmax", &|axis, start, y| log_softmax(axis, n, at(axis, start)[0], y));
        along("cumsum", &|axis, start, y| cumsum(axis, n, at(axis, start)[0], y, true));
        along("softmaxGrad", &|axis, start, y| {
            let [x, g] = at(axis, start);
            softmax_grad(axis, n, g, x, y);
        });
        along("logSoftmaxGrad", &|axis, start, y| {
            let [x, g] = at(axis, start);
            log_softmax_grad(axis, n, g, x, y);
        });

        let largest = |axis: &Axis, start: Start, y: &[Cell<f32>]| {
            let mut values = vec![0.0; y.len()];
            max(axis, n, at(axis, start)[0], Some(&mut values), None);
            y.iter().zip(values).for_each(|(y, value)| y.set(value));
        };
        if n > 0 {
            check("max", &axis, 1, &vec![f32::NAN; outer * inner], &largest);
        }

        let [many, places] = [0, 1].map(|_| random.numbers(outer * k * inner));
        let places: Vec<i32> = places.iter().map(|_| random.below(n) as i32).collect();
        let rows: Vec<i32> = (0..k).map(|_| random.below(n) as i32).collect();
        let of = |axis: &Axis, start: Start| {
            (piece(&many, start.of(k), axis.len(k)), piece(&places, start.of(k), axis.len(k)))
        };
        along("scatterAdd", &|axis, start, y| {
            let (g, index) = of(axis, start);
            scatter_add(axis, [n, k], g, index, y);
        });
        along("indexAdd", &|axis, start, y| index_add(axis, [n, k], of(axis, start).0, &rows, y));
        for mode in [SUM, MAX] {
            check("scatter", &axis, n, &x, &|axis, start, y| {
                let (x, index) = of(axis, start);
                scatter(axis, [n, k], x, index, y, mode);
            });
        }
    }
}

/// Sums and norms over the first dimension, of some of the columns [n1, r1], and the largest whole number.
#[test]
fn sums_by_columns() {
    let mut random = Random::new(22);
    for [r0, n1, r1] in [[5, 40, 1], [3, 37, 2], [4, 3, 9]] {
        let x = random.numbers(r0 * n1 * r1);
        let integers: Vec<i32> = x.iter().map(|x| (x * 2e9) as i32).collect();
        let of = |axis: &Axis, start: Start| {
            let (first, n) = (start.of(r0) * r1, axis.len(r0) * r1);
            let (mut norms, mut sums, mut largest) = (vec![0.0; axis.inner], vec![0; axis.inner], vec![0; axis.inner]);
            nrm2(axis, [r0, r1], piece(&x, first, n), &mut norms);
            sum_i32(axis, [r0, r1], piece(&integers, first, n), &mut sums);
            max_i32(axis, r0, piece(&integers, start.of(r0), axis.len(r0)), Some(&mut largest), None);
            (norms, sums, largest)
        };
        let axis = Axis::new(1, n1);
        let (cut, whole) = (axis.cut(2, 0.0), of(&axis, axis.whole()));
        for (first, n) in parts(cut.n, cut.grain, 2) {
            let (part, start) = axis.part(cut.by, first, n);
            let (norms, sums, largest) = of(&part, start);
            let what = format!("{r0} {n1} {r1}");
            assert_bits(&norms, &whole.0[first..][..n], &what);
            assert_eq!(sums, whole.1[first..][..n], "{what}");
            assert_eq!(largest, whole.2[first..][..n], "{what}");
        }
    }
}
