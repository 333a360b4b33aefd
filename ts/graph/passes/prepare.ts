/**
 * Weights in the form that their kernels read: packed for a product, transformed for Winograd's. Made once, when the
 * plan is, and again when somebody has written to the weights since; a plan that trains them leaves them alone.
 */
import type { Backend } from '../../backend/backend';
import { adopt } from '../../core/lifetime';
import { allocateNow } from '../../core/tensor';
import { countWrites, type Graph, type Operand, type PlanOp, type Step, type Value } from '../graph';
import { PREPARED, type Prepared } from './prepared-ops';

/** The step that makes the form of w for another step. */
function making({ make }: Prepared, { def, params, xs, ys }: Step, place: number, form: Operand): Step {
  const own: PlanOp = {
    ...def,
    name: `${def.name} ${def.inputs[place]}`,
    inputs: [def.inputs[place]!],
    wants: [def.wants[place]!],
    written: [false],
    run(k, [w], [made]) {
      const views = xs.map((x, i) => (i === place ? w! : x));
      make(k.prepared!, views, made!, ys[0]!, params);
    },
    flops: null,
  };
  return { def: own, params, xs: [xs[place]!], ys: [form] };
}

export function prepareWeights(graph: Graph, backend: Backend): Graph {
  const kernels = backend.prepared;
  if (!kernels) return graph;
  const written = countWrites(graph.steps);
  const once: Step[] = [];
  const forms = new Map<Value, Map<string, Operand>>();

  const steps = graph.steps.map((step): Step => {
    const { def, xs, ys } = step;
    const prepared = PREPARED.get(def);
    if (!prepared) return step;
    const params = graph.winograd === 4 ? { ...step.params, approximate: true } : step.params;
    const place = def.inputs.indexOf(prepared.input);
    const w = xs[place]!;
    const stays = (w.value.origin.from === 'outside' || w.value.origin.from === 'constant') && !written.has(w.value);
    if (!stays || w.size === 0 || ys[0]!.size === 0) return step;

    const n = prepared.size(kernels, xs, ys[0]!, params);
    if (n === 0) return step;
    const key = JSON.stringify([def.name, params, w.at, ...xs.map(x => x && [x.shape, x.strides])]);
    const known = forms.get(w.value) ?? new Map<string, Operand>();
    forms.set(w.value, known);
    let form = known.get(key);
    if (!form) {
      const { storage, shape, strides, size, dense, dtype } = adopt(allocateNow([n], 'f32'));
      const value: Value = { origin: { from: 'constant', storage }, bytes: storage.bytes };
      known.set(key, (form = { value, at: 0, shape, strides, size, dense, dtype }));
      once.push(making(prepared, { ...step, params }, place, form));
    }
    const inputs = xs.map((x, i) => (i === place ? { ...w, value: form.value, at: 0 } : x));
    return { ...step, def: prepared.op, params, xs: inputs };
  });
  return { ...graph, steps, once };
}
