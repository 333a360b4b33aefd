//! Four neighbouring elements of a row, or the fewer at its end.

use crate::simd::F32x4;

/// Calls `f(j, n)` at every fourth element j of a row that has n elements from there on.
#[inline(always)]
pub(super) fn each_four(length: usize, mut f: impl FnMut(usize, usize)) {
    let mut j = 0;
    while j < length {
        f(j, length - j);
        j += 4;
    }
}

/// Vectors that share the fetching of a function's constants: the engine has no registers to keep them in, and a store
/// between two of them would make it fetch them again. 1 → 4 took the cells of an LSTM from 7.8 to 4.9 ns a unit.
const STEP: usize = 4;

/// y[j] = f(j, n) for every fourth element j of a row that has n elements from there on; four of those at a time.
///
/// # Safety
/// `length` elements at y must exist.
#[inline(always)]
pub(super) unsafe fn map(length: usize, y: *mut f32, f: impl Fn(usize, usize) -> F32x4) {
    let mut j = 0;
    while !cfg!(feature = "small") && j + 4 * STEP <= length {
        let v: [F32x4; STEP] = core::array::from_fn(|i| f(j + 4 * i, 4));
        for (i, v) in v.into_iter().enumerate() {
            v.store(y.add(j + 4 * i));
        }
        j += 4 * STEP;
    }
    while j < length {
        put(f(j, length - j), y.add(j), length - j);
        j += 4;
    }
}

/// The first of n ≥ 1 elements at x, up to four; then zeros.
///
/// # Safety
/// They must exist.
#[inline(always)]
pub(super) unsafe fn get(x: *const f32, n: usize) -> F32x4 {
    F32x4::load_partial(x, n)
}

/// The same, or zeros where x is null.
///
/// # Safety
/// As for `get`.
#[inline(always)]
pub(super) unsafe fn get_or_zero(x: *const f32, offset: usize, n: usize) -> F32x4 {
    if x.is_null() {
        F32x4::zero()
    } else {
        get(x.add(offset), n)
    }
}

/// Writes as many lanes as there are elements.
///
/// # Safety
/// As for `get`.
#[inline(always)]
pub(super) unsafe fn put(v: F32x4, y: *mut f32, n: usize) {
    v.store_partial(y, n);
}
