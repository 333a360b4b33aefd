//! Matrix products, convolution and pooling.

use phyllo_kernels::conv::{self, Algorithm, Conv2d};
use phyllo_kernels::gemm::{self, Activation, Bias, Gemm};
use phyllo_kernels::lanes::LANES;
use phyllo_kernels::pool::{self, Divisor, Pool2d};
use wasm_bindgen::prelude::wasm_bindgen;

use crate::memory::slices;
use crate::trial;

/// The elements of `batch` matrices [rows, columns], from the first to the last.
#[inline(always)]
pub(crate) fn matrices(rows: usize, columns: usize, batch: usize, row: usize, column: usize, step: usize) -> usize {
    if rows == 0 || columns == 0 || batch == 0 {
        return 0;
    }
    let reach = |n: usize, step: usize| (n - 1) as u64 * step as u64;
    trial::elements(reach(rows, row).saturating_add(reach(columns, column)).saturating_add(reach(batch, step)) + 1)
}

/// The elements of the products. In a trial, whether they are apart: `batch` of them in one place would take as long, and
/// need no memory.
#[inline(always)]
fn product_len(g: &Gemm) -> usize {
    let one = matrices(g.m, g.n, 1, g.rsc, 1, 0);
    trial::require((g.m <= 1 || g.rsc >= g.n) && (g.batch <= 1 || g.sc >= one));
    matrices(g.m, g.n, g.batch, g.rsc, 1, g.sc)
}

fn bias_len(g: &Gemm, by: u32) -> usize {
    match by {
        1 => g.n,
        2 => g.m,
        _ => 0,
    }
}

fn bias_of(x: &[f32], by: u32) -> Bias<'_> {
    match by {
        1 => Bias::Row(x),
        2 => Bias::Column(x),
        _ => Bias::None,
    }
}

#[wasm_bindgen]
#[allow(clippy::too_many_arguments)]
pub fn gemm(
    m: usize, n: usize, k: usize, a: usize, rsa: usize, csa: usize, b: usize, rsb: usize, csb: usize, c: usize,
    rsc: usize, batch: usize, sa: usize, sb: usize, sc: usize, bias: usize, bias_by: u32, accumulate: u32,
    activation: u32,
) {
    let g = Gemm { m, n, k, rsa, csa, rsb, csb, rsc, batch, sa, sb, sc };
    trial::work([batch, m, n, k]);
    slices! {
        a: input f32[matrices(m, k, batch, rsa, csa, sa)],
        b: input f32[matrices(k, n, batch, rsb, csb, sb)],
        c: output f32[product_len(&g)],
        bias: input f32[bias_len(&g, bias_by)];
        room = gemm::gemm_workspace(&g)
    }
    let (bias, activation) = (bias_of(bias, bias_by), Activation::numbered(activation));
    gemm::gemm(&g, a, b, c, bias, accumulate != 0, activation, room);
}

#[cfg(feature = "train")]
#[wasm_bindgen(js_name = "gemmPackSize")]
pub fn gemm_pack_size(m: usize, k: usize, n: usize) -> usize {
    gemm::gemm_pack_len(m, k, n)
}

#[cfg(feature = "train")]
#[wasm_bindgen(js_name = "gemmPack")]
pub fn gemm_pack(b: usize, rsb: usize, csb: usize, k: usize, n: usize, packed: usize) {
    slices! { b: input f32[matrices(k, n, 1, rsb, csb, 0)], packed: output f32[gemm::packed_len(k, n)] }
    gemm::gemm_pack(b, rsb, csb, k, n, packed);
}

