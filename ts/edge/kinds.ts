/** Kinds of values that callers give, told apart whatever realm they come from, and as errors show them. */

/** What `Object.prototype.toString` calls it: `Promise`, `WebAssembly.Module`. */
export const kindOf = (v: unknown): string => Object.prototype.toString.call(v).slice(8, -1);

export const isString = (v: unknown): v is string => typeof v === 'string';

/** Any value, in few words, and what to do where that is plain to see. */
export function shown(v: unknown): string {
  if (isString(v)) return `'${v.slice(0, 40)}'`;
  if (typeof v === 'bigint') return `${v}n: convert it by Number()`;
  if ((typeof v !== 'object' && typeof v !== 'function') || v === null) return String(v);
  const kind = kindOf(v);
  if (kind === 'Promise') return 'a Promise: await it first';
  if ('toArray' in v && 'dtype' in v) return 'a Tensor: pass x.toArray()';
  return `${/^[AEIO]/.test(kind) ? 'an' : 'a'} ${kind}`;
}
