/** How a program meets the world, call by call: arguments in, fresh tensors out, gradients of leaves before and after. */
import type { Backend } from '../backend/backend';
import { runtime } from '../core/runtime';
import { adopt, commonLoop, type Scope } from '../core/lifetime';
import type { Storage } from '../core/storage';
import { RETURNED } from '../core/node';
import { Tensor } from '../core/tensor';
import { leaves, mapLeaves } from '../core/tree';
import type { Audit } from './audit';
import type { Named } from './encode';
import { Gradients, type GradientEffect } from './gradients';
import { writes, type Graph, type Step, type Value, type ValueView } from './graph';
import type { Guards } from './guards';
import { Holding } from './holding';
import { Program, type Address } from './program';
import { Snapshot } from './snapshot';
import { block } from './workspace';

/** A tensor that comes out. */
export class Result {
  constructor(
    readonly view: ValueView,
    /** It had a graph of gradients in the trace. */ readonly recorded: boolean,
  ) {}
}

/** All that a trace found. */
export interface Traced {
  readonly graph: Graph;
  readonly inputs: readonly Value[];
  /** The tensors among the arguments, by their paths. */
  readonly arguments: readonly Named[];
  /** What the function returns, with results instead of tensors. */
  readonly result: unknown;
  readonly gradients: readonly GradientEffect[];
  readonly guards: Guards;
  /** Null: the plan is taken to be its function for ever. */
  readonly audit: Audit | null;
}

/** Memory of others that a call changes, and the first of the steps traced that does. */
interface Change<T> {
  readonly what: T;
  readonly at: number;
}

export class Execution {
  readonly program: Program;
  readonly holding: Holding;
  readonly gradients: Gradients;
  /** What is changed: memory that the function found around it, and arguments by their indices. */
  readonly storages: readonly Change<Storage>[];
  readonly arguments: readonly Change<number>[];
  readonly bytes: { readonly shared: number; readonly own: number };
  private readonly backend: Backend;
  private readonly written: ReadonlySet<Storage>;
  /** All that the function found around it. */
  private readonly outside: ReadonlySet<Storage>;
  private readonly inputs: readonly Address[];
  /** Values that come out in fresh storage at each call, and during a call that storage. */
  private readonly fresh: readonly Value[];
  private readonly made: (Storage | null)[];

  constructor(readonly traced: Traced) {
    const { graph, gradients, result } = traced;
    this.backend = runtime.backend;
    const changes = firstWrites(graph.steps);
    const changed = new Map(changes.map(({ what, at }) => [what, at]));
    const results = new Set([...leaves(result)].flatMap(([, r]) => (r instanceof Result ? [r.view.value] : [])));
    this.storages = changes.flatMap(({ what: { origin }, at }) =>
      origin.from === 'outside' ? [{ what: origin.storage, at }] : [],
    );
    this.arguments = changes.flatMap(({ what: { origin }, at }) =>
      origin.from === 'input' ? [{ what: origin.index, at }] : [],
    );
    this.written = new Set(this.storages.map(({ what }) => what));
    const values = [...valuesOf(graph)].map(v => ({ v, storage: 'storage' in v.origin ? v.origin.storage : null }));
    this.outside = new Set(
      values.flatMap(({ v, storage }) => (storage !== null && v.origin.from === 'outside' ? [storage] : [])),
    );
    const constants = new Set(
      values.flatMap(({ v, storage }) => (storage !== null && v.origin.from === 'constant' ? [storage] : [])),
    );
    this.program = new Program(graph, this.backend);
    this.bytes = { shared: this.program.memory.bytes, own: [...constants].reduce((n, { bytes }) => n + bytes, 0) };
    this.holding = new Holding(this.program.lease);
    try {
      for (const { v, storage } of values) {
        if (storage === null) continue;
        this.holding.count(storage); // what it reads stays
        this.program.address(v).bind(storage.at);
      }
      this.gradients = new Gradients(gradients, results, changed, this.holding);
      this.fresh = [...new Set([...results].filter(isOurs).concat(this.gradients.loose))];
      this.made = this.fresh.map(() => null);
      this.inputs = traced.inputs.map(v => this.program.address(v));
      this.program.lease.address(); // an error, if there is no room, comes before any call
    } catch (e) {
      this.holding.free();
      throw e;
    }
  }

  get isDead(): boolean {
    return this.gradients.dead || this.traced.guards.dead;
  }
  /** Whether what the trace took for granted is still so. */
  holds(): boolean {
    return this.gradients.hold() && this.traced.guards.hold();
  }

  /**
   * Whether some of the memory that a call on these arguments changes would be seen under another name too: as another
   * argument, a gradient, or a tensor around the function. The trace took them for different ones.
   */
  isShared(xs: readonly Tensor[]): boolean {
    const { written, outside, gradients, arguments: changed } = this;
    if (gradients.isShared(written)) return true;
    if (written.size > 0) for (let i = 0; i < xs.length; i++) if (written.has(xs[i]!.storage)) return true;
    for (let c = 0; c < changed.length; c++) {
      const at = changed[c]!.what;
      const { storage } = xs[at]!;
      if (outside.has(storage) || gradients.isRead(storage)) return true;
      for (let i = 0; i < xs.length; i++) if (i !== at && xs[i]!.storage === storage) return true;
    }
    return false;
  }

