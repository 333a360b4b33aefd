//! gemm against a loop in float64.

mod check;

use check::{assert_close, cells, Guarded, Random};
use core::cell::Cell;
use phyllo_kernels::elementwise;
use phyllo_kernels::gemm::{
    gemm, gemm_by, gemm_pack, gemm_pack_len, gemm_packed, gemm_packed_workspace, gemm_workspace, gemm_workspace_by,
    Activation, Bias, Gemm, Method, Panels, Way,
};

/// Relative to the largest element of C, for k up to 700 and numbers in [−1, 1).
const BOUND: f64 = 3e-6;

fn reference(g: &Gemm, a: &[f32], b: &[f32], c: &[f32], bias: &Bias, accumulate: bool) -> Vec<f64> {
    let mut y: Vec<f64> = c.iter().map(|&x| f64::from(x)).collect();
    for t in 0..g.batch {
        for i in 0..g.m {
            for j in 0..g.n {
                let at = t * g.sc + i * g.rsc + j;
                let mut sum = if accumulate { y[at] } else { 0.0 };
                for p in 0..g.k {
                    let x = a[t * g.sa + i * g.rsa + p * g.csa];
                    sum += f64::from(x) * f64::from(b[t * g.sb + p * g.rsb + j * g.csb]);
                }
                sum += match bias {
                    Bias::None => 0.0,
                    Bias::Row(x) => f64::from(x[j]),
                    Bias::Column(x) => f64::from(x[i]),
                };
                y[at] = sum;
            }
        }
    }
    y
}

/// Elements from the first to the last, inclusive, of a batch of matrices.
fn extent(batch: usize, step: usize, rows: usize, rs: usize, columns: usize, cs: usize) -> usize {
    if batch * rows * columns == 0 {
        return 0;
    }
    (batch - 1) * step + (rows - 1) * rs + (columns - 1) * cs + 1
}

/// Which bias, by the contract's number, and whether C is added to.
fn check(g: &Gemm, bias_by: usize, accumulate: bool, random: &mut Random) {
    let what = format!("{g:?}, bias by {bias_by}, accumulate {accumulate}");
    let a = random.numbers(extent(g.batch, g.sa, g.m, g.rsa, g.k, g.csa));
    let b = random.numbers(extent(g.batch, g.sb, g.k, g.rsb, g.n, g.csb));
    let numbers = random.numbers(g.m.max(g.n));
    let bias = match bias_by {
        0 => Bias::None,
        1 => Bias::Row(&numbers[..g.n]),
        _ => Bias::Column(&numbers[..g.m]),
    };
    let length = extent(g.batch, g.sc, g.m, g.rsc, g.n, 1);
    let mut c = Guarded::new(length);
    // What lies between the rows of C must stay, and so must not be NaN; what is overwritten is.
    let before = random.numbers(length);
    c.slice().copy_from_slice(&before);
    if !accumulate {
        for t in 0..g.batch {
            for i in 0..g.m {
                c.slice()[t * g.sc + i * g.rsc..][..g.n].fill(f32::NAN);
            }
        }
    }
    let expected = reference(g, &a, &b, &before, &bias, accumulate);
    let mut workspace = Guarded::new(gemm_workspace(g));
    gemm(g, &a, &b, cells(c.slice()), bias, accumulate, Activation::None, workspace.slice());
    workspace.check(&what);
    assert_close(c.check(&what), &expected, BOUND, &what);
    // Every method that serves, not only the one that is taken.
    for method in Method::ALL.into_iter().filter(|&method| g.serves(method)) {
        let what = format!("{what}, by {method:?}");
        let way = Way::by(method);
        let (mut c, mut workspace) = (Guarded::new(length), Guarded::new(gemm_workspace_by(way, g)));
        c.slice().copy_from_slice(&before);
        gemm_by(way, g, &a, &b, cells(c.slice()), bias, accumulate, Activation::None, workspace.slice());
        workspace.check(&what);
        assert_close(c.check(&what), &expected, BOUND, &what);
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
fn every_size_and_layout() {
    let mut random = Random::new(1);
    let mut cases = 0;
    for m in [0, 1, 2, 3, 4, 5, 7, 8, 13, 16, 17] {
        for n in [0, 1, 3, 4, 7, 8, 9, 13, 16, 17, 31] {
            for k in [0, 1, 3, 4, 5, 8, 31, 64] {
                for g in layouts(dense(m, n, k)) {
                    check(&g, cases % 3, cases / 3 % 2 == 1, &mut random);
                    cases += 1;
                }
            }
        }
    }
    println!("gemm: {cases} sizes and layouts");
}

#[test]
fn beyond_a_block() {
    let mut random = Random::new(2);
    let mut cases = 0;
    for (m, n, k) in [(1, 5003, 19), (1, 37, 700), (2, 130, 513), (9, 601, 300), (131, 70, 257), (140, 521, 260)] {
        for g in layouts(dense(m, n, k)) {
            for bias_by in 0..3 {
                check(&g, bias_by, cases % 2 == 1, &mut random);
                cases += 1;
            }
        }
    }
    println!("gemm: {cases} products of several blocks");
}

#[test]
fn any_strides_and_batches() {
    let mut random = Random::new(3);
    let cases = 3000;
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
            batch: random.below(4),
            sa: random.below(2) * m * k,
            sb: random.below(2) * k * n,
            sc: m * rsc + random.below(3),
        };
        check(&g, random.below(3), random.below(2) == 1, &mut random);
    }
    println!("gemm: {cases} random strides");
}

