//! What kernels are said to take, against counts of what plain loops read, write and multiply: not against clocks, which
//! say other things on other machines.

use phyllo_kernels::conv::{Conv2d, Layout, Pass};
use phyllo_kernels::gemm::Gemm;
use phyllo_kernels::pool::Pool2d;
use phyllo_kernels::work::{self, Pooling};
use phyllo_kernels::{binary, conversions, elementwise, plain};

/// That a declared work is at least a third of what is counted, and at most so many times as much.
fn assert_near(what: &str, work: f32, counted: usize, most: f32) {
    let ratio = work / counted as f32;
    assert!((1.0 / 3.0..=most).contains(&ratio), "{what}: {work} for {counted}");
}

/// Whether a formula is arithmetic alone, and whether it is a series.
fn kind(formula: &'static str) -> (bool, bool) {
    const ARITHMETIC: [&str; 5] = ["one", "zero", "half", "sign", "indicator"];
    const SERIES: [&str; 4] = ["lgamma", "polygamma", "bessel_i", "bessel_i_slope"];
    let named = |text: &'static str| text[..text.find('(').unwrap_or(text.len())].trim();
    let names: Vec<_> = formula.split("m.").skip(1).map(named).collect();
    (names.iter().all(|name| ARITHMETIC.contains(name)), names.iter().any(|name| SERIES.contains(name)))
}

/// Functions whose formula only adds, multiplies, compares or takes a root cost nothing beside their numbers, others do,
/// and series most.
#[test]
fn functions_by_their_formulas() {
    let mut functions = vec![];
    macro_rules! pairs {
        ($($name:ident / $grad:ident, $js:literal / $js_grad:literal, $saved:ident: $f:expr => $slope:expr;)*) => {
            functions.extend([$(($js, stringify!($f)), ($js_grad, stringify!($slope))),*]);
        };
    }
    elementwise!(pairs);
    macro_rules! alone {
        ($($name:ident, $js:literal: $f:expr;)*) => { functions.extend([$(($js, stringify!($f))),*]); };
    }
    plain!(alone);
    let dearest = functions.iter().map(|(name, _)| work::function(name)).fold(0.0, f32::max);
    for (name, formula) in functions {
        let (arithmetic, series) = kind(formula);
        assert_eq!(work::function(name) == 0.0, arithmetic, "{name}: {formula}");
        assert_eq!(work::function(name) == dearest, series, "{name}: {formula}");
    }
    let mut of_two = vec![];
    macro_rules! pair {
        ($($name:ident, $js:literal, $x:ident => $y:ident: $f:expr;)*) => {
            of_two.extend([$(($js, stringify!($f).replace(' ', ""))),*]);
        };
    }
    binary!(pair);
    for (name, formula) in of_two {
        let cheap = ["math::copysign", "math::shift_left_i32x4", "math::shift_right_i32x4"];
        let arithmetic = !formula.contains("math") || cheap.contains(&formula.as_str());
        assert_eq!(work::binary(name) == 0.0, arithmetic, "{name}: {formula}");
    }
    let mut conversions = vec![];
    macro_rules! between {
        ($($name:ident, $js:literal, $x:ident => $y:ident: $f:expr;)*) => { conversions.extend([$($js),*]); };
    }
    conversions!(between);
    conversions.retain(|name| work::conversion(name) > 0.0);
    let dear = ["f64ToI32", "f64ToI64", "f64ToI8", "f64ToU8", "f64ToF16", "f64ToBf16", "f32ToI64", "f32ToF16"];
    assert_eq!(conversions, dear);
}

/// The numbers that are read and written, and what a row, a window or a product takes beside, where there are many.
#[test]
fn numbers_of_rows_and_columns() {
    for [outer, n, inner] in [[1, 4096, 1], [4096, 4, 1], [64, 64, 1], [1, 64, 640], [16, 8, 3], [3, 5, 17]] {
        let (all, rows) = (outer * n * inner, outer * inner);
        let what = format!("{outer} {n} {inner}");
        assert_near(&format!("sum {what}"), work::sum([outer, n, inner, 1]), all + rows, 40.0);
        assert_near(&format!("sum of rows {what}"), work::sum([outer * inner, 1, 1, n]), all + rows, 40.0);
        assert_near(&format!("sumI32 {what}"), work::sum_i32([outer, n, inner, 1]), all + rows, 40.0);
        assert_near(&format!("nrm2 {what}"), work::nrm2([outer, n, inner, 1]), all + rows, 40.0);
        assert_near(&format!("largest {what}"), work::largest([outer, n, inner]), all + rows, 40.0);
        assert_near(&format!("softmax {what}"), work::softmax([outer, n, inner], work::EXPONENTIAL), 2 * all, 60.0);
        assert_near(&format!("softmaxGrad {what}"), work::softmax([outer, n, inner], work::WEIGHTED), 3 * all, 60.0);
        assert_near(&format!("cumsum {what}"), work::cumsum([outer, n, inner]), 2 * all, 40.0);
        assert_near(&format!("moments {what}"), work::moments([1, rows, n]), 2 * all + 2 * rows, 120.0);
        assert_near(&format!("normalise {what}"), work::normalise([1, rows, n]), 2 * all + 2 * rows, 40.0);
        assert_near(&format!("normaliseGrad {what}"), work::normalise_grad([1, rows, n]), 3 * all + 2 * rows, 120.0);
        assert_near(&format!("distances {what}"), work::distances([1, outer, inner, n]), 2 * all + rows, 40.0);
        for k in [1, 8, 4096] {
            // One row more of x and of the index is read, and one of y is read and written; all of y is cleared.
            let (moved, cleared) = (outer * k * inner, all);
            assert_near("gather", work::gather([outer, k, inner]), 3 * moved, 40.0);
            assert_near("scatter", work::scatter([outer, n, k, inner]), 4 * moved + cleared, 40.0);
            assert_near("indexSelect", work::index_select([outer, k, inner]), 2 * moved + outer * k, 40.0);
            assert_near("indexAdd", work::index_add([outer, n, k, inner]), 3 * moved + cleared, 40.0);
        }
    }
    let (row, many) = ([1, 16384, 1], [4096, 4, 1]);
    assert!(work::largest(many) > 4.0 * work::largest(row));
    assert!(work::softmax(many, work::EXPONENTIAL) > 2.0 * work::softmax(row, work::EXPONENTIAL));
    assert!(work::sum([4096, 1, 1, 4]) > 4.0 * work::sum([1, 1, 1, 16384]));
    assert!(work::moments([1, 1024, 16]) > 4.0 * work::moments([1, 1, 16384]));
    let n = [1, 1, 128, 128];
    assert_near("copy", work::strided(n, [1, 1], 2.0), 2 * 128 * 128, 3.0);
    assert!(work::strided(n, [128, 1], 2.0) > 4.0 * work::strided(n, [1, 1], 2.0));
}

/// The taps of windows that lie inside the image.
fn taps(g: &Pool2d) -> usize {
    let all = |outputs: usize, s: usize, k: usize, p: usize, n: usize| -> usize {
        (0..outputs).map(|i| (0..k).filter(|u| (p..p + n).contains(&(i * s + u))).count()).sum()
    };
    g.planes * all(g.oh, g.sh, g.kh, g.ph, g.h) * all(g.ow, g.sw, g.kw, g.pw, g.w)
}

#[test]
fn taps_of_windows() {
    for (size, k, s, p) in [(28, 2, 2, 0), (28, 3, 1, 1), (28, 3, 2, 0), (28, 7, 1, 0), (28, 28, 28, 0), (9, 5, 3, 2)] {
        let o = (size + 2 * p - k) / s + 1;
        let of = |sizes: [usize; 2]| Pool2d {
            planes: 32,
            h: size,
            w: size,
            oh: o,
            ow: o,
            kh: k,
            kw: k,
            sh: s,
            sw: s,
            ph: p,
            pw: p,
            dh: sizes[0],
            dw: sizes[1],
        };
        let g = of([1, 1]);
        for images in [1, 8] {
            for pooling in [Pooling::Largest, Pooling::Mean, Pooling::MeanGrad] {
                let counted = images * (taps(&g) + g.planes * o * o);
                assert_near(&format!("{pooling:?} {k} {s} {p}"), pooling.work(&g, images), counted, 32.0);
            }
            let counted = images * g.planes * (size * size + 3 * o * o);
            assert_near(&format!("winners {k} {s} {p}"), Pooling::Winners.work(&g, images), counted, 6.0);
        }
        assert!(Pooling::Largest.work(&of([2, 2]), 1) >= Pooling::Largest.work(&g, 1));
    }
}

#[test]
fn products_by_their_multiply_adds() {
    for [batch, m, n, k] in
        [[1, 128, 128, 128], [64, 16, 16, 16], [2048, 2, 2, 2], [1, 512, 4, 4], [1, 1, 512, 512], [1, 256, 256, 1]]
    {
        let adds = batch * m * n * k / 2;
        let numbers = batch * (m * k + k * n + m * n);
        let g = Gemm { batch, m, n, k, rsa: k, csa: 1, rsb: n, csb: 1, rsc: n, sa: m * k, sb: k * n, sc: m * n };
        assert_near(&format!("gemm {batch} {m} {n} {k}"), g.cut(2).work, adds + numbers, 64.0);
        assert!(g.cut(2).work > 256.0 * batch as f32);
        let nothing = Gemm { k: 0, ..g };
        assert!(nothing.cut(2).work >= (batch * m * n) as f32);
    }
    for (c, k, size, kernel, groups) in [(16, 32, 16, 1, 1), (16, 16, 16, 3, 1), (1, 6, 28, 5, 1), (32, 32, 16, 3, 32)]
    {
        let g = Conv2d {
            n: 4,
            c,
            h: size,
            w: size,
            k,
            kh: kernel,
            kw: kernel,
            oh: size,
            ow: size,
            sh: 1,
            sw: 1,
            pt: kernel / 2,
            pl: kernel / 2,
            dh: 1,
            dw: 1,
            groups,
            ..Conv2d::default()
        };
        let (x, y) = (4 * c * size * size, 4 * k * size * size);
        let counted = y * (c / groups * kernel * kernel) / 2 + x + y;
        for pass in [Pass::Forward, Pass::GradX, Pass::GradW] {
            let cut = g.cut(2, pass, g.method(pass), Layout::Plain);
            assert_near(&format!("conv {c} {k} {kernel}"), cut.work, counted, 8.0);
        }
    }
    for n in [4, 16, 64] {
        let square = n as f32 * n as f32;
        assert_near("factors", work::factors(3, n, square), 3 * n * n * n, 64.0);
        assert_near("iterations", work::iterations(3, n, 10.0 * square), 30 * n * n * n, 16.0);
        assert_near("recurrence", work::recurrence([5, 3, 4, n]), 5 * 3 * 4 * n * (n / 2 + 2), 8.0);
    }
}
