/**
 * Layout assignment: batches of images keep the blocked layout, NCHW8n, from layer to layer.
 *
 * A convolution of few channels brings its batch into blocks of eight interleaved images, computes and brings it back, in
 * the forward pass and in both gradients. Here it is brought once: where a convolution wants blocks, its batch comes in
 * blocks and goes on so, through pools and whatever goes element by element, until a step needs images again. Values are
 * converted at these edges only, each once. All that comes out has the same bits.
 */
import type { Backend, BlockedKernels } from '../../backend/backend';
import { rowMajor, sizeOf } from '../../core/shape';
import { local, mutates, writes, type Graph, type Step, type Value, type ValueView } from '../graph';
import { BLOCKED, blockedShape, fromBlocked, toBlocked } from './blocked-ops';
import { POINTWISE } from './pointwise';

/** Brings batches into blocks where convolutions would bring them there for themselves. */
export function assignBlocks(graph: Graph, backend: Backend): Graph {
  const { blocked } = backend;
  if (!blocked) return graph;
  // Only f32 can be brought back to images. Where something else would have to be, a pool's taps say, the step that makes
  // it is left alone, and all is tried again.
  const left = new Set<Step>();
  for (;;) {
    const attempt = new Assignment(graph, backend, blocked, left);
    const stuck = attempt.run();
    if (!stuck) return { ...graph, steps: attempt.steps };
    left.add(stuck);
  }
}

class Assignment {
  readonly steps: Step[] = [];
  /** By value of the graph: the same batch in blocks. */
  private readonly blocked: Map<Value, Value> = new Map();
  /** The values that are there both in blocks and as images. */
  private readonly images: Set<Value> = new Set();
  /** What a value is made by. */
  private readonly maker: Map<Value, Step> = new Map();
  /** Values that change after they are made. */
  private readonly unsteady: Set<Value> = new Set();
  /** What turned out to be impossible in blocks. */
  private stuck: Step | null = null;

  constructor(
    private readonly graph: Graph,
    private readonly backend: Backend,
    private readonly kernels: BlockedKernels,
    private readonly left: ReadonlySet<Step>,
  ) {
    for (const step of graph.steps) {
      for (const v of writes(step)) {
        if (this.maker.has(v) || mutates(step) || v.origin.from !== 'local') this.unsteady.add(v);
        this.maker.set(v, step);
      }
    }
  }

  /** Returns the step that must be left alone, if there is one. */
  run(): Step | null {
    for (const step of this.graph.steps) {
      this.steps.push(
        this.wants(step) ? this.inBlocks(step) : { ...step, xs: step.xs.map(x => x && this.asImages(x)) },
      );
      for (const y of step.ys) if (this.graph.results.has(y.value)) this.asImages(y);
      if (this.stuck) return this.stuck;
    }
    return null;
  }

  /** A batch that can be in blocks: all there is of a value that does not change. */
  private fits(o: ValueView | null): boolean {
    return (
      o !== null &&
      o.dense &&
      o.shape.length > 1 &&
      o.size > 0 &&
      !this.unsteady.has(o.value) &&
      o.size * this.backend.itemSize(o.dtype) === o.value.bytes
    );
  }

  private wants(step: Step): boolean {
    const { def, xs, ys, params } = step;
    if (this.left.has(step)) return false;
    const entry = BLOCKED.get(def);
    const batch = operandsInBlocks(step);
    if (batch.length === 0 || !batch.every(o => this.fits(o))) return false;
    if (entry) {
      if (entry.can && !entry.can(xs, params)) return false;
      if (entry.prefers) return entry.prefers(this.kernels, xs, ys[0]!, params);
    } else if (!batch.every(o => o!.shape[0] === ys[0]!.shape[0] && o!.size === ys[0]!.size)) return false;
    return xs.some(x => x !== null && this.blocked.has(x.value));
  }

  private inBlocks(step: Step): Step {
    const inside = new Set(operandsInBlocks(step));
    const entry = BLOCKED.get(step.def);
    const logical = entry !== undefined; // it knows the batch by the shape of its images
    const xs = step.xs.map(x => x && (inside.has(x) ? this.asBlocks(x, step, logical) : this.asImages(x)));
    const ys = step.ys.map(y => (inside.has(y) ? blockedOperand(y, this.allocate(y), logical) : y));
    return { ...step, def: entry ? entry.op : step.def, xs, ys };
  }

  /** Room for an operand in blocks. */
  private allocate({ value, shape, dtype }: ValueView): Value {
    const blocked = local(sizeOf(blockedShape(shape)) * this.backend.itemSize(dtype));
    this.blocked.set(value, blocked);
    return blocked;
  }

  private asBlocks(x: ValueView, step: Step, logical: boolean): ValueView {
    const found = this.blocked.get(x.value);
    if (found) return blockedOperand(x, found, logical);
    if (x.dtype !== 'f32') this.stuck ??= step;
    const blocked = this.allocate(x);
    this.images.add(x.value);
    const y = blockedOperand(x, blocked, false);
    this.steps.push({ def: toBlocked, params: { shape: y.shape }, xs: [x], ys: [y] });
    return blockedOperand(x, blocked, logical);
  }

  private asImages(x: ValueView): ValueView {
    const found = this.blocked.get(x.value);
    if (!found || this.images.has(x.value)) return x;
    const maker = this.maker.get(x.value)!;
    const made = maker.ys.find(y => y.value === x.value)!;
    if (made.dtype !== 'f32') this.stuck ??= maker;
    this.images.add(x.value);
    this.steps.push({
      def: fromBlocked,
      params: { shape: made.shape },
      xs: [blockedOperand(made, found, false)],
      ys: [made],
    });
    return x;
  }
}

/** The operands of a step that would lie in blocks. */
function operandsInBlocks({ def, xs, ys }: Step): readonly (ValueView | null)[] {
  const { inputs, outputs } = def;
  const entry = BLOCKED.get(def);
  if (!entry) return POINTWISE.has(def) ? [...xs, ...ys] : [];
  const wanted = ys.filter((y, i) => entry.of.includes(outputs[i]!) && y.size > 0); // taps that nobody follows are empty
  return [...xs.filter((_, i) => entry.of.includes(inputs[i]!)), ...wanted];
}

/** A batch in blocks, in the shape of its images or in the shape that it has in memory. */
function blockedOperand(o: ValueView, value: Value, logical: boolean): ValueView {
  const shape = blockedShape(o.shape);
  return logical ? { ...o, value } : { ...o, value, shape, strides: rowMajor(shape), size: sizeOf(shape) };
}
