//! Philox 4x32-10 (Salmon, Moraes, Dror, Shaw 2011): random numbers as a function of a key and a counter.
//!
//! A state or key is four words [key0, key1, count0, count1]. Element i of what a key gives is word i mod 4 of the
//! block with the counter [i div 4, 0, count0, count1]: nothing is carried from one element to the next, so that a mask
//! can be made twice instead of kept.

use core::cell::Cell;

use crate::cells::Element;
use crate::math::Math;
use crate::simd::{F32x4, I32x4};

/// A state, or a key drawn from one.
pub type Key = [i32; 4];

/// Four blocks at once: `counter` holds word 0 of four counters, then word 1, …; so does the result.
#[inline(always)]
pub fn philox(counter: [I32x4; 4], key: [i32; 2]) -> [I32x4; 4] {
    let (m0, m1) = (I32x4::splat(0xd251_1f53_u32 as i32), I32x4::splat(0xcd9e_8d57_u32 as i32));
    let [mut k0, mut k1] = key;
    let [mut c0, mut c1, mut c2, mut c3] = counter;
    for _ in 0..10 {
        let (low0, high0) = c0.mul_wide_unsigned(m0);
        let (low1, high1) = c2.mul_wide_unsigned(m1);
        (c0, c1, c2, c3) = (high1 ^ c1 ^ I32x4::splat(k0), low1, high0 ^ c3 ^ I32x4::splat(k1), low0);
        k0 = k0.wrapping_add(0x9e37_79b9_u32 as i32);
        k1 = k1.wrapping_add(0xbb67_ae85_u32 as i32);
    }
    [c0, c1, c2, c3]
}

/// key = state, then the state's 64-bit count goes up by one.
pub fn draw(state: &mut Key, key: &mut Key) {
    *key = *state;
    let (low, carry) = (state[2] as u32).overflowing_add(1);
    state[2] = low as i32;
    state[3] = state[3].wrapping_add(carry.into());
}

/// Elements of whole blocks: where a part may begin.
pub const BLOCKS: usize = 16;

/// y = f(words), y beginning with element `first` of what the key gives, a multiple of [`BLOCKS`]: f gets the words of four blocks as `philox` gives them and makes of word w of each block element w.
/// It also gets the place of the first of these 16 elements.
#[inline(always)]
fn generate<T: Element>(key: &Key, y: &[Cell<T>], first: usize, f: impl Fn([I32x4; 4], usize) -> [T::Vector; 4])
where
    T::Vector: Lanes,
{
    let [k0, k1, count0, count1] = *key;
    let mut block = I32x4::from_array([0, 1, 2, 3]) + I32x4::splat((first / 4) as i32);
    let rest = [I32x4::splat(0), I32x4::splat(count0), I32x4::splat(count1)];
    for (i, y) in y.chunks(16).enumerate() {
        let words = philox([block, rest[0], rest[1], rest[2]], [k0, k1]);
        let elements = T::Vector::transpose(f(words, 16 * i));
        for (y, v) in y.chunks(4).zip(elements) {
            match y.first_chunk() {
                Some(y) => T::write(v, y),
                None => {
                    let whole = [const { Cell::new(T::ZERO) }; 4];
                    T::write(v, &whole);
                    y.iter().zip(&whole).for_each(|(y, v)| y.set(v.get()));
                }
            }
        }
        block = block + I32x4::splat(4);
    }
}

/// Vectors that a 4 × 4 block of can be transposed.
trait Lanes: Sized {
    fn transpose(rows: [Self; 4]) -> [Self; 4];
}

impl Lanes for F32x4 {
    #[inline(always)]
    fn transpose(rows: [Self; 4]) -> [Self; 4] {
        F32x4::transpose(rows)
    }
}

impl Lanes for I32x4 {
    #[inline(always)]
    fn transpose(rows: [Self; 4]) -> [Self; 4] {
        F32x4::transpose(rows.map(I32x4::as_f32)).map(F32x4::bits)
    }
}

/// (word >>> 8) · 2⁻²⁴: 0 ≤ u < 1.
#[inline(always)]
fn unit(word: I32x4) -> F32x4 {
    word.shr_unsigned(8).to_f32() * F32x4::splat(1.0 / 16_777_216.0)
}

/// The words themselves. Here and below, y begins with element `first`, a multiple of [`BLOCKS`].
pub fn bits(key: &Key, y: &[Cell<i32>], first: usize) {
    generate(key, y, first, |words, _| words);
}

/// lo + (hi − lo) u
pub fn uniform(key: &Key, y: &[Cell<f32>], lo: f32, hi: f32, first: usize) {
    let (lo, range) = (F32x4::splat(lo), F32x4::splat(hi - lo));
    generate(key, y, first, |words, _| words.map(|word| lo + range * unit(word)));
}

/// mean + std · r · (cos, sin)(2π u₁), r = √(−2 ln(1 − u₀)) (Box, Muller 1958): two words make two elements.
pub fn normal(key: &Key, y: &[Cell<f32>], mean: f32, std: f32, first: usize) {
    let m = Math::new();
    let (mean, std) = (F32x4::splat(mean), F32x4::splat(std));
    let pair = |a, b| {
        let r = (F32x4::splat(-2.0) * m.log(m.one() - unit(a))).sqrt() * std;
        let (sin, cos) = m.sin_cos_turns(unit(b));
        (mean + r * cos, mean + r * sin)
    };
    generate(key, y, first, |[a, b, c, d], _| {
        let ((y0, y1), (y2, y3)) = (pair(a, b), pair(c, d));
        [y0, y1, y2, y3]
    });
}

/// y[i] = uᵢ ≥ p ? x[i] / (1 − p) : 0
pub fn dropout(x: &[Cell<f32>], key: &Key, y: &[Cell<f32>], p: f32, first: usize) {
    let (limit, scale) = (F32x4::splat(p), F32x4::splat(1.0 / (1.0 - p)));
    let x = &x[..y.len()];
    generate(key, y, first, |words, at| {
        let read = |i: usize| {
            let x = x.get(at + 4 * i..).unwrap_or_default();
            match x.first_chunk() {
                Some(x) => f32::read(x),
                None => F32x4::from_array(core::array::from_fn(|j| x.get(j).map_or(0.0, Cell::get))),
            }
        };
        let kept = words.map(|word| unit(word).ge(limit).as_f32());
        let x = F32x4::transpose(core::array::from_fn(read));
        core::array::from_fn(|i| (kept[i].bits() & (x[i] * scale).bits()).as_f32())
    });
}
