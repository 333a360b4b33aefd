//! Normalisation: mean and variance of groups of numbers, numbers brought to mean 0 and variance 1, and the gradient.
//!
//! x is seen as [outer, n, inner]. The numbers of one group share the middle index: outer · inner of them. One form
//! covers all: features of a sample (layer norm) are [1, samples, features], channels in groups (group norm)
//! [1, samples · groups, channels / groups · pixels], a batch (batch norm) [samples, channels, pixels].

use crate::reduce::Pairwise;
use crate::simd::F32x4;

/// The groups, and which weight belongs to element e: number e / step mod size.
pub struct Norm {
    pub outer: usize,
    pub n: usize,
    pub inner: usize,
    pub size: usize,
    pub step: usize,
}

impl Norm {
    /// Row o of group c, as the range of its elements.
    #[inline(always)]
    fn row(&self, o: usize, c: usize) -> core::ops::Range<usize> {
        let start = (o * self.n + c) * self.inner;
        start..start + self.inner
    }

    #[inline(always)]
    fn weight(&self, e: usize) -> usize {
        e / self.step.max(1) % self.size.max(1)
    }

    /// How many numbers a group has.
    fn count(&self) -> f32 {
        (self.outer * self.inner) as f32
    }

    /// Whether a group is a column, and its weight one number.
    fn has_columns(&self) -> bool {
        self.inner == 1 && self.outer > 1
    }
}

/// Adds f of rows of equal length to several sums at once.
#[inline(always)]
fn add_rows<const K: usize, const N: usize>(
    sums: &mut [Pairwise; N], rows: [&[f32]; K], f: impl Fn([F32x4; K]) -> [F32x4; N],
) {
    let n = rows[0].len();
    let chunks = rows.map(|row| row[..n].as_chunks::<4>());
    let at = |i: usize| f(chunks.map(|(lanes, _)| F32x4::read(&lanes[i])));
    let plus = |a: [F32x4; N], b: [F32x4; N]| core::array::from_fn(|i| a[i] + b[i]);
    let lanes = n / 4;
    let blocks = lanes / 16;
    for block in 0..blocks {
        let first = 16 * block;
        let mut s: [[F32x4; N]; 4] = core::array::from_fn(|i| at(first + i));
        for group in 1..4 {
            s = core::array::from_fn(|i| plus(s[i], at(first + 4 * group + i)));
        }
        let s = plus(plus(s[0], s[1]), plus(s[2], s[3]));
        sums.iter_mut().zip(s).for_each(|(sum, s)| sum.add(s));
    }
    if n == 64 * blocks {
        return;
    }
    let mut s = [F32x4::zero(); N];
    for i in 16 * blocks..lanes {
        s = plus(s, at(i));
    }
    let rest = n % 4;
    if rest > 0 {
        let tail = f(chunks.map(|(_, tail)| F32x4::from_partial(tail, rest)));
        s = plus(s, tail.map(|x| F32x4::from_partial(&x.to_array(), rest)));
    }
    sums.iter_mut().zip(s).for_each(|(sum, s)| sum.add(s));
}

/// Σ f(i) lane by lane over i < n, eight terms at a time and these pairwise.
#[inline(always)]
fn column_sums<const N: usize>(n: usize, f: impl Fn(usize) -> [F32x4; N]) -> [F32x4; N] {
    let mut sums: [Pairwise; N] = core::array::from_fn(|_| Pairwise::new());
    for first in (0..n).step_by(8) {
        let mut s = f(first);
        for i in first + 1..n.min(first + 8) {
            let next = f(i);
            s = core::array::from_fn(|k| s[k] + next[k]);
        }
        sums.iter_mut().zip(s).for_each(|(sum, s)| sum.add(s));
    }
    sums.map(|sum| sum.total())
}

/// y = f of rows of equal length.
#[inline(always)]
fn map_rows<const K: usize>(rows: [&[f32]; K], y: &mut [f32], f: impl Fn([F32x4; K]) -> F32x4) {
    let n = y.len();
    let chunks = rows.map(|row| row[..n].as_chunks::<4>());
    let (lanes, tail) = y.as_chunks_mut::<4>();
    for (i, y) in lanes.iter_mut().enumerate() {
        f(chunks.map(|(lanes, _)| F32x4::read(&lanes[i]))).write(y);
    }
    let rest = tail.len();
    if rest > 0 {
        f(chunks.map(|(_, tail)| F32x4::from_partial(tail, rest))).write_partial(tail, rest);
    }
}

