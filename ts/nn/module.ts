/**
 * The base of layers and models. Fields that are parameters, buffers or modules (also in arrays, plain objects, maps and
 * sets) belong to the module; `forward` says what it computes. A call of `forward` is a scope: what it makes and does not
 * return is given up, and the graph keeps what its gradient needs.
 */
import { noteChange } from '../core/changes';
import { ValueError } from '../core/errors';
import { aBoolean, aFunction, aText, check, checkCount, instanceOf, kind, type Kind } from '../core/kinds';
import { drop } from '../core/lifetime';
import { addOwner } from '../core/owners';
import type { Tensor } from '../core/tensor';
import type { RemovableHandle } from '../autodiff/hooks';
import { checkParts, childrenOf, fields, walk } from './fields';
import { wrap } from './forward';
import { register, setHooks, type ForwardHook, type ForwardPreHook, type FullBackwardHook } from './hooks';
import { Buffer, Parameter, type BufferOptions } from './parameter';
import { printed, showsText } from './print';
import { copyModule, loadState, stateOf, type LoadOptions, type LoadReport } from './state';

/**
 * The base of layers and models. Fields that hold a {@link Parameter}, a {@link Buffer} or a module, also in arrays, plain
 * objects, maps and sets, belong to it; other tensors do not. What lists parameters throws ValueError where a field holds
 * another tensor that requires a gradient and no op made. A field that has held a parameter or a buffer takes another one
 * or null: where something else is assigned, `forward` and whatever lists parameters throw ValueError. `#private` fields
 * cannot be seen from outside: what they hold is not part of the module.
 */
export abstract class Module {
  /** Set by `train` and `eval`: dropout and batch statistics depend on it. */
  training = true;

  constructor() {
    checkCount(this.constructor.name, 0, arguments);
    wrap(Object.getPrototypeOf(this), Module.prototype);
    showsText(Module.prototype);
    addOwner(this);
    setHooks(this, null);
    noteChange();
  }

  /** What the module computes. */
  abstract forward(...inputs: never[]): unknown;

  /** Its fields by name. Containers say what they hold. @internal */
  contents(): Iterable<[name: string, value: unknown]> {
    return Object.entries(this);
  }

  /** The modules that it holds, by name, each once; those in an array `blocks` are `blocks.0`, `blocks.1`, … */
  *namedChildren(): Generator<[name: string, module: Module]> {
    const seen = new Set<Module>();
    for (const [name, m] of childrenOf(this)) {
      if (seen.has(m)) continue;
      seen.add(m);
      yield [name, m];
    }
  }
  /** The modules that it holds. */
  children(): Module[] {
    return [...this.namedChildren()].map(([, m]) => m);
  }
  /** This module (under the name '') and all those inside it, by path; one that is found several times comes once. */
  *namedModules(prefix = ''): Generator<[path: string, module: Module]> {
    yield* walk(this, prefix, new Set());
  }
  /** This module and all those inside it, each once. */
  modules(): Module[] {
    return [...this.namedModules()].map(([, m]) => m);
  }

