/** Samples of linear algebra. What may have any sign is squared, or multiplied with itself. */
import * as ops from '../../../ts/linalg/index';
import { add, mul } from '../../../ts/ops/arithmetic';
import { flip } from '../../../ts/ops/arrange';
import { eye, tensor, zeros } from '../../../ts/ops/creation';
import { square } from '../../../ts/ops/elementwise';
import { matmul } from '../../../ts/ops/matmul';
import { concat } from '../../../ts/ops/join';
import { slice, transpose, unsqueeze } from '../../../ts/ops/view';
import type { Tensor } from '../../../ts/core/tensor';
import { between, discrete, int, real, sample, type SamplesOf } from './sample';

/** vectorNorm is one of the core's too, and sampled there. */
type LinalgName = Exclude<keyof typeof ops, 'LinAlgError' | 'vectorNorm'>;

const mT = (x: Tensor): Tensor => transpose(x, -2, -1);
/** Whose other diagonal dominates: regular, and rows must be exchanged. */
const regular = (x: Tensor): Tensor => add(x, mul(flip(eye(x.shape.at(-1)!), [0]), 3));
const symmetric = (x: Tensor): Tensor => add(x, mT(x));
const definite = (x: Tensor): Tensor => add(matmul(x, mT(x)), eye(x.shape.at(-1)!));
const small = between(-1, 1);
/** Positive definite, of integers. */
const whole = (): Tensor => int([4, 1, 2, 1, 5, 3, 2, 3, 6], [3, 3]);
/** Singular values that are apart from each other. */
const apart = (x: Tensor): Tensor => {
  const [m, n] = [x.shape.at(-2)!, x.shape.at(-1)!];
  const k = Math.min(m, n);
  const scales = tensor(Array.from({ length: k }, (_, i) => 3 + 2 * i));
  const block = mul(eye(k), scales);
  const padded = m > n ? concat([block, zeros([m - n, n])], 0) : concat([block, zeros([m, n - m])], 1);
  return add(mul(x, 0.5), padded);
};
const levels = (x: Tensor): Tensor =>
  add(mul(symmetric(x), 0.25), mul(eye(x.shape.at(-1)!), tensor([1, 3, 5, 7, 9].slice(0, x.shape.at(-1)))));

