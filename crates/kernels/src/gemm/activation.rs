//! Functions that a product goes through on its way out.

use crate::math::Math;
use crate::simd::F32x4;

/// f in C ← f(AB [+ C] [+ bias]), element by element: the same bits as of the elementwise kernel after it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Activation {
    #[default]
    None,
    Relu,
    Sigmoid,
    Tanh,
}

impl Activation {
    /// By the contract's number: 0 none, 1 relu, 2 sigmoid, 3 tanh.
    pub fn numbered(i: u32) -> Self {
        match i {
            1 => Self::Relu,
            2 => Self::Sigmoid,
            3 => Self::Tanh,
            _ => Self::None,
        }
    }

    /// y = f(y) for `rows` rows of n numbers, `stride` apart.
    ///
    /// # Safety
    /// They must exist.
    pub unsafe fn apply(self, y: *mut f32, stride: usize, rows: usize, n: usize) {
        let m = Math::new();
        match self {
            Self::None => {}
            Self::Relu => map(y, stride, rows, n, |x| x.pmax(m.zero())),
            Self::Sigmoid => map(y, stride, rows, n, |x| m.sigmoid(x)),
            Self::Tanh => map(y, stride, rows, n, |x| m.tanh(x)),
        }
    }
}

#[inline(never)]
unsafe fn map(y: *mut f32, stride: usize, rows: usize, n: usize, f: impl Fn(F32x4) -> F32x4) {
    for i in 0..rows {
        let row = y.add(i * stride);
        let mut j = 0;
        while j + 4 <= n {
            f(F32x4::load(row.add(j))).store(row.add(j));
            j += 4;
        }
        while j < n {
            *row.add(j) = f(F32x4::load_splat(row.add(j))).lane::<0>();
            j += 1;
        }
    }
}
