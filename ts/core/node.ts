import type { OpDef, OpParams, Tensors } from './definition';
import type { Shape } from './shape';
import type { Tensor } from './tensor';

/** Computes again what nodes would have saved. */
export interface Recomputation {
  /** A node was made of an op on `ins`; the recomputation may take from it what it saved. */
  made(n: Node, ins: Tensors): void;
  /** Gives its nodes back what they saved. */
  fill(): void;
  /** One of its nodes needs nothing any more. */
  leave(): void;
}

/** Looks at the cotangents of a node's outputs, `g`, once all have come, and may put others there. */
export type CotangentHook = (node: Node) => void;

/** The slot of what a captured function returned, if gradients led to it inside: outside, no node does. */
export const RETURNED = -1;

let ids = 0;
/** How many there were so far: the next one's id. */
export const nodes = (): number => ids;

/**
 * An op that happened, as its gradient needs it; without a `def`, a leaf. It points at the nodes of its inputs, never
 * at the inputs, and saves only the values that the rules of inputs with a gradient read. Counted: one reference for
 * each output handle and each node downstream.
 */
export class Node {
  readonly id: number = ids++;
  refs: number;
  /** Nodes of the inputs, and which of their outputs each input was. */
  readonly edges: (Node | null)[] = [];
  readonly slots: number[] = [];
  readonly inputShapes: Shape[] = [];
  readonly outputShapes: Shape[] = [];
  /** In order: inputs, then outputs. Handles of the graph's own, which count the storage. */
  saved: (Tensor | null)[] | null = null;
  /** Sum of the saved storages' versions when they were saved. */
  versions = 0;
  released = false;
  /** What computes again what it would have saved. */
  recomputation: Recomputation | null = null;
  /** The outputs that no scope owns. */
  unowned: WeakRef<Tensor>[] | null = null;
  /** Of a leaf: where its gradient goes. Weak, because the collector's record of a tensor holds its node. */
  readonly leaf: WeakRef<Tensor> | null;

  // One backward pass at a time writes here.
  mark = 0;
  needed = false;
  /** Called with it in this order by each walk; a leaf's belong to its tensor (`Leaf`). */
  hooks: readonly CotangentHook[] | null = null;
  /** Cotangents of the outputs. */
  g: (Tensor | null)[] = [];

  constructor(
    readonly def: OpDef | null,
    readonly params: OpParams,
    xs: Tensors,
    ys: readonly Tensor[],
  ) {
    this.refs = ys.length;
    this.leaf = def === null ? new WeakRef(ys[0]!) : null;
    for (let i = 0; i < xs.length; i++) {
      const x = xs[i]!;
      const e = x === null ? null : x.node;
      this.edges.push(e);
      this.slots.push(x === null ? 0 : x.slot);
      this.inputShapes.push(x === null ? [] : x.shape);
      if (e) e.refs++;
    }
    for (let j = 0; j < ys.length; j++) this.outputShapes.push(ys[j]!.shape);
  }

  releaseSaved(): void {
    if (!this.released) this.recomputation?.leave();
    this.recomputation = null;
    this.released = true;
    if (this.saved) for (const s of this.saved) s?.storage.release();
    this.saved = null;
    this.hooks = null; // they may lead to its own outputs, which the collector's record of these would hold for ever
  }
}

/** Gives back one reference to a node; the last one gives back what it saved, and so on upstream. */
export function releaseNode(node: Node): void {
  if (--node.refs > 0) return;
  const stack = [node]; // a loop, because graphs are deep
  for (let n = stack.pop(); n; n = stack.pop()) {
    n.releaseSaved();
    for (const e of n.edges) if (e && --e.refs === 0) stack.push(e);
  }
}
