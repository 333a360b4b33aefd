/** What the calls of a plan do to the gradients of leaves. */
import type { Storage } from '../core/storage';
import { Tensor } from '../core/tensor';
import { rowMajor } from '../core/shape';
import type { Value, ValueView } from './graph';
import type { Holding } from './holding';
import type { Program } from './program';
import { block } from './workspace';

/** What becomes of a leaf's gradient. */
export interface GradientEffect {
  readonly leaf: Tensor;
  /** It is cleared before anything else, and what the graphs that fed it left unowned goes with it. */
  readonly clears: boolean;
  /** The plan holds only where there was (a value that stands for it) or was not (null) one; else it matters not. */
  readonly before: Value | null | 'any';
  /** What is there afterwards; null: nothing; 'same': what was there, perhaps changed in place. */
  readonly after: ValueView | null | 'same';
  /** The steps traced before it was cleared first, if ever, and before it was replaced or cleared last. */
  readonly cleared: number;
  readonly last: number;
}

/**
 * Where plans put the gradient of a leaf: one buffer for all that leave one, which each call may use again unless
 * somebody kept what the last one left.
 */
export class GradientBuffer {
  storage: Storage;
  /** What the leaf has of it. */
  handle: Tensor | null = null;
  private users = 0;

  constructor(leaf: Tensor) {
    const { storage, size, dtype } = leaf;
    const { backend } = storage;
    this.storage = block(backend, size * backend.itemSize(dtype));
  }
  take(): this {
    this.users++;
    return this;
  }
  leave(): void {
    if (--this.users === 0) this.storage.release();
  }
  get given(): boolean {
    return this.users > 0;
  }

  /** The leaf still has what a call left. */
  isIn(leaf: Tensor): boolean {
    return this.handle !== null && !this.handle.disposed && leaf.leaf!.grad === this.handle;
  }
  /** An address where nobody else looks, nor the leaf, if it `stays` to be seen should the call fail. */
  clear(leaf: Tensor, stays: boolean): number {
    if (this.storage.refs > (this.isIn(leaf) && !stays ? 2 : 1)) {
      const { backend, bytes } = this.storage;
      const fresh = block(backend, bytes);
      this.storage.release(); // somebody has the last one still
      this.storage = fresh;
      this.handle = null;
    }
    return this.storage.at;
  }
  /** Leaves what was computed there. */
  give(leaf: Tensor): void {
    if (this.isIn(leaf)) this.storage.version++;
    else leaf.grad = this.handle = new Tensor(this.storage, leaf.shape, rowMajor(leaf.shape), 0, leaf.dtype, true);
  }
}
const buffers: WeakMap<Tensor, GradientBuffer> = new WeakMap();
function bufferOf(leaf: Tensor): GradientBuffer {
  let buffer = buffers.get(leaf);
  if (!buffer?.given) buffers.set(leaf, (buffer = new GradientBuffer(leaf)));
  return buffer;
}

/** A gradient left in its leaf's buffer. */
interface Left {
  readonly effect: GradientEffect;
  readonly value: Value;
  readonly buffer: GradientBuffer;
  /** The one before is still there when this one is first written. */
  readonly late: boolean;
}
/** One that is put there otherwise: it comes out too, or is somebody's memory. */
type Put = GradientEffect & { readonly after: ValueView };
/** One that is read where the leaf has it. */
type Read = GradientEffect & { readonly before: Value };

const isPut = (e: GradientEffect): e is Put => e.after !== null && e.after !== 'same';
const isRead = (e: GradientEffect): e is Read => e.before !== null && e.before !== 'any';

/** The gradients among them that fill a value of their leaf's shape, each value once: those that may lie in the leaf's buffer. */
function bufferable(effects: readonly GradientEffect[], results: ReadonlySet<Value>): Set<Put> {
  const taken = new Set(results);
  const found = new Set<Put>();
  for (const effect of effects) {
    if (!isPut(effect)) continue;
    const {
      leaf,
      after: { value, address: at, dense },
    } = effect;
    if (taken.has(value) || value.origin.from !== 'local') continue;
    if (!dense || at !== 0 || value.bytes !== leaf.size * leaf.storage.backend.itemSize(leaf.dtype)) continue;
    taken.add(value);
    found.add(effect);
  }
  return found;
}

/** Who knows where a call has its values. */
interface Call {
  tensor(o: ValueView, xs: readonly Tensor[]): Tensor;
}

export class Gradients {
  private readonly left: readonly Left[];
  private readonly put: readonly Put[];
  private readonly removed: readonly GradientEffect[];
  private readonly read: readonly Read[];
  /** Leaves whose gradient is changed in place, and the first of the steps traced that does it. */
  private readonly changed: readonly { readonly leaf: Tensor; readonly at: number }[];

  /** `results` come out; `written` are changed by steps, of which the first is given. */
  constructor(
    private readonly effects: readonly GradientEffect[],
    results: ReadonlySet<Value>,
    written: ReadonlyMap<Value, number>,
    holding: Holding,
  ) {
    const own = bufferable(effects, results);
    this.left = [...own].map(effect => {
      const {
        leaf,
        cleared,
        after: { value },
      } = effect;
      return { effect, value, buffer: holding.share(bufferOf(leaf)), late: cleared > (written.get(value) ?? 0) };
    });
    this.put = effects.filter(isPut).filter(e => !own.has(e));
    this.removed = effects.filter(({ after }) => after === null);
    this.read = effects.filter(isRead);
    this.changed = this.read.flatMap(({ leaf, before }) => {
      const at = written.get(before);
      return at === undefined ? [] : [{ leaf, at }];
    });
  }

