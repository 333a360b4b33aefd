import type { Backend, Kernels } from '../backend/backend';
import type { DType } from './dtype';
import type { OpDef, OpParams, View, Views } from './definition';
import { BackendError } from './errors';
import { retry } from './reclaim';
import type { Interpreter } from './runtime';
import { sizeOf, type Shape } from './shape';
import { Storage } from './storage';

/** Computes each op as it comes. */
export class Eager implements Interpreter {
  constructor(private readonly backend: Backend) {}

  alloc(shape: Shape, dtype: DType): Storage {
    const bytes = sizeOf(shape) * this.backend.itemSize(dtype);
    return Storage.of(this.backend, bytes);
  }

  exec(def: OpDef, xs: Views, ys: readonly View[], params: OpParams): void {
    const { kernels } = this.backend;
    try {
      def.run(kernels, xs, ys, params);
    } catch (e) {
      rerun(def, kernels, xs, ys, params, e);
    }
  }
}

/** A kernel may want memory to work in. A function of its own, since a closure in `exec` would cost each call an object. */
function rerun(def: OpDef, kernels: Kernels, xs: Views, ys: readonly View[], params: OpParams, error: unknown): void {
  retry(() => def.run(kernels, xs, ys, params), ofOp(def, error));
}

/** An error, or if it says that the backend has no such kernel, one that names the op. */
export const ofOp = ({ name }: { readonly name: string }, error: unknown): unknown =>
  error instanceof BackendError ? new BackendError(name, error.what, { cause: error }) : error;
