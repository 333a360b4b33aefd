import type { Backend, Kernels } from '../backend/backend';
import type { DType } from './dtype';
import { Eager } from './eager';
import { PhylloError, ValueError } from './errors';
import { aFunction, check, checkCount, type Kind } from './kinds';
import type { Node, Recomputation } from './node';
import type { OpDef, OpParams, Tensors } from './definition';
import type { Scope } from './lifetime';
import type { Shape } from './shape';
import type { Storage } from './storage';
import type { Tensor } from './tensor';

/** Gives ops a meaning: computes them as they come, or writes them down. */
export interface Interpreter {
  /** Storage for a dense tensor; its contents are undefined. */
  alloc(shape: Shape, dtype: DType): Storage;
  /** Runs an op on dense or strided views, as it declared. */
  exec(def: OpDef, xs: Tensors, ys: readonly Tensor[], params: OpParams): void;
}

/** What a trace must know beside the ops: all that a function depends on and that another call may find changed. */
export interface Watcher {
  /** JavaScript is about to read or write elements. */
  elements(t: Tensor, where: string): void;
  /** The gradient of a leaf is about to be read, or to be replaced, by nothing ('clear') or another. */
  gradient(leaf: Tensor, access: 'read' | 'replace' | 'clear'): void;
  /** A tensor is looked at otherwise than by an op's kernel; `recorded`: for gradients too. */
  uses(t: Tensor, recorded: boolean): void;
  /** The code that runs depends on the fields of o. */
  object(o: object): void;
  /**
   * A tensor was made of `data` from JavaScript.
   *
   * @returns what a call of the plan has instead of it, or the tensor itself.
   */
  constant(numbers: Tensor, data: ArrayLike<number>): Tensor;
  /** Nobody's scope will end t. */
  escaped(t: Tensor): void;
}

/** Looks at numbers as they are computed: see autodiff/anomaly.ts. */
export interface Inspector {
  /** Runs a function made of ops: what it returns counts. */
  whole<T>(where: string, f: () => T): T;
  /** An op left a node. */
  made(n: Node): void;
  /** Runs the gradient rules of a node: what they return counts. */
  gradient(n: Node, f: () => Tensors): Tensors;
}

/** What is current in this thread. JavaScript runs one turn at a time, so plain fields do. */
interface Runtime {
  backend: Backend;
  interpreter: Interpreter;
  /** Looks on while a function is traced. */
  watcher: Watcher | null;
  /** Looks at numbers, where anomalies are looked for. */
  inspector: Inspector | null;
  /** Takes tensors of other backends to this one: see elsewhere.ts. */
  carry: ((x: Tensor) => Tensor) | null;
  /** The innermost scope that the running code is in. */
  scope: Scope | null;
  /** Whether ops leave nodes for gradients. */
  recording: boolean;
  /** Who is notified of these nodes. */
  recomputation: Recomputation | null;
  /** 0, or of what is computed again for gradients: which time it is. */
  segment: number;
}

/** Stands in until a backend is loaded: any use of it says so. */
const absent: Backend = new Proxy<Backend>(Object.create(null), {
  get(): never {
    throw new PhylloError('phyllo', 'no backend is loaded: import the package by its entry');
  },
});

export const runtime: Runtime = {
  backend: absent,
  interpreter: new Eager(absent),
  watcher: null,
  inspector: null,
  carry: null,
  scope: null,
  recording: true,
  recomputation: null,
  segment: 0,
};

/** Makes `backend` the one that tensors are born on. Tensors of another must not meet them. */
export function useBackend(backend: Backend): void {
  runtime.backend = backend;
  runtime.interpreter = new Eager(backend);
}

/** Whether the backend has all of these kernels. Without, an op may be made of others. */
export const hasKernels = (...names: readonly (keyof Kernels)[]): boolean =>
  names.every(name => name in runtime.backend.kernels);

/** Runs `f` as if nothing were traced: what it makes is real, and stays. */
export function untraced<T>(f: () => T): T {
  const { interpreter, watcher } = runtime;
  runtime.interpreter = new Eager(runtime.backend);
  runtime.watcher = null;
  try {
    return f();
  } finally {
    runtime.interpreter = interpreter;
    runtime.watcher = watcher;
  }
}

const aCallback: Kind<unknown> = aFunction();

/**
 * Runs `f` without leaving anything for gradients.
 *
 * @throws {ValueError} if `f` is no function, or returns a Promise: it is synchronous.
 */
export function noGrad<T>(f: () => T): T {
  checkCount('noGrad', 1, arguments);
  check('noGrad', 'f', aCallback, f);
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