/// 1/√(variance + ε)
#[inline(always)]
fn inverse_deviation(variance: F32x4, eps: f32) -> F32x4 {
    F32x4::splat(1.0) / (variance + F32x4::splat(eps)).sqrt()
}

/// The mean of d about a first mean, and that of d², give mean and variance: the first mean may be off by a rounding.
#[inline(always)]
fn correct(about: F32x4, shift: F32x4, square: F32x4) -> (F32x4, F32x4) {
    let variance = square - shift * shift;
    (about + shift, F32x4::select(variance.lt(F32x4::zero()), F32x4::zero(), variance))
}

/// x [outer, n, inner] → mean [n] and variance [n] over outer and inner, the variance over all numbers, not one less.
/// Not centred, the mean is taken as 0 and the variance is that of x². Two passes over x: squares of distances from
/// the mean do not cancel.
pub fn moments(x: &[f32], mean: &mut [f32], variance: &mut [f32], [outer, n, inner]: [usize; 3], centred: bool) {
    let groups = Norm { outer, n, inner, size: 1, step: 1 };
    let scale = F32x4::splat(1.0 / groups.count());
    let finish = |about: F32x4, [d, d2]: [F32x4; 2]| match centred {
        true => correct(about, d * scale, d2 * scale),
        false => (F32x4::zero(), d2 * scale),
    };
    let distances = |x: F32x4, about: F32x4| [x - about, (x - about) * (x - about)];
    if groups.has_columns() {
        for j in (0..n).step_by(4) {
            let width = (n - j).min(4);
            let at = |o: usize| F32x4::from_partial(&x[o * n + j..], width);
            let about = match centred {
                true => column_sums(outer, |o| [at(o)])[0] * scale,
                false => F32x4::zero(),
            };
            let (m, v) = finish(about, column_sums(outer, |o| distances(at(o), about)));
            m.write_partial(&mut mean[j..], width);
            v.write_partial(&mut variance[j..], width);
        }
        return;
    }
    for c in 0..n {
        let mut about = F32x4::zero();
        if centred {
            let mut sum = [Pairwise::new()];
            for o in 0..outer {
                add_rows(&mut sum, [&x[groups.row(o, c)]], |[x]| [x]);
            }
            about = F32x4::splat(sum[0].total().sum()) * scale;
        }
        let mut sums = [Pairwise::new(), Pairwise::new()];
        for o in 0..outer {
            add_rows(&mut sums, [&x[groups.row(o, c)]], |[x]| distances(x, about));
        }
        let (m, v) = finish(about, sums.map(|sum| F32x4::splat(sum.total().sum())));
        mean[c] = m.lane::<0>();
        variance[c] = v.lane::<0>();
    }
}

/// y = w (x − mean) / √(variance + ε) + b, with mean and variance [n], w and b [size] where they are given.
#[allow(clippy::too_many_arguments)]
pub fn normalise(
    s: &Norm, x: &[f32], mean: &[f32], variance: &[f32], w: Option<&[f32]>, b: Option<&[f32]>, y: &mut [f32], eps: f32,
) {
    if s.has_columns() {
        for j in (0..s.n).step_by(4) {
            let width = (s.n - j).min(4);
            let (m, mut r) = (
                F32x4::from_partial(&mean[j..], width),
                inverse_deviation(F32x4::from_partial(&variance[j..], width), eps),
            );
            r = w.map_or(r, |w| r * F32x4::from_partial(&w[j..], width));
            let b = b.map_or(F32x4::zero(), |b| F32x4::from_partial(&b[j..], width));
            for o in 0..s.outer {
                let e = o * s.n + j;
                ((F32x4::from_partial(&x[e..], width) - m) * r + b).write_partial(&mut y[e..], width);
            }
        }
        return;
    }
    for o in 0..s.outer {
        for c in 0..s.n {
            let (m, r) = (F32x4::splat(mean[c]), inverse_deviation(F32x4::splat(variance[c]), eps));
            let row = s.row(o, c);
            let first = s.weight(row.start);
            let (x, y) = (&x[row.clone()], &mut y[row]);
            match (w, b) {
                (None, None) => map_rows([x], y, |[x]| (x - m) * r),
                _ if s.step > 1 => {
                    for (k, (x, y)) in x.chunks(s.step).zip(y.chunks_mut(s.step)).enumerate() {
                        let w = w.map_or(r, |w| r * F32x4::splat(w[first + k]));
                        let b = F32x4::splat(b.map_or(0.0, |b| b[first + k]));
                        map_rows([x], y, |[x]| (x - m) * w + b);
                    }
                }
                (Some(w), None) => map_rows([x, &w[first..]], y, |[x, w]| (x - m) * r * w),
                (None, Some(b)) => map_rows([x, &b[first..]], y, |[x, b]| (x - m) * r + b),
                (Some(w), Some(b)) => map_rows([x, &w[first..], &b[first..]], y, |[x, w, b]| (x - m) * r * w + b),
            }
        }
    }
}

