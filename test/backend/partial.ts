import { BackendError } from '../../ts/core/errors';
import type { Backend, Kernels } from '../../ts/backend/backend';

/** Kernels that ops do without where a backend leaves them out. */
const OPTIONAL: ReadonlySet<PropertyKey> = new Set<keyof Kernels>(['indexOutside']);

/**
 * A backend that has some of the kernels. Ops made of others where one is missing are so computed (recurrent layers step by
 * step, cross-entropy by softmax); the remaining ones throw a {@link BackendError}.
 */
export function partialBackend({
  kernels,
  ...backend
}: Omit<Backend, 'kernels'> & { readonly kernels: Partial<Kernels> }): Backend {
  return { ...backend, kernels: completed(backend.name, kernels) };
}

/** What is there are properties of its own, as fast as before; what is not is looked up in the prototype, which throws. */
function completed(backend: string, kernels: Partial<Kernels>): Kernels {
  const missing = new Proxy<Kernels>(Object.create(null), {
    get(_, name): undefined {
      if (OPTIONAL.has(name) || typeof name === 'symbol') return undefined;
      throw new BackendError(name, `${backend} has no kernel ${name}`);
    },
  });
  return Object.assign<Kernels, Partial<Kernels>>(Object.create(missing), kernels);
}
