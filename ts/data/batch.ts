/** How samples become a batch. */
import { display } from '../core/display';
import { ShapeError, ValueError } from '../core/errors';
import { suspend } from '../core/later';
import { runtime } from '../core/runtime';
import type { Scope } from '../core/lifetime';
import { close, isThenable, open } from '../core/scope';
import { sameShape, show } from '../core/shape';
import { Tensor } from '../core/tensor';
import { stack } from '../ops/join';
import type { Dataset } from './dataset';

/** Makes sample k of a batch, from 0 up, or with `WHOLE` the batch itself: what stands around its making. */
export type Run = <R>(k: number, f: () => R) => R;
export const WHOLE = -1;
const plainly: Run = (_, f) => f();

export type Collate<S, T> = (samples: S[]) => T;

/** What went wrong with one sample, by its place in the batch. Loops get the cause. */
export class SampleFault extends Error {
  constructor(
    readonly at: number,
    override readonly cause: unknown,
  ) {
    super();
  }
}

/** What a batch is made of: samples, or the batch as the dataset made it, which may be promises. */
export interface Parts<T> {
  readonly parts: readonly unknown[];
  /** Makes the batch, of what has come. */
  readonly made: (parts: unknown[]) => T;
  /** What errors call a part. */
  readonly nameOf: (k: number) => string;
  /** It is the batch. */
  readonly whole: boolean;
}

/** Asks a dataset for the samples with some indices, of which it, or `collate`, makes the batch, or which are stacked. */
export function partsOf<S, T>(
  dataset: Dataset<S | Promise<S>>,
  indices: Int32Array,
  collate: Collate<S, T> | undefined,
  run?: Run,
): Parts<T>;
export function partsOf(
  dataset: Dataset<unknown>,
  indices: Int32Array,
  collate: Collate<unknown, unknown> | undefined,
  run: Run = plainly,
): Parts<unknown> {
  const whole = !collate && dataset.getBatch !== undefined;
  if (whole) {
    const parts = [awaited(run(WHOLE, () => dataset.getBatch!(indices)))];
    return { parts, made: ([batch]) => batch, nameOf: () => 'what getBatch returns', whole };
  }
  const sample = (i: number, k: number): unknown => {
    try {
      return awaited(run(k, () => dataset.get(i)));
    } catch (e) {
      throw new SampleFault(k, e);
    }
  };
  const nameOf = (k: number): string => `sample ${indices[k]}`;
  const made = (samples: unknown[]): unknown => run(WHOLE, () => collated(samples, collate, nameOf));
  return { parts: Array.from(indices, sample), made, nameOf, whole };
}
/** The same of samples that are there. */
export function partsOfSamples<S, T>(samples: readonly S[], collate: Collate<Awaited<S>, T> | undefined): Parts<T>;
export function partsOfSamples(
  samples: readonly unknown[],
  collate: Collate<unknown, unknown> | undefined,
): Parts<unknown> {
  const nameOf = (k: number): string => `sample ${k}`;
  return { parts: samples.map(awaited), made: all => collated(all, collate, nameOf), nameOf, whole: false };
}
/** What is rejected is thrown where all are awaited. */
function awaited(v: unknown): unknown {
  if (isThenable(v)) Promise.resolve(v).catch(() => {});
  return v;
}

/** The batch at once. Throws ValueError for what comes later. */
export function batchOf<T>({ parts, made, nameOf }: Parts<T>): T {
  const late = parts.findIndex(isThenable);
  if (late < 0) return made([...parts]);
  throw new ValueError('DataLoader', `${nameOf(late)} is a Promise: take the batches of such a dataset by for await`);
}

/** A batch that can be made, since all that it is made of has come. */
export interface Draft<T> {
  /** Makes it, and frees what it was made of. */
  batch(): T;
  /** Frees what it was made of. */
  drop(): void;
}
/** The batch later: waits for what `ask` returns, and holds all that is made until then. `around` stands around the wait. */
export async function draftOf<T>(
  ask: () => Parts<T>,
  around: <R>(until: Promise<R>) => Promise<R> = until => until,
): Promise<Draft<T>> {
  const here = runtime.scope;
  const s = open('a batch of the DataLoader', false, null);
  try {
    const asked = ask();
    suspend(s);
    runtime.scope = here;
    const parts = asked.parts.some(isThenable) ? await around(settled(asked)) : [...asked.parts];
    return { batch: () => closing(s, () => asked.made(parts)), drop: () => close(s) };
  } catch (e) {
    if (runtime.scope === s) runtime.scope = here; // not what close() finds around it
    close(s);
    throw e;
  }
}
/** All parts, once none is under way any more. Throws what came of the first that was rejected. */
async function settled({ parts, whole }: Parts<unknown>): Promise<unknown[]> {
  const results = await Promise.allSettled(parts);
  return results.map((result, k) => {
    if (result.status === 'fulfilled') return result.value;
    throw whole ? result.reason : new SampleFault(k, result.reason);
  });
}
function closing<T>(s: Scope, f: () => T): T {
  let batch: T | undefined;
  try {
    return (batch = f());
  } finally {
    close(s, batch);
  }
}

/** A batch of samples, at least one: without `collate` each tensor is stacked along a new first dimension. */
function collated(
  samples: unknown[],
  collate: Collate<unknown, unknown> | undefined,
  nameOf: (k: number) => string,
): unknown {
  if (collate) return collate(samples);
  const tuples = samples.map((sample, k) => {
    if (isTensors(sample)) return sample;
    const what = `takes samples that are arrays of tensors, ${nameOf(k)} is ${display(sample)}`;
    throw new SampleFault(k, new ValueError('DataLoader', what));
  });
  const first = tuples[0]!;
  tuples.forEach((tuple, k) => {
    const fits =
      tuple.length === first.length &&
      tuple.every((t, j) => t.dtype === first[j]!.dtype && sameShape(t.shape, first[j]!.shape));
    if (fits) return;
    const [a, b] = [tuple, first].map(s => s.map(t => `${t.dtype} ${show(t.shape)}`).join(', '));
    const what = `${nameOf(k)} is (${a}), ${nameOf(0)} (${b}): they do not stack`;
    throw new SampleFault(k, new ShapeError('DataLoader', what));
  });
  return first.map((_, j) => stack(tuples.map(tuple => tuple[j]!)));
}
const isTensors = (v: unknown): v is readonly Tensor[] => Array.isArray(v) && v.every(t => t instanceof Tensor);
