/** `capture`: a function traced once for each signature of its arguments, then run as a flat list of kernel calls. */
import { BackendError, CaptureError } from '../core/errors';
import {
  aBoolean,
  aFunction,
  aNumber,
  oneOf,
  options as optionsOf,
  wholeNumber,
  type Kind,
  checkCount,
} from '../core/kinds';
import { runtime } from '../core/runtime';
import { scope } from '../core/scope';
import { checkArguments } from '../core/signature';
import { RETURNED } from '../core/node';
import { live, Tensor } from '../core/tensor';
import { mapLeaves } from '../core/tree';
import type { Audit } from './audit';
import { PlanCache } from './cache';
import type { Plan } from './plan';
import { arrangementOf, isTensor, PLAIN, tensorsOf, type Arrangement } from './signature';
import { OUTER, siteOfCall, siteOfCaller } from './stack';
import { planOf, resultOf, traced, type Run } from './tracing';

/** A captured function. */
export interface Captured<A extends readonly unknown[], R> {
  (...args: A): R;
  /**
   * The plan for these arguments, traced if there is none. Nothing is computed.
   *
   * @throws {CaptureError} as a call does.
   * @throws {DisposedError} if an argument was freed.
   */
  plan(...args: A): Plan;
  /** The plans that there are, the one that was used last first. */
  readonly plans: readonly Plan[];
  /** Frees the plans' memory. The function still works, and traces again. */
  dispose(): void;
  [Symbol.dispose](): void;
}

export interface CaptureOptions {
  /**
   * Bytes that a plan may take for what it computes on the way, beside parameters, results and gradients that it leaves.
   * To keep to it, values are computed again where they are read late. Default: no limit, and nothing is computed twice.
   */
  readonly memoryBudget?: number;
  /**
   * 4: convolutions of 3 × 3 with weights that stay may be computed by Winograd's F(4 × 4, 3 × 3) where it pays, with errors of
   * about 10⁻⁵ of the largest output instead of 10⁻⁶. Default 2: F(2 × 2, 3 × 3).
   */
  readonly winograd?: 2 | 4;
  /**
   * How many plans are kept, one for each signature of the arguments and state of the modules. Default 16. Where there are
   * more, those in use stay, and other calls run op by op, as without `capture`.
   */
  readonly maxPlans?: number;
  /**
   * Bytes that the plans may take together: what the largest computes on the way, in memory that all plans share, and
   * the prepared weights and constants of each. The least recently used go first; the one at hand always stays. Default:
   * no limit. All plans are let go before memory runs out.
   */
  readonly maxBytes?: number;
  /**
   * Whether plans are compared with the function now and then, as told above. Default true; false saves calls of it, and
   * leaves changes that cannot be watched unseen.
   */
  readonly audit?: boolean;
}

const captureOptions: Kind<CaptureOptions | undefined> = optionsOf<CaptureOptions>({
  memoryBudget: aNumber(0),
  winograd: oneOf(2, 4),
  maxPlans: wholeNumber(1),
  maxBytes: aNumber(0),
  audit: aBoolean,
});

/**
 * Makes a plan of a function: a forward pass, or a whole training step with `backward` and the optimiser's step.
 *
 * The first call with tensors of given shapes and element types traces `f`: it runs once on tensors without numbers,
 * and the ops it meets become a list of kernel calls over one block of memory. That and every later call with the same
 * signature run the list. Results are bit for bit those of `f` itself, except where sums are fused.
 *
 * Tensors that `f` finds around it (parameters, optimiser state, generators) are used where they are. Everything else
 * that it depends on is fixed in the plan, and either watched or audited.
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
 * @throws {CaptureError} if `f` reads numbers, returns a Promise, changes what it depends on, or does not do any more what
 *   was traced; if there is no plan within the budget of memory.
 */
