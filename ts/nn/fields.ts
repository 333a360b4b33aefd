/** The fields of modules: which hold parameters and buffers, and what they may not hold. */
import { display } from '../core/display';
import { ValueError } from '../core/errors';
import { Tensor } from '../core/tensor';
import type { Module } from './module';
import { State } from './parameter';

/** The fields of a module, and the entries of those that are arrays: `blocks.0`, `blocks.1`, … */
export function* fields(m: Module): Generator<[name: string, value: unknown]> {
  for (const [name, value] of Object.entries(m)) {
    if (Array.isArray(value)) for (const [i, v] of value.entries()) yield [`${name}.${i}`, v];
    else yield [name, value];
  }
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
 * Throws, the first time a module's parameters are listed, for a tensor that its constructor made to be trained but that
 * is no Parameter: nothing would train or save it.
 */
export function checkLeaves(m: Module): void {
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
