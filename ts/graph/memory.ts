/** The memory plan of a graph: which values lie in the arena, when, and at which offset. */
import { ALIGNMENT, bound, layOut, type Arena, type Need } from './arena';
import { reads, writes, type Graph, type Step, type Value, type ValueView } from './graph';
import { periodsOf } from './periods';

export interface MemoryPlan extends Omit<Arena, 'at'> {
  /** Bytes from the arena's start, by value. */
  readonly offsets: ReadonlyMap<Value, number>;
}

/** Values at one even distance: value i lies in slot i mod `slots`, each of so many bytes. */
interface Row extends Need {
  readonly values: readonly Value[];
  readonly slots: number;
}

/** The steps that name a value first and last. */
interface Life {
  readonly from: number;
  to: number;
}

/** Lifetimes of the local values that do not outlive the plan. */
function lifetimes({ steps, results }: Graph): Map<Value, Life> {
  const lives = new Map<Value, Life>();
  steps.forEach((step, i) => {
    for (const v of [...reads(step), ...writes(step)]) {
      if (v.origin.from !== 'local' || results.has(v)) continue;
      const life = lives.get(v);
      if (life) life.to = i;
      else lives.set(v, { from: i, to: i });
    }
  });
  return lives;
}

/** Offsets for all values, in as few bytes as may be. */
export function planMemory(graph: Graph): MemoryPlan {
  const lives = lifetimes(graph);
  return planOf(
    [...lives].map(([v, life]) => row([v], [life])),
    lives,
  );
}

/**
 * Offsets at even distances for what steps write that repeat themselves, so that calls can be folded into loops. null
 * where none do.
 */
export function planMemoryEvenly(graph: Graph): MemoryPlan | null {
  const { steps } = graph;
  const lives = lifetimes(graph);
  const names = new Map<string, number>();
  const all = steps.map(step => {
    const key = outline(step);
    if (!names.has(key)) names.set(key, names.size);
    return names.get(key)!;
  });
  const rows: Row[] = [];
  const rest = new Set(lives.keys());
  for (const { from, length, times } of periodsOf(steps.length, 1, (i, length) => all[i] === all[i + length])) {
    for (let i = from; i < from + length; i++) {
      for (let j = 0; j < steps[i]!.ys.length; j++) {
        const values = Array.from({ length: times }, (_, t) => steps[i + t * length]!.ys[j]!.value);
        // Those that are first written here, each once.
        if (!values.every((v, t) => rest.has(v) && lives.get(v)!.from === i + t * length)) continue;
        rows.push(
          row(
            values,
            values.map(v => lives.get(v)!),
          ),
        );
        for (const v of values) rest.delete(v);
      }
    }
  }
  if (rows.length === 0) return null;
  for (const v of rest) rows.push(row([v], [lives.get(v)!]));
  return planOf(rows, lives);
}

/** What a step does, whatever values it does it to. */
const outline = ({ def, xs, ys }: Step): string => {
  const operand = (o: ValueView | null): string =>
    o ? `${o.value.origin.from} ${o.dtype} ${o.shape.join()} ${o.strides.join()}` : '';
  return [def.name, ...xs.map(operand), ...ys.map(operand)].join('; ');
};

/** Values in a row may share one slot if none is needed when the next is made, or alternate between two. */
function row(values: readonly Value[], lives: readonly Life[]): Row {
  const bytes = values.reduce((most, v) => Math.max(most, v.bytes), 0);
  const apart = (slots: number): boolean =>
    lives.every(({ to }, t) => t + slots >= lives.length || to < lives[t + slots]!.from);
  const slots = apart(1) ? 1 : apart(2) ? 2 : values.length;
  const [from, to] = [lives[0]!.from, lives.reduce((last, { to }) => Math.max(last, to), 0)];
  return { values, slots, bytes: slots === 1 ? bytes : slots * aligned(bytes), from, to };
}

const aligned = (bytes: number): number => Math.ceil(bytes / ALIGNMENT) * ALIGNMENT;

function planOf(rows: readonly Row[], lives: ReadonlyMap<Value, Life>): MemoryPlan {
  const { at, bytes } = layOut(rows);
  const offsets = new Map<Value, number>();
  rows.forEach((r, i) => r.values.forEach((v, t) => offsets.set(v, at[i]! + (t % r.slots) * (r.bytes / r.slots))));
  return { bytes, offsets, bound: bound([...lives].map(([{ bytes }, { from, to }]) => ({ bytes, from, to }))) };
}
