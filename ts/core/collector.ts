/**
 * Tensors that no scope owns, and how their memory comes back.
 *
 * A handle that nothing leads to any more is garbage to JavaScript's collector. But the collector does not see linear
 * memory, so it never hurries for it, and inside one turn of the event loop it tells nobody what it found. So memory in
 * use is counted here, and when much has gathered, the engine is asked to collect there and then, and the handles are
 * looked through: Node, Deno and Bun can be asked. Browsers cannot: there a FinalizationRegistry tells between turns,
 * and each handle has a ballast that the collector does see, which is enough for loops that await. Of a loop that does
 * not, users are warned.
 */
import { callSite } from './callsite';
import { releaseNode, type Node } from './node';
import { onShortage } from './reclaim';
import { liveBytes, type Storage } from './storage';
import type { Tensor } from './tensor';

/** How an engine collects on request. */
export interface Engine {
  /** Lets go of the targets that weak references hold until the running job is over. */
  forget(): void;
  /** Collects all garbage, so that weak references to it are empty afterwards. False: it turns out that it cannot. */
  collect(): boolean;
}
let engine: Engine | null = null;
/** Says how to collect; null: this engine cannot be asked. */
export function useEngine(e: Engine | null): void {
  engine = e;
  if (e !== null) return;
  last = liveBytes();
  for (const u of all) {
    const t = u.ref.deref();
    if (t) registry.register(t, u, u);
  }
}

/** What a handle gives back, apart from the handle, so that a FinalizationRegistry can hold it. */
export class Unowned {
  readonly ref: WeakRef<Tensor>;
  readonly storage: Storage;
  /** Of the op that made it; a leaf's has nothing to give back. */
  readonly node: Node | null;
  /** The op. */
  readonly made: string;
  /** Where it was called, of some. */
  site = '';

  constructor(t: Tensor) {
    this.ref = new WeakRef(t);
    this.storage = t.storage;
    this.node = t.node;
    this.made = t.made;
  }
}

const all: Set<Unowned> = new Set();
/** Used where the engine cannot be asked: to register costs as much as the rest of a small op. */
const registry: FinalizationRegistry<Unowned> = new FinalizationRegistry(reap);

/** A handle counts for so many bytes: some 500 are what it takes of JavaScript's heap, the rest bounds their number. */
const HANDLE = 4096;
/**
 * How much may gather between two sweeps, in bytes. A sweep takes 3 to 6 ms in a small program. While sweeps find
 * little, or take a fifth of the time, it doubles.
 */
const LEAST = 2 ** 26;
const MOST = 2 ** 29;
let allowance = LEAST;
/** What may gather before the next sweep, in bytes. */
export const sweepAllowance = (): number => allowance;
/** Of so many handles one notes where it was made: a look at every 16th took a tenth of a small training step. */
const SAMPLE = 256;
/** The least that was in use since the last sweep. */
let low = 0;
let swept = 0;

/** What else is watched, in bytes of JavaScript's heap. */
let watched = 0;
const inUse = (): number => liveBytes() + HANDLE * all.size + watched;

/** Has the collector look after a handle. */
export function register(t: Tensor): void {
  const u = new Unowned(t);
  t.registration = u;
  u.storage.unowned++;
  all.add(u);
  if (u.storage.traced) return;
  if (engine === null) {
    registry.register(t, u, u);
    weigh(t);
    return;
  }
  const share = gather();
  if (2 * share > allowance && all.size % SAMPLE === 0) u.site = callSite();
}

/** Sweeps if much has gathered. Returns how much that is, in bytes. */
function gather(): number {
  const now = inUse();
  if (now < low) low = now;
  const share = now - low;
  if (share > allowance && !sweeping) gathered();
  return share;
}

/** Takes a handle back out of the collector's hands. */
export function unregister(t: Tensor): void {
  if (t.registration === null) return;
  if (engine === null) {
    registry.unregister(t.registration);
    ballasts.delete(t);
  }
  if (all.delete(t.registration)) t.registration.storage.unowned--;
  t.registration = null;
}

/** Gives back what a handle had. */
function reap(u: Unowned): void {
  if (!all.delete(u)) return;
  u.storage.unowned--;
  u.storage.release();
  if (u.node) releaseNode(u.node);
}

/** Something else that gives back what it has when nothing leads to it any more. */
class Watched {
  readonly ref: WeakRef<object>;
  constructor(
    o: object,
    private readonly gone: () => void,
    private readonly bytes: number,
  ) {
    this.ref = new WeakRef(o);
    watched += bytes;
  }
  end(): void {
    if (this.ignore()) this.gone();
  }
  /** Watches it no longer. False: it did not anyway. */
  ignore(): boolean {
    if (!others.delete(this)) return false;
    finalizers.unregister(this);
    watched -= this.bytes;
    return true;
  }
}
const others: Set<Watched> = new Set();
const finalizers: FinalizationRegistry<Watched> = new FinalizationRegistry(w => w.end());

