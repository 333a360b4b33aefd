/**
 * A captured function is the function, whatever it does: random programs of ops, views, writes in place, values saved for
 * gradients and backward passes, on arguments of any layout that may share memory with each other and with what the
 * program finds around it. Run as they are and as plans, they give the same bits and the same errors, and leave the same
 * memory. PHYLLO_FUZZ_RUNS says how many.
 */
import { env } from 'node:process';
import {
  capture,
  gradients,
  IndexError,
  keep,
  manualSeed,
  memory,
  noGrad,
  PhylloError,
  scope,
  tensor,
  type Tensor,
} from 'phyllo';
import { expect, test, vi } from 'vitest';
import { addInto, assign } from '../../ts/ops/update';
import { backends, dice, start } from '../toy';

vi.setConfig({ testTimeout: 2 ** 30 });
const RUNS = Number(env.PHYLLO_FUZZ_RUNS ?? 250);
const FIRST = Number(env.PHYLLO_FUZZ_SEED ?? 1);

type Roll = (n: number) => number;
/** n small numbers, some of them the same: what is lost or exchanged shows. */
const values = (roll: Roll, n: number): Float32Array =>
  Float32Array.from({ length: n }, () => (roll(17) - 8) / 4 + roll(8) / 1024);

/** All that a program may see and change. */
interface World {
  /** Memory that arguments are views of. */
  readonly bases: readonly Tensor[];
  readonly parameters: readonly Tensor[];
  /** Tensors around the program, without gradients: one of its own, one that is the memory of arguments. */
  readonly states: readonly Tensor[];
  /** A handle of a parameter's memory. */
  readonly alias: Tensor;
}
const SIZE = 4;
function world(seed: number): World {
  const roll = dice(seed);
  const bases = [0, 1].map(() => keep(tensor(values(roll, 36), { shape: [6, 6] })));
  const parameters = [0, 1].map(() => keep(tensor(values(roll, 9), { shape: [3, 3], requiresGrad: true })));
  const own = keep(tensor(values(roll, 9), { shape: [3, 3] }));
  const shared = keep(bases[0]!.slice(0, 3).slice(1, 0, 3));
  return { bases, parameters, states: [own, shared], alias: keep(parameters[1]!.detach()) };
}

/** An argument: a matrix of 3 × 3, or indices. */
function argument(w: World, roll: Roll): Tensor {
  const kind = roll(12);
  if (kind === 0) return w.alias;
  if (kind === 1) return w.states[1]!;
  const base = w.bases[roll(2)]!;
  const [i, j] = [roll(4), roll(4)];
  const block = base.slice(0, i, i + 3).slice(1, j, j + 3);
  if (kind < 5) return tensor(values(roll, 9), { shape: [3, 3] });
  if (kind < 7) return block.t();
  if (kind < 8) return base.slice(0, 0, 6, 2).slice(1, 1, 6, 2);
  if (kind < 9)
    return base
      .reshape([36])
      .slice(0, j, j + 9)
      .reshape([3, 3]);
  if (kind < 10)
    return base
      .slice(0, i, i + 1)
      .slice(1, 0, 3)
      .expand([3, 3]);
  return block;
}

