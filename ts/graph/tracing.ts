/** A user's function run once on tensors without numbers, and the plan made from it. */
import { CaptureError } from '../core/errors';
import { runtime } from '../core/runtime';
import { scope } from '../core/scope';
import { live, Tensor } from '../core/tensor';
import { refuseOtherCopies } from '../core/tensor-kinds';
import { leaves, mapLeaves } from '../core/tree';
import { Audit, type Scribe } from './audit';
import { Result } from './execution';
import type { GradientEffect } from './gradients';
import type { Value } from './graph';
import { optimise } from './passes/passes';
import { Plan } from './plan';
import { isTensor } from './signature';
import { callMarked, siteOfCall } from './stack';
import { Trace } from './trace';

export type Run = (...args: unknown[]) => unknown;

/** How plans are made. */
export interface PlanOptions {
  readonly memoryBudget?: number;
  readonly winograd?: 2 | 4;
  readonly audit: boolean;
}

/** What the user's function returns. Marked, so that errors find where in it they come from. */
export function resultOf(f: Run, args: unknown[]): unknown {
  const result = callMarked(f, args);
  if (result instanceof Promise) {
    result.catch(() => {});
    throw new CaptureError(
      'capture',
      `the function called${siteOfCall()} returned a Promise; a plan has no await: read data outside`,
    );
  }
  return result;
}

/** What a function did in a trace, while that is open. */
interface Found {
  readonly trace: Trace;
  /** Instead of the tensors among its arguments. */
  readonly placeholders: readonly Tensor[];
  readonly inputs: readonly Value[];
  readonly result: unknown;
  readonly gradients: readonly GradientEffect[];
}

/** Runs `f` once on tensors without numbers, and hands over what it did. */
export function traced<T>(
  f: Run,
  args: readonly unknown[],
  xs: readonly Tensor[],
  scribe: Scribe | null,
  use: (found: Found) => T,
): T {
  const { interpreter, watcher } = runtime;
  const trace = new Trace(runtime.backend, scribe);
  runtime.interpreter = trace;
  runtime.watcher = trace;
  try {
    return scope(() => {
      trace.guards.scope = runtime.scope;
      for (const [, v] of leaves(args)) {
        if (typeof v !== 'object' || v === null || isTensor(v)) continue;
        refuseOtherCopies('capture', 'an argument', v);
        trace.object(v);
      }
      const placeholders = xs.map((x, i) => trace.argument(x, i));
      const inputs = placeholders.map(t => trace.see(t).value);
      let next = 0;
      const answer = resultOf(
        f,
        args.map(a => mapLeaves(a, v => (v instanceof Tensor ? placeholders[next++]! : v))),
      );
      trace.guards.check();
      trace.guards.scope = null;
      const leaf = placeholders.findIndex(t => t.leaf !== null && t.leaf.grad !== null);
      if (leaf >= 0)
        throw new CaptureError(
          'capture',
          `the function called${siteOfCall()} leaves a gradient in tensor ${leaf} of its arguments, where it would not come out: return it, or use valueAndGrad`,
        );
      const result = mapLeaves(answer, v => {
        if (!(v instanceof Tensor)) {
          refuseOtherCopies('capture', 'a result', v);
          return v;
        }
        live(v, 'capture');
        return new Result(trace.see(v), v.node !== null);
      });
      const gradients = effects(trace);
      scribe?.end(result, gradients);
      return use({ trace, placeholders, inputs, result, gradients });
    }, 'a captured function');
  } finally {
    runtime.interpreter = interpreter;
    runtime.watcher = watcher;
    trace.close();
  }
}

/** A plan of `f` for arguments like these, among which are the tensors `xs`. */
export function planOf(f: Run, args: readonly unknown[], xs: readonly Tensor[], options: PlanOptions): Plan {
  const audit = options.audit ? new Audit() : null;
  const plan = traced(f, args, xs, audit && audit.record(), ({ trace, placeholders, inputs, result, gradients }) => {
    const results = new Set<Value>();
    for (const [, r] of leaves(result)) if (r instanceof Result) results.add(r.view.value);
    for (const { after } of gradients) if (after !== null && after !== 'same') results.add(after.value);
    const graph = optimise(
      { steps: trace.steps, once: [], results, budget: options.memoryBudget, winograd: options.winograd },
      runtime.backend,
    );
    // Of one argument, what is in it has names of its own.
    const paths = [...leaves(args.length === 1 ? args[0] : args)].filter(([, v]) => isTensor(v)).map(([path]) => path);
    const named = placeholders.map((t, i) => ({ name: paths[i]!, view: trace.see(t) }));
    return new Plan({ graph, inputs, arguments: named, result, gradients, guards: trace.guards, audit });
  });
  plan.settle();
  return plan;
}

function effects(trace: Trace): GradientEffect[] {
  return [...trace.touched.values()].map(({ leaf, placeholder, first, cleared, last }) => {
    const now = leaf.leaf?.grad ?? null;
    return {
      leaf,
      clears: first === 'clear',
      cleared,
      last,
      before: first === 'read' ? placeholder && trace.see(placeholder).value : ('any' as const),
      after: now === null ? null : now === placeholder ? ('same' as const) : trace.see(now),
    };
  });
}
