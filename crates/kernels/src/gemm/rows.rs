//! Products with few rows: packing B would cost more than it saves, so it is read in place, or else is packed already.

use super::loops::{edge, Tile, KC, MR, NR};
use super::micro::{MicroKernel, Output};
use super::pack::{Operand, Packed, Strided};
use crate::simd::F32x4;
use core::ptr;

/// Columns of C whose sums stay in L1 while rows of B are added to them.
pub const STRIP: usize = 4096;

/// One row, B by rows: c ← xB, eight rows of B a pass, summed in the order of the tiles. `x` steps by `xs`.
///
/// # Safety
/// x[0..k · xs], B [k, n] with rows `rsb` apart, a row of n in `out`, and room for min(n, STRIP) `sums` must exist.
#[inline(never)]
pub unsafe fn combine_rows(
    n: usize, k: usize, x: *const f32, xs: usize, b: *const f32, rsb: usize, out: &Output, sums: *mut f32,
) {
    for first in (0..n).step_by(STRIP) {
        let (n, b, out) = (STRIP.min(n - first), b.add(first), out.at(0, first));
        for pc in (0..k).step_by(KC) {
            let kc = KC.min(k - pc);
            let mut p = 0;
            while p < kc {
                let (x, b) = (x.add((pc + p) * xs), b.add((pc + p) * rsb));
                p += match (p, kc - p >= 8) {
                    (0, true) => add_rows::<8, true>(n, x, xs, b, rsb, sums),
                    (0, false) => add_rows::<1, true>(n, x, xs, b, rsb, sums),
                    (_, true) => add_rows::<8, false>(n, x, xs, b, rsb, sums),
                    (_, false) => add_rows::<1, false>(n, x, xs, b, rsb, sums),
                };
            }
            let out = out.depths(pc, kc, k);
            for j in (0..n - n % 4).step_by(4) {
                out.put4(0, j, F32x4::load(sums.add(j)));
            }
            for j in n - n % 4..n {
                out.put(0, j, *sums.add(j));
            }
            out.activate(1, n);
        }
    }
}

/// sums ← sums + Σ_{p < R} x[p] · B[p, :], or without the sums where they begin; R.
#[inline(always)]
unsafe fn add_rows<const R: usize, const BEGIN: bool>(
    n: usize, x: *const f32, xs: usize, b: *const f32, rsb: usize, sums: *mut f32,
) -> usize {
    let mut weights = [F32x4::zero(); R];
    for p in 0..R {
        weights[p] = F32x4::load_splat(x.add(p * xs));
    }
    let mut j = 0;
    while j + 4 <= n {
        let mut sum = if BEGIN { F32x4::zero() } else { F32x4::load(sums.add(j)) };
        for p in 0..R {
            sum = weights[p].mul_add(F32x4::load(b.add(p * rsb + j)), sum);
        }
        sum.store(sums.add(j));
        j += 4;
    }
    while j < n {
        let mut sum = if BEGIN { F32x4::zero() } else { F32x4::load_splat(sums.add(j)) };
        for p in 0..R {
            sum = weights[p].mul_add(F32x4::load_splat(b.add(p * rsb + j)), sum);
        }
        *sums.add(j) = sum.lane::<0>();
        j += 1;
    }
    R
}

/// Columns of B, in whole eights, that stay in L2 from row to row: up to 256 KB. 7 × 4096 × 4096 would else be bound by
/// reading B seven times.
pub fn columns_at_once(k: usize) -> usize {
    const NUMBERS: usize = 1 << 16;
    (NUMBERS / k.max(1)).next_multiple_of(8).max(8)
}

/// One row, B by columns: c[j] ← x · B[:, j], eight columns at a time.
///
/// # Safety
/// x[0..k], B [k, n] with columns `csb` apart, and a row of n in `out` must exist.
#[inline(never)]
pub unsafe fn dot_columns(n: usize, k: usize, x: *const f32, b: *const f32, csb: usize, out: &Output) {
    let mut j = 0;
    while j + 8 <= n {
        let dots = dots::<8>(k, x, b.add(j * csb), csb);
        for v in [0, 4] {
            let [a, b, c, d] = F32x4::transpose([dots[v], dots[v + 1], dots[v + 2], dots[v + 3]]);
            out.put4(0, j + v, (a + b) + (c + d));
        }
        j += 8;
    }
    while j < n {
        let [dot] = dots::<1>(k, x, b.add(j * csb), csb);
        let [a, b, c, d] = dot.to_array();
        out.put(0, j, (a + b) + (c + d));
        j += 1;
    }
    out.activate(1, n);
}

