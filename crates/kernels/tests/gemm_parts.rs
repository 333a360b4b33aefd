//! Products in parts, by each dimension and in every way that serves: the bits of the whole.
#![cfg(feature = "parts")]

mod check;
mod cut;

use check::{cells, Guarded, Random};
use cut::{parts, piece, Pieces};
use phyllo_kernels::gemm::{
    gemm, gemm_by, gemm_pack, gemm_packed, gemm_packed_workspace, gemm_workspace, gemm_workspace_by, packed_len,
    Activation, Bias, Dimension, Gemm, Method, Panels, Start, Way,
};

const DIMENSIONS: [Dimension; 3] = [Dimension::Batch, Dimension::Rows, Dimension::Columns];

/// Elements from the first to the last of a batch of matrices.
fn extent(batch: usize, step: usize, rows: usize, rs: usize, columns: usize, cs: usize) -> usize {
    if batch * rows * columns == 0 {
        return 0;
    }
    (batch - 1) * step + (rows - 1) * rs + (columns - 1) * cs + 1
}

fn a_len(g: &Gemm) -> usize {
    extent(g.batch, g.sa, g.m, g.rsa, g.k, g.csa)
}

fn b_len(g: &Gemm) -> usize {
    extent(g.batch, g.sb, g.k, g.rsb, g.n, g.csb)
}

fn c_len(g: &Gemm) -> usize {
    extent(g.batch, g.sc, g.m, g.rsc, g.n, 1)
}

/// What a product is of, and what it goes through.
struct Operands {
    a: Vec<f32>,
    b: Vec<f32>,
    bias: Vec<f32>,
    bias_by: usize,
    before: Vec<f32>,
    accumulate: bool,
    activation: Activation,
}

impl Operands {
    fn new(g: &Gemm, random: &mut Random) -> Self {
        let accumulate = random.below(2) == 1;
        let mut before = random.numbers(c_len(g));
        // What is overwritten is NaN; what lies between the rows stays.
        for i in 0..if accumulate { 0 } else { g.batch * g.m } {
            before[i / g.m * g.sc + i % g.m * g.rsc..][..g.n].fill(f32::NAN);
        }
        Self {
            a: random.numbers(a_len(g)),
            b: random.numbers(b_len(g)),
            bias: random.numbers(g.m.max(g.n)),
            bias_by: random.below(3),
            before,
            accumulate,
            activation: [Activation::None, Activation::Relu, Activation::Sigmoid, Activation::Tanh][random.below(4)],
        }
    }

    fn bias(&self, g: &Gemm, start: &Start) -> Bias<'_> {
        match self.bias_by {
            0 => Bias::None,
            1 => Bias::Row(&self.bias[start.row..][..g.n]),
            _ => Bias::Column(&self.bias[start.column..][..g.m]),
        }
    }

    /// A part, of operands that are as long as it says, into the C of the whole.
    fn run(&self, way: Way, (g, start): &(Gemm, Start), c: &mut [f32]) {
        let (a, b) = (piece(&self.a, start.a, a_len(g)), piece(&self.b, start.b, b_len(g)));
        let (c, bias) = (&cells(c)[start.c..][..c_len(g)], self.bias(g, start));
        let mut room = Guarded::new(gemm_workspace_by(way, g));
        gemm_by(way, g, a, b, c, bias, self.accumulate, self.activation, room.slice());
        room.check("workspace");
    }

    fn run_packed(&self, packed: Panels, (g, start): &(Gemm, Start), c: &mut [f32]) {
        let (a, c) = (&self.a[start.a..][..a_len(g)], &cells(c)[start.c..][..c_len(g)]);
        let b = Panels { first: start.row, ..packed };
        let mut room = Guarded::new(gemm_packed_workspace(g));
        gemm_packed(g, a, b, c, self.bias(g, start), self.accumulate, self.activation, room.slice());
        room.check("workspace");
    }
}

fn size(g: &Gemm, by: Dimension) -> usize {
    match by {
        Dimension::Batch => g.batch,
        Dimension::Rows => g.m,
        Dimension::Columns => g.n,
    }
}

/// Every way that serves, by every dimension in parts of any length, and as threads would be told.
fn check(g: &Gemm, random: &mut Random) {
    let o = Operands::new(g, random);
    let mut ways: Vec<Way> = Method::ALL.into_iter().filter(|&method| g.serves(method)).map(Way::by).collect();
    ways.push(g.way());
    let told = [2, 3, 5].map(|threads| (threads, g.cut(threads)));
    for way in ways {
        let whole = (*g, Start::default());
        let mut expected = o.before.clone();
        o.run(way, &whole, &mut expected);
        let pieces = |by: Dimension, parts: Vec<(usize, usize)>| {
            let what = format!("{g:?} {way:?} by {by:?} in {parts:?}");
            let mut pieces = Pieces::over(o.before.clone());
            for (first, n) in parts {
                pieces.add(&what, |c| o.run(way, &g.part(by, first, n), c));
            }
            pieces.check(&expected, &what);
        };
        for by in DIMENSIONS {
            pieces(by, parts(size(g, by), 1, [2, 3, 5][random.below(3)]));
        }
        for (threads, cut) in told {
            assert_eq!(cut.n, size(g, cut.by));
            pieces(cut.by, parts(cut.n, cut.grain, threads));
        }
    }
    check_packed(g, &o);
}

