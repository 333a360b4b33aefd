/** `where` as a method, whose tensor is not the condition but what is taken where that holds. */
import type { Operand } from '../core/declare';
import { checked } from '../core/signature';
import type { Tensor } from '../core/tensor';
import { aTensor, aTensorOrNumber } from '../core/tensor-kinds';
import { where as choose } from './where';

/** x where the condition holds, `other` elsewhere; all three broadcast. The condition is bool. */
export const where: (x: Tensor, condition: Tensor, other: Operand) => Tensor = checked(
  'where',
  [
    ['x', aTensor],
    ['condition', aTensor],
    ['other', aTensorOrNumber],
  ],
  (x, condition, other) => choose(condition, x, other),
);
