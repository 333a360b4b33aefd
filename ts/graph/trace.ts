/**
 * Tracing: ops are written down instead of computed. Scopes, gradients and views work as ever, on storages that hold
 * nothing.
 */
import type { Backend } from '../backend/backend';
import type { DType } from '../core/dtype';
import { constantIn } from '../core/constant';
import { copying } from '../core/conversions';
import type { OpDef, OpParams, Tensors } from '../core/definition';
import { CaptureError } from '../core/errors';
import { nodes } from '../core/node';
import { runtime, type Interpreter, type Watcher } from '../core/runtime';
import { adopt } from '../core/lifetime';
import { show, sizeOf, spanOf, type Shape } from '../core/shape';
import { Storage } from '../core/storage';
import { drop } from '../core/lifetime';
import { allocate } from '../core/allocate';
import { Tensor } from '../core/tensor';
import type { Scribe } from './audit';
import { Guards } from './guards';
import type { Step, Value, ValueView } from './graph';
import { siteInside } from './stack';

/** A leaf whose gradient the function reads or replaces. */
export interface Touched {
  readonly leaf: Tensor;
  /** What it was before the call; null where there was none. */
  readonly real: Tensor | null;
  /** Stands for it in the trace. */
  readonly placeholder: Tensor | null;
  /** What the function did to it first: after reading, the plan holds only where there is, or is not, one. */
  readonly first: 'read' | 'replace' | 'clear';
  /** What the graphs before left unowned. */
  readonly spent: WeakRef<Tensor>[][];
  /** How many steps there were when it was cleared first, if ever, and when it was replaced or cleared last. */
  cleared: number;
  last: number;
}

export class Trace implements Interpreter, Watcher {
  readonly steps: Step[] = [];
  readonly guards: Guards = new Guards();
  readonly touched: Map<Tensor, Touched> = new Map();
  private readonly values: Map<Storage, Value> = new Map();
  /** Real ones, counted until the trace is closed. */
  private readonly storages: Storage[] = [];
  private readonly leaked: Tensor[] = [];
  private readonly nowhere: Backend;
  /** Nodes from here on are the trace's own. */
  private readonly birth: number = nodes();

  constructor(
    private readonly backend: Backend,
    /** Told of each step. */ private readonly scribe: Scribe | null = null,
  ) {
    const none = (): never => {
      throw new CaptureError('capture', 'there is nothing to read or write yet');
    };
    this.nowhere = {
      name: 'trace',
      kernels: backend.kernels,
      itemSize: dtype => backend.itemSize(dtype),
      alloc: none,
      free() {},
      read: none,
      write: none,
      writeBytes: none,
      memory: none,
    };
  }

  // ── The ops ──

  alloc(shape: Shape, dtype: DType): Storage {
    return new Storage(this.nowhere, 0, sizeOf(shape) * this.backend.itemSize(dtype), true);
  }
  exec(def: OpDef, xs: Tensors, ys: readonly Tensor[], params: OpParams): void {
    const step: Step = {
      def,
      params,
      xs: xs.map(x => x && this.see(x)),
      ys: ys.map(y => this.see(y)),
      segment: runtime.segment,
      at: this.steps.length,
    };
    this.steps.push(step);
    this.scribe?.step(step);
  }

  /** A tensor as a step sees it. */
  see(t: Tensor): ValueView {
    this.uses(t, runtime.recording);
    const { size, shape, strides, dense, dtype } = t;
    return { value: this.valueOf(t), address: t.address - t.storage.at, size, shape, strides, dense, dtype };
  }
  private valueOf(t: Tensor): Value {
    const { storage } = t;
    let v = this.values.get(storage);
    if (v) return v;
    if (!storage.traced) {
      this.hold(storage);
      const number = constantIn(storage);
      v = { origin: { from: number === undefined ? 'outside' : 'constant', storage }, bytes: storage.bytes };
      if (number !== undefined) this.scribe?.constant(v, [number], t.dtype);
    } else if (storage.backend === this.nowhere) {
      v = { origin: { from: 'local' }, bytes: storage.bytes };
    } else {
      throw new CaptureError('capture', 'a tensor of another trace is used: return it from the function that made it');
    }
    this.values.set(storage, v);
    return v;
  }
  private hold(storage: Storage): void {
    storage.retain();
    this.storages.push(storage);
  }

