/**
 * relu then max pool as one kernel, on batches in blocks: the maximum of a window's positive parts is the positive part
 * of its maximum. Backwards, a pool that remembers "none" for a window without a positive number lets pass what relu
 * would, so relu's gradient goes too.
 */
import { relu } from '../../ops/unary';
import { opsOf, reads, writes, type Graph, type Step, type Value } from '../graph';
import { blockedMaxPool } from './blocked-ops';

export function fusePools(graph: Graph): Graph {
  const makers = new Map<Value, Step[]>();
  const readers = new Map<Value, Step[]>();
  const note = (map: Map<Value, Step[]>, v: Value, step: Step): void => void map.set(v, [...(map.get(v) ?? []), step]);
  for (const step of graph.steps) {
    for (const v of writes(step)) note(makers, v, step);
    for (const v of new Set(reads(step))) note(readers, v, step);
  }
  const maker = (v: Value): Step | null => (makers.get(v)?.length === 1 ? makers.get(v)![0]! : null);

  const dropped = new Set<Step>();
  const replaced = new Map<Step, Step>();
  for (const pool of graph.steps) {
    if (pool.def !== blockedMaxPool.op) continue;
    const y = pool.xs[0]!;
    const activation = maker(y.value);
    if (activation?.def !== relu.def || graph.results.has(y.value)) continue;
    const others = readers.get(y.value)!.filter(s => s !== pool);
    // Each other reader must be relu's gradient, of what came back through this very pool and went nowhere else.
    const back = others.map(s =>
      s.def === relu.grad.def && s.xs[1]!.value === y.value ? maker(s.xs[0]!.value) : null,
    );
    const taps = pool.ys[1]!.value;
    const ours = back.every(
      (g, i) =>
        g !== null &&
        [...reads(g)].includes(taps) &&
        readers.get(g.ys[0]!.value)!.length === 1 &&
        !graph.results.has(g.ys[0]!.value) &&
        others[i]!.xs[0]!.value === g.ys[0]!.value,
    );
    if (!ours || readers.get(taps)?.some(s => !back.includes(s))) continue;
    dropped.add(activation);
    const fused = [...opsOf(activation), ...opsOf(pool)];
    replaced.set(pool, {
      ...pool,
      params: { ...pool.params, relu: true },
      xs: [{ ...y, value: activation.xs[0]!.value }],
      fused,
    });
    others.forEach((s, i) => {
      const g = back[i]!;
      dropped.add(s);
      replaced.set(g, { ...g, ys: [{ ...g.ys[0]!, value: s.ys[0]!.value }], fused: [...opsOf(g), ...opsOf(s)] });
    });
  }
  return { ...graph, steps: graph.steps.filter(s => !dropped.has(s)).map(s => replaced.get(s) ?? s) };
}
