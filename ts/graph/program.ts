/** A graph made ready to run: kernel calls in an array, their values in one arena. */
import type { Backend } from '../backend/backend';
import { IndexError } from '../core/errors';
import { Storage } from '../core/storage';
import { layOut, type Arena } from './arena';
import { reads, writes, type Graph, type Value } from './graph';
import { lower, type Call } from './lower';

type Kernel = (...args: number[]) => unknown;

/** The places in the calls' arguments where one value's address stands. */
class Address {
  private at = NaN;
  private readonly places: { readonly args: number[]; readonly arg: number; readonly at: number }[] = [];

  add(args: number[], arg: number, at: number): void {
    this.places.push({ args, arg, at });
  }
  bind(address: number): void {
    if (address === this.at) return;
    this.at = address;
    for (const { args, arg, at } of this.places) args[arg] = address + at;
  }
}

/** What lies in the arena, when, and where. */
export interface Memory extends Arena {
  readonly values: readonly Value[];
}

/** Lifetimes of the local values that do not outlive the plan, and places for them. */
function place({ steps, results }: Graph): Memory {
  const first = new Map<Value, number>();
  const last = new Map<Value, number>();
  steps.forEach((step, i) => {
    for (const v of [...reads(step), ...writes(step)]) {
      if (v.origin.from !== 'local' || results.has(v)) continue;
      if (!first.has(v)) first.set(v, i);
      last.set(v, i);
    }
  });
  const values = [...first.keys()];
  return { values, ...layOut(values.map(v => ({ bytes: v.bytes, from: first.get(v)!, to: last.get(v)! }))) };
}

/** A kernel that answers a place is a check: its answer is an error unless it is −1. */
function checking(backend: Backend, where: string): Kernel {
  return (index, n, size) => {
    const place = backend.kernels.indexOutside(index!, n!, size!);
    if (place < 0) return;
    const value = backend.peek(index! + place * backend.itemSize('i32'), 'i32');
    throw new IndexError(where, `index ${value} at place ${place} is outside [0, ${size})`);
  };
}

/** Kernel calls in a row, whose addresses can be bound. */
class Sequence {
  private readonly kernels: Kernel[] = [];
  private readonly args: number[][] = [];

  constructor(calls: readonly Call[], backend: Backend, address: (value: Value) => Address) {
    for (const { kernel, args, places, step } of calls) {
      const own = [...args];
      this.kernels.push(kernel === 'indexOutside' ? checking(backend, step.def.name) : backend.kernels[kernel]);
      this.args.push(own);
      for (const { arg, value, at } of places) address(value).add(own, arg, at);
    }
  }
  run(): void {
    const { kernels, args } = this;
    for (let i = 0; i < kernels.length; i++) kernels[i]!(...args[i]!);
  }
}

/** Memory that prepared weights were made from, and its version then. */
interface Source {
  readonly storage: Storage;
  version: number;
}

export class Program {
  readonly calls: readonly Call[];
  readonly memory: Memory;
  private readonly addresses: Map<Value, Address> = new Map();
  private readonly each: Sequence;
  private readonly once: Sequence;
  private readonly sources: readonly Source[];
  private readonly arena: Storage;

  constructor(readonly graph: Graph, readonly backend: Backend) {
    const { steps, once } = graph;
    this.calls = lower(steps, backend.kernels);
    this.memory = place(graph);
    const address = (value: Value): Address => this.address(value);
    this.each = new Sequence(this.calls, backend, address);
    this.once = new Sequence(lower(once, backend.kernels), backend, address);
    this.sources = once.flatMap(step => [...reads(step)]).flatMap(({ origin }) =>
      'storage' in origin ? [{ storage: origin.storage, version: NaN }] : []);
    const { bytes, values, at } = this.memory;
    this.arena = new Storage(backend, backend.alloc(bytes), bytes);
    this.arena.refs = 1;
    values.forEach((v, i) => this.addresses.get(v)?.bind(this.arena.at + at[i]!));
  }

  /** A value's address. One that no call names may be bound all the same. */
  address(value: Value): Address {
    let s = this.addresses.get(value);
    if (!s) this.addresses.set(value, (s = new Address()));
    return s;
  }

  run(): void {
    this.prepare();
    this.each.run();
  }

  /** Makes what is made of weights again, if somebody has written to them since. */
  prepare(): void {
    const { sources } = this;
    let changed = false;
    for (let i = 0; i < sources.length; i++) {
      const source = sources[i]!;
      if (source.version === source.storage.version) continue;
      source.version = source.storage.version;
      changed = true;
    }
    if (changed) this.once.run();
  }

  dispose(): void {
    this.arena.release();
  }
}
