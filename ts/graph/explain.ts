/** A graph for people: as a list of its steps, and as a drawing. */
import type { Backend } from '../backend/backend';
import { show } from '../core/shape';
import { flopsOf, mutates, opsOf, writes, type Graph, type Step, type Value, type ValueView } from './graph';
import type { MemoryPlan } from './memory';
import { bytes, short, table } from '../core/table';

/** Bytes that a step reads and writes. */
export function trafficOf({ def, xs, ys }: Step, backend: Backend): number {
  const size = (o: ValueView | null): number => (o ? o.size * backend.itemSize(o.dtype) : 0);
  return xs.reduce((n, x, i) => n + (def.written[i] ? 2 : 1) * size(x), 0) + ys.reduce((n, y) => n + size(y), 0);
}

/** Names for what operands see: a step's number, or where a value comes from. */
class Names {
  private readonly makers: Map<Value, number> = new Map();
  private readonly others: Map<Value, string> = new Map();
  private readonly counts: Map<string, number> = new Map();

  of({ value }: ValueView): string {
    const { origin } = value;
    if (origin.from === 'local') return `#${this.makers.get(value) ?? '?'}`;
    if (origin.from === 'input') return `argument ${origin.index}`;
    let name = this.others.get(value);
    if (name === undefined) {
      const n = (this.counts.get(origin.from) ?? 0) + 1;
      this.counts.set(origin.from, n);
      this.others.set(value, (name = `${origin.from} ${n}`));
    }
    return name;
  }
  made(step: Step, number: number): void {
    for (const v of writes(step)) this.makers.set(v, number);
  }
}

const operand = (o: ValueView): string => `${show(o.shape)}${o.dtype === 'f32' ? '' : ` ${o.dtype}`}`;

/** The steps in order, with what they cost, and the memory they need. */
export function explain({ steps, once }: Graph, { bytes: arena, bound }: MemoryPlan, backend: Backend): string {
  const names = new Names();
  const rows = [['step', 'op', 'output', 'inputs', 'FLOP', 'memory', 'made of']];
  let flops = 0;
  const line = (step: Step, number: string): string[] => {
    const inputs = step.xs.flatMap(x => (x ? [`${names.of(x)} ${operand(x)}`] : [])).join(', ');
    const output =
      step.ys.length > 0
        ? step.ys
            .filter(y => y.size > 0)
            .map(operand)
            .join(', ')
        : 'in place';
    const made = [
      ...(opsOf(step).length > 1 ? [opsOf(step).join(' + ')] : []),
      ...(step.segment ? ['again'] : []),
    ].join(', ');
    const n = flopsOf(step);
    return [number, step.def.name, output, inputs, short(n), bytes(trafficOf(step, backend)), made];
  };
  once.forEach(step => {
    rows.push(line(step, 'once'));
  });
  steps.forEach((step, i) => {
    rows.push(line(step, `#${i}`));
    flops += flopsOf(step);
    names.made(step, i);
  });
  const over =
    bound > 0 ? `, ${((100 * arena) / bound - 100).toFixed(1)} % over the least possible ${bytes(bound)}` : '';
  return `${table(rows)}\n${short(flops)} FLOP in ${steps.length} steps; arena of ${bytes(arena)}${over}`;
}

/** A graph's nodes are its steps and what they find; an arrow is a value. */
export class Drawing {
  constructor(private readonly graph: Graph) {}

  /** For Mermaid, which Markdown viewers draw. */
  toMermaid(): string {
    const { nodes, arrows } = this.parts();
    const text = (s: string): string => s.replace(/["<>]/g, c => `#${c.codePointAt(0)};`);
    return [
      'flowchart TD',
      ...nodes.map(({ id, label, step }) => `  ${id}${step ? `["${text(label)}"]` : `(["${text(label)}"])`}`),
      ...arrows.map(({ from, to, label }) => `  ${from} -->|"${text(label)}"| ${to}`),
    ].join('\n');
  }
  /** For Graphviz. */
  toDot(): string {
    const { nodes, arrows } = this.parts();
    return [
      'digraph plan {',
      '  node [fontname="sans-serif"];',
      ...nodes.map(
        ({ id, label, step }) => `  ${id} [label=${JSON.stringify(label)}, shape=${step ? 'box' : 'ellipse'}];`,
      ),
      ...arrows.map(({ from, to, label }) => `  ${from} -> ${to} [label=${JSON.stringify(label)}];`),
      '}',
    ].join('\n');
  }

  private parts(): {
    nodes: readonly { id: string; label: string; step: boolean }[];
    arrows: readonly { from: string; to: string; label: string }[];
  } {
    const { steps, once, results } = this.graph;
    const names = new Names();
    const nodes: { id: string; label: string; step: boolean }[] = [];
    const arrows: { from: string; to: string; label: string }[] = [];
    /** Who wrote a value last. */
    const last = new Map<Value, string>();
    const sourceOf = (o: ValueView): string => {
      let id = last.get(o.value);
      if (id === undefined) {
        id = `v${nodes.length}`;
        nodes.push({ id, label: names.of(o), step: false });
        last.set(o.value, id);
      }
      return id;
    };
    [...once, ...steps].forEach((step, i) => {
      const id = `s${i}`;
      const sources = step.xs.flatMap(x => (x ? [{ from: sourceOf(x), label: operand(x) }] : []));
      nodes.push({ id, label: opsOf(step).join(' + ') + (mutates(step) ? ', in place' : ''), step: true });
      for (const { from, label } of sources) arrows.push({ from, to: id, label });
      for (const v of writes(step)) last.set(v, id);
    });
    [...results].forEach((v, i) => {
      const from = last.get(v);
      if (from === undefined) return;
      nodes.push({ id: `r${i}`, label: `result ${i}`, step: false });
      arrows.push({ from, to: `r${i}`, label: '' });
    });
    return { nodes, arrows };
  }
}
