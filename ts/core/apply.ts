/** How one op travels: checks, widening, densifying, shape rule, memory, kernel, and a node if a gradient is wanted. */
import { advice } from './casts';
import { casting, copying } from './conversions';
import type { OpDef, OpParams, Tensors } from './definition';
import { carriesGradient, widens, type DType } from './dtype';
import { BackendError, DTypeError, GradientError, ShapeError } from './errors';
import { record } from './record';
import { runtime } from './runtime';
import { adopt, drop, commonLoop, type Scope } from './lifetime';
import { show, type Shape } from './shape';
import { isIntact } from './reading';
import { allocate } from './allocate';
import { live, Tensor } from './tensor';

// What `inspect` finds about the inputs of one op, beside what it returns. Ops do not nest there.
let tracked = false;
let loop: Scope | null = null;

/** Checks the inputs of an op; returns them as its kernel takes them, and tells whether one has a gradient. */
function inspect(def: OpDef, xs: Tensors): Tensors {
  tracked = false;
  loop = null;
  let fits = true;
  const { backend } = runtime;
  for (let i = 0; i < xs.length; i++) {
    const x = xs[i]!;
    if (x === null) continue;
    if (x.disposed) live(x, def.name);
    if (!isIntact(x, backend)) refuse(def, i, x);
    if (x.size >= MOST && def.view === null) checkBytes(def, i, x);
    if (x.node !== null) tracked = true;
    if (x.loop !== loop && x.loop !== null) loop = loop === null ? x.loop : commonLoop(loop, x.loop);
    const want = def.wants[def.variadic ? 0 : i]!;
    if ((want !== x.dtype && want !== 'any') || (!x.dense && !def.strided)) fits = false;
  }
  tracked &&= runtime.recording;
  if (tracked && def.mutates) {
    throw new GradientError(def.name, 'writes in place what a gradient is recorded for; do it in noGrad');
  }
  return fits || def.view !== null ? xs : convert(def, xs);
}

function refuse(def: OpDef, i: number, x: Tensor): never {
  if (isIntact(x, x.storage.backend)) {
    throw new BackendError(
      def.name,
      `${def.inputs[i] ?? def.inputs[0]} is a tensor on ${x.storage.backend.name}, ops run on ${runtime.backend.name}`,
    );
  }
  throw new ShapeError(
    def.name,
    `the shape or the strides of a tensor of ${x.size} elements were changed, to ${show(x.shape)} and ${show(x.strides)}: copy them before`,
  );
}

/** Kernels count in 32 bits. Only a tensor spread over a larger shape has more elements than memory. */
const MOST = 2 ** 30;
function checkBytes(def: OpDef, i: number, x: Tensor): void {
  const most = 2 ** 32 / x.storage.backend.itemSize(x.dtype);
  if (x.size < most) return;
  const input = def.inputs[i] ?? def.inputs[0];
  throw new ShapeError(
    def.name,
    `${input} takes fewer than ${most} elements of ${x.dtype}, ${show(x.shape)} has ${x.size}`,
  );
}

/** The inputs in the element types and layout that the kernel takes: where they differ, converted copies for this one op. */
function convert(def: OpDef, xs: Tensors): Tensors {
  const ins = [...xs];
  try {
    xs.forEach((x, i) => {
      const want = def.wants[def.variadic ? 0 : i]!;
      if (x === null || ((want === 'any' || want === x.dtype) && (x.dense || def.strided))) return;
      const other = want !== 'any' && want !== x.dtype;
      if (other && !widens(x.dtype, want)) {
        throw new DTypeError(def.name, `${def.inputs[i]} takes ${want}, this is ${advice(x.dtype, want)}`);
      }
      if (def.written[i])
        throw new ShapeError(def.name, `${def.inputs[i]} is written in place and must be dense ${want}`);
      ins[i] = convertedCopy(other ? casting : copying, x, other ? want : x.dtype);
    });
  } catch (e) {
    dropConverted(xs, ins);
    throw e;
  }
  return ins;
}

