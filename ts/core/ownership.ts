/** Which scope owns a tensor: the record of scopes, and the rule by which what is made comes to belong to one. */
import { register } from './collector';
import { runtime } from './runtime';
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
    private readonly label: Label,
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
export const root: Scope = new Scope(null, 'no scope', false);

/** Gives a new tensor, or one whose scope has ended, to the scope it belongs to. */
export function adopt(t: Tensor): Tensor {
  const here = runtime.scope;
  if (t.home?.closed) t.home = null; // its values outlived the item, in a graph
  const { home } = t;
  if (home === null || here === home || (here !== null && (here.sync || (!home.suspended && within(here, home))))) {
    give(t, here ?? root);
  } else {
    give(t, home);
  }
  return t;
}

export function give(t: Tensor, to: Scope): void {
  t.owner = to;
  if (to !== root) {
    t.before = to.last;
    to.last = t;
    return;
  }
  if (t.storage.traced) runtime.watcher?.escaped(t);
  t.home = null;
  if (t.held === null) register(t);
  if (t.node?.def) (t.node.unowned ??= []).push(t.held!.ref);
}

/** The home of what is computed from two tensors: the inner of two nested loops, or none if two flows share. */
export function meet(a: Scope, b: Scope): Scope {
  return within(a, b) ? a : within(b, a) ? b : root;
}

export function within(inner: Scope, outer: Scope): boolean {
  for (let s: Scope | null = inner; s !== null; s = s.parent) if (s === outer) return true;
  return false;
}
