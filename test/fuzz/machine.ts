/** Runs programs: what there is, for instructions to choose from, and what came of each. */
import { DisposedError, Generator, keep, PhylloError, Tensor, type nn, type optim } from 'phyllo';
import { leaves } from '../../ts/core/tree';
import type { Func } from './functions';
import type { Instruction } from './instruction';
import { Lives } from './lives';

/** What the program itself throws. */
export class UserError extends Error {}

export interface Slot {
  readonly name: string;
  readonly t: Tensor;
}
/** What is read beside the operands; whether the library may free what comes out. */
interface Reading {
  readonly hidden?: boolean;
  readonly loose?: boolean;
}
export type Handler = (m: Machine, i: Instruction) => void;
export type Handlers = Readonly<Record<string, Handler>>;

/** A number as text, to the bit, but for the many kinds of NaN. */
const show = (x: number): string => (Object.is(x, -0) ? '-0' : String(x));

/** The last of them are chosen first. */
const chosen = (from: readonly Slot[], n: number): Slot | null =>
  from[from.length - 1 - ((n >> 4) % from.length)] ?? null;

export class Machine {
  /** What happened, to be compared: each line done and what came of it. */
  readonly log: string[] = [];
  /** What must not happen whatever other runs do. */
  readonly faults: string[] = [];
  readonly lives: Lives;
  readonly pool: Slot[] = [];
  readonly modules: { readonly name: string; readonly module: nn.Layer }[] = [];
  readonly optimizers: { readonly name: string; readonly optimizer: optim.SGD | optim.Adam }[] = [];
  readonly functions: Func[] = [];
  /** What no scope frees. */
  readonly owned: Tensor[] = [];
  /** An error ends the block that it comes from. */
  private through = false;
  /** Errors that are in the log. */
  private readonly told: WeakSet<object> = new WeakSet();
  private depth = 0;
  private count = 0;
  /** How many of the pool came from outside. */
  private given = 0;
  /** Backward passes may run functions again, which may need what was freed since. */
  recomputes = false;

  constructor(
    private readonly handlers: Handlers,
    /** Captured functions run as they are. */
    readonly inline: boolean,
    scoped: boolean,
    readonly generator: Generator = new Generator(7),
  ) {
    this.lives = new Lives(scoped);
  }

  /** Modules and optimisers as they are now. */
  snapshot(): Machine {
    const m = new Machine(this.handlers, this.inline, true, this.generator);
    m.modules.push(...this.modules);
    m.optimizers.push(...this.optimizers);
    return m;
  }
  /**
   * Does what is inside a function, on what it is given. What it did stands in lines that are not compared: a function
   * runs more or less often.
   */
  run(given: readonly Slot[], body: readonly Instruction[], into: Machine): readonly Slot[] {
    const m = this.traced(given);
    try {
      for (const i of body) m.step(i);
      return m.pool;
    } finally {
      for (const line of m.log) into.tell(`#   ${line}`);
      into.faults.push(...m.faults);
    }
  }
  /** For what is inside a function: it chooses among what it is given by shapes alone, and errors go through. */
  private traced(given: readonly Slot[]): Machine {
    const m = this.snapshot();
    m.pool.push(...given);
    m.given = given.length;
    m.through = true;
    return m;
  }

  // ── Choosing ──

  /** A tensor that fits, or null; sometimes one that is freed. */
  pick(n: number, fits: (t: Tensor) => boolean = () => true): Slot | null {
    const dead = this.given > 0 || (n & 15) === 15;
    return chosen(
      this.pool.filter(({ t }) => (dead || !t.disposed) && fits(t)),
      n,
    );
  }
  /** As `pick`, of what was made here and is alive. */
  pickMade(n: number, fits: (t: Tensor) => boolean): Slot | null {
    return chosen(
      this.pool.slice(this.given).filter(({ t }) => !t.disposed && fits(t)),
      n,
    );
  }
  name(prefix: string): string {
    return `${prefix}${this.count++}`;
  }

