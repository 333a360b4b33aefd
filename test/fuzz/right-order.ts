/** A right call of each function of ranks, bins, norms, creation and randomness: part of right.ts. */
import { ones, tensor, type Tensor } from 'phyllo';
import { call, each, finite, operand, optional, plain, whole, type Make } from './arguments';

const m = (...shape: number[]): Tensor => ones(shape.length > 0 ? shape : [2, 3]);
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
  bincount: () => call(plain(index(0, 2)), optional(whole({ weights: m(2), minlength: 3 }))),
};
