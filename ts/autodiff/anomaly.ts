/**
 * Where numbers first become NaN or infinite. Ops run one by one as ever; what each has written is looked through, and
 * each node remembers where it was made, so that a gradient that goes astray leads to the line of its forward pass.
 */
import { callSite } from '../core/callsite';
import { casting, copying } from '../core/conversions';
import type { OpDef, OpParams, Tensors } from '../core/definition';
import { isFloat, type DType } from '../core/dtype';
import { AnomalyError, CaptureError, ValueError, type Anomaly } from '../core/errors';
import { aFunction, check, checkCount, type Kind } from '../core/kinds';
import type { Node } from '../core/node';
import { runtime, type Inspector, type Interpreter } from '../core/runtime';
import { show, type Shape } from '../core/shape';
import type { Storage } from '../core/storage';
import { Tensor } from '../core/tensor';
import { leaves } from '../core/tree';

/** What is wrong with some numbers: NaN, if there is one, is worse than an infinity. */
interface Flaw {
  readonly value: Anomaly;
  /** `NaN in 3 of 64 elements, first at [0, 3]` */
  readonly text: string;
}
/** An op whose output has a flaw. */
interface Fault extends Flaw {
  readonly op: string;
  /** What it came from. */
  readonly inputs: string;
}
/** Where a node was made. */
interface Origin {
  readonly site: string;
  /** The modules that ran, the outermost and the innermost. */
  readonly modules: readonly [outer: object, inner: object] | null;
}
/** A module, as far as its paths go. */
interface Paths {
  namedModules(): Iterable<readonly [path: string, module: object]>;
}
const hasPaths = (o: object): o is Paths => 'namedModules' in o && typeof o.namedModules === 'function';

const at = (index: number, shape: Shape): string => {
  let rest = index;
  const place = [...shape].reverse().map(n => {
    const i = rest % n;
    rest = Math.floor(rest / n);
    return i;
  });
  return show(place.reverse());
};

function flawOf(t: Tensor): Flaw | null {
  if (!isFloat(t.dtype)) return null;
  const data = t.toArray();
  let [nans, infinite, first, value] = [0, 0, -1, 0];
  for (let i = 0; i < data.length; i++) {
    const v = data[i]!;
    if (v - v === 0) continue;
    if (Number.isNaN(v) ? nans++ === 0 : infinite++ === 0 && nans === 0) {
      first = i;
      value = v;
    }
  }
  if (first < 0) return null;
  const name: Anomaly = nans > 0 ? 'NaN' : value > 0 ? 'Infinity' : '-Infinity';
  const where = t.size === 1 ? '' : ` in ${nans || infinite} of ${t.size} elements, first at ${at(first, t.shape)}`;
  return { value: name, text: `${name}${where}` };
}
/** `x f32 [2, 3] from -1 to 4` */
function described(name: string, t: Tensor): string {
  const flaw = flawOf(t);
  const data = t.size === 0 ? [0] : t.toArray();
  const [low, high] = [data, data].map((all, i) => {
    let most = all[0]!;
    for (let j = 1; j < all.length; j++) if (i === 0 ? all[j]! < most : all[j]! > most) most = all[j]!;
    return Number(most.toPrecision(4));
  });
  const numbers = flaw ? `with ${flaw.text}` : low === high ? `of ${low}` : `from ${low} to ${high}`;
  return `${name} ${t.dtype} ${show(t.shape)} ${numbers}`;
}
const isInfinite = (v: unknown): boolean => typeof v === 'number' && !Number.isFinite(v);

class Inspection implements Interpreter, Inspector {
  /** How many functions made of ops are under way. */
  private depth = 0;
  /** What went wrong inside the outermost of them first: it may be masked before that returns. */
  private fault: Fault | null = null;
  private readonly origins: WeakMap<Node, Origin> = new WeakMap();

  constructor(private readonly inner: Interpreter) {}

  alloc(shape: Shape, dtype: DType): Storage {
    return this.inner.alloc(shape, dtype);
  }

  exec(def: OpDef, xs: Tensors, ys: readonly Tensor[], params: OpParams): void {
    // What is written in place must be looked at before.
    const before = def.mutates ? this.inputsOf(def, xs) : null;
    this.inner.exec(def, xs, ys, params);
    const written = def.mutates ? xs.flatMap((x, i) => (x && def.written[i] ? [x] : [])) : ys;
    for (const y of written) {
      const flaw = flawOf(y);
      if (flaw === null) continue;
      const { text, value } = before ?? this.inputsOf(def, xs);
      if (!isNew(def, flaw.value, value, xs, params)) continue;
      const fault = { ...flaw, op: def.name, inputs: text };
      if (this.depth === 0 || def.mutates) throw this.forwardError(def.name, fault);
      this.fault ??= fault;
    }
  }
  /** The inputs in words, and the worst of what is in them. */
  private inputsOf(def: OpDef, xs: Tensors): { text: string; value: Anomaly | null } {
    const given = xs.flatMap((x, i) => (x ? [{ name: def.inputs[def.variadic ? 0 : i]!, x }] : []));
    const values = given.map(({ x }) => flawOf(x)?.value ?? null);
    const value = values.includes('NaN') ? 'NaN' : (values.find(v => v !== null) ?? null);
    return { text: given.map(({ name, x }) => described(name, x)).join(', '), value };
  }