export const linalgSamples: SamplesOf<Record<LinalgName, unknown>> = {
  inv: [
    sample([small(3, 3)], a => ops.inv(regular(a)), 'f32[3,3]'),
    sample([small(2, 2, 2)], a => ops.inv(mT(regular(a))), 'f32[2,2,2]'),
    sample([small(1, 1)], a => ops.inv(regular(a)), 'f32[1,1]'),
    sample([small(2, 0, 0)], a => ops.inv(a), 'f32[2,0,0]'),
    sample([small(0, 2, 2)], a => ops.inv(a), 'f32[0,2,2]'),
    sample([], () => ops.inv(whole()), 'f32[3,3]'),
  ],
  solve: [
    sample([small(3, 3), real(3, 2)], (a, b) => ops.solve(regular(a), b), 'f32[3,2]'),
    sample([small(3, 3), real(3)], (a, b) => ops.solve(regular(a), b), 'f32[3]'),
    sample([small(2, 3, 3), real(2, 3)], (a, b) => ops.solve(regular(a), b), 'f32[2,3]'),
    sample([small(2, 1, 2, 2), real(3, 2, 2)], (a, b) => ops.solve(regular(a), b), 'f32[2,3,2,2]'),
    sample([small(3, 3), real(2, 2, 3)], (a, b) => ops.solve(regular(a), b, { left: false }), 'f32[2,2,3]'),
    sample([small(18, 18), real(18, 33)], (a, b) => ops.solve(regular(mul(a, 0.1)), b), 'f32[18,33]'),
    sample([small(0, 0), real(0, 2)], (a, b) => ops.solve(a, b), 'f32[0,2]'),
    sample([small(2, 2), real(2, 0)], (a, b) => ops.solve(regular(a), b), 'f32[2,0]'),
    sample([], () => ops.solve(whole(), int([1, 2, 3])), 'f32[3]'),
  ],
  lu: [
    sample([small(3, 3)], a => factored(regular(a)), 'f32[3,3] f32[3,3] f32[3,3]'),
    sample([small(2, 2, 2)], a => factored(regular(a)), 'f32[2,2,2] f32[2,2,2] f32[2,2,2]'),
    sample([small(3, 3), small(3, 2)], (a, b) => factored(concat([regular(a), b], 1)), 'f32[3,3] f32[3,5] f32[3,3]'),
    sample([small(3, 3), small(2, 3)], (a, b) => factored(concat([regular(a), b], 0)), 'f32[5,3] f32[3,3] f32[5,5]'),
    sample([small(0, 3)], a => factored(a), 'f32[0,0] f32[0,3] f32[0,0]'),
    sample([small(3, 0)], a => factored(a), 'f32[3,0] f32[0,0] f32[3,3]'),
  ],
  luFactor: [
    sample([small(3, 3)], a => ops.luFactor(regular(a)), 'f32[3,3] i32[3]'),
    sample([small(2, 2, 2)], a => ops.luFactor(regular(a)), 'f32[2,2,2] i32[2,2]'),
    sample([small(0, 0)], a => ops.luFactor(a), 'f32[0,0] i32[0]'),
  ],
  luSolve: [
    sample([small(3, 3), real(3, 2)], (a, b) => ops.luSolve(factors(a), int([3, 2, 3]), b), 'f32[3,2]'),
    sample(
      [small(3, 3), real(3, 2)],
      (a, b) => ops.luSolve(factors(a), int([3, 2, 3]), b, { adjoint: true }),
      'f32[3,2]',
    ),
    sample(
      [small(2, 2), real(3, 2, 2)],
      (a, b) => ops.luSolve(factors(a), int([2, 2]), b, { left: false }),
      'f32[3,2,2]',
    ),
    sample(
      [small(2, 2), real(1, 2)],
      (a, b) => ops.luSolve(factors(a), int([2, 2]), b, { left: false, adjoint: true }),
      'f32[1,2]',
    ),
  ],
  det: [
    sample([small(3, 3)], a => ops.det(regular(a)), 'f32[]'),
    sample([small(2, 4, 4)], a => ops.det(regular(a)), 'f32[2]'),
    sample([small(1, 1)], a => ops.det(a), 'f32[]'),
    sample([small(0, 0)], a => ops.det(a), 'f32[]'),
    sample([], () => ops.det(whole()), 'f32[]'),
  ],
  slogdet: [
    sample([small(3, 3)], a => ops.slogdet(regular(a)), 'f32[] f32[]'),
    sample([small(2, 4, 4)], a => ops.slogdet(regular(a)), 'f32[2] f32[2]'),
    sample([small(2, 0, 0)], a => ops.slogdet(a), 'f32[2] f32[2]'),
    sample([], () => ops.slogdet(zeros([2, 2])), 'f32[] f32[]'),
  ],
  solveTriangular: [
    sample([small(0, 0), real(0, 2)], (a, b) => ops.solveTriangular(a, b, { upper: true }), 'f32[0,2]'),
    ...[true, false].flatMap(upper =>
      [true, false].flatMap(left => [
        sample(
          [small(3, 3), real(3, 3)],
          (a, b) => ops.solveTriangular(add(a, mul(eye(3), 3)), b, { upper, left }),
          'f32[3,3]',
        ),
        sample(
          [small(2, 2), real(3, 2, 2)],
          (a, b) => ops.solveTriangular(a, b, { upper, left, unitriangular: true }),
          'f32[3,2,2]',
        ),
      ]),
    ),
  ],
  cholesky: [
    sample([real(3, 3)], a => ops.cholesky(definite(a)), 'f32[3,3]'),
    sample([real(2, 4, 4)], a => ops.cholesky(definite(a), { upper: true }), 'f32[2,4,4]'),
    sample([real(1, 1)], a => ops.cholesky(definite(a)), 'f32[1,1]'),
    sample([real(0, 0)], a => ops.cholesky(a), 'f32[0,0]'),
    sample([], () => ops.cholesky(whole()), 'f32[3,3]'),
  ],
  choleskySolve: [
    sample([small(3, 3), real(3, 2)], (l, b) => ops.choleskySolve(b, add(l, mul(eye(3), 3))), 'f32[3,2]'),
    sample(
      [small(2, 2), real(3, 2, 1)],
      (l, b) => ops.choleskySolve(b, add(l, mul(eye(2), 3)), { upper: true }),
      'f32[3,2,1]',
    ),
  ],
  qr: [
    sample([small(3, 3)], a => ops.qr(regular(a)), 'f32[3,3] f32[3,3]'),
    sample([small(2, 3, 3), small(2, 2, 3)], (a, b) => ops.qr(concat([regular(a), b], 1)), 'f32[2,5,3] f32[2,3,3]'),
    sample([small(3, 3), small(3, 2)], (a, b) => ops.qr(concat([regular(a), b], 1)), 'f32[3,3] f32[3,5]'),
    sample(
      [small(3, 3), small(3, 2)],
      (a, b) => ops.qr(concat([regular(a), b], 1), { mode: 'complete' }),
      'f32[3,3] f32[3,5]',
    ),
    sample([small(3, 3)], a => ops.qr(regular(a))[1], 'f32[3,3]'),
    sample([], () => ops.qr(tensor([[3], [4]]), { mode: 'complete' }), 'f32[2,2] f32[2,1]'),
    sample([small(3, 0)], a => ops.qr(a), 'f32[3,0] f32[0,0]'),
    sample([small(0, 3)], a => ops.qr(a), 'f32[0,0] f32[0,3]'),
  ],
  eigh: [
    sample([small(3, 3)], a => squares(ops.eigh(levels(a))), 'f32[3] f32[3,3]'),
    sample([small(2, 4, 4)], a => squares(ops.eigh(levels(a), { UPLO: 'U' })), 'f32[2,4] f32[2,4,4]'),
    sample(
      [small(3, 3)],
      a => {
        const [w, v] = ops.eigh(levels(a));
        return matmul(mul(v, square(w)), mT(v));
      },
      'f32[3,3]',
    ),
    sample([small(3, 3)], a => square(ops.eigh(levels(a))[1]), 'f32[3,3]'),
    sample([small(0, 0)], a => ops.eigh(a), 'f32[0] f32[0,0]'),
    sample([small(1, 1)], a => ops.eigh(a)[0], 'f32[1]'),
    sample([], () => ops.eigh(eye(3)), 'f32[3] f32[3,3]'),
  ],
  eigvalsh: [
    sample([small(4, 4)], a => ops.eigvalsh(levels(a)), 'f32[4]'),
    sample([small(2, 3, 3)], a => ops.eigvalsh(levels(a)), 'f32[2,3]'),
    sample([], () => ops.eigvalsh(whole()), 'f32[3]'),
  ],
  svd: [
    sample([small(3, 3)], a => singular(ops.svd(apart(a))), 'f32[3] f32[3,3] f32[3,3]'),
    sample([small(4, 2)], a => singular(ops.svd(apart(a), { fullMatrices: false })), 'f32[2] f32[4,2] f32[2,2]'),
    sample([small(2, 4)], a => singular(ops.svd(apart(a), { fullMatrices: false })), 'f32[2] f32[2,2] f32[2,4]'),
    sample(
      [small(2, 3, 5)],
      a => {
        const [u, s, vh] = ops.svd(apart(a));
        return matmul(mul(u, unsqueeze(square(s), -2)), slice(vh, -2, 0, 3));
      },
      'f32[2,3,5]',
    ),
    sample(
      [small(5, 3)],
      a => {
        const [u, , vh] = ops.svd(apart(a));
        return matmul(slice(u, -1, 0, 3), vh);
      },
      'f32[5,3]',
    ),
    sample([small(0, 2)], a => ops.svd(a), 'f32[0,0] f32[0] f32[2,2]'),
    sample([small(2, 0)], a => ops.svd(a, { fullMatrices: false }), 'f32[2,0] f32[0] f32[0,0]'),
    sample([], () => square(ops.svd(zeros([2, 3]))[1]), 'f32[2]'),
  ],
  svdvals: [
    sample([small(4, 3)], a => ops.svdvals(apart(a)), 'f32[3]'),
    sample([small(2, 2, 3)], a => ops.svdvals(apart(a)), 'f32[2,2]'),
  ],
  matrixRank: [
    discrete([small(4, 3)], a => ops.matrixRank(apart(a)), 'i32[]'),
    discrete([small(2, 4, 1)], a => ops.matrixRank(matmul(a, mT(a)), { hermitian: true }), 'i32[2]'),
    sample(
      [],
      () =>
        ops.matrixRank(
          tensor([
            [1, 0],
            [0, 1e-3],
          ]),
          { atol: 1e-2 },
        ),
      'i32[]',
    ),
    sample([], () => ops.matrixRank(zeros([3, 0, 2])), 'i32[3]'),
    sample([], () => ops.matrixRank(whole()), 'i32[]'),
  ],
  pinv: [
    sample([small(4, 2)], a => ops.pinv(apart(a)), 'f32[2,4]'),
    sample([small(2, 2, 4)], a => ops.pinv(apart(a)), 'f32[2,4,2]'),
    sample([small(3, 3)], a => ops.pinv(regular(a)), 'f32[3,3]'),
    sample([small(2, 2), small(2, 2)], (a, b) => ops.pinv(deficient(a, b), { rtol: 0.001 }), 'f32[4,3]'),
    sample([small(2, 2), small(2, 2)], (a, b) => ops.pinv(mT(deficient(a, b)), { rtol: 0.001 }), 'f32[3,4]'),
    sample([small(3, 3)], a => ops.pinv(levels(a), { hermitian: true }), 'f32[3,3]'),
    sample([small(0, 3)], a => ops.pinv(a), 'f32[3,0]'),
  ],
  lstsq: [
    sample([small(5, 3), real(5, 2)], (a, b) => ops.lstsq(apart(a), b).slice(0, 2), 'f32[3,2] f32[2]'),
    sample([small(4, 2), real(4)], (a, b) => ops.lstsq(apart(a), b), 'f32[2] f32[] i32[] f32[2]'),
    sample([small(2, 2, 4), real(2, 3)], (a, b) => ops.lstsq(apart(a), b).slice(0, 1), 'f32[2,4,3]'),
    sample([small(3, 3), real(2, 3, 1)], (a, b) => ops.lstsq(regular(a), b), 'f32[2,3,1] f32[0] i32[] f32[3]'),
    sample([], () => ops.lstsq(zeros([0, 2]), zeros([0, 1])), 'f32[2,1] f32[0] i32[] f32[0]'),
  ],
  matrixNorm: [
    sample([], () => ops.matrixNorm(whole(), Infinity), 'f32[]'),
    ...(['fro', 'nuc', 1, -1, 2, -2, Infinity, -Infinity] as const).map(ord =>
      sample([small(3, 2)], a => ops.matrixNorm(apart(a), ord), 'f32[]'),
    ),
    sample([small(3, 2, 2)], a => ops.matrixNorm(a, 'fro', [0, 2], { keepdim: true }), 'f32[1,2,1]'),
    sample([small(2, 3, 4)], a => ops.matrixNorm(a, 1, [2, 0]), 'f32[3]'),
  ],
  cond: [
    sample([small(3, 3)], a => ops.cond(apart(a)), 'f32[]'),
    sample([small(4, 3)], a => ops.cond(apart(a), -2), 'f32[]'),
    sample([small(2, 3, 3)], a => ops.cond(regular(a), 'fro'), 'f32[2]'),
    sample(
      [],
      () =>
        ops.cond(
          tensor([
            [
              [1, 2],
              [2, 4],
            ],
            [
              [1, 0],
              [0, 2],
            ],
          ]),
          1,
        ),
      'f32[2]',
    ),
  ],
  matrixExp: [
    sample([small(3, 3)], a => ops.matrixExp(a), 'f32[3,3]'),
    sample([small(2, 2, 2)], a => ops.matrixExp(a), 'f32[2,2,2]'),
    sample([small(1, 1)], a => ops.matrixExp(mul(a, 3)), 'f32[1,1]'),
    sample([small(0, 0)], a => ops.matrixExp(a), 'f32[0,0]'),
    sample([], () => ops.matrixExp(whole()), 'f32[3,3]'),
  ],
  matrixPower: [
    sample([small(3, 3)], a => ops.matrixPower(a, 5), 'f32[3,3]'),
    sample([small(2, 2, 2)], a => ops.matrixPower(regular(a), -2), 'f32[2,2,2]'),
    sample([small(2, 2)], a => ops.matrixPower(a, 1), 'f32[2,2]'),
    discrete([small(3, 2, 2)], a => ops.matrixPower(a, 0), 'f32[3,2,2]'),
    sample([], () => ops.matrixPower(whole(), 3), 'f32[3,3]'),
  ],
  multiDot: [
    sample([real(2, 3), real(3, 4), real(4, 2), real(2, 5)], (...xs) => ops.multiDot(xs), 'f32[2,5]'),
    sample([real(3), real(3, 4), real(4)], (...xs) => ops.multiDot(xs), 'f32[]'),
    sample([real(2, 3), real(3)], (...xs) => ops.multiDot(xs), 'f32[2]'),
  ],
};

/** As LU holds those of a regular matrix; regular itself. */
function factors(a: Tensor): Tensor {
  return add(a, mul(eye(a.shape.at(-1)!), 3));
}
/** What has no gradient comes last. */
function factored(a: Tensor): Tensor[] {
  const [p, l, u] = ops.lu(a);
  return [l, u, p];
}
function squares([w, v]: readonly [Tensor, Tensor]): Tensor[] {
  return [w, square(v)];
}
function singular([u, s, vh]: readonly [Tensor, Tensor, Tensor]): Tensor[] {
  return [s, square(u), square(vh)];
}
/** [3, 4] of rank 2. */
function deficient(a: Tensor, b: Tensor): Tensor {
  const [p, q] = [factors(a), factors(b)];
  return matmul(concat([p, slice(p, 0, 0, 1)], 0), concat([q, q], 1));
}
