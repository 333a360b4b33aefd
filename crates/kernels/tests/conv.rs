//! conv2d and its gradients against loops in float64.

mod check;
#[path = "reference/conv.rs"]
mod reference;

use check::{assert_close, images, lanes, Guarded, Random};
use phyllo_kernels::conv::{
    conv2d, conv2d_blocked, conv2d_blocked_grad_w, conv2d_blocked_grad_w_workspace, conv2d_blocked_grad_x,
    conv2d_blocked_grad_x_workspace, conv2d_blocked_workspace, conv2d_by, conv2d_grad_w, conv2d_grad_w_by,
    conv2d_grad_w_workspace, conv2d_grad_w_workspace_by, conv2d_grad_x, conv2d_grad_x_by, conv2d_grad_x_workspace,
    conv2d_grad_x_workspace_by, conv2d_prepare, conv2d_prepared, conv2d_prepared_workspace, conv2d_takes_blocked,
    conv2d_workspace, conv2d_workspace_by, prepared_len, Algorithm, Conv2d, Method, Pass, Prepared,
};
use phyllo_kernels::gemm::Activation;
use reference::{each_product, output, run, run_mut, square};

/// Relative to the largest element, for numbers in [−1, 1).
const BOUND: f64 = 3e-6;
/// The same of Winograd's F(4 × 4, 3 × 3).
const BOUND4: f64 = 3e-5;

/// A convolution's operands.
struct Operands<'a> {
    x: &'a [f32],
    w: &'a [f32],
    gy: &'a [f32],
    bias: Option<&'a [f32]>,
}

/// Every method that serves, not only the one that is taken, against [y, gx, gw].
fn check_methods(g: &Conv2d, o: &Operands, [y, gx, gw]: [&[f64]; 3]) {
    let Operands { x, w, gy, bias } = *o;
    for method in Method::ALL {
        let what = format!("by {method:?} {g:?}");
        if g.serves(Pass::Forward, method) {
            let space = conv2d_workspace_by(method, g);
            let actual = run(&what, y.len(), space, &|y, space| {
                conv2d_by(method, g, x, w, y, bias, Activation::None, space);
            });
            let bound = if method == Method::Winograd4 { BOUND4 } else { BOUND };
            assert_close(&actual, y, bound, &format!("conv2d {what}"));
        }
        if g.serves(Pass::GradX, method) {
            let space = conv2d_grad_x_workspace_by(method, g);
            let actual = run(&what, gx.len(), space, &|gx, space| conv2d_grad_x_by(method, g, gy, w, gx, space));
            assert_close(&actual, gx, BOUND, &format!("conv2d_grad_x {what}"));
        }
        if g.serves(Pass::GradW, method) {
            let space = conv2d_grad_w_workspace_by(method, g);
            let actual = run_mut(&what, gw.len(), space, &|gw, space| conv2d_grad_w_by(method, g, gy, x, gw, space));
            assert_close(&actual, gw, BOUND, &format!("conv2d_grad_w {what}"));
        }
    }
}

/// Prepared weights: the bits of conv2d, or F(4 × 4, 3 × 3).
fn check_prepared(g: &Conv2d, o: &Operands, activation: Activation, plain: &[f32], expected: &[f64]) {
    for algorithm in [Algorithm::Same, Algorithm::Winograd4] {
        let method = algorithm.method(g);
        let what = format!("{algorithm:?} {activation:?} {g:?}");
        let mut prepared = Guarded::new(prepared_len(g, algorithm));
        conv2d_prepare(g, algorithm, o.w, prepared.slice());
        let prepared = Prepared::of(g, prepared.check(&what), 0);
        let y = run(&what, plain.len(), conv2d_prepared_workspace(method, g), &|y, space| {
            conv2d_prepared(method, g, o.x, prepared, y, o.bias, activation, space);
        });
        if method == Method::Winograd4 {
            assert_close(&y, expected, BOUND4, &what);
        } else {
            assert_eq!(y, plain, "{what}");
        }
    }
}

