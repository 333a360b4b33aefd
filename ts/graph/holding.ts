/**
 * What plans have of memory, apart from the plans, so that the collector, or who is short of memory, can free it: a
 * holding leads to no plan, and to no module or parameter.
 */
import { whenGone } from '../core/collector';
import { onShortage } from '../core/reclaim';
import { runtime } from '../core/runtime';
import type { Storage } from '../core/storage';
import type { GradientBuffer } from './gradients';
import type { Lease } from './workspace';

/** Bytes of JavaScript's heap that a trace and a plan take for each step: 60 kB for the training step of an MLP, of 16 steps. */
const STEP = 4096;

export class Holding {
  /** Each counted once. */
  private readonly storages: Storage[] = [];
  private readonly buffers: GradientBuffer[] = [];
  /** The plan runs. */
  running = false;
  freed = false;
  /** Of a finished plan: it need not be looked after any more. */
  private ignore: () => void = () => {};

  constructor(readonly lease: Lease) {}

  /** Counts memory that others made, or takes what is counted for it. */
  count(storage: Storage): void {
    storage.retain();
    this.storages.push(storage);
  }
  share(buffer: GradientBuffer): GradientBuffer {
    this.buffers.push(buffer.take());
    return buffer;
  }

  /** The plan, of so many steps, is finished: the holding is freed when nobody has it any more, or when memory is short. */
  register(plan: object, steps: number): void {
    all.add(this);
    this.ignore = whenGone(plan, () => this.free(), STEP * steps);
  }

  free(): void {
    if (this.freed) return;
    this.freed = true;
    all.delete(this);
    this.ignore();
    this.lease.end();
    for (const storage of this.storages.splice(0)) storage.release();
    for (const buffer of this.buffers.splice(0)) buffer.leave();
  }
}

/** Those of finished plans. */
const all: Set<Holding> = new Set();

/** Frees all plans but those that run, and returns how many bytes that were. Their functions trace others when they are called. */
export function releaseIdlePlans(): number {
  const { backend } = runtime;
  const before = backend.memory().bytes;
  for (const holding of all) if (!holding.running) holding.free();
  return before - backend.memory().bytes;
}
onShortage(releaseIdlePlans);
