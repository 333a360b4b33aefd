import { isFloat } from '../core/dtype';
import { DTypeError, ShapeError, ValueError } from '../core/errors';
import { options, wholeNumber } from '../core/kinds';
import { aTensor } from '../core/tensor-kinds';
import { composite } from '../core/signature';
import { show } from '../core/shape';
import type { Tensor } from '../core/tensor';
import { eq } from './arithmetic';
import { indexSelect } from './picking';
import { expand, flatten, reshape, unsqueeze } from './view';
import { where } from './where';

export interface EmbeddingOptions {
  /** A row that gets no gradient; below 0 it counts from the end. */
  readonly paddingIdx?: number;
}

/** Rows of a table, weight [n, width], by integers in [0, n) of shape […]: […, width]. Elsewhere an IndexError. */
export const embedding: (index: Tensor, weight: Tensor, options?: EmbeddingOptions) => Tensor = composite(
  'embedding',
  [
    ['index', aTensor],
    ['weight', aTensor],
    ['options', options<EmbeddingOptions>({ paddingIdx: wholeNumber(-Infinity) })],
  ],
  (index, weight, { paddingIdx } = {}) => {
    if (weight.ndim !== 2)
      throw new ShapeError('embedding', `weight takes [rows, width], this is ${show(weight.shape)}`);
    if (isFloat(index.dtype)) {
      throw new DTypeError('embedding', `index takes integers, this is ${index.dtype}; convert it with to('i32')`);
    }
    const shape = [...index.shape, weight.shape[1]!];
    const y = reshape(indexSelect(weight, 0, flatten(index)), shape);
    if (paddingIdx === undefined) return y;
    const n = weight.shape[0]!;
    if (paddingIdx < -n || paddingIdx >= n) {
      throw new ValueError('embedding', `paddingIdx takes one of ${n} rows, this is ${paddingIdx}`);
    }
    const padding = eq(index, paddingIdx < 0 ? paddingIdx + n : paddingIdx);
    return where(expand(unsqueeze(padding, -1), shape), y.detach(), y);
  },
);
