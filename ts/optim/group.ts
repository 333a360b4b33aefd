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
import { to } from '../ops/elementwise';
import { assign, tick } from '../ops/update';
import { select } from '../ops/view';

/** A number that a group keeps in memory, with its bounds. */
export interface Hyper {
  readonly name: string;
  readonly value: number;
  readonly low?: number;
  readonly high?: number;
}

export class ParamGroup<O extends object = object> {
  /** The hyperparameters in memory in order, then how many steps were taken; f64. */
  readonly hyper: Tensor;
  /**
   * The hyperparameters as they were set last, for backends that cannot be read at once; null where that is not known.
   * Out of the sight of plans, which read the tensor.
   */
  #known: number[] | null;
  /** Whether a step is under way, and `hyper` as f32 if that was asked for in it. */
  #stepping = false;
  #floats: Tensor | null = null;

  constructor(
    private readonly where: string,
    readonly params: readonly Tensor[],
    /** All options, as they were given or by default; hyperparameters in memory may have been set since. */
    readonly options: Readonly<Required<O>>,
    private readonly hypers: readonly Hyper[],
  ) {
    this.#known = hypers.map(h => h.value);
    this.hyper = keepState(tensor([...this.#known, 0], { dtype: 'f64' }));
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
  set(name: string, value: number): void {
    check(this.where, 'name', aText, name);
    const index = this.indexOf(name);
    const { low, high } = this.hypers[index]!;
    check(this.where, name, aNumber(low, high), value);
    if (this.hyper.disposed) live(this.hyper, `${this.where}.${name}`);
    const { storage, offset, dtype } = this.hyper;
    const number = new Tensor(storage, [], [], offset + index, dtype); // this element alone: nothing is read for it
    try {
      number.set([value]);
    } finally {
      drop(number);
    }
    this.#floats = null;
    if (this.#known !== null) this.#known[index] = value;
  }
  /**
   * What `update` computes with: a hyperparameter in memory, by name, or as `step` the number of steps, the one under way
   * included. f32 of shape []. Captured plans read it at each call, where a JavaScript number would stay as it was traced.
   */
  tensor(name: string): Tensor {
    check(this.where, 'name', aText, name);
    const index = this.indexOf(name, ['step']);
    const floats = this.#floats ?? to(this.hyper, 'f32');
    if (this.#stepping) this.#floats = floats;
    return select(floats, 0, index);
  }
  /** Throws if what another group holds is out of bounds here; unchecked where the memory cannot be read at once. */
  checkState(where: string, hyper: Tensor): void {
    if (hyper.storage.backend.readSync === undefined || hyper.storage.traced) return;
    const [...numbers] = hyper.toArray();
    const step = numbers.pop();
    this.hypers.forEach(({ name, low, high }, i) => check(where, name, aNumber(low, high), numbers[i]));
    check(where, 'the number of steps', wholeNumber(0, Number.MAX_SAFE_INTEGER), step);
  }
  /** Copies in what the group of another optimiser holds. */
  load(hyper: Tensor): void {
    if (hyper.storage === this.hyper.storage) return; // its own
    this.#known = null;
    noGrad(() => assign(this.hyper, hyper));
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

  /** Counts a step, then takes it: hands each parameter that has a gradient to `update`, with that. */
  step(update: (p: Tensor, g: Tensor) => void): void {
    runtime.watcher?.object(this);
    tick(this.hyper, { at: this.hypers.length });
    this.#stepping = true;
    try {
      for (const p of this.params) {
        if (p.disposed) live(p, `${this.where}.step`);
        const g = p.grad;
        if (g) update(p, g);
      }
    } finally {
      this.#stepping = false;
      this.#floats = null;
    }
  }
}
