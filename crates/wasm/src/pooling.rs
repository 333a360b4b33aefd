//! Pooling and its gradients.

use phyllo_kernels::blocked::IMAGES;
use phyllo_kernels::pool::{self, Divisor, Pool2d};
use phyllo_kernels::work::Pooling;
use wasm_bindgen::prelude::wasm_bindgen;

use crate::dry_run;
use crate::slices::parts;
use crate::windows::check_windows;

/// The elements of the planes that are pooled, of so many images; in a dry run, whether the windows are well.
fn pixels(g: &Pool2d, images: usize) -> usize {
    if dry_run::running() || cfg!(feature = "checked") {
        check_windows(1, [g.oh, g.ow], [g.kh, g.kw], [g.sh, g.sw], [g.ph, g.pw], [g.dh, g.dw]);
        dry_run::work([g.planes, g.oh, g.ow, g.kh, g.kw, images]);
    }
    dry_run::size([g.planes, g.h, g.w, images])
}

/// The elements of what comes out.
fn pooled(g: &Pool2d, images: usize) -> usize {
    dry_run::size([g.planes, g.oh, g.ow, images])
}

macro_rules! export_max_pool2d {
    ($(
        $(#[$cfg:meta])*
        $js:literal $name:ident($p:ident $at:ident $q:ident, $g:ident, $tap:ident) $body:block
    )*) => {$(
        $(#[$cfg])*
        #[wasm_bindgen(js_name = $js)]
        #[allow(clippy::too_many_arguments)]
        pub fn $name(
            $p: usize, $at: usize, $q: usize, planes: usize, h: usize, w: usize, oh: usize, ow: usize,
            kh: usize, kw: usize, sh: usize, sw: usize, ph: usize, pw: usize, dh: usize, dw: usize, wide: u32,
        ) {
            let $g = Pool2d { planes, h, w, oh, ow, kh, kw, sh, sw, ph, pw, dh, dw };
            if wide == 0 || cfg!(feature = "plans") {
                type $tap = u8;
                $body
            } else {
                type $tap = i32;
                $body
            }
        }
    )*};
}

export_max_pool2d! {
    "maxPool2d" max_pool2d(x at y, g, Tap) {
        dry_run::require_absent(at);
        let planes = g.planes;
        parts! {
            planes by 1, work Pooling::Largest.work(&g, 1), with [
                let g = Pool2d { planes, ..g };
                let (n, m) = (pixels(&g, 1), pooled(&g, 1));
            ];
            x: input f32[n], at: optional_output Tap[m], y: output f32[m]
            => pool::max_pool2d::<Tap>(&g, x, y, dry_run::full_only(at))
        }
    }
    #[cfg(feature = "train")]
    "maxPool2dGrad" max_pool2d_grad(gy at gx, g, Tap) {
        let planes = g.planes;
        parts! {
            planes by 1, work Pooling::Winners.work(&g, 1), with [
                let g = Pool2d { planes, ..g };
                let (n, m) = (pixels(&g, 1), pooled(&g, 1));
            ];
            gy: input f32[m], at: input Tap[m], gx: output f32[n]
            => pool::max_pool2d_grad::<Tap>(&g, gy, at, gx)
        }
    }
    #[cfg(feature = "train")]
    "maxPool2dTake" max_pool2d_take(x at y, g, Tap) {
        let planes = g.planes;
        parts! {
            planes by 1, work Pooling::Winners.work(&g, 1), with [
                let g = Pool2d { planes, ..g };
                let (n, m) = (pixels(&g, 1), pooled(&g, 1));
            ];
            x: input f32[n], at: input Tap[m], y: output f32[m]
            => pool::max_pool2d_take::<Tap>(&g, x, at, y)
        }
    }
    #[cfg(feature = "train")]
    "maxPool2dBlockedGrad" max_pool2d_blocked_grad(gy at gx, g, Tap) {
        let planes = g.planes;
        parts! {
            planes by 1, work Pooling::Winners.work(&g, IMAGES), with [
                let g = Pool2d { planes, ..g };
                let (n, m) = (pixels(&g, 1), pooled(&g, 1));
            ];
            gy: input f32[m * IMAGES], at: input Tap[m * IMAGES], gx: output f32[n * IMAGES]
            => pool::max_pool2d_blocked_grad::<Tap>(&g, gy, at, gx)
        }
    }
}

#[wasm_bindgen(js_name = "maxPool2dBlocked")]
#[allow(clippy::too_many_arguments)]
pub fn max_pool2d_blocked(
    x: usize, at: usize, y: usize, planes: usize, h: usize, w: usize, oh: usize, ow: usize, kh: usize, kw: usize,
    sh: usize, sw: usize, ph: usize, pw: usize, dh: usize, dw: usize, wide: u32, relu: u32,
) {
    let g = Pool2d { planes, h, w, oh, ow, kh, kw, sh, sw, ph, pw, dh, dw };
    dry_run::require_absent(at);
    if wide == 0 || cfg!(feature = "plans") {
        let planes = g.planes;
        parts! {
            planes by 1, work Pooling::Largest.work(&g, IMAGES), with [
                let g = Pool2d { planes, ..g };
                let (n, m) = (pixels(&g, IMAGES), pooled(&g, IMAGES));
            ];
            x: input f32[n], y: output f32[m], at: optional_output u8[m]
            => pool::max_pool2d_blocked(&g, x, y, dry_run::full_only(at), relu != 0)
        }
    } else {
        let planes = g.planes;
        parts! {
            planes by 1, work Pooling::Largest.work(&g, IMAGES), with [
                let g = Pool2d { planes, ..g };
                let (n, m) = (pixels(&g, IMAGES), pooled(&g, IMAGES));
            ];
            x: input f32[n], y: output f32[m], at: optional_output i32[m]
            => pool::max_pool2d_blocked(&g, x, y, dry_run::full_only(at), relu != 0)
        }
    }
}

macro_rules! export_avg_pool2d {
    ($(
        $(#[$cfg:meta])*
        $js:literal $name:ident($p:ident $q:ident, $g:ident, $divide:ident) $body:block
    )*) => {$(
        $(#[$cfg])*
        #[wasm_bindgen(js_name = $js)]
        #[allow(clippy::too_many_arguments)]
        pub fn $name(
            $p: usize, $q: usize, planes: usize, h: usize, w: usize, oh: usize, ow: usize,
            kh: usize, kw: usize, sh: usize, sw: usize, ph: usize, pw: usize, count_pad: u32, divisor: f32,
        ) {
            let $g = Pool2d { planes, h, w, oh, ow, kh, kw, sh, sw, ph, pw, dh: 1, dw: 1 };
            let $divide = match (divisor, count_pad) {
                (0.0, 0) => Divisor::Pixels,
                (0.0, _) => Divisor::Places,
                (divisor, _) => Divisor::Number(divisor),
            };
            $body
        }
    )*};
}

export_avg_pool2d! {
    "avgPool2d" avg_pool2d(x y, g, divisor) {
        let planes = g.planes;
        parts! {
            planes by 1, work Pooling::Mean.work(&g, 1), with [
                let g = Pool2d { planes, ..g };
                let (n, m) = (pixels(&g, 1), pooled(&g, 1));
            ];
            x: input f32[n], y: output f32[m]
            => pool::avg_pool2d(&g, x, y, divisor)
        }
    }
    #[cfg(feature = "train")]
    "avgPool2dGrad" avg_pool2d_grad(gy gx, g, divisor) {
        let planes = g.planes;
        parts! {
            planes by 1, work Pooling::MeanGrad.work(&g, 1), with [
                let g = Pool2d { planes, ..g };
                let (n, m) = (pixels(&g, 1), pooled(&g, 1));
            ];
            gy: input f32[m], gx: output f32[n]
            => pool::avg_pool2d_grad(&g, gy, gx, divisor)
        }
    }
    "avgPool2dBlocked" avg_pool2d_blocked(x y, g, divisor) {
        let planes = g.planes;
        parts! {
            planes by 1, work Pooling::Mean.work(&g, IMAGES), with [
                let g = Pool2d { planes, ..g };
                let (n, m) = (pixels(&g, 1), pooled(&g, 1));
            ];
            x: input f32[n * IMAGES], y: output f32[m * IMAGES]
            => pool::avg_pool2d_blocked(&g, x, y, divisor)
        }
    }
    #[cfg(feature = "train")]
    "avgPool2dBlockedGrad" avg_pool2d_blocked_grad(gy gx, g, divisor) {
        let planes = g.planes;
        parts! {
            planes by 1, work Pooling::MeanGrad.work(&g, IMAGES), with [
                let g = Pool2d { planes, ..g };
                let (n, m) = (pixels(&g, 1), pooled(&g, 1));
            ];
            gy: input f32[m * IMAGES], gx: output f32[n * IMAGES]
            => pool::avg_pool2d_blocked_grad(&g, gy, gx, divisor)
        }
    }
}
