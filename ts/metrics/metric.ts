/** What the metrics have in common. */
import type { Tensor } from '../core/tensor';

/** A figure of merit that is found batch by batch. */
export interface Metric<R = number> {
  /** What the trainer and reports call it: 'accuracy'. */
  readonly name: string;
  /** Whether a larger value is better: for choosing the best epoch; null where neither is. */
  readonly better: 'higher' | 'lower' | null;
  /** Takes a batch: what the model put out (logits, scores or predictions, as each metric says) and the targets. */
  update(output: Tensor, target: Tensor): void;
  /** Of all batches since the start. */
  compute(): R;
  /** Starts again. */
  reset(): void;
  /** What it has seen, for JSON, and going on from there: a checkpoint in the middle of an epoch needs it. */
  state?(): unknown;
  load?(state: unknown): void;
}
