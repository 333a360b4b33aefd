/** Samples of questions about elements, and of functions that are made of others. */
import { tensor } from '../../../ts/ops/creation';
import * as ops from '../../../ts/ops/logic';
import * as special from '../../../ts/ops/special';
import * as statistics from '../../../ts/ops/statistics';
import {
  answer,
  between,
  bool,
  discrete,
  distinct,
  fractional,
  int,
  nonzero,
  positive,
  real,
  sample,
  tied,
  type SamplesOf,
} from './sample';

const odd = () => tensor([0, -0, 1, NaN, Infinity, -Infinity]);

export const logicSamples: SamplesOf<typeof ops> = {
  isnan: [discrete([real(3)], x => ops.isnan(x), 'bool[3]'), sample([], () => ops.isnan(odd()), 'bool[6]')],
  isinf: [sample([], () => ops.isinf(odd()), 'bool[6]'), sample([], () => ops.isinf(int([1, 0])), 'bool[2]')],
  isneginf: [sample([], () => ops.isneginf(odd()), 'bool[6]')],
  isposinf: [sample([], () => ops.isposinf(odd()), 'bool[6]')],
  signbit: [sample([], () => ops.signbit(odd()), 'bool[6]'), sample([], () => ops.signbit(int([-1, 0, 1])), 'bool[3]')],
  isin: [
    sample([], () => ops.isin(int([1, 2, 3, 2], [2, 2]), int([2, 5])), 'bool[2,2]'),
    discrete([tied(4)], x => ops.isin(x, int([1]), { invert: true }), 'bool[4]'),
    sample([], () => ops.isin(int([1, 2]), int([])), 'bool[2]'),
  ],
  isfinite: [sample([], () => ops.isfinite(odd()), 'bool[6]')],
  logicalNot: [
    discrete([tied(4)], x => ops.logicalNot(x), 'bool[4]'),
    sample([], () => ops.logicalNot(odd()), 'bool[6]'),
  ],
  logicalAnd: [
    discrete([tied(3, 1), tied(4)], (a, b) => ops.logicalAnd(a, b), 'bool[3,4]'),
    sample([], () => ops.logicalAnd(bool([1, 1, 0, 0]), int([2, 0, -3, 0])), 'bool[4]'),
  ],
  logicalOr: [discrete([tied(3, 1), tied(4)], (a, b) => ops.logicalOr(a, b), 'bool[3,4]')],
  logicalXor: [discrete([tied(3, 1), tied(4)], (a, b) => ops.logicalXor(a, b), 'bool[3,4]')],
  any: [
    discrete([tied(2, 3)], x => ops.any(x), 'bool[]'),
    discrete([tied(2, 3)], x => ops.any(x, 1, { keepdim: true }), 'bool[2,1]'),
    discrete([real(0, 3)], x => ops.any(x, 0), 'bool[3]'),
    sample([], () => ops.any(odd()), 'bool[]'),
  ],
  all: [
    discrete([tied(2, 3)], x => ops.all(x), 'bool[]'),
    discrete([tied(2, 3)], x => ops.all(x, [0]), 'bool[3]'),
    discrete([real(0, 3)], x => ops.all(x, 0), 'bool[3]'),
    sample([], () => ops.all(tensor([1, NaN])), 'bool[]'),
  ],
  countNonzero: [
    discrete([tied(2, 3)], x => ops.countNonzero(x), 'i32[]'),
    discrete([tied(2, 3)], x => ops.countNonzero(x, 0), 'i32[3]'),
  ],
  isclose: [
    sample([], () => ops.isclose(odd(), odd()), 'bool[6]'),
    sample([], () => ops.isclose(odd(), odd(), { equalNan: true }), 'bool[6]'),
    sample(
      [],
      () => ops.isclose(tensor([1, 1, 1]), tensor([1.00001, 1.0001, 1.1]), { rtol: 0, atol: 1e-3 }),
      'bool[3]',
    ),
    sample([], () => ops.isclose(int([1, 2]), tensor([1, 2.5])), 'bool[2]'),
  ],
  allclose: [answer(() => ops.allclose(odd(), odd(), { equalNan: true })), answer(() => ops.allclose(odd(), odd()))],
  equal: [
    answer(() => ops.equal(int([1, 2]), tensor([1, 2]))),
    sample([], () => tensor(ops.equal(tensor([1, 2]), tensor([[1, 2]]))), 'bool[]'), // it need not look
    answer(() => ops.equal(odd(), odd())),
  ],
};

