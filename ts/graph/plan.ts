/**
 * A captured function for one signature: a program, and how it meets the world: arguments in, fresh tensors out,
 * gradients of leaves before and after.
 */
import type { Backend } from '../backend/backend';
import { copy } from '../core/convert';
import { CaptureError, DisposedError } from '../core/errors';
import { noGrad, runtime } from '../core/runtime';
import { adopt, meet, scope, type Scope } from '../core/scope';
import { Storage } from '../core/storage';
import { ANSWERED, Tensor } from '../core/tensor';
import { writeFile } from '../io/file';
import { encode, namesOf, type Named, type Names } from './encode';
import { writes, type Graph, type Operand, type Value } from './graph';
import { Drawing, explain } from './explain';
import type { Guards } from './guards';
import { Program, type Address } from './program';
import { leaves, mapLeaves } from '../core/tree';

/** A tensor that comes out. */
export class Result {
  constructor(readonly operand: Operand, /** It had a graph of gradients in the trace. */ readonly recorded: boolean) {}
}
/** What becomes of a leaf's gradient. */
export interface GradientEffect {
  readonly leaf: Tensor;
  /** It is cleared before anything else, and what the graphs that fed it left unowned goes with it. */
  readonly clears: boolean;
  /** The plan holds only where there was (a value that stands for it) or was not (null) one; else it matters not. */
  readonly before: Value | null | 'any';
  /** What is there afterwards; null: nothing; 'same': what was there, perhaps changed in place. */
  readonly after: Operand | null | 'same';
}

/** All that a trace found. */
export interface Traced {
  readonly graph: Graph;
  readonly inputs: readonly Value[];
  /** The tensors among the arguments, by their paths. */
  readonly arguments: readonly Named[];
  /** What the function answers, with results in the place of tensors. */
  readonly result: unknown;
  readonly gradients: readonly GradientEffect[];
  readonly guards: Guards;
}

/** A gradient that calls leave behind, in storage that the next call may use again. */
interface Left {
  readonly leaf: Tensor;
  readonly operand: Operand;
  storage: Storage;
  /** What the leaf has of it. */
  handle: Tensor | null;
}

/** The memory of a plan, apart from the plan, so that a FinalizationRegistry can hold it. */
interface Owned {
  readonly storages: Storage[];
  readonly left: Left[];
}
function free({ storages, left }: Owned): void {
  for (const s of storages.splice(0)) s.release();
  for (const l of left.splice(0)) l.storage.release();
}
/** A plan that nobody has any more is disposed of when the collector finds it. */
const abandoned: FinalizationRegistry<Owned> = new FinalizationRegistry(free);

export class Plan {
  readonly program: Program;
  /** What of others' a call changes: real storages, arguments by their places, gradients by their leaves. */
  readonly changed: { readonly storages: readonly Storage[]; readonly inputs: readonly number[]; readonly leaves: readonly Tensor[] };
  private readonly backend: Backend;
  private readonly owned: Owned = { storages: [], left: [] };
  private disposed = false;
  private readonly inputs: readonly Address[];
  /** Values that come out in fresh storage at each call, and during a call that storage. */
  private readonly fresh: readonly Value[];
  private readonly storages: (Storage | null)[];
  /** Gradients that a call puts there otherwise than as `left` ones. */
  private readonly put: readonly (GradientEffect & { readonly after: Operand })[];
  private readonly cleared: readonly Tensor[];

  constructor(private readonly traced: Traced) {
    this.backend = runtime.backend;
    const { graph, gradients, result } = traced;
    this.program = new Program(graph, this.backend);
    const { storages, left } = this.owned;
    storages.push(this.program.arena);
    try {
      const results = [...leaves(result)].flatMap(([, r]) => (r instanceof Result ? [r.operand.value] : []));
      this.fresh = [...new Set(results)].filter(isOurs);
      this.storages = this.fresh.map(() => null);
      this.inputs = traced.inputs.map(v => this.program.address(v));
      const changed = [...new Set(graph.steps.flatMap(step => [...writes(step)]))].map(v => v.origin);
      this.changed = {
        storages: changed.flatMap(o => (o.from === 'outside' ? [o.storage] : [])),
        inputs: changed.flatMap(o => (o.from === 'input' ? [o.index] : [])),
        leaves: changed.flatMap(o => (o.from === 'gradient' ? [o.leaf] : [])),
      };
      for (const v of valuesOf(graph)) {
        const { origin } = v;
        if (origin.from !== 'outside' && origin.from !== 'constant') continue;
        origin.storage.retain(); // what it reads stays
        storages.push(origin.storage);
        this.program.address(v).bind(origin.storage.at);
      }
      const put: (GradientEffect & { readonly after: Operand })[] = [];
      for (const effect of gradients) {
        const { leaf, after } = effect;
        if (after === null || after === 'same') continue;
        const { value } = after;
        if (this.fresh.includes(value) || !isOurs(value) || left.some(l => l.operand.value === value)) {
          put.push({ ...effect, after });
        } else {
          left.push({ leaf, operand: after, storage: this.room(value.bytes), handle: null });
        }
      }
      this.put = put;
      this.cleared = gradients.filter(({ after }) => after === null).map(({ leaf }) => leaf);
    } catch (e) {
      free(this.owned);
      throw e;
    }
    abandoned.register(this, this.owned, this);
  }

