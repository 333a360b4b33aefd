/**
 * Gradient checkpointing (Chen et al. 2016, "Training deep nets with sublinear memory cost"): memory for time. A part of
 * a network saves its inputs alone; what its gradients read is computed again when they come to it.
 *
 * The graph is the same as without: its nodes are made as ever, but what they save is taken from them at once. When
 * `backward` comes to the first of them, the function runs again, and the nodes of that second run give what they save
 * to those of the first, in order. So gradients of gradients, parameters that the function closes over, and checkpoints
 * inside checkpoints need nothing of their own.
 */
import { checkCount } from '../core/kinds';
import { display } from '../core/display';
import { GradientError, ValueError } from '../core/errors';
import type { Node, Recomputation } from '../core/node';
import { runtime } from '../core/runtime';
import { scope } from '../core/scope';
import { drop } from '../core/lifetime';
import { handle, live, Tensor } from '../core/tensor';
import { leaves, mapLeaves } from '../core/tree';
import { recordDraws, replayDraws } from '../ops/generator';

type Run = (...args: readonly unknown[]) => unknown;
interface Forward<A extends readonly unknown[], R> {
  forward(...args: A): R;
}

/**
 * The function, or the module's `forward`, such that no value inside it is kept for gradients: `backward` runs it a
 * second time. Gradients are those without, to the bit. Random numbers are the same the second time, and running
 * statistics are moved the first time only. The function must do the same each time it runs; a GradientError tells if
 * it did not, or if something that it depends on was changed in place in between.
 *
 *     const block = checkpoint(new Block(64));
 *     const y = block(x);
 *
 * @throws {ValueError} if `f` is neither a function nor a module.
 */
export function checkpoint<A extends readonly unknown[], R>(f: ((...args: A) => R) | Forward<A, R>): (...args: A) => R;
export function checkpoint(f: Run | Forward<readonly unknown[], unknown>): Run {
  if (typeof f !== 'function' && !(typeof f === 'object' && f !== null && typeof f.forward === 'function')) {
    throw new ValueError('checkpoint', `f takes a function or a module, this is ${display(f)}`);
  }
  checkCount('checkpoint', 1, arguments);
  const run: Run = typeof f === 'function' ? f : (...args) => f.forward(...args);
  return (...args) => (runtime.recording ? new Checkpoint(run, args).first(args) : run(...args));
}

let segments = 0;
/** Instead of a function that will not run again. */
const over: Run = () => {};

/** Versions of the storages under some tensors. */
const versionsOf = (args: readonly unknown[]): number =>
  [...leaves(args)].reduce((n, [, v]) => n + (v instanceof Tensor ? v.storage.version : 0), 0);

/** A second handle of a tensor that an op, or a whole function, reads: it counts the storage, but not the node. */
function saved(t: Tensor): Tensor {
  const s = handle(t);
  s.node = t.node;
  s.slot = t.slot;
  s.loop = t.loop;
  return s;
}

/** As `saved`, counting the node too: the function may dispose of it. */
function lent(t: Tensor): Tensor {
  const s = saved(t);
  if (s.node) s.node.refs++;
  return s;
}

/** The nodes and checkpoints of one run, in the order in which they were made. */
class Made {
  readonly nodes: Node[] = [];
  readonly inner: Checkpoint[] = [];
  /** Sum of the versions of all that its ops read: another one, if something was written to since. */
  versions = 0;

  add(n: Node, ins: readonly (Tensor | null)[]): void {
    this.nodes.push(n);
    for (const x of ins) if (x) this.versions += x.storage.version;
  }
}

/** One call of a function under `checkpoint`. */
class Checkpoint implements Recomputation {
  private run: Made = new Made();
  private readonly keys: Tensor[] = [];
  /** Its arguments, with handles instead of tensors; null: the checkpoint around has them, or nobody any more. */
  private args: readonly unknown[] | null;
  private readonly versions: number;
  /** Nodes and checkpoints inside that may still ask for something. */
  private waiting = 1; // the first run
  private filled = false;
  /** The first run is under way. */
  private running = true;
  /** The checkpoint that this one is inside of. */
  private around: Checkpoint | null = null;

  constructor(
    private f: Run,
    given: readonly unknown[],
  ) {
    for (const [, v] of leaves(given)) if (v instanceof Tensor) live(v, 'checkpoint');
    this.args = given.map(a => mapLeaves(a, v => (v instanceof Tensor ? saved(v) : v)));
    this.versions = versionsOf(this.args);
  }

