/** What a call of a module is: a scope, whose errors say where it happened, and that takes as many inputs as it has names for. */
import { display } from '../core/display';
import { PhylloError, ValueError } from '../core/errors';
import { checkCount } from '../core/kinds';
import { runtime } from '../core/runtime';
import { scopeOf } from '../core/scope';
import { checkFields, isModule, walk } from './fields';
import { callWithHooks, hooksOf } from './hooks';
import type { Module } from './module';

/** The module whose forward is running, if its class has `#private` fields; null: any other, or none. */
let running: Module | null = null;
/** Modules that such a module has run and was found to hold, or that have nothing to train. */
const known: WeakMap<Module, WeakSet<Module>> = new WeakMap();

/** The module that an error was thrown in. */
const thrownIn: WeakMap<PhylloError, Module> = new WeakMap();
const wrapped: WeakSet<object> = new WeakSet();

type Method = (this: Module, ...args: unknown[]) => unknown;

/** Tells a trace of the module before a method or an accessor of it runs. */
function telling(method: Method): Method {
  return function (...args) {
    runtime.watcher?.object(this);
    return method.apply(this, args);
  };
}

/** How many inputs a function has names for, by its text; Infinity where that does not say: `...rest`, `arguments`. */
function arityOf(f: Method): number {
  const text = Function.prototype.toString.call(f).replace(/\/\*[\s\S]*?\*\/|\/\/.*/g, '');
  if (/\barguments\b|\[native code\]/.test(text)) return Infinity;
  let [depth, count, some] = [0, 1, false];
  for (let i = text.indexOf('(') + 1; i > 0 && i < text.length; i++) {
    const c = text[i]!;
    if (/["'`]/.test(c) || text.startsWith('...', i)) return Infinity;
    if (c === ')' && depth === 0) return some ? count : 0;
    if ('([{'.includes(c)) depth++;
    else if (')]}'.includes(c)) depth--;
    else if (c === ',' && depth === 0 && !/^\s*\)/.test(text.slice(i + 1))) count++;
    some ||= /\S/.test(c);
  }
  return Infinity;
}

/** `forward` as a scope, which knows where its errors come from. */
function scoping(forward: Method, hides: boolean): Method {
  const most = arityOf(forward) || Infinity; // one without names ignores its input on purpose
  return function scoped(...inputs) {
    if (!isModule(this)) {
      throw new ValueError(
        'forward',
        `was called without its module, on ${display(this)}: pass x => model.forward(x), not model.forward`,
      );
    }
    runtime.watcher?.object(this);
    const outer = running;
    running = hides ? this : null;
    try {
      if (inputs.length > most) checkCount(`${this.constructor.name}.forward`, most, inputs);
      checkFields(this);
      if (outer !== null && outer !== this) checkHeld(outer, this);
      const hooks = hooksOf(this);
      // What a subclass inherits or calls as `super.forward` is part of its own.
      return hooks === null || this.forward !== scoped
        ? scopeOf(forward, this, inputs, 'nobody')
        : scopeOf(callWithHooks, this, [forward, most, hooks, inputs], 'nobody');
    } catch (e) {
      if (e instanceof PhylloError) locate(e, this);
      throw e;
    } finally {
      running = outer;
    }
  };
}

/** Wraps the methods and accessors from a class up to `base`, once for each class. */
export function wrap(prototype: object, base: object): void {
  for (let p = prototype; p !== base && !wrapped.has(p); p = Object.getPrototypeOf(p)) {
    wrapped.add(p);
    for (const key of Reflect.ownKeys(p)) {
      const own = Object.getOwnPropertyDescriptor(p, key)!;
      if (key === 'constructor' || !own.configurable) continue;
      if (typeof own.value === 'function') {
        own.value = key === 'forward' ? scoping(own.value, hidesFields(p)) : telling(own.value);
      }
      if (own.get) own.get = telling(own.get);
      if (own.set) own.set = telling(own.set);
      Object.defineProperty(p, key, own);
    }
  }
}

/** Tells an error the path from this module, which it passes, to the one it comes from. */
function locate(e: PhylloError, passing: Module): void {
  const origin = thrownIn.get(e);
  if (!origin) {
    thrownIn.set(e, passing);
    return;
  }
  for (const [path, m] of passing.namedModules()) if (m === origin && path !== '') e.within(path);
}

/** Whether the class of a prototype has `#private` fields, as far as its text tells. */
const hidesFields = (prototype: object): boolean =>
  /\bthis\.#[\w$]/.test(Function.prototype.toString.call(prototype.constructor));

/** Whether one of the classes of a module has `#private` fields. */
export function hasPrivateFields(m: Module): boolean {
  for (let p: object = Object.getPrototypeOf(m); p.constructor !== Object; p = Object.getPrototypeOf(p)) {
    if (hidesFields(p)) return true;
  }
  return false;
}

/**
 * Throws where a module with `#private` fields, which nobody outside can see, runs another that has parameters to train
 * and that it does not hold in a public field: nothing would train or save it.
 */
function checkHeld(outer: Module, inner: Module): void {
  const checked = known.get(outer) ?? new WeakSet();
  if (checked.has(inner)) return;
  const held = [...walk(outer, '', new Set())].some(([, m]) => m === inner);
  if (!held && inner.parameters().some(p => p.requiresGrad)) {
    throw new ValueError(
      outer.constructor.name,
      `runs a ${inner.constructor.name} that no public field of it holds, so that nothing would train or save it: keep it in a field without #`,
    );
  }
  checked.add(inner);
  known.set(outer, checked);
}
