//! The weights of a convolution, as they are or prepared.

use super::geometry::{Conv2d, Window};
use crate::cut::PARTS;
use crate::gemm::loops::MR;

/// The weights that a method is given.
#[derive(Clone, Copy)]
pub(super) enum Weights<'a> {
    /// [k, c/groups, kh, kw]
    Plain(&'a [f32]),
    /// What `conv2d_prepare` made of them.
    Prepared(Prepared<'a>),
}

/// Weights that `conv2d_prepare` has prepared, of all groups or of one.
#[derive(Clone, Copy, Debug)]
pub struct Prepared<'a> {
    pub(super) weights: &'a [f32],
    /// The filters of each group of the convolution that was prepared.
    pub(super) k: usize,
    /// The first that is taken, for a part of it: the first of a group, or of a tile of four.
    pub(super) first: usize,
}

impl<'a> Weights<'a> {
    /// For methods that read the weights of g as they are, prepared or not.
    pub fn as_they_are(self, g: &Conv2d) -> &'a [f32] {
        match self {
            Self::Plain(w) => w,
            Self::Prepared(w) if PARTS => &w.weights[w.first * g.w_step()..],
            Self::Prepared(w) => w.weights,
        }
    }

    /// Those of group i, of so many numbers if plain, or all that are prepared of the group.
    pub fn part(self, window: &Window, i: usize, plain: usize, prepared: usize) -> Self {
        match self {
            Self::Plain(w) => Self::Plain(&w[i * plain..][..plain]),
            Self::Prepared(w) if PARTS => {
                let first = w.first + i * window.k;
                let weights = &w.weights[first / w.k * prepared..][..prepared];
                Self::Prepared(Prepared { weights, first: first % w.k, ..w })
            }
            Self::Prepared(w) => Self::Prepared(Prepared { weights: &w.weights[i * prepared..][..prepared], ..w }),
        }
    }
}

impl<'a> Prepared<'a> {
    /// The weights of a convolution, of which a part takes those from `first` on.
    #[inline(always)]
    pub fn of(whole: &Conv2d, weights: &'a [f32], first: usize) -> Self {
        let k = if PARTS { whole.k / whole.groups.max(1) } else { whole.k };
        Self { weights, k, first }
    }

    /// Whether they are those of whole groups, or from the first of a tile on of one.
    pub(super) fn fits(&self, g: &Conv2d) -> bool {
        let within = self.first % self.k.max(1);
        !PARTS
            || match g.groups {
                1 => within.is_multiple_of(MR) && within + g.k <= self.k,
                n => within == 0 && g.k == n * self.k,
            }
    }

    /// A window of the convolution that was prepared, from that of a part.
    pub(super) fn whole(&self, window: &Window) -> Window {
        Window { k: if PARTS { self.k } else { window.k }, ..*window }
    }
}
