/**
 * What plans have of memory, apart from the plans, so that the collector, or who is short of memory, can free it: a
 * holding leads to no plan, and to no module or parameter.
 */
import { onShortage } from '../core/reclaim';
import { runtime } from '../core/runtime';
import type { Storage } from '../core/storage';
import type { Place } from './gradients';
import type { Lease } from './workspace';

export class Holding {
  /** Each counted once. */
  private readonly storages: Storage[] = [];
  private readonly places: Place[] = [];
  /** The plan runs. */
  running = false;
  freed = false;

  constructor(readonly lease: Lease) {}

  /** Counts memory that others made, or takes what is counted for it. */
  count(storage: Storage): void {
    storage.retain();
    this.storages.push(storage);
  }
  share(place: Place): Place {
    this.places.push(place.take());
    return place;
  }

  free(): void {
    if (this.freed) return;
    this.freed = true;
    all.delete(this);
    abandoned.unregister(this);
    this.lease.end();
    for (const storage of this.storages.splice(0)) storage.release();
    for (const place of this.places.splice(0)) place.leave();
  }
}

/** Those of finished plans. */
const all: Map<Holding, WeakRef<object>> = new Map();
/** A plan that nobody has any more is freed when the collector finds it, … */
const abandoned: FinalizationRegistry<Holding> = new FinalizationRegistry(holding => holding.free());

/** Frees the holding when its plan is gone, or when memory is short. */
export function register(plan: object, holding: Holding): void {
  // … or when another is made: a loop that makes models and plans may not return to the event loop for long.
  for (const [other, ref] of all) if (ref.deref() === undefined) other.free();
  all.set(holding, new WeakRef(plan));
  abandoned.register(plan, holding, holding);
}

/** Frees all plans but those that run, and answers how many bytes that were. Their functions trace others when they are called. */
export function releaseIdlePlans(): number {
  const { backend } = runtime;
  const before = backend.memory().bytes;
  for (const holding of all.keys()) if (!holding.running) holding.free();
  return before - backend.memory().bytes;
}
onShortage(releaseIdlePlans);
