/** What a plan takes for granted of the objects and tensors that its function depends on. */
import { CaptureError } from '../core/errors';
import { noScope, type Scope } from '../core/lifetime';
import { show } from '../core/shape';
import { Tensor } from '../core/tensor';
import { holdersOf } from './holders';
import { explore, type Memo } from './memo';
import { siteOfCall } from './stack';

/**
 * What the function computed holds no numbers, so no object may keep it. The state of modules and optimisers that it
 * makes itself is another matter: they go with it.
 */
const isTraced = (v: unknown): boolean => v instanceof Tensor && v.storage.traced && !v.isKept;

const hooksOf = (t: Tensor): unknown => (t.leaf === null ? null : t.leaf.hooks);

/**
 * What objects held when the code that depends on them ran; and tensors from outside, which must still be there, and still
 * need a gradient or not.
 */
export class Guards {
  private readonly seen: Set<object> = new Set();
  private readonly memos: Memo[] = [];
  /** Those used from outside the trace, once it has settled. */
  readonly tensors: Tensor[] = [];
  private readonly recorded: boolean[] = [];
  /** The hooks on their gradients. */
  private readonly hooks: unknown[] = [];
  /** What the function makes belongs here, or to a scope inside. */
  scope: Scope | null = null;

  watch(o: object): void {
    explore(o, this.seen, {
      memo: m => this.memos.push(m),
      tensor: t => {
        if (!t.disposed) this.use(t);
      },
    });
  }

  use(t: Tensor): void {
    if (this.seen.has(t)) return;
    this.seen.add(t);
    this.tensors.push(t);
    this.recorded.push(t.node !== null);
    this.hooks.push(hooksOf(t));
  }

  /** The trace is over: handles that it made of what was there are gone, or nobody's. */
  settle(): void {
    let n = 0;
    this.tensors.forEach((t, i) => {
      if (t.disposed || !(t.isKept || t.registration || t.owner !== noScope)) return;
      this.tensors[n] = t;
      this.recorded[n] = this.recorded[i]!;
      this.hooks[n++] = this.hooks[i];
    });
    this.tensors.length = this.recorded.length = this.hooks.length = n;
    this.meetOwners();
    this.seen.clear();
  }

  /** Modules whose parameters were used without a method of theirs, and those that hold them, are watched as well. */
  private meetOwners(): void {
    const met = new Set<object>(this.tensors.flatMap(holdersOf));
    for (const o of met) {
      // grows on the way
      this.watch(o);
      for (const outer of holdersOf(o)) met.add(outer);
    }
  }

  /** Whether a tensor is gone: what was found will never be there again. */
  get dead(): boolean {
    return this.tensors.some(t => t.disposed);
  }

  /** An object that was found where something else is now. */
  replaced(): object | null {
    for (const m of this.memos) {
      const o = m.replaced();
      if (o) return o;
    }
    return null;
  }

  hold(): boolean {
    const { tensors, recorded, hooks, memos } = this;
    for (let i = 0; i < tensors.length; i++) {
      const t = tensors[i]!;
      if (t.disposed || (t.node !== null) !== recorded[i] || hooksOf(t) !== hooks[i]) return false;
    }
    for (let i = 0; i < memos.length; i++) if (memos[i]!.changed() !== undefined) return false;
    return true;
  }

  /** Throws if a function changed what it depends on: each call would need another plan. */
  check(): void {
    for (const m of this.memos) {
      const key = m.changed() ?? m.keyOf(isTraced);
      if (key === undefined) continue;
      const field = `${m.object.constructor?.name ?? 'Object'}.${String(key)}`;
      throw new CaptureError(
        'capture',
        `the function called${siteOfCall()} changes ${field}, which a plan would do once: what changes from call to call must be a tensor, changed by copy_()`,
      );
    }
    const t = this.tensors.find((t, j) => !t.disposed && (t.node !== null) !== this.recorded[j] && !this.made(t));
    if (t) {
      throw new CaptureError(
        'capture',
        `the function called${siteOfCall()} changes requiresGrad of a tensor of shape ${show(t.shape)}, which a plan would do once: do it outside`,
      );
    }
    const hooked = this.tensors.find((t, j) => !t.disposed && hooksOf(t) !== this.hooks[j] && !this.made(t));
    if (hooked) {
      throw new CaptureError(
        'capture',
        `the function called${siteOfCall()} registers or removes a hook of a leaf of shape ${show(hooked.shape)}, which a plan would do once: do it outside`,
      );
    }
  }
  /** Whether the function made a tensor itself, of what was there. */
  private made(t: Tensor): boolean {
    for (let s: Scope | null = t.owner; s !== null; s = s.parent) if (s === this.scope) return true;
    return false;
  }
}
