//! Factorisations against what they are of, by products in f64: A = P L U, L Lᵀ, Q R, V w Vᵀ, U s Vᵀ; solutions by what
//! is left of B; the exponential by its series.

mod check;

use check::{Guarded, Random};
use phyllo_kernels::linalg::*;

const SIZES: [usize; 9] = [0, 1, 2, 3, 5, 8, 17, 64, 200];

/// A matrix in f64.
#[derive(Clone)]
struct Matrix {
    rows: usize,
    columns: usize,
    x: Vec<f64>,
}

impl Matrix {
    fn new(rows: usize, columns: usize, f: impl Fn(usize, usize) -> f64) -> Self {
        Self { rows, columns, x: (0..rows * columns).map(|i| f(i / columns, i % columns)).collect() }
    }
    fn of(rows: usize, columns: usize, x: &[f32]) -> Self {
        Self { rows, columns, x: x.iter().map(|&x| f64::from(x)).collect() }
    }
    fn random(rows: usize, columns: usize, random: &mut Random) -> Self {
        Self::of(rows, columns, &random.numbers(rows * columns))
    }
    fn at(&self, i: usize, j: usize) -> f64 {
        self.x[i * self.columns + j]
    }
    fn t(&self) -> Self {
        Self::new(self.columns, self.rows, |i, j| self.at(j, i))
    }
    fn times(&self, other: &Self) -> Self {
        assert_eq!(self.columns, other.rows);
        Self::new(self.rows, other.columns, |i, j| (0..self.columns).map(|p| self.at(i, p) * other.at(p, j)).sum())
    }
    fn narrow(&self) -> Vec<f32> {
        self.x.iter().map(|&x| x as f32).collect()
    }
    fn largest(&self) -> f64 {
        self.x.iter().fold(0.0, |m, x| m.max(x.abs()))
    }
    fn diagonal(d: &[f32]) -> Self {
        Self::new(d.len(), d.len(), |i, j| if i == j { f64::from(d[i]) } else { 0.0 })
    }
    fn identity(n: usize) -> Self {
        Self::diagonal(&vec![1.0; n])
    }
    #[track_caller]
    fn assert_is(&self, other: &Self, bound: f64, what: &str) {
        assert_eq!((self.rows, self.columns), (other.rows, other.columns), "{what}");
        let off =
            self.x
                .iter()
                .zip(&other.x)
                .fold(0.0_f64, |m, (x, y)| if (x - y).is_nan() { f64::NAN } else { m.max((x - y).abs()) });
        assert!(off <= bound, "{what} [{}, {}]: off by {off:e}, not {bound:e}", self.rows, self.columns);
    }
}

/// Of some size: random, of rank 1 or 2 less, with singular values from 1 down to 1e-6, with repeated ones, and zero.
fn matrices(m: usize, n: usize) -> Vec<(&'static str, Matrix)> {
    let mut random = Random::new((m * 1000 + n) as u64);
    let k = m.min(n);
    let mut of = |rank: usize| Matrix::random(m, rank, &mut random).times(&Matrix::random(rank, n, &mut random));
    let (deficient, thin) = (of(k.saturating_sub(2).max(1)), of(1));
    let mut all = vec![("random", Matrix::random(m, n, &mut random)), ("deficient", deficient), ("rank 1", thin)];
    let (q, _) = factored(&Matrix::random(m, k, &mut random), k);
    let (p, _) = factored(&Matrix::random(n, k, &mut random), k);
    let graded: Vec<f32> = (0..k).map(|i| 10f32.powf(-6.0 * i as f32 / k as f32)).collect();
    let repeated: Vec<f32> = (0..k).map(|i| (i / 3) as f32).collect();
    all.push(("graded", q.times(&Matrix::diagonal(&graded)).times(&p.t())));
    all.push(("repeated", q.times(&Matrix::diagonal(&repeated)).times(&p.t())));
    all.push(("zero", Matrix::new(m, n, |_, _| 0.0)));
    all.push(("ones", Matrix::new(m, n, |_, _| 1.0)));
    all
}

/// Shapes around the square ones.
fn shapes() -> impl Iterator<Item = (usize, usize)> {
    SIZES.into_iter().flat_map(|n| [(n, n), (n + 3, n), (n / 2, n)]).filter(|&(m, n)| m == n || n < 200)
}

