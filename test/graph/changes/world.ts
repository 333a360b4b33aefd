/**
 * Kinds of change that a function may depend on beside its tensors: what it finds in modules, variables, arguments and
 * around. Each is a small world with a function in it, and a change that makes another function of it.
 */
import { nn, tensor, type Tensor } from 'phyllo';

export interface World {
  f(x: Tensor, ...more: readonly unknown[]): Tensor;
  /** What is trained. */
  readonly params: readonly Tensor[];
  /** Arguments beside x. */
  readonly more?: readonly unknown[];
  /** Default: SGD with momentum. */
  optimizer?(): { zeroGrad(): void; step(): void };
  change(): void;
}
export interface Kind {
  /** How a plan finds it: at the next call, since it is watched or makes an audit due, or by an audit at call 2, 4, 8, … */
  readonly seen: 'next call' | 'audit';
  /** The change is one of training alone. */
  readonly training?: true;
  make(): World;
}

export const parameter = (...values: number[]): nn.Parameter => new nn.Parameter(tensor(values));
export const buffer = (...values: number[]): nn.Buffer => new nn.Buffer(tensor(values));
export const next = (make: () => World): Kind => ({ seen: 'next call', make });
export const audit = (make: () => World): Kind => ({ seen: 'audit', make });
export const ofTraining = ({ seen, make }: Kind): Kind => ({ seen, make, training: true });

/** A module of one parameter whose other fields say what is done with it. */
export abstract class Base extends nn.Layer {
  readonly w: nn.Parameter = parameter(0.5, -1, 2);
}
export function world<M extends nn.Layer>(m: M, change: (m: M) => void): World {
  return { f: x => m.forward(x), params: m.parameters(), change: () => change(m) };
}
/** A function of a variable, by a module that stays. */
export function around(f: (y: Tensor) => Tensor, change: () => void): World {
  const m = new (class extends Base {
    forward(x: Tensor): Tensor {
      return x.mul(this.w);
    }
  })();
  return { f: x => f(m.forward(x)), params: [m.w], change };
}

export class Scale extends Base {
  by = 2;
  forward(x: Tensor): Tensor {
    return x.mul(this.w).mul(this.by);
  }
}
export class Pair extends nn.Layer {
  constructor(
    public a: nn.Layer,
    public b: nn.Layer,
  ) {
    super();
  }
  forward(x: Tensor): Tensor {
    return this.b.forward(this.a.forward(x));
  }
}
export class Config {
  constructor(
    public scale: number,
    public inner: { deep: number[] } = { deep: [1] },
  ) {}
}