export const specialSamples: SamplesOf<typeof special> = {
  frac: [sample([fractional(6)], x => special.frac(x), 'f32[6]')],
  deg2rad: [sample([real(3)], x => special.deg2rad(x), 'f32[3]')],
  rad2deg: [sample([real(3)], x => special.rad2deg(x), 'f32[3]')],
  fmax: [
    sample([real(2, 3), real(3)], (a, b) => special.fmax(a, b), 'f32[2,3]'),
    sample([real(3)], a => special.fmax(a, NaN), 'f32[3]'),
    sample([], () => special.fmax(odd(), 1), 'f32[6]'),
  ],
  fmin: [
    sample([real(2, 3), real(3)], (a, b) => special.fmin(a, b), 'f32[2,3]'),
    sample([], () => special.fmin(2, odd()), 'f32[6]'),
  ],
  logaddexp2: [sample([real(2, 3), real(3)], (a, b) => special.logaddexp2(a, b), 'f32[2,3]')],
  nanToNum: [
    sample([real(4)], x => special.nanToNum(x), 'f32[4]'),
    sample([], () => special.nanToNum(odd()), 'f32[6]'),
    sample([], () => special.nanToNum(odd(), { nan: 7, posinf: 8, neginf: -9 }), 'f32[6]'),
  ],
  heaviside: [
    sample([nonzero(4), real(4)], (x, v) => special.heaviside(x, v), 'f32[4]'),
    sample([], () => special.heaviside(odd(), 0.5), 'f32[6]'),
  ],
  logaddexp: [
    sample([real(2, 3), real(3)], (a, b) => special.logaddexp(a, b), 'f32[2,3]'),
    sample(
      [],
      () =>
        special.logaddexp(
          tensor([1000, -1000, Infinity, -Infinity, -Infinity]),
          tensor([1000, 0, Infinity, -Infinity, 1]),
        ),
      'f32[5]',
    ),
  ],
  logit: [
    sample([between(0.1, 0.9)(4)], x => special.logit(x), 'f32[4]'),
    sample([between(0.3, 0.7)(4)], x => special.logit(x, 0.2), 'f32[4]'),
    sample([], () => special.logit(tensor([0, 1, 0.5]), 1e-3), 'f32[3]'),
  ],
  xlogy: [
    sample([real(2, 3), positive(3)], (a, b) => special.xlogy(a, b), 'f32[2,3]'),
    sample([], () => special.xlogy(tensor([0, 0, 0, 2]), tensor([0, NaN, -1, 0])), 'f32[4]'),
  ],
  addcmul: [
    sample([real(2, 3), real(3), real(2, 1)], (x, a, b) => special.addcmul(x, a, b, { value: 0.5 }), 'f32[2,3]'),
  ],
  addcdiv: [sample([real(3), real(3), nonzero(3)], (x, a, b) => special.addcdiv(x, a, b), 'f32[3]')],
  lerp: [
    sample([real(3), real(3)], (a, b) => special.lerp(a, b, 0.25), 'f32[3]'),
    sample([real(3), real(3)], (a, b) => special.lerp(a, b, 0.75), 'f32[3]'),
    sample([real(3), real(3), between(0.6, 1)(3)], (a, b, w) => special.lerp(a, b, w), 'f32[3]'),
  ],
};

export const statisticsSamples: SamplesOf<typeof statistics> = {
  prod: [
    sample([real(2, 5)], x => statistics.prod(x), 'f32[]'),
    sample([real(2, 5)], x => statistics.prod(x, 1, { keepdim: true }), 'f32[2,1]'),
    sample([real(4, 3)], x => statistics.prod(x, 0), 'f32[3]'),
    sample([real(1, 3)], x => statistics.prod(x, 0, { keepdim: true }), 'f32[1,3]'),
    sample([real(0, 3)], x => statistics.prod(x, 0), 'f32[3]'),
    sample([], () => statistics.prod(int([2, 3, 7])), 'i32[]'),
    sample([], () => statistics.prod(bool([1, 0])), 'i32[]'),
  ],
  nansum: [
    sample([real(2, 3)], x => statistics.nansum(x, 1), 'f32[2]'),
    sample([], () => statistics.nansum(tensor([1, NaN, 2])), 'f32[]'),
  ],
  nanmean: [
    sample([real(2, 3)], x => statistics.nanmean(x, 1, { keepdim: true }), 'f32[2,1]'),
    sample([], () => statistics.nanmean(tensor([1, NaN, 2])), 'f32[]'),
    sample([], () => statistics.nanmean(tensor([NaN])), 'f32[]'),
  ],
  varMean: [sample([real(2, 3)], x => statistics.varMean(x, 1), 'f32[2] f32[2]')],
  stdMean: [sample([distinct(2, 3)], x => statistics.stdMean(x, [0, 1], { correction: 0 }), 'f32[] f32[]')],
};
