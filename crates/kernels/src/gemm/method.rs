//! By which method a product is computed.

use super::geometry::Gemm;

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
/// The same with B by columns, whatever n, on which no order of sums depends: 6 rows of 1024 × 1024 at 22, where packing
/// gets 18; 8 at 22, where it gets 26. (Of B that stays in L2 dot products are better for 10 and 14 rows too: of 400 × 120
/// at 36, where packing gets 28 and 31.) So few rows gain nothing by a B that is packed already: 1 row of 400 × 120 at 33,
/// where panels would get 23, of 9216 × 4096 at 9 and 4; 7 of 1024 × 1024 at 26 and 24.
pub const DOT_ROWS: usize = 7;
/// Up to so many rows packing B by rows costs more than it saves: 12 rows of 1024 × 1000 at 27 in place, where packing
/// gets 22; 20 of 400 × 120 at 47 and 41.
pub(super) const FEW_ROWS: usize = 24;
/// Where rows of B are a multiple of so many numbers apart, and fall onto the same few lines of the first cache, nothing
/// is done in place: 4 rows of 1024 × 1024 at 17, and at 23 packed; 4 of 4096 × 4096 at 5 and 9.
const ALIASED: usize = 512;
/// One at a time is better here for one row more: 3 of 1024 × 1024 at 15, packed at 14.
const SINGLE_ALIASED_ROWS: usize = 3;

impl Method {
    pub const ALL: [Self; 4] = [Self::Dots, Self::Rows, Self::InPlace, Self::Tiles];
}

impl Gemm {
    /// The fastest method known.
    #[inline(always)]
    pub fn method(&self) -> Method {
        let aliased = self.rsb.is_multiple_of(ALIASED);
        let single = if aliased { SINGLE_ALIASED_ROWS } else { SINGLE_ROWS };
        if self.m <= DOT_ROWS && self.rsb == 1 {
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
