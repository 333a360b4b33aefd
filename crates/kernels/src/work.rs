//! What kernels take, by families, in numbers that could be read or written once meanwhile: some 0.1 ns each. It decides
//! whether a call is worth cutting, and whether a program is worth threads, but no result, so that a factor of 2 or 3 is
//! nothing. Measured on one thread (AMD EPYC, simd128, Node 20, on a busy machine).

use crate::pool::Pool2d;

/// What a function of a number takes, beside reading and writing it. Only arithmetic: relu takes 1, 1/√x 3.
const PLAIN: f32 = 0.0;
/// One polynomial: tanh takes 7, e^x 9, sin 33, gelu 43; as much, a division of integers or a hypotenuse.
const FUNCTION: f32 = 18.0;
/// Several, or f64: sinh takes 72, asinh 88, erfinv 115, a power 120, a remainder 75.
const COMPOSED: f32 = 96.0;
/// Recurrences and asymptotic series: lgamma takes 360, polygamma 420.
const SERIES: f32 = 384.0;

/// What a function of one number takes, by its name, or that of its gradient.
pub const fn function(name: &str) -> f32 {
    match name.as_bytes() {
        b"abs" | b"square" | b"sqrt" | b"rsqrt" | b"reciprocal" | b"relu" | b"leakyRelu" => PLAIN,
        b"neg" | b"sign" | b"floor" | b"ceil" | b"round" | b"trunc" => PLAIN,
        b"absGrad" | b"squareGrad" | b"sqrtGrad" | b"rsqrtGrad" | b"reciprocalGrad" | b"reluGrad" => PLAIN,
        b"leakyReluGrad" | b"expGrad" | b"expm1Grad" | b"exp2Grad" | b"logGrad" | b"log1pGrad" => PLAIN,
        b"log2Grad" | b"log10Grad" | b"tanGrad" | b"asinGrad" | b"acosGrad" | b"atanGrad" => PLAIN,
        b"acoshGrad" | b"atanhGrad" | b"sigmoidGrad" | b"tanhGrad" => PLAIN,
        b"sinh" | b"cosh" | b"sinhGrad" | b"coshGrad" | b"asinh" | b"acosh" | b"atanh" => COMPOSED,
        b"softplus" | b"erfc" | b"erfinv" => COMPOSED,
        b"lgamma" | b"lgammaGrad" | b"polygamma" | b"polygammaGrad" | b"besselI" | b"besselIGrad" => SERIES,
        _ => FUNCTION,
    }
}

/// What a function of two numbers takes.
pub const fn binary(name: &str) -> f32 {
    match name.as_bytes() {
        b"pow" | b"fmod" | b"remainder" | b"floorDivide" => COMPOSED,
        b"atan2" | b"hypot" | b"divI32" | b"fmodI32" | b"remainderI32" | b"floorDivideI32" => FUNCTION,
        _ => PLAIN,
    }
}

/// What a conversion of a number takes: from f64 to whole numbers or to halves, one after the other.
pub const fn conversion(name: &str) -> f32 {
    match name.as_bytes() {
        b"f64ToI8" | b"f64ToU8" | b"f64ToI32" | b"f64ToI64" | b"f32ToI64" => FUNCTION,
        b"f64ToF16" | b"f64ToBf16" | b"f32ToF16" => FUNCTION,
        _ => PLAIN,
    }
}

/// Elements that take so much each.
#[inline(always)]
pub fn each<const N: usize>(sizes: [usize; N], cost: f32) -> f32 {
    sizes.iter().fold(cost, |work, &n| work * n as f32)
}

/// A number of a copy that does not go along rows, as in a transposition.
const SCATTERED: f32 = 6.0;
/// A row of numbers that is found by strides or an index.
const RUN: f32 = 64.0;

/// Numbers at strides, which take so much each where the inner strides, one for each operand, are 0 or 1.
#[inline(never)]
pub fn strided<const N: usize>(n: [usize; 4], inner: [isize; N], cost: f32) -> f32 {
    let near = n[3] > 1 && inner.iter().all(|stride| matches!(stride, 0 | 1));
    each(n, if near { cost + RUN / n[3] as f32 } else { cost + 2.0 * SCATTERED })
}

