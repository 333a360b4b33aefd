/** What objects held when a function went by them: fields, elements, entries and members, by identity. */
import { isOwner } from '../core/owners';
import { Tensor } from '../core/tensor';

/** Longer arrays, maps and sets are compared by their size alone, and larger objects inside others not at all. */
const ENTRIES = 256;
/** What is nested deeper is left out, … */
const DEPTH = 4;
/** … and what comes after so many objects, the nearest first. So a data set that hangs on a module costs no call much. */
const OBJECTS = 64;

/** One object's contents, at keys in order. */
export abstract class Memo<K = unknown> {
  constructor(
    readonly object: object,
    protected readonly keys: readonly K[],
    protected readonly values: readonly unknown[],
  ) {}

  protected abstract read(key: K): unknown;
  /** The key of what was put there, replaced or taken away; undefined: nothing. */
  abstract changed(): unknown;

  protected other(): K | undefined {
    const { keys, values } = this;
    for (let i = 0; i < keys.length; i++) if (!Object.is(this.read(keys[i]!), values[i])) return keys[i];
    return undefined;
  }
  /** The key of the first value that is so. */
  keyOf(is: (v: unknown) => boolean): K | undefined {
    const i = this.values.findIndex(is);
    return i < 0 ? undefined : this.keys[i];
  }
  /** An object that is not where it was. */
  replaced(): object | null {
    const i = this.values.findIndex((v, i) => typeof v === 'object' && v !== null && this.read(this.keys[i]!) !== v);
    const value = this.values[i];
    return typeof value === 'object' ? value : null;
  }
  /** The objects in it. */
  *inside(): Generator<object> {
    for (const v of this.values) if (typeof v === 'object' && v !== null) yield v;
  }
}

/** Stands for the value of a getter, which is not asked. */
const ASKED: unique symbol = Symbol('a getter');
const fieldOf = (o: object, key: string | symbol): unknown =>
  Object.getOwnPropertyDescriptor(o, key)?.get ? ASKED : Reflect.get(o, key);

/** Enumerable fields, inherited ones too, then fields named by symbols. */
class Fields extends Memo<string | symbol> {
  private readonly named: number;

  constructor(object: object) {
    const names: (string | symbol)[] = [];
    for (const name in object) names.push(name);
    const keys = [...names, ...Object.getOwnPropertySymbols(object)];
    super(
      object,
      keys,
      keys.map(key => fieldOf(object, key)),
    );
    this.named = names.length;
  }
  protected read(key: string | symbol): unknown {
    return Reflect.get(this.object, key);
  }
  changed(): string | symbol | undefined {
    const { object, keys, values, named } = this;
    const name = this.changedName(object);
    if (name !== undefined) return name;
    for (let i = named; i < keys.length; i++)
      if (values[i] !== ASKED && !Object.is(Reflect.get(object, keys[i]!), values[i])) return keys[i];
    return undefined;
  }
  /**
   * Allocates nothing: engines keep the names of a class's fields, and read a field by its position among them, which takes
   * half as long as Reflect.get.
   */
  private changedName<T extends object>(object: T): string | symbol | undefined {
    const { keys, values, named } = this;
    let i = 0;
    for (const name in object) {
      if (name !== keys[i]) return name;
      const value = values[i++];
      if (value !== ASKED && !Object.is(object[name], value)) return name;
    }
    return i < named ? keys[i] : undefined;
  }
}

class Elements extends Memo<number> {
  private readonly length: number;

  constructor(private readonly array: ArrayLike<unknown> & object) {
    const values = array.length > ENTRIES ? [] : Array.from(array);
    super(
      array,
      values.map((_, i) => i),
      values,
    );
    this.length = array.length;
  }
  protected read(i: number): unknown {
    return this.array[i];
  }
  changed(): unknown {
    return this.array.length !== this.length ? 'length' : this.other();
  }
}

/** Of a map its entries, of a set its members, each of which is its own value. */
class Entries extends Memo {
  private readonly size: number;

  constructor(private readonly map: Map<unknown, unknown> | Set<unknown>) {
    const entries = map.size > ENTRIES ? [] : [...map.entries()];
    super(
      map,
      entries.map(([key]) => key),
      entries.map(([, value]) => value),
    );
    this.size = map.size;
  }
  protected read(key: unknown): unknown {
    return this.map instanceof Map ? this.map.get(key) : this.map.has(key) ? key : undefined;
  }
  changed(): unknown {
    return this.map.size !== this.size ? 'size' : this.other();
  }
}

const isElements = (o: object): o is ArrayLike<unknown> & object =>
  Array.isArray(o) || (ArrayBuffer.isView(o) && !(o instanceof DataView));
const isEntries = (o: object): o is Map<unknown, unknown> | Set<unknown> => o instanceof Map || o instanceof Set;

const remember = (o: object): Memo => (isElements(o) ? new Elements(o) : isEntries(o) ? new Entries(o) : new Fields(o));
const isFixed = (o: object): boolean => Object.isFrozen(o) && !isEntries(o) && !ArrayBuffer.isView(o);
/** A module inside another is met when it is run, but for one whose `forward` is a field. */
const isApart = (o: object): boolean => isOwner(o) && !Object.hasOwn(o, 'forward');
const isLarge = (o: object): boolean => !isElements(o) && !isEntries(o) && Object.keys(o).length > ENTRIES;

/** Remembers an object and what it leads to within bounds. `seen` says what is known already. */
export function explore(root: object, seen: Set<object>, each: { memo(m: Memo): void; tensor(t: Tensor): void }): void {
  let level = [root];
  let room = OBJECTS;
  for (let depth = 0; depth <= DEPTH; depth++) {
    const below: object[] = [];
    for (const o of level) {
      if (o instanceof Tensor) each.tensor(o);
      else if (!seen.has(o) && (o === root || (room > 0 && !isApart(o) && !isLarge(o)))) {
        seen.add(o);
        room--;
        const memo = remember(o);
        if (!isFixed(o)) each.memo(memo);
        below.push(...memo.inside());
      }
    }
    level = below;
  }
}

/** The objects that one holds: itself, or in arrays, maps and objects which are no modules. */
export function* heldBy(o: object, depth = 2): Generator<object> {
  const all: Iterable<unknown> = ArrayBuffer.isView(o)
    ? []
    : Array.isArray(o) || o instanceof Set
      ? o
      : o instanceof Map
        ? o.values()
        : Object.keys(o).map(key => fieldOf(o, key));
  let room = ENTRIES;
  for (const v of all) {
    if (typeof v !== 'object' || v === null) continue;
    if (room-- === 0) return;
    yield v;
    if (depth > 0 && !(v instanceof Tensor) && !isOwner(v)) yield* heldBy(v, depth - 1);
  }
}
