/// <reference lib="esnext.disposable" preserve="true" />
import { carriesGradient, checkFits, numbersFor, type DType, type TensorData } from './dtype';
import { GradientError, ShapeError, ValueError } from './errors';
import { breathe, type Unowned } from './collector';
import { COPY, DISPLAY, foundInstead, VERSION } from './display';
import { aBoolean, check, numbers, checkCount } from './kinds';
import { Node, releaseNode } from './node';
import { print } from './print';
import { runtime } from './runtime';
import { inOrder, isIntact, lone, reach, readable, refuseNew, unreachable } from './reading';
import { adopt, clearGrad, drop, freed, Leaf, noScope, replaceGrad, type Scope } from './lifetime';
import { isDense, sameShape, show, sizeOf, spanOf, type Shape } from './shape';
import type { Storage } from './storage';

/**
 * A handle: storage seen through shape, strides and offset. Handles are freed by the scope they were made in, by
 * `dispose()`, or at last by the garbage collector; the storage goes with its last handle.
 */
export class Tensor {
  /** Number of elements. */
  readonly size: number;
  /** Sizes of the dimensions, outermost first; [] is one number. */
  readonly shape: Shape;
  /** For each dimension, how many elements lie between neighbours along it. */
  readonly strides: Shape;
  /** The type of the elements. */
  readonly dtype: DType;
  /** The elements lie in row-major order without gaps. */
  readonly dense: boolean;
  /** It was freed: using it is a DisposedError. */
  disposed = false;

  /** @internal */
  readonly storage: Storage;
  /** Elements between the storage's start and the first element. @internal */
  readonly offset: number;
  /** Elements between the storage's start and the last element. @internal */
  readonly last: number;
  /** Byte address of the first element. @internal */
  readonly address: number;

  // ── For gradients ──
  /** The op that made it, or itself as a leaf. @internal */
  node: Node | null = null;
  /** Which output of that op it is. @internal */
  slot = 0;
  /** Of a leaf: its gradient. @internal */
  leaf: Leaf | null = null;
  /** It is some leaf's gradient. @internal */
  isGradient = false;

  // ── Who frees it: see lifetime.ts ──
  /** Whose end frees it. @internal */
  owner: Scope = noScope;
  /** The tensor that was made in its owner before it. @internal */
  previous: Tensor | null = null;
  /** The loop from whose item it is computed. @internal */
  loop: Scope | null = null;
  /** The collector's record of it, if no scope owns it. @internal */
  registration: Unowned | null = null;
  /** Taken out of its scope by `keep`. @internal */
  isKept = false;
  /** Its one number, readable after a scope freed it. @internal */
  lastValue: number | undefined = undefined;
  /** A scope freed it, but its one number is still in memory: see `dropWithValue`. @internal */
  valueInMemory = false;
  /** The op that made it. @internal */
  made = '';
  /** What freed it, if that was not the end of its scope. @internal */
  freedBy = '';

  constructor(
    storage: Storage,
    shape: Shape,
    strides: Shape,
    offset: number,
    dtype: DType,
    dense: boolean = shape === undefined ? refuseNew() : isDense(shape, strides),
  ) {
    storage.retain();
    this.storage = storage;
    this.shape = shape;
    this.strides = strides;
    this.offset = offset;
    this.dtype = dtype;
    this.size = sizeOf(shape);
    this.dense = dense;
    this.last = offset + (dense ? this.size : spanOf(shape, strides)) - 1;
    this.address = offset === 0 ? storage.at : storage.at + offset * storage.backend.itemSize(dtype);
  }

  /** Number of dimensions. */
  get ndim(): number {
    return this.shape.length;
  }

