//! Products with few rows: packing B would cost more than it saves, so it is read in place.

use super::loops::{depths_at_once, edge, Tile, MR, NR};
use super::micro::{MicroKernel, Output};
use super::pack::{Operand, Strided};
use crate::simd::F32x4;

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
    let at_once = depths_at_once(k);
    for first in (0..n).step_by(STRIP) {
        let (n, b, out) = (STRIP.min(n - first), b.add(first), out.at(0, first));
        for pc in (0..k).step_by(at_once) {
            let kc = at_once.min(k - pc);
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
        // (Taken apart one by one: a loop over the halves would put them into memory.)
        let [p, q, r, s, t, u, v, w] = dots(k, x, b.add(j * csb), csb);
        out.put4(0, j, totals([p, q, r, s]));
        out.put4(0, j + 4, totals([t, u, v, w]));
        j += 8;
    }
    if j + 4 <= n {
        out.put4(0, j, totals(dots(k, x, b.add(j * csb), csb)));
        j += 4;
    }
    while j < n {
        let [dot] = dots::<1>(k, x, b.add(j * csb), csb);
        let [a, b, c, d] = dot.to_array();
        out.put(0, j, (a + b) + (c + d));
        j += 1;
    }
    out.activate(1, n);
}

/// Depths that are added up in one chain: rounding errors grow with these, and with the number of such sums.
const CHAIN: usize = 2048;

/// The partial sums, in lanes, of x with C columns.
#[inline(always)]
unsafe fn dots<const C: usize>(k: usize, x: *const f32, b: *const f32, csb: usize) -> [F32x4; C] {
    let mut totals = [F32x4::zero(); C];
    let mut p = 0;
    loop {
        let end = k.min(p + CHAIN);
        let mut sums = [F32x4::zero(); C];
        while p + 4 <= end {
            let v = F32x4::load(x.add(p));
            for j in 0..C {
                sums[j] = v.mul_add(F32x4::load(b.add(j * csb + p)), sums[j]);
            }
            p += 4;
        }
        if p < end {
            let v = F32x4::load_few(x.add(p), end - p);
            for j in 0..C {
                sums[j] = v.mul_add(F32x4::load_few(b.add(j * csb + p), end - p), sums[j]);
            }
            p = end;
        }
        if k <= CHAIN {
            return sums;
        }
        for j in 0..C {
            totals[j] = totals[j] + sums[j];
        }
        if p == k {
            return totals;
        }
    }
}

/// The sum of each one's lanes.
#[inline(always)]
fn totals(sums: [F32x4; 4]) -> F32x4 {
    let [a, b, c, d] = F32x4::transpose(sums);
    (a + b) + (c + d)
}

/// Several rows, B by rows: the tiles of the five loops on panels of B where they lie, `rsb` from row to row.
///
/// # Safety
/// As for `multiply`, with `pa` for all m rows of A at the depths of a block and `pb` for one panel of B.
pub unsafe fn multiply_in_place(
    m: usize, n: usize, k: usize, a: &Strided, b: *const f32, rsb: usize, out: &Output, pa: *mut f32, pb: *mut f32,
) {
    let at_once = depths_at_once(k);
    for pc in (0..k).step_by(at_once) {
        let kc = at_once.min(k - pc);
        let out = out.depths(pc, kc, k);
        let a = a.panels::<MR>(0, m, pc, kc, pa);
        let whole = n - n % NR;
        tiles(m, whole, kc, a, b.add(pc * rsb), rsb, &out);
        if whole < n {
            let rest = Strided { at: b.add(whole), row: 1, depth: rsb };
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
