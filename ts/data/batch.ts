/** How samples become a batch. */
import { display } from '../core/display';
import { ShapeError, ValueError } from '../core/errors';
import { sameShape, show } from '../core/shape';
import { Tensor } from '../core/tensor';
import { stack } from '../ops/join';
import type { Dataset } from './dataset';

/** Makes sample k of a batch, from 0 up, or with `WHOLE` the batch itself: what stands around its making. */
export type Run = <R>(k: number, f: () => R) => R;
export const WHOLE = -1;
const plainly: Run = (_, f) => f();

export type Collate<S, T> = (samples: readonly S[]) => T;

/** The batch of the samples with some indices, as the dataset or `collate` makes it, or stacked. */
export function batchOf<S, T>(
  dataset: Dataset<S>,
  indices: Int32Array,
  collate: Collate<S, T> | undefined,
  run?: Run,
): T;
export function batchOf(
  dataset: Dataset<unknown>,
  indices: Int32Array,
  collate: Collate<unknown, unknown> | undefined,
  run: Run = plainly,
): unknown {
  if (!collate && dataset.getBatch) return run(WHOLE, () => dataset.getBatch!(indices));
  const samples = Array.from(indices, (i, k) => run(k, () => dataset.get(i)));
  return run(WHOLE, () => collated(samples, collate, indices));
}

/** A batch of samples, at least one: without `collate` each tensor is stacked along a new first dimension. */
export function collated<S, T>(
  samples: readonly S[],
  collate: Collate<S, T> | undefined,
  indices?: ArrayLike<number>,
): T;
export function collated(
  samples: readonly unknown[],
  collate: Collate<unknown, unknown> | undefined,
  indices?: ArrayLike<number>,
): unknown {
  if (collate) return collate(samples);
  const nameOf = (k: number): string => `sample ${indices ? indices[k] : k}`;
  const tuples = samples.map((sample, k) => {
    if (isTensors(sample)) return sample;
    throw new ValueError('DataLoader', `${nameOf(k)} is ${display(sample)}, and not an array of tensors`);
  });
  const first = tuples[0]!;
  tuples.forEach((tuple, k) => {
    const fits =
      tuple.length === first.length &&
      tuple.every((t, j) => t.dtype === first[j]!.dtype && sameShape(t.shape, first[j]!.shape));
    if (fits) return;
    const [a, b] = [tuple, first].map(s => s.map(t => `${t.dtype} ${show(t.shape)}`).join(', '));
    throw new ShapeError('DataLoader', `${nameOf(k)} is (${a}), ${nameOf(0)} (${b}): they do not stack`);
  });
  return first.map((_, j) => stack(tuples.map(tuple => tuple[j]!)));
}
const isTensors = (v: unknown): v is readonly Tensor[] => Array.isArray(v) && v.every(t => t instanceof Tensor);
