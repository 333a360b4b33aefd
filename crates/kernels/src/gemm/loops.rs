//! The five loops around the micro-kernel (Goto and van de Geijn 2008; Van Zee and van de Geijn 2015).
//!
//! LOOP 5 cuts n by NC, LOOP 4 cuts k by KC and packs a block of B, LOOP 3 cuts m by MC and packs a block of A; LOOP 2
//! and LOOP 1 walk the tiles. Here a panel of B (KC × NR, 13 KB) stays in L1 while the panels of A pass by from L2,
//! where both blocks live.

use core::mem::MaybeUninit;

use super::micro::{MicroKernel, Outer, Output};
use super::pack::Operand;

/// 4 × 8: eight accumulators, two vectors of B and one splat fit the fifteen vector registers that engines leave.
pub type Tile = Outer<4, 2>;
pub const MR: usize = Tile::MR;
pub const NR: usize = Tile::NR;

/// A block of A takes 100 KB and one of B 400 KB: together less than an L2 of 512 KB. KC 384 gained AlexNet's first two
/// layers 2 % (43.0 to 43.8, 45.5 to 46.3 GFLOP/s) against KC 256, MC 128, NC 512, whose blocks take 640 KB; products of
/// 512³ and 1024³ stayed within 1 %. Blocks of 128 columns cost the latter 5 %.
const KC: usize = 400;
const MC: usize = 64;
const NC: usize = 256;

/// The depths of a block of k: as few blocks as there can be, of one size. (A last one of few depths would read and write
/// all of C for them.)
#[inline(never)] // everywhere, its divisions make the binary for the edge 0.3 kB larger
pub fn depths_at_once(k: usize) -> usize {
    k.div_ceil(k.div_ceil(KC).max(1)).max(1)
}

/// Numbers of workspace that [`multiply`] needs for packing A.
pub fn a_workspace(m: usize, k: usize) -> usize {
    m.min(MC).next_multiple_of(MR) * depths_at_once(k)
}

/// Numbers of workspace that [`multiply`] needs for packing B.
pub fn b_workspace(n: usize, k: usize) -> usize {
    n.min(NC).next_multiple_of(NR) * depths_at_once(k)
}

/// C ← AB with the epilogue of `out`. k = 0 is the caller's matter.
///
/// # Safety
/// A must have m rows, Bᵀ n rows, both k ≥ 1 depths; `out` m rows of n; `pa` and `pb` the room given by
/// [`a_workspace`] and [`b_workspace`] where the operand is not packed yet.
pub unsafe fn multiply(
    m: usize, n: usize, k: usize, a: &impl Operand, b: &impl Operand, out: &Output, pa: *mut f32, pb: *mut f32,
) {
    let at_once = depths_at_once(k);
    // LOOP 5
    for jc in (0..n).step_by(NC) {
        let nc = NC.min(n - jc);
        // LOOP 4
        for pc in (0..k).step_by(at_once) {
            let kc = at_once.min(k - pc);
            let out = out.depths(pc, kc, k);
            let b = b.panels::<NR>(jc, nc, pc, kc, pb);
            // LOOP 3
            for ic in (0..m).step_by(MC) {
                let mc = MC.min(m - ic);
                let a = a.panels::<MR>(ic, mc, pc, kc, pa);
                block::<Tile>(mc, nc, kc, a, b, &out.at(ic, jc));
            }
        }
    }
}

/// LOOP 2 and LOOP 1: all tiles of a block.
///
/// # Safety
/// `a` and `b` must be panels of mc and nc rows, kc deep, and `out` have mc rows of nc.
#[inline(never)]
pub unsafe fn block<K: MicroKernel>(mc: usize, nc: usize, kc: usize, a: *const f32, b: *const f32, out: &Output) {
    for jr in (0..nc).step_by(K::NR) {
        for ir in (0..mc).step_by(K::MR) {
            let (a, b, out) = (a.add(ir * kc), b.add(jr * kc), out.at(ir, jr));
            if ir + K::MR <= mc && jr + K::NR <= nc {
                K::run(kc, a, b, K::NR, &out);
            } else {
                edge::<K>(K::MR.min(mc - ir), K::NR.min(nc - jr), kc, a, b, K::NR, &out);
            }
        }
    }
}

/// A tile that sticks out of C: computed whole, beside it, and then copied as far as it goes.
#[inline(never)]
pub unsafe fn edge<K: MicroKernel>(
    mr: usize, nr: usize, kc: usize, a: *const f32, b: *const f32, rsb: usize, out: &Output,
) {
    const ROOM: usize = 64;
    const { assert!(K::MR * K::NR <= ROOM) };
    let mut tile = MaybeUninit::<[f32; ROOM]>::uninit();
    let tile = tile.as_mut_ptr().cast::<f32>();
    K::run(kc, a, b, rsb, &Output::plain(tile, K::NR));
    for i in 0..mr {
        for j in 0..nr {
            out.put(i, j, *tile.add(i * K::NR + j));
        }
    }
    out.activate(mr, nr);
}
