/** A right call of each function that rearranges, compares or multiplies tensors: part of right.ts. */
import { RIGHT_ORDER } from './right-order';
import { RIGHT_SCALAR } from './right-scalar';
import { ones, tensor, type Tensor } from 'phyllo';
import { call, each, finite, on, operand, optional, plain, whole, type Make } from './arguments';

const m = (...shape: number[]): Tensor => ones(shape.length > 0 ? shape : [2, 3]);
const one: Make = () => call(plain(m()));
const two: Make = () => call(plain(m()), plain(m()));
const options = (o: object) => optional(finite(o));

export const RIGHT_FUNCTIONS: Readonly<Record<string, Make>> = {
  ...RIGHT_ORDER,
  ...RIGHT_SCALAR,
  ...each('fliplr flipud trace', one),
  ...each('clone ravel atleast1d atleast2d atleast3d', one),
  ...each('expandAs reshapeAs', two),
  unflatten: () => call(plain(m(4)), whole(0), whole([2, 2])),
  broadcastTo: () => call(plain(m()), whole([2, 3])),
  ...each('broadcastTensors hstack vstack dstack', () => call(plain([m(), m()]))),
  'Tensor#unfold': () => on(m(), whole(0), whole(1), whole(1)),
  ...each('cumprod cummax cummin logcumsumexp', () => call(plain(m()), whole(0))),
  diff: () => call(plain(m()), optional(whole(1)), optional(whole(0)), optional(plain({ prepend: m(), append: m() }))),
  flip: () => call(plain(m()), whole([0])),
  rot90: () => call(plain(m()), optional(whole(1)), optional(whole([0, 1]))),
  roll: () => call(plain(m()), whole(1), optional(whole(0))),
  ...each('repeat tile', () => call(plain(m()), whole([2, 1]))),
  repeatInterleave: () => call(plain(m()), whole(2), optional(whole(0))),
  narrow: () => call(plain(m()), whole(0), whole(0), whole(1)),
  unbind: () => call(plain(m()), optional(whole(0))),
  chunk: () => call(plain(m()), whole(2), optional(whole(0))),
  movedim: () => call(plain(m()), whole(0), whole(1)),
  swapaxes: () => call(plain(m()), whole(0), whole(1)),
  ...each('diagonal diagEmbed', () => call(plain(m()), optional(whole(0)), optional(whole(0)), optional(whole(1)))),
  ...each('diag tril triu', () => call(plain(m()), optional(whole(0)))),

  ...each('isnan isinf isfinite logicalNot frac', one),
  ...each('logicalAnd logicalOr logicalXor equal', two),
  ...each('any all', () => call(plain(m()), optional(whole([0])), optional(plain({ keepdim: true })))),
  ...each('isneginf isposinf signbit deg2rad rad2deg corrcoef', one),
  isin: () => call(plain(m()), plain(m()), optional(plain({ invert: true }))),
  ...each('trapezoid cumulativeTrapezoid', () => call(plain(m()), optional(plain(m())), options({ dx: 1, dim: 0 }))),
  gradient: () => call(plain(m(3, 3)), options({ spacing: 2, dim: [0], edgeOrder: 2 })),
  cov: () => call(plain(m()), options({ correction: 0, fweights: m(3), aweights: m(3) })),
  sliceScatter: () =>
    call(
      plain(m(2, 3)),
      plain(m(1, 3)),
      optional(whole(0)),
      optional(whole(0)),
      optional(whole(1)),
      optional(whole(1)),
    ),
  selectScatter: () => call(plain(m(2, 3)), plain(m(3)), whole(0), whole(1)),
  diagonalScatter: () => call(plain(m(2, 3)), plain(m(2)), optional(whole(0)), optional(whole(0)), optional(whole(1))),
  diagflat: () => call(plain(m()), optional(whole(0))),
  columnStack: () => call(plain([m(), m()])),
  tensorSplit: () => call(plain(m()), plain([1]), optional(whole(0))),
  prod: () => call(plain(m()), optional(whole(0)), optional(plain({ keepdim: true }))),
  ...each('nansum nanmean', () => call(plain(m()), optional(whole([0])), optional(plain({ keepdim: true })))),
  ...each('varMean stdMean', () =>
    call(plain(m()), optional(whole([0])), optional(finite({ keepdim: true, correction: 0 }))),
  ),
  maskedFill: () => call(plain(m()), plain(tensor([true, false, true])), operand(m(1))),
  countNonzero: () => call(plain(m()), optional(whole([0]))),
  ...each('isclose allclose', () => call(plain(m()), plain(m()), options({ rtol: 0, atol: 0.5, equalNan: true }))),
  nanToNum: () => call(plain(m()), optional(plain({ nan: 1, posinf: 2, neginf: 3 }))),
  heaviside: () => call(plain(m()), operand(m())),
  ...each('logaddexp logaddexp2 xlogy fmax fmin', () => call(operand(m()), operand(m()))),
  logit: () => call(plain(m()), optional(finite(0.5))),
  ...each('addcmul addcdiv', () => call(plain(m()), plain(m()), plain(m()), options({ value: 2 }))),
  lerp: () => call(plain(m()), plain(m()), operand(m())),

  ...each('softmax logSoftmax', () => call(plain(m()), optional(whole(0)))),
  dot: () => call(plain(m(3)), plain(m(3))),
  ...each('matmul', () => call(plain(m(2, 3)), plain(m(3, 2)))),
  transpose: () => call(plain(m()), whole(0), whole(1)),
  squeeze: () => call(plain(m(1, 2)), optional(whole([0]))),
  mm: () => call(plain(m(2, 3)), plain(m(3, 2))),
  mv: () => call(plain(m(2, 3)), plain(m(3))),
  bmm: () => call(plain(m(1, 2, 3)), plain(m(1, 3, 2))),
  addbmm: () => call(plain(m(2, 2)), plain(m(1, 2, 3)), plain(m(1, 3, 2)), options({ beta: 1, alpha: 2 })),
  addr: () => call(plain(m(2, 2)), plain(m(2)), plain(m(2)), options({ beta: 1, alpha: 2 })),
  addmm: () => call(plain(m(2, 2)), plain(m(2, 3)), plain(m(3, 2)), options({ beta: 1, alpha: 2 })),
  addmv: () => call(plain(m(2)), plain(m(2, 3)), plain(m(3)), options({ beta: 1, alpha: 2 })),
  baddbmm: () => call(plain(m(1, 2, 2)), plain(m(1, 2, 3)), plain(m(1, 3, 2)), options({ beta: 1, alpha: 2 })),
  outer: () => call(plain(m(2)), plain(m(3))),
  ...each('inner kron', two),
  cross: () => call(plain(m(2, 3)), plain(m(2, 3)), optional(whole(-1))),
  tensordot: () => call(plain(m(2, 3)), plain(m(3, 2)), optional(whole(1))),
  einsum: () => call({ value: 'ij,ij->', also: 'text' }, plain(m()), plain(m())),
};
