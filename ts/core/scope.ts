/** Scopes, as users open and end them: {@link scope} around a function, {@link scoped} around each turn of a loop. */
import { unregister, whenGone } from './collector';
import { display } from './display';
import { ValueError } from './errors';
import { aFunction, aText, check, wholeNumber, checkCount, type Kind } from './kinds';
import { adopt, dropWithValue, keepTensor, noScope, Scope, setOwner, within, type Label, type State } from './lifetime';
import { runtime } from './runtime';
import { live, Tensor } from './tensor';
import { refuseOtherCopies } from './tensor-kinds';

/**
 * Takes a tensor out of its scope, or all tensors in a value (an array, an object, a module): they live until
 * `dispose()`, or until nothing refers to them. Returns the value.
 *
 * @throws {DisposedError} for what was freed.
 * @throws {ValueError} for a Promise, and for what is no object.
 */
export function keep<T>(value: T): T {
  if (typeof value !== 'object' || value === null || isThenable(value)) {
    throw new ValueError('keep', `takes a tensor, or an object with tensors, this is ${display(value)}`);
  }
  refuseOtherCopies('keep', 'the value', value);
  // An array's map gives an index, too.
  if (arguments.length > 1 && typeof arguments[1] !== 'number') {
    throw new ValueError('keep', `takes 1 argument, these are ${arguments.length}: keep an array of them`);
  }
  eachTensor(value, keepTensor);
  return value;
}

/** As `keep`, for the state of modules and optimisers: it lives as long as they do, or the scope that they belong to. */
export function keepState<T extends Tensor>(t: T): T {
  const owner = stateOwner();
  if (owner === noScope) return keep(t);
  live(t, 'keep');
  t.isKept = true;
  if (t.owner === noScope) {
    unregister(t);
    setOwner(t, owner);
  } else t.owner = owner; // the scope that lists it passes it on when it ends
  return t;
}
function stateOwner(): Scope {
  const owner = runtime.scope?.stateOwner ?? null;
  return owner === null || owner.closed ? noScope : owner;
}

export function open(label: Label, sync: boolean, parent: Scope | null, state?: State): Scope {
  return (runtime.scope = new Scope(parent, label, sync, state));
}

/** Ends a scope: `result`'s tensors go to the scope around, the others are freed. */
export function close(s: Scope, result?: unknown): void {
  if (s.closed) return;
  leave(s);
  try {
    if (s.last === null) return;
    if (result instanceof Tensor) handOver(result, s);
    else if (typeof result === 'object') eachTensor(result, t => handOver(t, s));
  } finally {
    // a Proxy of the caller's may throw
    for (let t = s.last; t !== null; ) {
      const { previous } = t;
      t.previous = null; // what outlives its scope must not hold the others
      if (!t.disposed) {
        if (t.owner === returning) t.isKept ? setOwner(t, stateOwner()) : adopt(t);
        else if (t.owner !== s) pass(t);
        else if (s.suspended && t.loop !== s) setOwner(t, noScope);
        else dropWithValue(t);
      }
      t = previous;
    }
    s.last = null;
  }
}
/** Marks a tensor that is part of a scope's result. */
function handOver(t: Tensor, s: Scope): void {
  if (t.owner === s && !t.disposed) t.owner = returning;
}
/** Ends a scope whose loop nobody can go on with. Its tensors may still be in use, so the collector gets them. */
function abandon(s: Scope): void {
  if (s.closed) return;
  leave(s);
  for (let t = s.last; t !== null; ) {
    const { previous } = t;
    t.previous = t.loop = null;
    if (!t.disposed) t.owner === s ? setOwner(t, noScope) : pass(t);
    t = previous;
  }
  s.last = null;
}
/** Takes a scope off the stack, with loops that were left open inside it. */
function leave(s: Scope): void {
  s.closed = true;
  const here = runtime.scope;
  if (here === s || (here !== null && here !== s.parent && within(here, s))) runtime.scope = s.parent;
  s.parent = null;
  if (!s.sync) current.delete(s);
}
/** Gives a tensor that was found in another scope's list to its owner. */
function pass(t: Tensor): void {
  if (t.owner === noScope) return;
  if (t.owner.closed) dropWithValue(t);
  else setOwner(t, t.owner);
}
/** Owns the tensors of a result on their way to the scope around. */
const returning: Scope = new Scope(null, 'a result', true);

/** Visits every tensor in a value: itself, or in arrays, Maps, Sets and the fields of objects, however deep. */
function eachTensor(value: unknown, f: (t: Tensor) => void): void {
  if (value instanceof Tensor) return f(value);
  if (typeof value !== 'object' || value === null) return;
  const seen = new Set<object>([value]);
  for (const o of seen) {
    const inside: Iterable<unknown> = ArrayBuffer.isView(o)
      ? []
      : Array.isArray(o) || o instanceof Set
        ? o
        : o instanceof Map
          ? [...o.keys(), ...o.values()]
          : Object.values(Object.getOwnPropertyDescriptors(o)).map(field => field.value); // getters are not asked
    for (const v of inside) {
      if (v instanceof Tensor) f(v);
      else if (typeof v === 'object' && v !== null) seen.add(v);
    }
  }
}

