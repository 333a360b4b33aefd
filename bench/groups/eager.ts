import { add, keep, ones, scope, tensor, type Tensor } from 'phyllo';
import { duration, time, type Row } from '../measure';

/** What one op of one element costs in a scope beside its kernel: ns. */
export function* rows(): Generator<Row> {
  const a = keep(tensor([1]));
  const b = keep(tensor([2]));
  const w = keep(ones([1], { requiresGrad: true }));
  const cases: readonly (readonly [string, () => Tensor | void])[] = [
    ['eager-scope', () => {}],
    ['eager-add', () => void add(a, b)],
    ['eager-add-method', () => void a.add(b)],
    ['eager-add-number', () => void a.add(2)],
    ['eager-add-recorded', () => void w.add(b)],
    ['eager-mul-recorded', () => void w.mul(b)],
    ['eager-reshape', () => void a.reshape([1, 1])],
  ];
  // In a scope around, as in a loop or a forward: what returns stays inside.
  for (const [name, f] of cases) yield duration(name, 'ns', 1e6, scope(() => time(() => scope(f))));
}
