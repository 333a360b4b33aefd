/** `capture`: a function traced once for each signature of its arguments, then run as a flat list of kernel calls. */
import type { DType } from '../core/dtype';
import { CaptureError } from '../core/errors';
import { runtime } from '../core/runtime';
import { scope } from '../core/scope';
import { sameShape, type Shape } from '../core/shape';
import { live, Tensor } from '../core/tensor';
import { contiguous } from '../ops/view';
import type { Value } from './graph';
import { Plan, Result, type GradientEffect } from './plan';
import { optimise } from './passes/passes';
import { callMarked } from './stack';
import { Trace } from './trace';
import { leaves, mapLeaves, structure } from './tree';

/** More signatures than that are a mistake, or a case for padding: the oldest plan goes. */
const CAPACITY = 16;

/** The arguments that a plan was traced for. */
interface Signature {
  readonly structure: string;
  readonly recording: boolean;
  readonly shapes: readonly Shape[];
  readonly dtypes: readonly DType[];
  /** What is no tensor, by value. */
  readonly others: readonly unknown[];
}
interface Entry extends Signature {
  readonly plan: Plan;
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

/**
 * Makes a plan of a function: a forward pass, or a whole training step with `backward` and the optimiser's step.
 *
 * The first call with tensors of given shapes and element types traces `f`: it runs once on tensors without numbers,
 * and the ops it meets become a list of kernel calls over one block of memory. That and every later call with the same
 * signature run the list. Results are bit for bit those of `f` itself, except where sums are fused.
 *
 * Tensors that `f` finds around it (parameters, optimiser state, generators) are used where they are. Everything else
 * it goes by is fixed in the plan, and watched where it belongs to a module or optimiser: after `eval()`, or with a
 * layer replaced, another plan is traced.
 *
 * @throws {CaptureError} if `f` reads numbers, returns a Promise, or changes what it goes by.
 */
export function capture<A extends readonly unknown[], R>(f: (...args: A) => R): Captured<A, R> {
  const entries: Entry[] = [];
  const plans: Plan[] = []; // of the entries, in the same order

  function entryFor(xs: readonly Tensor[], args: A, plain: boolean): Entry {
    const key = plain ? '' : structure(args);
    const others = plain ? [] : [...leaves(args)].map(([, v]) => v).filter(v => !(v instanceof Tensor));
    for (const entry of entries) {
      if (entry.structure === key && fits(entry, xs, others) && entry.plan.holds()) return entry;
    }
    const plan = planOf(f, xs, args);
    const entry: Entry = {
      structure: key, recording: runtime.recording, others, plan,
      shapes: xs.map(x => x.shape), dtypes: xs.map(x => x.dtype),
    };
    if (entries.length === CAPACITY) {
      entries.shift();
      plans.shift()?.dispose();
    }
    entries.push(entry);
    plans.push(plan);
    return entry;
  }

  function call(...args: A): R {
    if (runtime.watcher) return f(...args); // a captured function inside another is part of it
    const [xs, plain] = tensorsOf(args);
    const { plan } = entryFor(xs, args, plain);
    const answer: unknown = xs.every(isDense) ? plan.run(xs) : scope(() => plan.run(xs.map(contiguous)), 'capture');
    return answer as R;
  }
  return Object.assign(call, {
    plan(...args: A): Plan {
      const [xs, plain] = tensorsOf(args);
      return entryFor(xs, args, plain).plan;
    },
    plans,
    dispose(): void {
      entries.length = 0;
      for (const plan of plans.splice(0)) plan.dispose();
    },
  });
}

const isDense = (x: Tensor): boolean => x.dense;
const isTensor = (v: unknown): v is Tensor => v instanceof Tensor;

/** The tensors among the arguments, in order, and whether there is nothing else. */
function tensorsOf(args: readonly unknown[]): [xs: readonly Tensor[], plain: boolean] {
  const plain = args.every(isTensor);
  const xs = plain ? args : [...leaves(args)].map(([, v]) => v).filter(isTensor);
  for (const x of xs) {
    live(x, 'capture');
    if (x.node && runtime.recording) {
      throw new CaptureError('capture', 'an argument requires a gradient, which does not lead through a plan: differentiate inside the function, or detach() it');
    }
  }
  return [xs, plain];
}

function fits(s: Signature, xs: readonly Tensor[], others: readonly unknown[]): boolean {
  if (s.recording !== runtime.recording || s.shapes.length !== xs.length || s.others.length !== others.length) return false;
  for (let i = 0; i < xs.length; i++) {
    if (s.dtypes[i] !== xs[i]!.dtype || !sameShape(s.shapes[i]!, xs[i]!.shape)) return false;
  }
  return others.every((v, i) => Object.is(v, s.others[i]));
}

/** Runs `f` once on tensors without numbers. */
function planOf<A extends readonly unknown[], R>(f: (...args: A) => R, xs: readonly Tensor[], args: A): Plan {
  const { interpreter } = runtime;
  const trace = new Trace(runtime.backend);
  const inputs: Value[] = [];
  runtime.interpreter = trace;
  runtime.watcher = trace;
  try {
    return scope(() => {
      let next = 0;
      const standIn = (v: unknown): unknown => {
        if (!(v instanceof Tensor)) return v;
        const t = trace.argument(xs[next]!, next++);
        inputs.push(trace.see(t).value);
        return t;
      };
      const answer: unknown = callMarked(f, args.map(a => mapLeaves(a, standIn)) as unknown as A);
      if (answer instanceof Promise) {
        answer.catch(() => {});
        throw new CaptureError('capture', 'the function returned a Promise; a plan has no await: read data outside');
      }
      trace.guards.check();
      const result = mapLeaves(answer, v => {
        if (!(v instanceof Tensor)) return v;
        live(v, 'capture');
        return new Result(trace.see(v), v.node !== null);
      });
      const gradients = effects(trace);
      const results = new Set<Value>();
      for (const [, r] of leaves(result)) if (r instanceof Result) results.add(r.operand.value);
      for (const { after } of gradients) if (after !== null && after !== 'same') results.add(after.value);
      const outside = [...trace.outside.values()].filter(t => t.pinned && !t.disposed);
      const graph = optimise({ steps: trace.steps, once: [], results }, runtime.backend);
      return new Plan({ graph, inputs, result, gradients, guards: trace.guards, outside });
    }, 'a captured function');
  } finally {
    runtime.interpreter = interpreter;
    runtime.watcher = null;
    trace.close();
  }
}

function effects(trace: Trace): GradientEffect[] {
  return [...trace.touched.values()].map(({ leaf, standIn, readFirst }) => {
    const now = leaf.leaf?.grad ?? null;
    return {
      leaf,
      before: readFirst ? standIn && trace.see(standIn).value : 'any' as const,
      after: now === null ? null : now === standIn ? 'same' as const : trace.see(now),
    };
  });
}
