/** What the arguments of a dataset may be: what is the same in other threads. */
import { classOf, copyOf, display } from '../../core/display';
import { ValueError } from '../../core/errors';
import { isPlain } from '../../core/tree';

/**
 * Throws ValueError unless copies of the arguments, as messages make them, are what they are here: of an object of a class
 * its fields alone would come, and of a URL nothing.
 */
export function checkSendable(args: readonly unknown[]): void {
  const seen = new Set<object>();
  const check = (v: unknown, path: () => string): void => {
    if (typeof v === 'function' || typeof v === 'symbol') refuse(v, path());
    if (typeof v !== 'object' || v === null || seen.has(v)) return;
    seen.add(v);
    if (isPlain(v)) for (const [key, e] of Object.entries(v)) check(e, () => `${path()}.${key}`);
    else if (!isKept(v)) refuse(v, path());
    else if (Array.isArray(v)) for (const [i, e] of v.entries()) check(e, () => `${path()}[${i}]`);
    else if (v instanceof Set) for (const e of v) check(e, () => `what ${path()} has`);
    else if (v instanceof Map)
      for (const [key, e] of v) {
        check(key, () => `a key of ${path()}`);
        check(e, () => `${path()}.get(${display(key)})`);
      }
  };
  for (const [i, v] of args.entries()) check(v, () => `argument ${i}`);
}
/** Whether a value is the same in another thread. */
export function isSendable(v: unknown): boolean {
  try {
    checkSendable([v]);
    return true;
  } catch {
    return false;
  }
}
function refuse(v: unknown, path: string): never {
  const instead =
    typeof v === 'object' && v !== null && copyOf(v) !== undefined
      ? ': pass its numbers, toArray(), and make a tensor of them in the module'
      : v instanceof URL
        ? ': pass its href'
        : '';
  const what = 'with workers, the arguments of a dataset are plain data, which other threads get as it is';
  throw new ValueError('DataLoader', `${what}; ${path} is ${display(v)}${instead}`);
}

/** Built-in objects that copies are like, and that may be large. */
const LARGE = ['Array', 'Map', 'Set', 'ArrayBuffer', 'SharedArrayBuffer'];
/** Whether the copy of an object has its class. */
function isKept(v: object): boolean {
  const type = classOf(v);
  const builtin = Object.prototype.toString.call(v).slice('[object '.length, -1);
  if (LARGE.includes(builtin) || ArrayBuffer.isView(v)) return builtin === type;
  try {
    return classOf(structuredClone(v)) === type;
  } catch {
    return false;
  }
}
