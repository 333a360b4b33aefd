import type { Backend, Kernels } from '../backend/backend';
import type { DType } from './dtype';
import type { AnyDef, Params, View } from './op';
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

  exec(def: AnyDef, xs: readonly (View | null)[], y: View, params: Params): void {
    const { kernels } = this.backend;
    try {
      def.run!(kernels, xs, y, params);
    } catch (e) {
      rerun(def, kernels, xs, y, params, e);
    }
  }

  execMulti(def: AnyDef, xs: readonly (View | null)[], ys: Readonly<Record<string, View>>, params: Params): void {
    const { kernels } = this.backend;
    try {
      def.runMulti!(kernels, xs, ys, params);
    } catch (e) {
      rerunMulti(def, kernels, xs, ys, params, e);
    }
  }
}

// A kernel may want memory to work in. In functions of their own, since a closure in `exec` would cost each call an object.
function rerun(
  def: AnyDef,
  kernels: Kernels,
  xs: readonly (View | null)[],
  y: View,
  params: Params,
  error: unknown,
): void {
  retry(() => def.run!(kernels, xs, y, params), error);
}
function rerunMulti(
  def: AnyDef,
  kernels: Kernels,
  xs: readonly (View | null)[],
  ys: Readonly<Record<string, View>>,
  params: Params,
  error: unknown,
): void {
  retry(() => def.runMulti!(kernels, xs, ys, params), error);
}