  /** Gradients flow through it: it is a leaf that asked for one, or came from one. */
  get requiresGrad(): boolean {
    return this.node !== null;
  }
  /** Makes a leaf of it, into whose `grad` gradients are summed; `false` takes it out of the graph. */
  set requiresGrad(on: boolean) {
    live(this, 'requiresGrad');
    check('requiresGrad', 'on', aBoolean, on);
    if (on === this.requiresGrad) return;
    runtime.watcher?.uses(this, false);
    if (on && !carriesGradient(this.dtype)) throw new GradientError('requiresGrad', `takes f32, this is ${this.dtype}`);
    if (!on && this.leaf === null) {
      throw new GradientError('requiresGrad', 'this is the output of an op: use detach()');
    }
    if (this.node) releaseNode(this.node);
    this.node = on ? new Node(null, {}, [], [this]) : null;
    this.slot = 0;
    if (this.leaf) setGrad(this, null);
    this.leaf = on ? new Leaf() : null;
  }

  /**
   * The gradient summed so far, of a leaf; it belongs to this tensor and lives until it is replaced or cleared. Of another
   * leaf, or its gradient, a handle of its own is taken.
   */
  get grad(): Tensor | null {
    if (this.leaf === null) return null;
    runtime.watcher?.gradient(this, 'read');
    return this.leaf.grad;
  }
  set grad(g: Tensor | null) {
    setGrad(this, g);
  }

  /**
   * The elements in row-major order, as a copy. f16 and bf16 are read as f32, i64 as f64: beyond ±2^53 with the digits that
   * this has.
   *
   * @throws {DisposedError} if it was freed.
   * @throws {IndexError} where the backend finds indices outside their range only now.
   */
  async data(): Promise<TensorData> {
    if (this.disposed && this.lastValue !== undefined) return lone(this.lastValue, this.dtype);
    if (!this.valueInMemory) readable(this, 'data');
    const elements = await this.storage.backend.read(this.address, reach(this), this.dtype);
    await breathe();
    return inOrder(this, elements);
  }

  /**
   * As `data`, at once.
   *
   * @throws {BackendError} where the backend's memory can only be read asynchronously.
   */
  toArray(): TensorData {
    if (this.disposed && this.lastValue !== undefined) return lone(this.lastValue, this.dtype);
    if (!this.valueInMemory) readable(this, 'toArray');
    const { backend } = this.storage;
    if (backend.readSync === undefined) throw unreachable(backend, 'toArray');
    return inOrder(this, backend.readSync(this.address, reach(this), this.dtype));
  }

  /**
   * The only element.
   *
   * @throws {ShapeError} if there is not exactly one.
   * @throws {BackendError} where the backend's memory can only be read asynchronously.
   */
  item(): number {
    if (this.size !== 1)
      throw new ShapeError('item', `takes a tensor of one element, this has shape ${show(this.shape)}`);
    if (this.disposed && !this.valueInMemory) {
      if (this.lastValue !== undefined) return this.lastValue;
      live(this, 'item');
    }
    runtime.watcher?.elements(this, 'item');
    const { backend } = this.storage;
    if (backend.peek === undefined) throw unreachable(backend, 'item');
    return backend.peek(this.address, this.dtype);
  }

  /** Writes elements into it, in row-major order, converted as `tensor` does; saved for a gradient, the old ones are missed with an error. */
  set(data: ArrayLike<number>): this {
    checkCount('set', 1, arguments);
    check('set', 'data', numbers, data);
    const elements = ArrayBuffer.isView(data) ? data : Float64Array.from(data); // its getters run before anything is done
    live(this, 'set');
    runtime.watcher?.elements(this, 'set');
    if (!this.dense) throw new ShapeError('set', `takes a dense tensor, this has strides ${show(this.strides)}`);
    if (elements.length !== this.size) {
      throw new ShapeError('set', `${elements.length} elements do not fill ${show(this.shape)}`);
    }
    checkFits('set', 'element', this.dtype, elements);
    this.storage.version++;
    this.storage.backend.write(this.address, numbersFor(this.dtype, elements), this.dtype);
    return this;
  }

  /** Frees it now; using it afterwards is a DisposedError. */
  dispose(): void {
    drop(this, 'dispose()');
  }
  [Symbol.dispose](): void {
    drop(this, 'the end of its `using` block');
  }

