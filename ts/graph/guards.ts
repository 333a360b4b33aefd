/** What a plan takes for granted of the objects whose code it was traced through. */
import { CaptureError } from '../core/errors';
import { Tensor } from '../core/tensor';

const isPlain = (v: unknown): v is object =>
  typeof v === 'object' && v !== null && Object.getPrototypeOf(v) === Object.prototype;

/**
 * The own fields of objects, and the entries of those that are arrays or plain objects, as they were when the code
 * that goes by them ran. A field may change its meaning in three ways: by another value, by a tensor that was freed,
 * by a leaf that was frozen or thawed.
 */
export class Guards {
  private readonly seen: Set<object> = new Set();
  private readonly holders: object[] = [];
  private readonly keys: string[] = [];
  private readonly values: unknown[] = [];
  /** Tensors among them, and where their gradients went. */
  private readonly tensors: Tensor[] = [];
  private readonly nodes: (Tensor['node'])[] = [];

  watch(o: object): void {
    if (this.seen.has(o)) return;
    this.seen.add(o);
    for (const [key, value] of Object.entries(o)) {
      if (typeof value === 'function') continue;
      this.holders.push(o);
      this.keys.push(key);
      this.values.push(value);
      if (value instanceof Tensor) {
        this.tensors.push(value);
        this.nodes.push(value.node);
      } else if (Array.isArray(value) || isPlain(value)) this.watch(value);
    }
    if (Array.isArray(o)) {
      this.holders.push(o);
      this.keys.push('length');
      this.values.push(o.length);
    }
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
    const { tensors, nodes } = this;
    for (let i = 0; i < tensors.length; i++) if (tensors[i]!.disposed || tensors[i]!.node !== nodes[i]) return false;
    return this.changed() < 0;
  }

  /** Throws if a function changed what it goes by: each call would need another plan. */
  check(): void {
    const i = this.changed();
    if (i < 0) return;
    const holder = `${this.holders[i]!.constructor.name}.${this.keys[i]}`;
    throw new CaptureError('capture', `the function changes ${holder}, which a plan would do once: what changes from call to call must be a tensor, changed by assign()`);
  }
}
