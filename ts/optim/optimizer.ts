/** The base of optimisers: parameters in groups, their options and state. */
import { noteChange } from '../core/changes';
import { display } from '../core/display';
import { DisposedError, ShapeError, ValueError } from '../core/errors';
import {
  aFunction,
  aNumber,
  check,
  checkCount,
  listOf,
  optional,
  options as optionsOf,
  recordOf,
  requires,
  type Kind,
} from '../core/kinds';
import { noGrad, runtime } from '../core/runtime';
import { scope } from '../core/scope';
import { sameShape, show, type Shape } from '../core/shape';
import { drop } from '../core/lifetime';
import { live, Tensor } from '../core/tensor';
import { aTensor } from '../core/tensor-kinds';
import { copy_ } from '../ops/inplace';
import { ParamGroup, type Hyper } from './group';
import {
  boundsOf,
  kindsOf,
  nameOptions,
  resolveOptions,
  sharedDefaults,
  type Defaults,
  type Kinds,
  type OptimizerOptions,
} from './options';
import { Slots } from './slots';

/** Parameters with options of their own; what is left out is the optimiser's. */
export type GroupOptions<O> = Partial<O> & OptimizerOptions & { readonly params: readonly Tensor[] };
export type Params<O> = readonly Tensor[] | readonly GroupOptions<O>[];
/** May be left out if each option has a default. */
type Given<O> = Partial<O> extends O ? [options?: O & OptimizerOptions] : [options: O & OptimizerOptions];

const someTensors: Kind<readonly Tensor[]> = listOf(aTensor, 'a list of tensors');
/** Parameters, and options of their own. */
function groupOf(kinds: Kinds): Kind<object> {
  return requires(optionsOf<{ readonly params: readonly Tensor[] }>({ ...kinds, params: someTensors }), 'params');
}
/** State, and of which groups. */
interface StateOf<O> {
  readonly slots: Slots;
  of(options: Required<O>): boolean;
}
const isTensors = <O>(params: Params<O>): params is readonly Tensor[] => params.every(p => p instanceof Tensor);

/** What a state dict calls the numbers of a group. */
const hyperName = (group: number): string => `groups.${group}.hyper`;

const aState: Kind<Readonly<Record<string, Tensor>>> = recordOf(aTensor, 'tensors by name');

/**
 * An optimiser is a subclass that says its options (`defaults`), its state (fields made by `slots`) and what a step does to
 * one parameter (`update`), in ops:
 *
 *     class Momentum extends Optimizer {
 *       velocity = this.slots('velocity');
 *       defaults() { return { lr: 0.01, momentum: 0.9 }; }
 *       update(p, g, group) {
 *         const v = add_(mul_(this.velocity.get(p), group.options.momentum), g);
 *         copy_(p, p.sub(v.mul(group.tensor('lr'))));
 *       }
 *     }
 *
 * It can be captured: learning rate and step count are memory, which a plan reads and counts on; other options are fixed.
 */
export abstract class Optimizer<O extends { readonly lr?: number } = object> {
  readonly #list: ParamGroup<O>[] = [];
  /** The parameters in groups, each with its options. */
  readonly paramGroups: readonly ParamGroup<O>[] = this.#list;
  readonly #states: StateOf<O>[] = [];
  readonly #shared: object;
  private updating = false;

