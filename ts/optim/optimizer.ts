/**
 * The base of optimisers. Hyperparameters and step counts live in memory, not in JavaScript numbers, so that a change
 * of the learning rate is seen by captured plans too.
 */
import { display } from '../core/display';
import { noteChange } from '../core/changes';
import { DisposedError, ShapeError, ValueError } from '../core/errors';
import {
  aNumber,
  aText,
  check,
  listOf,
  options as optionsOf,
  recordOf,
  requires,
  type Keys,
  type Kind,
} from '../core/kinds';
import { aTensor } from '../core/tensor-kinds';
import { noGrad, runtime } from '../core/runtime';
import { keepState, scope } from '../core/scope';
import { sameShape, show } from '../core/shape';
import { drop, Tensor } from '../core/tensor';
import { tensor, zerosLike } from '../ops/creation';
import { assign, tick } from '../ops/update';

/** Parameters with options of their own; what is left out is the optimiser's default. */
export type GroupOptions<O> = Partial<O> & { readonly params: readonly Tensor[] };
export type Params<O> = readonly Tensor[] | readonly GroupOptions<O>[];

/** What a group's memory holds: a number with its bounds. */
export interface Hyper {
  readonly name: string;
  readonly value: number;
  readonly low?: number;
  readonly high?: number;
}

/** Parameters that share options. */
export class ParamGroup<O = unknown> {
  /** The hyperparameters in order, then how many steps were taken; f64. */
  readonly hyper: Tensor;
  /**
   * The hyperparameters as they were set last, for backends that cannot be read at once; null where that is not known.
   * Out of the sight of plans, which read the tensor.
   */
  #known: number[] | null;

