//! Packing: an operand laid out as panels of W rows, panel[p][row], so that the micro-kernel reads it in order.
//!
//! Both operands of C ← AB are seen as matrices [rows, depth]: A [m, k] as it is and B [k, n] transposed, so that a row is
//! a row of A or a column of B.

use crate::cut::PARTS;
use crate::simd::F32x4;

/// An operand of C ← AB: A, or Bᵀ.
pub trait Operand {
    /// Rows [first, first + rows) at depths [p, p + kc) as panels of W rows, the last filled up with zeros: in
    /// `scratch`, or wherever they already are. W divides `first`.
    ///
    /// # Safety
    /// The operand must have those rows and depths, and `scratch` room for ⌈rows / W⌉ · W · kc numbers.
    unsafe fn panels<const W: usize>(
        &self, first: usize, rows: usize, p: usize, kc: usize, scratch: *mut f32,
    ) -> *const f32;
}

/// A matrix with any strides, 0 too.
#[derive(Clone, Copy)]
pub struct Strided {
    pub at: *const f32,
    /// Elements between rows.
    pub row: usize,
    /// Elements between depths.
    pub depth: usize,
}

impl Operand for Strided {
    #[inline(always)]
    unsafe fn panels<const W: usize>(
        &self, first: usize, rows: usize, p: usize, kc: usize, scratch: *mut f32,
    ) -> *const f32 {
        pack::<W>(self.at.add(first * self.row + p * self.depth), self.row, self.depth, rows, kc, scratch);
        scratch
    }
}

/// Panels made beforehand by [`prepack`].
#[derive(Clone, Copy)]
pub struct Packed {
    pub at: *const f32,
    /// All rows that are packed.
    pub rows: usize,
    /// The one that is taken for the first: a multiple of the panels' width.
    pub first: usize,
}

impl Operand for Packed {
    #[inline(always)]
    unsafe fn panels<const W: usize>(&self, first: usize, _: usize, p: usize, kc: usize, _: *mut f32) -> *const f32 {
        let first = if PARTS { self.first + first } else { first };
        self.at.add(p * self.rows.next_multiple_of(W) + first * kc)
    }
}

/// All rows and depths of a matrix, one block of `kc` depths after the other.
///
/// # Safety
/// The matrix must be `rows` × `depth`, and `out` have room for ⌈rows / W⌉ · W · depth numbers.
pub unsafe fn prepack<const W: usize>(x: &Strided, rows: usize, depth: usize, kc: usize, out: *mut f32) -> Packed {
    let width = rows.next_multiple_of(W);
    for p in (0..depth).step_by(kc) {
        x.panels::<W>(0, rows, p, kc.min(depth - p), out.add(p * width));
    }
    Packed { at: out, rows, first: 0 }
}

/// Where [`prepack`] puts the number at a row and depth.
pub fn position<const W: usize>(row: usize, depth: usize, rows: usize, depths: usize, kc: usize) -> usize {
    let p = depth - depth % kc;
    let kc = kc.min(depths - p);
    p * rows.next_multiple_of(W) + row / W * W * kc + (depth - p) * W + row % W
}

/// out[panel][p][row] ← src[row · ls + p · ks], filled up with zeros.
#[inline(never)]
unsafe fn pack<const W: usize>(src: *const f32, ls: usize, ks: usize, rows: usize, kc: usize, out: *mut f32) {
    let whole = if W.is_multiple_of(4) { rows - rows % W } else { 0 };
    let mut first = 0;
    if ls == 1 {
        copy_rows::<W>(src, ks, whole, kc, out);
        first = whole;
    } else if ks == 1 {
        while first < whole {
            transpose::<W>(src.add(first * ls), ls, kc, out.add(first * kc));
            first += W;
        }
    }
    for first in (first..rows).step_by(W) {
        gather::<W>(src.add(first * ls), ls, ks, W.min(rows - first), kc, out.add(first * kc));
    }
}

/// Depths that are copied together: they are read in long runs, and whole lines of cache written.
const DEPTHS: usize = 8;

/// Full panels whose rows are adjacent.
#[inline(always)]
unsafe fn copy_rows<const W: usize>(src: *const f32, ks: usize, rows: usize, kc: usize, out: *mut f32) {
    let mut p = 0;
    while p < kc {
        let depths = if p + DEPTHS <= kc { DEPTHS } else { 1 };
        for first in (0..rows).step_by(W) {
            let (src, out) = (src.add(p * ks + first), out.add(first * kc + p * W));
            if depths == DEPTHS {
                copy_block::<W, DEPTHS>(src, ks, out);
            } else {
                copy_block::<W, 1>(src, ks, out);
            }
        }
        p += depths;
    }
}

/// R rows of W numbers, `ks` apart, to one after another.
#[inline(always)]
unsafe fn copy_block<const W: usize, const R: usize>(src: *const f32, ks: usize, out: *mut f32) {
    for r in 0..R {
        for v in (0..W).step_by(4) {
            F32x4::load(src.add(r * ks + v)).store(out.add(r * W + v));
        }
    }
}

/// A full panel whose depths are adjacent: 4 × 4 transposes.
#[inline(always)]
unsafe fn transpose<const W: usize>(src: *const f32, ls: usize, kc: usize, out: *mut f32) {
    let mut p = 0;
    while p < kc {
        let end = kc.min(p + 16);
        for v in (0..W).step_by(4) {
            let rows = src.add(v * ls);
            let mut out = out.add(p * W + v);
            let mut p = p;
            while p + 4 <= end {
                let at = rows.add(p);
                let rows = [0, 1, 2, 3].map(|i| F32x4::load(at.add(i * ls)));
                for row in F32x4::transpose(rows) {
                    row.store(out);
                    out = out.add(W);
                }
                p += 4;
            }
            while p < end {
                for i in 0..4 {
                    *out.add(i) = *rows.add(i * ls + p);
                }
                out = out.add(W);
                p += 1;
            }
        }
        p = end;
    }
}

/// A panel with any strides and 1 ≤ width ≤ W rows.
#[inline(always)]
unsafe fn gather<const W: usize>(src: *const f32, ls: usize, ks: usize, width: usize, kc: usize, mut out: *mut f32) {
    for p in 0..kc {
        for i in 0..width {
            *out.add(i) = *src.add(i * ls + p * ks);
        }
        for i in width..W {
            *out.add(i) = 0.0;
        }
        out = out.add(W);
    }
}