/** What a program does, step by step, on the values that it has so far. `pick` takes one of them. */
type Action = (s: State) => void;
interface State {
  readonly world: World;
  readonly values: Tensor[];
  readonly leaves: Tensor[];
  readonly index: Tensor;
}
function action(roll: Roll): Action {
  const [kind, a, b, c, d] = [roll(30), roll(64), roll(64), roll(64), roll(64)];
  const of = (list: readonly Tensor[], i: number): Tensor => {
    const there = list.filter(t => !t.disposed); // gradients go when they are replaced
    return there[there.length - 1 - (i % Math.min(there.length, 8))]!;
  };
  const square = (s: State, i: number): Tensor =>
    of(
      s.values.filter(v => v.shape.join() === '3,3'),
      i,
    );
  const unary: readonly ((x: Tensor) => Tensor)[] = [
    x => x.relu(),
    x => x.tanh(),
    x => x.neg(),
    x => x.square(),
    x => x.sigmoid(),
    x => x.mul(0.5),
    x => x.add(x),
  ];
  const binary: readonly ((x: Tensor, y: Tensor) => Tensor)[] = [
    (x, y) => x.add(y),
    (x, y) => x.mul(y),
    (x, y) => x.sub(y),
    (x, y) => x.maximum(y),
  ];
  const view: readonly ((x: Tensor) => Tensor)[] = [
    x => x.t(),
    x => x.detach(),
    x => x.slice(0, 1).slice(1, 0, 2),
    x => x.reshape([9]).slice(0, 0, 9),
    x => x.select(0, b % 3),
    x => x.slice(1, b % 3, (b % 3) + 1).expand([3, 3]),
  ];
  switch (kind) {
    case 0:
    case 1:
    case 2:
      return s => void s.values.push(unary[b % unary.length]!(of(s.values, a)));
    case 3:
    case 4:
    case 5:
      return s => void s.values.push(binary[c % binary.length]!(square(s, a), square(s, b)));
    case 6:
    case 7:
      return s => void s.values.push(square(s, a).matmul(c % 2 ? square(s, b) : square(s, b).t()));
    case 8:
    case 9:
    case 10:
      return s => void s.values.push(view[c % view.length]!(square(s, a)));
    case 11:
      return s =>
        void s.values.push(
          square(s, a)
            .sum(b % 2)
            .expand([3, 3]),
        );
    case 12:
    case 13:
      return s => void s.values.push(s.world.parameters[a % 2]!);
    case 14:
      return s => void s.values.push(s.world.states[a % 2]!);
    case 15:
      return s => void s.values.push(s.world.alias);
    // Writes: to arguments, states, parameters, views of them and values in between.
    case 16:
    case 17:
      return s => noGrad(() => void assign(square(s, a).detach(), square(s, b).detach().mul(1)));
    case 18:
      return s =>
        noGrad(() => void assign(square(s, a).detach().slice(0, 0, 2), square(s, b).detach().slice(0, 1).mul(1)));
    case 19:
      return s => noGrad(() => void addInto(square(s, a).detach(), square(s, b).detach().mul(1)));
    case 20:
      return s => noGrad(() => void assign(of(s.values, a).detach(), of(s.values, a).detach().mul(0.5)));
    // Gradients.
    case 21:
      return s => {
        const leaf = square(s, a).detach();
        leaf.requiresGrad = true;
        s.leaves.push(leaf);
        s.values.push(leaf.mul(square(s, b)));
      };
    case 22:
    case 23:
      return s => {
        const y = of(s.values, a);
        const xs = s.leaves.length > 0 && c % 2 ? s.leaves : s.world.parameters;
        if (y.requiresGrad) s.values.push(...gradients(y.sum(), [of(xs, b)], { retainGraph: d % 2 === 0 }));
      };
    case 24:
    case 25:
      return s => {
        const y = of(
          s.values.filter(v => v.requiresGrad),
          a,
        );
        if (s.values.some(v => v.requiresGrad && v.leaf === null)) y.sum().backward({ retainGraph: d % 4 > 0 });
      };
    case 26:
      return s => {
        for (const p of s.world.parameters) if (a % 3) p.grad = null;
      };
    case 27:
      return s => {
        const { grad } = s.world.parameters[a % 2]!;
        if (grad) s.values.push(c % 2 ? grad : grad.detach());
      };
    case 28:
      return s =>
        noGrad(() => {
          for (const p of s.world.parameters) if (p.grad) addInto(p.detach(), p.grad.mul(-0.125));
        });
    default:
      return s => void s.values.push(square(s, a).indexSelect(0, s.index));
  }
}

type Program = (world: World) => (xs: readonly Tensor[], index: Tensor) => Tensor[];
function program(seed: number): Program {
  const roll = dice(seed);
  const actions = Array.from({ length: 4 + roll(14) }, () => action(roll));
  const out = [roll(64), roll(64), roll(64)];
  const clears = roll(2) === 0;
  return world => (xs, index) => {
    if (clears) for (const p of world.parameters) p.grad = null;
    const s: State = { world, values: [...xs], leaves: [], index };
    for (const act of actions) act(s);
    const there = s.values.filter(t => !t.disposed);
    return out.map(i => there[there.length - 1 - (i % there.length)]!);
  };
}

