import type { Backend } from '../backend/backend';
import type { DType } from './dtype';
import { Eager } from './eager';
import { PhylloError, ValueError } from './errors';
import type { AnyDef, Params, View } from './op';
import type { Scope } from './scope';
import type { Shape } from './shape';
import type { Storage } from './storage';

/** Gives ops a meaning: computes them as they come, or writes them down. */
export interface Interpreter {
  /** Storage for a dense tensor; its contents are undefined. */
  alloc(shape: Shape, dtype: DType): Storage;
  /** Runs an op on dense or strided views, as it declared. */
  exec(def: AnyDef, xs: readonly (View | null)[], y: View, params: Params): void;
  execMulti(def: AnyDef, xs: readonly (View | null)[], ys: Readonly<Record<string, View>>, params: Params): void;
}

/** What is current in this thread. JavaScript runs one turn at a time, so plain fields do. */
interface Runtime {
  backend: Backend;
  interpreter: Interpreter;
  /** The innermost scope that the running code is in. */
  scope: Scope | null;
  /** Whether ops leave nodes for gradients. */
  recording: boolean;
}

/** Stands in until a backend is loaded: any use of it says so. */
const absent: Backend = new Proxy<Backend>(Object.create(null), {
  get(): never {
    throw new PhylloError('phyllo', 'no backend is loaded: import the package by its entry');
  },
});

export const runtime: Runtime = { backend: absent, interpreter: new Eager(absent), scope: null, recording: true };

/** Makes `backend` the one that tensors are born on. Tensors of another must not meet them. */
export function useBackend(backend: Backend): void {
  runtime.backend = backend;
  runtime.interpreter = new Eager(backend);
}

/** Runs `f` without leaving anything for gradients. `f` is synchronous: a Promise is a ValueError. */
export function noGrad<T>(f: () => T): T {
  const was = runtime.recording;
  runtime.recording = false;
  try {
    const result = f();
    if (result instanceof Promise) {
      result.catch(() => {});
      throw new ValueError('noGrad', 'the function returned a Promise; noGrad is synchronous');
    }
    return result;
  } finally {
    runtime.recording = was;
  }
}
