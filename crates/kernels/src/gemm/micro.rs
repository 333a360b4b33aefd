//! The micro-kernel: C[MR × NR] ← A[MR × kc] · B[kc × NR] in registers, and its epilogue.

use super::activation::Activation;
use crate::simd::F32x4;
use core::ptr;

/// Where a product goes, what is added to it and what it goes through: C ← f(AB [+ C] [+ row] [+ column]).
#[derive(Clone, Copy)]
pub struct Output {
    pub c: *mut f32,
    /// Elements between rows of C; columns are adjacent.
    pub rsc: usize,
    pub accumulate: bool,
    /// One number a column, added to every row; or null.
    pub row: *const f32,
    /// One number a row, added to every column; or null.
    pub column: *const f32,
    pub activation: Activation,
}

impl Output {
    /// C ← AB.
    pub fn plain(c: *mut f32, rsc: usize) -> Self {
        Self { c, rsc, accumulate: false, row: ptr::null(), column: ptr::null(), activation: Activation::None }
    }

    /// The part of the output that begins at row i, column j.
    ///
    /// # Safety
    /// C must have that element, and the biases theirs.
    #[inline(always)]
    pub unsafe fn at(&self, i: usize, j: usize) -> Self {
        Self {
            c: self.c.add(i * self.rsc + j),
            row: if self.row.is_null() { self.row } else { self.row.add(j) },
            column: if self.column.is_null() { self.column } else { self.column.add(i) },
            ..*self
        }
    }

    /// The output of the depths [p, p + kc) of k: the first come with what is added, the others are added to what is
    /// there, and f follows the last.
    #[inline(always)]
    pub fn depths(&self, p: usize, kc: usize, k: usize) -> Self {
        let mut out = *self;
        if p > 0 {
            (out.accumulate, out.row, out.column) = (true, ptr::null(), ptr::null());
        }
        if p + kc < k {
            out.activation = Activation::None;
        }
        out
    }

    /// C ← f(C) for m rows of n, after `put` and `put4`.
    ///
    /// # Safety
    /// As for `at`, for all of them.
    #[inline(always)]
    pub unsafe fn activate(&self, m: usize, n: usize) {
        if self.activation != Activation::None {
            self.activation.apply(self.c, self.rsc, m, n);
        }
    }

    /// C[i, j] ← x, with what is added to it, but not f.
    ///
    /// # Safety
    /// As for `at`.
    #[inline(always)]
    pub unsafe fn put(&self, i: usize, j: usize, mut x: f32) {
        let at = self.c.add(i * self.rsc + j);
        if !self.row.is_null() {
            x += *self.row.add(j);
        }
        if !self.column.is_null() {
            x += *self.column.add(i);
        }
        if self.accumulate {
            x += *at;
        }
        *at = x;
    }

    /// C[i, j..j + 4] ← x, with what is added to it, but not f.
    ///
    /// # Safety
    /// As for `at`, for all four columns.
    #[inline(always)]
    pub unsafe fn put4(&self, i: usize, j: usize, mut x: F32x4) {
        let at = self.c.add(i * self.rsc + j);
        if !self.row.is_null() {
            x = x + F32x4::load(self.row.add(j));
        }
        if !self.column.is_null() {
            x = x + F32x4::load_splat(self.column.add(i));
        }
        if self.accumulate {
            x = x + F32x4::load(at);
        }
        x.store(at);
    }
}

/// A micro-kernel of MR × NR accumulators.
pub trait MicroKernel {
    const MR: usize;
    const NR: usize;

    /// C[MR × NR] ← Σ_p a[p, 0..MR] ⊗ b[p, 0..NR], then the epilogue. `a` is a packed panel, MR apart; consecutive p of
    /// `b` are `rsb` apart, NR in a packed panel.
    ///
    /// # Safety
    /// a[0..kc·MR], b[p·rsb..p·rsb + NR] for p < kc and the tile of `out` must exist.
    unsafe fn run(kc: usize, a: *const f32, b: *const f32, rsb: usize, out: &Output);
}

/// Outer products of M splatted numbers and V vectors: a tile of M × 4V.
///
/// One step of k a turn: engines unroll the loop themselves, and unrolled in the source its steps get mixed and the
/// accumulators spill.
pub struct Outer<const M: usize, const V: usize>;

impl<const M: usize, const V: usize> MicroKernel for Outer<M, V> {
    const MR: usize = M;
    const NR: usize = 4 * V;

    #[inline(always)]
    unsafe fn run(kc: usize, mut a: *const f32, mut b: *const f32, rsb: usize, out: &Output) {
        let mut ab = [[F32x4::zero(); V]; M];
        for _ in 0..kc {
            let mut row = [F32x4::zero(); V];
            for v in 0..V {
                row[v] = F32x4::load(b.add(4 * v));
            }
            for i in 0..M {
                let x = F32x4::load_splat(a.add(i));
                for v in 0..V {
                    ab[i][v] = x.mul_add(row[v], ab[i][v]);
                }
            }
            a = a.add(M);
            b = b.add(rsb);
        }

        if !out.row.is_null() {
            for v in 0..V {
                let x = F32x4::load(out.row.add(4 * v));
                for i in 0..M {
                    ab[i][v] = ab[i][v] + x;
                }
            }
        }
        if !out.column.is_null() {
            for i in 0..M {
                let x = F32x4::load_splat(out.column.add(i));
                for v in 0..V {
                    ab[i][v] = ab[i][v] + x;
                }
            }
        }
        if out.accumulate {
            for i in 0..M {
                for v in 0..V {
                    ab[i][v] = ab[i][v] + F32x4::load(out.c.add(i * out.rsc + 4 * v));
                }
            }
        }
        if out.activation == Activation::Relu {
            for i in 0..M {
                for v in 0..V {
                    ab[i][v] = ab[i][v].pmax(F32x4::zero());
                }
            }
        }
        for i in 0..M {
            for v in 0..V {
                ab[i][v].store(out.c.add(i * out.rsc + 4 * v));
            }
        }
        // The others want more registers than the tile leaves. (256³ with a sigmoid runs at 40 GFLOP/s, and at 40 also
        // where it follows each block.)
        if out.activation != Activation::Relu {
            out.activate(M, 4 * V);
        }
    }
}
