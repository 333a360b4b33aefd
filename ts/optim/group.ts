/**
 * Parameters that share options. Learning rates and step counts live in memory, not in JavaScript numbers, so that
 * captured plans see a change of them.
 */
import { aNumber, aText, check, wholeNumber } from '../core/kinds';
import { ValueError } from '../core/errors';
import { noGrad, runtime } from '../core/runtime';
import { keepState } from '../core/scope';
import { drop } from '../core/lifetime';
import { live, Tensor } from '../core/tensor';
import { tensor } from '../ops/creation';
import { neg, to } from '../ops/elementwise';
import { copy_ } from '../ops/inplace';
import { tick } from '../ops/update';
import { select } from '../ops/view';
import { nameOptions, type OptimizerOptions } from './options';

/** A number that a group keeps in memory, with its bounds. */
export interface Hyper {
  readonly name: string;
  readonly value: number;
  readonly low?: number;
  readonly high?: number;
}

export class ParamGroup<O extends object = object> {
  /**
   * For each parameter in order the hyperparameters in memory, then how many steps it took; f64. A parameter without a
   * gradient takes no step, so that each has its own count.
   */
  readonly hyper: Tensor;
  /** The part of `hyper` of each parameter. */
  readonly #rows: readonly Tensor[];
  /**
   * The hyperparameters as they were set last, for backends that cannot be read at once; null where that is not known.
   * Out of the sight of plans, which read the tensor.
   */
  #known: number[] | null;
  /** The parameter that is updated, whether a step is under way, and `hyper` as f32 if that was asked for in it. */
  #at = 0;
  #stepping = false;
  #floats: Tensor | null = null;

  constructor(
    private readonly where: string,
    readonly params: readonly Tensor[],
    /** All options, as they were given or by default; hyperparameters in memory may have been set since. */
    readonly options: Readonly<Required<O & OptimizerOptions>>,
    private readonly hypers: readonly Hyper[],
  ) {
    const known = hypers.map(h => h.value);
    this.#known = known;
    this.hyper = keepState(
      tensor(
        params.flatMap(() => [...known, 0]),
        { dtype: 'f64' },
      ),
    );
    const { storage, offset } = this.hyper;
    this.#rows = params.map((_, i) =>
      keepState(new Tensor(storage, [this.width], [1], offset + i * this.width, 'f64')),
    );
    nameOptions(ParamGroup.prototype, options);
  }

  private get width(): number {
    return this.hypers.length + 1;
  }

  /**
   * A hyperparameter in memory, by name.
   *
   * @throws {BackendError} where the memory cannot be read at once and `loadStateDict` has written to it.
   */
  get(name: string): number {
    check(this.where, 'name', aText, name);
    const index = this.indexOf(name);
    const { hyper } = this;
    const known = this.#known;
    if (known !== null && hyper.storage.backend.readSync === undefined && !hyper.disposed) return known[index]!;
    return hyper.toArray()[index]!;
  }
  /** Whether a hyperparameter of that name is in memory, and may be set to that. */
  takes(name: string, value: number): boolean {
    return this.hypers.some(h => h.name === name && aNumber(h.low, h.high).fits(value));
  }
  set(name: string, value: number): void {
    check(this.where, 'name', aText, name);
    this.write(name, value);
  }
  /** An option by name, and what is in memory set: others are fixed. */
  option(name: string): unknown {
    return this.hypers.some(h => h.name === name) ? this.get(name) : Reflect.get(this.options, name);
  }
  setOption(name: string, value: unknown): void {
    if (name in this.options && !this.hypers.some(h => h.name === name)) {
      const names = this.hypers.map(h => h.name).join(', ');
      throw new ValueError(this.where, `${name} is fixed when it is made; ${names} can be set`);
    }
    this.write(name, value);
  }
  private write(name: string, value: unknown): void {
    const index = this.indexOf(name);
    const { low, high } = this.hypers[index]!;
    const of = aNumber(low, high);
    if (typeof value !== 'number' || !of.fits(value)) return of.refuse(this.where, name, value);
    if (this.hyper.disposed) live(this.hyper, `${this.where}.${name}`);
    const { storage, dtype } = this.hyper;
    for (const { offset } of this.#rows) {
      const number = new Tensor(storage, [], [], offset + index, dtype); // this element alone: nothing is read for it
      try {
        number.set([value]);
      } finally {
        drop(number);
      }
    }
    this.#floats = null;
    if (this.#known !== null) this.#known[index] = value;
  }
  /** Of the parameter that `update` was handed, for kernels: the hyperparameters in memory in order, then its step; f64. */
  get row(): Tensor {
    return this.#rows[this.#at]!;
  }
  /**
   * What `update` computes with: a hyperparameter in memory, by name, or as `step` the number of steps of the parameter,
   * the one under way included. f32 of shape []. Captured plans read it at each call, where a JavaScript number would stay
   * as it was traced.
   */
  tensor(name: string): Tensor {
    check(this.where, 'name', aText, name);
    const index = this.indexOf(name, ['step']);
    const floats = this.#floats ?? to(this.hyper, 'f32');
    if (this.#stepping) this.#floats = floats;
    return select(floats, 0, this.#at * this.width + index);
  }
  /** Throws if what another group holds is out of bounds here; unchecked where the memory cannot be read at once. */
  checkState(where: string, hyper: Tensor): void {
    if (hyper.storage.backend.readSync === undefined || hyper.storage.traced) return;
    const numbers = hyper.toArray();
    for (let row = 0; row < numbers.length; row += this.width) {
      this.hypers.forEach(({ name, low, high }, i) => check(where, name, aNumber(low, high), numbers[row + i]));
      const steps = numbers[row + this.hypers.length];
      check(where, 'the number of steps', wholeNumber(0, Number.MAX_SAFE_INTEGER), steps);
    }
  }
  /** Copies in what the group of another optimiser holds. */
  load(hyper: Tensor): void {
    if (hyper.storage === this.hyper.storage) return; // its own
    this.#known = null;
    noGrad(() => copy_(this.hyper, hyper));
  }
  private indexOf(name: string, beside: readonly string[] = []): number {
    const names = [...this.hypers.map(h => h.name), ...beside];
    const index = names.indexOf(name);
    if (index < 0) throw new ValueError(this.where, `there is no ${name} among ${names.join(', ')}`);
    return index;
  }

  /** The learning rate. */
  get lr(): number {
    return this.get('lr');
  }
  set lr(value: number) {
    this.set('lr', value);
  }

  /** Counts a step of each parameter that has a gradient, then takes them: hands it to `update`, with that. */
  step(update: (p: Tensor, g: Tensor) => void): void {
    runtime.watcher?.object(this);
    const { params } = this;
    const grads = params.map(p => {
      if (p.disposed) live(p, `${this.where}.step`);
      return p.grad;
    });
    const at = params.flatMap((_, i) => (grads[i] ? [i * this.width + this.hypers.length] : []));
    if (at.length === 0) return;
    tick(this.hyper, { at });
    this.#stepping = true;
    try {
      for (let i = 0; i < params.length; i++) {
        const g = grads[i];
        if (!g) continue;
        this.#at = i;
        update(params[i]!, this.options.maximize ? neg(g) : g);
      }
    } finally {
      this.#stepping = false;
      this.#floats = null;
      this.#at = 0;
    }
  }

  /** Frees what it keeps in memory. */
  dispose(by: string): void {
    for (const t of [this.hyper, ...this.#rows]) drop(t, by);
  }
}
