/** Arguments and results of functions: tensors, alone or in arrays and plain objects, among other values. */

/** A plain object, of whatever realm, or one without a prototype. */
export function isPlain(v: unknown): v is Readonly<Record<string, unknown>> {
  if (typeof v !== 'object' || v === null) return false;
  const prototype: unknown = Object.getPrototypeOf(v);
  if (prototype === Object.prototype) return true;
  return (
    !Array.isArray(v) &&
    (prototype === null || (typeof prototype === 'object' && Object.getPrototypeOf(prototype) === null))
  );
}

/** The leaves of a value, in order, each under its path: `''`, `0`, `0.image`. */
export function* leaves(v: unknown, path = ''): Generator<[path: string, leaf: unknown]> {
  const under = (key: string | number): string => (path === '' ? `${key}` : `${path}.${key}`);
  if (Array.isArray(v)) for (const [i, e] of v.entries()) yield* leaves(e, under(i));
  else if (isPlain(v)) for (const [key, e] of Object.entries(v)) yield* leaves(e, under(key));
  else yield [path, v];
}

/** The same value with each leaf replaced; `f` is called in the order of `leaves`. */
export function mapLeaves(v: unknown, f: (leaf: unknown) => unknown): unknown {
  if (Array.isArray(v)) return v.map(e => mapLeaves(e, f));
  if (isPlain(v)) return Object.fromEntries(Object.entries(v).map(([key, e]) => [key, mapLeaves(e, f)]));
  return f(v);
}

/** How leaves are put together, as text. */
export function structure(v: unknown): string {
  if (Array.isArray(v)) return `[${v.map(structure).join()}]`;
  if (isPlain(v))
    return `{${Object.entries(v)
      .map(([key, e]) => `${key}:${structure(e)}`)
      .join()}}`;
  return '*';
}
