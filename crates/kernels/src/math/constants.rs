//! What the functions multiply and compare with.

/// One struct, so that one opaque pointer reaches everything.
pub struct Constants {
    pub half: f32,
    pub one: f32,
    pub infinity: f32,
    pub nan: f32,
    /// The sign bit.
    pub sign: i32,
    /// 1.5 · 2²³: added to |x| < 2²², leaves round(x) in the low bits. The others leave round(x) + 64, − 32 and − 1.
    pub shifter: f32,
    pub shifter_up: f32,
    pub shifter_down: f32,
    pub shifter_halving: f32,

    pub log2_e: f32,
    /// ln 2 = hi + lo; hi has 9 bits, so that n · hi is exact.
    pub ln2_hi: f32,
    pub ln2_lo: f32,
    /// Where e^x has become ∞, and 0.
    pub exp_max: f32,
    pub exp_min: f32,
    /// 2⁻⁶⁴
    pub exp_unscale: f32,
    /// Where e^x − 1 has become −1.
    pub expm1_min: f32,
    /// (eʳ − 1 − r) / r² on |r| ≤ ½ ln 2, to 1.4e-8 of eʳ − 1.
    pub exp: [f32; 5],
    /// 2⁻³², and where 2⁻³² (1 + e⁻ˣ) is about to overflow, and has become 2⁻³².
    pub logistic_scale: f32,
    pub logistic_min: f32,
    pub logistic_max: f32,
    /// x (1 + x/2) is x far below this.
    pub tiny: f32,
    /// Where tanh has become 1.
    pub tanh_max: f32,
    /// N and D in x², N x / D = tanh ½x: after doubling, to 7e-9 on |x| ≤ 9. Scaled so that D, D² and the like lie just
    /// below powers of two where tanh does, which halves the ulp that their roundings cost.
    pub tanh_n: [f32; 3],
    pub tanh_d: [f32; 4],

    pub min_normal: f32,
    /// 2²³
    pub subnormal_scale: f32,
    pub subnormal_exponent: f32,
    /// The bits of √½.
    pub sqrt_half: i32,
    /// (ln(1 + f) − f + f²/2) / f³ on √½ ≤ 1 + f ≤ √2, to 7.7e-10.
    pub log: [f32; 9],

    /// (erf t − t) / t in t², on |t| ≤ 0.9375, to 9e-10.
    pub erf: [f32; 7],
    pub erf_split: f32,
    /// (q⁻¹ e^t² erfc(t) − 1) / w in w = 1 − q, q = 1 / (1 + t/2), on 0 ≤ t ≤ 10.7, to 2.4e-8 of e^t² erfc(t).
    pub erfcx: [f32; 9],
    /// S in w − ⅜, w = a / (a + √8), with e^−a²/2 w S = a Φ(−a), on 0 ≤ a ≤ 17, to 3e-8.
    pub gelu: [f32; 10],
    pub gelu_middle: f32,
    pub sqrt_eight: f32,
    /// Keeps the upper 12 of 24 bits of a significand, so that its square is exact.
    pub upper_half: i32,
    pub sqrt_half_value: f32,
    /// 1 / √(2π)
    pub normal_density: f32,
    /// 2 / √π
    pub erf_slope: f32,
    /// √(8/π), √(8/π) · 0.044715 and 3 times that.
    pub gelu_tanh: [f32; 3],

    /// π/2 and what it leaves of the real one, and as much of π.
    pub half_pi: f32,
    pub half_pi_low: f32,
    pub pi: f32,
    pub pi_low: f32,
    pub quarter_pi: f32,
    /// (sin r − r) / r³ in r², on |r| ≤ π/4, to 4e-9.
    pub sin: [f32; 3],
    /// (cos r − 1 + r²/2) / r⁴ in r², on |r| ≤ π/4, to 1.2e-10.
    pub cos: [f32; 3],
    /// (asin z − z) / z³ in z², on |z| ≤ ½, to 5e-9.
    pub asin: [f32; 6],
    /// (cos πx − sin πx / πx) / x in x², over x, on |x| ≤ ½: (−1)ᵏ π²ᵏ 2k / (2k + 1)! for k = 1, 2, …
    pub sinc_slope: [f32; 7],
    /// tan π/8 and tan 3π/8.
    pub atan_split: [f32; 2],
    /// (atan z − z) / z³ in z², on |z| ≤ tan π/8, to 7e-10.
    pub atan: [f32; 5],
}