  /** The tensors of a kind in all modules, by path, each once. */
  private *named<T extends Tensor>(kind: abstract new (...args: never[]) => T): Generator<[path: string, tensor: T]> {
    const seen = new Set<T>();
    for (const [path, m] of this.namedModules()) {
      checkParts(m);
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
  buffers(): Buffer[] {
    return [...this.namedBuffers()].map(([, b]) => b);
  }

  /**
   * The module, the parameter or the buffer with a path, as `namedModules` and the others list them.
   *
   * @throws {ValueError} if there is none.
   */
  getSubmodule(path: string): Module {
    checkCount('getSubmodule', 1, arguments);
    return this.find('getSubmodule', this.namedModules(), path);
  }
  getParameter(path: string): Parameter {
    checkCount('getParameter', 1, arguments);
    return this.find('getParameter', this.namedParameters(), path);
  }
  getBuffer(path: string): Buffer {
    checkCount('getBuffer', 1, arguments);
    return this.find('getBuffer', this.namedBuffers(), path);
  }
  private find<T>(where: string, entries: Iterable<[string, T]>, path: string): T {
    check(where, 'path', aText, path);
    for (const [name, found] of entries) if (name === path) return found;
    throw new ValueError(where, `there is none at '${path}' in ${this.constructor.name}`);
  }

  /**
   * Puts a buffer into the field `name`, as `this.name = new Buffer(data, options)` does.
   *
   * @returns the buffer.
   * @throws {ValueError} if there is something under that name, or it has a dot.
   */
  registerBuffer(name: string, data: Tensor, options: BufferOptions = {}): Buffer {
    checkCount('registerBuffer', 3, arguments);
    this.checkNew('registerBuffer', name);
    return this.put(name, new Buffer(data, options));
  }
  /** Puts a parameter into the field `name`, likewise. */
  registerParameter(name: string, parameter: Parameter): Parameter {
    checkCount('registerParameter', 2, arguments);
    check('registerParameter', 'parameter', aParameter, parameter);
    this.checkNew('registerParameter', name);
    return this.put(name, parameter);
  }
  private checkNew(where: string, name: string): void {
    check(where, 'name', aText, name);
    if (name === '' || name.includes('.') || (name in this && Reflect.get(this, name) !== undefined)) {
      throw new ValueError(where, `'${name}' is no name for a new field of ${this.constructor.name}`);
    }
  }
  private put<T>(name: string, value: T): T {
    Reflect.set(this, name, value);
    noteChange();
    return value;
  }

  /** Calls `f` with every module inside and then with this one, as initialisation does. Returns the module. */
  apply(f: (module: Module) => void): this {
    check('apply', 'f', aFunction(), f);
    checkCount('apply', 1, arguments);
    for (const m of this.children()) m.apply(f);
    f(this);
    return this;
  }

  /** A copy with parameters and buffers of its own; other tensors and generators are shared. */
  clone(): this {
    return copyModule(this);
  }

  /**
   * Parameters and buffers by path: the tensors themselves, not copies. A tensor that several paths lead to is under each of
   * them; buffers that are not persistent are left out.
   */
  stateDict(): Record<string, Tensor> {
    return stateOf(this);
  }

  /**
   * Copies values into the parameters and buffers, in place, so that optimisers and captured plans go on. Strict (the
   * default), every name must be there and no other, but for PyTorch's `num_batches_tracked`, which nothing here needs; of a
   * tensor with several names one is enough. Floats of other types (F64 weights) are converted. Else the report lists what is missing or unexpected. Throws ShapeError or
   * DisposedError before anything is written.
   */
  loadStateDict(state: Readonly<Record<string, Tensor>>, options: LoadOptions = {}): LoadReport {
    checkCount('loadStateDict', 2, arguments);
    return loadState(this, state, options);
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
    checkCount('eval', 0, arguments);
    return this.train(false);
  }

  /** Whether the parameters are to be trained; false freezes them, for fine-tuning. */
  requiresGrad_(on = true): this {
    checkCount('requiresGrad_', 1, arguments);
    check('requiresGrad_', 'on', aBoolean, on);
    for (const p of this.parameters()) p.requiresGrad = on;
    return this;
  }
  /**
   * Calls `hook` with the module, its inputs and its output after each `forward`; what the hook returns takes the place of
   * the output. Several run in the order in which they were registered. Tensors live until `forward` ends, or the scope
   * around for the output: `keep` those that are to stay. In a captured function hooks run while it is traced: what they
   * compute is part of the plan, what they do besides happens at traces alone; one that is registered or removed makes
   * another plan. A subclass's `super.forward` is part of its own.
   *
   * @returns what removes the hook.
   * @throws {ValueError} if `hook` is no function, or `forward` is a field: a method alone is called with hooks.
   */
  registerForwardHook<M extends Module>(this: M, hook: ForwardHook<M>): RemovableHandle {
    checkCount('registerForwardHook', 1, arguments);
    return register(this, 'registerForwardHook', { at: 'after', hook });
  }
  /**
   * Calls `hook` with the module and the list of its inputs before each `forward`; what the hook returns, another list or
   * one tensor, are the inputs instead. Otherwise as `registerForwardHook`.
   */
  registerForwardPreHook<M extends Module>(this: M, hook: ForwardPreHook<M>): RemovableHandle {
    checkCount('registerForwardPreHook', 1, arguments);
    return register(this, 'registerForwardPreHook', { at: 'before', hook });
  }
  /**
   * Calls `hook` with the module and the gradients by its inputs and outputs, once in each walk of gradients that comes to
   * the inputs, or to the outputs where no input requires a gradient. A list has an entry for each tensor among inputs or
   * outputs, in order and however nested: null where it has no gradient. What the hook returns are the gradients by the
   * inputs instead. They are freed when it returns: `keep` them, or read their numbers there. Otherwise as
   * `registerForwardHook`.
   */
  registerFullBackwardHook<M extends Module>(this: M, hook: FullBackwardHook<M>): RemovableHandle {
    checkCount('registerFullBackwardHook', 1, arguments);
    return register(this, 'registerFullBackwardHook', { at: 'backward', hook });
  }
  /** Its class, its settings and the modules inside, a line for each; of custom classes the fields that are numbers or text. */
  toString(): string {
    return printed(this);
  }
  /** Frees parameters and buffers, here and inside. Using them afterwards is a DisposedError. */
  dispose(): void {
    noteChange();
    for (const t of [...this.parameters(), ...this.buffers()]) drop(t, `dispose() of ${this.constructor.name}`);
  }
  [Symbol.dispose](): void {
    this.dispose();
  }

  /** Clears the gradients of all parameters. */
  zeroGrad(): void {
    checkCount('zeroGrad', 0, arguments);
    for (const p of this.parameters()) p.grad = null;
  }
}

const aParameter: Kind<Parameter> = instanceOf(Parameter, 'a Parameter');

/** A module from one tensor to another. */
export abstract class Layer extends Module {
  abstract override forward(x: Tensor): Tensor;
}
const isAModule = (v: unknown): boolean => v instanceof Module;
export const aModule = <M extends Module>(): Kind<M> => kind('a module', isAModule);
