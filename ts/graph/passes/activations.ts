import { ACTIVATION } from '../../backend/backend';
import { conv } from '../../ops/convolution';
import { linearOp, productOp } from '../../ops/product';
import { relu, sigmoid, tanh } from '../../ops/unary';
import { countWrites, opsOf, reads, type Graph, type PlanOp, type Step, type Value } from '../graph';
import { blockedConv } from './blocked-ops';

const NUMBERS: ReadonlyMap<PlanOp, number> = new Map<PlanOp, number>([
  [relu.def, ACTIVATION.relu],
  [sigmoid.def, ACTIVATION.sigmoid],
  [tanh.def, ACTIVATION.tanh],
]);
/** The ops whose kernels apply the activation that their parameters name. */
const EPILOGUES: ReadonlySet<PlanOp> = new Set<PlanOp>([productOp.def, linearOp.def, conv.def, blockedConv.op]);

/**
 * Activations of products and convolutions happen on the way out of their kernels. Only where nothing else reads what
 * goes in; in training that is so, because these activations' gradients read what comes out.
 */
export function fuseActivations(graph: Graph): Graph {
  const { steps, results } = graph;
  const written = countWrites(steps);
  const readers = new Map<Value, number>();
  for (const step of steps) for (const v of reads(step)) readers.set(v, (readers.get(v) ?? 0) + 1);

  const makers = new Map<Value, number>(); // indices in `kept` of steps that could take an activation
  const kept: Step[] = [];
  for (const step of steps) {
    const [x, y] = [step.xs[0], step.ys[0]];
    const activation = NUMBERS.get(step.def);
    const at = activation === undefined ? undefined : makers.get(x!.value);
    if (at !== undefined && x!.value.bytes === y!.value.bytes) {
      const maker = kept[at]!;
      const ys = [{ ...maker.ys[0]!, value: y!.value }];
      kept[at] = { ...maker, params: { ...maker.params, activation }, ys, fused: [...opsOf(maker), ...opsOf(step)] };
      continue;
    }
    if (
      EPILOGUES.has(step.def) &&
      y &&
      written.get(y.value) === 1 &&
      readers.get(y.value) === 1 &&
      !results.has(y.value)
    ) {
      makers.set(y.value, kept.length);
    }
    kept.push(step);
  }
  return { ...graph, steps: kept };
}
