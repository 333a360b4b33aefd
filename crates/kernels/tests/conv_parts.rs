//! Convolutions in parts, by images, filters, groups and planes, by every method that serves: the bits of the whole.
#![cfg(feature = "parts")]

mod check;
mod cut;
#[path = "reference/conv.rs"]
mod reference;

use check::{cells, lanes, Guarded, Random};
use cut::{parts, Pieces};
use phyllo_kernels::conv::{
    conv2d_blocked, conv2d_blocked_grad_w, conv2d_blocked_grad_w_workspace, conv2d_blocked_grad_x,
    conv2d_blocked_grad_x_workspace, conv2d_blocked_workspace, conv2d_by, conv2d_grad_w_by, conv2d_grad_w_workspace_by,
    conv2d_grad_x_by, conv2d_grad_x_workspace_by, conv2d_prepare, conv2d_prepared, conv2d_prepared_workspace,
    conv2d_workspace_by, prepared_len, Algorithm, Conv2d, Dimension, Layout, Method, Pass, Prepared, Start,
};
use phyllo_kernels::gemm::Activation;
use reference::{output, square};

const PASSES: [Pass; 3] = [Pass::Forward, Pass::GradX, Pass::GradW];

/// The operands of all passes of a convolution, in one layout.
struct Operands {
    layout: Layout,
    x: Vec<f32>,
    w: Vec<f32>,
    gy: Vec<f32>,
    bias: Option<Vec<f32>>,
    activation: Activation,
}

/// g, or with blocks of images for images, as lengths are told from.
fn laid_out(g: &Conv2d, layout: Layout) -> Conv2d {
    match layout {
        Layout::Plain => *g,
        Layout::Blocked => g.in_blocks(),
    }
}

impl Operands {
    fn new(g: &Conv2d, random: &mut Random) -> Self {
        Self {
            layout: Layout::Plain,
            x: random.numbers(g.x_len()),
            w: random.numbers(g.w_len()),
            gy: random.numbers(g.y_len()),
            bias: (random.below(2) == 1).then(|| random.numbers(g.k)),
            activation: [Activation::None, Activation::Relu, Activation::Sigmoid][random.below(3)],
        }
    }

    /// The same, blocked.
    fn blocked(&self, g: &Conv2d) -> Self {
        Self {
            layout: Layout::Blocked,
            x: lanes(g.n, g.c * g.h * g.w, &self.x, f32::NAN),
            gy: lanes(g.n, g.k * g.oh * g.ow, &self.gy, f32::NAN),
            w: self.w.clone(),
            bias: self.bias.clone(),
            ..*self
        }
    }

    fn output_len(&self, g: &Conv2d, pass: Pass) -> usize {
        let g = laid_out(g, self.layout);
        match pass {
            Pass::Forward => g.y_len(),
            Pass::GradX => g.x_len(),
            Pass::GradW => g.w_len(),
        }
    }

    /// Runs a part of a pass, of operands as long as it says, into the output of the whole.
    fn run(&self, pass: Pass, method: Method, (g, start): &(Conv2d, Start), out: &mut [f32]) {
        let laid = laid_out(g, self.layout);
        let x = |x: &[f32]| x[start.x..][..laid.x_len()].to_vec();
        let w = |w: &[f32]| w[start.w..][..laid.w_len()].to_vec();
        let y = |y: &[f32]| y[start.y..][..laid.y_len()].to_vec();
        let bias = self.bias.as_ref().map(|bias| &bias[start.filter..][..g.k]);
        let blocked = self.layout == Layout::Blocked;
        let mut room = Guarded::new(match pass {
            Pass::Forward if blocked => conv2d_blocked_workspace(g),
            Pass::Forward => conv2d_workspace_by(method, g),
            Pass::GradX if blocked => conv2d_blocked_grad_x_workspace(g),
            Pass::GradX => conv2d_grad_x_workspace_by(method, g),
            Pass::GradW if blocked => conv2d_blocked_grad_w_workspace(g),
            Pass::GradW => conv2d_grad_w_workspace_by(method, g),
        });
        let space = room.slice();
        match pass {
            Pass::Forward => {
                let (x, w, y) = (&x(&self.x), &w(&self.w), &cells(out)[start.y..][..laid.y_len()]);
                if blocked {
                    conv2d_blocked(g, x, w, y, bias, self.activation, space);
                } else {
                    conv2d_by(method, g, x, w, y, bias, self.activation, space);
                }
            }
            Pass::GradX => {
                let (gy, w, gx) = (&y(&self.gy), &w(&self.w), &cells(out)[start.x..][..laid.x_len()]);
                if blocked {
                    conv2d_blocked_grad_x(g, gy, w, gx, space);
                } else {
                    conv2d_grad_x_by(method, g, gy, w, gx, space);
                }
            }
            Pass::GradW => {
                let (gy, x, gw) = (&y(&self.gy), &x(&self.x), &mut out[start.w..][..laid.w_len()]);
                if blocked {
                    conv2d_blocked_grad_w(g, gy, x, gw, space);
                } else {
                    conv2d_grad_w_by(method, g, gy, x, gw, space);
                }
            }
        }
        room.check("workspace");
    }

