/** What the ops of recurrent layers share. Their gradients walk through time backwards. */
import type { View } from '../core/definition';
import { sizeOf, type Shape } from '../core/shape';
import type { Tensor } from '../core/tensor';
import { mul, rsub } from './arithmetic';
import { concat, stack } from './join';
import { matmul } from './matmul';
import { reshape, slice, t as transposed, unsqueeze } from './view';

/** Of an output; null where nothing comes back. */
export type Cotangent = Tensor | null;
export interface Walk {
  /** From the last step to the first. */
  readonly reverse: boolean;
}
/** Whether the backward pass's reserve is wanted: something of the op has a gradient. */
export interface Reserving extends Walk {
  readonly reserve: boolean;
}

/** The sizes of y [steps, batch, hidden], and the direction, as kernels take them. */
export const sizes = (
  { shape }: View,
  { reverse }: Walk,
): [steps: number, batch: number, hidden: number, reverse: number] => [
  shape[0]!,
  shape[1]!,
  shape[2]!,
  reverse ? 1 : 0,
];
/** x with rows k times as wide. */
export const widened = ({ shape }: { readonly shape: Shape }, k: number): Shape => [
  shape[0]!,
  shape[1]!,
  shape[2]! * k,
];
/** Operations of the products of w with as many states as `size` elements make. */
export const products = (w: View, size: number): number => (w.size === 0 ? 0 : (2 * w.size * size) / w.shape[1]!);
/** The address of an operand; 0 for one that is absent or empty. */
export const at = (x: View | null): number => (x && x.size > 0 ? x.address : 0);

/** The equal parts of a row, one after another. */
export const parts = (x: Tensor, count: number): Tensor[] =>
  Array.from({ length: count }, (_, k) => {
    const size = x.shape[2]! / count;
    return slice(x, -1, k * size, (k + 1) * size);
  });
/** σ′ where σ = y. */
export const slopeOf = (y: Tensor): Tensor => mul(y, rsub(y, 1));

/** The states before each step: the first, and all but the last. */
export function previous(first: Tensor, states: Tensor, { reverse }: Walk): Tensor {
  const start = unsqueeze(first, 0);
  return reverse ? concat([slice(states, 0, 1), start]) : concat([start, slice(states, 0, 0, -1)]);
}
/** What `step` returns at each step t, from the one computed last to the first, in the order of time. */
export function eachBack(steps: number, { reverse }: Walk, step: (t: number) => Tensor): Tensor {
  const all: Tensor[] = [];
  for (let i = steps - 1; i >= 0; i--) {
    const t = reverse ? steps - 1 - i : i;
    all[t] = step(t);
  }
  return stack(all);
}
/** Σ gᵀ h over all steps and rows. */
export function weightGradient(g: Tensor, h: Tensor): Tensor {
  const rows = (x: Tensor): Tensor => reshape(x, [sizeOf(x.shape.slice(0, -1)), x.shape.at(-1)!]);
  return matmul(transposed(rows(g)), rows(h));
}
