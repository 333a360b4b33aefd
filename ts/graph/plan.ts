/**
 * A captured function for one signature: a program, and how it meets the world: arguments in, fresh tensors out,
 * gradients of leaves before and after.
 */
import type { Backend } from '../backend/backend';
import { answeredByPlan } from '../core/answered';
import { DisposedError } from '../core/errors';
import { runtime } from '../core/runtime';
import { adopt, meet, type Scope } from '../core/scope';
import { show, type Shape } from '../core/shape';
import { Storage } from '../core/storage';
import { Tensor } from '../core/tensor';
import { writes, type Graph, type Operand, type Value } from './graph';
import type { Guards } from './guards';
import { Program } from './program';
import { mapLeaves } from './tree';

/** A tensor that comes out. */
export class Result {
  constructor(readonly operand: Operand, /** It had a graph of gradients in the trace. */ readonly recorded: boolean) {}
}
/** What becomes of a leaf's gradient. */
export interface GradientEffect {
  readonly leaf: Tensor;
  /** The plan holds only where there was (a value that stands for it) or was not (null) one; else it matters not. */
  readonly before: Value | null | 'any';
  /** What is there afterwards; null: nothing; 'same': what was there, perhaps changed in place. */
  readonly after: Operand | null | 'same';
}

/** All that a trace found. */
export interface Traced {
  readonly graph: Graph;
  readonly inputs: readonly Value[];
  /** What the function answers, with results in the place of tensors. */
  readonly result: unknown;
  readonly gradients: readonly GradientEffect[];
  readonly guards: Guards;
  /** Tensors from around the function. */
  readonly outside: readonly Tensor[];
}

export class Plan {
  readonly program: Program;
  private readonly backend: Backend;
  /** Real storages: the plan counts each, so that what it reads stays. */
  private readonly pinned: Storage[] = [];
  /** Those that a call changes, and arguments it changes. */
  private readonly changed: Storage[] = [];
  private readonly changedInputs: number[] = [];
  private readonly results: Result[] = [];
  /** Values that come out in fresh storage at each call. */
  private readonly fresh: Value[];
  /** Gradients that a call leaves behind, in storage that the next call may use again. */
  private readonly left: { readonly leaf: Tensor; readonly operand: Operand; storage: Storage; handle: Tensor | null }[] = [];

  constructor(private readonly traced: Traced) {
    this.backend = runtime.backend;
    const { graph, gradients } = traced;
    this.program = new Program(graph, this.backend);
    mapLeaves(traced.result, r => r instanceof Result && this.results.push(r));
    const isOurs = (v: Value): boolean => v.origin.from === 'local';
    this.fresh = [...new Set(this.results.map(r => r.operand.value).filter(isOurs))];
    const changed = new Set(graph.steps.flatMap(step => [...writes(step)]));
    for (const v of this.values()) {
      if (v.origin.from === 'outside' || v.origin.from === 'constant') {
        const { storage } = v.origin;
        storage.refs++;
        this.pinned.push(storage);
        this.program.address(v).bind(storage.at);
        if (changed.has(v)) this.changed.push(storage);
      } else if (v.origin.from === 'input' && changed.has(v)) this.changedInputs.push(v.origin.index);
    }
    for (const { leaf, after } of gradients) {
      if (after === null || after === 'same' || this.fresh.includes(after.value) || !isOurs(after.value)) continue;
      const storage = this.room(after.value.bytes);
      storage.refs = 1;
      this.left.push({ leaf, operand: after, storage, handle: null });
    }
  }

  /** Every value that is somebody else's. */
  private values(): Set<Value> {
    const { graph } = this.traced;
    const all = new Set<Value>(graph.results);
    for (const { xs, ys } of [...graph.once, ...graph.steps]) for (const o of [...xs, ...ys]) if (o) all.add(o.value);
    return all;
  }

  private room(bytes: number): Storage {
    return new Storage(this.backend, this.backend.alloc(bytes), bytes);
  }

