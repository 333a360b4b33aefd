/**
 * The base of layers and models. Fields that are parameters, buffers or modules (also in arrays) belong to the module;
 * `forward` says what it computes. A call of `forward` is a scope: what it makes and does not return is given up, and
 * the graph keeps what its gradient needs.
 */
import { noteChange } from '../core/changes';
import { display } from '../core/display';
import { PhylloError, ShapeError, ValueError } from '../core/errors';
import { aBoolean, check, kind, options as optionsOf, recordOf, checkCount, type Kind } from '../core/kinds';
import { aTensor } from '../core/tensor-kinds';
import { addOwner } from '../core/owners';
import { noGrad, runtime } from '../core/runtime';
import { scopeOf } from '../core/scope';
import { sameShape, show } from '../core/shape';
import { drop } from '../core/lifetime';
import { live, type Tensor } from '../core/tensor';
import { copy_ } from '../ops/inplace';
import { checkFields, checkLeaves, fields, noteFields } from './fields';
import { Buffer, Parameter } from './parameter';

export interface LoadOptions {
  /** Every name must be there, and no other. Default true. */
  readonly strict?: boolean;
}
/** What loading found beside what it loaded. */
export interface LoadReport {
  readonly missingKeys: readonly string[];
  readonly unexpectedKeys: readonly string[];
}

/** Notified of each forward call that ends: module, and what it returned. */
type Observer = (module: Module, output: unknown) => void;
let observer: Observer | null = null;

/** Runs `f` with every forward call inside reported, innermost first. */
export function observe<T>(f: () => T, each: Observer): T {
  const was = observer;
  observer = each;
  try {
    return f();
  } finally {
    observer = was;
  }
}

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

/** `forward` as a scope, which knows where its errors come from. */
function scoping(forward: Method): Method {
  return function (...inputs) {
    if (!(this instanceof Module)) {
      throw new ValueError(
        'forward',
        `was called without its module, on ${display(this)}: pass x => model.forward(x), not model.forward`,
      );
    }
    runtime.watcher?.object(this);
    try {
      checkFields(this);
      const output = scopeOf(forward, this, inputs, 'nobody');
      observer?.(this, output);
      return output;
    } catch (e) {
      if (e instanceof PhylloError) locate(e, this);
      throw e;
    }
  };
}

