/**
 * Reverse-mode differentiation. Nodes are walked from the newest to the oldest; each turns the cotangents of its
 * outputs into those of its inputs by its rules, which are ops themselves, and gives back what it saved.
 */
import { GradientError, ShapeError } from '../core/errors';
import { aBoolean, listOf, options as optionsOf, type Kind } from '../core/kinds';
import { aTensor } from '../core/tensor-kinds';
import { RETURNED, type Node } from '../core/node';
import type { OpDef, Tensors } from '../core/definition';
import { noGrad, runtime } from '../core/runtime';
import { scope } from '../core/scope';
import { adopt, drop } from '../core/lifetime';
import { sameShape, show } from '../core/shape';
import { checked } from '../core/signature';
import { live, type Tensor } from '../core/tensor';
import { add } from '../ops/arithmetic';
import { copy } from '../core/convert';
import { add_ } from '../ops/inplace';
import { full } from '../ops/creation';
import { alias, hooksOf } from './hooks';

export interface BackwardOptions {
  /** The cotangent of y to start from; may be left out for a single number, where it is 1. */
  readonly gradient?: Tensor;
  /** Keep what was saved, so that backward can run again. */
  readonly retainGraph?: boolean;
  /** Record the backward pass itself, so that gradients have gradients. */
  readonly createGraph?: boolean;
}

const backwardOptions: Kind<BackwardOptions | undefined> = optionsOf<BackwardOptions>({
  gradient: aTensor,
  retainGraph: aBoolean,
  createGraph: aBoolean,
});

let passes = 0;

/** The nodes that lead to `from`, newest first. */
function collect(from: Node): Node[] {
  const pass = ++passes;
  const nodes: Node[] = [];
  const stack = [from];
  from.mark = pass;
  for (let n = stack.pop(); n; n = stack.pop()) {
    nodes.push(n);
    for (const e of n.edges) {
      if (e === null || e.mark === pass) continue;
      e.mark = pass;
      stack.push(e);
    }
  }
  return nodes.sort((a, b) => b.id - a.id);
}

/** Feeds the leaves that lead to y or, if `targets` are given, returns their cotangents instead. */
function walk(y: Tensor, targets: readonly Tensor[] | null, options: BackwardOptions): (Tensor | null)[] {
  const { createGraph = false, retainGraph = createGraph } = options;
  const start = startOf(y, options);
  const nodes = collect(start);
  // A walk inside another, in what a checkpoint runs again: the outer one goes on with its own cotangents.
  const outer = walks > 0 ? nodes.map(({ g, needed }) => ({ g, needed })) : null;
  for (const n of nodes) n.g = [];
  start.g[y.slot] = alias(options.gradient ?? full(y.shape, 1));
  const wanted = targets && new Set(targets.map(x => x.node));
  for (let i = nodes.length - 1; i >= 0; i--) {
    const n = nodes[i]!;
    n.needed = wanted === null || wanted.has(n) || n.edges.some(e => e !== null && e.needed);
  }
  const found = new Map<Node, (Tensor | null)[]>();
  const spent: WeakRef<Tensor>[] = [];
  walks++;
  try {
    for (const n of nodes) {
      if (n.needed && n.g.some(g => g)) {
        const hooks = hooksOf(n);
        if (hooks !== null) for (const hook of hooks) hook(n);
        if (wanted?.has(n))
          found.set(
            n,
            n.g.map(g => g && adopt(alias(g))),
          );
        if (n.def === null) {
          const x = n.leaf!.deref();
          if (wanted === null && x?.node === n && !x.disposed) accumulate(x, n.g[0]!, createGraph, spent);
        } else if (n.edges.some(e => e !== null && e.needed)) {
          applyVjp(n);
          if (!retainGraph) {
            n.releaseSaved();
            if (n.unowned) spent.push(...n.unowned);
          }
        }
      }
      release(n);
    }
  } finally {
    walks--;
    nodes.forEach(release); // a rule threw
    if (outer) nodes.forEach((n, i) => Object.assign(n, outer[i]!));
  }
  return (targets ?? []).map(x => {
    const g = found.get(x.node!)?.[x.slot];
    return g ? adopt(alias(g)) : null;
  });
}

function release(n: Node): void {
  for (const g of n.g) if (g) drop(g);
  n.g = [];
}

/** Walks that are under way. */
let walks = 0;

/** The node to start from. */
function startOf(y: Tensor, { gradient }: BackwardOptions): Node {
  live(y, 'backward');
  if (!y.node) {
    throw new GradientError(
      'backward',
      y.slot === RETURNED
        ? 'this tensor came out of a captured function: call backward inside that function'
        : 'nothing that requires a gradient leads to this tensor',
    );
  }
  if (!gradient && y.size !== 1) {
    throw new ShapeError('backward', `starts from one number, this has shape ${show(y.shape)}; give its gradient`);
  }
  if (gradient && !sameShape(gradient.shape, y.shape)) {
    throw new ShapeError('backward', `gradient ${show(gradient.shape)} does not have the shape ${show(y.shape)}`);
  }
  return y.node;
}