export function capture<A extends readonly unknown[], R>(
  f: (...args: A) => R,
  options?: CaptureOptions,
): Captured<A, R>;
export function capture(f: Run, options: CaptureOptions = {}): Captured<unknown[], unknown> {
  checkArguments(
    'capture',
    [
      ['f', aFunction<Run>()],
      ['options', captureOptions],
    ],
    [f, options],
  );
  checkCount('capture', 2, arguments);
  const { memoryBudget, winograd, maxPlans = 16, maxBytes, audit = true } = options;
  const cache = new PlanCache({ plans: maxPlans, bytes: maxBytes ?? Infinity });
  const caller = siteOfCaller();
  let warned = false;
  let { backend } = runtime;

  function check(xs: readonly Tensor[]): void {
    if (backend !== runtime.backend) {
      cache.clear(); // plans compute on the backend that they were traced on
      backend = runtime.backend;
    }
    for (let i = 0; i < xs.length; i++) checkArgument(i, xs[i]!);
  }
  function trace(xs: readonly Tensor[], arrangement: Arrangement, args: readonly unknown[]): Plan {
    const plan = planOf(f, args, xs, { memoryBudget, winograd, audit });
    cache.add(xs, arrangement, plan);
    return plan;
  }
  function find(xs: readonly Tensor[], arrangement: Arrangement, args: readonly unknown[]): Plan | null {
    cache.count();
    for (;;) {
      const plan = cache.find(xs, arrangement);
      if (plan === null) return null;
      const { audit } = plan;
      if (audit === null || !audit.due() || passes(plan, audit, f, args, xs)) return plan;
    }
  }

  function run(xs: readonly Tensor[], arrangement: Arrangement, args: readonly unknown[]): unknown {
    check(xs);
    // A checkpoint has draws repeated, and statistics not moved; anomalies are found op by op.
    if (runtime.recomputation !== null || runtime.inspector !== null) return eagerly(f, args);
    let plan = find(xs, arrangement, args);
    if (plan === null) {
      if (!cache.admit()) {
        if (!warned) {
          warned = true;
          console.warn(
            `phyllo: more shapes or other arguments than ${cache.plans.length} plans are for come to the function captured${caller()}, so that some calls run op by op: pad or bucket sizes, pass numbers that change as tensors, or raise ${maxBytes === undefined ? 'maxPlans' : 'maxPlans and maxBytes'}`,
          );
        }
        return eagerly(f, args);
      }
      plan = trace(xs, arrangement, args);
    }
    return plan.isShared(xs) ? eagerly(f, args) : plan.run(xs);
  }

  // Named, so that errors find who called. On the way of tensors alone, the array of them is all that is allocated.
  const call = {
    [OUTER](...args: unknown[]): unknown {
      if (runtime.watcher !== null) return f(...args); // a captured function inside another is part of it
      return args.every(isTensor) ? run(args, PLAIN, args) : run(tensorsOf(args), arrangementOf(args), args);
    },
  }[OUTER]!;
  const plan = {
    [OUTER](...args: unknown[]): Plan {
      const xs = tensorsOf(args);
      const arrangement = arrangementOf(args);
      check(xs);
      return find(xs, arrangement, args) ?? trace(xs, arrangement, args);
    },
  }[OUTER]!;
  const dispose = (): void => cache.clear();
  extend(call, {
    plan,
    get plans() {
      return cache.plans;
    },
    dispose,
    [Symbol.dispose]: dispose,
  });
  return call;
}

/** Gives an object members. A getter stays one, unlike with Object.assign. */
function extend<T extends object, M extends object>(o: T, members: M): asserts o is T & M {
  Object.defineProperties(o, Object.getOwnPropertyDescriptors(members));
}

function checkArgument(i: number, x: Tensor): void {
  if (x.disposed) live(x, 'capture');
  const { backend, traced } = x.storage;
  if (backend !== runtime.backend && !traced) {
    throw new BackendError(
      'capture',
      `tensor ${i} of the arguments given${siteOfCall()} is on ${backend.name}, ops run on ${runtime.backend.name}`,
    );
  }
  if (x.node !== null && runtime.recording) {
    throw new CaptureError(
      'capture',
      `tensor ${i} of the arguments given${siteOfCall()} requires a gradient, which does not lead through a plan: differentiate inside the function, or detach() it`,
    );
  }
}

/** Runs `f` op by op. It is given handles of its own, and gradients do not lead through what it returns: as in a plan. */
function eagerly(f: Run, args: readonly unknown[]): unknown {
  return scope(() => {
    const result = resultOf(
      f,
      args.map(a => mapLeaves(a, v => (v instanceof Tensor ? v.detach() : v))),
    );
    return mapLeaves(result, v => {
      if (!(v instanceof Tensor)) return v;
      const t = v.detach();
      if (v.node !== null) t.slot = RETURNED;
      return t;
    });
  }, 'a captured function');
}

/** Whether a plan passes its audit. Else it is disposed of. The function must not change what it depends on, either. */
function passes(plan: Plan, audit: Audit, f: Run, args: readonly unknown[], xs: readonly Tensor[]): boolean {
  let passed = false;
  try {
    passed = audit.passes(scribe => traced(f, args, xs, scribe, () => {}));
    if (passed) plan.check();
    return passed;
  } finally {
    if (!passed) plan.dispose();
  }
}