/** A copy of an input by one of the two conversions, of no scope and no graph: the op that asked for it has a node. */
function convertedCopy(def: OpDef, x: Tensor, dtype: DType): Tensor {
  const source = x.dense || def.strided ? x : convertedCopy(copying, x, x.dtype);
  const y = allocate(x.shape, dtype);
  try {
    runtime.interpreter.exec(def, [source], [y], { dtype });
  } catch (e) {
    drop(y);
    throw e;
  } finally {
    if (source !== x) drop(source);
  }
  y.loop = x.loop;
  return y;
}

function dropConverted(xs: Tensors, ins: Tensors): void {
  for (let i = 0; i < xs.length; i++) if (ins[i] !== xs[i]) drop(ins[i]!);
}

/** Runs an op; returns its outputs, or the first input of one that works in place. */
export function apply(def: OpDef, given: Tensors, params: OpParams): readonly Tensor[] {
  const { carry } = runtime;
  const xs = carry === null ? given : given.map(x => x && carry(x));
  const ins = inspect(def, xs);
  if (ins === xs) return run(def, xs, xs, params);
  try {
    return run(def, xs, ins, params);
  } finally {
    dropConverted(xs, ins);
  }
}

function run(def: OpDef, xs: Tensors, ins: Tensors, params: OpParams): readonly Tensor[] {
  const recorded = tracked && def.vjp !== null;
  const from = loop;
  const ys = def.view === null ? compute(def, xs, ins, params) : [viewOf(def.view, xs[0]!, params, recorded)];
  if (def.mutates) written(def, xs);
  if (ys.length === 0) return [xs[0]!];
  const node = recorded ? record(def, params, xs, ins, ys) : null;
  for (let slot = 0; slot < ys.length; slot++) {
    const y = ys[slot]!;
    y.loop = from;
    y.made = def.name;
    // Only float outputs carry a gradient: an index has none.
    if (node !== null && carriesGradient(y.dtype)) {
      y.node = node;
      y.slot = slot;
    } else if (node !== null) node.refs--;
    adopt(y);
  }
  return ys;
}

function viewOf(view: NonNullable<OpDef['view']>, x: Tensor, params: OpParams, recorded: boolean): Tensor {
  runtime.watcher?.uses(x, recorded);
  const { shape, strides, offset } = view(x, params);
  return new Tensor(x.storage, shape, strides, offset, x.dtype);
}

/** Fresh outputs with what the kernel writes into them. */
function compute(def: OpDef, xs: Tensors, ins: Tensors, params: OpParams): Tensor[] {
  const shapes = def.shapes(xs, params);
  const dtypes = typeof def.dtypes === 'function' ? def.dtypes(xs, params) : def.dtypes;
  if (shapes.length !== 1) return computeMany(def, ins, params, shapes, dtypes);
  const ys = [allocate(shapes[0]!, dtypes[0]!, ins.length > 0 ? ins[0]! : null)];
  try {
    runtime.interpreter.exec(def, ins, ys, params);
  } catch (e) {
    ys[0]!.storage.release(); // nothing else has seen it
    throw e;
  }
  return ys;
}
function computeMany(
  def: OpDef,
  ins: Tensors,
  params: OpParams,
  shapes: readonly Shape[],
  dtypes: readonly DType[],
): Tensor[] {
  const ys: Tensor[] = [];
  try {
    for (let i = 0; i < shapes.length; i++) ys.push(allocate(shapes[i]!, dtypes[i]!, ins[0] ?? null));
    runtime.interpreter.exec(def, ins, ys, params);
  } catch (e) {
    for (const y of ys) y.storage.release();
    throw e;
  }
  return ys;
}

function written(def: OpDef, xs: Tensors): void {
  for (let i = 0; i < xs.length; i++) {
    const x = xs[i]!;
    if (def.written[i] && x !== null) x.storage.version++;
  }
}