fn check_packed(g: &Gemm, o: &Operands) {
    let len = packed_len(g.k, g.n);
    if g.batch != 1 || len == 0 {
        return;
    }
    let mut packed = vec![f32::NAN; len];
    gemm_pack(&o.b, g.rsb, g.csb, g.k, g.n, &mut packed);
    let b = Panels { packed: &packed, columns: g.n, first: 0 };
    let mut expected = o.before.clone();
    o.run_packed(b, &(*g, Start::default()), &mut expected);
    for (by, grain) in [(Dimension::Rows, 1), (Dimension::Columns, 8)] {
        for count in [2, 3, 5] {
            let what = format!("{g:?} packed, by {by:?} in {count}");
            let mut pieces = Pieces::over(o.before.clone());
            for (first, n) in parts(size(g, by), grain, count) {
                pieces.add(&what, |c| o.run_packed(b, &g.part(by, first, n), c));
            }
            pieces.check(&expected, &what);
        }
    }
}

fn dense(m: usize, n: usize, k: usize) -> Gemm {
    Gemm { m, n, k, rsa: k, csa: 1, rsb: n, csb: 1, rsc: n, batch: 1, sa: 0, sb: 0, sc: 0 }
}

/// The four layouts: A and B as they are or transposed.
fn layouts(g: Gemm) -> [Gemm; 4] {
    let at = Gemm { rsa: 1, csa: g.m, ..g };
    let bt = Gemm { rsb: 1, csb: g.k, ..g };
    [g, at, bt, Gemm { rsb: 1, csb: g.k, ..at }]
}

#[test]
fn few_and_many_rows_columns_and_depths() {
    let mut random = Random::new(1);
    let mut cases = 0;
    for (m, k) in [(1, 1), (1, 300), (2, 17), (3, 40), (5, 900), (7, 33), (8, 5), (13, 64), (25, 410), (70, 9)] {
        for n in [1, 2, 7, 9, 16, 31, 40, 270] {
            for g in layouts(dense(m, n, k)) {
                check(&g, &mut random);
                cases += 1;
            }
        }
    }
    println!("gemm: {cases} products in parts");
}

#[test]
fn columns_of_several_rows_and_blocks() {
    let mut random = Random::new(2);
    let mut cases = 0;
    for (m, n, k) in [(600, 1, 30), (1, 4200, 3), (3, 4103, 9), (150, 70, 420), (33, 529, 810), (6, 40, 2100)] {
        for g in layouts(dense(m, n, k)) {
            check(&g, &mut random);
            cases += 1;
        }
    }
    println!("gemm: {cases} products of several blocks in parts");
}

#[test]
fn any_strides_and_batches() {
    let mut random = Random::new(3);
    let cases = 1500;
    for _ in 0..cases {
        let (m, n, k) = (1 + random.below(14), 1 + random.below(20), random.below(20));
        let stride = |random: &mut Random, length: usize| [0, 1, 2, 3, length, length + 3][random.below(6)];
        let rsc = n + random.below(2) * random.below(4);
        let g = Gemm {
            m,
            n,
            k,
            rsa: stride(&mut random, k),
            csa: stride(&mut random, m),
            rsb: stride(&mut random, n),
            csb: stride(&mut random, k),
            rsc,
            batch: 1 + random.below(6),
            sa: random.below(2) * m * k,
            sb: random.below(2) * k * n,
            sc: m * rsc + random.below(3),
        };
        check(&g, &mut random);
    }
    println!("gemm: {cases} random strides in parts");
}

/// Sums over a batch that go into one C are not cut.
#[test]
fn batches_that_are_summed() {
    let mut random = Random::new(4);
    for threads in [2, 3, 5] {
        let g = Gemm { batch: 9, sa: 30 * 20, sb: 20 * 30, sc: 0, ..dense(30, 30, 20) };
        let o =
            Operands { accumulate: true, activation: Activation::None, bias_by: 0, ..Operands::new(&g, &mut random) };
        let before = random.numbers(30 * 30);
        let mut expected = before.clone();
        let mut room = vec![f32::NAN; gemm_workspace(&g)];
        gemm(&g, &o.a, &o.b, cells(&mut expected), Bias::None, true, Activation::None, &mut room);
        let (cut, mut pieces) = (g.cut(threads), Pieces::over(before));
        for (first, n) in parts(cut.n, cut.grain, threads) {
            pieces.add("a summed batch", |c| o.run(g.way(), &g.part(cut.by, first, n), c));
        }
        pieces.check(&expected, "a summed batch");
    }
}
