/** `capture`: a function traced once for each signature of its arguments, then run as a flat list of kernel calls. */
import type { DType } from '../core/dtype';
import { CaptureError, ValueError } from '../core/errors';
import { checkNumber } from '../core/options';
import { runtime } from '../core/runtime';
import { scope } from '../core/scope';
import { sameShape, type Shape } from '../core/shape';
import { live, Tensor } from '../core/tensor';
import { contiguous } from '../ops/view';
import type { Value } from './graph';
import { Audit, type Scribe } from './audit';
import { Plan, Result, type GradientEffect } from './plan';
import { optimise } from './passes/passes';
import { callMarked, OUTER, placeOfCall } from './stack';
import { Trace } from './trace';
import { leaves, mapLeaves, structure } from '../core/tree';

/** More signatures than that are a mistake, or a case for padding: the oldest plan goes. */
const CAPACITY = 16;

/** A call's arguments as a plan goes by them. */
interface Signature {
  /** How they are put together; '' for tensors alone. */
  readonly structure: string;
  /** What is no tensor, by value. */
  readonly others: readonly unknown[];
}
interface Entry extends Signature {
  readonly recording: boolean;
  readonly shapes: readonly Shape[];
  readonly dtypes: readonly DType[];
  readonly plan: Plan;
  /** Null: it is taken to be its function for ever. */
  readonly audit: Audit | null;
}

/** A captured function. */
export interface Captured<A extends readonly unknown[], R> {
  (...args: A): R;
  /** The plan for these arguments, traced if there is none. Nothing is computed. */
  plan(...args: A): Plan;
  /** The plans so far. */
  readonly plans: readonly Plan[];
  /** Frees the plans' memory. The function still works, and traces again. */
  dispose(): void;
}

export interface CaptureOptions {
  /**
   * Bytes that a plan may take for what it computes on the way, beside parameters, results and gradients that it leaves.
   * To keep to it, values are computed again where they are read late. Default: no limit, and nothing is computed twice.
   */
  readonly memoryBudget?: number;
  /**
   * 4: convolutions of 3 × 3 with weights that stay may go by Winograd's F(4 × 4, 3 × 3) where it pays, with errors of
   * about 10⁻⁵ of the largest output in the place of 10⁻⁶. Default 2: F(2 × 2, 3 × 3).
   */
  readonly winograd?: 2 | 4;
  /**
   * Whether plans are compared with the function now and then, as told above. Default true; false saves calls of it, and
   * leaves changes that cannot be watched unseen.
   */
  readonly audit?: boolean;
}

/**
 * Makes a plan of a function: a forward pass, or a whole training step with `backward` and the optimiser's step.
 *
 * The first call with tensors of given shapes and element types traces `f`: it runs once on tensors without numbers,
 * and the ops it meets become a list of kernel calls over one block of memory. That and every later call with the same
 * signature run the list. Results are bit for bit those of `f` itself, except where sums are fused.
 *
 * Tensors that `f` finds around it (parameters, optimiser state, generators) are used where they are. Everything else
 * that it goes by is fixed in the plan, and either watched or audited.
 *
 * Watched at each call, so that after a change another plan is traced: the fields of the modules whose methods or
 * parameters `f` uses, of the modules around those and of optimisers that step, and of arguments that are objects; in
 * them functions, arrays, typed arrays, Maps, Sets and objects, up to 4 levels deep, 64 objects and 256 entries of each,
 * beyond which only sizes are compared; whether tensors from outside are there and require a gradient.
 *
 * Audited, since nothing else can be seen of it: variables, `#private` fields, prototypes, Dates, `Math.random`, what is
 * around. At calls 2, 4, 8, 16, … of a plan `f` is traced once more, without running, and must do what it did. Else that
 * call is a CaptureError which names the op, the line and what differs, and the next call traces anew. Between audits
 * such a change goes unseen, for at most as many calls as went before. An audit also comes at the next call after a
 * module, parameter or optimiser was made or freed or a mode switched (at most at one call in 8, where that goes on all
 * the time); what differs then traces anew by itself. So `f` runs a few times more than it is traced, and what it does
 * beside computing (counting, logging, drawing from Math.random) happens at each; `audit: false` forbids it.
 *
 * @throws {CaptureError} if `f` reads numbers, returns a Promise, changes what it goes by, or does something else than was traced; if there is no plan within
 *   the budget of memory.
 */
