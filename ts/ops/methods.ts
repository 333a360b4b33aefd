/**
 * The ops that are methods of tensors, as in PyTorch: arithmetic, functions of one element, reductions, order, views and
 * indices. Layers, losses and what else nn is made of are functions alone: a bundle has methods whole, and of functions
 * those that are called.
 */
export * from './arithmetic';
export {
  abs,
  acos,
  acosh,
  asin,
  asinh,
  atan,
  atanh,
  ceil,
  clamp,
  cos,
  cosh,
  digamma,
  erf,
  erfc,
  erfinv,
  exp,
  exp2,
  expm1,
  floor,
  i0,
  lgamma,
  log,
  log10,
  log1p,
  log2,
  neg,
  reciprocal,
  relu,
  round,
  rsqrt,
  sigmoid,
  sign,
  sin,
  sinc,
  sinh,
  sqrt,
  square,
  tan,
  tanh,
  to,
  trunc,
} from './elementwise';
export { maskedFill } from './where';
export { where } from './where-method';
export { pow } from './power';
export { dot, matmul } from './matmul';
export * from './reduce';
export * from './order';
export * from './cumulative';
export {
  broadcastTo,
  clone,
  expandAs,
  ravel,
  reshapeAs,
  unflatten,
} from './shapes';
export { unfold } from './unfold';
export * from './quantiles';
export * from './unique';
export { cdist, dist, norm, renorm } from './distance';
export { bincount, bucketize, histc, histogram } from './bins';
export * from './softmax';
export {
  contiguous,
  expand,
  flatten,
  permute,
  reshape,
  select,
  slice,
  split,
  squeeze,
  t,
  transpose,
  unsqueeze,
} from './view';
export {
  chunk,
  flip,
  fliplr,
  flipud,
  movedim,
  narrow,
  repeat,
  repeatInterleave,
  roll,
  rot90,
  swapaxes,
  tile,
  unbind,
} from './arrange';
export * from './diagonal';
export * from './logic';
export * from './blas';
export { cross, inner, kron, outer } from './contraction';
export * from './special';
export { nanmean, nansum, prod } from './statistics';
export { corrcoef, cov } from './calculus';
export { diagflat, diagonalScatter, selectScatter, sliceScatter, tensorSplit } from './scatters';
export { argwhere, gather, indexSelect, maskedSelect, nonzero, take, takeAlongDim } from './picking';
export * from './scatter';
export * from './at';
export { add_, clamp_, copy_, div_, fill_, mul_, sub_, zero_ } from './inplace';
