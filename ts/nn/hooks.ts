/** Hooks on modules: functions that are called around `forward`, and as gradients go back through it. */
import { GradientError, ValueError } from '../core/errors';
import { aFunction, check, checkCount, kind, type Kind } from '../core/kinds';
import { drop } from '../core/lifetime';
import type { Node } from '../core/node';
import { runtime } from '../core/runtime';
import { scope } from '../core/scope';
import type { Shape } from '../core/shape';
import { Tensor } from '../core/tensor';
import { leaves, mapLeaves } from '../core/tree';
import { checkGradient, enlist, gate, replaceCotangent, shared, type RemovableHandle } from '../autodiff/hooks';
import type { Module } from './module';

type Inputs<M extends Module> = Parameters<M['forward']>;
type Output<M extends Module> = ReturnType<M['forward']>;
/** Called before `forward`; what it returns, a list of inputs or one tensor alone, are the inputs instead. */
export type ForwardPreHook<M extends Module> = (
  module: M,
  inputs: Inputs<M>,
) => readonly [...Inputs<M>] | Tensor | void;
/** Called after `forward`; what it returns is the output instead. */
export type ForwardHook<M extends Module> = (module: M, inputs: Inputs<M>, output: Output<M>) => Output<M> | void;
/** Gradients of tensors in order; null: there is none. */
export type Gradients = readonly (Tensor | null)[];
/** Called with the gradients by the inputs and by the outputs; what it returns are the gradients by the inputs instead. */
export type FullBackwardHook<M extends Module> = (
  module: M,
  gradInput: Gradients,
  gradOutput: Gradients,
) => Gradients | void;

/** A hook as a module keeps it. */
export interface ModuleHook {
  readonly at: 'before' | 'after' | 'backward';
  readonly hook: (...args: never[]) => unknown;
}
/** Where a module keeps its hooks: a list that is replaced at each change, so that plans see it; null where it is empty. */
const HOOKS: unique symbol = Symbol('hooks');
export const hooksOf = (m: Module): readonly ModuleHook[] | null => Reflect.get(m, HOOKS);
export function setHooks(m: Module, hooks: readonly ModuleHook[] | null): void {
  Reflect.set(m, HOOKS, hooks);
}

const aHook: Kind<unknown> = aFunction();
/** Hangs a hook on a module. */
export function register(m: Module, where: string, entry: ModuleHook): RemovableHandle {
  check(where, 'hook', aHook, entry.hook);
  if (Object.hasOwn(m, 'forward')) {
    throw new ValueError(where, `forward of ${m.constructor.name} is a field, which no hook sees: make it a method`);
  }
  return enlist(entry, {
    get: () => hooksOf(m),
    set(hooks) {
      runtime.watcher?.object(m);
      setHooks(m, hooks);
    },
  });
}

/** What the hooks at a place return, called one by one: the last that is no `undefined`, which the next are called with. */
function through<T>(
  hooks: readonly ModuleHook[],
  at: ModuleHook['at'],
  value: T,
  args: (value: T) => unknown[],
  checked: (found: unknown) => T,
): T {
  let now = value;
  for (const h of hooks) {
    if (h.at !== at) continue;
    const found: unknown = Reflect.apply(h.hook, undefined, args(now));
    if (found !== undefined) now = checked(found);
  }
  return now;
}

/** `forward` of a module that has hooks, called with them; `most`: how many inputs it has names for. */
export function callWithHooks(
  this: Module,
  forward: (this: Module, ...inputs: unknown[]) => unknown,
  most: number,
  hooks: readonly ModuleHook[],
  inputs: readonly unknown[],
): unknown {
  let given = through(hooks, 'before', inputs, now => [this, now], asInputs);
  checkCount(`${this.constructor.name}.forward`, most, given);
  const pass = runtime.recording && hooks.some(h => h.at === 'backward') ? new BackwardPass(this, hooks) : null;
  if (pass) given = pass.enter(given);
  const output = forward.apply(this, [...given]);
  if (output instanceof Promise) return output; // the scope around refuses it
  const found = through(
    hooks,
    'after',
    output,
    now => [this, given, now],
    now => now,
  );
  return pass ? pass.leave(found) : found;
}
function asInputs(v: unknown): readonly unknown[] {
  check('registerForwardPreHook', 'what the hook returns', inputsOrTensor, v);
  return Array.isArray(v) ? v : [v];
}
const inputsOrTensor: Kind<unknown> = kind(
  'a list of inputs, a tensor or nothing',
  v => Array.isArray(v) || v instanceof Tensor,
);

