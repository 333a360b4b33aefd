/** What the trainer needs of a figure of merit. */
import type { Tensor } from 'phyllo';

/** A figure of merit that is found batch by batch: those of phyllo/metrics, or your own. */
export interface Metric<R> {
  /** Which values are better: for choosing the best epoch. */
  readonly better: 'higher' | 'lower' | null;
  update(output: Tensor, target: Tensor): void;
  compute(): R;
  reset(): void;
  /** What it has seen, for JSON: without, a checkpoint in the middle of an epoch cannot hold it. */
  state?(): unknown;
  load?(state: unknown): void;
}
/** Metrics by the names that they have in scores and history. */
export type Metrics = Readonly<Record<string, Metric<unknown>>>;

/** Of an epoch or a set: the mean loss, and each metric by its name. */
export type Scores<M extends Metrics = Metrics> = { readonly loss: number } & {
  readonly [K in keyof M]: M[K] extends Metric<infer R> ? R : never;
};
