/**
 * Layout assignment: batches of images stay in lanes from layer to layer.
 *
 * A convolution of few channels puts its batch into lanes, eight images side by side, computes and takes it out again,
 * in the forward pass and in both gradients. Here it is put in once: where a convolution wants lanes, its batch comes
 * in lanes and goes on so, through pools and whatever goes element by element, until a step needs images again. Values
 * are converted at these edges only, each once. All that comes out has the same bits.
 */
import type { Backend } from '../../backend/backend';
import { declareOp } from '../../core/declare';
import type { OpDef } from '../../core/definition';
import { rowMajor, sizeOf, type Shape } from '../../core/shape';
import type { Tensor } from '../../core/tensor';
import { local, mutates, writes, type Graph, type Operand, type Step, type Value } from '../graph';

/** Images side by side. */
const LANES = 8;

/** [n, size] as [⌈n / 8⌉, size, 8]. */
const laneShape = ([n, ...image]: Shape): Shape => [Math.ceil(n! / LANES), sizeOf(image), LANES];

const toLanes = declareOp<[x: Tensor], void, 'x', object>({
  name: 'toLanes',
  inputs: ['x'],
  flops: () => 0,
  shape: ([x]) => laneShape(x.shape),
  run: (k, [x], [y]) => k.toLanes(x.at, y.at, x.shape[0]!, x.size / x.shape[0]!),
});
const fromLanes = declareOp<[x: Tensor], { shape: Shape }, 'x', object>({
  name: 'fromLanes',
  inputs: ['x'],
  flops: () => 0,
  shape: (_, { shape }) => shape,
  run: (k, [x], [y]) => k.fromLanes(x.at, y.at, y.shape[0]!, y.size / y.shape[0]!),
});

/** The op of a step, in lanes. */
const variants: WeakMap<OpDef, OpDef> = new WeakMap();
function inLanes(def: OpDef): OpDef {
  let variant = variants.get(def);
  if (!variant) {
    const { name, traits } = def;
    variant = { ...def, name: `${name} in lanes`, inLanes: true, run: traits.lanes!.run };
    variants.set(def, variant);
  }
  return variant;
}

/** Lays batches in lanes where convolutions would put them there for themselves. */
export function assignLanes(graph: Graph, backend: Backend): Graph {
  // Only f32 can be taken out of lanes again. Where something else would have to be, a pool's taps say, the step that
  // makes it is left alone, and all is tried again.
  const left = new Set<Step>();
  for (;;) {
    const attempt = new Assignment(graph, backend, left);
    const stuck = attempt.run();
    if (!stuck) return { ...graph, steps: attempt.steps };
    left.add(stuck);
  }
}

class Assignment {
  readonly steps: Step[] = [];
  /** By value of the graph: its twin in lanes. */
  private readonly lanes: Map<Value, Value> = new Map();
  /** The values with a twin that are there themselves, too. */
  private readonly images: Set<Value> = new Set();
  /** What a value is made by. */
  private readonly maker: Map<Value, Step> = new Map();
  /** Values that change after they are made. */
  private readonly unsteady: Set<Value> = new Set();
  /** What turned out to be impossible in lanes. */
  private stuck: Step | null = null;

  constructor(
    private readonly graph: Graph,
    private readonly backend: Backend,
    private readonly left: ReadonlySet<Step>,
  ) {
    for (const step of graph.steps) {
      for (const v of writes(step)) {
        if (this.maker.has(v) || mutates(step) || v.origin.from !== 'local') this.unsteady.add(v);
        this.maker.set(v, step);
      }
    }
  }

  /** Answers the step that must be left alone, if there is one. */
  run(): Step | null {
    for (const step of this.graph.steps) {
      this.steps.push(this.wants(step) ? this.inLanes(step) : { ...step, xs: step.xs.map(x => x && this.asImages(x)) });
      for (const y of step.ys) if (this.graph.results.has(y.value)) this.asImages(y);
      if (this.stuck) return this.stuck;
    }
    return null;
  }

  /** A batch that can be in lanes: all there is of a value that does not change. */
  private fits(o: Operand | null): boolean {
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
    const batch = operandsInLanes(step);
    if (batch.length === 0 || !batch.every(o => this.fits(o))) return false;
    if (def.traits.lanes) {
      if (def.traits.lanes.can && !def.traits.lanes.can(xs, params)) return false;
      if (def.traits.lanes.prefers) return def.traits.lanes.prefers(this.backend, xs, ys[0]!, params);
    } else if (!batch.every(o => o!.shape[0] === ys[0]!.shape[0] && o!.size === ys[0]!.size)) return false;
    return xs.some(x => x !== null && this.lanes.has(x.value));
  }

  private inLanes(step: Step): Step {
    const inside = new Set(operandsInLanes(step));
    const logical = step.def.traits.lanes !== undefined; // it knows the batch by the shape of its images
    const xs = step.xs.map(x => x && (inside.has(x) ? this.asLanes(x, step, logical) : this.asImages(x)));
    const ys = step.ys.map(y => (inside.has(y) ? laneOperand(y, this.twin(y), logical) : y));
    return { ...step, def: logical ? inLanes(step.def) : step.def, xs, ys };
  }

  private twin({ value, shape, dtype }: Operand): Value {
    const twin = local(sizeOf(laneShape(shape)) * this.backend.itemSize(dtype));
    this.lanes.set(value, twin);
    return twin;
  }

  private asLanes(x: Operand, step: Step, logical: boolean): Operand {
    const found = this.lanes.get(x.value);
    if (found) return laneOperand(x, found, logical);
    if (x.dtype !== 'f32') this.stuck ??= step;
    const twin = this.twin(x);
    this.images.add(x.value);
    this.steps.push({ def: toLanes, params: {}, xs: [x], ys: [laneOperand(x, twin, false)] });
    return laneOperand(x, twin, logical);
  }

  private asImages(x: Operand): Operand {
    const twin = this.lanes.get(x.value);
    if (!twin || this.images.has(x.value)) return x;
    const maker = this.maker.get(x.value)!;
    const made = maker.ys.find(y => y.value === x.value)!;
    if (made.dtype !== 'f32') this.stuck ??= maker;
    this.images.add(x.value);
    this.steps.push({
      def: fromLanes,
      params: { shape: made.shape },
      xs: [laneOperand(made, twin, false)],
      ys: [made],
    });
    return x;
  }
}

/** The operands of a step that would lie in lanes. */
function operandsInLanes({ def, xs, ys }: Step): readonly (Operand | null)[] {
  const { inputs, outputs } = def;
  const { lanes, pointwise } = def.traits;
  if (!lanes) return pointwise ? [...xs, ...ys] : [];
  const wanted = ys.filter((y, i) => lanes.of.includes(outputs[i]!) && y.size > 0); // taps that nobody follows are empty
  return [...xs.filter((_, i) => lanes.of.includes(inputs[i]!)), ...wanted];
}

/** A batch in lanes, in the shape of its images or in the shape that it has in memory. */
function laneOperand(o: Operand, value: Value, logical: boolean): Operand {
  const shape = laneShape(o.shape);
  return logical ? { ...o, value } : { ...o, value, shape, strides: rowMajor(shape), size: sizeOf(shape) };
}
