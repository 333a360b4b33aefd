/** Any value as an error shows it: short, and whatever it is. */

/** What shows itself has a method of this name. */
export const DISPLAY: unique symbol = Symbol('display');

/** Marks the tensors of every copy of this package in a process, with its version. */
export const COPY = 'phyllo.tensor';
export const VERSION = '0.1.0';

/** More characters of a text, and more entries of a list, than these are left out. */
const CHARACTERS = 40;
const ENTRIES = 8;

/** Proxies and getters of the caller's may throw; an error message must not. */
function attempt(read: () => unknown): unknown {
  try {
    return read();
  } catch {
    return undefined;
  }
}

/** Of a tensor, of whatever copy, the version of the package that it comes from. */
export const copyOf = (v: object): unknown => attempt(() => Reflect.get(v, Symbol.for(COPY)));

/** The name of an object's class; '' if it has none. */
export function classOf(v: object): string {
  const name = attempt(() => {
    const type: unknown = Reflect.get(v, 'constructor');
    return typeof type === 'function' ? type.name : '';
  });
  return typeof name === 'string' ? name : '';
}

const withArticle = (noun: string): string => `${/^[AEIOaeio]/.test(noun) ? 'an' : 'a'} ${noun}`;

export const display = (v: unknown): string => String(attempt(() => shown(v)) ?? 'an object');

function shown(v: unknown): string {
  if (v === undefined) return 'missing';
  if (typeof v === 'string') return `'${v.length > CHARACTERS ? `${v.slice(0, CHARACTERS)}…` : v}'`;
  if (typeof v === 'bigint') return `${v}n`;
  if (typeof v === 'function') return 'a function';
  if (typeof v !== 'object' || v === null) return Object.is(v, -0) ? '-0' : String(v);
  if (DISPLAY in v && typeof v[DISPLAY] === 'function') return String(v[DISPLAY]());
  const copy = copyOf(v);
  if (copy !== undefined) {
    return `a tensor of another copy of phyllo, version ${String(copy)} beside ${VERSION}: a program takes one; \`npm ls phyllo\` shows who brings which`;
  }
  if (v instanceof Promise) return 'a Promise: await it first';
  const kind = classOf(v);
  if (Array.isArray(v)) return attempt(() => `[${entries(v)}]`)?.toString() ?? 'an array';
  if (ArrayBuffer.isView(v) && 'length' in v) return `${withArticle(kind)} of ${String(v.length)}`;
  if (kind !== '' && kind !== 'Object') return withArticle(kind);
  const keys = attempt(() => Object.keys(v));
  return Array.isArray(keys) && keys.length > 0 ? `{ ${some(keys.map(String), ', ')} }` : 'an empty object';
}

function entries(v: readonly unknown[]): string {
  // Not by `map`, which leaves holes out; nested arrays show how long they are.
  const shown = Array.from({ length: Math.min(v.length, ENTRIES + 1) }, (_, i) => {
    const e = v[i];
    return e === undefined ? 'undefined' : Array.isArray(e) ? (e.length === 0 ? '[]' : `[… ${e.length}]`) : display(e);
  });
  return v.length > ENTRIES ? `${shown.slice(0, ENTRIES).join(', ')}, … ${v.length} in all` : shown.join(', ');
}

const some = (words: readonly string[], between: string): string =>
  words.length > ENTRIES ? `${words.slice(0, ENTRIES).join(between)}${between}…` : words.join(between);

/** What is no tensor, for an error. */
export const foundInstead = (v: unknown): string =>
  Array.isArray(v) ? 'an array: make one with tensor()' : display(v);