pub static TABLE: Constants = Constants {
    half: 0.5,
    one: 1.0,
    infinity: f32::INFINITY,
    nan: f32::NAN,
    sign: i32::MIN,
    shifter: 12_582_912.0,
    shifter_up: 12_582_976.0,
    shifter_down: 12_582_880.0,
    shifter_halving: 12_582_911.0,

    log2_e: core::f32::consts::LOG2_E,
    ln2_hi: 0.693_359_4,
    ln2_lo: -2.121_944_4e-4,
    exp_max: 89.0,
    exp_min: -104.0,
    exp_unscale: 5.421_011e-20,
    expm1_min: -40.0,
    exp: [0.5, 0.16666545, 0.041666403, 0.008366401, 0.0013940645],
    logistic_scale: 2.328_306_4e-10,
    logistic_min: -110.0,
    logistic_max: 65.0,
    tiny: 1e-18,
    tanh_max: 9.0,
    tanh_n: [0.9304615, 0.02769774, 1.0619484e-4],
    tanh_d: [1.860923, 0.21047232, 0.002244136, 2.2826803e-6],

    min_normal: f32::MIN_POSITIVE,
    subnormal_scale: 8_388_608.0,
    subnormal_exponent: 23.0,
    sqrt_half: 0x3f35_04f3,
    log: [
        0.33333313,
        -0.2500001,
        0.20002072,
        -0.16667989,
        0.14220358,
        -0.12406234,
        0.118835494,
        -0.11670101,
        0.0674927,
    ],

    erf: [0.12837917, -0.3761263, 0.11283626, -0.026855737, 0.005192438, -8.0503843e-4, 8.000279e-5],
    erf_split: 0.9375,
    erfcx: [
        -1.2567554,
        0.48636472,
        0.21333565,
        -0.11004099,
        -0.05273992,
        -0.09072896,
        0.120508276,
        -0.016796201,
        -0.0110789025,
    ],
    gelu: [
        0.8565324,
        -1.1770183,
        0.8426432,
        -0.06750937,
        -0.29913753,
        0.03088305,
        0.15677528,
        0.018640012,
        -0.0792866,
        -0.010408571,
    ],
    gelu_middle: 0.375,
    sqrt_eight: 2.828_427,
    upper_half: !0xfff,
    sqrt_half_value: core::f32::consts::FRAC_1_SQRT_2,
    normal_density: 0.398_942_3,
    erf_slope: core::f32::consts::FRAC_2_SQRT_PI,
    gelu_tanh: [1.595_769_2, 0.071_354_814, 0.214_064_44],

    half_pi: core::f32::consts::FRAC_PI_2,
    half_pi_low: -4.371_139e-8,
    pi: core::f32::consts::PI,
    pi_low: -8.742_278e-8,
    quarter_pi: core::f32::consts::FRAC_PI_4,
    sin: [-0.16666655, 0.008332189, -1.9518285e-4],
    cos: [0.041666646, -0.001388731, 2.4432327e-5],
    asin: [0.16666666, 0.07500099, 0.044598106, 0.031115327, 0.017081631, 0.03379974],
    sinc_slope: [-3.289868, 3.2469697, -1.144511, 0.20918278, -0.023460811, 0.0017811456, -9.766223e-05],
    atan_split: [0.414_213_57, 2.414_213_7],
    atan: [-0.33333316, 0.19998528, -0.14244391, 0.105991684, -0.06090053],
};
