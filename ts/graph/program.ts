/** A graph made ready to run: kernel calls and loops of them in an array, their values in one arena. */
import type { Backend } from '../backend/backend';
import type { Storage } from '../core/storage';
import { outside } from '../ops/indices';
import { reads, type Graph, type Step, type Value } from './graph';
import { lower, type Call, type Kernel } from './lower';
import { planMemory, planMemoryEvenly, type MemoryPlan } from './memory';
import { foldLoops, type Instruction } from './repeat';
import { Lease } from './workspace';

/** The address of one value, and the arguments of calls that hold it. */
export class Address {
  private at = NaN;
  private readonly uses: { readonly args: number[]; readonly arg: number; readonly at: number }[] = [];

  add(args: number[], arg: number, at: number): void {
    this.uses.push({ args, arg, at });
  }
  bind(address: number): void {
    if (address === this.at) return;
    this.at = address;
    for (const { args, arg, at } of this.uses) args[arg] = address + at;
  }
}

/** A kernel that returns the position of a wrong index is a check: other values than −1 are an error. */
function checking(backend: Backend, { def, params }: Step): Kernel {
  const fault = def.fault?.bind(null, params);
  return (index, n, size) => {
    const position = backend.kernels.indexOutside!(index!, n!, size!);
    if (position >= 0) throw outside(backend, def.name, index!, position, size!, fault);
  };
}

/** Calls in turn, again and again; where there is a clock, each adds its milliseconds there, from `at` on. */
type Loop = (clock: Float64Array | null, at: number) => void;
/** Calls in turn, `times` times, on arguments that grow. */
function loop(
  kernels: readonly Kernel[],
  args: readonly number[][],
  growth: readonly (readonly number[])[],
  times: number,
): Loop {
  const moving = growth.map(by => by.flatMap((step, arg) => (step === 0 ? [] : [{ arg, step }])));
  const now = args.map(a => [...a]); // once: calls make no garbage
  return (clock, at) => {
    for (let i = 0; i < now.length; i++) {
      const own = now[i]!;
      const first = args[i]!;
      for (let j = 0; j < own.length; j++) own[j] = first[j]!;
    }
    for (let t = 0; t < times; t++) {
      for (let i = 0; i < kernels.length; i++) {
        const own = now[i]!;
        const start = clock === null ? 0 : performance.now();
        kernels[i]!(...own);
        if (clock !== null) clock[at + i]! += performance.now() - start;
        for (const { arg, step } of moving[i]!) own[arg]! += step;
      }
    }
  };
}

/** Kernel calls in a row, whose addresses can be bound. */
class Sequence {
  private readonly kernels: Kernel[] = [];
  private readonly args: number[][] = [];
  /** By index: the instruction, if it is a loop. */
  private readonly loops: Map<number, { readonly run: Loop; readonly calls: number }> = new Map();

  constructor(instructions: readonly Instruction[], backend: Backend, address: (value: Value) => Address) {
    const kernelOf = ({ kernel, run, step }: Call): Kernel =>
      kernel === 'indexOutside' ? checking(backend, step) : run;
    const argsOf = ({ args, relocations }: Call): number[] => {
      const own = [...args];
      for (const { arg, value, at } of relocations) address(value).add(own, arg, at);
      return own;
    };
    for (const i of instructions) {
      if ('body' in i) {
        const run = loop(i.body.map(kernelOf), i.body.map(argsOf), i.growth, i.times);
        this.loops.set(this.kernels.length, { run, calls: i.body.length });
        this.kernels.push(() => run(null, 0));
        this.args.push([]);
      } else {
        this.kernels.push(kernelOf(i));
        this.args.push(argsOf(i));
      }
    }
  }
  /** How many were done in the last run. */
  done = 0;

  run(): void {
    const { kernels, args } = this;
    let i = 0;
    try {
      for (; i < kernels.length; i++) kernels[i]!(...args[i]!);
    } finally {
      this.done = i;
    }
  }
  time(clock: Float64Array): void {
    const { kernels, args, loops } = this;
    let at = 0;
    for (let i = 0; i < kernels.length; i++) {
      const loop = loops.get(i);
      if (loop) {
        loop.run(clock, at);
        at += loop.calls;
      } else {
        const start = performance.now();
        kernels[i]!(...args[i]!);
        clock[at++]! += performance.now() - start;
      }
    }
  }
}

/** Loops may take half as much memory again as the plan needs at least, and so many bytes. */
const ROOM = 2 ** 16;

/** A memory plan, and the calls at its offsets: so that they fold into loops where most of them do, else close together. */
function compact(graph: Graph, calls: readonly Call[]): [MemoryPlan, Instruction[]] {
  const even = planMemoryEvenly(graph);
  if (even && even.bytes <= (graph.budget ?? 1.5 * even.bound + ROOM)) {
    const folded = foldLoops(calls, even.offsets);
    if (folded.length < calls.length / 2) return [even, folded];
  }
  const close = planMemory(graph);
  return [close, foldLoops(calls, close.offsets)];
}

/** Memory that prepared weights were made from, and its version then. */
interface Source {
  readonly storage: Storage;
  version: number;
}

export class Program {
  readonly instructions: readonly Instruction[];
  readonly memory: MemoryPlan;
  private readonly addresses: Map<Value, Address> = new Map();
  private readonly each: Sequence;
  private readonly once: Sequence;
  private readonly sources: readonly Source[];
  readonly lease: Lease;
  /** Where the arena was when addresses were bound last. */
  private at = NaN;

  constructor(
    readonly graph: Graph,
    readonly backend: Backend,
  ) {
    const { steps, once } = graph;
    [this.memory, this.instructions] = compact(graph, lower(steps, backend));
    const address = (value: Value): Address => this.address(value);
    this.each = new Sequence(this.instructions, backend, address);
    this.once = new Sequence(lower(once, backend), backend, address);
    this.sources = once
      .flatMap(step => [...reads(step)])
      .flatMap(({ origin }) => ('storage' in origin ? [{ storage: origin.storage, version: NaN }] : []));
    this.lease = new Lease(backend, this.memory.bytes);
  }

  /** A value's address. One that no call names may be bound all the same. */
  address(value: Value): Address {
    let s = this.addresses.get(value);
    if (!s) this.addresses.set(value, (s = new Address()));
    return s;
  }

  /** Where the milliseconds of each call are added, those in loops among them, while they are measured. */
  clock: Float64Array | null = null;

  /** The first of the steps traced that was not done when the last run failed. */
  get reached(): number {
    const i = this.instructions[this.each.done];
    return i === undefined ? 0 : (('body' in i ? i.body[0]! : i).step.at ?? 0);
  }

  run(): void {
    this.each.done = 0;
    this.prepare();
    const at = this.lease.address();
    if (at !== this.at) this.move(at);
    if (this.clock === null) this.each.run();
    else this.each.time(this.clock);
  }

  private move(to: number): void {
    this.at = to;
    for (const [v, at] of this.memory.offsets) this.addresses.get(v)?.bind(to + at);
  }

  /** Makes what is made of weights again, if somebody has written to them since. */
  prepare(): void {
    const { sources } = this;
    let i = 0;
    while (i < sources.length && sources[i]!.version === sources[i]!.storage.version) i++;
    if (i === sources.length) return;
    this.once.run();
    for (const source of sources) source.version = source.storage.version; // now that they are made
  }
}