#[wasm_bindgen(js_name = "gemmPacked")]
#[allow(clippy::too_many_arguments)]
pub fn gemm_packed(
    m: usize, n: usize, k: usize, a: usize, rsa: usize, csa: usize, packed: usize, c: usize, rsc: usize, bias: usize,
    bias_by: u32, accumulate: u32, activation: u32,
) {
    let g = Gemm { m, n, k, rsa, csa, rsc, batch: 1, ..Gemm::default() };
    trial::work([m, n, k]);
    trial::size([k, n]);
    trial::require(gemm::gemm_pack_len(m, k, n) > 0);
    slices! {
        a: input f32[matrices(m, k, 1, rsa, csa, 0)], packed: input f32[gemm::gemm_pack_len(m, k, n)],
        c: output f32[product_len(&g)],
        bias: input f32[bias_len(&g, bias_by)];
        room = gemm::gemm_packed_workspace(&g)
    }
    let (bias, activation) = (bias_of(bias, bias_by), Activation::numbered(activation));
    gemm::gemm_packed(&g, a, packed, c, bias, accumulate != 0, activation, room);
}

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
            let $g = Conv2d { n, c, h, w, k, kh, kw, oh, ow, sh, sw, pt, pl, dh, dw, groups };
            if trial::running() || cfg!(feature = "checked") {
                try_conv2d(&$g);
                // What follows divides by the groups.
                #[cfg(feature = "plans")]
                if trial::refused() {
                    return Default::default();
                }
            }
            $body
        }
    )*};
}

pub(crate) fn image(g: &Conv2d) -> usize {
    trial::size([g.n, g.c, g.h, g.w])
}

pub(crate) fn filters(g: &Conv2d) -> usize {
    trial::size([g.k, g.c / g.groups.max(1), g.kh, g.kw])
}

pub(crate) fn maps(g: &Conv2d) -> usize {
    trial::size([g.n, g.k, g.oh, g.ow])
}

fn image_in_lanes(g: &Conv2d) -> usize {
    trial::size([g.n.div_ceil(LANES), g.c, g.h, g.w, LANES])
}

fn maps_in_lanes(g: &Conv2d) -> usize {
    trial::size([g.n.div_ceil(LANES), g.k, g.oh, g.ow, LANES])
}

/// Whole groups, windows that move, and an image that they reach.
#[cold]
fn try_conv2d(g: &Conv2d) {
    let Conv2d { n, c, k, kh, kw, oh, ow, sh, sw, pt, pl, dh, dw, groups, .. } = *g;
    trial::require(groups > 0 && c % groups.max(1) == 0 && k % groups.max(1) == 0);
    try_windows(c, [oh, ow], [kh, kw], [sh, sw], [pt, pl], [dh, dw]);
    filters(g);
    trial::work([n.div_ceil(LANES), LANES, k, c / groups.max(1), kh, kw, oh, ow]);
}

fn try_windows(planes: usize, o: [usize; 2], k: [usize; 2], s: [usize; 2], p: [usize; 2], d: [usize; 2]) {
    // From the first tap of the first window to the last of the last, and a step more.
    let span = [0, 1].map(|i| {
        let reach = |n: usize, step: usize| n.saturating_sub(1) as u64 * step as u64;
        let span = trial::elements(reach(o[i], s[i]).saturating_add(reach(k[i], d[i])) + 1);
        trial::require(s[i] > 0 && d[i] > 0 && p[i] <= span);
        span.saturating_add(s[i])
    });
    trial::size([planes, span[0], span[1]]);
}

