/** Odd calls of all that the package exports, as test/fuzz makes them of phyllo: refused by name, or right. */
import * as phyllo from 'phyllo';
import { PhylloError, scope } from 'phyllo';
import * as tables from 'phyllo/tables';
import { Table, TableEncoder } from 'phyllo/tables';
import { expect, test } from 'vitest';
import { call, labels, on, optional, plain, whole, type Right } from '../fuzz/arguments';
import { oddCall } from '../fuzz/odd';
import { randomFrom } from '../ops/harness';
import { namesOf } from '../package/surface';

const ROUNDS = Math.ceil(Number(process.env.PHYLLO_FUZZ_RUNS ?? 1000) / 25);

const table = (): Table => new Table({ x: [1, 2, 3, 4], y: [5, null, 6, 7], c: ['a', 'b', 'a', 'b'] });
const options = { target: 'c', numbers: { missing: 'mean' } } as const;
const encoder = (): TableEncoder => new TableEncoder(options).fit(table());
const text = (value: unknown): { value: unknown; also: 'text' } => ({ value, also: 'text' });

/** What reads files is in source.test.ts; what takes nothing has nothing to be called wrongly with. */
const WITHOUT = /^readCsv$|#(toArray|describe|toCsv|toString|toJSON|names|types|classes|featureNames|fromJSON)$/;
const RIGHT: Readonly<Record<string, () => Right>> = {
  parseCsv: () => call(text('a,b\n1,2\n'), optional(plain({ header: true, delimiter: ',' }))),
  Table: () => call({ value: { x: [1, 2], c: [3, 4] }, open: true }, optional(plain({ types: { x: 'number' } }))),
  'Table#column': () => on(table(), plain('x')),
  'Table#row': () => on(table(), whole(0)),
  'Table#select': () => on(table(), plain(['x'])),
  'Table#drop': () => on(table(), plain(['x'])),
  'Table#take': () => on(table(), { ...labels([0, 1]), whole: true }),
  'Table#filter': () => on(table(), { value: () => true, also: 'function' }),
  'Table#slice': () => on(table(), optional(whole(1)), optional(whole(2))),
  'Table#head': () => on(table(), optional(whole(2))),
  'Table#sort': () => on(table(), plain(['x']), optional(plain({ descending: true }))),
  TableEncoder: () => call(optional(plain(options))),
  'TableEncoder#fit': () => on(new TableEncoder(options), plain(table())),
  'TableEncoder#transform': () => on(encoder(), plain(table())),
  'TableEncoder#targets': () => on(encoder(), plain(table())),
  'TableEncoder#dataset': () => on(encoder(), plain(table())),
  'TableEncoder#decode': () => on(encoder(), { ...labels([0, 1]), whole: true }),
  trainValidationTest: () =>
    call({ value: 20, whole: true }, optional(whole({ fractions: [0.5, 0.25, 0.25], seed: 1 }))),
  kFold: () => call({ value: 20, whole: true }, whole({ k: 2, shuffle: true, seed: 1 })),
};

/** Makes the call: of a method, a constructor or a function. */
function run(name: string, { on: object }: Right, args: readonly unknown[]): unknown {
  const [path = '', method] = name.split('#');
  const f: unknown = method === undefined ? Reflect.get(tables, path) : Reflect.get(Object(object), method);
  if (typeof f !== 'function') throw new Error(`${name} is no function`);
  return /^class\b/.test(String(f)) ? Reflect.construct(f, args) : Reflect.apply(f, object, args);
}

test('everything public has a right call, or is said to take nothing', () => {
  expect(namesOf(tables).filter(name => !(name in RIGHT) && !WITHOUT.test(name))).toEqual([]);
});

test.each(Object.entries(RIGHT))('%s: the right call is right, with an argument more it is refused', (name, make) => {
  scope(() => {
    const args = make().args.map(a => a.value);
    run(name, make(), args);
    expect(() => run(name, make(), [...args, {}])).toThrow(`takes ${args.length} argument`);
  });
});

test('odd calls are refused by name, and leave nothing behind', () => {
  const faults: string[] = [];
  let [calls, refused] = [0, 0];
  const { blocks } = phyllo.memory();
  for (const [name, make] of Object.entries(RIGHT)) {
    const draw = randomFrom([...name].reduce((code, c) => code * 31 + c.charCodeAt(0), 1));
    for (let round = 0; round < ROUNDS; round++) {
      scope(() => {
        const right = make();
        const odd = oddCall(right, draw);
        calls++;
        try {
          run(name, right, odd.args);
          if (!odd.mayPass) faults.push(`${name}, ${odd.change}: nothing was thrown`);
        } catch (e) {
          if (e instanceof PhylloError) refused++;
          else faults.push(`${name}, ${odd.change}: ${String(e)}`);
        }
      });
    }
  }
  console.log(`${calls} odd calls: ${refused} refused, ${faults.length} faults`);
  expect(faults).toEqual([]);
  expect(phyllo.memory().blocks).toBeLessThanOrEqual(blocks + 3); // the default generator and constants
});