    /// The same of the forward pass with prepared weights, those of the whole.
    fn run_prepared(&self, method: Method, whole: &Conv2d, all: &[f32], (g, start): &(Conv2d, Start), out: &mut [f32]) {
        let x = self.x[start.x..][..g.x_len()].to_vec();
        let bias = self.bias.as_ref().map(|bias| &bias[start.filter..][..g.k]);
        let weights = Prepared::of(whole, all, start.filter);
        let mut room = Guarded::new(conv2d_prepared_workspace(method, g));
        let y = &cells(out)[start.y..][..g.y_len()];
        conv2d_prepared(method, g, &x, weights, y, bias, self.activation, room.slice());
        room.check("workspace");
    }
}

/// Whether one filter by itself would be computed in another way.
fn walks_strips(g: &Conv2d, method: Method) -> bool {
    method == Method::Direct && [g.c, g.kh, g.kw, g.dh, g.dw] == [1, 3, 3, 1, 1]
}

/// The dimensions that a pass may be cut by, how many there are, and the least grain.
fn dimensions(g: &Conv2d, pass: Pass, method: Method) -> Vec<(Dimension, usize, usize)> {
    let mut all = vec![];
    if pass != Pass::GradW {
        all.push((Dimension::Images, g.n, if method == Method::Blocked { 8 } else { 1 }));
    }
    if g.groups > 1 {
        all.push((Dimension::Groups, g.groups, 1));
    } else if pass == Pass::GradW || pass == Pass::Forward && !walks_strips(g, method) {
        all.push((Dimension::Filters, g.k, 1));
    } else if pass == Pass::GradX && [Method::Winograd, Method::Implicit, Method::Col2im].contains(&method) {
        all.push((Dimension::Planes, g.c, 1));
    }
    all
}

type Run<'a> = &'a dyn Fn(&(Conv2d, Start), &mut [f32]);

/// The whole against its parts, by each dimension, and as threads are told.
fn in_parts(g: &Conv2d, layout: Layout, (pass, method): (Pass, Method), length: usize, tile: usize, run: Run) {
    let what = format!("{pass:?} by {method:?}, {layout:?} {g:?}");
    let mut whole = Guarded::new(length);
    run(&(*g, Start::default()), whole.slice());
    let whole = whole.check(&what);
    let pieces = |by: Dimension, parts: Vec<(usize, usize)>| {
        let what = format!("by {by:?} in {parts:?}, {what}");
        let mut pieces = Pieces::new(length);
        for (first, n) in parts {
            pieces.add(&what, |y| run(&g.part((by, layout), first, n), y));
        }
        pieces.check(whole, &what);
    };
    for (by, n, grain) in dimensions(g, pass, method) {
        let grain = if by == Dimension::Filters { tile } else { grain };
        for count in [2, 3, 5] {
            pieces(by, parts(n, grain, count));
        }
    }
    for threads in [2, 3, 5] {
        let cut = g.cut(threads, pass, method, layout);
        assert_eq!(cut.by.1, layout);
        pieces(cut.by.0, parts(cut.n, cut.grain, threads));
    }
}

/// Every pass by every method that serves, in both layouts, and prepared.
fn check(g: &Conv2d, random: &mut Random) -> usize {
    let o = Operands::new(g, random);
    let blocked = o.blocked(g);
    let mut cases = 0;
    for pass in PASSES {
        for method in Method::ALL.into_iter().filter(|&method| g.serves(pass, method)) {
            let length = o.output_len(g, pass);
            in_parts(g, Layout::Plain, (pass, method), length, 1, &|part, y| o.run(pass, method, part, y));
            cases += 1;
        }
        let length = blocked.output_len(g, pass);
        in_parts(g, Layout::Blocked, (pass, Method::Blocked), length, 1, &|part, y| {
            blocked.run(pass, Method::Blocked, part, y);
        });
    }
    for algorithm in [Algorithm::Same, Algorithm::Winograd4] {
        let method = algorithm.method(g);
        let mut prepared = vec![f32::NAN; prepared_len(g, algorithm)];
        conv2d_prepare(g, algorithm, &o.w, &mut prepared);
        in_parts(g, Layout::Plain, (Pass::Forward, method), g.y_len(), 4, &|part, y| {
            o.run_prepared(method, g, &prepared, part, y);
        });
    }
    cases
}