export function capture<A extends readonly unknown[], R>(f: (...args: A) => R, options?: CaptureOptions): Captured<A, R>;
export function capture(f: (...args: unknown[]) => unknown, { memoryBudget, winograd, audit = true }: CaptureOptions = {}): Captured<unknown[], unknown> {
  if (winograd !== undefined && winograd !== 2 && winograd !== 4) {
    throw new ValueError('capture', `winograd takes 2 or 4, this is ${String(winograd)}`);
  }
  if (typeof audit !== 'boolean') throw new ValueError('capture', `audit takes true or false, this is ${String(audit)}`);
  if (memoryBudget !== undefined) checkNumber('capture', 'memoryBudget', memoryBudget, 0);
  const entries: Entry[] = [];
  const plans: Plan[] = []; // of the entries, in the same order

  function planFor(xs: readonly Tensor[], s: Signature, args: readonly unknown[]): Plan {
    for (let i = 0; i < entries.length; i++) {
      const entry = entries[i]!;
      if (!fits(entry, xs, s) || !entry.plan.holds()) continue;
      if (!entry.audit?.due()) return entry.plan;
      let passed = false;
      try {
        passed = passes(entry.audit, entry.plan, f, args, xs);
      } finally {
        if (!passed) drop(i--);
      }
      if (passed) return entry.plan;
    }
    const record = audit ? new Audit(runtime.backend) : null;
    const plan = planOf(f, args, xs, record, memoryBudget, winograd);
    if (entries.length === CAPACITY) {
      entries.shift();
      plans.shift()?.dispose();
    }
    entries.push({ ...s, recording: runtime.recording, shapes: xs.map(x => x.shape), dtypes: xs.map(x => x.dtype), plan, audit: record });
    plans.push(plan);
    return plan;
  }
  function drop(i: number): void {
    entries.splice(i, 1);
    for (const plan of plans.splice(i, 1)) plan.dispose();
  }

  function run(xs: readonly Tensor[], s: Signature, args: readonly unknown[]): unknown {
    check(xs);
    const plan = planFor(xs, s, args);
    if (xs.every(isDense)) return plan.run(xs);
    const strided = plan.changed.inputs.find(i => !xs[i]!.dense);
    if (strided !== undefined) throw new CaptureError('capture', `tensor ${strided} of the arguments is changed in place and must be dense`);
    return scope(() => plan.run(xs.map(contiguous)), 'capture');
  }

  // Named, so that errors find who called. On the way of tensors alone, the array of them is all that is allocated.
  const call = {
    [OUTER](...args: unknown[]): unknown {
      if (runtime.watcher !== null) return f(...args); // a captured function inside another is part of it
      return args.every(isTensor) ? run(args, PLAIN, args) : run(tensorsOf(args), signatureOf(args), args);
    },
  }[OUTER]!;
  const plan = {
    [OUTER](...args: unknown[]): Plan {
      const xs = tensorsOf(args);
      check(xs);
      return planFor(xs, args.every(isTensor) ? PLAIN : signatureOf(args), args);
    },
  }[OUTER]!;
  return Object.assign(call, {
    plan,
    plans,
    dispose(): void {
      entries.length = 0;
      for (const p of plans.splice(0)) p.dispose();
    },
  });
}

const isDense = (x: Tensor): boolean => x.dense;
const isTensor = (v: unknown): v is Tensor => v instanceof Tensor;

/** Of tensors alone. */
const PLAIN: Signature = { structure: '', others: [] };

const signatureOf = (args: readonly unknown[]): Signature =>
  ({ structure: structure(args), others: [...leaves(args)].map(([, v]) => v).filter(v => !isTensor(v)) });
const tensorsOf = (args: readonly unknown[]): Tensor[] => [...leaves(args)].map(([, v]) => v).filter(isTensor);

function check(xs: readonly Tensor[]): void {
  for (let i = 0; i < xs.length; i++) {
    const x = xs[i]!;
    if (x.disposed) live(x, 'capture');
    if (x.node !== null && runtime.recording) {
      throw new CaptureError('capture', `tensor ${i} of the arguments given${placeOfCall()} requires a gradient, which does not lead through a plan: differentiate inside the function, or detach() it`);
    }
  }
}