interface Outcome {
  readonly error: string | null;
  /** Whether the error came of numbers: then all that came before it is done. */
  readonly late: boolean;
  readonly results: readonly (readonly number[])[];
}
const numbersOf = (t: Tensor): number[] => [...t.shape, ...t.toArray()];
function outcome(f: () => readonly Tensor[]): Outcome {
  return scope(() => {
    try {
      return { error: null, late: false, results: f().map(numbersOf) };
    } catch (e) {
      if (!(e instanceof PhylloError)) throw e;
      return { error: `${e.name} in ${e.where}`, late: e instanceof IndexError, results: [] };
    }
  });
}
const memoryOf = (w: World): unknown =>
  [...w.bases, ...w.parameters, ...w.states]
    .map(numbersOf)
    .concat(w.parameters.map(p => (p.grad ? numbersOf(p.grad) : [])));

/** What differs, if something does; and what happened. */
function differs(seed: number): { readonly fault: string | null; readonly kind: string } {
  const make = program(seed);
  const worlds = [world(seed), world(seed)] as const;
  const plain = make(worlds[0]);
  const planned = capture(make(worlds[1]), { audit: false });
  const count = 1 + dice(seed + 1)(3);
  const layouts = Array.from({ length: count }, (_, i) => seed * 31 + i);
  let kind = 'computed';
  try {
    for (let call = 0; call < SIZE; call++) {
      const fresh = call === SIZE - 1 ? 1000 : 0; // the last call has arguments that lie otherwise
      const both = [plain, planned].map((f, side) => {
        manualSeed(seed);
        return outcome(() => {
          const xs = layouts.map(l => argument(worlds[side]!, dice(l + fresh)));
          const roll = dice(seed + call);
          const index = tensor(Int32Array.from({ length: 3 }, () => roll(roll(12) === 0 ? 4 : 3)));
          return f(xs, index);
        });
      });
      const [want, got] = [both[0]!, both[1]!];
      // A function that cannot be traced is not run: whether its numbers would have failed before is not known.
      if (want.late && got.error !== null && !got.late) break;
      if (want.error !== got.error) return { fault: `call ${call}: ${got.error}, expected ${want.error}`, kind };
      if (want.error !== null) kind = want.error;
      if (JSON.stringify(want.results) !== JSON.stringify(got.results))
        return {
          fault: `call ${call}: results ${JSON.stringify(got.results)}, expected ${JSON.stringify(want.results)}`,
          kind,
        };
      if (want.error !== null && !want.late) break; // it was not run either
      const [memory, expected] = [memoryOf(worlds[1]), memoryOf(worlds[0])].map(m => JSON.stringify(m));
      if (memory !== expected)
        return { fault: `call ${call} (${want.error}): memory ${memory}, expected ${expected}`, kind };
    }
    return { fault: null, kind };
  } finally {
    for (const { parameters } of worlds) for (const p of parameters) p.grad = null;
    planned.dispose();
    for (const w of worlds) for (const t of [...w.bases, ...w.parameters, ...w.states, w.alias]) t.dispose();
  }
}

test.each(backends)('on %s', (_, make) => {
  start(make);
  scope(() => {
    // what stays: a constant of the programs, and the state of random numbers
    tensor([1]).mul(-0.125);
    manualSeed(1);
  });
  const faults: string[] = [];
  const kinds = new Map<string, number>();
  for (let seed = FIRST; seed < FIRST + RUNS; seed++) {
    const { blocks } = memory();
    const { fault, kind } = scope(() => differs(seed));
    const left = memory().blocks - blocks;
    kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
    if (fault !== null) faults.push(`seed ${seed}: ${fault.slice(0, 600)}`);
    if (left !== 0) faults.push(`seed ${seed}: ${left} blocks are left`);
    if (faults.length >= 10) break;
  }
  console.log([...kinds].map(([kind, n]) => `${kind}: ${n}`).join('\n'));
  expect(faults).toEqual([]);
});