/// The partial sums, in lanes, of x with C columns.
#[inline(always)]
unsafe fn dots<const C: usize>(k: usize, x: *const f32, b: *const f32, csb: usize) -> [F32x4; C] {
    let mut sums = [F32x4::zero(); C];
    let mut p = 0;
    while p + 4 <= k {
        let v = F32x4::load(x.add(p));
        for j in 0..C {
            sums[j] = v.mul_add(F32x4::load(b.add(j * csb + p)), sums[j]);
        }
        p += 4;
    }
    if p < k {
        let tail = |at: *const f32| {
            let mut lanes = [0.0; 4];
            for (i, lane) in lanes[..k - p].iter_mut().enumerate() {
                *lane = *at.add(p + i);
            }
            F32x4::from_array(lanes)
        };
        let v = tail(x);
        for j in 0..C {
            sums[j] = v.mul_add(tail(b.add(j * csb)), sums[j]);
        }
    }
    sums
}

/// Panels of a packed B that a row is multiplied with at a time: eight sums, enough to wait for none. They lie a quarter
/// of B apart, since a core reads several long streams faster than one (AMD EPYC: 15 GB/s one, 26 four).
const PANELS: usize = 4;

/// Few rows and a packed B, one row at a time.
///
/// # Safety
/// A [m, k], B [k, n] and m rows of n in `out` must exist.
#[inline(never)]
pub unsafe fn single_rows(m: usize, n: usize, k: usize, a: &Strided, b: &Packed, out: &Output) {
    let apart = n / NR / PANELS * NR;
    for pc in (0..k).step_by(KC) {
        let kc = KC.min(k - pc);
        let out = out.depths(pc, kc, k);
        let b = b.panels::<NR>(0, n, pc, kc, ptr::null_mut());
        for j in (0..apart).step_by(NR) {
            for i in 0..m {
                let x = a.at.add(i * a.lane + pc * a.depth);
                row::<PANELS>(NR, kc, x, a.depth, b.add(j * kc), apart, &out.at(i, j));
            }
        }
        for j in (PANELS * apart..n).step_by(NR) {
            for i in 0..m {
                let x = a.at.add(i * a.lane + pc * a.depth);
                row::<1>(NR.min(n - j), kc, x, a.depth, b.add(j * kc), 0, &out.at(i, j));
            }
        }
        out.activate(m, n);
    }
}

/// c ← xB for the first `width` ≤ NR columns of P panels of B, whose columns begin `apart`.
#[inline(always)]
unsafe fn row<const P: usize>(
    width: usize, kc: usize, x: *const f32, xs: usize, b: *const f32, apart: usize, out: &Output,
) {
    const V: usize = NR / 4;
    let mut sums = [[F32x4::zero(); V]; P];
    for p in 0..kc {
        let x = F32x4::load_splat(x.add(p * xs));
        for panel in 0..P {
            for v in 0..V {
                let b = F32x4::load(b.add(panel * apart * kc + p * NR + 4 * v));
                sums[panel][v] = x.mul_add(b, sums[panel][v]);
            }
        }
    }
    for panel in 0..P {
        for v in 0..V {
            let j = panel * apart + 4 * v;
            if 4 * v + 4 <= width {
                out.put4(0, j, sums[panel][v]);
            } else {
                for (i, x) in sums[panel][v].to_array().into_iter().enumerate().take(width.saturating_sub(4 * v)) {
                    out.put(0, j + i, x);
                }
            }
        }
    }
}

/// Depths that are walked in one panel before the next of four: 2 KB.
const RUN: usize = 64;

