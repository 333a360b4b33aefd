//! By which method a product is computed.

use super::loops::MR;
use super::Gemm;

/// How a product is computed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// One row at a time, each element a dot product; B by columns, or packed from them.
    Dots,
    /// One row at a time, the sum of multiples of B's rows; B by rows, or packed.
    Rows,
    /// Tiles over B where it lies, by rows.
    InPlace,
    /// Tiles over packed panels of B.
    Tiles,
}

// GFLOP/s on AMD EPYC, relaxed, Node 24, where multiply-adds reach 51; `npm run bench -- dispatch` measures again.

/// Up to so many rows, one at a time with B by rows: 2 × 400 × 120 at 12, where tiles in place get 10; 3 at 20 and 23.
const SINGLE_ROWS: usize = 2;
/// The same with B by columns: 6 rows of 1024 × 1024 at 22, where packing gets 18; 8 at 22, where it gets 26. So few rows
/// gain nothing by a B that is packed already: 1 row of 400 × 120 at 33, where panels would get 23, of 9216 × 4096 at 9
/// and 4; 7 of 1024 × 1024 at 26 and 24.
const DOT_ROWS: usize = 7;
/// Up to so many, if they do not fill tiles, and B has at most so many numbers, which stay in L2, in columns at least so
/// long: 10 rows of 400 × 120 at 36 and 28, 14 at 36 and 31; but 12 at 36 and 37, and 10 of 64 × 256 at 20 and 21.
const MORE_DOT_ROWS: usize = 14;
const DOT_NUMBERS: usize = 1 << 16;
const DOT_DEPTHS: usize = 256;

/// Up to so many rows packing B by rows costs more than it saves: 12 rows of 1024 × 1000 at 27 in place, where packing
/// gets 22; 20 of 400 × 120 at 47 and 41.
const FEW_ROWS: usize = 24;
/// Where rows of B are a multiple of so many numbers apart, and fall onto the same few lines of the first cache, nothing
/// is done in place: 4 rows of 1024 × 1024 at 17, and at 23 packed; 4 of 4096 × 4096 at 5 and 9.
const ALIASED: usize = 512;
/// One at a time is better here for one row more: 3 of 1024 × 1024 at 15, packed at 14.
const SINGLE_ALIASED_ROWS: usize = 3;

/// Whether a product of m rows with B [k, n] by columns is one of dot products. The order of its sums depends on it.
#[inline(always)]
pub(super) fn takes_dots(m: usize, k: usize, n: usize) -> bool {
    m <= DOT_ROWS || m <= MORE_DOT_ROWS && m % MR != 0 && k >= DOT_DEPTHS && k.saturating_mul(n) <= DOT_NUMBERS
}

impl Method {
    pub const ALL: [Self; 4] = [Self::Dots, Self::Rows, Self::InPlace, Self::Tiles];
}

impl Gemm {
    /// The fastest method known.
    #[inline(always)]
    pub fn method(&self) -> Method {
        let aliased = self.rsb.is_multiple_of(ALIASED);
        let single = if aliased { SINGLE_ALIASED_ROWS } else { SINGLE_ROWS };
        if self.rsb == 1 && takes_dots(self.m, self.k, self.n) {
            Method::Dots
        } else if self.m <= single && self.csb == 1 {
            Method::Rows
        } else if self.m <= FEW_ROWS && self.csb == 1 && !aliased {
            Method::InPlace
        } else {
            Method::Tiles
        }
    }

    /// Whether a method can compute the product.
    #[inline(always)]
    pub fn serves(&self, method: Method) -> bool {
        match method {
            Method::Dots => self.rsb == 1,
            Method::Rows | Method::InPlace => self.csb == 1,
            Method::Tiles => true,
        }
    }
}
