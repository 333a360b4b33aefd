import { copying } from '../../core/conversions';
import type { View } from '../../core/definition';
import { runtime } from '../../core/runtime';
import { adopt } from '../../core/lifetime';
import type { Storage } from '../../core/storage';
import { allocateNow } from '../../core/allocate';
import { countWrites, mutates, replaced, type Graph, type Step, type Value, type ValueView } from '../graph';

/**
 * A constant keeps memory of its own for as long as the plan lives, where a step's output shares the arena; and one
 * that no cache holds is read back no faster than a step computes it. So what is larger, in bytes, stays a step.
 */
const LARGEST = 2 ** 20;

/**
 * What follows from constants alone is computed now: fills, the seed of a gradient, a table made from numbers. Random
 * ops read a key that was drawn, and a draw changes a state, so they are none of it.
 */
export function foldConstants(graph: Graph): Graph {
  const { steps, results } = graph;
  const written = countWrites(steps);
  const known = new Map<Value, Value>();
  const isSteady = (v: Value): boolean => v.origin.from === 'local' && written.get(v) === 1 && !results.has(v);
  const kept: Step[] = [];
  for (const s of steps) {
    const step = replaced(s, known);
    const { xs, ys } = step;
    if (mutates(step) || !ys.every(y => isSteady(y.value)) || !xs.every(x => x === null || storageOf(x))) {
      kept.push(step);
    } else if (step.def === copying && coversValue(xs[0]!)) {
      known.set(ys[0]!.value, xs[0]!.value); // numbers given to tensor(): a copy, because they may be written over
    } else if (ys.every(y => y.value.bytes <= LARGEST)) {
      const computed = compute(step);
      ys.forEach((y, i) => known.set(y.value, computed[i]!));
    } else kept.push(step);
  }
  return { ...graph, steps: kept };
}

const storageOf = ({ value: { origin } }: ValueView): Storage | null =>
  origin.from === 'constant' ? origin.storage : null;
const coversValue = ({ address: at, dense, size, dtype, value }: ValueView): boolean =>
  at === 0 && dense && size * runtime.backend.itemSize(dtype) === value.bytes;

/** Runs a step on constants. What it makes is the trace's scope's, and freed with it if no plan comes to count it. */
function compute({ def, params, xs, ys }: Step): Value[] {
  const inputs = xs.map((x): View | null => x && { ...x, address: storageOf(x)!.at + x.address });
  const outputs = ys.map(({ shape, dtype }) => adopt(allocateNow(shape, dtype)));
  def.run(runtime.backend.kernels, inputs, outputs, params);
  return outputs.map(({ storage }) => ({ origin: { from: 'constant', storage }, bytes: storage.bytes }));
}