/** Wraps the methods and accessors from a class up to Module, once for each class. */
function wrap(prototype: object): void {
  for (let p = prototype; p !== Module.prototype && !wrapped.has(p); p = Object.getPrototypeOf(p)) {
    wrapped.add(p);
    for (const key of Reflect.ownKeys(p)) {
      const own = Object.getOwnPropertyDescriptor(p, key)!;
      if (key === 'constructor' || !own.configurable) continue;
      if (typeof own.value === 'function') own.value = (key === 'forward' ? scoping : telling)(own.value);
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

/** A module and those inside it that were not seen yet, by path. */
function* walk(m: Module, path: string, seen: Set<Module>): Generator<[path: string, module: Module]> {
  if (seen.has(m)) return;
  seen.add(m);
  yield [path, m];
  for (const [name, inner] of m.children()) yield* walk(inner, path === '' ? name : `${path}.${name}`, seen);
}

/**
 * The base of layers and models. Fields that hold a {@link Parameter}, a {@link Buffer} or a module, also in arrays,
 * belong to it; other tensors do not. What lists parameters throws ValueError where a field holds another tensor that
 * requires a gradient and no op made. A field that has held a parameter or a buffer takes another one or null: where
 * something else is assigned, `forward` and whatever lists parameters throw ValueError.
 */
export abstract class Module {
  /** Set by `train` and `eval`: dropout and batch statistics depend on it. */
  training = true;

  constructor() {
    checkCount(this.constructor.name, 0, arguments);
    wrap(Object.getPrototypeOf(this));
    addOwner(this);
    noteChange();
  }

  /** What the module computes. */
  abstract forward(...inputs: never[]): unknown;

  /** The modules that are fields of this one, by name; those in an array `blocks` are `blocks.0`, `blocks.1`, … */
  *children(): Generator<[name: string, module: Module]> {
    for (const [name, value] of fields(this)) if (value instanceof Module) yield [name, value];
  }

  /** This module (under the name '') and all those inside it, by path; one that is found several times comes once. */
  *namedModules(prefix = ''): Generator<[path: string, module: Module]> {
    yield* walk(this, prefix, new Set());
  }

  /** The tensors of a kind in all modules, by path, each once. */
  private *named<T extends Tensor>(kind: abstract new (...args: never[]) => T): Generator<[path: string, tensor: T]> {
    const seen = new Set<T>();
    for (const [path, m] of this.namedModules()) {
      noteFields(m);
      checkLeaves(m);
      for (const [name, value] of fields(m)) {
        if (!(value instanceof kind) || seen.has(value)) continue;
        seen.add(value);
        yield [path === '' ? name : `${path}.${name}`, value];
      }
    }
  }

  /** Parameters by path; one that several modules share comes once. */
  *namedParameters(): Generator<[path: string, parameter: Parameter]> {
    yield* this.named(Parameter);
  }
  /** Buffers by path. */
  *namedBuffers(): Generator<[path: string, buffer: Buffer]> {
    yield* this.named(Buffer);
  }
  /** What an optimiser takes. */
  parameters(): Parameter[] {
    return [...this.namedParameters()].map(([, p]) => p);
  }

  /** Parameters and buffers by path: the tensors themselves, not copies. */
  stateDict(): Record<string, Tensor> {
    return Object.fromEntries([...this.namedParameters(), ...this.namedBuffers()]);
  }

  /**
   * Copies values into the parameters and buffers, in place, so that optimisers and captured plans go on. Strict (the
   * default), every name must be there and no other; else the report lists what is missing or unexpected. Throws ShapeError or
   * DisposedError before anything is written.
   */
  loadStateDict(state: Readonly<Record<string, Tensor>>, options: LoadOptions = {}): LoadReport {
    check('loadStateDict', 'state', recordOf(aTensor, 'tensors by name'), state);
    check('loadStateDict', 'options', optionsOf<LoadOptions>({ strict: aBoolean }), options);
    checkCount('loadStateDict', 2, arguments);
    const { strict = true } = options;
    const own = this.stateDict();
    const missingKeys = Object.keys(own).filter(k => !Object.hasOwn(state, k));
    const unexpectedKeys = Object.keys(state).filter(k => !Object.hasOwn(own, k));
    const wrong = Object.entries(own).flatMap(([k, t]) => {
      const s = Object.hasOwn(state, k) ? state[k] : undefined;
      if (!s || (sameShape(s.shape, t.shape) && s.dtype === t.dtype)) return [];
      return [`${k} takes ${t.dtype} ${show(t.shape)}, found ${s.dtype} ${show(s.shape)}`];
    });
    if (strict) {
      wrong.push(...missingKeys.map(k => `${k} is missing`), ...unexpectedKeys.map(k => `${k} is unexpected`));
    }
    if (wrong.length > 0) throw new ShapeError('loadStateDict', wrong.join('; '));
    for (const t of [...Object.values(state), ...Object.values(own)]) live(t, 'loadStateDict');
    noGrad(() => {
      for (const [k, t] of Object.entries(own)) {
        const s = Object.hasOwn(state, k) ? state[k] : undefined;
        if (s && s !== t) copy_(t, s);
      }
    });
    return { missingKeys, unexpectedKeys };
  }

  /** Training mode, or with false evaluation mode, here and inside. */
  train(on = true): this {
    checkCount('train', 1, arguments);
    check('train', 'on', aBoolean, on);
    for (const [, m] of this.namedModules()) {
      if (m.training !== on) noteChange();
      m.training = on;
    }
    return this;
  }
  /** Evaluation mode: no dropout, running statistics. */
  eval(): this {
    return this.train(false);
  }

  /** Whether the parameters are to be trained; false freezes them, for fine-tuning. */
  requiresGrad(on = true): this {
    checkCount('requiresGrad', 1, arguments);
    check('requiresGrad', 'on', aBoolean, on);
    for (const p of this.parameters()) p.requiresGrad = on;
    return this;
  }
  /** Frees parameters and buffers, here and inside. Using them afterwards is a DisposedError. */
  dispose(): void {
    noteChange();
    for (const t of [...this.parameters(), ...[...this.namedBuffers()].map(([, b]) => b)])
      drop(t, `dispose() of ${this.constructor.name}`);
  }
  [Symbol.dispose](): void {
    this.dispose();
  }

  /** Clears the gradients of all parameters. */
  zeroGrad(): void {
    for (const p of this.parameters()) p.grad = null;
  }
}

/** A module from one tensor to another: what Sequential takes. */
export abstract class Layer extends Module {
  abstract override forward(x: Tensor): Tensor;
}
export const aLayer: Kind<Layer> = kind('a Layer', v => v instanceof Layer, {
  hint: v => (v instanceof Module ? ', which extends Module: one tensor in, one out, extends nn.Layer' : ''),
});
