/** Modules that hold others: lists of modules or parameters, and dictionaries of them. */
import { noteChange } from '../core/changes';
import { IndexError, ValueError } from '../core/errors';
import { check, checkCount, kind, recordOf, wholeNumber, aText, type Kind } from '../core/kinds';
import type { Tensor } from '../core/tensor';
import { aModule, Module } from './module';
import { Parameter } from './parameter';

const anIndex: Kind<number> = wholeNumber(-Infinity);
const computes = (v: unknown): boolean => v instanceof Module && typeof v.forward === 'function';
const aStep: Kind<Module> = kind('a module', computes, {
  hint: v =>
    v instanceof Module
      ? ', which has no forward()'
      : Array.isArray(v)
        ? ': spread a list, new nn.Sequential(...layers)'
        : '',
});
const aParameter: Kind<Parameter> = kind('a Parameter', v => v instanceof Parameter);

/** What has no `forward` says so. */
function noForward({ constructor: { name } }: object): never {
  throw new ValueError(`${name}.forward`, `a ${name} only holds what it is made of: call that`);
}

/** Entries in order, named 0, 1, …, with what arrays and PyTorch's lists can do; indices below 0 count from the end. */
abstract class List<T> extends Module {
  /** Puts an entry in the place of another: `list[2] = …` does the same. */
  [index: number]: T;
  protected readonly items: T[] = [];

  constructor(items: Iterable<T>) {
    super();
    this.insertAll(this.constructor.name, 0, items);
  }
  override contents(): Iterable<[name: string, value: unknown]> {
    const stray = Object.keys(this).find(key => /^\d+$/.test(key));
    if (stray !== undefined)
      throw new IndexError(this.constructor.name, `there is no place ${stray} among ${this.length}`);
    const more = Object.entries(this).filter(([name]) => name !== 'items');
    return [...this.items.map((item, i): [string, unknown] => [`${i}`, item]), ...more];
  }
  /** What its entries are. */
  protected abstract get of(): Kind<T>;

  get length(): number {
    return this.items.length;
  }
  [Symbol.iterator](): IterableIterator<T> {
    return this.items.values();
  }
  /** @throws {IndexError} if there is none. */
  at(index: number): T {
    return this.items[this.place('at', index)]!;
  }
  /** Puts an entry in the place of another. */
  set(index: number, item: T): this {
    const where = `${this.constructor.name}.set`;
    checkCount(where, 2, arguments);
    check(where, 'item', this.of, item);
    this.items[this.place('set', index)] = item;
    noteChange();
    return this;
  }
  append(item: T): this {
    checkCount(`${this.constructor.name}.append`, 1, arguments);
    return this.insertAll(`${this.constructor.name}.append`, this.length, [item]);
  }
  extend(items: Iterable<T>): this {
    checkCount(`${this.constructor.name}.extend`, 1, arguments);
    return this.insertAll(`${this.constructor.name}.extend`, this.length, items);
  }
  /** Puts an entry before that with an index. */
  insert(index: number, item: T): this {
    checkCount(`${this.constructor.name}.insert`, 2, arguments);
    const place = index === this.length ? index : this.place('insert', index);
    return this.insertAll(`${this.constructor.name}.insert`, place, [item]);
  }
  /** Takes an entry out, by default the last, and returns it. */
  pop(index = -1): T {
    checkCount(`${this.constructor.name}.pop`, 1, arguments);
    const [item] = this.items.splice(this.place('pop', index), 1);
    noteChange();
    return item!;
  }

  private place(method: string, index: number): number {
    const where = `${this.constructor.name}.${method}`;
    check(where, 'index', anIndex, index);
    const place = index < 0 ? index + this.length : index;
    if (!(place >= 0 && place < this.length)) {
      throw new IndexError(where, `there is no entry ${index} among ${this.length}`);
    }
    return place;
  }
  private insertAll(where: string, place: number, items: Iterable<T>): this {
    const list = toArray(where, items);
    list.forEach((item, i) => check(where, `entry ${i}`, this.of, item));
    this.items.splice(place, 0, ...list);
    for (; accessible < this.length; accessible++) access(accessible);
    noteChange();
    return this;
  }
}
function toArray<T>(where: string, items: Iterable<T>): T[] {
  // Texts and Maps can be iterated over too, but not as lists of their entries.
  const isList = typeof items !== 'string' && !(items instanceof Map);
  if (isList && typeof Object(items)[Symbol.iterator] === 'function') return [...items];
  return iterable.refuse(where, 'entries', items);
}
const iterable: Kind<unknown> = kind('an array', () => false);

/** As many entries of any list can be read and replaced by number: by accessors of the class, for all lists. */
let accessible = 0;
function access(i: number): void {
  Object.defineProperty(List.prototype, i, {
    get(this: List<unknown>) {
      return i < this.length ? this.at(i) : undefined;
    },
    set(this: List<unknown>, item: unknown) {
      this.set(i, item);
    },
  });
}

