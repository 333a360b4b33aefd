//! Operations on rows, from which the factorisations are made.

/// Σ x y, in four sums.
pub fn dot(x: &[f64], y: &[f64]) -> f64 {
    let ((x, x_rest), (y, y_rest)) = (x.as_chunks::<4>(), y.as_chunks::<4>());
    let mut sums = [0.0; 4];
    for (x, y) in x.iter().zip(y) {
        for i in 0..4 {
            sums[i] += x[i] * y[i];
        }
    }
    let rest = x_rest.iter().zip(y_rest).fold(0.0, |sum, (x, y)| sum + x * y);
    (sums[0] + sums[2]) + (sums[1] + sums[3]) + rest
}

/// y ← y + a x.
pub fn axpy(a: f64, x: &[f64], y: &mut [f64]) {
    y.iter_mut().zip(x).for_each(|(y, x)| *y += a * x);
}

/// y ← y + Σ aᵢ xᵢ: four rows at a time take half the loads and a fourth of the stores of one after another.
#[inline(never)]
fn axpy4([a, b, c, d]: [f64; 4], [p, q, r, s]: [&[f64]; 4], y: &mut [f64]) {
    let n = y.len();
    let (p, q, r, s) = (&p[..n], &q[..n], &r[..n], &s[..n]);
    for j in 0..n {
        y[j] += (a * p[j] + b * q[j]) + (c * r[j] + d * s[j]);
    }
}

/// y ← y + Σ aᵢ xᵢ over `count` factors and rows.
#[inline(always)]
pub fn add_rows<'a>(y: &mut [f64], count: usize, term: impl Fn(usize) -> (f64, &'a [f64])) {
    let fours = count / 4 * 4;
    for i in (0..fours).step_by(4) {
        let (p, q, r, s) = (term(i), term(i + 1), term(i + 2), term(i + 3));
        axpy4([p.0, q.0, r.0, s.0], [p.1, q.1, r.1, s.1], y);
    }
    for i in fours..count {
        let (a, x) = term(i);
        axpy(a, x, y);
    }
}

/// Two rows of length n of a matrix, the first above the second.
pub fn two_rows(x: &mut [f64], n: usize, first: usize, second: usize) -> (&mut [f64], &mut [f64]) {
    let (above, below) = x.split_at_mut(second * n);
    (&mut above[first * n..][..n], &mut below[..n])
}

/// Exchanges rows i and j of length n, which may be one.
pub fn swap_rows<T>(x: &mut [T], n: usize, i: usize, j: usize) {
    let (first, second) = (i.min(j), i.max(j));
    if first < second {
        let (above, below) = x.split_at_mut(second * n);
        above[first * n..][..n].swap_with_slice(&mut below[..n]);
    }
}
