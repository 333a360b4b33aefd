/**
 * Who frees what.
 *
 * A tensor is a handle on memory, which is counted: the last handle frees it. A handle belongs to the scope it was made
 * in. At the scope's end it is dropped, unless it was returned, which gives it to the scope around, or kept. `forward`,
 * composite ops, `backward`, `step` and each item of a loader are scopes, so an ordinary training loop never mentions
 * memory. Handles that no scope owns are the garbage collector's (collector.ts).
 *
 * Scopes of functions are synchronous and nest like the calls. The scope of a loop's item lives until the next item,
 * and the code around it may await: then other code runs in between, and no stack says which loop is running. The
 * tensors say it. One that is computed from a loop's item has that item's scope as its `loop`, and belongs there
 * whatever scope is current. What was made in a scope that has been through an await and is not computed from its item
 * (zeros, noise) may be another loop's: the collector gets it. So nothing of another loop is freed.
 *
 * What this file needs to know of a handle are fields of the handle: a record of its own would be an object more for each
 * op.
 */
import { register, unregister } from './collector';
import { CaptureError, DisposedError, type PhylloError } from './errors';
import { releaseNode, type CotangentHook } from './node';
import { runtime } from './runtime';
import { show } from './shape';
import type { Tensor } from './tensor';

export class Scope {
  /** The tensor made in it last; each leads to the one before. A list, because a scope often makes one or two. */
  last: Tensor | null = null;
  closed = false;
  /** The turn in which it was opened is over: the code in it has awaited. */
  suspended = false;

  /** Who frees the state of modules and optimisers that are made inside: see {@link State}. */
  readonly stateOwner: Scope | null;

  constructor(
    /** The scope around; cut when this one ends, so that no chain of ended scopes is held. */
    public parent: Scope | null,
    readonly label: Label,
    /** A function's: nothing else can run inside it. */
    readonly sync: boolean,
    state: State = 'around',
  ) {
    this.stateOwner = state === 'own' ? this : state === 'nobody' || parent === null ? null : parent.stateOwner;
  }

  /** What errors call it. */
  get name(): string {
    return typeof this.label === 'string' ? this.label : `${this.label.constructor.name}.forward`;
  }
}
/** What a scope is called; or a module, for a call of its `forward`: to put the name together took 60 ns a call. */
export type Label = string | object;
/**
 * Who frees the state of modules and optimisers (parameters, running averages) that are made inside a scope: the scope
 * itself, if the user opened it; nobody, in `forward`, where layers may be made that outlive it; else whoever frees it
 * around the scope.
 */
export type State = 'own' | 'nobody' | 'around';

/** Where tensors belong that no scope owns: the garbage collector finds them. */
export const noScope: Scope = new Scope(null, 'no scope', false);

/** Gives a new tensor, or one whose scope has ended, to the scope it belongs to. */
export function adopt(t: Tensor): Tensor {
  const here = runtime.scope;
  setOwner(t, t.loop === null ? (here ?? noScope) : ownerInLoop(t, t.loop, here));
  return t;
}
function ownerInLoop(t: Tensor, loop: Scope, here: Scope | null): Scope {
  if (loop.closed) {
    t.loop = null; // its values outlived the item, in a graph
    return here ?? noScope;
  }
  if (here === null) return loop;
  return here === loop || here.sync || (!loop.suspended && within(here, loop)) ? here : loop;
}

export function setOwner(t: Tensor, to: Scope): void {
  t.owner = to;
  if (to !== noScope) {
    t.previous = to.last;
    to.last = t;
  } else disown(t);
}
/** Leaves it to the collector. */
function disown(t: Tensor): void {
  if (t.storage.traced) runtime.watcher?.escaped(t);
  t.loop = null;
  if (t.registration === null) register(t);
  if (t.node?.def) (t.node.unowned ??= []).push(t.registration!.ref);
}

/** The loop of what is computed from tensors of two: the inner one if they are nested, none if they run side by side. */
export function commonLoop(a: Scope, b: Scope): Scope {
  return within(a, b) ? a : within(b, a) ? b : noScope;
}

export function within(inner: Scope, outer: Scope): boolean {
  for (let s: Scope | null = inner; s !== null; s = s.parent) if (s === outer) return true;
  return false;
}

// ── The end of a handle ──