export_conv2d! {
    "conv2d" conv2d(x weight y bias; g; activation) {
        slices! {
            x: input f32[image(&g)], weight: input f32[filters(&g)], y: output f32[maps(&g)],
            bias: optional_input f32[g.k];
            room = conv::conv2d_workspace(&g)
        }
        let activation = Activation::numbered(activation);
        conv::conv2d(&g, x, weight, y, bias, activation, room);
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
        slices! {
            x: input f32[image(&g)], prepared: input f32[conv::prepared_len(&g, algorithm)],
            y: output f32[maps(&g)], bias: optional_input f32[g.k];
            room = conv::conv2d_prepared_workspace(&g, algorithm)
        }
        conv::conv2d_prepared(&g, algorithm, x, prepared, y, bias, activation, room);
    }
    #[cfg(feature = "train")]
    "conv2dGradX" conv2d_grad_x(gy weight gx _bias; g; ) {
        slices! {
            gy: input f32[maps(&g)], weight: input f32[filters(&g)], gx: output f32[image(&g)];
            room = conv::conv2d_grad_x_workspace(&g)
        }
        conv::conv2d_grad_x(&g, gy, weight, gx, room);
    }
    #[cfg(feature = "train")]
    "conv2dGradW" conv2d_grad_w(gy x gw _bias; g; ) {
        slices! {
            gy: input f32[maps(&g)], x: input f32[image(&g)], gw: output f32[filters(&g)];
            room = conv::conv2d_grad_w_workspace(&g)
        }
        conv::conv2d_grad_w(&g, gy, x, gw, room);
    }
    #[cfg(feature = "train")]
    "conv2dTakesLanes" conv2d_takes_lanes(pass; g; ) -> u32 {
        let pass = match pass {
            0 => conv::Pass::Forward,
            1 => conv::Pass::GradX,
            _ => conv::Pass::GradW,
        };
        u32::from(conv::conv2d_takes_lanes(&g, pass))
    }
    "conv2dLanes" conv2d_lanes(x weight y bias; g; activation) {
        slices! {
            x: input f32[image_in_lanes(&g)], weight: input f32[filters(&g)],
            y: output f32[maps_in_lanes(&g)], bias: optional_input f32[g.k];
            room = conv::conv2d_lanes_workspace(&g)
        }
        let activation = Activation::numbered(activation);
        conv::conv2d_lanes(&g, x, weight, y, bias, activation, room);
    }
    #[cfg(feature = "train")]
    "conv2dLanesGradX" conv2d_lanes_grad_x(gy weight gx _bias; g; ) {
        slices! {
            gy: input f32[maps_in_lanes(&g)], weight: input f32[filters(&g)],
            gx: output f32[image_in_lanes(&g)];
            room = conv::conv2d_lanes_grad_x_workspace(&g)
        }
        conv::conv2d_lanes_grad_x(&g, gy, weight, gx, room);
    }
    #[cfg(feature = "train")]
    "conv2dLanesGradW" conv2d_lanes_grad_w(gy x gw _bias; g; ) {
        slices! {
            gy: input f32[maps_in_lanes(&g)], x: input f32[image_in_lanes(&g)],
            gw: output f32[filters(&g)];
            room = conv::conv2d_lanes_grad_w_workspace(&g)
        }
        conv::conv2d_lanes_grad_w(&g, gy, x, gw, room);
    }
}

/// The elements of the planes that are pooled, `lanes` side by side; in a trial, whether the windows are well.
fn pixels(g: &Pool2d, lanes: usize) -> usize {
    if trial::running() || cfg!(feature = "checked") {
        try_windows(1, [g.oh, g.ow], [g.kh, g.kw], [g.sh, g.sw], [g.ph, g.pw], [g.dh, g.dw]);
        trial::work([g.planes, g.oh, g.ow, g.kh, g.kw, lanes]);
    }
    trial::size([g.planes, g.h, g.w, lanes])
}

/// The elements of what comes out.
fn pooled(g: &Pool2d, lanes: usize) -> usize {
    trial::size([g.planes, g.oh, g.ow, lanes])
}

