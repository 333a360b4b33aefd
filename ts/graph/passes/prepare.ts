/**
 * Prepared weights: packed for a product, or transformed for Winograd's convolution. They are made once, with the plan,
 * and again when somebody has written to the weights since. Weights that the plan itself writes stay as they are.
 */
import type { Backend } from '../../backend/backend';
import { adopt } from '../../core/lifetime';
import { allocateNow } from '../../core/allocate';
import { countWrites, type Graph, type PlanOp, type Step, type Value, type ValueView } from '../graph';
import { PREPARED, type Prepared } from './prepared-ops';

/** The step that prepares the weights of another step, its input with this index. */
function making({ make }: Prepared, { def, params, xs, ys }: Step, index: number, prepared: ValueView): Step {
  const own: PlanOp = {
    ...def,
    name: `${def.name} ${def.inputs[index]}`,
    inputs: [def.inputs[index]!],
    wants: [def.wants[index]!],
    written: [false],
    run(k, [w], [made]) {
      const views = xs.map((x, i) => (i === index ? w! : x));
      make(k.prepared!, views, made!, ys[0]!, params);
    },
    flops: null,
  };
  return { def: own, params, xs: [xs[index]!], ys: [prepared] };
}

export function prepareWeights(graph: Graph, backend: Backend): Graph {
  const kernels = backend.prepared;
  if (!kernels) return graph;
  const written = countWrites(graph.steps);
  const once: Step[] = [];
  const known = new Map<Value, Map<string, ValueView>>();

  const steps = graph.steps.map((step): Step => {
    const { def, xs, ys } = step;
    const entry = PREPARED.get(def);
    if (!entry) return step;
    const params = graph.winograd === 4 ? { ...step.params, approximate: true } : step.params;
    const index = def.inputs.indexOf(entry.input);
    const w = xs[index]!;
    const stays = (w.value.origin.from === 'outside' || w.value.origin.from === 'constant') && !written.has(w.value);
    if (!stays || w.size === 0 || ys[0]!.size === 0) return step;

    const n = entry.size(kernels, xs, ys[0]!, params);
    if (n === 0) return step;
    const key = JSON.stringify([def.name, params, w.address, ...xs.map(x => x && [x.shape, x.strides])]);
    const ofWeights = known.get(w.value) ?? new Map<string, ValueView>();
    known.set(w.value, ofWeights);
    let prepared = ofWeights.get(key);
    if (!prepared) {
      const { storage, shape, strides, size, dense, dtype } = adopt(allocateNow([n], 'f32'));
      const value: Value = { origin: { from: 'constant', storage }, bytes: storage.bytes };
      ofWeights.set(key, (prepared = { value, address: 0, shape, strides, size, dense, dtype }));
      once.push(making(entry, { ...step, params }, index, prepared));
    }
    const inputs = xs.map((x, i) => (i === index ? { ...w, value: prepared.value, address: 0 } : x));
    return { ...step, def: entry.op, params, xs: inputs };
  });
  return { ...graph, steps, once };
}
