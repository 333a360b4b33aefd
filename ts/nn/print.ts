/** Modules as text. */
import { isPlain } from '../core/tree';
import type { Module } from './module';

/** A setting of a layer as text; null for what is none: tensors, modules and functions. */
function setting(v: unknown): string | null {
  if (typeof v === 'string') return `'${v}'`;
  if (typeof v === 'number' || typeof v === 'boolean' || v === null) return String(v);
  if (!Array.isArray(v) || v.length === 0) return null;
  const parts = v.map(setting);
  return parts.includes(null) ? null : `[${parts.join(', ')}]`;
}
/** name=value of each setting among fields; those of an object of options are fields, too. */
function settings(fields: Iterable<readonly [name: string, value: unknown]>): string[] {
  return [...fields].flatMap(([name, value]) => {
    if (name === 'training') return [];
    if (isPlain(value)) return settings(Object.entries(value));
    const text = setting(value);
    return text === null ? [] : [`${name}=${text}`];
  });
}

/** The class, the settings and the modules inside, as PyTorch prints them; `around`: those that it is inside of. */
export function printed(m: Module, around: readonly Module[] = []): string {
  const { name } = m.constructor;
  if (around.includes(m)) return `${name}(…)`;
  const children = [...m.namedChildren()];
  const own = settings(m.contents()).join(', ');
  if (children.length === 0) return `${name}(${own})`;
  const lines = children.map(([path, child]) =>
    `(${path}): ${printed(child, [...around, m])}`.replaceAll('\n', '\n  '),
  );
  const parts = [`${name}(`, ...(own === '' ? [] : [own]), ...lines];
  return `${parts.join('\n  ')}\n)`;
}

const NODE: symbol = Symbol.for('nodejs.util.inspect.custom');
const DENO: symbol = Symbol.for('Deno.customInspect');
/**
 * Lets `console.log` show objects as their text, in Node and Bun, and in Deno. Called as the first is made: bundlers keep a
 * class that is changed as it is loaded, used or not.
 */
export function showsText(prototype: object): void {
  if (Object.hasOwn(prototype, NODE)) return;
  const value = function (this: object): string {
    return String(this);
  };
  Object.defineProperties(prototype, { [NODE]: { value }, [DENO]: { value } });
}
