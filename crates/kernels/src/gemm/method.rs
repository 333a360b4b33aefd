//! By which method a product is computed.

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

/// Up to so many rows, one at a time with B by rows: 3 × 400 × 120 at 20, where tiles in place get 19; 4 at 23 and 45.
const SINGLE_ROWS: usize = 3;
/// The same with B by columns, whatever its sizes, since the order of sums depends on it: 6 rows of 1024 × 1024 at 22,
/// where packing gets 18; 8 at 22, where it gets 26. So few rows gain nothing by a B that is packed already: 1 row of
/// 400 × 120 at 33, where panels would get 23, of 9216 × 4096 at 9 and 4; 7 of 1024 × 1024 at 26 and 24.
pub const DOT_ROWS: usize = 7;
/// Up to so many rows packing B by rows costs more than it saves: 12 rows of 1024 × 1000 at 27 in place, where packing
/// gets 22; 20 of 400 × 120 at 47 and 41.
const FEW_ROWS: usize = 24;
/// The same where rows of B are a multiple of so many numbers apart, and fall onto the same few lines of the first cache:
/// 4 rows of 1024 × 1024 at 24 and 23, but 6 at 18 and 21, 16 at 24 and 37.
const ALIASED: usize = 512;
const FEW_ALIASED_ROWS: usize = 4;
impl Method {
    pub const ALL: [Self; 4] = [Self::Dots, Self::Rows, Self::InPlace, Self::Tiles];
}

impl Gemm {
    /// The fastest method known.
    #[inline(always)]
    pub fn method(&self) -> Method {
        let few = if self.rsb.is_multiple_of(ALIASED) { FEW_ALIASED_ROWS } else { FEW_ROWS };
        if self.m <= DOT_ROWS && self.rsb == 1 {
            Method::Dots
        } else if self.m <= SINGLE_ROWS && self.csb == 1 {
            Method::Rows
        } else if self.m <= few && self.csb == 1 {
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