/// The gradient of [`normalise`] where mean and variance are those of x, with x̂ = (x − mean) / √(variance + ε):
///
///   gx = (h − mean h − x̂ · mean (h x̂)) / √(variance + ε), h = g w, the first mean left out if not centred
///   gw = Σ g x̂ and gb = Σ g over the elements with the same weight
pub struct NormGrad<'a> {
    pub g: &'a [f32],
    pub x: &'a [f32],
    pub mean: &'a [f32],
    pub variance: &'a [f32],
    pub w: Option<&'a [f32]>,
    pub centred: bool,
    pub eps: f32,
}

/// What gx is made of in one group: gx = h · r − ((x − m) · slope + level).
struct Line {
    slope: F32x4,
    level: F32x4,
}

impl NormGrad<'_> {
    /// From Σ h and Σ h x̂ over a group.
    #[inline(always)]
    fn line(&self, r: F32x4, count: f32, [h, hx]: [F32x4; 2]) -> Line {
        let scale = r * F32x4::splat(1.0 / count);
        Line { slope: hx * scale * r, level: if self.centred { h * scale } else { F32x4::zero() } }
    }

    /// Writes gx, and gw and gb if they are wanted.
    pub fn run(&self, s: &Norm, gx: &mut [f32], affine: Option<(&mut [f32], &mut [f32])>) {
        if s.has_columns() {
            self.columns(s, gx, affine);
        } else if s.step == 1 && s.outer == 1 {
            self.rows(s, gx);
            if let Some((gw, gb)) = affine {
                self.weights(s, gw, gb);
            }
        } else {
            self.segments(s, gx, affine);
        }
    }

    /// Groups that are columns.
    fn columns(&self, s: &Norm, gx: &mut [f32], mut affine: Option<(&mut [f32], &mut [f32])>) {
        for j in (0..s.n).step_by(4) {
            let width = (s.n - j).min(4);
            let m = F32x4::from_partial(&self.mean[j..], width);
            let r = inverse_deviation(F32x4::from_partial(&self.variance[j..], width), self.eps);
            let w = self.w.map_or(F32x4::splat(1.0), |w| F32x4::from_partial(&w[j..], width));
            let at = |o: usize| {
                (
                    F32x4::from_partial(&self.g[o * s.n + j..], width),
                    F32x4::from_partial(&self.x[o * s.n + j..], width) - m,
                )
            };
            let [gb, gw] = column_sums(s.outer, |o| {
                let (g, d) = at(o);
                [g, g * (d * r)]
            });
            let Line { slope, level } = self.line(r, s.count(), [gb * w, gw * w]);
            for o in 0..s.outer {
                let (g, d) = at(o);
                (g * (w * r) - (d * slope + level)).write_partial(&mut gx[o * s.n + j..], width);
            }
            if let Some((to_w, to_b)) = &mut affine {
                gw.write_partial(&mut to_w[j..], width);
                gb.write_partial(&mut to_b[j..], width);
            }
        }
    }

    /// Groups that are rows, whose elements have a weight each.
    fn rows(&self, s: &Norm, gx: &mut [f32]) {
        for c in 0..s.n {
            let (m, r) = (F32x4::splat(self.mean[c]), inverse_deviation(F32x4::splat(self.variance[c]), self.eps));
            let row = s.row(0, c);
            let first = s.weight(row.start);
            let (g, x, gx) = (&self.g[row.clone()], &self.x[row.clone()], &mut gx[row]);
            let terms = |h: F32x4, x: F32x4| [h, h * ((x - m) * r)];
            let mut sums = [Pairwise::new(), Pairwise::new()];
            match self.w {
                None => add_rows(&mut sums, [g, x], |[g, x]| terms(g, x)),
                Some(w) => add_rows(&mut sums, [g, x, &w[first..]], |[g, x, w]| terms(g * w, x)),
            }
            let Line { slope, level } = self.line(r, s.count(), sums.map(|sum| F32x4::splat(sum.total().sum())));
            match self.w {
                None => map_rows([g, x], gx, |[g, x]| g * r - ((x - m) * slope + level)),
                Some(w) => map_rows([g, x, &w[first..]], gx, |[g, x, w]| g * w * r - ((x - m) * slope + level)),
            }
        }
    }

    /// gw and gb of `rows`: sums down the columns, sixteen at a time (a cache line of each row), then four.
    fn weights(&self, s: &Norm, gw: &mut [f32], gb: &mut [f32]) {
        let each = s.size / s.inner.max(1); // groups until the weights begin again
        let wide = s.inner - s.inner % 16;
        for k in 0..each {
            let (gw, gb) = (&mut gw[k * s.inner..][..s.inner], &mut gb[k * s.inner..][..s.inner]);
            for j in (0..wide).step_by(16) {
                self.strip(s, (k, each), j, gw, gb);
            }
            for j in (wide..s.inner).step_by(4) {
                let width = (s.inner - j).min(4);
                let [w, b] = column_sums(s.n / each, |i| {
                    let c = i * each + k;
                    let e = c * s.inner + j;
                    let r = inverse_deviation(F32x4::splat(self.variance[c]), self.eps);
                    let g = F32x4::from_partial(&self.g[e..], width);
                    [g * ((F32x4::from_partial(&self.x[e..], width) - F32x4::splat(self.mean[c])) * r), g]
                });
                w.write_partial(&mut gw[j..], width);
                b.write_partial(&mut gb[j..], width);
            }
        }
    }

    /// Sixteen columns from j on, over groups k, k + each, …: eight rows in registers, and these pairwise.
    fn strip(&self, s: &Norm, (k, each): (usize, usize), j: usize, gw: &mut [f32], gb: &mut [f32]) {
        let mut sums: [[Pairwise; 2]; 4] = core::array::from_fn(|_| [Pairwise::new(), Pairwise::new()]);
        let four = |x: &[f32], v: usize| F32x4::from_slice(&x[4 * v..]);
        for first in (k..s.n).step_by(8 * each) {
            let mut rows = [[F32x4::zero(); 2]; 4];
            for c in (first..s.n.min(first + 8 * each)).step_by(each) {
                let (m, r) = (F32x4::splat(self.mean[c]), inverse_deviation(F32x4::splat(self.variance[c]), self.eps));
                let e = c * s.inner + j;
                let (g, x) = (&self.g[e..e + 16], &self.x[e..e + 16]);
                for (v, [w, b]) in rows.iter_mut().enumerate() {
                    let g = four(g, v);
                    *w = *w + g * ((four(x, v) - m) * r);
                    *b = *b + g;
                }
            }
            for (sums, rows) in sums.iter_mut().zip(rows) {
                sums.iter_mut().zip(rows).for_each(|(sum, row)| sum.add(row));
            }
        }
        for (v, [w, b]) in sums.iter().enumerate() {
            w.total().write_partial(&mut gw[j + 4 * v..], 4);
            b.total().write_partial(&mut gb[j + 4 * v..], 4);
        }
    }

    /// Groups of rows, in which runs of `step` elements share a weight.
    fn segments(&self, s: &Norm, gx: &mut [f32], mut affine: Option<(&mut [f32], &mut [f32])>) {
        if let Some((gw, gb)) = &mut affine {
            gw[..s.size].fill(0.0);
            gb[..s.size].fill(0.0);
        }
        for c in 0..s.n {
            let (m, r) = (F32x4::splat(self.mean[c]), inverse_deviation(F32x4::splat(self.variance[c]), self.eps));
            let weight = |e: usize| F32x4::splat(self.w.map_or(1.0, |w| w[s.weight(e)]));
            let runs = |o: usize| s.row(o, c).step_by(s.step.max(1)).map(|e| e..e + s.step);
            let mut totals = [F32x4::zero(); 2];
            for first in runs(0).map(|run| run.start) {
                let mut sums = [Pairwise::new(), Pairwise::new()];
                for o in 0..s.outer {
                    let e = first + o * s.n * s.inner;
                    let (g, x) = (&self.g[e..e + s.step], &self.x[e..e + s.step]);
                    add_rows(&mut sums, [g, x], |[g, x]| [g, g * ((x - m) * r)]);
                }
                let [b, w] = sums.map(|sum| sum.total().sum());
                if let Some((gw, gb)) = &mut affine {
                    gw[s.weight(first)] += w;
                    gb[s.weight(first)] += b;
                }
                totals = [totals[0] + F32x4::splat(b) * weight(first), totals[1] + F32x4::splat(w) * weight(first)];
            }
            let Line { slope, level } = self.line(r, s.count(), totals);
            for run in (0..s.outer).flat_map(runs) {
                let w = weight(run.start) * r;
                let (g, x) = (&self.g[run.clone()], &self.x[run.clone()]);
                map_rows([g, x], &mut gx[run], |[g, x]| g * w - ((x - m) * slope + level));
            }
        }
    }
}