  // ── Doing ──

  /**
   * Does one line. What it makes joins the pool. `operands` are all that it reads, unless there is what is `hidden`.
   * `loose`: what comes out may be freed by the library.
   */
  do<T>(
    text: string,
    operands: readonly (Tensor | null)[],
    f: () => T,
    { hidden = false, loose = false }: Reading = {},
  ): T {
    const fates = operands.map(t => (t ? this.lives.fate(t) : 'live'));
    const at = this.tell(text);
    let result: T;
    try {
      result = f();
    } catch (e) {
      if (e instanceof DisposedError && !hidden && this.given === 0 && fates.every(fate => fate === 'live'))
        this.faults.push(`${text}: ${e.message}`);
      throw e;
    }
    const read = typeof result === 'number' || ArrayBuffer.isView(result);
    const dead = operands.some((t, i) => fates[i] === 'freed' || (fates[i] === 'ended' && !(read && t!.size === 1)));
    if (dead) this.faults.push(`${text}: takes what was freed`);
    const shown: string[] = [];
    for (const [, v] of leaves(result)) {
      if (v instanceof Tensor) shown.push(this.add(v, loose));
      else if (typeof v === 'number') shown.push(show(v));
      else if (v instanceof Float32Array || v instanceof Int32Array || v instanceof Uint8Array)
        shown.push(`[${Array.from(v, show).join()}]`);
    }
    if (shown.length > 0) this.log[at] += ` → ${shown.join(', ')}`;
    return result;
  }
  /** A line for the log; returns its place. */
  tell(text: string): number {
    return this.log.push('  '.repeat(this.depth) + text) - 1;
  }
  private add(t: Tensor, loose: boolean): string {
    const name = this.name('v');
    this.pool.push({ name, t });
    this.lives.made(t, loose);
    return `${name} ${t.dtype}[${t.shape.join()}]`;
  }

  step(i: Instruction): void {
    this.attempt(() => this.handlers[i.name]!(this, i));
  }
  /** Does f; an error goes into the log, and no further unless the block says so. */
  attempt(f: () => void): void {
    const { depth, through } = this;
    try {
      f();
    } catch (e) {
      if (!(e instanceof Error)) throw e;
      Object.assign(this, { depth, through });
      if (!this.told.has(e)) {
        this.told.add(e);
        this.tell(`  throws ${e.constructor.name}`);
        if (!(e instanceof PhylloError || e instanceof UserError)) this.faults.push(String(e.stack));
      }
      if (through) throw e;
    }
  }
  /** The instructions of a block; with `through`, the first error ends it. */
  inside(body: readonly Instruction[], through: boolean): void {
    const was = this.through;
    this.depth++;
    this.through ||= through;
    for (const i of body) this.step(i);
    this.through = was;
    this.depth--;
  }

  /** Takes a tensor out of its scope, and frees it in the end. */
  keep<T extends Tensor>(t: T): T {
    this.owned.push(t);
    return keep(t);
  }

  /** Reads all there is, whether it may be read or not. */
  readAll(): void {
    for (const { name, t } of [...this.pool]) {
      this.attempt(() => void this.do(`${name}.toArray()`, [t], () => t.toArray()));
      if (t.disposed || !t.requiresGrad || !t.grad) continue;
      const { grad } = t;
      this.attempt(() => void this.do(`${name}.grad.toArray()`, [grad], () => grad.toArray()));
    }
  }
  /** Frees what no scope does. */
  dispose(): void {
    for (const { captured, plans } of this.functions) {
      captured?.dispose();
      for (const p of plans) p.dispose();
    }
    for (const { optimizer } of this.optimizers) for (const t of Object.values(optimizer.stateDict())) t.dispose();
    for (const { module } of this.modules) for (const t of Object.values(module.stateDict())) t.dispose();
    for (const t of this.owned) t.dispose();
    this.generator.state.dispose();
  }
}
