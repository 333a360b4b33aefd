import { local, mutates, reads, writes, type Graph, type Step, type Value } from '../graph';

/** Without the steps whose outputs nobody reads, nor the outputs among others that need not be. */
export function dropDead(graph: Graph): Graph {
  const { steps, results } = graph;
  const wanted = new Set<Value>(results);
  const kept: Step[] = [];
  for (let i = steps.length - 1; i >= 0; i--) {
    const step = steps[i]!;
    const matters = [...writes(step)].some(v => wanted.has(v) || (mutates(step) && v.origin.from !== 'local'));
    if (!matters) continue;
    kept.push(trimmed(step, wanted));
    for (const v of reads(step)) wanted.add(v);
  }
  return { ...graph, steps: kept.reverse() };
}

function trimmed(step: Step, wanted: ReadonlySet<Value>): Step {
  const { def: { outputs, optional }, ys } = step;
  if (!optional) return step;
  return {
    ...step,
    ys: ys.map((y, i) => (wanted.has(y.value) || !optional.includes(outputs![i]!) ? y
      : { ...y, value: local(0), at: 0, shape: [0], strides: [1], size: 0, dense: true })),
  };
}