#[test]
fn any_geometry() {
    let mut random = Random::new(1);
    let (mut geometries, mut cases) = (0, 0);
    while geometries < 120 {
        let one = |random: &mut Random, choices: &[usize]| choices[random.below(choices.len())];
        let [kh, kw] = [0; 2].map(|_| one(&mut random, &[1, 2, 3, 3, 3, 4]));
        let [sh, sw] = [0; 2].map(|_| one(&mut random, &[1, 1, 1, 2, 3]));
        let [dh, dw] = [0; 2].map(|_| one(&mut random, &[1, 1, 1, 2]));
        let [pt, pl] = [0; 2].map(|_| random.below(3));
        let (h, w) = (1 + random.below(9), 1 + random.below(12));
        let Some(oh) = output(h, kh, sh, dh, pt, pt) else { continue };
        let Some(ow) = output(w, kw, sw, dw, pl, pl) else { continue };
        let groups = one(&mut random, &[1, 1, 2, 3, 5]);
        let (c, k) = (groups * (1 + random.below(4)), groups * (1 + random.below(if groups == 1 { 14 } else { 5 })));
        let n = one(&mut random, &[1, 1, 2, 3, 8, 9, 17]);
        let steps = Conv2d::default();
        let g = Conv2d { n, c, h, w, k, kh, kw, oh, ow, sh, sw, pt, pl, dh, dw, groups, ..steps };
        cases += check(&g, &mut random);
        geometries += 1;
    }
    println!("conv: {geometries} geometries, {cases} passes in parts");
}

#[test]
fn the_layers_of_networks() {
    let mut random = Random::new(2);
    let layers = [
        square(17, 1, 28, 6, 5, 1, 2),
        square(16, 6, 14, 16, 5, 1, 0),
        square(1, 3, 27, 20, 11, 4, 2),
        square(2, 33, 9, 37, 3, 1, 1),
        square(1, 1, 19, 5, 3, 1, 1),
        square(1, 1, 19, 9, 3, 2, 1),
        Conv2d { groups: 2, ..square(3, 8, 23, 32, 4, 4, 1) },
        square(1, 130, 7, 30, 3, 1, 1),
        square(1, 410, 4, 25, 1, 1, 0),
        square(3, 40, 9, 24, 1, 2, 0),
        square(1, 16, 22, 50, 3, 1, 0),
        square(9, 16, 6, 17, 3, 1, 1),
        Conv2d { groups: 2, ..square(2, 34, 10, 38, 3, 1, 1) },
        Conv2d { groups: 3, ..square(1, 48, 8, 105, 3, 1, 1) },
        Conv2d { groups: 12, ..square(9, 12, 11, 12, 3, 1, 1) },
        Conv2d { groups: 12, ..square(1, 12, 40, 12, 3, 1, 1) },
        Conv2d { groups: 12, ..square(1, 12, 11, 24, 3, 2, 1) },
        Conv2d { groups: 12, ..square(2, 12, 15, 12, 3, 2, 1) },
    ];
    let cases: usize = layers.iter().map(|g| check(g, &mut random)).sum();
    println!("conv: {} layers, {cases} passes in parts", layers.len());
}

/// Where the weights are prepared by Winograd's method, a part may begin within a block of transformed filters.
#[test]
fn blocks_of_transformed_filters() {
    let mut random = Random::new(3);
    for (c, k) in [(16, 65), (40, 100), (140, 50), (530, 34)] {
        let g = square(1, c, 12, k, 3, 1, 1);
        assert_eq!(Algorithm::Winograd4.method(&g), Method::Winograd4);
        assert_eq!(g.method(Pass::Forward), Method::Winograd);
        check(&g, &mut random);
    }
}

#[test]
fn sizes_of_zero_are_not_cut() {
    let g = square(2, 3, 5, 4, 3, 1, 1);
    for empty in [Conv2d { n: 0, ..g }, Conv2d { c: 0, ..g }, Conv2d { k: 0, ..g }, Conv2d { oh: 0, ..g }] {
        for pass in PASSES {
            assert_eq!(empty.cut(4, pass, empty.method(pass), Layout::Plain).work, 0.0);
        }
    }
}