  /** A tensor without numbers for the argument `index`, which lies as that does, from its first element on. */
  argument({ shape, strides, dtype, dense }: Tensor, index: number): Tensor {
    const t = adopt(new Tensor(this.alloc([spanOf(shape, strides)], dtype), shape, strides, 0, dtype, dense));
    this.values.set(t.storage, { origin: { from: 'input', index }, bytes: t.storage.bytes });
    return t;
  }

  // ── What else is gone by ──

  elements(t: Tensor, where: string): void {
    const [does, instead] =
      where === 'set'
        ? [
            'writes elements',
            'a plan would write them once, not at each call: pass a tensor as an argument, or use copy_()',
          ]
        : t.storage.traced
          ? ['reads elements', 'they do not exist until the plan runs: return the tensor and read it outside']
          : [
              'reads elements',
              'a plan would go on with these numbers for ever: compute with the tensor, or pass the number as an argument',
            ];
    throw new CaptureError(where, `the captured function ${does}${siteInside()}; ${instead}`);
  }

  object(o: object): void {
    this.guards.watch(o);
  }

  uses(t: Tensor, recorded: boolean): void {
    if (t.storage.traced) return;
    this.guards.use(t);
    if (recorded && t.node !== null && t.node.def !== null && t.node.id < this.birth) {
      throw new CaptureError(
        'capture',
        `the captured function uses${siteInside()} a tensor of shape ${show(t.shape)} that ${t.node.def.name} made outside and that requires a gradient, which does not lead through a plan: compute it inside, or detach() it`,
      );
    }
  }

  gradient(leaf: Tensor, access: 'read' | 'replace' | 'clear'): void {
    if (leaf.storage.traced) return;
    const known = this.touched.get(leaf);
    const at = this.steps.length;
    if (known) {
      if (access !== 'read') known.last = at;
      if (access === 'clear') known.cleared = Math.min(known.cleared, at);
      return;
    }
    const own = leaf.leaf!;
    const real = own.grad;
    let placeholder: Tensor | null = null;
    if (real) {
      // Gradients come dense from backward; one that was put there by hand may not be.
      if (!real.dense)
        throw new CaptureError(
          'capture',
          `the captured function uses${siteInside()} a gradient that was set to a strided tensor: set a dense one`,
        );
      if (access === 'read' && real.node !== null && runtime.recording) {
        throw new CaptureError(
          'capture',
          `the captured function uses${siteInside()} a gradient that has a graph of its own, which does not lead through a plan: compute it inside, or set grad to its detach()`,
        );
      }
      placeholder = new Tensor(this.alloc(real.shape, real.dtype), real.shape, real.strides, 0, real.dtype, true);
      placeholder.isKept = true;
      this.values.set(placeholder.storage, { origin: { from: 'gradient', leaf }, bytes: placeholder.storage.bytes });
    }
    this.touched.set(leaf, {
      leaf,
      real,
      placeholder,
      first: access,
      spent: own.spent.splice(0),
      cleared: access === 'clear' ? at : Infinity,
      last: access === 'read' ? 0 : at,
    });
    own.grad = placeholder;
  }

  constant(numbers: Tensor, data: ArrayLike<number>): Tensor {
    const { storage } = numbers;
    this.hold(storage);
    const value: Value = { origin: { from: 'constant', storage }, bytes: storage.bytes };
    this.values.set(storage, value);
    this.scribe?.constant(value, data, numbers.dtype);
    const copied = allocate(numbers.shape, numbers.dtype);
    this.exec(copying, [numbers], [copied], {});
    drop(numbers);
    return copied;
  }

  escaped(t: Tensor): void {
    this.leaked.push(t);
  }

  /** Gives leaves their gradients back, and makes every tensor of the trace unusable. */
  close(): void {
    for (const { leaf, real, spent } of this.touched.values()) {
      const own = leaf.leaf;
      if (own === null) {
        // it is no leaf any more
        if (real) drop(real);
        continue;
      }
      own.grad = real;
      own.spent.splice(0, Infinity, ...spent);
    }
    for (const t of this.leaked) drop(t);
    for (const storage of this.storages) storage.release();
  }
}
