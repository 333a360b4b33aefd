//! The transforms of F(m × m, 3 × 3) along one axis, four tiles or filters at a time.

use crate::simd::F32x4;
use core::hint::black_box;

/// Y = Aᵀ [(G g Gᵀ) ⊙ (Bᵀ x B)] A for M × M outputs Y and S × S inputs x, S = M + 2.
pub(in crate::conv) trait Transform<const M: usize, const S: usize>: Copy {
    /// Bᵀ x
    fn input(self, x: [F32x4; S]) -> [F32x4; S];
    /// G g
    fn filter(self, g: [F32x4; 3]) -> [F32x4; S];
    /// Aᵀ m
    fn output(self, m: [F32x4; S]) -> [F32x4; M];
}

/// F(2 × 2, 3 × 3), with the points 0, ±1 and ∞: sums, differences and halves.
#[derive(Clone, Copy)]
pub(in crate::conv) struct F2;

impl Transform<2, 4> for F2 {
    #[inline(always)]
    fn input(self, [a, b, c, d]: [F32x4; 4]) -> [F32x4; 4] {
        [a - c, b + c, c - b, b - d]
    }

    #[inline(always)]
    fn filter(self, [a, b, c]: [F32x4; 3]) -> [F32x4; 4] {
        let (half, ends) = (F32x4::splat(0.5), a + c);
        [a, half * (ends + b), half * (ends - b), c]
    }

    #[inline(always)]
    fn output(self, [a, b, c, d]: [F32x4; 4]) -> [F32x4; 2] {
        [a + b + c, b - c - d]
    }
}

/// F(4 × 4, 3 × 3), with the points 0, ±1, ±2 and ∞.
#[derive(Clone, Copy)]
pub(in crate::conv) struct F4(&'static Constants);

struct Constants {
    two: f32,
    four: f32,
    five: f32,
    eight: f32,
    quarter: f32,
    sixth: f32,
    twelfth: f32,
    twenty_fourth: f32,
}

static CONSTANTS: Constants = Constants {
    two: 2.0,
    four: 4.0,
    five: 5.0,
    eight: 8.0,
    quarter: 0.25,
    sixth: 1.0 / 6.0,
    twelfth: 1.0 / 12.0,
    twenty_fourth: 1.0 / 24.0,
};

impl F4 {
    /// The constants are hidden from the optimiser: engines rebuild constant vectors each time round a loop.
    pub fn new() -> Self {
        Self(black_box(&CONSTANTS))
    }
}

impl Transform<4, 6> for F4 {
    #[inline(always)]
    fn input(self, [a, b, c, d, e, f]: [F32x4; 6]) -> [F32x4; 6] {
        let [two, four, five] = [self.0.two, self.0.four, self.0.five].map(F32x4::splat);
        let (even, odd) = (four.neg_mul_add(c, e), four.neg_mul_add(b, d));
        let (outer, inner) = (e - c, d - b);
        [
            four.mul_add(a, five.neg_mul_add(c, e)),
            even + odd,
            even - odd,
            two.mul_add(inner, outer),
            two.neg_mul_add(inner, outer),
            four.mul_add(b, five.neg_mul_add(d, f)),
        ]
    }

    #[inline(always)]
    fn filter(self, [a, b, c]: [F32x4; 3]) -> [F32x4; 6] {
        let Constants { quarter, sixth, twelfth, twenty_fourth, .. } = *self.0;
        let [quarter, sixth, twelfth, twenty_fourth] = [quarter, sixth, twelfth, twenty_fourth].map(F32x4::splat);
        let (ends, middle) = (-sixth * (a + c), sixth * b);
        let (outer, inner) = (twenty_fourth.mul_add(a, sixth * c), twelfth * b);
        [quarter * a, ends - middle, ends + middle, outer + inner, outer - inner, c]
    }

    #[inline(always)]
    fn output(self, [a, b, c, d, e, f]: [F32x4; 6]) -> [F32x4; 4] {
        let [two, four, eight] = [self.0.two, self.0.four, self.0.eight].map(F32x4::splat);
        let (near, near_odd) = (b + c, b - c);
        let (far, far_odd) = (d + e, d - e);
        [a + near + far, two.mul_add(far_odd, near_odd), four.mul_add(far, near), eight.mul_add(far_odd, near_odd) + f]
    }
}
