import type { Backend } from '../../backend/backend';
import { local, mutates, reads, writes, type Graph, type PlanOp, type Step, type Value } from '../graph';
import { lower } from '../lower';

/**
 * Without the steps whose outputs nobody reads, nor the outputs among others that need not be. Of a step that checks
 * indices, the check stays: the function would fail there.
 */
export function dropDead(graph: Graph, backend: Backend): Graph {
  const { steps, results } = graph;
  const wanted = new Set<Value>(results);
  const kept: Step[] = [];
  for (let i = steps.length - 1; i >= 0; i--) {
    const step = steps[i]!;
    const matters = [...writes(step)].some(v => wanted.has(v) || (mutates(step) && v.origin.from !== 'local'));
    const left = matters ? trimmed(step, wanted) : checkOf(step, backend);
    if (left === null) continue;
    kept.push(left);
    for (const v of reads(left)) wanted.add(v);
  }
  return { ...graph, steps: kept.reverse() };
}

/** The step without all that it does but to check indices; null if it checks none. */
function checkOf(step: Step, backend: Backend): Step | null {
  const { def, params, xs, ys } = step;
  if (!xs.some(x => x?.dtype === 'i32') || lower([step], backend).every(({ kernel }) => kernel !== 'indexOutside'))
    return null;
  const run: PlanOp['run'] = (k, views) => {
    const only = new Proxy(k, { get: (_, name) => (name === 'indexOutside' ? k.indexOutside : () => -1) });
    def.run(only, views, ys, params);
  };
  const own: PlanOp = {
    ...def,
    outputs: [],
    mutates: false,
    written: def.written.map(() => false),
    run,
    flops: () => 0,
  };
  return { ...step, def: own, ys: [] };
}

function trimmed(step: Step, wanted: ReadonlySet<Value>): Step {
  const {
    def: { optional },
    ys,
  } = step;
  if (!optional.includes(true)) return step;
  return {
    ...step,
    ys: ys.map((y, i) =>
      wanted.has(y.value) || !optional[i]
        ? y
        : { ...y, value: local(0), address: 0, shape: [0], strides: [1], size: 0, dense: true },
    ),
  };
}
