//! copy between random layouts against one loop over the index space.

mod check;

use std::cell::Cell;

use check::{Guarded, Random};
use phyllo_kernels::copy::{copy, Transpose};

type Layout = (usize, [isize; 4]);

/// A layout in which no two indices share an element: axes in a random order, some backwards, with room between.
fn layout(n: [usize; 4], random: &mut Random, dense: bool) -> (Layout, usize) {
    let mut order = [0, 1, 2, 3];
    for i in (1..4).rev() {
        order.swap(i, random.below(i + 1));
    }
    let (mut strides, mut start, mut step) = ([0; 4], 0, 1);
    for i in order {
        let backwards = !dense && random.below(4) == 0;
        strides[i] = if backwards { -(step as isize) } else { step as isize };
        start += if backwards { (n[i].max(1) - 1) * step } else { 0 };
        step *= n[i].max(1) + if dense { 0 } else { random.below(3) };
    }
    ((start, strides), step)
}

fn check<T: Transpose + PartialEq + std::fmt::Debug>(
    n: [usize; 4], (x_layout, y_layout): (Layout, Layout), lengths: (usize, usize), number: impl Fn(usize) -> T,
    (fill, guard): (T, T),
) {
    let mut x: Vec<T> = (0..lengths.0).map(number).collect();
    let mut y = Guarded::filled(lengths.1, fill, guard);
    let mut expected = vec![fill; lengths.1];
    let at = |(start, s): Layout, i: [usize; 4]| start.wrapping_add_signed((0..4).map(|k| i[k] as isize * s[k]).sum());
    for i in 0..n[0] {
        for j in 0..n[1] {
            for k in 0..n[2] {
                for l in 0..n[3] {
                    expected[at(y_layout, [i, j, k, l])] = x[at(x_layout, [i, j, k, l])];
                }
            }
        }
    }
    let cells = |x| Cell::from_mut(x).as_slice_of_cells();
    copy::<T>(cells(&mut x[..]), cells(y.slice()), n, x_layout, y_layout);
    assert_eq!(y.check("copy"), expected, "{n:?} from {x_layout:?} to {y_layout:?}");
}

#[test]
fn random_layouts() {
    let mut random = Random::new(1);
    for round in 0..3000 {
        let n = std::array::from_fn(|_| random.below(if round % 2 == 0 { 6 } else { 3 }) + usize::from(round % 7 != 0));
        let dense = round % 3 == 0;
        let (mut x, x_length) = layout(n, &mut random, dense);
        let (y, y_length) = layout(n, &mut random, dense);
        if round % 5 == 0 {
            // A repeated axis of x.
            x.1[random.below(4)] = 0;
        }
        check(n, (x, y), (x_length, y_length), |i| i as i32, (-7, -1));
        check(n, (x, y), (x_length, y_length), |i| i as u8, (7, 1));
    }
}

/// Sizes around the register block of 4 and the cache tile of 32, in every order of axes.
#[test]
fn transposes() {
    let orders = [[0, 1, 2, 3], [0, 1, 3, 2], [0, 3, 1, 2], [3, 2, 1, 0], [1, 0, 3, 2], [2, 3, 0, 1]];
    for (rows, columns) in [(1, 1), (3, 4), (4, 3), (4, 4), (5, 7), (8, 9), (31, 33), (32, 32), (64, 37), (100, 3)] {
        for order in orders {
            let mut n = [2, 1, 1, 1];
            n[2] = rows;
            n[3] = columns;
            let (mut strides, mut step) = ([0; 4], 1);
            for i in order.into_iter().rev() {
                strides[i] = step as isize;
                step *= n[i];
            }
            let dense = [(rows * columns) as isize, (rows * columns) as isize, columns as isize, 1];
            check(n, ((0, strides), (0, dense)), (step, step), |i| i as i32, (-7, -1));
            check(n, ((0, dense), (0, strides)), (step, step), |i| (i * 7) as u8, (7, 1));
        }
    }
}
