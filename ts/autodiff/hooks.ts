/** Hooks on gradients: functions that look at a cotangent once a walk has summed it, and may put another in its place. */
import { carriesGradient } from '../core/dtype';
import type { OpDef } from '../core/definition';
import { GradientError, ShapeError } from '../core/errors';
import { aFunction, check, type Kind } from '../core/kinds';
import { adopt, drop } from '../core/lifetime';
import type { CotangentHook, Node } from '../core/node';
import { record } from '../core/record';
import { runtime } from '../core/runtime';
import { scope } from '../core/scope';
import { sameShape, show, type Shape } from '../core/shape';
import { checked } from '../core/signature';
import { handle, live, type Tensor } from '../core/tensor';
import { aTensor } from '../core/tensor-kinds';

/** A hook that was registered. */
export class RemovableHandle {
  constructor(private take: () => void) {}
  /** Takes the hook out again; a second time does nothing. */
  remove(): void {
    this.take();
    this.take = nothing;
  }
  [Symbol.dispose](): void {
    this.remove();
  }
}
const nothing = (): void => {};

/** Puts an entry into a list that is replaced at each change; null where it is empty, as before the first. */
export function enlist<T>(
  entry: T,
  list: { get(): readonly T[] | null; set(entries: readonly T[] | null): void },
): RemovableHandle {
  list.set([...(list.get() ?? []), entry]);
  return new RemovableHandle(() => {
    const left = list.get()?.filter(e => e !== entry) ?? [];
    list.set(left.length > 0 ? left : null);
  });
}

/** A handle of a walk's own: it counts its storage and its node, and belongs to no scope. */
export function alias(t: Tensor): Tensor {
  const a = handle(t);
  a.node = t.node;
  a.slot = t.slot;
  a.loop = t.loop;
  if (a.node) a.node.refs++;
  return a;
}
/** As `alias`, of the running scope. */
export const shared = (t: Tensor | null): Tensor | null => t && adopt(alias(t));

/** The hooks of what a node made. */
export function hooksOf(n: Node): readonly CotangentHook[] | null {
  if (n.def !== null || n.hooks !== null) return n.hooks;
  const x = n.leaf!.deref();
  return x?.node === n && x.leaf !== null ? x.leaf.hooks : null;
}

/** What a hook gave instead of a gradient: of the same shape, in floats. */
export function checkGradient(where: string, g: Tensor, shape: Shape): void {
  check(where, 'what the hook returns', aTensor, g);
  if (!sameShape(g.shape, shape) || !carriesGradient(g.dtype)) {
    throw new ShapeError(
      where,
      `the hook returns f32 ${show(shape)} as the gradient has it, or nothing: this is ${g.dtype} ${show(g.shape)}`,
    );
  }
}

/** Puts another cotangent into a slot of a node. */
export function replaceCotangent(n: Node, slot: number, g: Tensor | null): void {
  const before = n.g[slot];
  n.g[slot] = g && alias(g);
  if (before) drop(before);
}

const aHook: Kind<(grad: Tensor) => Tensor | void> = aFunction();

/**
 * Calls `hook` with the gradient by t each time one is found: once in each `backward`, when all that leads from t has been
 * summed and before it goes on to what t was made of, or to `grad` of a leaf. What the hook returns takes the place of the
 * gradient; nothing leaves it. Several run in the order in which they were registered. Of a leaf they stay with the tensor;
 * of what an op made, with the graph.
 *
 * The gradient is freed when the hook returns: `keep` it, or read its numbers there. In a captured function hooks run
 * while it is traced: what they compute is part of the plan, what they do besides happens at traces alone, and a hook of
 * a leaf that is registered or removed makes another plan. What a checkpoint computes again registers nothing.
 *
 * @returns what removes the hook.
 * @throws {GradientError} if t requires no gradient.
 * @throws {ShapeError} in `backward`, if the hook returns another shape.
 */
export const registerHook: (t: Tensor, hook: (grad: Tensor) => Tensor | void) => RemovableHandle = checked(
  'registerHook',
  [
    ['t', aTensor],
    ['hook', aHook],
  ],
  (t, hook) => {
    live(t, 'registerHook');
    const { node, slot } = t;
    if (node === null) {
      throw new GradientError('registerHook', `a tensor of shape ${show(t.shape)} does not require a gradient`);
    }
    if (node.released && node.def !== null) {
      throw new GradientError(
        'registerHook',
        `the graph of ${node.def.name} was already used: register before backward`,
      );
    }
    if (runtime.segment !== 0) return new RemovableHandle(nothing);
    const { shape } = t;
    const call = (n: Node): void => {
      if (!n.g[slot]) return;
      scope(() => {
        const g = hook(shared(n.g[slot]!)!);
        if (g === undefined) return;
        checkGradient('registerHook', g, shape);
        replaceCotangent(n, slot, g);
      }, 'a hook');
    };
    const owner = t.leaf ?? node;
    return enlist(call, {
      get: () => owner.hooks,
      set(hooks) {
        if (!t.disposed) runtime.watcher?.uses(t, false);
        owner.hooks = hooks;
      },
    });
  },
);

/** The op behind a gate: as many outputs as inputs, which are the same tensors. */
const gateOp: OpDef = {
  name: 'identity',
  strided: true,
  run: nothing,
  view: null,
  inputs: ['x'],
  outputs: ['y'],
  variadic: true,
  wants: ['any'],
  nullable: [false],
  written: [false],
  mutates: false,
  optional: [false],
  saves: [0],
  shapes: xs => xs.map(x => x!.shape),
  dtypes: xs => xs.map(x => x!.dtype),
  vjp: gs => gs,
  fault: null,
  flops: () => 0,
};

/**
 * Several tensors, each of which has a node, behind one node more: what leads from them is summed before it passes there,
 * and passes there at once. No numbers are copied.
 */
export function gate(xs: readonly Tensor[], hook: CotangentHook): readonly Tensor[] {
  const ys = xs.map(x => {
    const y = handle(x);
    y.loop = x.loop;
    y.made = x.made;
    return y;
  });
  const node = record(gateOp, {}, xs, xs, ys);
  for (const [slot, y] of ys.entries()) {
    y.node = node;
    y.slot = slot;
    adopt(y);
  }
  node.hooks = [hook];
  return ys;
}