  /** Storage that the plan counts. */
  private room(bytes: number): Storage {
    const storage = Storage.of(this.backend, bytes);
    storage.retain();
    return storage;
  }

  /** Whether what the trace took for granted is still so. */
  holds(): boolean {
    const { gradients, guards } = this.traced;
    for (let i = 0; i < gradients.length; i++) {
      const { leaf, before } = gradients[i]!;
      if (leaf.leaf === null) return false;
      const { grad } = leaf.leaf;
      if (before !== 'any' && (grad === null) !== (before === null)) return false;
      if (grad !== null && !grad.dense) return false;
    }
    return guards.hold();
  }
  /** The trace is over. */
  settle(): void {
    this.traced.guards.settle();
  }
  /** Throws if the function, traced again, has changed what the plan takes for granted. */
  check(): void {
    this.traced.guards.check();
  }

  /** Runs the program on dense arguments. Nothing is allocated but what comes out. */
  run(xs: readonly Tensor[]): unknown {
    if (this.disposed) throw new DisposedError('capture', 'the plan is used after it was freed');
    const { gradients, guards, result } = this.traced;
    for (let i = 0; i < gradients.length; i++) {
      const { leaf, clears } = gradients[i]!;
      if (clears && leaf.leaf!.spent.length > 0) leaf.grad = null;
    }
    for (let i = 0; i < this.changed.leaves.length; i++) own(this.changed.leaves[i]!);
    try {
      this.compute(xs);
      let answer = result;
      if (result instanceof Result) answer = this.answer(result, xs, homeOf(xs, homeOf(guards.tensors, null)));
      else if (typeof result === 'object' && result !== null) answer = this.answers(result, xs);
      this.leaveGradients(xs);
      return answer;
    } finally {
      for (let i = 0; i < this.storages.length; i++) {
        this.storages[i]?.release(); // what came out has handles
        this.storages[i] = null;
      }
    }
  }

  private compute(xs: readonly Tensor[]): void {
    const { program, inputs, fresh, storages } = this;
    this.count(xs, 1);
    try {
      for (let i = 0; i < xs.length; i++) inputs[i]!.bind(xs[i]!.at);
      this.bindGradients();
      for (let i = 0; i < fresh.length; i++) {
        const storage = this.room(fresh[i]!.bytes);
        storages[i] = storage;
        program.address(fresh[i]!).bind(storage.at);
      }
      program.run();
    } finally {
      this.count(xs, -1);
      const { storages, inputs, leaves } = this.changed;
      for (let i = 0; i < storages.length; i++) storages[i]!.version++;
      for (let i = 0; i < inputs.length; i++) xs[inputs[i]!]!.storage.version++;
      for (let i = 0; i < leaves.length; i++) leaves[i]!.leaf!.grad!.storage.version++;
    }
  }

  /** Counts the storages that a call reads, so that no gradient is written over one of them. */
  private count(xs: readonly Tensor[], by: 1 | -1): void {
    const { gradients } = this.traced;
    for (let i = 0; i < xs.length; i++) by > 0 ? xs[i]!.storage.retain() : xs[i]!.storage.release();
    for (let i = 0; i < gradients.length; i++) {
      const { leaf, before, after } = gradients[i]!;
      if (before === 'any' || before === null || after === 'same') continue;
      const { storage } = leaf.leaf!.grad!;
      by > 0 ? storage.retain() : storage.release();
    }
  }

  private answers(result: object, xs: readonly Tensor[]): unknown {
    const home = homeOf(xs, homeOf(this.traced.guards.tensors, null));
    return mapLeaves(result, leaf => (leaf instanceof Result ? this.answer(leaf, xs, home) : leaf));
  }
  private answer({ operand, recorded }: Result, xs: readonly Tensor[], home: Scope | null): Tensor {
    const t = this.tensor(operand, xs);
    t.home = home;
    if (recorded) t.slot = ANSWERED;
    return adopt(t);
  }

  /** An operand as a tensor of the caller's. */
  private tensor({ value, at, shape, strides, dtype, dense }: Operand, xs: readonly Tensor[]): Tensor {
    const { origin } = value;
    const seen = origin.from === 'input' ? xs[origin.index]! : origin.from === 'gradient' ? origin.leaf.leaf!.grad! : null;
    const storage = seen !== null ? seen.storage
      : origin.from === 'outside' || origin.from === 'constant' ? origin.storage : this.storageOf(value);
    const offset = at / this.backend.itemSize(dtype);
    return new Tensor(storage, shape, strides, seen === null ? offset : seen.offset + offset, dtype, dense);
  }
  private storageOf(value: Value): Storage {
    const i = this.fresh.indexOf(value);
    return i >= 0 ? this.storages[i]! : this.owned.left.find(l => l.operand.value === value)!.storage;
  }

