/**
 * Tracing: ops are written down instead of computed. Scopes, gradients and views work as ever, on storages that hold
 * nothing.
 */
import type { Backend } from '../backend/backend';
import type { DType } from '../core/dtype';
import { isConstant } from '../core/constant';
import { copy } from '../core/convert';
import { CaptureError } from '../core/errors';
import type { AnyDef, Params } from '../core/op';
import { type Interpreter, type Watcher } from '../core/runtime';
import { sizeOf, type Shape } from '../core/shape';
import { Storage } from '../core/storage';
import { allocate, drop, Tensor } from '../core/tensor';
import { Guards } from './guards';
import type { Operand, Step, Value } from './graph';
import { placeInUserCode } from './stack';

/** A leaf whose gradient the function reads or replaces. */
export interface Touched {
  readonly leaf: Tensor;
  /** What it was before the call; null where there was none. */
  readonly real: Tensor | null;
  /** Stands for it in the trace. */
  readonly standIn: Tensor | null;
  /** The function looked at it before replacing it: the plan holds only where there is, or is not, one. */
  readonly readFirst: boolean;
  readonly spent: number;
}

export class Trace implements Interpreter, Watcher {
  readonly steps: Step[] = [];
  readonly guards: Guards = new Guards();
  readonly touched: Map<Tensor, Touched> = new Map();
  /** The first handle of each real storage: if its owner disposes of it, the plan must not run. */
  readonly outside: Map<Storage, Tensor> = new Map();
  private readonly values: Map<Storage, Value> = new Map();
  private readonly constants: Storage[] = [];
  private readonly leaked: Tensor[] = [];
  private readonly nowhere: Backend;

  constructor(private readonly backend: Backend) {
    const none = (): never => {
      throw new CaptureError('capture', 'there is nothing to read or write yet');
    };
    this.nowhere = {
      name: 'trace', kernels: backend.kernels, itemSize: dtype => backend.itemSize(dtype), takesLanes: () => false,
      alloc: none, free() {}, read: none, write: none, peek: none, memory: none,
    };
  }

  // ── The ops ──

  alloc(shape: Shape, dtype: DType): Storage {
    return new Storage(this.nowhere, 0, sizeOf(shape) * this.backend.itemSize(dtype), true);
  }
  exec(def: AnyDef, xs: readonly (Tensor | null)[], y: Tensor, params: Params): void {
    const inPlace = y === xs[0];
    this.steps.push({ def, params, xs: xs.map(x => x && this.see(x)), ys: inPlace ? [] : [this.see(y)] });
  }
  execMulti(
    def: AnyDef, xs: readonly (Tensor | null)[], ys: Readonly<Record<string, Tensor>>, params: Params,
  ): void {
    this.steps.push({
      def, params, xs: xs.map(x => x && this.see(x)), ys: def.outputs!.map(name => this.see(ys[name]!)),
    });
  }

  /** A tensor as a step sees it. */
  see(t: Tensor): Operand {
    const { size, shape, strides, dense, dtype } = t;
    return { value: this.valueOf(t), at: t.at - t.storage.at, size, shape, strides, dense, dtype };
  }
  private valueOf(t: Tensor): Value {
    const { storage } = t;
    let v = this.values.get(storage);
    if (v) return v;
    if (isConstant(storage)) {
      storage.refs++; // until the trace is closed
      this.constants.push(storage);
      v = { origin: { from: 'constant', storage }, bytes: storage.bytes };
    } else if (!storage.traced) {
      storage.refs++;
      this.outside.set(storage, t);
      v = { origin: { from: 'outside', storage }, bytes: storage.bytes };
    } else if (storage.backend === this.nowhere) {
      v = { origin: { from: 'local' }, bytes: storage.bytes };
    } else {
      throw new CaptureError('capture', 'a tensor of another trace is used: return it from the function that made it');
    }
    this.values.set(storage, v);
    return v;
  }

  /** A tensor without numbers in the place of the argument `index`. */
  argument(x: Tensor, index: number): Tensor {
    const t = new Tensor(this.alloc(x.shape, x.dtype), x.shape, x.strides, 0, x.dtype, x.dense);
    this.values.set(t.storage, { origin: { from: 'input', index }, bytes: t.storage.bytes });
    return t;
  }

  // ── What else is gone by ──

  elements(t: Tensor, where: string): void {
    const [does, instead] = where === 'set'
      ? ['writes elements', 'a plan would write them once, not at each call: pass a tensor as an argument, or use assign()']
      : t.storage.traced
        ? ['reads elements', 'they do not exist until the plan runs: return the tensor and read it outside']
        : ['reads elements', 'a plan would go on with these numbers for ever: compute with the tensor, or pass the number as an argument'];
    throw new CaptureError(where, `the captured function ${does}${placeInUserCode()}; ${instead}`);
  }

  object(o: object): void {
    this.guards.watch(o);
  }

  gradient(leaf: Tensor, access: 'read' | 'replace'): void {
    if (leaf.storage.traced || this.touched.has(leaf)) return;
    const own = leaf.leaf!;
    const real = own.grad;
    let standIn: Tensor | null = null;
    if (real) {
      // Gradients come dense from backward; one that was put there by hand may not be.
      if (!real.dense) throw new CaptureError('capture', 'a gradient that was set to a strided tensor: make it contiguous()');
      standIn = new Tensor(this.alloc(real.shape, real.dtype), real.shape, real.strides, 0, real.dtype, true);
      standIn.pinned = true;
      this.values.set(standIn.storage, { origin: { from: 'gradient', leaf }, bytes: standIn.storage.bytes });
    }
    this.touched.set(leaf, { leaf, real, standIn, readFirst: access === 'read', spent: own.spent.length });
    own.grad = standIn;
  }

  constant(numbers: Tensor): Tensor {
    if (numbers.dtype === 'f64') return numbers; // state, of an optimiser made inside
    const { storage } = numbers;
    storage.refs++;
    this.constants.push(storage);
    this.values.set(storage, { origin: { from: 'constant', storage }, bytes: storage.bytes });
    const copied = allocate(numbers.shape, numbers.dtype);
    this.exec(copy.def, [numbers], copied, {});
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
      if (own === null) continue;
      own.grad = real;
      own.spent.length = spent;
    }
    for (const t of this.leaked) drop(t);
    for (const storage of [...this.outside.keys(), ...this.constants]) storage.release();
  }
}
