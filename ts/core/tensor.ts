/// <reference lib="esnext.disposable" preserve="true" />
import type { Backend } from '../backend/backend';
import { carriesGradient, ELEMENTS, numbersFor, type DType, type TensorData } from './dtype';
import { Eager } from './eager';
import { BackendError, CaptureError, DisposedError, GradientError, ShapeError, ValueError } from './errors';
import { breathe, register, unregister, type Unowned } from './collector';
import { display, COPY, DISPLAY, VERSION } from './display';
import { check, numbers } from './kinds';
import { Node, releaseNode } from './node';
import { print } from './print';
import { runtime } from './runtime';
import { adopt, give, root, type Scope } from './ownership';
import { isDense, rowMajor, sameShape, show, sizeOf, spanOf, type Shape } from './shape';
import type { Storage } from './storage';

/** The slot of what a captured function answered, if gradients led to it inside: outside, no node does. */
export const ANSWERED = -1;

/**
 * A handle: storage seen through shape, strides and offset. Handles are freed by the scope they were made in, by
 * `dispose()`, or at last by the garbage collector; the storage goes with its last handle.
 */
export class Tensor {
  /** Number of elements. */
  readonly size: number;
  /** The elements lie in row-major order without gaps. */
  readonly dense: boolean;
  /** Byte address of the first element. */
  readonly at: number;
  /** Elements between the storage's start and the last element. */
  readonly last: number;

  // ── What follows is the library's own. ──
  /** Whose end frees it, and the tensor that was made in there before it. */
  owner: Scope = root;
  before: Tensor | null = null;
  /** The loop whose item it descends from: proof of which loop the code that made it was in. */
  home: Scope | null = null;
  disposed = false;
  /** Where gradients flow: the op that made it, or itself as a leaf; `slot` says which output it is. */
  node: Node | null = null;
  slot = 0;
  /** Of a leaf: its gradient. */
  leaf: Leaf | null = null;
  /** The collector's record of it, if no scope owns it. */
  held: Unowned | null = null;
  /** Its one number, kept readable after a scope freed it. */
  kept: number | undefined = undefined;
  /** A scope freed it, but its one number is still in memory: see `dropWithValue`. */
  remains = false;
  /** Taken out of its scope by `keep`. */
  pinned = false;
  /** It is some leaf's gradient. */
  isGradient = false;
  /** The op that made it. */
  made = '';
  /** What freed it, if that was not the end of its scope. */
  freedBy = '';

  constructor(
    readonly storage: Storage,
    readonly shape: Shape,
    readonly strides: Shape,
    /** Elements between the storage's start and the first element. */
    readonly offset: number,
    readonly dtype: DType,
    dense: boolean = isDense(shape, strides),
  ) {
    storage.retain();
    this.size = sizeOf(shape);
    this.dense = dense;
    this.last = offset + (dense ? this.size : spanOf(shape, strides)) - 1;
    this.at = offset === 0 ? storage.at : storage.at + offset * storage.backend.itemSize(dtype);
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

  /** The gradient summed so far, of a leaf; it belongs to this tensor and lives until it is replaced or cleared. */
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
    if (this.disposed && this.kept !== undefined) return lone(this.kept, this.dtype);
    if (!this.remains) readable(this, 'data');
    const elements = await this.storage.backend.read(this.at, reach(this), this.dtype);
    await breathe();
    return inOrder(this, elements);
  }

  /**
   * As `data`, at once.
   *
   * @throws {BackendError} where the backend's memory can only be read asynchronously.
   */
  toArray(): TensorData {
    if (this.disposed && this.kept !== undefined) return lone(this.kept, this.dtype);
    if (!this.remains) readable(this, 'toArray');
    const { backend } = this.storage;
    if (backend.readSync === undefined) throw unreachable(backend, 'toArray');
    return inOrder(this, backend.readSync(this.at, reach(this), this.dtype));
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
    if (this.disposed && !this.remains) {
      if (this.kept !== undefined) return this.kept;
      live(this, 'item');
    }
    runtime.watcher?.elements(this, 'item');
    const { backend } = this.storage;
    if (backend.peek === undefined) throw unreachable(backend, 'item');
    return backend.peek(this.at, this.dtype);
  }

