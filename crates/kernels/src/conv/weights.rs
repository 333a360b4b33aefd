//! The weights of a convolution, as they are or prepared.

/// The weights that a method is given.
#[derive(Clone, Copy)]
pub(super) enum Weights<'a> {
    /// [k, c/groups, kh, kw]
    Plain(&'a [f32]),
    /// What `conv2d_prepare` made of them.
    Prepared(&'a [f32]),
}

impl<'a> Weights<'a> {
    /// For methods that read them as they are, prepared or not.
    pub fn as_they_are(self) -> &'a [f32] {
        match self {
            Self::Plain(w) | Self::Prepared(w) => w,
        }
    }

    /// Those of one group, of so many numbers if plain, or if prepared.
    pub fn part(self, group: usize, plain: usize, prepared: usize) -> Self {
        match self {
            Self::Plain(w) => Self::Plain(&w[group * plain..][..plain]),
            Self::Prepared(w) => Self::Prepared(&w[group * prepared..][..prepared]),
        }
    }
}