macro_rules! export_max_pool2d {
    ($(
        $(#[$cfg:meta])*
        $js:literal $name:ident($p:ident $at:ident $q:ident, $n:ident $m:ident, $g:ident, $tap:ident) $body:block
    )*) => {$(
        $(#[$cfg])*
        #[wasm_bindgen(js_name = $js)]
        #[allow(clippy::too_many_arguments)]
        pub fn $name(
            $p: usize, $at: usize, $q: usize, planes: usize, h: usize, w: usize, oh: usize, ow: usize,
            kh: usize, kw: usize, sh: usize, sw: usize, ph: usize, pw: usize, dh: usize, dw: usize, wide: u32,
        ) {
            let $g = Pool2d { planes, h, w, oh, ow, kh, kw, sh, sw, ph, pw, dh, dw };
            let ($n, $m) = (pixels(&$g, 1), pooled(&$g, 1));
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
    "maxPool2d" max_pool2d(x at y, n m, g, Tap) {
        trial::backward(at);
        slices! { x: input f32[n], at: optional_output Tap[m], y: output f32[m] }
        pool::max_pool2d::<Tap>(&g, x, y, trial::kept(at));
    }
    #[cfg(feature = "train")]
    "maxPool2dGrad" max_pool2d_grad(gy at gx, n m, g, Tap) {
        slices! { gy: input f32[m], at: input Tap[m], gx: output f32[n] }
        pool::max_pool2d_grad::<Tap>(&g, gy, at, gx);
    }
    #[cfg(feature = "train")]
    "maxPool2dTake" max_pool2d_take(x at y, n m, g, Tap) {
        slices! { x: input f32[n], at: input Tap[m], y: output f32[m] }
        pool::max_pool2d_take::<Tap>(&g, x, at, y);
    }
    #[cfg(feature = "train")]
    "maxPool2dLanesGrad" max_pool2d_lanes_grad(gy at gx, n m, g, Tap) {
        slices! { gy: input f32[m * LANES], at: input Tap[m * LANES], gx: output f32[n * LANES] }
        pool::max_pool2d_lanes_grad::<Tap>(&g, gy, at, gx);
    }
}

#[wasm_bindgen(js_name = "maxPool2dLanes")]
#[allow(clippy::too_many_arguments)]
pub fn max_pool2d_lanes(
    x: usize, at: usize, y: usize, planes: usize, h: usize, w: usize, oh: usize, ow: usize, kh: usize, kw: usize,
    sh: usize, sw: usize, ph: usize, pw: usize, dh: usize, dw: usize, wide: u32, relu: u32,
) {
    let g = Pool2d { planes, h, w, oh, ow, kh, kw, sh, sw, ph, pw, dh, dw };
    let (n, m) = (pixels(&g, LANES), pooled(&g, LANES));
    trial::backward(at);
    if wide == 0 || cfg!(feature = "plans") {
        slices! { x: input f32[n], y: output f32[m], at: optional_output u8[m] }
        pool::max_pool2d_lanes(&g, x, y, trial::kept(at), relu != 0);
    } else {
        slices! { x: input f32[n], y: output f32[m], at: optional_output i32[m] }
        pool::max_pool2d_lanes(&g, x, y, trial::kept(at), relu != 0);
    }
}

macro_rules! export_avg_pool2d {
    ($(
        $(#[$cfg:meta])*
        $js:literal $name:ident($p:ident $q:ident, $n:ident $m:ident, $g:ident, $divide:ident) $body:block
    )*) => {$(
        $(#[$cfg])*
        #[wasm_bindgen(js_name = $js)]
        #[allow(clippy::too_many_arguments)]
        pub fn $name(
            $p: usize, $q: usize, planes: usize, h: usize, w: usize, oh: usize, ow: usize,
            kh: usize, kw: usize, sh: usize, sw: usize, ph: usize, pw: usize, count_pad: u32, divisor: f32,
        ) {
            let $g = Pool2d { planes, h, w, oh, ow, kh, kw, sh, sw, ph, pw, dh: 1, dw: 1 };
            let ($n, $m) = (pixels(&$g, 1), pooled(&$g, 1));
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
    "avgPool2d" avg_pool2d(x y, n m, g, divisor) {
        slices! { x: input f32[n], y: output f32[m] }
        pool::avg_pool2d(&g, x, y, divisor);
    }
    #[cfg(feature = "train")]
    "avgPool2dGrad" avg_pool2d_grad(gy gx, n m, g, divisor) {
        slices! { gy: input f32[m], gx: output f32[n] }
        pool::avg_pool2d_grad(&g, gy, gx, divisor);
    }
    "avgPool2dLanes" avg_pool2d_lanes(x y, n m, g, divisor) {
        slices! { x: input f32[n * LANES], y: output f32[m * LANES] }
        pool::avg_pool2d_lanes(&g, x, y, divisor);
    }
    #[cfg(feature = "train")]
    "avgPool2dLanesGrad" avg_pool2d_lanes_grad(gy gx, n m, g, divisor) {
        slices! { gy: input f32[m * LANES], gx: output f32[n * LANES] }
        pool::avg_pool2d_lanes_grad(&g, gy, gx, divisor);
    }
}
