/** Odd calls made of right ones, and what of them may pass. */
import { Tensor, zeros } from 'phyllo';
import { isPlain } from '../../ts/core/tree';
import type { Random } from '../ops/samples/sample';
import type { Argument, Right } from './arguments';

class Custom {
  size = 3;
}

/** Values that nobody means, by name. */
export const ODD: Readonly<Record<string, () => unknown>> = {
  undefined: () => undefined,
  null: () => null,
  text: () => 'abc',
  'a digit as text': () => '2',
  'no text': () => '',
  true: () => true,
  'a number': () => 3,
  NaN: () => NaN,
  Infinity: () => Infinity,
  '-Infinity': () => -Infinity,
  'a fraction': () => 1.5,
  'a negative number': () => -1,
  'a large number': () => 2 ** 60,
  'a BigInt': () => 10n,
  'a Symbol': () => Symbol('odd'),
  'a function': () => () => 1,
  'an object': () => ({ odd: 1 }),
  'an object without prototype': () => Object.assign(Object.create(null), { odd: 1 }),
  'an instance': () => new Custom(),
  'a Date': () => new Date(0),
  'a Map': () => new Map(),
  'a Promise': () => Promise.resolve(3),
  'an empty array': () => [],
  'an array with a hole': () => Object.assign([1, 2, 3], { length: 5 }),
  'a nested array': () => [
    [1, 2],
    [3, 4],
  ],
  'an array of text': () => ['a', 'b'],
  'a long array': () => Array.from({ length: 10_000 }, () => 'x'),
  'a Float32Array': () => Float32Array.of(1, 2),
  'a BigInt64Array': () => BigInt64Array.of(1n, 2n),
  'a DataView': () => new DataView(new ArrayBuffer(8)),
  'a tensor': () => zeros([2, 3]),
  'a freed tensor': () => {
    const t = zeros([2]);
    t.dispose();
    return t;
  },
};
const NAMES = Object.keys(ODD);

/** Whether `odd` may stand where `right` stood: by what they are, whatever the library thinks. */
export function mayPass(right: unknown, odd: unknown, rule: Omit<Argument, 'value'>): boolean {
  if (odd === undefined) return rule.optional === true;
  if (odd === null) return rule.also === 'null' || rule.also === 'index';
  if (typeof odd === 'number') {
    if (typeof right !== 'number' && rule.also !== 'number' && rule.also !== 'numbers') {
      // A pair or a shape may be one number; which, the rule of the argument tells.
      if (!(Array.isArray(right) && rule.whole && right.every(v => typeof v === 'number'))) return false;
    }
    if (rule.whole) return Number.isInteger(odd);
    return rule.finite ? Number.isFinite(odd) : true;
  }
  if (odd instanceof Tensor) {
    return (
      !odd.disposed &&
      (right instanceof Tensor || rule.also === 'labels' || rule.also === 'tensor' || rule.also === 'index')
    );
  }
  if (typeof odd === 'boolean') return typeof right === 'boolean' || rule.also === 'numbers' || rule.also === 'boolean';
  if (typeof odd === 'function') return rule.also === 'function';
  if (typeof odd === 'string') return typeof right === 'string' && rule.also === 'text';
  if (ArrayBuffer.isView(odd)) {
    const list = rule.also === 'numbers' || rule.also === 'labels';
    return list && odd instanceof Float32Array;
  }
  if (Array.isArray(odd)) {
    if (rule.also === 'numbers' && Array.isArray(right) && odd.every(Array.isArray)) return true; // nested data
    if (!Array.isArray(right) && rule.also !== 'labels' && rule.also !== 'numbers') {
      // One number may be a list of them.
      if (!(typeof right === 'number' && rule.whole)) return false;
    }
    return (
      odd.length === 0 ||
      [...odd].every(v => mayPass(Array.isArray(right) ? right[0] : 0, v, { ...rule, optional: undefined }))
    );
  }
  return isPlain(odd) && isPlain(right) && Object.keys(odd).every(key => key in right);
}

export interface OddCall {
  readonly args: readonly unknown[];
  /** What was done to the right call. */
  readonly change: string;
  readonly mayPass: boolean;
}

/** A right call with one thing changed. */
export function oddCall({ args }: Right, random: Random): OddCall {
  const pick = (n: number): number => Math.floor(random() * n);
  const values = args.map(a => a.value);
  const i = pick(args.length);
  const a = args[i]!;
  const name = NAMES[pick(NAMES.length)]!;
  const odd = ODD[name]!();
  const way = random();
  if (way < 0.1) {
    const rest = args.slice(i).every(b => b.optional === true);
    return { args: values.slice(0, i), change: `without argument ${i}`, mayPass: rest };
  }
  if (way < 0.2 && args.length > 1) {
    const j = (i + 1) % args.length;
    [values[i], values[j]] = [values[j], values[i]];
    const passes = mayPass(a.value, values[i], a) && mayPass(args[j]!.value, values[j], args[j]!);
    return { args: values, change: `arguments ${i} and ${j} swapped`, mayPass: passes };
  }
  if (way < 0.5) {
    const within = inside(a, name, odd, pick);
    if (within)
      return { args: values.with(i, within.value), change: `argument ${i}: ${within.change}`, mayPass: within.mayPass };
  }
  return { args: values.with(i, odd), change: `argument ${i}: ${name}`, mayPass: mayPass(a.value, odd, a) };
}

/** Something odd inside an array or among options. */
function inside(
  { value, ...rule }: Argument,
  name: string,
  odd: unknown,
  pick: (n: number) => number,
): { value: unknown; change: string; mayPass: boolean } | null {
  if (Array.isArray(value) && value.length > 0) {
    const at = pick(value.length);
    const passes = odd !== undefined && mayPass(value[at], odd, rule);
    return { value: value.with(at, odd), change: `[${at}]: ${name}`, mayPass: passes };
  }
  if (!isPlain(value)) return null;
  const keys = Object.keys(value);
  const at = pick(keys.length + 1);
  const key = keys[at];
  if (key === undefined) {
    const known = rule.open === true && keys.length > 0 && mayPass(value[keys[0]!], odd, rule);
    return { value: { ...value, odder: odd }, change: `.odder: ${name}`, mayPass: known };
  }
  const passes = mayPass(value[key], odd, { ...rule, optional: true });
  return { value: { ...value, [key]: odd }, change: `.${key}: ${name}`, mayPass: passes };
}
