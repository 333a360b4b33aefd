/**
 * A traced function as data: a list of steps over values. Passes rewrite it, `planMemory` gives its values offsets, and
 * `lower` turns its steps into kernel calls.
 */
import type { Capabilities, Kernels } from '../backend/backend';
import type { OpDef, OpParams, View, Views } from '../core/definition';
import type { Storage } from '../core/storage';
import type { Tensor } from '../core/tensor';

/** Where a value comes from. All but what is `local` has an address that is none of the plan's business. */
export type Origin =
  /** Computed by a step: it lies in the plan's own memory. */
  | { readonly from: 'local' }
  /** The argument of the call with this index. */
  | { readonly from: 'input'; readonly index: number }
  /** A tensor that the function found around it: a parameter, a state. */
  | { readonly from: 'outside'; readonly storage: Storage }
  /** Numbers that are always the same. The graph owns them. */
  | { readonly from: 'constant'; readonly storage: Storage }
  /** What the gradient of a leaf was when the call began. */
  | { readonly from: 'gradient'; readonly leaf: Tensor };

/** Memory that steps write and read. */
export interface Value {
  readonly origin: Origin;
  readonly bytes: number;
}

/** A value as a step reads or writes it: a view whose address is the value's, plus bytes. */
export interface ValueView extends Omit<View, 'at'> {
  readonly value: Value;
  /** Bytes from the value's start to the first element. */
  readonly address: number;
}

/** The kernels of a backend, and its capabilities beside them. */
export interface PlanKernels extends Kernels, Partial<Capabilities> {}

/** An op as plans have it, which may call kernels of a capability. */
export interface PlanOp extends Omit<OpDef, 'run'> {
  readonly run: (k: PlanKernels, xs: Views, ys: readonly View[], params: OpParams) => void;
}

/** A call of an op in the program. */
export interface Step {
  readonly def: PlanOp;
  readonly params: OpParams;
  readonly xs: readonly (ValueView | null)[];
  /** Empty for an op that works in place. */
  readonly ys: readonly ValueView[];
  /** Steps of different segments are never made one: what is computed again was not to be kept. Left out: 0. */
  readonly segment?: number;
  /** Its index among the steps traced, if it is one of them. */
  readonly at?: number;
  /** The ops that were made one, if it is more than one's. */
  readonly fused?: readonly string[];
}

export interface Graph {
  readonly steps: readonly Step[];
  /** Steps that are done when the plan is made, and again when what they read was written to since. They make constants. */
  readonly once: readonly Step[];
  /** What must be whole when the last step is done. */
  readonly results: ReadonlySet<Value>;
  /** 4: convolutions of 3 × 3 with prepared weights may be computed by F(4 × 4, 3 × 3), which is less exact. */
  readonly winograd?: 2 | 4;
  /** Bytes that the arena may take. Left out: what it needs. */
  readonly budget?: number;
}

export const local = (bytes: number): Value => ({ origin: { from: 'local' }, bytes });

/** The ops that a step stands for. */
export const opsOf = ({ def, fused = [def.name] }: Step): readonly string[] => fused;
/** Additions and multiplications of a step, by the definition of its op. */
export function flopsOf({ def, params, xs, ys }: Step): number {
  const [y = xs[0]!] = ys;
  if (def.flops) return def.flops(xs, y, params);
  return [...xs, ...ys].reduce((most, o) => Math.max(most, o?.size ?? 0), 0);
}

/** The values that a step reads. */
export function* reads({ xs }: Step): Generator<Value> {
  for (const x of xs) if (x !== null) yield x.value;
}
/** The values that a step writes: its outputs, and the inputs that it changes in place. */
export function* writes({ def, xs, ys }: Step): Generator<Value> {
  for (const y of ys) yield y.value;
  for (let i = 0; i < xs.length; i++) if (def.written[i] && xs[i]) yield xs[i]!.value;
}
/** Whether a step changes memory that was there before it. */
export const mutates = ({ def }: Step): boolean => def.mutates;

/** How often each value is written. Once: what its step computed is what every reader finds. */
export function countWrites(steps: readonly Step[]): Map<Value, number> {
  const counts = new Map<Value, number>();
  for (const step of steps) for (const v of writes(step)) counts.set(v, (counts.get(v) ?? 0) + 1);
  return counts;
}
/** The step with other values instead of some. */
export function replaced(step: Step, by: ReadonlyMap<Value, Value>): Step {
  const renamed = (o: ValueView): ValueView => {
    const value = by.get(o.value);
    return value ? { ...o, value } : o;
  };
  return { ...step, xs: step.xs.map(x => x && renamed(x)), ys: step.ys.map(renamed) };
}