function fits(e: Entry, xs: readonly Tensor[], s: Signature): boolean {
  if (e.recording !== runtime.recording || e.shapes.length !== xs.length || e.structure !== s.structure) return false;
  for (let i = 0; i < xs.length; i++) {
    if (e.dtypes[i] !== xs[i]!.dtype || !sameShape(e.shapes[i]!, xs[i]!.shape)) return false;
  }
  for (let i = 0; i < s.others.length; i++) if (!Object.is(e.others[i], s.others[i])) return false;
  return true;
}

/** What a function did in a trace, while that is open. */
interface Found {
  readonly trace: Trace;
  /** In the place of the tensors among its arguments. */
  readonly standIns: readonly Tensor[];
  readonly inputs: readonly Value[];
  readonly result: unknown;
  readonly gradients: readonly GradientEffect[];
}

/** Runs `f` once on tensors without numbers, and hands over what it did. */
function traced<T>(
  f: (...args: unknown[]) => unknown, args: readonly unknown[], xs: readonly Tensor[], scribe: Scribe | null, use: (found: Found) => T,
): T {
  const { interpreter, watcher } = runtime;
  const trace = new Trace(runtime.backend, scribe);
  runtime.interpreter = trace;
  runtime.watcher = trace;
  try {
    return scope(() => {
      for (const [, v] of leaves(args)) if (typeof v === 'object' && v !== null && !isTensor(v)) trace.object(v);
      const standIns = xs.map((x, i) => trace.argument(x, i));
      const inputs = standIns.map(t => trace.see(t).value);
      let next = 0;
      const answer: unknown = callMarked(f, args.map(a => mapLeaves(a, v => (v instanceof Tensor ? standIns[next++]! : v))));
      if (answer instanceof Promise) {
        answer.catch(() => {});
        throw new CaptureError('capture', `the function called${placeOfCall()} returned a Promise; a plan has no await: read data outside`);
      }
      trace.guards.check();
      const leaf = standIns.findIndex(t => t.leaf !== null && t.leaf.grad !== null);
      if (leaf >= 0) throw new CaptureError('capture', `the function called${placeOfCall()} leaves a gradient in tensor ${leaf} of its arguments, where it would not come out: return it, or use valueAndGrad`);
      const result = mapLeaves(answer, v => {
        if (!(v instanceof Tensor)) return v;
        live(v, 'capture');
        return new Result(trace.see(v), v.node !== null);
      });
      const gradients = effects(trace);
      scribe?.end(result, gradients);
      return use({ trace, standIns, inputs, result, gradients });
    }, 'a captured function');
  } finally {
    runtime.interpreter = interpreter;
    runtime.watcher = watcher;
    trace.close();
  }
}

function planOf(
  f: (...args: unknown[]) => unknown, args: readonly unknown[], xs: readonly Tensor[], audit: Audit | null, budget?: number, winograd?: 2 | 4,
): Plan {
  const plan = traced(f, args, xs, audit && audit.record(), ({ trace, standIns, inputs, result, gradients }) => {
    const results = new Set<Value>();
    for (const [, r] of leaves(result)) if (r instanceof Result) results.add(r.operand.value);
    for (const { after } of gradients) if (after !== null && after !== 'same') results.add(after.value);
    const graph = optimise({ steps: trace.steps, once: [], results, budget, winograd }, runtime.backend);
    // Of one argument, what is in it has names of its own.
    const paths = [...leaves(args.length === 1 ? args[0] : args)].filter(([, v]) => isTensor(v)).map(([path]) => path);
    const named = standIns.map((t, i) => ({ name: paths[i]!, operand: trace.see(t) }));
    return new Plan({ graph, inputs, arguments: named, result, gradients, guards: trace.guards });
  });
  plan.settle();
  return plan;
}

/** Whether a plan passes its audit. The function must not change what the plan's guards watch, either. */
function passes(audit: Audit, plan: Plan, f: (...args: unknown[]) => unknown, args: readonly unknown[], xs: readonly Tensor[]): boolean {
  const passed = audit.passes(scribe => traced(f, args, xs, scribe, () => {}));
  if (passed) plan.check();
  return passed;
}

function effects(trace: Trace): GradientEffect[] {
  return [...trace.touched.values()].map(({ leaf, standIn, first }) => {
    const now = leaf.leaf?.grad ?? null;
    return {
      leaf,
      clears: first === 'clear',
      before: first === 'read' ? standIn && trace.see(standIn).value : 'any' as const,
      after: now === null ? null : now === standIn ? 'same' as const : trace.see(now),
    };
  });
}
