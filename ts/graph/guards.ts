/** What a plan takes for granted of the objects and tensors that its function goes by. */
import { CaptureError } from '../core/errors';
import { root } from '../core/scope';
import { show } from '../core/shape';
import { Tensor } from '../core/tensor';
import { placeOfCall } from './stack';

const isPlain = (v: unknown): v is object =>
  typeof v === 'object' && v !== null && Object.getPrototypeOf(v) === Object.prototype;

/**
 * The own fields of objects, and the entries of those that are arrays or plain objects, as they were when the code
 * that goes by them ran; and tensors from outside, which must still be there, and still need a gradient or not.
 */
export class Guards {
  private readonly seen: Set<object> = new Set();
  private readonly holders: object[] = [];
  private readonly keys: string[] = [];
  private readonly values: unknown[] = [];
  /** Those used from outside the trace, once it has settled. */
  readonly tensors: Tensor[] = [];
  private readonly recorded: boolean[] = [];

  watch(o: object): void {
    if (this.seen.has(o)) return;
    this.seen.add(o);
    const fixed = Object.isFrozen(o);
    for (const [key, value] of Object.entries(o)) {
      if (typeof value === 'function') continue;
      if (!fixed) this.expect(o, key, value);
      if (value instanceof Tensor) {
        if (!value.disposed) this.use(value);
      } else if (Array.isArray(value) || isPlain(value)) this.watch(value);
    }
    if (Array.isArray(o) && !fixed) this.expect(o, 'length', o.length);
  }
  private expect(o: object, key: string, value: unknown): void {
    this.holders.push(o);
    this.keys.push(key);
    this.values.push(value);
  }

  use(t: Tensor): void {
    if (this.seen.has(t)) return;
    this.seen.add(t);
    this.tensors.push(t);
    this.recorded.push(t.node !== null);
  }

  /** The trace is over: handles that it made of what was there are gone, or nobody's. */
  settle(): void {
    let n = 0;
    this.tensors.forEach((t, i) => {
      if (t.disposed || !(t.pinned || t.held || t.owner !== root)) return;
      this.tensors[n] = t;
      this.recorded[n++] = this.recorded[i]!;
    });
    this.tensors.length = this.recorded.length = n;
    this.seen.clear();
  }

  /** The place of the first field that changed, or −1. */
  private changed(): number {
    const { holders, keys, values } = this;
    for (let i = 0; i < holders.length; i++) {
      if (!Object.is(Reflect.get(holders[i]!, keys[i]!), values[i])) return i;
    }
    return -1;
  }

  hold(): boolean {
    const { tensors, recorded } = this;
    for (let i = 0; i < tensors.length; i++) {
      const t = tensors[i]!;
      if (t.disposed || (t.node !== null) !== recorded[i]) return false;
    }
    return this.changed() < 0;
  }

  /** Throws if a function changed what it goes by: each call would need another plan. */
  check(): void {
    const i = this.changed();
    if (i >= 0) {
      const holder = `${this.holders[i]!.constructor.name}.${this.keys[i]}`;
      throw new CaptureError('capture', `the function called${placeOfCall()} changes ${holder}, which a plan would do once: what changes from call to call must be a tensor, changed by assign()`);
    }
    const t = this.tensors.find((t, j) => !t.disposed && (t.node !== null) !== this.recorded[j]);
    if (t) {
      throw new CaptureError('capture', `the function called${placeOfCall()} changes requiresGrad of a tensor of shape ${show(t.shape)}, which a plan would do once: do it outside`);
    }
  }
}