/** Sends a node's cotangents through its rules to the nodes of its inputs. */
function applyVjp(n: Node): void {
  const def = n.def!;
  if (n.released) {
    throw new GradientError(
      'backward',
      `the graph of ${def.name} was already used: detach() what is carried over from an earlier step (a state, a generated batch), or pass { retainGraph: true } to use a graph twice`,
    );
  }
  n.recomputation?.fill();
  const around = runtime.scope!;
  const mark = around.last;
  const needed = n.edges.map(e => e !== null && e.needed);
  const rules = (): Tensors => def.vjp!(n.g, savedBy(n, def), n.params, [...n.inputShapes, ...n.outputShapes], needed);
  const gxs = runtime.inspector === null ? rules() : runtime.inspector.gradient(n, rules);
  for (let i = 0; i < n.edges.length; i++) {
    const e = n.edges[i]!;
    const gx = gxs[i];
    if (e !== null && needed[i] && gx) send(e, n.slots[i]!, gx);
  }
  // What the rules made in between goes now, not at the end of the walk.
  for (let t = around.last; t !== mark && t !== null; t = t.previous) drop(t);
  around.last = mark;
}

/** What a node saved, which is as it was then. */
function savedBy({ saved, versions }: Node, def: OpDef): Tensors {
  if (saved === null) return [];
  let now = 0;
  for (const s of saved) if (s) now += s.storage.version;
  if (now !== versions) {
    throw new GradientError(
      'backward',
      `a value that the gradient of ${def.name} needs was changed in place since, by step() or copy_(), say: call backward before, or compute from a copy`,
    );
  }
  return saved;
}

/** Adds g to a cotangent of a node. */
function send(to: Node, slot: number, g: Tensor): void {
  const before = to.g[slot];
  to.g[slot] = alias(before ? add(before, g) : g);
  if (before) drop(before);
}

/** Adds g to the gradient of the leaf x. */
function accumulate(x: Tensor, g: Tensor, graph: boolean, spent: WeakRef<Tensor>[]): void {
  const old = x.grad;
  // A storage that two gradients share (the rules of add hand on their g) must not be written in place.
  if (!old) x.grad = alias(graph || (g.dense && g.storage.refs === 1) ? g : copy(g));
  else if (graph || old.storage.refs > 1 || !old.dense) x.grad = alias(add(old, g));
  else add_(old, g);
  const lists = x.leaf!.spent;
  if (lists.push(spent) > SPENT) lists.shift();
}
/** Of leaves whose gradient is never cleared, what older graphs left is the collector's. */
const SPENT = 64;

/**
 * Adds dy/dx to the `grad` of every leaf x that leads to y. y is one number, or `gradient` says from which cotangent
 * to start. Frees what the graph saved, unless told to retain it. Throws GradientError if the graph was used before,
 * or if a value it saved was changed in place.
 */
export const backward: (y: Tensor, options?: BackwardOptions) => void = checked(
  'backward',
  [
    ['y', aTensor],
    ['options', backwardOptions],
  ],
  (y, options = {}) =>
    scope(() => {
      if (options.createGraph) walk(y, null, options);
      else noGrad(() => walk(y, null, options));
    }, 'backward'),
);

type Xs = readonly Tensor[];
const gradientsOf: (y: Tensor, xs: Xs, options?: BackwardOptions) => Tensor[] = checked(
  'gradients',
  [
    ['y', aTensor],
    ['xs', listOf(aTensor, 'a list of tensors')],
    ['options', backwardOptions],
  ],
  (y, xs, options = {}) => {
    for (const x of xs) {
      if (!x.node)
        throw new GradientError('gradients', `a tensor of shape ${show(x.shape)} does not require a gradient`);
    }
    return scope(() => {
      const found = options.createGraph ? walk(y, xs, options) : noGrad(() => walk(y, xs, options));
      return found.map((g, i) => g ?? full(xs[i]!.shape, 0));
    }, 'gradients');
  },
);
/**
 * dy/dx for each x, as tensors; no leaf's `grad` is touched. What does not lead to y gets zeros.
 *
 * @throws {GradientError} if y or an x requires no gradient, if the graph was used before, or if a value it saved was
 *   changed in place.
 * @throws {ShapeError} if y is not one number and no `gradient` of its shape is given.
 * @throws {ValueError | DisposedError} if an argument is not what it should be, or was freed.
 */
export function gradients<const X extends Xs>(
  y: Tensor,
  xs: X,
  options?: BackwardOptions,
): { -readonly [K in keyof X]: Tensor };
export function gradients(...args: [y: Tensor, xs: Xs, options?: BackwardOptions]): Tensor[] {
  return gradientsOf(...args);
}