  /** All that calls on these arguments change, and could put back. */
  changed(xs: readonly Tensor[]): Snapshot {
    const own = this.arguments.map(({ what }) => xs[what]!.storage);
    return new Snapshot(this.backend, [...this.written, ...own], this.gradients.leaves);
  }

  /** Runs the program. Nothing is allocated but what comes out. */
  run(xs: readonly Tensor[]): unknown {
    const {
      gradients,
      holding,
      traced: { guards, result },
    } = this;
    try {
      holding.running = true;
      gradients.begin();
      this.compute(xs);
      let answer = result;
      if (result instanceof Result) answer = this.answer(result, xs, loopOf(xs, loopOf(guards.tensors, null)));
      else if (typeof result === 'object' && result !== null) answer = this.answers(result, xs);
      gradients.end(this, xs);
      return answer;
    } finally {
      holding.running = false;
      for (let i = 0; i < this.made.length; i++) {
        this.made[i]?.release(); // what came out has handles
        this.made[i] = null;
      }
    }
  }

  private compute(xs: readonly Tensor[]): void {
    const { program, gradients } = this;
    let done = 0; // steps, of those traced
    let started = false;
    try {
      this.bind(xs);
      started = true;
      program.run();
    } catch (e) {
      if (started) done = program.reached;
      this.touch(done, xs);
      gradients.fail(done, this, xs);
      throw e;
    }
    this.touch(Infinity, xs);
  }

  /** Binds the addresses of all values. What the call reads is counted meanwhile, so that nothing else gets its address. */
  private bind(xs: readonly Tensor[]): void {
    const { program, inputs, fresh, made, gradients } = this;
    let counted = 0;
    try {
      for (; counted < xs.length; counted++) xs[counted]!.storage.retain();
      for (let i = 0; i < xs.length; i++) inputs[i]!.bind(xs[i]!.address);
      gradients.bind(program);
      for (let i = 0; i < fresh.length; i++) {
        const storage = block(this.backend, fresh[i]!.bytes);
        made[i] = storage;
        program.address(fresh[i]!).bind(storage.at);
      }
    } finally {
      while (counted > 0) xs[--counted]!.storage.release();
    }
  }
  /** Tells who saved memory that the first `done` of the steps traced wrote to it. */
  private touch(done: number, xs: readonly Tensor[]): void {
    const { storages, arguments: changed, gradients } = this;
    for (let i = 0; i < storages.length; i++) if (storages[i]!.at < done) storages[i]!.what.version++;
    for (let i = 0; i < changed.length; i++) if (changed[i]!.at < done) xs[changed[i]!.what]!.storage.version++;
    gradients.touch(done);
  }

  private answers(result: object, xs: readonly Tensor[]): unknown {
    const loop = loopOf(xs, loopOf(this.traced.guards.tensors, null));
    return mapLeaves(result, leaf => (leaf instanceof Result ? this.answer(leaf, xs, loop) : leaf));
  }
  private answer({ view, recorded }: Result, xs: readonly Tensor[], loop: Scope | null): Tensor {
    const t = this.tensor(view, xs);
    t.loop = loop;
    if (recorded) t.slot = RETURNED;
    return adopt(t);
  }

  /** A view of a value as a tensor of the caller's. */
  tensor({ value, address: at, shape, strides, dtype, dense }: ValueView, xs: readonly Tensor[]): Tensor {
    const { origin } = value;
    const seen =
      origin.from === 'input' ? xs[origin.index]! : origin.from === 'gradient' ? origin.leaf.leaf!.grad! : null;
    const storage = seen !== null ? seen.storage : 'storage' in origin ? origin.storage : this.storageOf(value);
    const offset = at / this.backend.itemSize(dtype);
    return new Tensor(storage, shape, strides, seen === null ? offset : seen.offset + offset, dtype, dense);
  }
  private storageOf(value: Value): Storage {
    const i = this.fresh.indexOf(value);
    return i >= 0 ? this.made[i]! : this.gradients.storageOf(value)!;
  }
}

const isOurs = ({ origin }: Value): boolean => origin.from === 'local';

/** The values that are written, each with the first of the steps traced that does it. */
function firstWrites(steps: readonly Step[]): Change<Value>[] {
  const first = new Map<Value, number>();
  for (const step of steps) for (const v of writes(step)) if (!first.has(v)) first.set(v, step.at ?? 0);
  return [...first].map(([what, at]) => ({ what, at }));
}

/** The loop that what is computed from these tensors, and from one of `loop`, belongs to. */
function loopOf(xs: readonly Tensor[], loop: Scope | null): Scope | null {
  for (let i = 0; i < xs.length; i++) {
    const x = xs[i]!;
    if (x.loop !== null && x.loop !== loop) loop = loop === null ? x.loop : commonLoop(loop, x.loop);
  }
  return loop;
}

/** Every value of a graph. */
function valuesOf({ steps, once, results }: Graph): Set<Value> {
  const all = new Set<Value>(results);
  for (const { xs, ys } of [...once, ...steps]) for (const o of [...xs, ...ys]) if (o) all.add(o.value);
  return all;
}
