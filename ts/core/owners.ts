/** The modules that live, so that a trace finds those that own a tensor which it met. None is kept alive by this. */
import { whenGone } from './collector';

const all: Set<WeakRef<object>> = new Set();
/** Those that nobody has looked into yet. */
const fresh: Set<WeakRef<object>> = new Set();
const known: WeakSet<object> = new WeakSet();

export function addOwner(o: object): void {
  const ref = new WeakRef(o);
  all.add(ref);
  fresh.add(ref);
  known.add(o);
  whenGone(o, () => {
    all.delete(ref);
    fresh.delete(ref);
  });
}
export const isOwner = (o: object): boolean => known.has(o);

/** All modules, or those that were made since the last time. */
export function* owners(which: 'all' | 'fresh'): Generator<object> {
  for (const ref of which === 'all' ? all : fresh) {
    fresh.delete(ref);
    const o = ref.deref();
    if (o) yield o;
  }
}
