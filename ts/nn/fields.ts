/** What modules hold, however nested: which fields hold parameters, buffers and modules, and what they may not hold. */
import { display } from '../core/display';
import { ValueError } from '../core/errors';
import { isOwner } from '../core/owners';
import { Tensor } from '../core/tensor';
import { isPlain } from '../core/tree';
import type { Module } from './module';
import { State } from './parameter';

/** Modules are what owners are: a check that needs no class. */
export const isModule = (v: unknown): v is Module => typeof v === 'object' && v !== null && isOwner(v);
const isPart = (v: unknown): boolean => v instanceof State || isModule(v);

/** Deeper data is none of a module's. */
const DEPTH = 16;

/**
 * The fields of a module, and what arrays, plain objects, maps and sets in them hold: `blocks.0`, `heads.mask`, …
 *
 * @throws {ValueError} for a part of the module under the key of a map that is no text.
 */
export function* fields(m: Module): Generator<[name: string, value: unknown]> {
  const seen = new Set<object>();
  for (const [name, value] of m.contents()) yield* within(m, name, value, seen, 0);
}
function* within(
  m: Module,
  path: string,
  value: unknown,
  seen: Set<object>,
  depth: number,
): Generator<[string, unknown]> {
  const entries = depth < DEPTH ? entriesOf(value) : null;
  if (!entries || typeof value !== 'object' || value === null) {
    yield [path, value];
    return;
  }
  if (seen.has(value)) return;
  seen.add(value);
  for (const [key, v] of entries) {
    if (typeof key === 'string' || typeof key === 'number') yield* within(m, `${path}.${key}`, v, seen, depth + 1);
    else if (isPart(v) || isPart(key)) {
      throw new ValueError(m.constructor.name, `${path} is a Map with ${display(key)} as a key: names are text`);
    }
  }
}
function entriesOf(v: unknown): Iterable<[key: unknown, value: unknown]> | null {
  if (Array.isArray(v)) return v.entries();
  if (v instanceof Map) return v;
  if (v instanceof Set) return [...v].entries();
  return isPlain(v) ? Object.entries(v) : null;
}

const joined = (path: string, name: string): string => (path === '' ? name : `${path}.${name}`);

/** The modules that a module holds, by name. */
export function* childrenOf(m: Module): Generator<[name: string, module: Module]> {
  for (const [name, value] of fields(m)) if (isModule(value)) yield [name, value];
}

/** A module and those inside it that were not seen yet, by path. */
export function* walk(m: Module, path: string, seen: Set<Module>): Generator<[path: string, module: Module]> {
  if (seen.has(m)) return;
  seen.add(m);
  yield [path, m];
  for (const [name, inner] of childrenOf(m)) yield* walk(inner, joined(path, name), seen);
}

/** Parameters and buffers under every path that leads to them, but for paths that lead in circles. */
export function* statesOf(
  m: Module,
  path: string = '',
  above: readonly Module[] = [],
): Generator<[path: string, state: State]> {
  if (above.includes(m)) return;
  checkParts(m);
  for (const [name, value] of fields(m)) if (value instanceof State) yield [joined(path, name), value];
  for (const [name, inner] of childrenOf(m)) yield* statesOf(inner, joined(path, name), [...above, m]);
}

/** Of each module, the fields that held a parameter or a buffer when it was last looked at. */
const holding: WeakMap<Module, Set<string>> = new WeakMap();

/**
 * Notes which fields of a module hold parameters and buffers. From then on they hold one or null: with another tensor in
 * its stead, a parameter would be trained and saved no more.
 */
export function noteFields(m: Module): void {
  const before = holding.get(m);
  const names = new Set<string>();
  for (const [name, value] of fields(m)) {
    const held = before?.has(name) ?? false;
    if (held && !isHeld(value)) refuseField(m, name, value);
    if (held || value instanceof State) names.add(name);
  }
  holding.set(m, names);
}
const isHeld = (value: unknown): boolean => value instanceof State || value === null || value === undefined;

/** Throws if a field that was noted holds something else. */
export function checkFields(m: Module): void {
  const names = holding.get(m);
  if (!names) noteFields(m);
  else for (const name of names) if (!isHeld(Reflect.get(m, name))) refuseField(m, name, Reflect.get(m, name));
}
function refuseField(m: Module, name: string, value: unknown): never {
  throw new ValueError(
    m.constructor.name,
    `${name} takes a Parameter, a Buffer or null, this is ${display(value)}: wrap a tensor in new nn.Parameter(), or copy its values with copy_()`,
  );
}

/** Modules whose parameters have been listed. */
const listed: WeakSet<Module> = new WeakSet();
/**
 * Throws for a field that held a parameter and holds something else; and, the first time a module's parameters are
 * listed, for a tensor that its constructor made to be trained but that is no Parameter: nothing would train or save it.
 */
export function checkParts(m: Module): void {
  noteFields(m);
  if (listed.has(m)) return;
  for (const [name, v] of fields(m)) {
    if (!(v instanceof Tensor) || v instanceof State || v.leaf === null) continue;
    throw new ValueError(
      m.constructor.name,
      `${name} is ${display(v)} that requires a gradient, but no Parameter, so that nothing would train or save it: make it a new nn.Parameter(…)`,
    );
  }
  listed.add(m);
}
