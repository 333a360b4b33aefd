import { mutates, reads, writes, type Graph, type Step, type Value } from '../graph';

/** Without the steps whose outputs nobody reads. */
export function dropDead(graph: Graph): Graph {
  const { steps, results } = graph;
  const wanted = new Set<Value>(results);
  const kept: Step[] = [];
  for (let i = steps.length - 1; i >= 0; i--) {
    const step = steps[i]!;
    const matters = [...writes(step)].some(v => wanted.has(v) || (mutates(step) && v.origin.from !== 'local'));
    if (!matters) continue;
    kept.push(step);
    for (const v of reads(step)) wanted.add(v);
  }
  return { ...graph, steps: kept.reverse() };
}
