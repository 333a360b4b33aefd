import { add, keep, ones, scope, tensor } from 'phyllo';
import type { Row, Task } from '../row';

const OPS = ['scope', 'add', 'add-method', 'add-number', 'add-recorded', 'mul-recorded', 'reshape'] as const;
const CALLS = 1000;

/** What one op of one element costs in a scope, beside its kernel. */
export interface Eager {
  readonly kind: 'eager';
  readonly op: (typeof OPS)[number];
}

export const rows: readonly Row<Eager>[] = OPS.map(op => ({
  name: `eager-${op}`,
  work: { kind: 'eager', op },
  unit: 'ns',
  amount: CALLS,
}));

export function prepare({ op }: Eager): Task {
  const a = keep(tensor([1]));
  const b = keep(tensor([2]));
  const w = keep(ones([1], { requiresGrad: true }));
  const f = {
    scope: () => {},
    add: () => void add(a, b),
    'add-method': () => void a.add(b),
    'add-number': () => void a.add(2),
    'add-recorded': () => void w.add(b),
    'mul-recorded': () => void w.mul(b),
    reshape: () => void a.reshape([1, 1]),
  }[op];
  return {
    // In a scope around, as in a loop or a forward: what returns stays inside.
    run: () =>
      scope(() => {
        for (let i = 0; i < CALLS; i++) scope(f);
      }),
    free: () => [a, b, w].forEach(t => t.dispose()),
  };
}