#[test]
fn activations_are_the_elementwise_kernels_after_it() {
    type Kernel = fn(&[Cell<f32>], &[Cell<f32>], f32);
    let functions: [(Activation, Kernel); 3] = [
        (Activation::Relu, elementwise::relu),
        (Activation::Sigmoid, elementwise::sigmoid),
        (Activation::Tanh, elementwise::tanh),
    ];
    let mut random = Random::new(4);
    let mut cases = 0;
    for (m, n, k) in
        [(1, 13, 9), (3, 17, 30), (1, 30, 0), (5, 9, 300), (9, 8, 600), (17, 21, 40), (33, 40, 520), (9, 1, 7)]
    {
        for g in layouts(dense(m, n, k)) {
            let (a, b, bias) = (random.numbers(m * k), random.numbers(k * n), random.numbers(n));
            let mut before = random.numbers(m * n);
            before[0] = f32::NAN;
            for (activation, function) in functions {
                let run = |activation| {
                    let (mut c, mut workspace) = (before.clone(), vec![f32::NAN; gemm_workspace(&g)]);
                    gemm(&g, &a, &b, cells(&mut c), Bias::Row(&bias), true, activation, &mut workspace);
                    c
                };
                let (fused, mut apart) = (run(activation), run(Activation::None));
                let whole = cells(&mut apart);
                function(whole, whole, 0.0);
                assert_eq!(bits(&fused), bits(&apart), "{g:?} {activation:?}");
                cases += 1;
            }
        }
    }
    println!("gemm: {cases} activations");
}

fn bits(c: &[f32]) -> Vec<u32> {
    c.iter().map(|x| x.to_bits()).collect()
}

/// C of one product, and of the same with B packed where that gains.
fn products(g: &Gemm, a: &[f32], b: &[f32], before: &[f32], bias: Bias, accumulate: bool) -> Option<[Vec<u32>; 2]> {
    let mut plain = before.to_vec();
    let mut workspace = Guarded::new(gemm_workspace(g));
    gemm(g, a, b, cells(&mut plain), bias, accumulate, Activation::Relu, workspace.slice());
    workspace.check("workspace");

    let len = gemm_pack_len(g.m, g.k, g.n);
    if len == 0 {
        return None;
    }
    let (mut c, mut packed) = (Guarded::new(before.len()), Guarded::new(len));
    let mut workspace = Guarded::new(gemm_packed_workspace(g));
    c.slice().copy_from_slice(before);
    gemm_pack(b, g.rsb, g.csb, g.k, g.n, packed.slice());
    let packed = Panels { packed: packed.check("packed"), columns: g.n, first: 0 };
    gemm_packed(g, a, packed, cells(c.slice()), bias, accumulate, Activation::Relu, workspace.slice());
    workspace.check("workspace");
    Some([bits(&plain), bits(c.check("C"))])
}

#[test]
fn a_packed_product_has_the_bits_of_the_plain_one() {
    let mut random = Random::new(5);
    let mut cases = 0;
    for m in [0, 1, 7, 8, 9, 11, 12, 16, 17, 20, 130] {
        for n in [0, 1, 2, 3, 5, 8, 11, 16, 30, 37, 70] {
            for k in [0, 1, 3, 4, 9, 32, 255, 300, 517, 1030] {
                for g in layouts(dense(m, n, k)) {
                    let (a, b) = (random.numbers(m * k), random.numbers(k * n));
                    let numbers = random.numbers(m.max(n));
                    let bias = [Bias::None, Bias::Row(&numbers[..n]), Bias::Column(&numbers[..m])][cases % 3];
                    let rsc = n + cases % 2;
                    let g = Gemm { rsc, ..g };
                    let before = random.numbers(m * rsc);
                    let accumulate = cases / 3 % 2 == 1;
                    if let Some([plain, packed]) = products(&g, &a, &b, &before, bias, accumulate) {
                        assert_eq!(plain, packed, "{g:?}, bias {bias:?}");
                        cases += 1;
                    }
                }
            }
        }
    }
    println!("gemm: {cases} packed products");
}

#[test]
#[should_panic(expected = "B is too short")]
fn refuses_a_short_operand() {
    let g = dense(3, 3, 3);
    let mut workspace = vec![0.0; gemm_workspace(&g)];
    gemm(&g, &[0.0; 9], &[0.0; 8], cells(&mut [0.0; 9]), Bias::None, false, Activation::None, &mut workspace);
}
