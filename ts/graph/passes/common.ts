import {
  countWrites,
  mutates,
  replaced,
  writes,
  type Graph,
  type PlanOp,
  type Step,
  type Value,
  type ValueView,
} from '../graph';

/**
 * Common subexpressions: of steps with equal op, parameters and operands, the first computes for all. Steps of
 * different segments stay apart, and so does what is written again after it was computed.
 */
export function mergeCommon(graph: Graph): Graph {
  const { steps, results } = graph;
  const written = countWrites(steps);
  const contents = new Contents();
  const firsts = new Map<string, readonly ValueView[]>();
  const known = new Map<Value, Value>();
  /** Where the first is the plan's own and the other must come out of it, the first is computed in its stead. */
  const moved = new Map<Value, Value>();
  const kept: Step[] = [];
  for (const s of steps) {
    const step = replaced(s, known);
    const key = mutates(step) || !step.ys.every(y => written.get(y.value) === 1) ? null : contents.keyOf(step);
    const first = key === null ? undefined : firsts.get(key);
    const fits = first?.every(
      (a, i) => !results.has(step.ys[i]!.value) || !(results.has(a.value) || moved.has(a.value)),
    );
    if (first && fits) {
      first.forEach((a, i) => {
        const { value } = step.ys[i]!;
        known.set(value, a.value);
        if (results.has(value)) moved.set(a.value, value);
      });
      continue;
    }
    if (key !== null && !first) firsts.set(key, step.ys);
    for (const v of writes(step)) contents.change(v);
    kept.push(step);
  }
  return { ...graph, steps: moved.size === 0 ? kept : kept.map(step => replaced(step, moved)) };
}

/** Names for what values hold. */
class Contents {
  private readonly ids: Map<object, number> = new Map();
  /** Writes so far: to each value, to what is not the plan's own, and to arguments and gradients among that. */
  private readonly own: Map<Value, number> = new Map();
  private foreign = 0;
  private passed = 0;
  private unnamed = 0;

  private id(o: Value | PlanOp): number {
    let id = this.ids.get(o);
    if (id === undefined) this.ids.set(o, (id = this.ids.size));
    return id;
  }

  change(v: Value): void {
    this.own.set(v, (this.own.get(v) ?? 0) + 1);
    if (v.origin.from === 'local') return;
    this.foreign++;
    if (v.origin.from !== 'outside') this.passed++;
  }

  /** An argument or a gradient may be the memory of another, or of a tensor from outside: one write is one to all. */
  private version(v: Value): number {
    const { from } = v.origin;
    const own = this.own.get(v) ?? 0;
    return from === 'input' || from === 'gradient' ? this.foreign : from === 'outside' ? own + this.passed : own;
  }

  private operand(o: ValueView | null): string {
    return o === null
      ? '-'
      : [this.id(o.value), this.version(o.value), o.address, o.dtype, `${o.shape}`, `${o.strides}`].join(':');
  }

  /** What has no name equal to another's (a function, say) makes the step unlike all others. */
  private plain(v: unknown): string {
    if (Array.isArray(v)) return `[${v.map(e => this.plain(e)).join()}]`;
    if (typeof v === 'object' && v !== null)
      return `{${Object.entries(v)
        .map(([k, e]) => `${k}:${this.plain(e)}`)
        .join()}}`;
    if (typeof v === 'function' || typeof v === 'symbol') return `?${this.unnamed++}`;
    return Object.is(v, -0) ? '-0' : typeof v === 'string' ? JSON.stringify(v) : String(v);
  }

  keyOf({ def, params, xs, segment = 0 }: Step): string {
    return [segment, this.id(def), this.plain(params), ...xs.map(x => this.operand(x))].join(' ');
  }
}