/// Both layouts; to the same bits where conv2d is said to put the blocked layout itself.
fn check(g: &Conv2d, random: &mut Random) {
    let x = random.numbers(g.n * g.c * g.h * g.w);
    let w = random.numbers(g.k * (g.c / g.groups) * g.kh * g.kw);
    let gy = random.numbers(g.n * g.k * g.oh * g.ow);
    let bias = random.numbers(g.k);
    let with_bias = random.below(2) == 1;

    let mut y = vec![0.0; gy.len()];
    let (mut gx, mut gw) = (vec![0.0; x.len()], vec![0.0; w.len()]);
    each_product(g, |i, j, o| {
        y[o] += f64::from(x[i]) * f64::from(w[j]);
        gx[i] += f64::from(gy[o]) * f64::from(w[j]);
        gw[j] += f64::from(gy[o]) * f64::from(x[i]);
    });
    if with_bias {
        for (i, y) in y.iter_mut().enumerate() {
            *y += f64::from(bias[i / (g.oh * g.ow) % g.k]);
        }
    }

    let bias = with_bias.then_some(&bias[..]);
    let by_image = [
        run("conv2d", y.len(), conv2d_workspace(g), &|y, space| conv2d(g, &x, &w, y, bias, Activation::None, space)),
        run("conv2d_grad_x", x.len(), conv2d_grad_x_workspace(g), &|gx, space| conv2d_grad_x(g, &gy, &w, gx, space)),
        run_mut("conv2d_grad_w", w.len(), conv2d_grad_w_workspace(g), &|gw, space| {
            conv2d_grad_w(g, &gy, &x, gw, space)
        }),
    ];
    let operands = Operands { x: &x, w: &w, gy: &gy, bias };
    check_methods(g, &operands, [&y, &gx, &gw]);
    check_prepared(g, &operands, Activation::None, &by_image[0], &y);
    let positive: Vec<f32> = by_image[0].iter().map(|&y| if y < 0.0 { 0.0 } else { y }).collect();
    let relu = run("conv2d with relu", y.len(), conv2d_workspace(g), &|y, space| {
        conv2d(g, &x, &w, y, bias, Activation::Relu, space);
    });
    assert_eq!(relu, positive, "relu of {g:?}");
    let positive_sums: Vec<f64> = y.iter().map(|y| y.max(0.0)).collect();
    check_prepared(g, &operands, Activation::Relu, &positive, &positive_sums);

    // Spare lanes hold NaN, which must not reach an image, nor the weights' gradient.
    let (x_len, y_len) = (g.c * g.h * g.w, g.k * g.oh * g.ow);
    let (x, gy) = (lanes(g.n, x_len, &x, f32::NAN), lanes(g.n, y_len, &gy, f32::NAN));
    let none = Activation::None;
    let y_lanes = run("conv2d_blocked", gy.len(), conv2d_blocked_workspace(g), &|y, space| {
        conv2d_blocked(g, &x, &w, y, bias, none, space);
    });
    let gx_lanes = run("conv2d_blocked_grad_x", x.len(), conv2d_blocked_grad_x_workspace(g), &|gx, space| {
        conv2d_blocked_grad_x(g, &gy, &w, gx, space);
    });
    let gw_lanes = run_mut("conv2d_blocked_grad_w", w.len(), conv2d_blocked_grad_w_workspace(g), &|gw, space| {
        conv2d_blocked_grad_w(g, &gy, &x, gw, space);
    });
    let by_lanes = [images(g.n, y_len, &y_lanes), images(g.n, x_len, &gx_lanes), gw_lanes];
    for (i, expected) in [y, gx, gw].iter().enumerate() {
        assert_close(&by_image[i], expected, BOUND, &format!("result {i} of {g:?}"));
        assert_close(&by_lanes[i], expected, BOUND, &format!("result {i} in lanes of {g:?}"));
    }
    let relu = run("conv2d_blocked", gy.len(), conv2d_blocked_workspace(g), &|y, space| {
        conv2d_blocked(g, &x, &w, y, bias, Activation::Relu, space);
    });
    let positive: Vec<f32> = by_lanes[0].iter().map(|&y| if y < 0.0 { 0.0 } else { y }).collect();
    assert_eq!(images(g.n, y_len, &relu), positive, "relu of {g:?}");
    for (i, pass) in [Pass::Forward, Pass::GradX, Pass::GradW].into_iter().enumerate() {
        assert!(!conv2d_takes_blocked(g, pass) || by_image[i] == by_lanes[i], "{pass:?} of {g:?}: other bits");
    }
}

