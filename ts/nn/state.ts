/** Saving and loading what modules hold, and copies of them. */
import { noteChange } from '../core/changes';
import { copy } from '../core/convert';
import { isFloat, type DType } from '../core/dtype';
import { ShapeError, ValueError } from '../core/errors';
import { aBoolean, check, options as optionsOf, recordOf } from '../core/kinds';
import { addOwner } from '../core/owners';
import { noGrad } from '../core/runtime';
import { scope } from '../core/scope';
import { sameShape, show } from '../core/shape';
import { live, Tensor } from '../core/tensor';
import { aTensor } from '../core/tensor-kinds';
import { isPlain } from '../core/tree';
import { to } from '../ops/elementwise';
import { copy_ } from '../ops/inplace';
import { isModule, noteFields, statesOf } from './fields';
import { hasPrivateFields } from './forward';
import type { Module } from './module';
import { Buffer, Parameter } from './parameter';

export interface LoadOptions {
  /** Every name must be there, and no other. Default true. */
  readonly strict?: boolean;
}
/** What loading found beside what it loaded. */
export interface LoadReport {
  readonly missingKeys: readonly string[];
  readonly unexpectedKeys: readonly string[];
}

/** Parameters, then buffers that are to be saved, by path; one that several paths lead to under each of them. */
export function stateOf(m: Module): Record<string, Tensor> {
  const all = [...statesOf(m)];
  return Object.fromEntries([
    ...all.filter(([, t]) => t instanceof Parameter),
    ...all.filter(([, t]) => t instanceof Buffer && t.persistent),
  ]);
}

/** Whether elements of one type are loaded into another: floats are converted. */
const loads = (from: DType, into: DType): boolean => from === into || (isFloat(from) && isFloat(into));

/** What PyTorch's batch normalisation saves beside its statistics: a count that they do not depend on. */
const COUNT = /(^|\.)num_batches_tracked$/;

export function loadState(m: Module, state: Readonly<Record<string, Tensor>>, options: LoadOptions = {}): LoadReport {
  check('loadStateDict', 'state', recordOf(aTensor, 'tensors by name'), state);
  check('loadStateDict', 'options', optionsOf<LoadOptions>({ strict: aBoolean }), options);
  const { strict = true } = options;
  const own = stateOf(m);
  const given = (k: string): Tensor | undefined => (Object.hasOwn(state, k) ? state[k] : undefined);
  const found = new Set(Object.entries(own).flatMap(([k, t]) => (given(k) ? [t] : []))); // tied: one name is enough
  const missingKeys = Object.entries(own).flatMap(([k, t]) => (found.has(t) ? [] : [k]));
  const unexpectedKeys = Object.keys(state).filter(k => !Object.hasOwn(own, k) && !COUNT.test(k));
  const wrong = Object.entries(own).flatMap(([k, t]) => {
    const s = given(k);
    if (!s || (sameShape(s.shape, t.shape) && loads(s.dtype, t.dtype))) return [];
    return [`${k} takes ${t.dtype} ${show(t.shape)}, found ${s.dtype} ${show(s.shape)}`];
  });
  if (strict) {
    wrong.push(...missingKeys.map(k => `${k} is missing`), ...unexpectedKeys.map(k => `${k} is unexpected`));
  }
  if (wrong.length > 0) throw new ShapeError('loadStateDict', wrong.join('; '));
  for (const t of [...Object.values(state), ...Object.values(own)]) live(t, 'loadStateDict');
  noGrad(() =>
    scope(() => {
      for (const [k, t] of Object.entries(own)) {
        const s = given(k);
        if (s && s !== t) copy_(t, s.dtype === t.dtype ? s : to(s, t.dtype));
      }
    }, 'loadStateDict'),
  );
  return { missingKeys, unexpectedKeys };
}

/** A copy of a module and all inside it: parameters and buffers of its own, what is tied stays tied. */
export function copyModule<M extends Module>(m: M): M {
  const copies = new Map<object, object>();
  const made = (v: object, copied: object): object => {
    copies.set(v, copied);
    return copied;
  };
  const of = (v: unknown): unknown => {
    if (typeof v !== 'object' || v === null) return v;
    const known = copies.get(v);
    if (known) return known;
    if (v instanceof Parameter) return made(v, new Parameter(copied(v), v.requiresGrad));
    if (v instanceof Buffer) return made(v, new Buffer(copied(v), { persistent: v.persistent }));
    if (v instanceof Tensor) return v;
    if (isModule(v)) return moduleOf(v);
    if (Array.isArray(v)) {
      const list: unknown[] = [];
      made(v, list);
      for (const e of v) list.push(of(e));
      return list;
    }
    if (v instanceof Map) return fill(new Map<unknown, unknown>(), v, (to, [k, e]) => to.set(k, of(e)));
    if (v instanceof Set) return fill(new Set<unknown>(), v, (to, e) => to.add(of(e)));
    if (!isPlain(v)) return v;
    const object: Record<string, unknown> = {};
    made(v, object);
    for (const [k, e] of Object.entries(v)) object[k] = of(e);
    return object;
  };
  function fill<C extends object, E>(to: C, from: object & Iterable<E>, put: (to: C, e: E) => void): C {
    made(from, to);
    for (const e of from) put(to, e);
    return to;
  }
  function moduleOf<N extends Module>(from: N): N {
    if (hasPrivateFields(from)) {
      throw new ValueError(`${from.constructor.name}.clone`, 'the class has #private fields, which nothing can copy');
    }
    const to: N = Object.create(Object.getPrototypeOf(from));
    made(from, to);
    addOwner(to);
    for (const key of Reflect.ownKeys(from)) {
      const own = Object.getOwnPropertyDescriptor(from, key)!;
      Object.defineProperty(to, key, 'value' in own ? { ...own, value: of(own.value) } : own);
    }
    noteFields(to);
    noteChange();
    return to;
  }
  return scope(() => moduleOf(m), 'clone');
}
const copied = (t: Tensor): Tensor => noGrad(() => copy(t));
