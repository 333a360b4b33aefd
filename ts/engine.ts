/**
 * How Node, Deno and Bun collect garbage on request, inside a turn of the event loop.
 *
 * V8 keeps the target of every WeakRef that was made or read until the running job is over. A script that ends in a
 * context with a microtask queue of its own ends a job, as V8 counts them, and lets these targets go. `gc` is had from
 * a context made after V8 was told to expose it.
 */
import type { Engine } from './core/collector';

/** Bun's own. */
declare const Bun: { gc(force: boolean): void } | undefined;

/** null where the runtime can do none of it. */
export function engine(): Engine | null {
  if (typeof Bun !== 'undefined') {
    return {
      forget() {},
      collect() {
        Bun.gc(true);
        return true;
      },
    };
  }
  const get = globalThis.process?.getBuiltinModule;
  if (get === undefined) return null;
  let ready: Engine | null = null;
  /** Contexts cost some milliseconds, and most programs need none. */
  const prepare = (): Engine => {
    const { createContext, Script } = get('node:vm');
    const gc = globalThis.gc ?? exposed(get);
    const context = createContext({}, { microtaskMode: 'afterEvaluate' });
    const job = new Script('Promise.resolve().then(() => {})');
    return {
      forget: () => void job.runInContext(context),
      collect() {
        if (typeof gc === 'function') Reflect.apply(gc, undefined, []);
        return typeof gc === 'function';
      },
    };
  };
  return {
    forget: () => (ready ??= prepare()).forget(),
    collect: () => (ready ??= prepare()).collect(),
  };
}

/** The function by which V8 collects, which it gives to contexts made while a flag says so. */
function exposed(get: typeof process.getBuiltinModule): unknown {
  const { setFlagsFromString } = get('node:v8');
  const { runInNewContext } = get('node:vm');
  setFlagsFromString('--expose-gc');
  try {
    return runInNewContext('globalThis.gc');
  } finally {
    setFlagsFromString('--no-expose-gc');
  }
}