#[test]
fn every_stride_padding_dilation_and_group() {
    let mut random = Random::new(1);
    let mut cases = 0;
    for (sh, sw) in [(1, 1), (1, 2), (2, 2), (2, 3), (3, 3), (3, 1)] {
        for (pt, pl) in [(0, 0), (0, 1), (1, 1), (2, 1), (2, 3), (3, 3)] {
            for (after_h, after_w) in [(pt, pl), (0, 2), (3, 0)] {
                for (dh, dw) in [(1, 1), (1, 2), (2, 2), (3, 1), (3, 3)] {
                    for groups in [1, 2, 3] {
                        for (kh, kw) in [(1, 1), (2, 3), (3, 3), (3, 1)] {
                            let (h, w) = (3 + random.below(6), 3 + random.below(8));
                            let Some(oh) = output(h, kh, sh, dh, pt, after_h) else { continue };
                            let Some(ow) = output(w, kw, sw, dw, pl, after_w) else { continue };
                            let (c, k) = (groups * (1 + random.below(2)), groups * (1 + random.below(3)));
                            let n = [1, 2, 3, 8, 9, 13][random.below(6)];
                            let g = Conv2d {
                                n,
                                c,
                                h,
                                w,
                                k,
                                kh,
                                kw,
                                oh,
                                ow,
                                sh,
                                sw,
                                pt,
                                pl,
                                dh,
                                dw,
                                groups,
                                ..Conv2d::default()
                            };
                            check(&g, &mut random);
                            cases += 1;
                        }
                    }
                }
            }
        }
    }
    println!("conv: {cases} geometries, forward and both gradients");
}

#[test]
fn the_layers_of_networks() {
    let mut random = Random::new(2);
    let layers = [
        square(8, 1, 28, 6, 5, 1, 2),
        square(9, 6, 14, 16, 5, 1, 0),
        square(1, 3, 35, 20, 11, 4, 2),
        square(2, 33, 13, 37, 3, 1, 1),
        square(1, 3, 21, 20, 7, 2, 3),
        square(2, 5, 17, 18, 6, 2, 1),
        Conv2d { pt: 3, pl: 4, oh: 5, ow: 6, sw: 4, ..square(1, 6, 19, 17, 8, 2, 0) },
        Conv2d { groups: 2, ..square(3, 8, 23, 32, 4, 4, 1) },
        square(8, 17, 9, 12, 3, 2, 1),
        square(1, 130, 7, 140, 3, 1, 1),
        square(1, 300, 4, 9, 1, 1, 0),
        square(3, 40, 14, 24, 1, 2, 0),
        square(2, 16, 28, 16, 3, 1, 1),
        square(1, 130, 26, 20, 3, 1, 1),
        square(1, 300, 6, 18, 3, 1, 2),
        square(9, 16, 6, 17, 3, 1, 1),
        square(1, 16, 15, 50, 3, 1, 0),
        Conv2d { groups: 2, ..square(2, 34, 10, 38, 3, 1, 1) },
        square(5, 17, 8, 19, 3, 1, 1),
        square(2, 16, 40, 18, 3, 1, 0),
        square(9, 18, 4, 16, 3, 1, 1),
        Conv2d { pt: 0, pl: 2, oh: 6, ow: 13, ..square(1, 20, 9, 17, 3, 1, 1) },
        Conv2d { groups: 12, ..square(8, 12, 11, 12, 3, 1, 1) },
        Conv2d { groups: 12, ..square(1, 12, 11, 24, 3, 2, 1) },
        // Depthwise, and groups of few channels: bands of rows, both edges of strips, rows of every length.
        Conv2d { groups: 3, ..square(1, 3, 70, 3, 3, 1, 1) },
        Conv2d { groups: 3, ..square(2, 3, 66, 3, 3, 1, 2) },
        Conv2d { groups: 3, ..square(9, 3, 67, 3, 3, 1, 0) },
        Conv2d { groups: 4, ..square(2, 4, 33, 4, 5, 2, 2) },
        Conv2d { groups: 4, ..square(1, 4, 40, 4, 7, 1, 3) },
        Conv2d { groups: 4, ..square(1, 12, 18, 28, 3, 1, 1) },
        Conv2d { groups: 2, ..square(1, 16, 13, 10, 3, 2, 1) },
        Conv2d { groups: 5, pt: 2, oh: 4, ow: 6, pl: 0, ..square(1, 5, 3, 5, 3, 1, 1) },
        Conv2d { groups: 5, pt: 0, oh: 1, ow: 9, pl: 4, ..square(1, 5, 1, 5, 3, 1, 1) },
        Conv2d { groups: 3, ..square(1, 3, 137, 3, 3, 2, 1) },
        Conv2d { groups: 3, ..square(2, 3, 14, 3, 3, 2, 0) },
        Conv2d { groups: 3, pt: 3, oh: 9, ow: 5, ..square(1, 3, 11, 3, 3, 2, 2) },
        square(1, 1, 28, 6, 5, 1, 2),
        square(1, 3, 17, 64, 3, 1, 1),
    ];
    for g in &layers {
        check(g, &mut random);
    }
    println!("conv: {} layers, forward and both gradients", layers.len());
}

