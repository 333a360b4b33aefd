/** A loss that is no number: where it came from. */
import { AnomalyError, detectAnomaly, scope, ValueError, type Tensor } from 'phyllo';
import type { Callback } from '../callback';
import { copiesOf, copyInto, weightsOf } from '../weights';

/**
 * Ends the run with an error at the first step whose loss is NaN or infinite. The step is computed again op by op, from the
 * weights that it began with, and the error names the op, the layer and the line that made the number, in the forward pass or
 * in a gradient. It keeps a copy of the parameters and buffers for that, which it makes before each batch.
 */
export function stopOnNaN(): Callback {
  let copies: Record<string, Tensor> = {};
  return {
    name: 'stopOnNaN',
    start(run) {
      copies = copiesOf(weightsOf(run.model));
    },
    batchStart(run) {
      copyInto('stopOnNaN', copies, weightsOf(run.model));
    },
    batchEnd(run) {
      const odd = Object.entries(run.last).find(([, v]) => !Number.isFinite(v));
      if (!odd || !run.again) return;
      const where = `${odd[0]} is ${odd[1]} at batch ${run.batch} of epoch ${run.epoch}`;
      copyInto('stopOnNaN', weightsOf(run.model), copies);
      throw new ValueError('fit', `${where}${causeOf(run.again)}`);
    },
    end() {
      for (const t of Object.values(copies)) t.dispose();
      copies = {};
    },
  };
}

/** What made the number, as far as computing it again shows it. */
function causeOf(again: () => Tensor): string {
  try {
    scope(() => detectAnomaly(() => again().backward()));
  } catch (e) {
    if (e instanceof AnomalyError) return `: ${e.message}`;
    throw e;
  }
  return ': computed again, every number is finite (it depends on random numbers, or on what a step before left)';
}
