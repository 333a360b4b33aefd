/** What the trainer needs of a figure of merit. */
import type { Metric } from 'phyllo/metrics';

/** Metrics by the names that they have in scores and history. */
export type Metrics = Readonly<Record<string, Metric<unknown>>>;

/** Of an epoch or a set: the mean loss, and each metric by its name. */
export type Scores<M extends Metrics = Metrics> = { readonly loss: number } & {
  readonly [K in keyof M]: M[K] extends Metric<infer R> ? R : never;
};