  /** Gradients that the calls read are where the leaves have them; those that they write go where nobody else looks. */
  private bindGradients(): void {
    const { program, traced: { gradients }, owned: { left } } = this;
    for (let i = 0; i < gradients.length; i++) {
      const { leaf, before } = gradients[i]!;
      if (before !== 'any' && before !== null) program.address(before).bind(leaf.leaf!.grad!.at);
    }
    for (let i = 0; i < left.length; i++) {
      const l = left[i]!;
      if (l.storage.refs > (isThere(l) ? 2 : 1)) {
        const storage = this.room(l.storage.bytes);
        l.storage.release(); // somebody has the last one still
        l.storage = storage;
        l.handle = null;
      }
      program.address(l.operand.value).bind(l.storage.at);
    }
  }

  private leaveGradients(xs: readonly Tensor[]): void {
    const { left } = this.owned;
    if (this.put.length > 0) {
      const handles = this.put.map(({ after }) => this.tensor(after, xs)); // before any is replaced
      this.put.forEach(({ leaf }, i) => (leaf.grad = handles[i]!));
    }
    for (let i = 0; i < this.cleared.length; i++) if (this.cleared[i]!.leaf!.grad !== null) this.cleared[i]!.grad = null;
    for (let i = 0; i < left.length; i++) {
      const l = left[i]!;
      if (isThere(l)) l.storage.version++;
      else l.leaf.grad = l.handle = handleOf(l, this.backend);
    }
  }

  /** The steps in order, as aligned text: shapes, operations, bytes read and written, what was made one; then the memory. */
  explain(): string {
    return explain(this.traced.graph, this.program.memory, this.backend);
  }
  /** What the plan computes, to be drawn: `graph.toMermaid()`, `graph.toDot()`. */
  get graph(): Drawing {
    return new Drawing(this.traced.graph);
  }

  /**
   * The plan with all its weights, for `load` of phyllo/edge.
   *
   * @throws {CaptureError} if a call changes anything but what it returns, as training does, or random numbers; if it
   *   returns something other than dense tensors; or if it needs a kernel that phyllo/edge does not have.
   */
  encode(names: Names = {}): Uint8Array {
    const { result, gradients, arguments: inputs } = this.traced;
    const { storages, inputs: written, leaves: accumulated } = this.changed;
    if (storages.length + written.length + accumulated.length + gradients.length > 0) {
      throw new CaptureError('encode', 'a call of this plan changes parameters, gradients, statistics, random states or arguments: only what computes results alone becomes a file; call eval() and leave training out');
    }
    const outputs = [...leaves(result)].map(([path, r]): Named => {
      if (!(r instanceof Result)) throw new CaptureError('encode', `${path || 'the result'} is no tensor: return tensors alone`);
      return { name: path, operand: r.operand };
    });
    return encode(this.program, namesOf('input', inputs, names.inputs), namesOf('output', outputs, names.outputs));
  }

  /**
   * Writes `encode()` to a file, which is there whole or not at all. In Node, Deno and Bun.
   *
   * @throws {FileError} if it cannot be written, and where there are no files. A file of that name is then as it was.
   * @throws {CaptureError} as `encode()` does.
   */
  async save(path: string, names: Names = {}): Promise<void> {
    await writeFile(path, this.encode(names));
  }

  /** Frees its memory. Its captured function traces another when it is called. */
  dispose(): void {
    if (this.disposed) return;
    this.disposed = true;
    abandoned.unregister(this);
    free(this.owned);
  }
}

/** Gives a leaf a gradient that is its alone, since it is going to be changed in place. */
function own(leaf: Tensor): void {
  const grad = leaf.leaf!.grad!;
  if (grad.storage.refs > 1) leaf.grad = scope(() => noGrad(() => copy(grad)), 'capture');
}
const isOurs = ({ origin }: Value): boolean => origin.from === 'local';
/** The leaf still has what the last call left. */
const isThere = ({ leaf, handle }: Left): boolean => handle !== null && !handle.disposed && leaf.leaf!.grad === handle;
const handleOf = ({ storage, operand: { shape, strides, at, dtype, dense } }: Left, backend: Backend): Tensor =>
  new Tensor(storage, shape, strides, at / backend.itemSize(dtype), dtype, dense);

/** Where what is computed from these tensors, and from one at `home`, belongs. */
function homeOf(xs: readonly Tensor[], home: Scope | null): Scope | null {
  for (let i = 0; i < xs.length; i++) {
    const x = xs[i]!;
    if (x.home !== null && x.home !== home) home = home === null ? x.home : meet(home, x.home);
  }
  return home;
}

/** Every value of a graph. */
function valuesOf({ steps, once, results }: Graph): Set<Value> {
  const all = new Set<Value>(results);
  for (const { xs, ys } of [...once, ...steps]) for (const o of [...xs, ...ys]) if (o) all.add(o.value);
  return all;
}
