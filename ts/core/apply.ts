/** How one op travels: checks, widening, densifying, shape rule, memory, kernel, and a node if a gradient is wanted. */
import type { DType } from './dtype';
import { cast, copy } from './convert';
import { DTypeError, GradientError, ShapeError } from './errors';
import { Node } from './node';
import type { AnyDef, Params } from './op';
import { runtime } from './runtime';
import { adopt, meet, type Scope } from './scope';
import { show, type Shape } from './shape';
import { allocate, drop, isWhole, live, Tensor } from './tensor';

type Inputs = readonly (Tensor | null)[];

// What `inspect` finds about the inputs of one op, beside what it answers. Ops do not nest there.
let tracked = false;
let home: Scope | null = null;

/** Checks the inputs of an op; answers them as its kernel takes them, and tells whether one has a gradient. */
function inspect(def: AnyDef, xs: Inputs): Inputs {
  tracked = false;
  home = null;
  let fits = true;
  for (let i = 0; i < xs.length; i++) {
    const x = xs[i]!;
    if (x === null) continue;
    if (x.disposed) live(x, def.name);
    if (!isWhole(x))
      throw new ShapeError(
        def.name,
        `the shape or the strides of a tensor of ${x.size} elements were changed, to ${show(x.shape)} and ${show(x.strides)}: copy them before`,
      );
    if (x.size >= MOST && def.view === undefined) checkBytes(def, i, x);
    if (x.node !== null) tracked = true;
    if (x.home !== home && x.home !== null) home = home === null ? x.home : meet(home, x.home);
    const want = def.inputTypes[def.variadic === null ? i : 0]!;
    if ((want !== x.dtype && want !== 'any') || (!x.dense && !def.strided)) fits = false;
  }
  tracked &&= runtime.recording;
  if (tracked && def.mutates !== undefined) {
    throw new GradientError(def.name, 'writes in place what a gradient is recorded for; do it in noGrad');
  }
  return fits || def.view !== undefined ? xs : convert(def, xs);
}

/** Kernels count in 32 bits. Only a tensor spread over a larger shape has more elements than memory. */
const MOST = 2 ** 30;
function checkBytes(def: AnyDef, i: number, x: Tensor): void {
  const most = 2 ** 32 / x.storage.backend.itemSize(x.dtype);
  if (x.size < most) return;
  const input = def.inputs[i] ?? def.inputs[0];
  throw new ShapeError(
    def.name,
    `${input} takes fewer than ${most} elements of ${x.dtype}, ${show(x.shape)} has ${x.size}`,
  );
}

/** The inputs in the element types and layout that the kernel takes: where they differ, twins for this one op. */
function convert(def: AnyDef, xs: Inputs): Inputs {
  const ins = [...xs];
  try {
    xs.forEach((x, i) => {
      const want = def.inputTypes[def.variadic === null ? i : 0]!;
      if (x === null || ((want === 'any' || want === x.dtype) && (x.dense || def.strided))) return;
      const widens = want !== 'any' && want !== x.dtype;
      if (widens && !(rank[x.dtype] < rank[want])) {
        throw new DTypeError(
          def.name,
          `${def.inputs[i]} takes ${want}, this is ${x.dtype}; convert it with to('${want}')`,
        );
      }
      if (def.written[i])
        throw new ShapeError(def.name, `${def.inputs[i]} is written in place and must be dense ${want}`);
      ins[i] = twin(widens ? cast.def : copy.def, x, widens ? want : x.dtype);
    });
  } catch (e) {
    dropTwins(xs, ins);
    throw e;
  }
  return ins;
}
/** Widening goes up; f64 is neither wider nor narrower. */
const rank: Readonly<Record<DType, number>> = { bool: 0, u8: 1, i32: 2, f32: 3, f64: NaN };

/** A twin of an input by one of the two conversions, of no scope and no graph: the op that asked for it has a node. */
function twin(def: AnyDef, x: Tensor, dtype: DType): Tensor {
  const source = x.dense || def.strided ? x : twin(copy.def, x, x.dtype);
  const y = allocate(x.shape, dtype);
  try {
    runtime.interpreter.exec(def, [source], y, { dtype });
  } catch (e) {
    drop(y);
    throw e;
  } finally {
    if (source !== x) drop(source);
  }
  y.home = x.home;
  return y;
}

function dropTwins(xs: Inputs, ins: Inputs): void {
  for (let i = 0; i < xs.length; i++) if (ins[i] !== xs[i]) drop(ins[i]!);
}

/** Runs an op with one output, or none. */
export function apply(def: AnyDef, xs: Inputs, params: Params): Tensor {
  const ins = inspect(def, xs);
  if (ins === xs) return run(def, xs, xs, params);
  try {
    return run(def, xs, ins, params);
  } finally {
    dropTwins(xs, ins);
  }
}

function run(def: AnyDef, xs: Inputs, ins: Inputs, params: Params): Tensor {
  const recorded = tracked && def.differentiable;
  const from = home;
  let y: Tensor;
  if (def.view !== undefined) {
    const x = xs[0]!;
    runtime.watcher?.uses(x, recorded);
    const { shape, strides, offset } = def.view(x, params);
    y = new Tensor(x.storage, shape, strides, offset, x.dtype);
  } else {
    const shape = def.shape!(xs, params);
    if (shape === null) {
      runtime.interpreter.exec(def, ins, ins[0]!, params);
      written(def, xs);
      return xs[0]!;
    }
    const dtype = def.dtype!;
    y = allocate(shape, typeof dtype === 'string' ? dtype : dtype(xs, params), ins.length > 0 ? ins[0]! : null);
    try {
      runtime.interpreter.exec(def, ins, y, params);
    } catch (e) {
      y.storage.release(); // nothing else has seen it
      throw e;
    }
    if (def.mutates !== undefined) written(def, xs);
  }
  y.home = from;
  y.made = def.name;
  if (recorded) y.node = new Node(def, params, xs, ins, [y]);
  return adopt(y);
}

/** Runs an op with several outputs. */
export function applyMulti(def: AnyDef, xs: Inputs, params: Params): readonly Tensor[] {
  const ins = inspect(def, xs);
  try {
    return runMulti(def, xs, ins, params);
  } finally {
    dropTwins(xs, ins);
  }
}

function runMulti(def: AnyDef, xs: Inputs, ins: Inputs, params: Params): readonly Tensor[] {
  const recorded = tracked && def.differentiable;
  const from = home;
  const shapes: Readonly<Record<string, Shape>> = def.shapes!(xs, params);
  const dtypes = typeof def.dtypes === 'function' ? def.dtypes(xs, params) : (def.dtypes ?? {});
  const outputs = def.outputs!;
  const ys: Tensor[] = [];
  try {
    for (const name of outputs) ys.push(allocate(shapes[name]!, dtypes[name] ?? 'f32'));
    runtime.interpreter.execMulti(def, ins, Object.fromEntries(ys.map((y, i) => [outputs[i]!, y])), params);
  } catch (e) {
    for (const y of ys) y.storage.release();
    throw e;
  }
  const node = recorded ? new Node(def, params, xs, ins, ys) : null;
  ys.forEach((y, slot) => {
    y.home = from;
    y.made = def.name;
    // Only float outputs carry a gradient: an index has none.
    if (node && y.dtype === 'f32') {
      y.node = node;
      y.slot = slot;
    } else if (node) node.refs--;
    adopt(y);
  });
  return ys;
}

function written(def: AnyDef, xs: Inputs): void {
  for (let i = 0; i < xs.length; i++) {
    const x = xs[i]!;
    if (def.written[i] && x !== null) x.storage.version++;
  }
}
