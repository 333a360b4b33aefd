//! How a correlation is cut into tiles, and which ones gain by this method.

use crate::conv::geometry::Window;
use crate::cut::PARTS;
use crate::gemm::loops::MR;

/// Numbers of transformed input that are made at a time: 512 KB.
const TRANSFORMED: usize = 1 << 17;
/// Tiles that are worth reading the transformed filters for.
const TILES: usize = 56;
/// Numbers of transformed filters that are made, or read, at a time: 256 KB.
const BLOCK: usize = 1 << 16;
/// Filters at a time, at least and at most.
const FILTERS: [usize; 2] = [32, 64];

/// Channels and filters from which on it gains: 14 % here, on 28 × 28.
const CHANNELS: usize = 16;
/// Outputs of a batch from which on it makes up for transforming the filters: 49 (7 × 7) gain 15 %.
const OUTPUTS: usize = 49;

/// Depths that panels of transformed tiles and filters have at a time: one of tiles takes 16 KB.
pub(super) const DEPTHS: usize = 512;
/// Whether this can compute the correlation.
pub(in crate::conv) fn fits(window: &Window) -> bool {
    let Window { kh, kw, sh, sw, dh, dw, .. } = *window;
    [kh, kw, sh, sw, dh, dw] == [3, 3, 1, 1, 1, 1]
}

/// Whether this beats products with patches, for n images.
pub(in crate::conv) fn pays(window: &Window, n: usize) -> bool {
    let (c, k, pixels) = (window.c, window.k, window.pixels());
    fits(window) && c.min(k) >= CHANNELS && pixels >= 16 && n * pixels >= OUTPUTS
}

/// From the matrix of one element of the tiles, `n` numbers, to that of the next: an odd number of lines of cache, for
/// otherwise all of them would want the same few lines of it.
pub(super) fn distance(n: usize) -> usize {
    n.next_multiple_of(32) + 16
}

/// How a correlation is cut.
#[derive(Clone, Copy)]
pub(super) struct Plan<const M: usize, const S: usize> {
    pub(super) window: Window,
    /// Rows of tiles of an image, and tiles in a row: a multiple of 4, or where tiles are dear (m = 4) of 2. (56 × 56 with
    /// 64 channels and filters: 88 GFLOP/s instead of 83; with m = 2 it would cost 7 %.)
    pub(super) rows: usize,
    pub(super) columns: usize,
    /// Rows of tiles, of any images, taken at a time.
    pub(super) at_once: usize,
    /// Filters taken at a time.
    pub(super) filters_at_once: usize,
}

/// Filters that are taken at a time.
pub(super) struct Block {
    /// The first of them, and their number.
    pub(super) first: usize,
    pub(super) filters: usize,
    /// The block that they are of among the transformed filters: where it begins, how many filters it has, and which of
    /// those is the first.
    pub(super) at: usize,
    pub(super) of: usize,
    pub(super) skip: usize,
}

/// Rows of tiles of one image.
pub(super) struct Segment {
    pub(super) image: usize,
    /// The first of them, and their number.
    pub(super) row: usize,
    pub(super) rows: usize,
    /// The index of its first tile among those taken at a time.
    pub(super) at: usize,
}

impl<const M: usize, const S: usize> Plan<M, S> {
    pub(super) const ELEMENTS: usize = S * S;
    /// Whether four tiles side by side may lie in two panels.
    pub(super) const SPLITS: bool = M == 4;

    pub(super) fn new(window: &Window, n: usize) -> Self {
        let (rows, columns) = (window.oh.div_ceil(M), window.ow.div_ceil(M));
        let columns = columns.next_multiple_of(if Self::SPLITS { 2 } else { 4 }).max(4);
        let fitting = (TRANSFORMED / (Self::ELEMENTS * window.c * columns)).max(TILES.div_ceil(columns));
        let parts = (n * rows).div_ceil(fitting);
        let at_once = (n * rows).div_ceil(parts);
        let filters_at_once = Self::most_filters(window.c).min(window.k);
        Self { window: *window, rows, columns, at_once, filters_at_once }
    }

    /// Filters of c channels that a block has at most.
    fn most_filters(c: usize) -> usize {
        (BLOCK / (Self::ELEMENTS * c)).clamp(FILTERS[0], FILTERS[1]).next_multiple_of(MR)
    }

    /// Products of an image, for each channel and filter.
    pub(super) fn products(&self) -> usize {
        Self::ELEMENTS * self.rows * self.columns
    }

    /// Numbers that a block of transformed filters takes.
    pub(super) fn block(&self, filters: usize) -> usize {
        Self::ELEMENTS * distance(self.window.c * filters.next_multiple_of(MR))
    }

    /// The filters as they are taken at a time: all of them, or those from `start` on of `all` that are transformed.
    pub(super) fn blocks(&self, start: usize, all: usize) -> impl Iterator<Item = Block> {
        let (start, all) = if PARTS { (start, all) } else { (0, self.window.k) };
        let most = if PARTS { Self::most_filters(self.window.c).min(all) } else { self.filters_at_once };
        let (end, size) = (start + self.window.k, self.block(most));
        (start / most * most..end).step_by(most).map(move |block| {
            let (first, last, of) = (start.max(block), end.min(block + most), most.min(all - block));
            Block { first: first - start, filters: last - first, at: block / most * size, of, skip: first - block }
        })
    }

    /// Numbers that all transformed filters take.
    pub(super) fn filters(&self) -> usize {
        let rest = self.window.k % self.filters_at_once;
        self.window.k / self.filters_at_once * self.block(self.filters_at_once)
            + if rest > 0 { self.block(rest) } else { 0 }
    }

    /// The parts of images that rows of tiles [first, last) of n images are.
    pub(super) fn segments(&self, first: usize, last: usize) -> impl Iterator<Item = Segment> {
        let (rows, columns) = (self.rows, self.columns);
        (first / rows..last.div_ceil(rows)).map(move |image| {
            let (start, end) = (first.max(image * rows), last.min((image + 1) * rows));
            Segment { image, row: start - image * rows, rows: end - start, at: (start - first) * columns }
        })
    }
}

/// Whether F(4 × 4, 3 × 3) with filters transformed beforehand beats everything else, for n images: where its tiles,
/// those that only fill rows up included, take fewer products.
pub(in crate::conv) fn pays4(window: &Window, n: usize) -> bool {
    pays(window, n) && Plan::<4, 6>::new(window, n).products() < Plan::<2, 4>::new(window, n).products()
}