/// Q and R by the kernel.
fn factored(a: &Matrix, columns: usize) -> (Matrix, Matrix) {
    let (m, n) = (a.rows, a.columns);
    let (mut q, mut r) = (Guarded::new(m * columns), Guarded::new(columns * n));
    let mut room = vec![f32::NAN; qr_workspace(m, n, columns)];
    qr(&a.narrow(), q.slice(), r.slice(), [1, m, n, columns], &mut room);
    (Matrix::of(m, columns, q.check("qr")), Matrix::of(columns, n, r.check("qr")))
}

#[test]
fn qr_is_orthonormal_times_triangular() {
    for (m, n) in shapes() {
        for (kind, a) in matrices(m, n) {
            let a = Matrix::of(m, n, &a.narrow());
            for columns in [m.min(n), m] {
                let (q, r) = factored(&a, columns);
                q.t().times(&q).assert_is(&Matrix::identity(columns), 3e-7, kind);
                q.times(&r).assert_is(&a, 3e-7 * a.largest() * (m.min(n) as f64).sqrt().max(1.0), kind);
                r.assert_is(&Matrix::new(columns, n, |i, j| if i <= j { r.at(i, j) } else { 0.0 }), 0.0, kind);
            }
        }
    }
}

#[test]
fn lu_is_its_parts() {
    for (m, n) in shapes() {
        let k = m.min(n);
        for (kind, a) in matrices(m, n) {
            let a = Matrix::of(m, n, &a.narrow());
            // Two in a batch.
            let both: Vec<f32> = [a.narrow(), a.narrow()].concat();
            let mut w = Guarded::new(2 * m * n);
            let mut pivots = Guarded::filled(2 * k, -7, 99);
            let mut info = Guarded::filled(2, -7, 99);
            let mut room = vec![f32::NAN; lu_workspace(m, n)];
            lu(&both, w.slice(), pivots.slice(), info.slice(), [2, m, n], &mut room);
            let w = Matrix::of(m, n, &w.check("lu")[m * n..]);
            let (pivots, info) = (&pivots.check("lu")[k..], info.check("lu")[1]);
            let l = Matrix::new(m, k, |i, j| if i > j { w.at(i, j) } else { f64::from(i == j) });
            let u = Matrix::new(k, n, |i, j| if i <= j { w.at(i, j) } else { 0.0 });
            assert!(l.largest() <= 1.0, "{kind}: a multiplier of {}", l.largest());
            let mut y = vec![0.0; m * n];
            permute_rows(pivots, &l.times(&u).narrow(), &mut y, [1, m, n, k], true);
            Matrix::of(m, n, &y).assert_is(&a, 4e-7 * u.largest().max(a.largest()), kind);
            let zero = (0..k).find(|&i| u.at(i, i) == 0.0).map_or(0, |i| i + 1);
            assert_eq!(info as usize, zero, "{kind} {m} {n}");
            if kind == "zero" && k > 0 || kind == "ones" && k > 1 {
                assert!(info > 0, "{kind} {m} {n}");
            }
        }
    }
}

#[test]
fn solutions_leave_nothing() {
    let mut random = Random::new(3);
    for n in SIZES {
        let a = Matrix::random(n, n, &mut random);
        let mut w = vec![0.0; n * n];
        let (mut pivots, mut info) = (vec![0; n], [0]);
        lu(&a.narrow(), &mut w, &mut pivots, &mut info, [1, n, n], &mut vec![0.0; lu_workspace(n, n)]);
        for k in [0, 1, 5, 40] {
            let b = Matrix::random(n, k, &mut random);
            let mut room = vec![f32::NAN; solve_workspace(n, k)];
            for transposed in [false, true] {
                let mut x = Guarded::new(n * k);
                lu_solve(&w, &pivots, &b.narrow(), x.slice(), [1, n, k], transposed, &mut room);
                let x = Matrix::of(n, k, x.check("lu_solve"));
                let a = if transposed { a.t() } else { a.clone() };
                a.times(&x).assert_is(&b, 2e-7 * (n as f64) * x.largest().max(1.0), "lu_solve");
            }
            // Well conditioned, as is every triangle whose diagonal dominates. What must not be read is NaN.
            for flags in 0..8 {
                let [upper, transposed, unit] = [1, 2, 4].map(|bit| flags & bit != 0);
                let t = Matrix::new(n, n, |i, j| {
                    let inside = if upper { i < j } else { i > j };
                    match i == j {
                        true if unit => f64::NAN,
                        true => 2.0 + a.at(i, j),
                        false if inside => a.at(i, j) / n as f64,
                        false => f64::NAN,
                    }
                });
                let mut x = Guarded::new(n * k);
                triangular_solve(&t.narrow(), &b.narrow(), x.slice(), [1, n, k], [upper, transposed, unit], &mut room);
                let x = Matrix::of(n, k, x.check("triangular_solve"));
                let whole = Matrix::new(n, n, |i, j| match i == j {
                    true if unit => 1.0,
                    _ if t.at(i, j).is_nan() => 0.0,
                    _ => f64::from(t.at(i, j) as f32),
                });
                let whole = if transposed { whole.t() } else { whole };
                whole.times(&x).assert_is(&b, 1e-6, "triangular_solve");
            }
        }
    }
}

