//! How a batch of images lies in memory, and eight images of it with a border.

use crate::blocked::{gather_row, masked, masks, IMAGES};
use crate::conv::geometry::{Conv2d, Window};

/// How a batch lies in memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layout {
    /// [n, planes, h, w]
    Plain,
    /// [⌈n / 8⌉, planes, h, w, 8]
    Blocked,
}

impl Layout {
    /// Where the planes of a group begin in the eight images from `first` on: images have `image` numbers, groups
    /// `group`.
    pub(super) fn start(self, (first, image): (usize, usize), (i, group): (usize, usize)) -> usize {
        let side_by_side = if self == Self::Blocked { IMAGES } else { 1 };
        first * image + i * group * side_by_side
    }
}

/// Planes of eight images with room for every tap: zeros around the images, or a part of them.
#[derive(Clone, Copy)]
pub(super) struct Block {
    pub(super) layout: Layout,
    pub(super) planes: usize,
    pub(super) h: usize,
    pub(super) w: usize,
    pub(super) rows: usize,
    pub(super) columns: usize,
    pub(super) top: usize,
    pub(super) left: usize,
}

impl Block {
    /// The frame of a group's input: the images themselves, if they are blocked and have no border.
    pub(super) fn input(g: &Conv2d, layout: Layout) -> Self {
        let Conv2d { h, w, kh, kw, oh, ow, sh, sw, dh, dw, pt: top, pl: left, .. } = *g;
        let (rows, columns) = ((oh - 1) * sh + (kh - 1) * dh + 1, (ow - 1) * sw + (kw - 1) * dw + 1);
        let inside = top == 0 && left == 0 && rows <= h && columns <= w;
        let (rows, columns) = if layout == Layout::Blocked && inside { (h, w) } else { (rows, columns) };
        Self { layout, planes: g.group().c, h, w, rows, columns, top, left }
    }

    /// A group's output as it is.
    pub(super) fn output(g: &Conv2d, layout: Layout) -> Self {
        let Conv2d { oh, ow, .. } = *g;
        Self { layout, planes: g.group().k, h: oh, w: ow, rows: oh, columns: ow, top: 0, left: 0 }
    }

    /// Numbers of a row of pixels.
    pub(super) fn row(&self) -> usize {
        self.columns * IMAGES
    }

    pub(super) fn plane(&self) -> usize {
        self.rows * self.row()
    }

    pub(super) fn len(&self) -> usize {
        self.planes * self.plane()
    }

    /// The distance of every tap of a window from its first.
    pub(super) fn taps(&self, window: &Window, out: &mut [u32]) {
        let mut out = out.iter_mut();
        for d in 0..window.c {
            for u in 0..window.kh {
                for v in 0..window.kw {
                    let at = d * self.plane() + u * window.dh * self.row() + v * window.dw * IMAGES;
                    *out.next().expect("one number a tap") = at as u32;
                }
            }
        }
    }

    /// The block of `images` ≤ 8 images, other lanes 0: `x` itself, which begins with the first plane of the first
    /// image, or a copy in `buffer`, whose border is 0. Images that are not blocked are `step` apart.
    pub(super) fn load<'a>(&self, x: &'a [f32], step: usize, images: usize, buffer: &'a mut [f32]) -> &'a [f32] {
        let whole = [self.top, self.left] == [0, 0] && [self.rows, self.columns] == [self.h, self.w];
        if self.layout == Layout::Blocked && whole && images == IMAGES {
            return &x[..self.len()];
        }
        let rows = self.h.min(self.rows.saturating_sub(self.top));
        let count = self.w.min(self.columns.saturating_sub(self.left));
        for d in 0..if count > 0 { self.planes } else { 0 } {
            for y in 0..rows {
                let from = (d * self.h + y) * self.w;
                let to = d * self.plane() + (self.top + y) * self.row() + self.left * IMAGES;
                let target = &mut buffer[to..][..count * IMAGES];
                match self.layout {
                    Layout::Plain => gather_row(&x[from..], step, images, target),
                    Layout::Blocked => copy_row(&x[from * IMAGES..][..target.len()], images, target),
                }
            }
        }
        buffer
    }
}

/// A row of the blocked layout, with 0 in all but the first `images`.
#[inline(never)]
fn copy_row(x: &[f32], images: usize, y: &mut [f32]) {
    let masks = masks(images);
    for (x, y) in x.as_chunks::<IMAGES>().0.iter().zip(y.as_chunks_mut::<IMAGES>().0) {
        let [low, high] = masked(x, masks);
        low.write(y.first_chunk_mut().expect("eight lanes"));
        high.write(y.last_chunk_mut().expect("eight lanes"));
    }
}

/// Where blocks of images begin in a batch.
pub(super) fn blocks(g: &Conv2d) -> impl Iterator<Item = usize> {
    (0..g.n).step_by(IMAGES)
}
