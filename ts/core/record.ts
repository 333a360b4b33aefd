import type { OpDef, OpParams, Tensors } from './definition';
import { Node } from './node';
import { runtime } from './runtime';
import { handle, type Tensor } from './tensor';

/**
 * Leaves a node of an op that ran, which saves what the gradients of inputs with a node read. `ins` are the inputs as the
 * kernel read them: made dense, or converted.
 */
export function record(def: OpDef, params: OpParams, xs: Tensors, ins: Tensors, ys: readonly Tensor[]): Node {
  const node = new Node(def, params, xs, ys);
  let needs = 0; // bits over the inputs, then the outputs
  if (!def.variadic) for (let i = 0; i < xs.length; i++) if (node.edges[i] !== null) needs |= def.saves[i]!;
  if (needs !== 0) save(node, needs, xs, ins, ys);
  runtime.recomputation?.made(node, ins);
  runtime.inspector?.made(node);
  return node;
}

function save(node: Node, needs: number, xs: Tensors, ins: Tensors, ys: readonly Tensor[]): void {
  const n = xs.length;
  const saved: (Tensor | null)[] = [];
  for (let i = 0; i < n + ys.length; i++) {
    const t = (needs & (1 << i)) === 0 ? null : i < n ? ins[i]! : ys[i - n]!;
    if (t === null) {
      saved.push(null);
      continue;
    }
    const s = handle(t);
    s.node = i < n ? xs[i]!.node : node; // not counted: the node's own edges are
    s.slot = i < n ? xs[i]!.slot : i - n;
    s.loop = t.loop;
    node.versions += t.storage.version;
    saved.push(s);
  }
  node.saved = saved;
}