#[test]
fn batches_that_are_put_into_lanes() {
    let mut random = Random::new(5);
    let layers = [
        square(16, 1, 28, 6, 5, 1, 2),
        square(8, 6, 14, 16, 5, 1, 0),
        square(14, 6, 9, 7, 5, 2, 1),
        square(13, 3, 12, 10, 4, 1, 3),
        Conv2d { groups: 2, dw: 2, ow: 6, ..square(8, 10, 10, 12, 3, 1, 0) },
    ];
    let mut passes = 0;
    for g in &layers {
        check(g, &mut random);
        passes +=
            [Pass::Forward, Pass::GradX, Pass::GradW].iter().filter(|&&pass| conv2d_takes_blocked(g, pass)).count();
    }
    assert!(passes >= 2 * layers.len(), "{passes} passes in lanes are few");
    println!("conv: {passes} passes over batches, the same bits in either layout");
}

#[test]
fn narrow_images_and_pixels_outside_every_window() {
    let mut random = Random::new(3);
    let mut cases = 0;
    for w in 1..=9 {
        for h in 1..=4 {
            for kw in 1..=w.min(4) {
                let fits = Conv2d { w, kw, ow: w - kw + 1, ..square(2, 2, h, 5, 1, 1, 0) };
                // An output smaller than the input would allow, and one that begins far inside the padding.
                let fewer = Conv2d { oh: h.div_ceil(2), ow: (w - kw).div_ceil(2).max(1), ..fits };
                let outside = Conv2d { pt: 4, pl: 5, oh: h + 3, ow: w + 4, ..fits };
                for g in [fits, fewer, outside, Conv2d { n: 14, ..fewer }, Conv2d { n: 8, ..outside }] {
                    check(&g, &mut random);
                    cases += 1;
                }
            }
        }
    }
    println!("conv: {cases} narrow images, forward and both gradients");
}

#[test]
fn sizes_of_zero() {
    let mut random = Random::new(4);
    let g = square(2, 3, 5, 4, 3, 1, 1);
    let empty = [
        Conv2d { n: 0, ..g },
        Conv2d { c: 0, ..g },
        Conv2d { k: 0, ..g },
        Conv2d { oh: 0, ..g },
        Conv2d { ow: 0, ..g },
        Conv2d { h: 0, w: 0, oh: 0, ow: 0, ..g },
        Conv2d { h: 0, ..g },
        Conv2d { kh: 0, ..g },
    ];
    for g in &empty {
        check(g, &mut random);
    }
    println!("conv: {} sizes of zero", empty.len());
}