/// A call of a loop over a row for its sum, and for its largest number.
const SUM: f32 = 64.0;
const LARGEST: f32 = 128.0;
/// A number of a sum of columns, and where there are too few for a vector.
const COLUMN: f32 = 3.0;
const LONE_COLUMN: f32 = 24.0;

/// Sums over r0 and r1 of [n0, r0, n1, r1].
pub fn sum([n0, r0, n1, r1]: [usize; 4]) -> f32 {
    if n1 == 1 || r0 == 1 {
        each([n0, n1], SUM + r0 as f32 * r1 as f32)
    } else if r1 == 1 {
        each([n0, r0, n1], if n1 < 4 { LONE_COLUMN } else { COLUMN })
    } else {
        each([n0, r0, n1], SUM + r1 as f32)
    }
}

/// As [`sum`], of integers, one after the other.
pub fn sum_i32([n0, r0, n1, r1]: [usize; 4]) -> f32 {
    each([n0, r0, n1], 16.0 + 2.0 * r1 as f32)
}

/// A square root, of numbers of any size.
const ROOT: f32 = 48.0;

/// Norms over r0 and r1 of [n0, r0, n1, r1].
pub fn nrm2([n0, r0, n1, r1]: [usize; 4]) -> f32 {
    each([n0, n1], ROOT + 3.0 * r0 as f32 * r1 as f32)
}

/// Distances of m from n points of d numbers.
pub fn distances([batch, m, n, d]: [usize; 4]) -> f32 {
    each([batch, m, n], ROOT + 3.0 * d as f32)
}

/// The largest along n of [outer, n, inner].
#[inline(never)]
pub fn largest([outer, n, inner]: [usize; 3]) -> f32 {
    if inner == 1 {
        return each([outer], LARGEST + 6.0 * n as f32);
    }
    each([outer, n, inner], 8.0)
}

/// A row of a softmax, a number of it and of its gradient.
const SOFTMAX: f32 = 200.0;
pub const EXPONENTIAL: f32 = 16.0;
pub const WEIGHTED: f32 = 8.0;

/// A softmax along n of [outer, n, inner], or its gradient: vectors of columns, the last of which has up to three numbers
/// and takes as long as four of them.
#[inline(never)]
pub fn softmax([outer, n, inner]: [usize; 3], number: f32) -> f32 {
    if inner == 1 {
        return each([outer], SOFTMAX + number * n as f32);
    }
    let few = if inner.is_multiple_of(4) { 0.0 } else { 16.0 };
    each([outer, n], number * ((inner / 4 * 4) as f32 + few))
}

/// Running sums along n of [outer, n, inner]: steps of up to eight columns wait for the one before.
#[inline(never)]
pub fn cumsum([outer, n, inner]: [usize; 3]) -> f32 {
    each([outer, n], inner.div_ceil(8) as f32 * 20.0 + inner as f32 * 3.0)
}

/// A group of numbers, of which mean and variance are computed, applied, or differentiated; and a number of it.
const MOMENTS: [f32; 2] = [600.0, 5.0];
const NORMALISED: [f32; 2] = [64.0, 8.0];
const NORM_GRAD: [f32; 2] = [400.0, 16.0];

/// The moments of n groups of outer · inner numbers.
pub fn moments([outer, n, inner]: [usize; 3]) -> f32 {
    groups(outer, n, inner, MOMENTS)
}

/// What is normalised.
pub fn normalise([outer, n, inner]: [usize; 3]) -> f32 {
    groups(outer, n, inner, NORMALISED)
}

/// The gradient of that.
pub fn normalise_grad([outer, n, inner]: [usize; 3]) -> f32 {
    groups(outer, n, inner, NORM_GRAD)
}

#[inline(never)]
fn groups(outer: usize, n: usize, inner: usize, [group, number]: [f32; 2]) -> f32 {
    n as f32 * (group + number * outer as f32 * inner as f32)
}

