/** The modules that live, so that a trace finds those that own a tensor which it met. None is kept alive by this. */
import { whenGone } from './collector';

const refs: Set<WeakRef<object>> = new Set();
const known: WeakSet<object> = new WeakSet();

export function addOwner(o: object): void {
  const ref = new WeakRef(o);
  refs.add(ref);
  known.add(o);
  whenGone(o, () => refs.delete(ref));
}
export const isOwner = (o: object): boolean => known.has(o);

export function* owners(): Generator<object> {
  for (const ref of refs) {
    const o = ref.deref();
    if (o) yield o;
  }
}
