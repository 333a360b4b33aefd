//! The gradients of input, weight and bias in one call.

use core::cell::Cell;

use super::groups::Norm;
use super::rows::{add_rows, column_sums, four, group, inverse_deviation, map_rows, Centre};
use crate::cells::own;
use crate::reduce::Pairwise;
use crate::simd::F32x4;

/// The gradient of [`normalise`](super::normalise) where mean and variance are those of x, with x̂ = (x − mean) / √(variance + ε):
///
///   gx = (h − mean h − x̂ · mean (h x̂)) / √(variance + ε), h = g w, the first mean left out if not centred
///   gw = Σ g x̂ and gb = Σ g over the elements with the same weight
pub struct NormGrad<'a> {
    pub g: &'a [f32],
    pub x: &'a [f32],
    pub mean: &'a [f64],
    pub variance: &'a [f64],
    pub w: Option<&'a [f32]>,
    pub centred: bool,
    pub eps: f32,
}

/// What gx is made of in one group: gx = h · r − (x̂ · slope + level).
struct Line {
    slope: F32x4,
    level: F32x4,
}

impl NormGrad<'_> {
    /// From Σ h and Σ h x̂ over a group.
    #[inline(always)]
    fn line(&self, r: F32x4, count: f32, [h, hx]: [F32x4; 2]) -> Line {
        let scale = r * F32x4::splat(1.0 / count);
        Line { slope: hx * scale, level: if self.centred { h * scale } else { F32x4::zero() } }
    }

    /// Writes gx, and gw and gb if they are wanted, of some groups or all. Of gx nobody else may use the same elements.
    pub fn run(&self, s: &Norm, gx: &[Cell<f32>], affine: Option<(&mut [f32], &mut [f32])>) {
        if s.has_columns() {
            self.columns(s, gx, affine);
        } else if s.has_rows() {
            self.rows(s, gx);
            if let Some((gw, gb)) = affine {
                self.weights(s, gw, gb, 0);
            }
        } else {
            self.segments(s, gx, affine);
        }
    }

    /// Groups that are columns.
    fn columns(&self, s: &Norm, gx: &[Cell<f32>], mut affine: Option<(&mut [f32], &mut [f32])>) {
        for j in (0..s.n).step_by(4) {
            let width = (s.n - j).min(4);
            let m = Centre::new(four(&self.mean[j..], width));
            let r = inverse_deviation(four(&self.variance[j..], width), self.eps);
            let w = self.w.map_or(F32x4::splat(1.0), |w| F32x4::from_partial(&w[j..], width));
            let at = |o: usize| {
                (
                    F32x4::from_partial(&self.g[o * s.apart + j..], width),
                    m.distance(F32x4::from_partial(&self.x[o * s.apart + j..], width)) * r,
                )
            };
            let [gb, gw] = column_sums(s.outer, |o| {
                let (g, hat) = at(o);
                [g, g * hat]
            });
            let Line { slope, level } = self.line(r, s.count(), [gb * w, gw * w]);
            for o in 0..s.outer {
                let (g, hat) = at(o);
                (g * (w * r) - (hat * slope + level)).write_partial(own(&gx[o * s.apart + j..][..width]), width);
            }
            if let Some((to_w, to_b)) = &mut affine {
                gw.write_partial(&mut to_w[j..], width);
                gb.write_partial(&mut to_b[j..], width);
            }
        }
    }

    /// Groups that are rows, whose elements have a weight each.
    pub fn rows(&self, s: &Norm, gx: &[Cell<f32>]) {
        for c in 0..s.n {
            let (m, r) = group(self.mean, self.variance, c, self.eps);
            let row = s.row(0, c);
            let first = s.weight(row.start);
            let (g, x, gx) = (&self.g[row.clone()], &self.x[row.clone()], own(&gx[row]));
            let terms = |h: F32x4, x: F32x4| [h, h * (m.distance(x) * r)];
            let mut sums = [Pairwise::new(), Pairwise::new()];
            match self.w {
                None => add_rows(&mut sums, [g, x], |[g, x]| terms(g, x)),
                Some(w) => add_rows(&mut sums, [g, x, &w[first..]], |[g, x, w]| terms(g * w, x)),
            }
            let Line { slope, level } = self.line(r, s.count(), sums.map(|sum| F32x4::splat(sum.total().sum())));
            match self.w {
                None => map_rows([g, x], gx, |[g, x]| g * r - (m.distance(x) * r * slope + level)),
                Some(w) => {
                    map_rows([g, x, &w[first..]], gx, |[g, x, w]| g * w * r - (m.distance(x) * r * slope + level))
                }
            }
        }
    }

    /// gw and gb of `rows`, of columns from `first` on, a multiple of 16; where weights begin again after several groups, of
    /// all: sums down the columns, sixteen at a time (a cache line of each row), then four.
    pub fn weights(&self, s: &Norm, gw: &mut [f32], gb: &mut [f32], first: usize) {
        let each = s.size / s.inner.max(1); // groups until the weights begin again
        let columns = if each == 1 { gw.len() } else { s.inner };
        let wide = columns - columns % 16;
        for k in 0..each {
            let (gw, gb) = (&mut gw[k * columns..][..columns], &mut gb[k * columns..][..columns]);
            for j in (0..wide).step_by(16) {
                self.strip(s, (k, each), first + j, &mut gw[j..], &mut gb[j..]);
            }
            for j in (wide..columns).step_by(4) {
                let width = (columns - j).min(4);
                let [w, b] = column_sums(s.n / each, |i| {
                    let c = i * each + k;
                    let e = c * s.inner + first + j;
                    let (m, r) = group(self.mean, self.variance, c, self.eps);
                    let g = F32x4::from_partial(&self.g[e..], width);
                    [g * (m.distance(F32x4::from_partial(&self.x[e..], width)) * r), g]
                });
                w.write_partial(&mut gw[j..], width);
                b.write_partial(&mut gb[j..], width);
            }
        }
    }

    /// Sixteen columns of x from j on, over groups k, k + each, …: eight rows in registers, and these pairwise.
    fn strip(&self, s: &Norm, (k, each): (usize, usize), j: usize, gw: &mut [f32], gb: &mut [f32]) {
        let mut sums: [[Pairwise; 2]; 4] = core::array::from_fn(|_| [Pairwise::new(), Pairwise::new()]);
        let at = |x: &[f32], v: usize| F32x4::from_slice(&x[4 * v..]);
        for first in (k..s.n).step_by(8 * each) {
            let mut rows = [[F32x4::zero(); 2]; 4];
            for c in (first..s.n.min(first + 8 * each)).step_by(each) {
                let (m, r) = group(self.mean, self.variance, c, self.eps);
                let e = c * s.inner + j;
                let (g, x) = (&self.g[e..e + 16], &self.x[e..e + 16]);
                for (v, [w, b]) in rows.iter_mut().enumerate() {
                    let g = at(g, v);
                    *w = *w + g * (m.distance(at(x, v)) * r);
                    *b = *b + g;
                }
            }
            for (sums, rows) in sums.iter_mut().zip(rows) {
                sums.iter_mut().zip(rows).for_each(|(sum, row)| sum.add(row));
            }
        }
        for (v, [w, b]) in sums.iter().enumerate() {
            w.total().write_partial(&mut gw[4 * v..], 4);
            b.total().write_partial(&mut gb[4 * v..], 4);
        }
    }

    /// Groups of rows, in which runs of `step` elements share a weight.
    fn segments(&self, s: &Norm, gx: &[Cell<f32>], mut affine: Option<(&mut [f32], &mut [f32])>) {
        if let Some((gw, gb)) = &mut affine {
            gw[..s.size].fill(0.0);
            gb[..s.size].fill(0.0);
        }
        for c in 0..s.n {
            let (m, r) = group(self.mean, self.variance, c, self.eps);
            let weight = |e: usize| F32x4::splat(self.w.map_or(1.0, |w| w[s.weight(e)]));
            let runs = |o: usize| s.row(o, c).step_by(s.step.max(1)).map(|e| e..e + s.step);
            let mut totals = [F32x4::zero(); 2];
            for first in runs(0).map(|run| run.start) {
                let mut sums = [Pairwise::new(), Pairwise::new()];
                for o in 0..s.outer {
                    let e = first + o * s.apart * s.inner;
                    let (g, x) = (&self.g[e..e + s.step], &self.x[e..e + s.step]);
                    add_rows(&mut sums, [g, x], |[g, x]| [g, g * (m.distance(x) * r)]);
                }
                let [b, w] = sums.map(|sum| sum.total().sum());
                if let Some((gw, gb)) = &mut affine {
                    gw[s.weight(first)] += w;
                    gb[s.weight(first)] += b;
                }
                totals = [totals[0] + F32x4::splat(b) * weight(first), totals[1] + F32x4::splat(w) * weight(first)];
            }
            let Line { slope, level } = self.line(r, s.count(), totals);
            for o in 0..s.outer {
                for (run, first) in runs(o).zip(runs(0)) {
                    let w = weight(first.start) * r;
                    let (g, x) = (&self.g[run.clone()], &self.x[run.clone()]);
                    map_rows([g, x], own(&gx[run]), |[g, x]| g * w - (m.distance(x) * r * slope + level));
                }
            }
        }
    }
}