  whole<T>(where: string, f: () => T): T {
    const { result, fault } = this.inside(f);
    const flaw = fault && firstFlaw(result);
    if (flaw) throw this.forwardError(where, fault);
    return result;
  }
  private inside<T>(f: () => T): { result: T; fault: Fault | null } {
    this.depth++;
    try {
      const result = f();
      return { result, fault: this.depth === 1 ? this.fault : null };
    } finally {
      if (--this.depth === 0) this.fault = null;
    }
  }
  private forwardError(where: string, { op, value, text, inputs }: Fault): AnomalyError {
    const site = callSite();
    const through = where === op ? '' : `, in its ${op},`;
    const line = site === '' ? '' : ` at ${site}`;
    const verb = inputs.includes(' with NaN') ? 'hands on' : 'makes';
    return new AnomalyError(where, `${verb}${through} ${text} from ${inputs}${line}`, {
      op,
      value,
      phase: 'forward',
      site,
    });
  }

  made(n: Node): void {
    const modules: object[] = [];
    for (let s = runtime.scope; s !== null; s = s.parent) if (typeof s.label === 'object') modules.push(s.label);
    this.origins.set(n, {
      site: callSite(),
      modules: modules.length > 0 ? [modules.at(-1)!, modules[0]!] : null,
    });
  }

  gradient(n: Node, f: () => Tensors): Tensors {
    const { result, fault } = this.inside(f);
    if (fault === null) return result;
    const def = n.def!;
    for (const [i, g] of result.entries()) {
      const flaw = g && flawOf(g);
      if (!flaw) continue;
      const origin = this.origins.get(n);
      const site = origin?.site ?? '';
      const from = origin === undefined ? ', which ran outside' : site === '' ? '' : `, which ran at ${site}`;
      const by = def.inputs[def.variadic ? 0 : i]!;
      const error = new AnomalyError(
        def.name,
        `the gradient by its ${by} ${show(g.shape)} becomes ${flaw.text}${from}: ${fault.op} of ${fault.inputs}`,
        { op: def.name, value: flaw.value, phase: 'backward', site },
      );
      const path = pathOf(origin?.modules ?? null);
      if (path !== '') error.within(path);
      throw error;
    }
    return result;
  }
}

/** Whether an op brought a flaw into the world, or one that must not go on: infinities of masks may, NaN may be moved. */
function isNew(def: OpDef, found: Anomaly, given: Anomaly | null, xs: Tensors, params: OpParams): boolean {
  if (!xs.some(x => x !== null)) return false; // somebody asked for it
  if (found === 'NaN') return given !== 'NaN' || !(def === copying || def === casting);
  return given === null && !Object.values(params).some(isInfinite);
}
function firstFlaw(value: unknown): Flaw | null {
  for (const [, v] of leaves(value)) {
    const flaw = v instanceof Tensor && !v.disposed ? flawOf(v) : null;
    if (flaw) return flaw;
  }
  return null;
}
function pathOf(modules: Origin['modules']): string {
  if (modules === null) return '';
  const [outer, inner] = modules;
  if (hasPaths(outer)) for (const [path, m] of outer.namedModules()) if (m === inner) return path;
  return '';
}

const aBlock: Kind<unknown> = aFunction();
/**
 * Runs `f`, a step of training say, and throws where a number first becomes NaN or infinite: in the output of an op, in
 * what one writes in place, or in a gradient, for which the op of the forward pass is named that it belongs to. The error
 * says op, layer and line, and what the inputs were.
 *
 * Of functions made of other ops, such as losses, and of gradient rules what they return counts, not what they mask on the
 * way. Infinities that go in may go on, as those of masks do; NaN may not, wherever it comes from, but may be copied,
 * converted and replaced. Functions captured before run op by op. It reads each result: for looking, not for training.
 *
 * @returns what `f` returns.
 * @throws {AnomalyError} at the first such number.
 * @throws {ValueError} if `f` is no function, or returns a Promise: it is synchronous.
 * @throws {CaptureError} inside a captured function, where there are no numbers.
 * @throws {BackendError} where memory can only be read asynchronously.
 */
export function detectAnomaly<T>(f: () => T): T {
  checkCount('detectAnomaly', 1, arguments);
  check('detectAnomaly', 'f', aBlock, f);
  if (runtime.watcher !== null) {
    throw new CaptureError('detectAnomaly', 'there are no numbers while a function is captured: call it around that');
  }
  if (runtime.inspector !== null) return f();
  const { interpreter } = runtime;
  const inspection = new Inspection(interpreter);
  runtime.interpreter = inspection;
  runtime.inspector = inspection;
  try {
    const result = f();
    if (result instanceof Promise) {
      result.catch(() => {});
      throw new ValueError('detectAnomaly', 'the function returned a Promise; detectAnomaly is synchronous');
    }
    return result;
  } finally {
    runtime.interpreter = interpreter;
    runtime.inspector = null;
  }
}