/** Runs `f` and frees the tensors it made, except those in what it returns, which move to the scope around. */
export function scope<T>(f: () => T, label: Label = 'a scope', state?: State): T {
  const s = open(label, true, runtime.scope, state);
  let result: T | undefined;
  try {
    result = f();
    if (isThenable(result)) refusePromise(s, result);
    return result;
  } finally {
    end(s, result);
  }
}
/** As `scope`, for a method and its arguments: a closure over them would be an object at each call. */
export function scopeOf<S extends object, A extends unknown[], T>(
  f: (this: S, ...args: A) => T,
  self: S,
  args: A,
  state: State,
): T {
  const s = open(self, true, runtime.scope, state);
  let result: T | undefined;
  try {
    result = f.apply(self, args);
    if (isThenable(result)) refusePromise(s, result);
    return result;
  } finally {
    end(s, result);
  }
}
function end(s: Scope, result: unknown): void {
  if (runtime.scope === s) runtime.scope = s.parent; // close() cannot where the stack is full
  close(s, result);
}
function refusePromise(s: Scope, promise: unknown): never {
  Promise.resolve(promise).catch(() => {});
  throw new ValueError(s.name, 'the function returned a Promise; a scope is synchronous');
}
export const isThenable = (v: unknown): boolean =>
  !(v instanceof Tensor) && typeof v === 'object' && v !== null && 'then' in v && typeof v.then === 'function';

const aCallback: Kind<unknown> = aFunction();

/**
 * Runs `f` and frees the tensors it made, and the modules and optimisers, except those in what it returns: alone, or
 * in arrays, Maps, Sets and fields of objects. These move to the scope around.
 *
 * @param name what errors call it.
 * @throws {ValueError} if `f` is no function, or returns a Promise: a scope is synchronous.
 */
export function userScope<T>(f: () => T, name = 'a scope'): T {
  checkCount('scope', 2, arguments);
  check('scope', 'f', aCallback, f);
  check('scope', 'name', aText, name);
  return scope(f, name, 'own');
}

// ── Scopes of loops ──

/** The loop scopes opened in this turn. */
const current: Set<Scope> = new Set();
let turnEnds = false;

/** Marks the loop scopes opened in this turn as suspended once it is over; until then they are simply current. */
function suspendAfterTurn(s: Scope): void {
  current.add(s);
  if (turnEnds) return;
  turnEnds = true;
  queueMicrotask(() => {
    turnEnds = false;
    for (const o of current) o.suspended = true;
    current.clear();
    runtime.scope = null;
  });
}

/**
 * Iterates over `source` with a scope for each item: what is made from one item to the next is freed then, and at the
 * end, on break, throw and return. What is to outlive its turn is for `keep`. Loops inside generators must not be
 * advanced in turn with each other: what is made belongs to the one that was advanced last.
 *
 * @param name what errors call the loop.
 * @throws {ValueError} if `source` is not iterable.
 */
export function scoped<T>(source: Iterable<T>, name = 'a scoped loop'): IterableIterator<T> {
  checkCount('scoped', 2, arguments);
  if (typeof Object(source)[Symbol.iterator] !== 'function') {
    throw new ValueError('scoped', `takes an iterable, this is ${display(source)}`);
  }
  check('scoped', 'name', aText, name);
  const inner = source[Symbol.iterator]();
  const last: { scope: Scope | null } = { scope: null };
  let around: Scope | null = null;
  let count = 0;
  const end = (): void => {
    if (last.scope) close(last.scope);
    last.scope = null;
  };
  let ignore = (): void => {};
  const finish = (): void => {
    end();
    ignore();
  };
  const iterator: IterableIterator<T> = {
    [Symbol.iterator]() {
      return this; // not `iterator`: what is called when it is gone must not lead to it
    },
    next() {
      end();
      // After an await, the scope around is the one around the item before: a nested loop stays nested.
      around = runtime.scope ?? (around?.closed ? null : around);
      const s = (last.scope = open(`batch ${count++} of ${name}`, false, around));
      suspendAfterTurn(s);
      try {
        const item = inner.next();
        for (let t = s.last; t !== null; t = t.previous) if (t.owner === s) t.loop = s;
        if (item.done) finish();
        return item;
      } catch (e) {
        finish();
        throw e;
      }
    },
    return(value?: T) {
      finish();
      inner.return?.();
      return { done: true, value };
    },
  };
  ignore = whenGone(iterator, abandoning(last));
  return iterator;
}

/** A function of its own, since closures of one function share what they close over: this one must not lead to the loop. */
export const abandoning = (last: { readonly scope: Scope | null }) => (): void => {
  if (last.scope) abandon(last.scope);
};

/**
 * The numbers 0 to n − 1, for a loop whose turns are scopes: `for (const i of steps(1000)) …` frees in each turn what
 * the one before made and did not keep. Left out, n is infinite.
 *
 * @throws {ValueError} if n is no whole number from 0 up.
 */
export function steps(n: number = Infinity): IterableIterator<number> {
  checkCount('steps', 1, arguments);
  if (n !== Infinity) check('steps', 'n', wholeNumber(0, Number.MAX_SAFE_INTEGER), n);
  return scoped(upTo(n), 'steps');
}
function* upTo(n: number): IterableIterator<number> {
  for (let i = 0; i < n; i++) yield i;
}