/** Gives back a handle's reference to its storage and node. `by`: what freed it, if not the end of its scope. */
export function drop(t: Tensor, by = ''): void {
  if (t.disposed) {
    if (t.valueInMemory) forget(t);
    return;
  }
  t.disposed = true;
  t.freedBy = by;
  t.storage.release();
  if (t.node) {
    releaseNode(t.node);
    t.node = null; // a loss is held for its value, not for its graph
  }
  if (t.leaf) {
    runtime.watcher?.gradient(t, 'clear');
    clearGrad(t.leaf);
  }
  unregister(t);
}

/**
 * Frees; a lone number stays readable, since losses are read after their batch. Where JavaScript can reach the memory, the
 * handle keeps the number. Elsewhere reading it would wait for all work under way, so the memory stays until the handle is
 * garbage.
 */
export function dropWithValue(t: Tensor, by = ''): void {
  if (t.disposed) return;
  const { backend, traced } = t.storage;
  const alone = t.size === 1 && !traced;
  if (alone && backend.peek === undefined) {
    t.storage.retain();
    drop(t, by);
    t.valueInMemory = true;
    register(t);
    return;
  }
  if (alone) t.lastValue = backend.peek!(t.address, t.dtype);
  drop(t, by);
}
/** Gives back the memory of a number that outlived its scope. */
function forget(t: Tensor): void {
  t.valueInMemory = false;
  unregister(t);
  t.storage.release();
}

/** Takes a tensor out of its scope: it lives until it is disposed of, or nothing refers to it. */
export function keepTensor(t: Tensor): void {
  if (t.disposed) throw freed(t, 'keep');
  t.isKept = true;
  if (t.owner !== noScope || t.registration === null) setOwner(t, noScope);
}

/** What only leaves have. */
export class Leaf {
  private gradient: Tensor | null = null;
  /** One that was disposed of is none. */
  get grad(): Tensor | null {
    return this.gradient === null || this.gradient.disposed ? null : this.gradient;
  }
  set grad(g: Tensor | null) {
    this.gradient = g;
  }
  /**
   * Values of the graphs that fed the gradient and that no scope owns: in a loop without scopes nothing else would
   * free them before the collector comes, so they go when the gradient is cleared. One list for each backward pass.
   */
  readonly spent: WeakRef<Tensor>[][] = [];
  /** Here and not in its node, which the collector's record of the tensor holds: they may lead to the tensor. */
  hooks: readonly CotangentHook[] | null = null;
}
/** Clears a leaf's gradient, and with it what the graphs that fed it left unowned. */
export function clearGrad(leaf: Leaf): void {
  for (const list of leaf.spent) {
    for (const ref of list) {
      const s = ref.deref();
      if (s && !s.isKept) dropWithValue(s, 'zeroGrad(), which ends the graphs that fed the gradients');
    }
    list.length = 0; // other leaves share it
  }
  leaf.spent.length = 0;
  replaceGrad(leaf, null);
}
/** Makes `next`, which nobody else owns, the gradient of a leaf. */
export function replaceGrad(leaf: Leaf, next: Tensor | null): void {
  if (leaf.grad && leaf.grad !== next) drop(leaf.grad, 'the gradient being replaced or cleared');
  leaf.grad = next;
  if (next === null) return;
  next.isGradient = true;
  keepTensor(next);
}

/** What is wrong with using a tensor that was freed: who made it, who freed it, and what to do. */
export function freed(t: Tensor, where: string): PhylloError {
  if (t.storage.traced) {
    const made = t.made === '' ? '' : ` by ${t.made}`;
    return new CaptureError(
      where,
      `a tensor of shape ${show(t.shape)} was made${made} while a function was captured and holds no numbers: what the function leaves in a variable or a field is not seen at its next call. Return it and pass it in as an argument, or write it into a tensor with copy_()`,
    );
  }
  const made = `${t.made === '' ? '' : ` by ${t.made}`}${t.owner === noScope ? '' : ` in ${t.owner.name}`}`;
  const what = `a tensor of shape ${show(t.shape)}${made === '' ? '' : `, made${made},`} is used after it was freed`;
  const by = t.freedBy !== '' ? ` by ${t.freedBy}` : ': its scope has ended';
  const mend =
    t.lastValue !== undefined
      ? `. Its value is still ${t.lastValue}: use item(), or keep() it`
      : t.valueInMemory
        ? '. Its value can still be read: await data(), or keep() it'
        : t.freedBy === ''
          ? '. keep() it, return it, or read it inside'
          : t.freedBy === 'dispose()'
            ? ''
            : '. keep() it, or read it before';
  return new DisposedError(where, what + by + mend);
}