#[test]
fn inverses_of_ill_conditioned_matrices() {
    for n in [2, 3, 5, 8, 17, 64] {
        let (_, a) = matrices(n, n).swap_remove(3); // condition 1e6
        let a = Matrix::of(n, n, &a.narrow());
        let mut w = vec![0.0; n * n];
        let (mut pivots, mut info) = (vec![0; n], [0]);
        lu(&a.narrow(), &mut w, &mut pivots, &mut info, [1, n, n], &mut vec![0.0; lu_workspace(n, n)]);
        let mut x = vec![0.0; n * n];
        let identity = Matrix::identity(n).narrow();
        lu_solve(&w, &pivots, &identity, &mut x, [1, n, n], false, &mut vec![0.0; solve_workspace(n, n)]);
        let x = Matrix::of(n, n, &x);
        // A column's residual is small beside |A||x|, whatever the condition.
        a.times(&x).assert_is(&Matrix::identity(n), 3e-7 * n as f64 * a.largest() * x.largest(), "inverse");
    }
}

#[test]
fn cholesky_is_a_square_root() {
    for n in SIZES {
        let mut random = Random::new(n as u64);
        let b = Matrix::random(n, n + 2, &mut random);
        let a = Matrix::of(n, n, &b.times(&b.t()).narrow());
        // Above the diagonal nothing is read.
        let lower = Matrix::new(n, n, |i, j| if i >= j { a.at(i, j) } else { f64::NAN });
        let (mut l, mut info) = (Guarded::new(n * n), [-7]);
        let mut room = vec![f32::NAN; cholesky_workspace(n)];
        cholesky(&lower.narrow(), l.slice(), &mut info, [1, n], &mut room);
        let l = Matrix::of(n, n, l.check("cholesky"));
        assert_eq!(info, [0]);
        l.times(&l.t()).assert_is(&a, 2e-7 * a.largest(), "cholesky");
        for order in 1..=n.min(20) {
            for bad in [-1.0, 0.0, f32::NAN] {
                let mut a = lower.narrow();
                // The rest of the row is as it was: a minor that is not positive.
                a[(order - 1) * (n + 1)] = bad;
                cholesky(&a, &mut vec![0.0; n * n], &mut info, [1, n], &mut room);
                assert_eq!(info, [order as i32]);
            }
        }
    }
}

fn eigen(a: &Matrix, vectors: bool) -> (Vec<f32>, Matrix, i32) {
    let n = a.rows;
    let lower = Matrix::new(n, n, |i, j| if i >= j { a.at(i, j) } else { f64::NAN });
    let (mut w, mut v, mut info) = (Guarded::new(n), Guarded::new(n * n), [-7]);
    let mut room = vec![f32::NAN; eigh_workspace(n)];
    eigh(&lower.narrow(), w.slice(), vectors.then(|| v.slice()), &mut info, [1, n], &mut room);
    (w.check("eigh").to_vec(), Matrix::of(n, n, v.check("eigh")), info[0])
}

#[test]
fn eigenvectors_are_orthonormal_and_make_the_matrix() {
    for n in SIZES {
        for (kind, a) in matrices(n, n) {
            let a = Matrix::of(n, n, &Matrix::new(n, n, |i, j| a.at(i, j) + a.at(j, i)).narrow());
            let (w, v, info) = eigen(&a, true);
            assert_eq!(info, 0, "{kind} {n}");
            assert!(w.windows(2).all(|w| w[0] <= w[1]), "{kind} {n}");
            let scale = w.iter().fold(0.0_f64, |m, &w| m.max(f64::from(w.abs())));
            v.t().times(&v).assert_is(&Matrix::identity(n), 3e-7, kind);
            v.times(&Matrix::diagonal(&w)).times(&v.t()).assert_is(&a, 3e-7 * scale, kind);
            assert_eq!(eigen(&a, false).0, w, "{kind} {n}");
        }
    }
}