  first(given: readonly unknown[]): unknown {
    const around = runtime.recomputation;
    if (around instanceof Checkpoint) around.nested(this);
    else if (around instanceof Again) around.run.inner.push(this);
    runtime.recomputation = this;
    try {
      return scope(
        () =>
          recordDraws(
            key => this.keys.push(saved(key)),
            () => this.f(...given),
          ),
        'a checkpoint',
      );
    } finally {
      runtime.recomputation = around;
      this.running = false;
      this.leave();
    }
  }

  made(n: Node, ins: readonly (Tensor | null)[]): void {
    this.run.add(n, ins);
    if (!n.saved) return;
    for (const s of n.saved) s?.storage.release();
    n.saved = null;
    n.recomputation = this;
    this.waiting++;
  }
  private nested(c: Checkpoint): void {
    this.run.inner.push(c);
    c.release();
    c.around = this;
    this.waiting++;
  }

  fill(): void {
    if (this.filled) return;
    if (this.running) {
      throw new GradientError(
        'checkpoint',
        'gradients of what the function makes are taken inside it, where it has not ended: take them outside',
      );
    }
    this.filled = true;
    this.around?.fill();
    const args = this.args!;
    if (versionsOf(args) !== this.versions)
      throw new GradientError('checkpoint', 'an argument was changed in place since');
    const { recording, recomputation, segment } = runtime;
    const again = new Again();
    runtime.recording = true;
    runtime.recomputation = again;
    runtime.segment = ++segments;
    const given = args.map(a => mapLeaves(a, v => (v instanceof Tensor ? lent(v) : v)));
    try {
      scope(() => {
        replayDraws(this.keys, () => this.f(...given));
        this.take(again.run);
      }, 'a checkpoint');
    } finally {
      for (const [, v] of leaves(given)) if (v instanceof Tensor) drop(v);
      Object.assign(runtime, { recording, recomputation, segment });
    }
  }

  /** Moves what the nodes of a second run saved to those of the first. */
  private take(again: Made): void {
    const { nodes, inner } = again;
    const known = new Map<Node, Node>();
    this.match(again, known);
    const own = (t: Tensor | null): void => {
      if (t?.node) t.node = known.get(t.node) ?? t.node;
    };
    nodes.forEach((from, i) => {
      const to = this.run.nodes[i]!;
      if (to.recomputation !== this || to.released || !from.saved) return;
      to.saved = from.saved;
      from.saved = null;
      to.saved.forEach(own);
    });
    inner.forEach((from, i) => {
      const to = this.run.inner[i]!;
      if (to.waiting === 0) return;
      to.args = from.args;
      from.args = null;
      for (const [, v] of leaves(to.args)) if (v instanceof Tensor) own(v);
    });
  }
  /** Notes which node of the first run each of a second one is, also in the checkpoints inside. */
  private match({ nodes, inner, versions }: Made, known: Map<Node, Node>): void {
    const { run } = this;
    if (
      nodes.length !== run.nodes.length ||
      inner.length !== run.inner.length ||
      nodes.some((n, i) => n.def !== run.nodes[i]!.def)
    ) {
      throw new GradientError('checkpoint', 'the function did not do the same the second time');
    }
    if (versions !== run.versions)
      throw new GradientError('checkpoint', 'something that the function reads was changed in place since');
    nodes.forEach((n, i) => known.set(n, run.nodes[i]!));
    inner.forEach((c, i) => run.inner[i]!.match(c.run, known));
  }

  leave(): void {
    if (--this.waiting > 0) return;
    this.release();
    for (const key of this.keys.splice(0)) key.storage.release();
    this.around?.leave();
    // The function may lead to the graph: nothing that is over may hold it.
    this.f = over;
    this.run = new Made();
  }
  private release(): void {
    if (this.args) for (const [, v] of leaves(this.args)) if (v instanceof Tensor) v.storage.release();
    this.args = null;
  }
}

/** A second run: its nodes are listed, and do nothing. */
class Again implements Recomputation {
  readonly run: Made = new Made();

  made(n: Node, ins: readonly (Tensor | null)[]): void {
    this.run.add(n, ins);
  }
  fill(): void {}
  leave(): void {}
}
