/** A right call of each function of ranks, bins, norms, creation and randomness: part of right.ts. */
import { Generator, ones, tensor, type Tensor } from 'phyllo';
import { call, each, finite, operand, optional, plain, whole, type Make } from './arguments';

const m = (...shape: number[]): Tensor => ones(shape.length > 0 ? shape : [2, 3]);
const generator = (): object => ({ generator: new Generator(1) });
const index = (...numbers: number[]): Tensor => tensor(Int32Array.from(numbers));

export const RIGHT_ORDER: Readonly<Record<string, Make>> = {
  ...each('median nanmedian mode', () => call(plain(m()), optional(whole(0)), optional(plain({ keepdim: true })))),
  kthvalue: () => call(plain(m()), whole(1), optional(whole(0)), optional(plain({ keepdim: true }))),
  ...each('quantile nanquantile', () =>
    call(
      plain(m()),
      { ...finite(0.5), also: 'numbers' },
      optional(whole(0)),
      optional(plain({ keepdim: true, interpolation: 'nearest' })),
    ),
  ),
  ...each('unique uniqueConsecutive', () =>
    call(plain(m()), optional(whole({ returnInverse: true, returnCounts: true, dim: 0 }))),
  ),
  searchsorted: () => call(plain(tensor([1, 2])), operand(m()), optional(plain({ right: true }))),
  bucketize: () => call(operand(m()), plain(tensor([1, 2])), optional(plain({ right: true }))),
  histc: () => call(plain(m()), optional(whole(3)), optional(finite(0)), optional(finite(2))),
  histogram: () =>
    call(plain(m()), { ...whole(3), also: 'numbers' }, optional(finite({ range: [0, 1], weight: m(), density: true }))),
  norm: () => call(plain(m()), optional(plain(1)), optional(whole([0, 1])), optional(plain({ keepdim: true }))),
  vectorNorm: () => call(plain(m()), optional(plain(1)), optional(whole([0, 1])), optional(plain({ keepdim: true }))),
  ...each('dist cdist', () => call(plain(m()), plain(m()), optional(plain(1)))),
  pdist: () => call(plain(m()), optional(plain(1))),
  normalize: () => call(plain(m()), optional(plain({ p: 1, dim: 0, eps: 0.1 }))),
  cosineSimilarity: () => call(plain(m()), plain(m()), optional(finite({ dim: 0, eps: 0.1 }))),
  pairwiseDistance: () => call(plain(m()), plain(m()), optional(plain({ p: 1, eps: 0.1, keepdim: true }))),
  renorm: () => call(plain(m()), plain(2), whole(0), finite(1)),
  meshgrid: () => call(plain([m(2), m(3)]), optional(plain({ indexing: 'xy' }))),
  ...each('cartesianProd blockDiag', () => call(plain([m(2), m(3)]))),
  ...each('trilIndices triuIndices', () => call(whole(2), whole(3), optional(whole(0)))),
  combinations: () => call(plain(m(3)), optional(whole(2)), optional(plain({ withReplacement: true }))),
  vander: () => call(plain(m(3)), optional(whole(2)), optional(plain({ increasing: true }))),
  logspace: () => call(finite(0), finite(1), whole(3), optional(finite({ base: 2, requiresGrad: true }))),
  fullLike: () => call(plain(m()), plain(2), optional(plain({ dtype: 'i32' }))),
  ...each('randLike randnLike', () => call(plain(m()), optional(plain({ ...generator(), requiresGrad: true })))),
  ...each('bernoulli dirichlet poisson', () => call(plain(m()), optional(plain(generator())))),
  exponential: () => call(whole([2]), { ...operand(m(2)), optional: true }, optional(plain(generator()))),
  gamma: () => call(whole([2]), operand(m(2)), { ...operand(m(2)), optional: true }, optional(plain(generator()))),
  beta: () => call(whole([2]), operand(m(2)), operand(m(2)), optional(plain(generator()))),
  multinomial: () => call(plain(m()), whole(2), optional(plain({ replacement: true, ...generator() }))),
  normal: () => call(operand(m()), operand(m()), optional(whole([2, 3])), optional(plain(generator()))),
  bincount: () => call(plain(index(0, 2)), optional(whole({ weights: m(2), minlength: 3 }))),
};
