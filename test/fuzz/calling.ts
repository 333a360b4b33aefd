/** Makes calls of what is public, by name. */
import * as phyllo from 'phyllo';
import type { Right } from './arguments';

function find(path: string): unknown {
  return path.split('.').reduce<unknown>((v, name) => Reflect.get(Object(v), name), phyllo);
}
const isClass = (f: unknown): boolean =>
  typeof f === 'function' && /^class\b/.test(Function.prototype.toString.call(f));

/** Makes the call: of a method, a constructor or a function. */
export function run(
  name: string,
  { on, args: right }: Right,
  args: readonly unknown[] = right.map(a => a.value),
): unknown {
  const [path = '', method] = name.split('#');
  if (on && method !== undefined) return Reflect.apply(Reflect.get(on, method), on, args);
  const f = find(path);
  if (typeof f !== 'function') throw new Error(`${name} is no function`);
  return isClass(f) ? Reflect.construct(f, args) : Reflect.apply(f, undefined, args);
}