#[test]
fn singular_vectors_are_orthonormal_and_make_the_matrix() {
    for (m, n) in shapes() {
        let k = m.min(n);
        for (kind, a) in matrices(m, n) {
            let a = Matrix::of(m, n, &a.narrow());
            for full in [false, true] {
                let (p, q) = if full { (m, n) } else { (k, k) };
                let (mut u, mut s, mut vt, mut info) =
                    (Guarded::new(m * p), Guarded::new(k), Guarded::new(q * n), [-7]);
                let mut room = vec![f32::NAN; svd_workspace(m, n, full)];
                svd(&a.narrow(), u.slice(), s.slice(), vt.slice(), &mut info, [1, m, n], full, &mut room);
                assert_eq!(info, [0], "{kind} {m} {n}");
                let (u, vt) = (Matrix::of(m, p, u.check("svd")), Matrix::of(q, n, vt.check("svd")));
                let s = s.check("svd");
                let scale = s.first().map_or(0.0, |&s| f64::from(s));
                assert!(s.windows(2).all(|s| s[0] >= s[1]) && s.iter().all(|&s| s >= 0.0), "{kind} {m} {n}: {s:?}");
                u.t().times(&u).assert_is(&Matrix::identity(p), 3e-7, kind);
                vt.times(&vt.t()).assert_is(&Matrix::identity(q), 3e-7, kind);
                let middle = Matrix::new(p, q, |i, j| if i == j && i < k { f64::from(s[i]) } else { 0.0 });
                u.times(&middle).times(&vt).assert_is(&a, 3e-7 * scale, kind);
                if kind == "graded" {
                    for (i, &s) in s.iter().enumerate() {
                        let exact = 10f64.powf(-6.0 * i as f64 / k as f64);
                        assert!((f64::from(s) - exact).abs() < 1e-6, "{m} {n} {i}: {s} {exact}");
                    }
                }
            }
        }
    }
}

#[test]
fn what_is_not_finite_is_told() {
    for bad in [f64::NAN, f64::INFINITY] {
        let a = Matrix::new(3, 3, |i, j| if (i, j) == (2, 1) { bad } else { 1.0 });
        let (w, v, info) = eigen(&a, true);
        assert!(info == 1 && w.iter().all(|x| x.is_nan()) && v.x.iter().all(|x| x.is_nan()));
        let (mut u, mut s, mut vt, mut info) = ([0.0; 9], [0.0; 3], [0.0; 9], [0]);
        let mut room = vec![0.0; svd_workspace(3, 3, false)];
        svd(&a.narrow(), &mut u, &mut s, &mut vt, &mut info, [1, 3, 3], false, &mut room);
        assert!(info == [1] && u.iter().chain(&s).chain(&vt).all(|x| x.is_nan()));
        let mut y = [0.0; 9];
        matrix_exp(&a.narrow(), &mut y, [1, 3], &mut vec![0.0; matrix_exp_workspace(3)]);
        assert!(y.iter().all(|y| y.is_nan()));
    }
}

#[test]
fn exponentials_are_their_series() {
    for n in SIZES {
        for scale in [0.0, 0.01, 1.0, 6.0] {
            let mut random = Random::new(n as u64);
            let a = random.numbers(n * n).iter().map(|x| x * scale / (n as f32).sqrt()).collect::<Vec<_>>();
            let mut y = Guarded::new(n * n);
            matrix_exp(&a, y.slice(), [1, n], &mut vec![f32::NAN; matrix_exp_workspace(n)]);
            let y = Matrix::of(n, n, y.check("matrix_exp"));
            let a = Matrix::of(n, n, &a);
            let (mut term, mut sum) = (Matrix::identity(n), Matrix::identity(n));
            for i in 1..60 {
                term = term.times(&a);
                term.x.iter_mut().for_each(|x| *x /= f64::from(i));
                sum.x.iter_mut().zip(&term.x).for_each(|(s, t)| *s += t);
            }
            y.assert_is(&sum, 1e-7 * sum.largest(), "matrix_exp");
        }
    }
}