  /** Local values that lie in no leaf's buffer. */
  get loose(): Value[] {
    return this.put
      .map(({ after }) => after.value)
      .filter(v => v.origin.from === 'local' && this.left.every(l => l.value !== v));
  }
  get any(): boolean {
    return this.effects.length > 0;
  }
  /** Those whose gradients a call changes, or leaves. */
  get leaves(): Tensor[] {
    return this.effects.map(({ leaf }) => leaf);
  }
  get dead(): boolean {
    return this.effects.some(({ leaf }) => leaf.disposed);
  }

  /** Whether there are gradients where the trace found some, and none where it found none. */
  hold(): boolean {
    const { effects } = this;
    for (let i = 0; i < effects.length; i++) {
      const { leaf, before } = effects[i]!;
      if (leaf.leaf === null) return false;
      const { grad } = leaf.leaf;
      if (before !== 'any' && (grad === null) !== (before === null)) return false;
      if (grad !== null && !grad.dense) return false;
    }
    return true;
  }

  /**
   * Whether somebody else sees a gradient that is changed in place, or one that is read has its storage among those
   * `written`.
   */
  isShared(written: ReadonlySet<Storage>): boolean {
    const { changed, read } = this;
    for (let i = 0; i < changed.length; i++) {
      const { leaf } = changed[i]!;
      const grad = leaf.leaf!.grad!;
      if (grad.storage.refs > (buffers.get(leaf)?.handle === grad ? 2 : 1)) return true;
    }
    if (written.size > 0)
      for (let i = 0; i < read.length; i++) if (written.has(read[i]!.leaf.leaf!.grad!.storage)) return true;
    return false;
  }
  /** Whether a gradient that is read lies there. */
  isRead(storage: Storage): boolean {
    const { read } = this;
    for (let i = 0; i < read.length; i++) if (read[i]!.leaf.leaf!.grad!.storage === storage) return true;
    return false;
  }

  /** Lets go what bare loops left with gradients that are cleared first. */
  begin(): void {
    const { effects } = this;
    for (let i = 0; i < effects.length; i++) {
      const { leaf, clears } = effects[i]!;
      if (clears && leaf.leaf!.spent.length > 0) leaf.grad = null;
    }
  }

  /**
   * Gradients that a call reads are where the leaves have them; those that it writes go where nobody else looks. What is
   * read, and not only changed in place, is counted meanwhile: nothing is written over it.
   */
  bind(program: Program): void {
    const { read, left } = this;
    let counted = 0;
    try {
      for (; counted < read.length; counted++) {
        const { leaf, before, after } = read[counted]!;
        const { storage, address: at } = leaf.leaf!.grad!;
        program.address(before).bind(at);
        if (after !== 'same') storage.retain();
      }
      for (let i = 0; i < left.length; i++) {
        const { effect, value, buffer, late } = left[i]!;
        program.address(value).bind(buffer.clear(effect.leaf, late));
      }
    } finally {
      while (counted > 0) {
        const { leaf, after } = read[--counted]!;
        if (after !== 'same') leaf.leaf!.grad!.storage.release();
      }
    }
  }

  /** Tells who saved gradients that the first `done` of the steps traced changed them. */
  touch(done: number): void {
    const { changed } = this;
    for (let i = 0; i < changed.length; i++) if (changed[i]!.at < done) changed[i]!.leaf.leaf!.grad!.storage.version++;
  }

  storageOf(value: Value): Storage | null {
    return this.left.find(l => l.value === value)?.buffer.storage ?? null;
  }

  /** Leaves what a call on `xs` computed. */
  end(call: Call, xs: readonly Tensor[]): void {
    const { put, removed, left } = this;
    if (put.length > 0) {
      const handles = put.map(({ after }) => call.tensor(after, xs)); // before any is replaced
      put.forEach(({ leaf }, i) => (leaf.grad = handles[i]!));
    }
    for (let i = 0; i < removed.length; i++) clear(removed[i]!.leaf);
    for (let i = 0; i < left.length; i++) left[i]!.buffer.give(left[i]!.effect.leaf);
  }

  /** Leaves what the function would have left, had it failed at this one of the steps traced. */
  fail(step: number, call: Call, xs: readonly Tensor[]): void {
    const done = (e: GradientEffect): boolean => e.last <= step;
    const handles = new Map(this.put.filter(done).map(({ leaf, after }) => [leaf, call.tensor(after, xs)]));
    for (const [leaf, handle] of handles) leaf.grad = handle;
    for (const { effect, buffer } of this.left) if (done(effect)) buffer.give(effect.leaf);
    for (const e of this.effects) {
      if (e.after === null ? done(e) : !done(e) && e.cleared <= step) clear(e.leaf);
    }
  }
}

function clear(leaf: Tensor): void {
  if (leaf.leaf!.grad !== null) leaf.grad = null;
}
