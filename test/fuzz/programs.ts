/** Random programs over a world of modules, leaves and memory. */
import { gradients, keep, noGrad, tensor, type Tensor } from 'phyllo';
import { add_, copy_ } from '../../ts/ops/inplace';
import { dice } from '../toy';

export type Roll = (n: number) => number;
/** n small numbers, some of them the same: what is lost or exchanged shows. */
export const values = (roll: Roll, n: number): Float32Array =>
  Float32Array.from({ length: n }, () => (roll(17) - 8) / 4 + roll(8) / 1024);

/** All that a program may see and change. */
export interface World {
  /** Memory that arguments are views of. */
  readonly bases: readonly Tensor[];
  readonly parameters: readonly Tensor[];
  /** Tensors around the program, without gradients: one of its own, one that is the memory of arguments. */
  readonly states: readonly Tensor[];
  /** A handle of a parameter's memory. */
  readonly alias: Tensor;
}
export const SIZE = 4;
export function world(seed: number): World {
  const roll = dice(seed);
  const bases = [0, 1].map(() => keep(tensor(values(roll, 36), { shape: [6, 6] })));
  const parameters = [0, 1].map(() => keep(tensor(values(roll, 9), { shape: [3, 3], requiresGrad: true })));
  const own = keep(tensor(values(roll, 9), { shape: [3, 3] }));
  const shared = keep(bases[0]!.slice(0, 3).slice(1, 0, 3));
  return { bases, parameters, states: [own, shared], alias: keep(parameters[1]!.detach()) };
}

/** An argument: a matrix of 3 × 3, or indices. */
export function argument(w: World, roll: Roll): Tensor {
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
export type Action = (s: State) => void;
export interface State {
  readonly world: World;
  readonly values: Tensor[];
  readonly leaves: Tensor[];
  readonly index: Tensor;
}
export function action(roll: Roll): Action {
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
      return s => noGrad(() => void copy_(square(s, a).detach(), square(s, b).detach().mul(1)));
    case 18:
      return s =>
        noGrad(() => void copy_(square(s, a).detach().slice(0, 0, 2), square(s, b).detach().slice(0, 1).mul(1)));
    case 19:
      return s => noGrad(() => void add_(square(s, a).detach(), square(s, b).detach().mul(1)));
    case 20:
      return s => noGrad(() => void copy_(of(s.values, a).detach(), of(s.values, a).detach().mul(0.5)));
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
          for (const p of s.world.parameters) if (p.grad) add_(p.detach(), p.grad.mul(-0.125));
        });
    default:
      return s => void s.values.push(square(s, a).indexSelect(0, s.index));
  }
}

export type Program = (world: World) => (xs: readonly Tensor[], index: Tensor) => Tensor[];
export function program(seed: number): Program {
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
