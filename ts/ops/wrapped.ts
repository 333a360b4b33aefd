import { runCopy } from '../core/geometry';
import { defineParametricOp, type Op } from '../core/op';
import type { Tensor } from '../core/tensor';
import { add, lt } from './arithmetic';
import { mul } from './basic';
import { checkIndices } from './indices';

type InRange = Op<[index: Tensor], { size: number }>;
/** Indices as they are; those outside [0, size) are IndexErrors of the function `name`. */
const inRange = (name: string): InRange =>
  defineParametricOp({
    name,
    inputs: ['index'],
    wants: { index: 'i32' },
    dtype: 'i32',
    flops: () => 0,
    shape: ([index]) => index.shape,
    run(k, [index], [y], { size }) {
      checkIndices(k, name, index, size);
      runCopy(k.copy, index, y);
    },
  });
type Name = 'at' | 'put' | 'take' | 'maskedScatter';
const CHECKS: Readonly<Record<Name, InRange>> = {
  at: inRange('at'),
  put: inRange('put'),
  take: inRange('take'),
  maskedScatter: inRange('maskedScatter'),
};

/** Indices of a dimension of some size, negative ones being counted from the back: in range, as i32. */
export function wrapped(where: Name, index: Tensor, size: number): Tensor {
  return CHECKS[where](add(index, mul(lt(index, 0), size)), { size });
}
