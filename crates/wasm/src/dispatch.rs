//! What the kernels choose between, by itself: for measuring whether they choose well.
//!
//! Methods are counted as in their `ALL`, passes from the forward one.

use phyllo_kernels::conv::{self, Conv2d, Pass};
use phyllo_kernels::gemm::{self, Activation, Bias, Gemm, Way};
use wasm_bindgen::prelude::wasm_bindgen;

use crate::convolutions::{filters, image, maps};
use crate::products::matrices;
use crate::slices::slices;

const PASSES: [Pass; 3] = [Pass::Forward, Pass::GradX, Pass::GradW];

/// Numbers; the geometry, and its name.
macro_rules! export_conv2d {
    ($($js:literal $name:ident($($p:ident)*; $g:ident) $(-> $result:ty)? $body:block)*) => {$(
        #[wasm_bindgen(js_name = $js)]
        #[allow(clippy::too_many_arguments)]
        pub fn $name(
            $($p: usize,)*
            n: usize, c: usize, h: usize, w: usize, k: usize, kh: usize, kw: usize, oh: usize, ow: usize,
            sh: usize, sw: usize, pt: usize, pl: usize, dh: usize, dw: usize, groups: usize,
        ) $(-> $result)? {
            let $g = Conv2d { n, c, h, w, k, kh, kw, oh, ow, sh, sw, pt, pl, dh, dw, groups, ..Conv2d::default() };
            $body
        }
    )*};
}

export_conv2d! {
    "conv2dMethod" conv2d_method(pass; g) -> usize {
        g.method(PASSES[pass]) as usize
    }
    "conv2dServes" conv2d_serves(pass method; g) -> u32 {
        u32::from(g.serves(PASSES[pass], conv::Method::ALL[method]))
    }
    // The operands and the result, as of the kernel for the pass.
    "conv2dBy" conv2d_by(pass method p q r; g) {
        let method = conv::Method::ALL[method];
        match PASSES[pass] {
            Pass::Forward => {
                slices! {
                    p: input f32[image(&g)], q: input f32[filters(&g)], r: output_cells f32[maps(&g)];
                    room = conv::conv2d_workspace_by(method, &g)
                }
                conv::conv2d_by(method, &g, p, q, r, None, Activation::None, room);
            }
            Pass::GradX => {
                slices! {
                    p: input f32[maps(&g)], q: input f32[filters(&g)], r: output_cells f32[image(&g)];
                    room = conv::conv2d_grad_x_workspace_by(method, &g)
                }
                conv::conv2d_grad_x_by(method, &g, p, q, r, room);
            }
            Pass::GradW => {
                slices! {
                    p: input f32[maps(&g)], q: input f32[image(&g)], r: output f32[filters(&g)];
                    room = conv::conv2d_grad_w_workspace_by(method, &g)
                }
                conv::conv2d_grad_w_by(method, &g, p, q, r, room);
            }
        }
    }
}

/// A by rows, C dense.
fn product(m: usize, n: usize, k: usize, rsb: usize, csb: usize) -> Gemm {
    Gemm { m, n, k, rsa: k, csa: 1, rsb, csb, rsc: n, batch: 1, ..Gemm::default() }
}

#[wasm_bindgen(js_name = "gemmMethod")]
pub fn gemm_method(m: usize, n: usize, k: usize, rsb: usize, csb: usize) -> usize {
    product(m, n, k, rsb, csb).method() as usize
}

#[wasm_bindgen(js_name = "gemmServes")]
pub fn gemm_serves(method: usize, m: usize, n: usize, k: usize, rsb: usize, csb: usize) -> u32 {
    u32::from(product(m, n, k, rsb, csb).serves(gemm::Method::ALL[method]))
}

#[wasm_bindgen(js_name = "gemmBy")]
#[allow(clippy::too_many_arguments)]
pub fn gemm_by(method: usize, m: usize, n: usize, k: usize, a: usize, b: usize, rsb: usize, csb: usize, c: usize) {
    let (g, way) = (product(m, n, k, rsb, csb), Way::by(gemm::Method::ALL[method]));
    slices! {
        a: input f32[m * k], b: input f32[matrices(k, n, 1, rsb, csb, 0)], c: output_cells f32[m * n];
        room = gemm::gemm_workspace_by(way, &g)
    }
    gemm::gemm_by(way, &g, a, b, c, Bias::None, false, Activation::None, room);
}
