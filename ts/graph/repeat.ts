/**
 * Loops among the calls of a plan. A function that loops over time steps leaves the same calls again and again, on
 * addresses that change evenly; they become one body with a count, so that a plan's length does not depend on that of
 * the sequence.
 */
import type { Call } from './lower';
import type { Value } from './graph';
import { periodsOf } from './periods';

/** Calls that are made `times` times. */
export interface Repeat {
  readonly times: number;
  /** As the first time has them. */
  readonly body: readonly Call[];
  /** By call of the body: by how much each argument grows from one time to the next. */
  readonly growth: readonly (readonly number[])[];
}
export type Instruction = Call | Repeat;

/** Folds calls into loops. `offsets` are those of values in the arena. */
export function foldLoops(calls: readonly Call[], offsets: ReadonlyMap<Value, number>): Instruction[] {
  const names = new Map<string, number>();
  const ids = new Map<Value, number>();
  const all = calls.map(({ kernel, args, relocations, step }) => {
    const numbers = [...args];
    const bases = relocations.map(({ arg, value, at }) => {
      const offset = offsets.get(value);
      numbers[arg] = at + (offset ?? 0);
      if (offset === undefined && !ids.has(value)) ids.set(value, ids.size);
      return `${arg}@${ids.get(value) ?? 'arena'}`;
    });
    const key = [kernel, step.def.name, args.length, ...bases].join();
    if (!names.has(key)) names.set(key, names.size);
    return { name: names.get(key)!, numbers };
  });
  const alike = (i: number, length: number): boolean => {
    const [a, b, c] = [all[i]!, all[i + length]!, all[i + 2 * length]!];
    if (a.name !== b.name || b.name !== c.name) return false;
    return a.numbers.every((x, j) => {
      const d = growth(x, b.numbers[j]!);
      return d !== null && d === growth(b.numbers[j]!, c.numbers[j]!);
    });
  };

  const instructions: Instruction[] = [];
  let next = 0;
  for (const { from, length, times } of periodsOf(calls.length, 2, alike)) {
    instructions.push(...calls.slice(next, from));
    const second = all.slice(from + length, from + 2 * length);
    instructions.push({
      times,
      body: calls.slice(from, from + length),
      growth: second.map(({ numbers }, j) => all[from + j]!.numbers.map((x, arg) => growth(x, numbers[arg]!)!)),
    });
    next = from + length * times;
  }
  instructions.push(...calls.slice(next));
  return instructions;
}

/** By how much a number grows; null if that cannot be added again and again: not a whole number. */
function growth(a: number, b: number): number | null {
  if (Object.is(a, b)) return 0;
  return Number.isSafeInteger(a) && Number.isSafeInteger(b) ? b - a : null;
}