  /**
   * @param params tensors, or groups of them with options of their own: dense f32.
   * @param given the options of groups that do not say otherwise.
   * @throws {ValueError} for options that `defaults` does not name, of another kind or out of bounds, for no parameters or
   *   one that is given twice.
   */
  constructor(params: Params<O>, ...given: Given<O>) {
    const where = this.constructor.name;
    if (!Array.isArray(params))
      throw new ValueError(where, `params takes an array, model.parameters() or groups, this is ${display(params)}`);
    const kinds = kindsOf(where, this.allDefaults());
    const inGroups = params.length > 0 && !params.some(p => p instanceof Tensor);
    check(where, 'params', inGroups ? listOf(groupOf(kinds), 'a list of groups') : someTensors, params);
    check(where, 'options', optionsOf<object>(kinds), given[0]);
    checkCount(where, 2, arguments);
    this.#shared = Object.freeze({ ...given[0] });
    const groups: readonly { readonly params: readonly Tensor[] }[] = isTensors(params) ? [{ params }] : params;
    if (groups.length === 0) throw new ValueError(where, 'takes at least one parameter in each group');
    this.addGroups(groups);
    nameOptions(Object.getPrototypeOf(this), this.#list[0]!.options);
  }
  /** An option of the first group by name; setting it sets all. */
  option(name: string): unknown {
    return this.#list[0]!.option(name);
  }
  setOption(name: string, value: unknown): void {
    for (const g of this.#list) g.setOption(name, value);
  }

  /**
   * Adds parameters with options of their own, to be trained from the next step on: layers that were frozen, say.
   *
   * @throws {ValueError} as the constructor does.
   */
  addParamGroup(group: GroupOptions<O>): void {
    const where = `${this.constructor.name}.addParamGroup`;
    check(where, 'group', groupOf(kindsOf(where, this.allDefaults())), group);
    checkCount(where, 1, arguments);
    this.addGroups([group]);
  }
  private addGroups(groups: readonly { readonly params: readonly Tensor[] }[]): void {
    const where = this.constructor.name;
    if (groups.some(g => g.params.length === 0)) {
      throw new ValueError(where, 'takes at least one parameter in each group');
    }
    const seen = new Set<Tensor>(this.#list.flatMap(g => g.params));
    for (const p of groups.flatMap(g => g.params)) {
      if (seen.has(p)) throw new ValueError(where, `a parameter of shape ${show(p.shape)} is given twice`);
      if (p.node !== null && p.leaf === null) {
        throw new ValueError(where, `takes leaves, this is the output of an op: ${display(p)}`);
      }
      if (p.dtype !== 'f32' || !p.dense) throw new ValueError(where, `takes dense f32 tensors, this is ${display(p)}`);
      seen.add(p);
    }
    const settled = groups.map(({ params, ...own }) => {
      const options = resolveOptions<O & OptimizerOptions>(where, this.allDefaults(), this.#shared, own);
      const hypers = Object.freeze(this.memory(options).map(h => Object.freeze(h)));
      for (const { name, value, low, high } of hypers) check(where, name, aNumber(low, high), value);
      return { params, options, hypers };
    });
    for (const { params, options, hypers } of settled) {
      const group = new ParamGroup<O>(where, [...params], options, hypers); // the arrays are the caller's
      this.#list.push(group);
      for (const state of this.#states) if (state.of(options)) state.slots.add(group);
    }
    noteChange();
  }
  private allDefaults(): object {
    return { ...sharedDefaults, ...this.defaults() };
  }

  /**
   * Each option's default: a number, true or false, two numbers, or `{ default, low, high }`, a number with bounds. The
   * constructor asks for them, before there are fields.
   */
  protected abstract defaults(): Defaults<O>;
  /** The options that live in memory, so that `set` changes them in captured plans too. By default `lr`, if there is one. */
  protected memory({ lr }: Required<O>): readonly Hyper[] {
    if (lr === undefined) return [];
    const bounds = boundsOf(this.defaults().lr);
    return [{ name: 'lr', value: lr, low: bounds.low ?? 0, high: bounds.high }];
  }
  /**
   * State: a tensor of zeros for each parameter, of groups whose options `of` says yes to. To be kept in a field.
   *
   * @param shape of the state of a parameter: by default the parameter's.
   */
  protected slots(
    name: string,
    of: (options: Required<O>) => boolean = () => true,
    shape?: (p: Tensor) => Shape,
  ): Slots {
    if (this.updating)
      throw new ValueError(this.constructor.name, `slots '${name}' are made in update: keep them in a field`);
    if (this.#states.some(({ slots }) => slots.name === name)) {
      throw new ValueError(this.constructor.name, `there are slots '${name}' already: state is saved by its name`);
    }
    const slots = new Slots(name, shape);
    for (const g of this.#list) if (of(g.options)) slots.add(g);
    this.#states.push({ slots, of });
    return slots;
  }
  /** One step of the parameter p, which has the gradient g: writes to p and to its state in place, without a graph. */
  protected abstract update(p: Tensor, g: Tensor, group: ParamGroup<O>): void;

  /** The learning rate of the first group; setting it sets all. */
  get lr(): number {
    return this.#list[0]!.lr;
  }
  set lr(value: number) {
    for (const g of this.#list) g.lr = value;
  }

  /** Clears the gradients: they are gone, not zeros. */
  zeroGrad(): void {
    checkCount(`${this.constructor.name}.zeroGrad`, 0, arguments);
    for (const g of this.#list) for (const p of g.params) p.grad = null;
  }

  /**
   * Updates every parameter that has a gradient.
   *
   * @param closure clears the gradients, runs `backward` and returns the loss, before that. Only LBFGS needs one.
   * @returns what closure returned.
   * @throws {DisposedError} after `dispose()`.
   */
  step(closure?: () => Tensor): Tensor | undefined {
    checkCount(`${this.constructor.name}.step`, 1, arguments);
    check(`${this.constructor.name}.step`, 'closure', optional(aFunction()), closure);
    this.checkLive();
    const loss = closure && this.evaluate(closure);
    this.#updateAll();
    return loss;
  }
  /** Throws DisposedError after `dispose()`. */
  protected checkLive(): void {
    const what = 'the optimiser is used after it was disposed of: make another';
    if (this.#list[0]!.hyper.disposed) throw new DisposedError(`${this.constructor.name}.step`, what);
  }
  /** The loss by a closure, with its gradients. */
  protected evaluate(closure: () => Tensor): Tensor {
    const was = runtime.recording;
    runtime.recording = true;
    try {
      const loss = closure();
      check(`${this.constructor.name}.step`, 'what closure returns', aTensor, loss);
      return loss;
    } finally {
      runtime.recording = was;
    }
  }
  #updateAll(): void {
    runtime.watcher?.object(this);
    this.updating = true;
    try {
      scope(
        () =>
          noGrad(() => {
            for (const g of this.#list) g.step((p, d) => this.update(p, d, g));
          }),
        `${this.constructor.name}.step`,
      );
    } finally {
      this.updating = false;
    }
  }

  /** Frees its state; parameters and their gradients stay. Using it afterwards is a DisposedError. */
  dispose(): void {
    noteChange();
    const by = `dispose() of ${this.constructor.name}`;
    for (const g of this.#list) g.dispose(by);
    for (const [, t] of this.buffers()) drop(t, by);
  }
  [Symbol.dispose](): void {
    this.dispose();
  }

  /** State tensors beside the hyperparameters, by name. */
  protected buffers(): [name: string, tensor: Tensor][] {
    return this.#states.flatMap(({ slots }) => [...slots.named()]);
  }

  /** All state, by name: the tensors themselves. With the parameters, it is all that resuming needs. */
  stateDict(): Record<string, Tensor> {
    return Object.fromEntries([
      ...this.#list.map((g, i): [string, Tensor] => [hyperName(i), g.hyper]),
      ...this.buffers(),
    ]);
  }
  /**
   * Copies state in, in place. Before anything is written, throws ShapeError if names or shapes differ, DisposedError
   * for a freed tensor, here or there, ValueError for hyperparameters out of bounds, where they can be read at once.
   */
  loadStateDict(state: Readonly<Record<string, Tensor>>): void {
    checkCount(`${this.constructor.name}.loadStateDict`, 1, arguments);
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
    for (const t of Object.values(own)) live(t, where);
    this.#list.forEach((g, i) => g.checkState(where, state[hyperName(i)]!));
    noGrad(() => {
      this.#list.forEach((g, i) => g.load(state[hyperName(i)]!));
      for (const [k, t] of this.buffers()) copy_(t, state[k]!);
    });
  }
}
