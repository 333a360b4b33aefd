//! Work cut by outputs, as threads would cut it: the parts have the bits of the whole, since no sum is ever cut. A
//! convolution is cut by images, by the method that the whole batch takes; a product by columns, a recurrence by the rows
//! of its batch, pools by planes, norms and softmax by rows.

mod check;

use check::Random;
use core::ops::Range;
use phyllo_kernels::conv::{
    conv2d_by, conv2d_grad_x_by, conv2d_grad_x_workspace_by, conv2d_workspace_by, Conv2d, Method, Pass,
};
use phyllo_kernels::gemm::Activation;
use phyllo_kernels::pool::{avg_pool2d, max_pool2d, Divisor, Pool2d};
use phyllo_kernels::softmax::softmax;

/// 0..n in two parts, the first of a multiple of `step`.
fn parts(n: usize, step: usize) -> [Range<usize>; 2] {
    let middle = (n / 2).next_multiple_of(step).min(n);
    [0..middle, middle..n]
}

fn assert_bits(whole: &[f32], parts: &[f32], what: &str) {
    assert!(whole.iter().zip(parts).all(|(a, b)| a.to_bits() == b.to_bits() && !a.is_nan()), "{what}");
}

#[test]
fn convolutions_by_images() {
    let mut random = Random::new(11);
    let base = Conv2d { sh: 1, sw: 1, dh: 1, dw: 1, groups: 1, ..Conv2d::default() };
    let cases = [
        Conv2d { n: 24, c: 3, h: 9, w: 9, k: 5, kh: 3, kw: 3, oh: 9, ow: 9, pt: 1, pl: 1, ..base },
        Conv2d { n: 10, c: 16, h: 13, w: 13, k: 20, kh: 3, kw: 3, oh: 13, ow: 13, pt: 1, pl: 1, ..base },
        Conv2d { n: 9, c: 6, h: 11, w: 12, k: 6, kh: 3, kw: 3, oh: 5, ow: 5, sh: 2, sw: 2, ..base },
        Conv2d { n: 17, c: 8, h: 10, w: 10, k: 8, kh: 3, kw: 3, oh: 8, ow: 8, groups: 8, ..base },
        Conv2d { n: 3, c: 40, h: 6, w: 6, k: 24, kh: 1, kw: 1, oh: 6, ow: 6, ..base },
    ];
    let methods = [
        Method::Blocked,
        Method::Direct,
        Method::Winograd,
        Method::Winograd4,
        Method::Implicit,
        Method::Polyphase,
        Method::Col2im,
    ];
    for g in cases {
        let (x_len, y_len) = (g.c * g.h * g.w, g.k * g.oh * g.ow);
        let w = random.numbers(g.k * g.c / g.groups * g.kh * g.kw);
        let (x, gy) = (random.numbers(g.n * x_len), random.numbers(g.n * y_len));
        for method in methods {
            // Eight images share a vector of lanes.
            let images = parts(g.n, if method == Method::Blocked { 8 } else { 1 });
            if g.serves(Pass::Forward, method) {
                let run = |r: Range<usize>, y: &mut [f32]| {
                    let part = Conv2d { n: r.len(), ..g };
                    let mut space = vec![f32::NAN; conv2d_workspace_by(method, &part)];
                    conv2d_by(method, &part, &x[r.start * x_len..], &w, y, None, Activation::Relu, &mut space);
                };
                assert_same(&run, &images, g.n, y_len, &format!("{method:?} {g:?}"));
            }
            if g.serves(Pass::GradX, method) {
                let run = |r: Range<usize>, gx: &mut [f32]| {
                    let part = Conv2d { n: r.len(), ..g };
                    let mut space = vec![f32::NAN; conv2d_grad_x_workspace_by(method, &part)];
                    conv2d_grad_x_by(method, &part, &gy[r.start * y_len..], &w, gx, &mut space);
                };
                assert_same(&run, &images, g.n, x_len, &format!("gradient, {method:?} {g:?}"));
            }
        }
    }
}

/// f(all, y) against f(part, its part of y), an output of `len` numbers for each of n things.
fn assert_same(f: &dyn Fn(Range<usize>, &mut [f32]), parts: &[Range<usize>], n: usize, len: usize, what: &str) {
    let (mut whole, mut pieces) = (vec![f32::NAN; n * len], vec![f32::NAN; n * len]);
    f(0..n, &mut whole);
    for part in parts.iter().filter(|part| !part.is_empty()) {
        f(part.clone(), &mut pieces[part.start * len..part.end * len]);
    }
    assert_bits(&whole, &pieces, what);
}

#[test]
fn pools_by_planes_and_softmax_by_rows() {
    let mut random = Random::new(14);
    for (k, s, p) in [(2, 2, 0), (3, 2, 0), (3, 1, 1), (4, 3, 2)] {
        let (h, w) = (13, 17);
        let [oh, ow] = [h, w].map(|n| (n + 2 * p - k) / s + 1);
        let planes = 5;
        let x = random.numbers(planes * h * w);
        let of =
            |planes: usize| Pool2d { planes, h, w, oh, ow, kh: k, kw: k, sh: s, sw: s, ph: p, pw: p, dh: 1, dw: 1 };
        let max = |r: Range<usize>, y: &mut [f32]| {
            max_pool2d::<u8>(&of(r.len()), &x[r.start * h * w..], y, None);
        };
        assert_same(&max, &parts(planes, 1), planes, oh * ow, &format!("max pool {k} {s} {p}"));
        let average = |r: Range<usize>, y: &mut [f32]| {
            avg_pool2d(&of(r.len()), &x[r.start * h * w..], y, Divisor::Pixels);
        };
        assert_same(&average, &parts(planes, 1), planes, oh * ow, &format!("average pool {k} {s} {p}"));
    }
    let (rows, n) = (6, 130);
    let x = random.numbers(rows * n);
    let run = |r: Range<usize>, y: &mut [f32]| softmax(&x[r.start * n..r.end * n], y, [r.len(), n, 1]);
    assert_same(&run, &parts(rows, 1), rows, n, "softmax");
}