/** Tensors in a value, and which of them have a gradient. */
interface Passing {
  readonly shapes: readonly Shape[];
  /** Indices of tensors, by the slot of the gate's node. */
  readonly slots: readonly number[];
}
/** A value whose tensors that require a gradient go through a gate. */
function pass<T>(value: T, hook: (n: Node, through: Passing) => void): { value: unknown; through: Passing } {
  const tensors = [...leaves(value)].flatMap(([, v]) => (v instanceof Tensor ? [v] : []));
  const slots = tensors.flatMap((t, i) => (t.node === null ? [] : [i]));
  const through: Passing = { shapes: tensors.map(t => t.shape), slots };
  if (slots.length === 0) return { value, through };
  const gated = gate(
    slots.map(i => tensors[i]!),
    n => hook(n, through),
  );
  let next = 0;
  const map = (v: unknown): unknown => (v instanceof Tensor ? (gated[slots.indexOf(next++)] ?? v) : v);
  return { value: mapLeaves(value, map), through };
}
/** The cotangents of a gate's node, by tensor. */
const gradientsAt = (n: Node, { shapes, slots }: Passing): Gradients =>
  shapes.map((_, i) => n.g[slots.indexOf(i)] ?? null);

/** One call of a module's `forward`, as gradients go back through it: a gate around its inputs, and one around its outputs. */
class BackwardPass {
  private inputs: Passing = { shapes: [], slots: [] };
  /** Of the walk under way, until it has come to the inputs. */
  private gradOutput: Gradients = [];

  constructor(
    private readonly module: Module,
    private readonly hooks: readonly ModuleHook[],
  ) {}

  enter(inputs: readonly unknown[]): readonly unknown[] {
    const { value, through } = pass(inputs, (n, at) =>
      scope(() => {
        const given = gradientsAt(n, at);
        const found = this.run(given.map(shared));
        for (const [slot, i] of at.slots.entries()) if (found[i] !== given[i]) replaceCotangent(n, slot, found[i]!);
      }, 'a hook'),
    );
    this.inputs = through;
    return Array.isArray(value) ? value : inputs;
  }
  leave(output: unknown): unknown {
    return pass(output, (n, at) => {
      this.gradOutput = gradientsAt(n, at).map(shared);
      const { shapes, slots } = this.inputs;
      if (slots.length > 0) return;
      scope(() => void this.run(shapes.map(() => null)), 'a hook');
    }).value;
  }

  /** Calls the hooks; returns the gradients by the inputs. */
  private run(gradInput: Gradients): Gradients {
    const outputs = this.gradOutput.map(g => (g?.disposed ? null : g));
    try {
      const args = (given: Gradients): unknown[] => [this.module, given, outputs.map(shared)];
      return through(this.hooks, 'backward', gradInput, args, found => this.checked(found));
    } finally {
      for (const g of outputs) if (g) drop(g);
      this.gradOutput = [];
    }
  }
  private checked(found: unknown): Gradients {
    const where = `${this.module.constructor.name}.registerFullBackwardHook`;
    const { shapes, slots } = this.inputs;
    if (!isGradients(found) || found.length !== shapes.length) {
      throw new ValueError(
        where,
        `the hook returns a list of ${shapes.length} gradients, one or null for each tensor among the inputs, or nothing`,
      );
    }
    for (const [i, g] of found.entries()) {
      if (g === null) continue;
      if (!slots.includes(i))
        throw new GradientError(where, `the hook returns a gradient by input ${i}, which requires none`);
      checkGradient(where, g, shapes[i]!);
    }
    return found;
  }
}
const isGradients = (v: unknown): v is Gradients => Array.isArray(v) && v.every(g => g === null || g instanceof Tensor);
