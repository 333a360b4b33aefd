/** What the functions of this package take, beside numbers. */
import { nn, optim } from 'phyllo';
import { aFunction, either, instanceOf, kind, recordOf, type Kind } from 'phyllo/kinds';
import type { Metrics } from './metric';
import type { Loss } from './step';

const has = (v: unknown, ...names: readonly string[]): boolean =>
  typeof v === 'object' && v !== null && names.every(name => typeof Reflect.get(v, name) === 'function');

export const aModel: Kind<nn.Module> = instanceOf(nn.Module, 'a module');
export const anOptimizer: Kind<optim.Optimizer> = instanceOf(optim.Optimizer, 'an optimizer');
/** One, or several by their names. */
export const optimizers: Kind<optim.Optimizer | Readonly<Record<string, optim.Optimizer>>> = either(
  anOptimizer,
  recordOf(anOptimizer, 'optimizers by name'),
);
export const aBatchSize: Kind<number> = kind(
  'a whole number ≥ 1, or Infinity for all samples',
  v => v === Infinity || (Number.isInteger(v) && Number(v) >= 1),
);
const isLoss: Kind<unknown> = either(
  aFunction<() => unknown>(),
  kind('a loss of nn', v => has(v, 'forward')),
);
export function aLoss<O>(): Kind<Loss<O>> {
  return kind('a function of output and targets, or a loss of nn', isLoss.fits);
}
export function metricsByName<M extends Metrics>(): Kind<M> {
  const all = recordOf(
    kind('a metric, with update, compute and reset', v => has(v, 'update', 'compute', 'reset')),
    'metrics by name',
  );
  return kind(all.takes, all.fits);
}
