/** The plans of a captured function: which serves a call, and which go. */
import type { Tensor } from '../core/tensor';
import type { Plan } from './plan';
import { isObject, Signature, type Arrangement } from './signature';

/** What the plans of a function may take. */
export interface Limits {
  readonly plans: number;
  readonly bytes: number;
}

/**
 * A plan is in use if it served one of so many of the last calls, for each plan that there may be. As many as tracing
 * has to pay for: one that comes back more rarely is no worse off op by op.
 */
const RECENT = 8;
/**
 * Calls for which tracing pays: it takes as long as a plan saves in 14 and 10 calls of a LeNet on 1 and 16 images, and
 * in 6 and 3 steps of its training on 16 and 64.
 */
const PAYS = 8;
/** At most so many calls run without a plan before another is tried: a trace that never pays is below 1 % of the time then. */
const MOST = 1024;

class Entry {
  /** The plan, as long as it may serve the next call. */
  private awake: Plan | null;
  /**
   * The plan, if it cannot serve without an object that its function has replaced, or was given: it lives as long as that
   * does, although it leads there.
   */
  private readonly asleep: WeakMap<object, Plan> = new WeakMap();
  private object: WeakRef<object> | null = null;
  /** The call that it served last, and how many it served. */
  used: number;
  calls = 0;

  /** @param given an object among the arguments, without which no call has this signature */
  constructor(
    readonly signature: Signature,
    plan: Plan,
    given: object | null,
    now: number,
  ) {
    this.awake = plan;
    this.used = now;
    if (given !== null) this.bind(given);
  }

  get plan(): Plan | null {
    if (this.awake !== null) return this.awake;
    const object = this.object?.deref();
    return object === undefined ? null : (this.asleep.get(object) ?? null);
  }
  /** Has the plan go with an object. */
  bind(to: object): void {
    if (this.object !== null || this.awake === null) return;
    this.object = new WeakRef(to);
    this.asleep.set(to, this.awake);
    this.awake = null;
  }
}

export class PlanCache {
  /** The one that served last comes first. */
  private readonly entries: Entry[] = [];
  /** Calls so far. */
  private now = 0;
  /** How many plans there is room for, as far as is known. */
  private room: number;
  /**
   * Calls without a plan until one is tried, and until the next one is after that. It doubles where plans do not pay, so
   * that n calls with shapes that never come again cost log n traces, and is 1 again as soon as one pays.
   */
  private wait = 1;
  private patience = 1;

  constructor(private readonly limits: Limits) {
    this.room = limits.plans;
  }

  get plans(): Plan[] {
    return this.entries.flatMap(({ plan }) => (plan === null || plan.disposed ? [] : [plan]));
  }

  /** Counts a call, for which `find` may look more than once. */
  count(): void {
    this.now++;
  }

  /** The plan that serves a call. */
  find(xs: readonly Tensor[], arrangement: Arrangement): Plan | null {
    const { entries } = this;
    for (let i = 0; i < entries.length; i++) {
      const entry = entries[i]!;
      if (!entry.signature.fits(xs, arrangement)) continue;
      const { plan } = entry;
      if (plan === null || !plan.holds()) continue;
      entry.used = this.now;
      entry.calls++;
      if (i > 0) {
        entries.copyWithin(1, 0, i);
        entries[0] = entry;
      }
      return plan;
    }
    this.sweep();
    return null;
  }

  /**
   * Decides whether to trace a plan that was not found. Not if another would have to go that is in use; and where the
   * last ones went before tracing paid, not each time: each call that is turned down for that brings the next plan nearer.
   */
  admit(): boolean {
    const { entries, room } = this;
    if (entries.length < room) return true;
    if (this.now - entries.at(-1)!.used < RECENT * room) return false;
    this.wait--;
    return this.wait <= 0;
  }

  /** Takes a plan in. What there is no room for goes. */
  add(xs: readonly Tensor[], arrangement: Arrangement, plan: Plan): void {
    const { entries, limits } = this;
    while (entries.length >= limits.plans) this.evict();
    const given = arrangement.others.find(isObject) ?? null;
    entries.unshift(new Entry(new Signature(xs, arrangement), plan, given, this.now));
    while (entries.length > 1 && this.bytes > limits.bytes) {
      this.evict();
      this.room = entries.length;
    }
  }

  clear(): void {
    for (const plan of this.plans) plan.dispose();
    this.entries.length = 0;
    this.room = this.limits.plans;
    this.wait = this.patience = 1;
  }

  /** What the plans take. */
  private get bytes(): number {
    const all = this.plans.map(({ bytes }) => bytes);
    return all.reduce((n, { own }) => n + own, 0) + all.reduce((most, { shared }) => Math.max(most, shared), 0);
  }

  private evict(): void {
    const { plan, calls } = this.entries.pop()!;
    plan?.dispose();
    this.wait = this.patience = calls < PAYS ? Math.min(2 * this.patience, MOST) : 1;
  }

  /** Lets go what can serve no call any more, and what only can if an object comes back that is not there now. */
  private sweep(): void {
    const { entries } = this;
    let n = 0;
    for (const entry of entries) {
      const { plan } = entry;
      if (plan === null || plan.dead) {
        plan?.dispose();
        continue;
      }
      const { replaced } = plan;
      if (replaced) entry.bind(replaced);
      entries[n++] = entry;
    }
    if (n < entries.length) this.room = this.limits.plans;
    entries.length = n;
  }
}
