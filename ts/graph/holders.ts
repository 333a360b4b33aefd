/**
 * Which modules hold a tensor or another module, in a field or nested in one. Each module is looked into once, at the
 * first trace after it was made, so that a trace costs no more where a program has made many models.
 */
import { changes } from '../core/changes';
import { owners } from '../core/owners';
import { Tensor } from '../core/tensor';
import { heldBy } from './memo';

const holders: WeakMap<object, Set<WeakRef<object>>> = new WeakMap();
const refs: WeakMap<object, WeakRef<object>> = new WeakMap();
/** Leaves that no module held when the count of changes was so. */
const bare: WeakMap<object, number> = new WeakMap();

function note(which: 'all' | 'fresh'): void {
  for (const o of owners(which)) {
    let ref = refs.get(o);
    if (!ref) refs.set(o, (ref = new WeakRef(o)));
    for (const held of heldBy(o)) {
      const known = holders.get(held);
      if (known) known.add(ref);
      else holders.set(held, new Set([ref]));
    }
  }
}

/** The modules that hold it now, or once did. */
export function holdersOf(held: object): object[] {
  note('fresh');
  let known = holders.get(held);
  // A leaf that was put into a module after that was looked into.
  if (!known && held instanceof Tensor && held.leaf !== null && bare.get(held) !== changes()) {
    note('all');
    known = holders.get(held);
    if (!known) bare.set(held, changes());
  }
  return known ? [...known].flatMap(ref => ref.deref() ?? []) : [];
}