  /** The same memory, outside the graph of gradients. */
  detach(): Tensor {
    live(this, 'detach');
    const t = handle(this);
    t.loop = this.loop;
    return adopt(t);
  }

  /** Also what keeps frameworks that wrap plain objects in Proxies from wrapping tensors. */
  get [Symbol.toStringTag](): string {
    return 'Tensor';
  }

  /** Its numbers, as NumPy shows them, element type and shape. */
  toString(): string {
    const kind = `${this.dtype} ${show(this.shape)}`;
    if (this.disposed) return `Tensor(freed, ${kind})`;
    if (this.storage.traced) return `Tensor(no numbers yet, ${kind})`;
    const { backend } = this.storage;
    if (!isIntact(this, backend)) return `Tensor(changed by hand, ${kind})`;
    const { peek } = backend;
    if (peek === undefined) return `Tensor(on ${backend.name}: await data(), ${kind})`;
    const bytes = backend.itemSize(this.dtype);
    return print(this, offset => peek(this.address + offset * bytes, this.dtype));
  }
  /**
   * As text it is what `toString` says. It is no number: `loss < best` would be false whatever they are.
   *
   * @throws {ValueError} where JavaScript wants a number.
   */
  [Symbol.toPrimitive](hint: string): string {
    if (hint !== 'number') return this.toString();
    throw new ValueError('tensor', 'is no number: read it with item(), or compute with add(), mul(), lt() and others');
  }
  /**
   * For `JSON.stringify`: element type, shape and the elements in row-major order, as `data()` reads them. JSON has no NaN
   * and no infinities, and writes null; `encodeSafetensors` keeps every bit.
   *
   * @throws {DisposedError} if it was freed.
   */
  toJSON(): { readonly dtype: DType; readonly shape: Shape; readonly data: readonly number[] } {
    return { dtype: this.dtype, shape: this.shape, data: Array.from(this.toArray()) };
  }
}

// How errors show it.
Object.defineProperty(Tensor.prototype, DISPLAY, {
  value(this: Tensor): string {
    return `Tensor([${this.shape.join(', ')}], ${this.dtype})`;
  },
});
Object.defineProperty(Tensor.prototype, Symbol.for(COPY), { value: VERSION });

// What `console.log` shows in Node and Bun, and in Deno.
for (const key of ['nodejs.util.inspect.custom', 'Deno.customInspect']) {
  Object.defineProperty(Tensor.prototype, Symbol.for(key), {
    value(this: Tensor): string {
      return this.toString();
    },
  });
}

/** A second handle of the same view, of no scope and no graph. */
export function handle(t: Tensor): Tensor {
  if (t.disposed) live(t, 'phyllo');
  runtime.watcher?.uses(t, false);
  return new Tensor(t.storage, t.shape, t.strides, t.offset, t.dtype, t.dense);
}

/** Replaces a leaf's gradient; null clears it. */
function setGrad(t: Tensor, g: Tensor | null): void {
  const { leaf } = t;
  if (leaf === null) {
    if (g === null) return;
    throw new GradientError('grad', 'only a leaf that requires a gradient has one; set requiresGrad first');
  }
  runtime.watcher?.gradient(t, g === null ? 'clear' : 'replace');
  if (g === null) return clearGrad(leaf);
  live(g, 'grad');
  if (!sameShape(g.shape, t.shape) || g.dtype !== t.dtype) {
    throw new ShapeError('grad', `${show(g.shape)} (${g.dtype}) is no gradient of ${show(t.shape)} (${t.dtype})`);
  }
  if (g === t) throw new GradientError('grad', 'a tensor cannot be its own gradient, which goes when it is cleared');
  replaceGrad(leaf, g === leaf.grad || !(g.isGradient || g.leaf !== null) ? g : handle(g)); // another leaf, or its gradient, stays
}

/** Throws for a freed tensor. */
export function live(t: Tensor, where: string): void {
  if (!(t instanceof Tensor)) throw new ValueError(where, `t takes a tensor, this is ${foundInstead(t)}`);
  if (t.disposed) throw freed(t, where);
}