/// Few rows and a packed B, one row at a time, summed in the order of `dot_columns`: every fourth product into one of
/// four sums.
///
/// # Safety
/// A [m, k] by rows `rsa` apart, B [k, n], m rows of n in `out`, and room for [`dot_room`] `sums` must exist.
#[inline(never)]
pub unsafe fn dot_panels(
    m: usize, n: usize, k: usize, a: *const f32, rsa: usize, b: &Packed, out: &Output, sums: *mut f32,
) {
    let apart = (n.div_ceil(NR)).div_ceil(PANELS) * NR;
    core::slice::from_raw_parts_mut(sums, dot_room(m, n)).fill(0.0);
    for pc in (0..k).step_by(KC) {
        let kc = KC.min(k - pc);
        let b = b.panels::<NR>(0, n, pc, kc, ptr::null_mut());
        for j in (0..apart).step_by(NR) {
            for p in (0..kc).step_by(RUN) {
                for j in (j..n).step_by(apart) {
                    for i in 0..m {
                        let sums = sums.add(4 * (i * n.next_multiple_of(NR) + j));
                        add_dots(RUN.min(kc - p), a.add(i * rsa + pc + p), b.add(j * kc + p * NR), sums);
                    }
                }
            }
        }
    }
    for i in 0..m {
        for j in (0..n).step_by(4) {
            let sums = sums.add(4 * (i * n.next_multiple_of(NR) + j / NR * NR) + j % NR);
            let [a, b, c, d] = [0, 1, 2, 3].map(|q| F32x4::load(sums.add(q * NR)));
            let sum = (a + b) + (c + d);
            if j + 4 <= n {
                out.put4(i, j, sum);
            } else {
                for (v, x) in sum.to_array().into_iter().enumerate().take(n - j) {
                    out.put(i, j + v, x);
                }
            }
        }
    }
    out.activate(m, n);
}

/// Numbers of sums that [`dot_panels`] needs.
pub fn dot_room(m: usize, n: usize) -> usize {
    4 * m * n.next_multiple_of(NR)
}

/// sums[p % 4] += x[p] · B[p, :] for a panel of B.
#[inline(always)]
unsafe fn add_dots(kc: usize, mut x: *const f32, mut b: *const f32, sums: *mut f32) {
    const V: usize = NR / 4;
    let mut s = [[F32x4::zero(); V]; 4];
    for q in 0..4 {
        for v in 0..V {
            s[q][v] = F32x4::load(sums.add(q * NR + 4 * v));
        }
    }
    let add = |s: &mut [F32x4; V], x: *const f32, b: *const f32| {
        let x = F32x4::load_splat(x);
        for v in 0..V {
            s[v] = x.mul_add(F32x4::load(b.add(4 * v)), s[v]);
        }
    };
    for _ in 0..kc / 4 {
        for q in 0..4 {
            add(&mut s[q], x.add(q), b.add(q * NR));
        }
        (x, b) = (x.add(4), b.add(4 * NR));
    }
    for q in 0..3 {
        if q < kc % 4 {
            add(&mut s[q], x.add(q), b.add(q * NR));
        }
    }
    for q in 0..4 {
        for v in 0..V {
            s[q][v].store(sums.add(q * NR + 4 * v));
        }
    }
}

/// Several rows, B by rows: the tiles of the five loops on panels of B where they lie, `rsb` from row to row.
///
/// # Safety
/// As for `multiply`, with `pa` for all m rows of A at a depth of KC and `pb` for one panel of B.
pub unsafe fn multiply_in_place(
    m: usize, n: usize, k: usize, a: &Strided, b: *const f32, rsb: usize, out: &Output, pa: *mut f32, pb: *mut f32,
) {
    for pc in (0..k).step_by(KC) {
        let kc = KC.min(k - pc);
        let out = out.depths(pc, kc, k);
        let a = a.panels::<MR>(0, m, pc, kc, pa);
        let whole = n - n % NR;
        tiles(m, whole, kc, a, b.add(pc * rsb), rsb, &out);
        if whole < n {
            let rest = Strided { at: b.add(whole), lane: 1, depth: rsb };
            let b = rest.panels::<NR>(0, n - whole, pc, kc, pb);
            for ir in (0..m).step_by(MR) {
                edge::<Tile>(MR.min(m - ir), n - whole, kc, a.add(ir * kc), b, NR, &out.at(ir, whole));
            }
        }
    }
}

#[inline(never)]
unsafe fn tiles(m: usize, n: usize, kc: usize, a: *const f32, b: *const f32, rsb: usize, out: &Output) {
    for jr in (0..n).step_by(NR) {
        for ir in (0..m).step_by(MR) {
            let (a, b, out) = (a.add(ir * kc), b.add(jr), out.at(ir, jr));
            if ir + MR <= m {
                Tile::run(kc, a, b, rsb, &out);
            } else {
                edge::<Tile>(m - ir, NR, kc, a, b, rsb, &out);
            }
        }
    }
}