/// A number that is read where an index says, and one that is put or added there.
const GATHERED: f32 = 12.0;
const PUT: f32 = 32.0;

/// Numbers [outer, k, inner] from where each one's index says.
pub fn gather([outer, k, inner]: [usize; 3]) -> f32 {
    each([outer, k, inner], GATHERED)
}

/// k of n rows by an index each.
#[inline(never)]
pub fn index_select([outer, k, inner]: [usize; 3]) -> f32 {
    each([outer, k], RUN + inner as f32)
}

/// Numbers [outer, k, inner] put into [outer, n, inner], which is cleared.
#[inline(never)]
pub fn scatter([outer, n, k, inner]: [usize; 4]) -> f32 {
    each([outer, inner], n as f32 + PUT * k as f32)
}

/// Rows [outer, k, inner] added to those of [outer, n, inner], which is cleared.
pub fn index_add([outer, n, k, inner]: [usize; 4]) -> f32 {
    each([outer], n as f32 * inner as f32 + k as f32 * (RUN + 3.0 * inner as f32))
}

/// A tap of a window: where there are vectors of outputs, alone, and alone where the largest is sought.
const TAP: f32 = 2.0;
const LONE_TAP: f32 = 6.0;
const SOUGHT_TAP: f32 = 20.0;
/// What an output takes beside, and one whose place is known.
const WINDOW: f32 = 4.0;
const WINNER: f32 = 16.0;

/// What a pooling does with its windows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pooling {
    Largest,
    Mean,
    MeanGrad,
    /// The places of the largest are known.
    Winners,
}

impl Pooling {
    /// The work on planes of so many images, side by side if there are several.
    #[inline(never)]
    pub fn work(self, g: &Pool2d, images: usize) -> f32 {
        let vectors = match self {
            Self::MeanGrad => g.is_halving(),
            _ => images > 1 || g.has_vectors(),
        };
        let tap = match self {
            _ if vectors => TAP,
            Self::Largest => SOUGHT_TAP,
            _ => LONE_TAP,
        };
        let output = if self == Self::Winners { WINNER } else { WINDOW + tap * g.kh as f32 * g.kw as f32 };
        each([g.planes, images], each([g.h, g.w], 1.0) + each([g.oh, g.ow], output))
    }
}

/// A product of two matrices, and a row of it.
const PRODUCT: f32 = 512.0;
const PRODUCT_ROW: f32 = 128.0;

/// Products of matrices [m, k] and [k, n]. Two multiply-adds take the time of a number that is read; to read B takes as
/// much again as one row, and an output that of two numbers.
pub fn gemm([batch, m, n, k]: [usize; 4]) -> f32 {
    let row = n as f32 * k as f32 / 2.0;
    each([batch], PRODUCT + m as f32 * (PRODUCT_ROW + n as f32 * 2.0 + row) + row)
}

/// What an output of a convolution takes beside its multiply-adds, and a pixel of the input.
const PIXEL: f32 = 8.0;

/// A convolution, or a gradient: outputs that are sums of so many products, of so many inputs.
pub fn convolution(outputs: [usize; 4], taps: usize, inputs: [usize; 4]) -> f32 {
    each(outputs, PIXEL + taps as f32 / 2.0) + each(inputs, PIXEL)
}

/// What a gate of a cell takes beside its multiply-adds.
const GATE: f32 = 12.0;

/// The gates of a recurrent layer.
pub fn recurrence([steps, batch, gates, hidden]: [usize; 4]) -> f32 {
    each([steps, batch, gates, hidden], GATE + hidden as f32 / 2.0)
}

/// A row of a matrix that is factorised or solved, beside its multiply-adds, and one of a matrix by iterations.
const ROW: f32 = 512.0;
const ITERATED_ROW: f32 = 2048.0;

/// The work on matrices of n rows that take so many multiply-adds each.
#[inline(never)]
pub fn factors(batch: usize, n: usize, adds: f32) -> f32 {
    each([batch, n], ROW + adds)
}

/// The same, by iterations.
pub fn iterations(batch: usize, n: usize, adds: f32) -> f32 {
    each([batch, n], ITERATED_ROW + adds)
}