/**
 * Calls `gone`, which must not lead to o, once o is garbage. Returns what calls it off.
 *
 * @param bytes what o takes of JavaScript's heap, if it is much: weak references hold it until a sweep or the end of the
 *   running job, so that it counts towards the next sweep.
 */
export function whenGone(o: object, gone: () => void, bytes = 0): () => void {
  const w = new Watched(o, gone, bytes);
  others.add(w);
  finalizers.register(o, w, w);
  if (bytes > 0 && engine !== null) gather();
  return () => void w.ignore();
}

let sweeping = false;
/** Frees what nothing leads to any more, where the engine can be asked. */
export function sweep(): void {
  if (engine === null || sweeping) return;
  sweeping = true;
  try {
    if (!collected(engine)) return;
    let ended = false;
    for (const w of others) {
      if (w.ref.deref() !== undefined) continue;
      w.end();
      ended = true;
    }
    // What a loop that was left had is the collector's only now, and what a plan led to is garbage only now.
    if (ended) collected(engine);
    for (const u of all) if (u.ref.deref() === undefined) reap(u);
    engine.forget(); // or looking at them would hold those that are in use
  } finally {
    sweeping = false;
  }
}
function collected(e: Engine): boolean {
  e.forget();
  if (e.collect()) return true;
  useEngine(null);
  return false;
}
onShortage(sweep, account);

function gathered(): void {
  const before = inUse();
  const start = performance.now();
  sweep();
  // Where V8 was marking already, what has become garbage since is found by the next collection only.
  if (before - inUse() < allowance / 2) sweep();
  const end = performance.now();
  low = inUse();
  const little = before - low < allowance / 2 || end - start > 0.2 * (start - swept);
  swept = end;
  allowance = little ? Math.min(2 * allowance, MOST) : Math.max(allowance / 2, LEAST);
}

/** Who has the memory, for an OutOfMemoryError. */
function account(): string {
  const kinds = new Map<string, { count: number; bytes: number }>();
  let bytes = 0;
  for (const { ref, storage, made, site } of all) {
    const t = ref.deref();
    if (!t || t.isKept || storage.traced) continue;
    const share = storage.bytes / storage.unowned;
    bytes += share;
    const key = `made by ${made || 'an op'}${site === '' ? '' : ` at ${site}`}`;
    const kind = kinds.get(key) ?? { count: 0, bytes: 0 };
    kinds.set(key, { count: kind.count + 1, bytes: kind.bytes + share });
  }
  if (bytes < Math.max(0.05 * liveBytes(), 2 ** 20)) return '';
  const largest = [...kinds]
    .sort(([, a], [, b]) => b.bytes - a.bytes)
    .slice(0, 3)
    .map(([key, { count, bytes }]) => `${megabytes(bytes)} in ${count} ${key}`);
  return (
    `${megabytes(bytes)} are tensors that no scope owns and that are still referred to: ${largest.join(', ')}. ` +
    'Let go of them, dispose() of them, or make them in a scope() or a loop over steps()'
  );
}
const megabytes = (bytes: number): string => `${(bytes / 2 ** 20).toFixed(1)} MiB`;

// ── Engines that cannot be asked ──

/** Smaller tensors get no ballast: V8 hurries for their handles alone soon enough. */
const LIGHT = 4096;
/** So much in one task calls for a warning, in bytes. */
const HEAVY = 2 ** 28;
/** What was in use at the last registration. */
let last = 0;
/** What has been allocated for tensors of no scope in this task. */
let task = 0;
let timed = false;
let warned = false;
const ballasts: WeakMap<Tensor, ArrayBuffer> = new WeakMap();

/** Lets the engine feel what came into use since the last time, with this handle: its own memory, and its graph's. */
function weigh(t: Tensor): void {
  const now = liveBytes();
  const bytes = Math.max(t.storage.unowned === 1 ? t.storage.bytes : 0, now - last);
  last = now;
  task += bytes;
  if (bytes >= LIGHT && !t.isKept) {
    try {
      ballasts.set(t, new ArrayBuffer(Math.min(bytes, MOST))); // untouched: the system gives no page for it
    } catch {
      // No room for it is no reason to fail.
    }
  }
  if (!timed) {
    timed = true;
    setTimeout(() => {
      timed = false;
      task = 0;
    });
  }
  if (task < HEAVY || warned) return;
  warned = true;
  console.warn(
    `phyllo: ${megabytes(task)} of tensors that no scope owns were made since control last returned to the event loop, ` +
      'and this engine frees none of them before it does: loop with `for (const i of steps(n))`, or await data()',
  );
}

/** Lets the collector have its turn, where it needs one and much waits for it. */
export async function breathe(): Promise<void> {
  if (engine === null && task > LEAST) await new Promise(resolve => setTimeout(resolve));
}