  /** Whether what the trace took for granted is still so. */
  holds(): boolean {
    const { gradients, guards } = this.traced;
    for (const { leaf, before } of gradients) {
      if (leaf.leaf === null) return false;
      if (before !== 'any' && (leaf.leaf.grad === null) !== (before === null)) return false;
    }
    return guards.hold();
  }

  run(xs: readonly Tensor[]): unknown {
    const { program, traced, fresh, left } = this;
    for (const t of traced.outside) {
      if (t.disposed) throw new DisposedError('capture', `a tensor of shape ${show(t.shape)} that the function uses was freed since it was captured`);
    }
    let home: Scope | null = null;
    for (let i = 0; i < xs.length; i++) {
      const x = xs[i]!;
      program.address(traced.inputs[i]!).bind(x.at);
      if (x.home !== null && x.home !== home) home = home === null ? x.home : meet(home, x.home);
    }
    this.bindGradients();
    const storages = fresh.map(v => this.room(v.bytes));
    fresh.forEach((v, i) => program.address(v).bind(storages[i]!.at));
    try {
      program.run();
    } catch (e) {
      for (const s of storages) this.backend.free(s.at, s.bytes);
      throw e;
    }
    for (const s of this.changed) s.version++;
    for (const i of this.changedInputs) xs[i]!.storage.version++;
    this.leaveGradients(storages);
    const answer = (leaf: unknown): unknown => {
      if (!(leaf instanceof Result)) return leaf;
      const t = this.tensor(leaf.operand, xs, storages);
      t.home = home;
      if (leaf.recorded) answeredByPlan.add(t);
      return adopt(t);
    };
    return traced.result instanceof Result ? answer(traced.result) : mapLeaves(traced.result, answer);
  }

  /** An operand as a tensor of the caller's. */
  private tensor({ value, at, shape, strides, dtype }: Operand, xs: readonly Tensor[], storages: readonly Storage[]): Tensor {
    const { origin } = value;
    const item = this.backend.itemSize(dtype);
    if (origin.from === 'input') {
      const x = xs[origin.index]!;
      return new Tensor(x.storage, shape, strides, x.offset + at / item, dtype);
    }
    const storage = origin.from === 'outside' || origin.from === 'constant' ? origin.storage
      : origin.from === 'gradient' ? origin.leaf.leaf!.grad!.storage
      : storages[this.fresh.indexOf(value)] ?? this.left.find(l => l.operand.value === value)!.storage;
    return new Tensor(storage, shape, strides, at / item, dtype);
  }

  /** Gradients that the calls read are where the leaves have them; those that they write go where nobody else looks. */
  private bindGradients(): void {
    const { program } = this;
    for (const { leaf, before } of this.traced.gradients) {
      if (before !== 'any' && before !== null) program.address(before).bind(leaf.leaf!.grad!.at);
    }
    for (const l of this.left) {
      const { leaf } = l.leaf;
      const mine = l.handle !== null && !l.handle.disposed && leaf!.grad === l.handle;
      if (l.storage.refs > (mine ? 2 : 1)) {
        l.storage.release(); // somebody kept the last one
        l.storage = this.room(l.storage.bytes);
        l.storage.refs = 1;
        l.handle = null;
      }
      program.address(l.operand.value).bind(l.storage.at);
    }
  }

  private leaveGradients(storages: readonly Storage[]): void {
    for (const l of this.left) {
      if (l.handle !== null && !l.handle.disposed && l.leaf.leaf!.grad === l.handle) {
        l.storage.version++;
        continue;
      }
      const { shape, strides, dtype, at } = l.operand;
      l.handle = new Tensor(l.storage, shape, strides, at / this.backend.itemSize(dtype), dtype);
      l.leaf.grad = l.handle;
    }
    for (const { leaf, after } of this.traced.gradients) {
      if (after === null) leaf.grad = null;
      else if (after !== 'same' && !this.left.some(l => l.leaf === leaf)) leaf.grad = this.tensor(after, [], storages);
    }
  }

  dispose(): void {
    this.program.dispose();
    for (const s of this.pinned.splice(0)) s.release();
    for (const l of this.left.splice(0)) l.storage.release();
  }
}