  /** Writes elements into it, in row-major order (of bool, all but 0 as 1); saved for a gradient, the old ones are missed with an error. */
  set(data: ArrayLike<number>): this {
    check('set', 'data', numbers, data);
    const elements = ArrayBuffer.isView(data) ? data : Float64Array.from(data); // its getters run before anything is done
    live(this, 'set');
    runtime.watcher?.elements(this, 'set');
    if (!this.dense) throw new ShapeError('set', `takes a dense tensor, this has strides ${show(this.strides)}`);
    if (elements.length !== this.size) {
      throw new ShapeError('set', `${elements.length} elements do not fill ${show(this.shape)}`);
    }
    this.storage.version++;
    this.storage.backend.write(this.at, numbersFor(this.dtype, elements), this.dtype);
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
    t.home = this.home;
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
    const { peek } = backend;
    if (peek === undefined) return `Tensor(on ${backend.name}: await data(), ${kind})`;
    const bytes = backend.itemSize(this.dtype);
    const { shape, strides, dtype, size } = this;
    return print({
      shape,
      strides,
      dtype,
      size,
      element: place => peek(this.at + place * bytes, dtype),
    });
  }
  /**
   * For `JSON.stringify`: element type, shape and the elements in row-major order.
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

/** A dense tensor whose elements the caller writes now, of no scope yet. It is real in a trace too: a constant. */
export function allocateNow(shape: Shape, dtype: DType): Tensor {
  return new Tensor(new Eager(runtime.backend).alloc(shape, dtype), shape, rowMajor(shape), 0, dtype, true);
}

/** A dense tensor of undefined contents, of no scope yet. One in the shape of a dense `like` shares its strides. */
export function allocate(shape: Shape, dtype: DType, like: Tensor | null = null): Tensor {
  const strides = like !== null && like.shape === shape && like.dense ? like.strides : rowMajor(shape);
  return new Tensor(runtime.interpreter.alloc(shape, dtype), shape, strides, 0, dtype, true);
}

/** What only leaves have. */
class Leaf {
  private gradient: Tensor | null = null;
  /** One that was disposed of is none. */
  get grad(): Tensor | null {
    return this.gradient === null || this.gradient.disposed ? null : this.gradient;
  }
  set grad(g: Tensor | null) {
    this.gradient = g;
  }
  /**
   * Values of the graphs that fed the gradient and that no scope owns: in a loop without scopes nothing else would
   * free them before the collector comes, so they go when the gradient is cleared. One list for each backward pass.
   */
  readonly spent: WeakRef<Tensor>[][] = [];
}

/** Gives back a handle's reference to its storage and node. `by`: what freed it, if not the end of its scope. */
export function drop(t: Tensor, by = ''): void {
  if (t.disposed) {
    if (t.remains) forget(t);
    return;
  }
  t.disposed = true;
  t.freedBy = by;
  t.storage.release();
  if (t.node) {
    releaseNode(t.node);
    t.node = null; // a loss is held for its value, not for its graph
  }
  if (t.leaf) setGrad(t, null);
  unregister(t);
}

/**
 * Frees; a lone number stays readable, since losses are read after their batch. Where JavaScript can reach the memory, the
 * handle keeps the number. Elsewhere reading it would wait for all work under way, so the memory stays until the handle is
 * garbage.
 */
export function dropWithValue(t: Tensor, by = ''): void {
  if (t.disposed) return;
  const { backend, traced } = t.storage;
  const alone = t.size === 1 && !traced;
  if (alone && backend.peek === undefined) {
    t.storage.retain();
    drop(t, by);
    t.remains = true;
    register(t);
    return;
  }
  if (alone) t.kept = backend.peek!(t.at, t.dtype);
  drop(t, by);
}

export const unreachable = ({ name }: Backend, where: string): BackendError =>
  new BackendError(where, `the memory of ${name} can only be read asynchronously: await data()`);

/** Throws unless the elements of t can be read. */
export function readable(t: Tensor, where: string): void {
  live(t, where);
  if (!isWhole(t, t.storage.backend)) {
    throw new ShapeError(
      where,
      `the shape of a tensor of ${t.size} elements was changed to ${show(t.shape)}: copy it before`,
    );
  }
  runtime.watcher?.elements(t, where);
}

/** How many elements of the memory lie between the first and the last of t. */
const reach = ({ size, shape, strides, dense }: Tensor): number => (dense ? size : spanOf(shape, strides));

/** The elements of t in row-major order, out of those that it reaches. */
function inOrder({ size, shape, strides, dense, dtype }: Tensor, all: TensorData): TensorData {
  if (dense) return all;
  // The reference backend reads every float as f64.
  const out = new (all instanceof Float64Array ? Float64Array : ELEMENTS[dtype].array)(size);
  for (let i = 0; i < size; i++) {
    let place = 0;
    for (let d = shape.length - 1, rest = i; d >= 0; d--) {
      place += (rest % shape[d]!) * strides[d]!;
      rest = Math.floor(rest / shape[d]!);
    }
    out[i] = all[place]!;
  }
  return out;
}

/** A number as the elements of a tensor. */
const lone = (value: number, dtype: DType): TensorData => new ELEMENTS[dtype].array([value]);

/** Takes a tensor out of its scope: it lives until it is disposed of, or nothing refers to it. */
export function keepTensor(t: Tensor): void {
  live(t, 'keep');
  t.pinned = true;
  if (t.owner !== root || t.held === null) give(t, root);
}

/** Replaces a leaf's gradient; null clears it, and with it what the graphs that fed it left unowned. */
function setGrad(t: Tensor, g: Tensor | null): void {
  const { leaf } = t;
  if (leaf === null) {
    if (g === null) return;
    throw new GradientError('grad', 'only a leaf that requires a gradient has one; set requiresGrad first');
  }
  runtime.watcher?.gradient(t, g === null ? 'clear' : 'replace');
  if (g !== null) {
    live(g, 'grad');
    if (!sameShape(g.shape, t.shape) || g.dtype !== t.dtype) {
      throw new ShapeError('grad', `${show(g.shape)} (${g.dtype}) is no gradient of ${show(t.shape)} (${t.dtype})`);
    }
  } else {
    for (const list of leaf.spent) {
      for (const ref of list) {
        const s = ref.deref();
        if (s && !s.pinned) dropWithValue(s, 'zeroGrad(), which ends the graphs that fed the gradients');
      }
      list.length = 0; // other leaves share it
    }
    leaf.spent.length = 0;
  }
  const next = g === null || g === leaf.grad || !g.isGradient ? g : handle(g); // another leaf's goes with that leaf
  if (leaf.grad && leaf.grad !== next) drop(leaf.grad, 'the gradient being replaced or cleared');
  leaf.grad = next;
  if (next === null) return;
  next.isGradient = true;
  keepTensor(next);
}

/**
 * Whether t is on a backend, or stands for what a plan will compute there, and all its elements lie where they did when
 * it was made: JavaScript lets callers change the arrays of its shape and strides, from which kernels know what to touch.
 * Freezing them took 100 ns an op.
 */
export function isWhole(t: Tensor, backend: Backend): boolean {
  const { shape, strides, storage } = t;
  let n = 1;
  let last = t.offset;
  for (let i = 0; i < shape.length; i++) {
    n *= shape[i]!;
    last += (shape[i]! - 1) * strides[i]!;
  }
  return n === t.size && (n === 0 || last <= t.last) && (storage.backend === backend || storage.traced);
}

/** Gives back the memory of a number that outlived its scope. */
function forget(t: Tensor): void {
  t.remains = false;
  unregister(t);
  t.storage.release();
}

/** What is no tensor, for an error. */
export const foundInstead = (v: unknown): string =>
  Array.isArray(v) ? 'an array: make one with tensor()' : display(v);

/** Throws for a freed tensor. */
export function live(t: Tensor, where: string): void {
  if (!(t instanceof Tensor)) throw new ValueError(where, `t takes a tensor, this is ${foundInstead(t)}`);
  if (!t.disposed) return;
  if (t.storage.traced) {
    const made = t.made === '' ? '' : ` by ${t.made}`;
    throw new CaptureError(
      where,
      `a tensor of shape ${show(t.shape)} was made${made} while a function was captured and holds no numbers: what the function leaves in a variable or a field is not seen at its next call. Return it and pass it in as an argument, or write it into a tensor with assign()`,
    );
  }
  const made = `${t.made === '' ? '' : ` by ${t.made}`}${t.owner === root ? '' : ` in ${t.owner.name}`}`;
  const what = `a tensor of shape ${show(t.shape)}${made === '' ? '' : `, made${made},`} is used after it was freed`;
  const by = t.freedBy !== '' ? ` by ${t.freedBy}` : ': its scope has ended';
  const mend =
    t.kept !== undefined
      ? `. Its value is still ${t.kept}: use item(), or keep() it`
      : t.remains
        ? '. Its value can still be read: await data(), or keep() it'
        : t.freedBy === ''
          ? '. keep() it, return it, or read it inside'
          : t.freedBy === 'dispose()'
            ? ''
            : '. keep() it, or read it before';
  throw new DisposedError(where, what + by + mend);
}
