//! Convolution and its gradients.

use phyllo_kernels::blocked::IMAGES;
use phyllo_kernels::conv::{self, Algorithm, Conv2d, Pass, Prepared};
use phyllo_kernels::gemm::Activation;
use wasm_bindgen::prelude::wasm_bindgen;

use crate::dry_run;
use crate::slices::parts;
#[cfg(feature = "train")]
use crate::slices::slices;
use crate::windows::check_windows;

/// Addresses, or other numbers; the geometry, and its name; more numbers.
macro_rules! export_conv2d {
    ($(
        $(#[$cfg:meta])*
        $js:literal $name:ident($($p:ident)*; $g:ident; $($other:ident)*) $(-> $result:ty)? $body:block
    )*) => {$(
        $(#[$cfg])*
        #[wasm_bindgen(js_name = $js)]
        #[allow(clippy::too_many_arguments)]
        pub fn $name(
            $($p: usize,)*
            n: usize, c: usize, h: usize, w: usize, k: usize, kh: usize, kw: usize, oh: usize, ow: usize,
            sh: usize, sw: usize, pt: usize, pl: usize, dh: usize, dw: usize, groups: usize, $($other: u32,)*
        ) $(-> $result)? {
            let $g = Conv2d { n, c, h, w, k, kh, kw, oh, ow, sh, sw, pt, pl, dh, dw, groups, ..Conv2d::default() };
            if dry_run::running() || cfg!(feature = "checked") {
                check_conv2d(&$g);
                // What follows divides by the groups.
                #[cfg(feature = "plans")]
                if dry_run::refused() {
                    return Default::default();
                }
            }
            $body
        }
    )*};
}

/// The elements of x, w and y, which in a part are some steps apart.
pub(crate) fn image(g: &Conv2d) -> usize {
    if cfg!(feature = "threads") {
        return g.x_len();
    }
    dry_run::size([g.n, g.c, g.h, g.w])
}

pub(crate) fn filters(g: &Conv2d) -> usize {
    if cfg!(feature = "threads") {
        return g.w_len();
    }
    dry_run::size([g.k, g.c / g.groups.max(1), g.kh, g.kw])
}

pub(crate) fn maps(g: &Conv2d) -> usize {
    if cfg!(feature = "threads") {
        return g.y_len();
    }
    dry_run::size([g.n, g.k, g.oh, g.ow])
}

fn image_in_blocks(g: &Conv2d) -> usize {
    if cfg!(feature = "threads") {
        return g.in_blocks().x_len();
    }
    dry_run::size([g.n.div_ceil(IMAGES), g.c, g.h, g.w, IMAGES])
}

fn maps_in_blocks(g: &Conv2d) -> usize {
    if cfg!(feature = "threads") {
        return g.in_blocks().y_len();
    }
    dry_run::size([g.n.div_ceil(IMAGES), g.k, g.oh, g.ow, IMAGES])
}

/// Whole groups, windows that move, and an image that they reach.
#[cold]
fn check_conv2d(g: &Conv2d) {
    let Conv2d { n, c, k, kh, kw, oh, ow, sh, sw, pt, pl, dh, dw, groups, .. } = *g;
    dry_run::require(groups > 0 && c % groups.max(1) == 0 && k % groups.max(1) == 0);
    check_windows(c, [oh, ow], [kh, kw], [sh, sw], [pt, pl], [dh, dw]);
    filters(g);
    dry_run::work([n.div_ceil(IMAGES), IMAGES, k, c / groups.max(1), kh, kw, oh, ow]);
}

// Methods are the whole's, and found where the operands have been checked: until then sizes may be absurd.
export_conv2d! {
    "conv2d" conv2d(x weight y bias; g; activation) {
        let whole = g;
        let (method, activation) = (|| whole.method(Pass::Forward), Activation::numbered(activation));
        parts! {
            cut g by cut(Pass::Forward, method(), conv::Layout::Plain), from start;
            x: input f32[image(&g)] + start.x, weight: input f32[filters(&g)] + start.w,
            y: output_cells f32[maps(&g)] + start.y, bias: optional_input f32[g.k] + start.filter;
            room = conv::conv2d_workspace_by(method(), &g)
            => conv::conv2d_by(method(), &g, x, weight, y, bias, activation, room)
        }
    }
    #[cfg(feature = "train")]
    "conv2dPreparedSize" conv2d_prepared_size(; g; algorithm) -> usize {
        conv::prepared_len(&g, Algorithm::numbered(algorithm))
    }
    #[cfg(feature = "train")]
    "conv2dPrepare" conv2d_prepare(weight prepared; g; algorithm) {
        let algorithm = Algorithm::numbered(algorithm);
        slices! { weight: input f32[filters(&g)], prepared: output f32[conv::prepared_len(&g, algorithm)] }
        conv::conv2d_prepare(&g, algorithm, weight, prepared);
    }
    "conv2dPrepared" conv2d_prepared(x prepared y bias; g; activation algorithm) {
        let (activation, algorithm) = (Activation::numbered(activation), Algorithm::numbered(algorithm));
        let whole = g;
        let method = || algorithm.method(&whole);
        parts! {
            cut g by cut(Pass::Forward, method(), conv::Layout::Plain), from start;
            x: input f32[image(&g)] + start.x, prepared: input f32[conv::prepared_len(&whole, algorithm)],
            y: output_cells f32[maps(&g)] + start.y, bias: optional_input f32[g.k] + start.filter;
            room = conv::conv2d_prepared_workspace(method(), &g)
            => conv::conv2d_prepared(
                method(), &g, x, Prepared::of(&whole, prepared, start.filter), y, bias, activation, room,
            )
        }
    }
    #[cfg(feature = "train")]
    "conv2dGradX" conv2d_grad_x(gy weight gx _bias; g; ) {
        let whole = g;
        let method = || whole.method(Pass::GradX);
        parts! {
            cut g by cut(Pass::GradX, method(), conv::Layout::Plain), from start;
            gy: input f32[maps(&g)] + start.y, weight: input f32[filters(&g)] + start.w,
            gx: output_cells f32[image(&g)] + start.x;
            room = conv::conv2d_grad_x_workspace_by(method(), &g)
            => conv::conv2d_grad_x_by(method(), &g, gy, weight, gx, room)
        }
    }
    #[cfg(feature = "train")]
    "conv2dGradW" conv2d_grad_w(gy x gw _bias; g; ) {
        let whole = g;
        let method = || whole.method(Pass::GradW);
        parts! {
            cut g by cut(Pass::GradW, method(), conv::Layout::Plain), from start;
            gy: input f32[maps(&g)] + start.y, x: input f32[image(&g)] + start.x,
            gw: output f32[filters(&g)] + start.w;
            room = conv::conv2d_grad_w_workspace_by(method(), &g)
            => conv::conv2d_grad_w_by(method(), &g, gy, x, gw, room)
        }
    }
    #[cfg(feature = "train")]
    "conv2dTakesBlocked" conv2d_takes_blocked(pass; g; ) -> u32 {
        let pass = match pass {
            0 => Pass::Forward,
            1 => Pass::GradX,
            _ => Pass::GradW,
        };
        u32::from(conv::conv2d_takes_blocked(&g, pass))
    }
    "conv2dBlocked" conv2d_blocked(x weight y bias; g; activation) {
        let activation = Activation::numbered(activation);
        parts! {
            cut g by cut(Pass::Forward, conv::Method::Blocked, conv::Layout::Blocked), from start;
            x: input f32[image_in_blocks(&g)] + start.x, weight: input f32[filters(&g)] + start.w,
            y: output_cells f32[maps_in_blocks(&g)] + start.y, bias: optional_input f32[g.k] + start.filter;
            room = conv::conv2d_blocked_workspace(&g)
            => conv::conv2d_blocked(&g, x, weight, y, bias, activation, room)
        }
    }
    #[cfg(feature = "train")]
    "conv2dBlockedGradX" conv2d_blocked_grad_x(gy weight gx _bias; g; ) {
        parts! {
            cut g by cut(Pass::GradX, conv::Method::Blocked, conv::Layout::Blocked), from start;
            gy: input f32[maps_in_blocks(&g)] + start.y, weight: input f32[filters(&g)] + start.w,
            gx: output_cells f32[image_in_blocks(&g)] + start.x;
            room = conv::conv2d_blocked_grad_x_workspace(&g)
            => conv::conv2d_blocked_grad_x(&g, gy, weight, gx, room)
        }
    }
    #[cfg(feature = "train")]
    "conv2dBlockedGradW" conv2d_blocked_grad_w(gy x gw _bias; g; ) {
        parts! {
            cut g by cut(Pass::GradW, conv::Method::Blocked, conv::Layout::Blocked), from start;
            gy: input f32[maps_in_blocks(&g)] + start.y, x: input f32[image_in_blocks(&g)] + start.x,
            gw: output f32[filters(&g)] + start.w;
            room = conv::conv2d_blocked_grad_w_workspace(&g)
            => conv::conv2d_blocked_grad_w(&g, gy, x, gw, room)
        }
    }
}
