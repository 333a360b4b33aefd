//! Moving data between layouts: strided copies, fills, and images in the blocked layout.

use phyllo_kernels::blocked::{self, IMAGES};
use phyllo_kernels::{copy, work};
use wasm_bindgen::prelude::wasm_bindgen;

use crate::dry_run;
use crate::slices::{parts, slices};

macro_rules! export_copies {
    ($($(#[$cfg:meta])* $name:ident $copy:ident $type:ident;)*) => {$(
        $(#[$cfg])*
        #[wasm_bindgen]
        #[allow(clippy::too_many_arguments)]
        pub fn $name(
            x: usize, y: usize, n0: usize, n1: usize, n2: usize, n3: usize,
            x0: isize, x1: isize, x2: isize, x3: isize, y0: isize, y1: isize, y2: isize, y3: isize,
        ) {
            let n = [n0, n1, n2, n3];
            let (sx, sy) = ([x0, x1, x2, x3], [y0, y1, y2, y3]);
            $crate::dry_run::work(n);
            let axis = $crate::strided::axis(n);
            let work = phyllo_kernels::work::strided(n, [sx[3], sy[3]], 2.0);
            $crate::parts::each(n[axis], 1, work, |start, length| {
                let mut n = n;
                n[axis] = length;
                let [x, y] = [(x, sx[axis]), (y, sy[axis])].map(|(at, s)| $crate::strided::step::<$type>(at, start, s));
                let (from, to) = ($crate::strided::extent(n, sx), $crate::strided::extent(n, sy));
                $crate::slices::slices_of_part! { x: strided $type[&from], y: strided_output $type[&to] }
                phyllo_kernels::copy::$copy(x, y, n, (from.below, sx), (to.below, sy));
            });
        }
    )*};
}

#[cfg(feature = "train")]
pub(crate) use export_copies;

export_copies! {
    copy copy i32;
    #[cfg(not(feature = "plans"))]
    copy8 copy u8;
    #[cfg(feature = "plans")]
    copy8 copy_few u8;
}

#[wasm_bindgen]
pub fn fill(y: usize, n: usize, value: f32) {
    parts! { n by 64, work work::each([n], 1.0); y: output f32[n] => copy::fill(y, value) }
}

#[wasm_bindgen(js_name = "fillI32")]
pub fn fill_i32(y: usize, n: usize, value: i32) {
    parts! { n by 64, work work::each([n], 1.0); y: output i32[n] => copy::fill(y, value) }
}

#[wasm_bindgen]
pub fn fill8(y: usize, n: usize, value: u8) {
    slices! { y: output u8[n] }
    copy::fill(y, value);
}

/// The elements of n images in the blocked layout.
fn in_blocks(n: usize, size: usize) -> usize {
    dry_run::size([n.div_ceil(IMAGES), size, IMAGES])
}

#[wasm_bindgen(js_name = "toBlocked")]
pub fn to_blocked(x: usize, y: usize, n: usize, size: usize) {
    parts! {
        n by IMAGES, work work::each([n, size], 2.0);
        x: input f32[n * size], y: output f32[in_blocks(n, size)] => blocked::to_blocked(n, size, x, y)
    }
}

#[wasm_bindgen(js_name = "fromBlocked")]
pub fn from_blocked(x: usize, y: usize, n: usize, size: usize) {
    parts! {
        n by IMAGES, work work::each([n, size], 6.0);
        x: input f32[in_blocks(n, size)], y: output f32[n * size] => blocked::from_blocked(n, size, x, y)
    }
}

#[cfg(feature = "train")]
#[wasm_bindgen(js_name = "sumBlocked")]
pub fn sum_blocked(x: usize, y: usize, n: usize, c: usize, size: usize) {
    let planes = c;
    parts! {
        planes from first by 1, work work::each([n, c, size], 3.0);
        x: input f32[in_blocks(n, dry_run::size([c, size]))], y: output f32[planes]
        => blocked::sum_blocked(n, c, size, x, y, first)
    }
}
