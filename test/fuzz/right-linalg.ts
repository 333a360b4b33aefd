/** A right call of each function of linear algebra: part of right.ts. */
import { eye, ones, tensor, type Tensor } from 'phyllo';
import { call, each, finite, optional, plain, whole, type Make } from './arguments';

const m = (...shape: number[]): Tensor => ones(shape);
const options = (o: object) => optional(finite(o));

const CALLS: Readonly<Record<string, Make>> = {
  ...each('inv lu luFactor det slogdet matrixExp svdvals', () => call(plain(eye(2)))),
  solve: () => call(plain(eye(2)), plain(m(2, 3)), options({ left: true })),
  luSolve: () =>
    call(plain(eye(2)), plain(tensor(Int32Array.of(1, 2))), plain(m(2, 3)), options({ left: true, adjoint: true })),
  solveTriangular: () => call(plain(eye(2)), plain(m(2, 3)), plain({ upper: true, left: true, unitriangular: false })),
  cholesky: () => call(plain(eye(2)), options({ upper: true })),
  choleskySolve: () => call(plain(m(2, 3)), plain(eye(2)), options({ upper: true })),
  qr: () => call(plain(m(2, 3)), optional(plain({ mode: 'complete' }))),
  ...each('eigh eigvalsh', () => call(plain(eye(2)), optional(plain({ UPLO: 'U' })))),
  svd: () => call(plain(m(2, 3)), options({ fullMatrices: false })),
  ...each('matrixRank pinv', () => call(plain(eye(2)), options({ atol: 0.5, rtol: 0.5, hermitian: true }))),
  lstsq: () => call(plain(m(3, 2)), plain(m(3, 1)), options({ rcond: 0.5 })),
  matrixNorm: () => call(plain(m(2, 3)), optional(plain('fro')), optional(whole([0, 1])), options({ keepdim: true })),
  vectorNorm: () => call(plain(m(2, 3)), optional(plain(1)), optional(whole([0, 1])), options({ keepdim: true })),
  cond: () => call(plain(eye(2)), optional(plain('nuc'))),
  matrixPower: () => call(plain(eye(2)), whole(2)),
  multiDot: () => call(plain([m(2, 3), m(3, 2)])),
};
export const RIGHT_LINALG: Readonly<Record<string, Make>> = Object.fromEntries(
  Object.entries(CALLS).map(([name, make]) => [`linalg.${name}`, make]),
);