  constructor(
    private readonly where: string,
    readonly params: readonly Tensor[],
    /** As they were given; hyperparameters that were set since are found by `get`. */
    readonly options: O,
    private readonly hypers: readonly Hyper[],
  ) {
    for (const h of hypers) check(where, h.name, aNumber(h.low, h.high), h.value);
    this.#known = hypers.map(h => h.value);
    this.hyper = keepState(tensor([...this.#known, 0], { dtype: 'f64' }));
  }

  /**
   * A hyperparameter by name.
   *
   * @throws {BackendError} where the memory cannot be read at once and `loadStateDict` has written to it.
   */
  get(name: string): number {
    check(this.where, 'name', aText, name);
    const place = this.place(name);
    const { hyper } = this;
    const known = this.#known;
    if (known !== null && hyper.storage.backend.readSync === undefined && !hyper.disposed) return known[place]!;
    return hyper.toArray()[place]!;
  }
  set(name: string, value: number): void {
    check(this.where, 'name', aText, name);
    const place = this.place(name);
    const { low, high } = this.hypers[place]!;
    check(this.where, name, aNumber(low, high), value);
    const { storage, offset, dtype } = this.hyper;
    const number = new Tensor(storage, [], [], offset + place, dtype); // its place alone: nothing is read for it
    try {
      number.set([value]);
    } finally {
      drop(number);
    }
    if (this.#known !== null) this.#known[place] = value;
  }
  /** Copies in what the group of another optimiser holds. */
  load(hyper: Tensor): void {
    if (hyper.storage === this.hyper.storage) return; // its own
    this.#known = null;
    noGrad(() => assign(this.hyper, hyper));
  }
  private place(name: string): number {
    const i = this.hypers.findIndex(h => h.name === name);
    if (i < 0) throw new ValueError(this.where, `there is no ${name} among ${this.hypers.map(h => h.name).join(', ')}`);
    return i;
  }

  /** The learning rate. */
  get lr(): number {
    return this.get('lr');
  }
  set lr(value: number) {
    this.set('lr', value);
  }

  /** Counts a step. */
  tick(): void {
    tick(this.hyper, { at: this.hypers.length });
  }
}

const someTensors: Kind<readonly Tensor[]> = listOf(aTensor, 'a list of tensors');
/** Parameters, and options of their own. */
function groupOf<O extends object>(keys: Keys<O>): Kind<object> {
  return requires(optionsOf<{ readonly params: readonly Tensor[] }>({ ...keys, params: someTensors }), 'params');
}
const isTensors = <O>(params: Params<O>): params is readonly Tensor[] => params.every(p => p instanceof Tensor);

/** What a state dict calls the numbers of a group. */
const hyperName = (group: number): string => `groups.${group}.hyper`;

const aState: Kind<Readonly<Record<string, Tensor>>> = recordOf(aTensor, 'tensors by name');

export abstract class Optimizer<O extends object> {
  readonly groups: readonly ParamGroup<O>[];

  /**
   * `defaults` are for groups that do not say otherwise, `keys` which options there are; `hypers` turns them into what
   * memory holds.
   */
  protected constructor(params: Params<O>, defaults: O, keys: Keys<O>, hypers: (options: O) => readonly Hyper[]) {
    const where = this.constructor.name;
    if (!Array.isArray(params))
      throw new ValueError(where, `params takes an array, model.parameters() or groups, this is ${display(params)}`);
    const inGroups = params.length > 0 && !params.some(p => p instanceof Tensor);
    check(where, 'params', inGroups ? listOf(groupOf(keys), 'a list of groups') : someTensors, params);
    check(where, 'options', optionsOf(keys), defaults);
    const groups = isTensors(params) ? [{ params }] : params;
    if (groups.length === 0 || groups.some(g => g.params.length === 0)) {
      throw new ValueError(where, 'takes at least one parameter in each group');
    }
    const seen = new Set<Tensor>();
    for (const p of groups.flatMap(g => g.params)) {
      if (seen.has(p)) throw new ValueError(where, `a parameter of shape ${show(p.shape)} is given twice`);
      if (p.dtype !== 'f32' || !p.dense) throw new ValueError(where, `takes dense f32 tensors, this is ${display(p)}`);
      seen.add(p);
    }
    this.groups = groups.map(({ params, ...own }) => {
      const options: O = Object.freeze({ ...defaults, ...own });
      return new ParamGroup(where, params, options, Object.freeze(hypers(options).map(h => Object.freeze(h))));
    });
    noteChange();
  }

  /** The learning rate of the first group; setting it sets all. */
  get lr(): number {
    return this.groups[0]!.lr;
  }
  set lr(value: number) {
    for (const g of this.groups) g.lr = value;
  }

  /** Clears the gradients: they are gone, not zeros. */
  zeroGrad(): void {
    for (const g of this.groups) for (const p of g.params) p.grad = null;
  }

  /**
   * Updates every parameter that has a gradient.
   *
   * @throws {DisposedError} after `dispose()`.
   */
  step(): void {
    if (this.groups[0]!.hyper.disposed) {
      throw new DisposedError(
        `${this.constructor.name}.step`,
        'the optimiser is used after it was disposed of: make another',
      );
    }
    runtime.watcher?.object(this);
    scope(
      () =>
        noGrad(() => {
          for (const g of this.groups) {
            runtime.watcher?.object(g);
            g.tick();
            for (const p of g.params) if (p.grad) this.update(p, p.grad, g);
          }
        }),
      `${this.constructor.name}.step`,
    );
  }

  /** Frees its state; parameters and their gradients stay. Using it afterwards is a DisposedError. */
  dispose(): void {
    noteChange();
    for (const t of Object.values(this.stateDict())) drop(t, `dispose() of ${this.constructor.name}`);
  }
  [Symbol.dispose](): void {
    this.dispose();
  }

  protected abstract update(p: Tensor, g: Tensor, group: ParamGroup<O>): void;
  /** State tensors beside the hyperparameters, by name. */
  protected abstract buffers(): Iterable<[name: string, tensor: Tensor]>;

  /** All state, by name: the tensors themselves. With the parameters, it is all that resuming needs. */
  stateDict(): Record<string, Tensor> {
    return Object.fromEntries([
      ...this.groups.map((g, i): [string, Tensor] => [hyperName(i), g.hyper]),
      ...this.buffers(),
    ]);
  }
  /**
   * Copies state in, in place. Before anything is written, throws ShapeError if names or shapes differ, DisposedError
   * for a freed tensor.
   */
  loadStateDict(state: Readonly<Record<string, Tensor>>): void {
    check(`${this.constructor.name}.loadStateDict`, 'state', aState, state);
    const own = this.stateDict();
    const wrong = [...new Set([...Object.keys(own), ...Object.keys(state)])].flatMap(k => {
      const [a, b] = [Object.hasOwn(own, k) ? own[k] : undefined, Object.hasOwn(state, k) ? state[k] : undefined];
      if (!a) return [`${k} is unexpected`];
      if (!b) return [`${k} is missing`];
      const same = sameShape(a.shape, b.shape) && a.dtype === b.dtype;
      return same ? [] : [`${k} takes ${a.dtype} ${show(a.shape)}, found ${b.dtype} ${show(b.shape)}`];
    });
    const where = `${this.constructor.name}.loadStateDict`;
    if (wrong.length > 0) throw new ShapeError(where, wrong.join('; '));
    noGrad(() => {
      this.groups.forEach((g, i) => g.load(state[hyperName(i)]!));
      for (const [k, t] of this.buffers()) assign(t, state[k]!);
    });
  }
}

/** One state tensor of zeros for each parameter. */
export class Slots {
  private readonly of: Map<Tensor, Tensor>;
  constructor(
    private readonly name: string,
    groups: readonly ParamGroup[],
  ) {
    this.of = new Map(groups.flatMap(g => g.params.map(p => [p, keepState(zerosLike(p))])));
  }
  get(p: Tensor): Tensor {
    return this.of.get(p)!;
  }
  *named(): Generator<[string, Tensor]> {
    let i = 0;
    for (const t of this.of.values()) yield [`${this.name}.${i++}`, t];
  }
}