/**
 * Modules one after another, by name 0, 1, …: the first takes what `forward` is called with, each of the others what the one
 * before returned.
 */
export class Sequential<In extends readonly unknown[] = [x: Tensor], Out = Tensor> extends List<Module> {
  constructor(...layers: readonly Module[]) {
    super(layers);
  }
  protected override get of(): Kind<Module> {
    return aStep;
  }
  /** The modules. */
  get layers(): Module[] {
    return this.items;
  }
  forward(...inputs: In): Out;
  forward(...inputs: readonly unknown[]): unknown {
    const [first, ...rest] = this.items;
    if (!first) {
      checkCount('Sequential.forward', 1, inputs);
      return inputs[0];
    }
    let y: unknown = Reflect.apply(first.forward, first, inputs);
    for (const m of rest) y = Reflect.apply(m.forward, m, [y]);
    return y;
  }
  /** The modules from `start` to before `end`, as `slice` of arrays has it: not copies. */
  slice(start?: number, end?: number): Sequential {
    return new Sequential(...this.items.slice(start, end));
  }
}

/** A list of modules, which belong to the module that holds it. */
export class ModuleList<M extends Module = Module> extends List<M> {
  constructor(modules: Iterable<M> = []) {
    checkCount('ModuleList', 1, arguments);
    super(modules);
  }
  protected override get of(): Kind<M> {
    return aModule();
  }
  forward(): never {
    return noForward(this);
  }
  slice(start?: number, end?: number): ModuleList<M> {
    return new ModuleList(this.items.slice(start, end));
  }
}
/** A list of parameters, which belong to the module that holds it. */
export class ParameterList extends List<Parameter> {
  constructor(parameters: Iterable<Parameter> = []) {
    checkCount('ParameterList', 1, arguments);
    super(parameters);
  }
  protected override get of(): Kind<Parameter> {
    return aParameter;
  }
  forward(): never {
    return noForward(this);
  }
}

/** Entries by name. */
abstract class Dict<T> extends Module {
  private readonly items: Map<string, T> = new Map();

  constructor(items: Readonly<Record<string, T>>) {
    super();
    this.update(items);
  }
  override contents(): Iterable<[name: string, value: unknown]> {
    return [...this.items, ...Object.entries(this).filter(([name]) => name !== 'items')];
  }
  /** What its entries are. */
  protected abstract get of(): Kind<T>;
  get size(): number {
    return this.items.size;
  }
  [Symbol.iterator](): IterableIterator<[name: string, item: T]> {
    return this.items.entries();
  }
  keys(): IterableIterator<string> {
    return this.items.keys();
  }
  values(): IterableIterator<T> {
    return this.items.values();
  }
  has(name: string): boolean {
    return this.items.has(name);
  }
  /** @throws {ValueError} if there is none of that name. */
  get(name: string): T {
    const item = this.items.get(name);
    if (item === undefined) {
      throw new ValueError(
        `${this.constructor.name}.get`,
        `there is no '${name}' among ${[...this.keys()].join(', ')}`,
      );
    }
    return item;
  }
  set(name: string, item: T): this {
    checkCount(`${this.constructor.name}.set`, 2, arguments);
    check(`${this.constructor.name}.set`, 'name', aText, name);
    return this.update({ [name]: item });
  }
  /** Puts all of a record in, in its order. */
  update(items: Readonly<Record<string, T>>): this {
    const where = this.constructor.name;
    checkCount(`${where}.update`, 1, arguments);
    check(where, 'items', recordOf(this.of, `${this.of.takes} by name`), items);
    for (const [name, item] of Object.entries(items)) {
      if (name === '' || name.includes('.')) throw new ValueError(where, `'${name}' is no name: it is part of a path`);
      this.items.set(name, item);
    }
    noteChange();
    return this;
  }
  /** Takes an entry out and returns it. */
  pop(name: string): T {
    const item = this.get(name);
    this.items.delete(name);
    noteChange();
    return item;
  }
  forward(): never {
    return noForward(this);
  }
}
/** Modules by name, which belong to the module that holds it. */
export class ModuleDict<M extends Module = Module> extends Dict<M> {
  constructor(modules: Readonly<Record<string, M>> = {}) {
    checkCount('ModuleDict', 1, arguments);
    super(modules);
  }
  protected override get of(): Kind<M> {
    return aModule();
  }
}
/** Parameters by name, which belong to the module that holds it. */
export class ParameterDict extends Dict<Parameter> {
  constructor(parameters: Readonly<Record<string, Parameter>> = {}) {
    checkCount('ParameterDict', 1, arguments);
    super(parameters);
  }
  protected override get of(): Kind<Parameter> {
    return aParameter;
  }
}
