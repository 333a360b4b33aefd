import { mutates, reads, replaced, writes, type Graph, type Step, type Value, type ValueView } from '../graph';
import { POINTWISE } from './pointwise';

/**
 * What goes element by element writes over an input that nobody reads after it: less memory, and what is in the cache
 * stays there.
 */
export function writeInPlace(graph: Graph): Graph {
  const { steps, results } = graph;
  const first = new Map<Value, number>();
  const last = new Map<Value, number>();
  steps.forEach((step, i) => {
    for (const v of [...reads(step), ...writes(step)]) {
      if (!first.has(v)) first.set(v, i);
      last.set(v, i);
    }
  });
  /** Another name for the same memory. What comes out, in memory of its own, is nobody's other name. */
  const same = new Map<Value, Value>();
  const root = (v: Value): Value => {
    let at = v;
    for (let next = same.get(at); next; next = same.get(at)) at = next;
    return at;
  };
  steps.forEach((step, i) => {
    const [y] = step.ys;
    if (!POINTWISE.has(step.def) || mutates(step) || !y || y.value.origin.from !== 'local' || first.get(y.value) !== i)
      return;
    const over = step.xs.find(
      x => x !== null && last.get(x.value) === i && !results.has(x.value) && covers(step, x.value, y),
    );
    if (!over) return;
    const x = root(over.value);
    if (results.has(y.value)) same.set(x, y.value);
    else same.set(y.value, x);
  });
  const names = new Map([...same.keys()].map(v => [v, root(v)]));
  return { ...graph, steps: steps.map(step => replaced(step, names)) };
}

/** Whether a step sees a value of the plan's as y lies in memory, and in no other way. */
const covers = ({ xs }: Step, v: Value, y: ValueView): boolean =>
  v.origin.from === 'local' &&
  v.bytes === y.value.bytes &&
  y.address === 0 &&
  xs.every(x => x?.value !== v || (x.dense && x.address === 0 && x.size === y.size));
