/** The conversions as functions. */
import { apply } from './apply';
import { casting, copying } from './conversions';
import type { DType } from './dtype';
import type { Tensor } from './tensor';

/** A dense copy. */
export const copy = (x: Tensor): Tensor => apply(copying, [x], {})[0]!;

/** x with its elements converted to another type by one kernel: see casts.ts. */
export const cast = (x: Tensor, dtype: DType): Tensor => apply(casting, [x], { dtype })[0]!;
