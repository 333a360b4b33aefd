/** Values and gradients against PyTorch's, on every backend. */
import { describe, expect, test } from 'vitest';
import { gradients } from '../../ts/autodiff/backward';
import type { Backend } from '../../ts/backend/backend';
import { useBackend } from '../../ts/core/runtime';
import { scope } from '../../ts/core/scope';
import type { Tensor } from '../../ts/core/tensor';
import * as ops from '../../ts/ops/all';
import { tensor } from '../../ts/ops/creation';
import { binaries, exact } from '../backends';
import { floats, type Floats } from '../goldens/golden';
import { type Case, type Options, casesOf, read, given, runs } from './golden-runs';

interface Tolerance {
  readonly relative: number;
  readonly absolute: number;
}
/** Goldens were rounded to f32 once. */
const F64: Tolerance = { relative: 1.2e-7, absolute: 1e-12 };
const F32: Tolerance = { relative: 1e-5, absolute: 2e-6 };

/** Cells in which this library means something else: the result `what` of an op where x is one of these numbers. */
const DIFFERENCES: readonly {
  readonly op: string;
  readonly options?: Options;
  readonly what: readonly string[];
  readonly at: readonly number[];
  readonly why: string;
}[] = [
  {
    op: 'maxPool2d',
    what: ['gx'],
    at: [NaN],
    why: 'of several NaN in a window the first is the maximum, there the last',
  },
  {
    op: 'smoothL1Loss',
    options: { beta: 0 },
    what: ['gx', 'gt'],
    at: [0],
    why: 'the slope of |d| at 0 is 0, there −1',
  },
  { op: 'relu', what: ['gx'], at: [NaN], why: 'the slope is 1 where y > 0, there where not y ≤ 0' },
  {
    op: 'gelu',
    options: { approximate: 'tanh' },
    what: ['gx'],
    at: [Infinity, -Infinity],
    why: 'the limit, there ∞ · 0',
  },
  { op: 'gelu', what: ['y'], at: [-Infinity], why: 'x Φ(x) falls to −0, there ∞ · 0' },
  { op: 'silu', what: ['y'], at: [-Infinity], why: 'x σ(x) falls to −0, there ∞ · 0' },
];
const met: Set<string> = new Set();

function differs(name: string, what: string, options: Options, x: number | undefined): boolean {
  const found = DIFFERENCES.find(
    d =>
      d.op === name &&
      d.what.includes(what) &&
      d.at.some(v => Object.is(v, x)) &&
      Object.entries(d.options ?? {}).every(([key, value]) =>
        Object.entries(options).some(([k, v]) => k === key && v === value),
      ),
  );
  if (found) met.add(found.why);
  return found !== undefined;
}

/** Where and how a result is not the golden: in numbers, or in being NaN or infinite. */
function compare(
  what: string,
  actual: Tensor | undefined,
  golden: Floats | null | undefined,
  may: Tolerance,
  but: (i: number) => boolean,
): string[] {
  if (!golden) return [];
  if (!actual) return [`${what} is missing`];
  if (actual.shape.join() !== golden.shape.join())
    return [`${what} has shape [${actual.shape.join()}], expected [${golden.shape.join()}]`];
  const want = floats(golden);
  return Array.from(actual.toArray()).flatMap((value, i) => {
    const e = want[i]!;
    if (Object.is(value, e) || value === e || Math.abs(value - e) <= may.relative * Math.abs(e) + may.absolute)
      return [];
    if (but(i)) return [];
    return [`${what}[${i}] is ${value}, expected ${e}`];
  });
}

function check(name: string, c: Case, may: Tolerance): string[] {
  return scope(() => {
    const x = given(read(c.x), 'x');
    const inputs = {
      x,
      w: read(c.w),
      b: read(c.b),
      t: read(c.t),
      weight: read(c.weight),
      posWeight: read(c.posWeight),
      mean: read(c.mean),
      var: read(c.var),
    };
    const y = given(runs[name], name)(inputs, c.options);
    const entries = [
      ['gx', x, c.gx],
      ['gw', inputs.w, c.gw],
      ['gb', inputs.b, c.gb],
      ['gt', inputs.t, c.gt],
    ] as const;
    const wanted = entries.flatMap(([what, input, golden]) => (input && golden ? [{ what, input, golden }] : []));
    const found = gradients(
      y,
      wanted.map(({ input }) => input),
      { gradient: tensor(floats(c.g), { shape: c.g.shape }) },
    );
    const at = floats(c.x);
    return [
      ...compare('meanAfter', inputs.mean ?? undefined, c.meanAfter, F32, () => false),
      ...compare('varAfter', inputs.var ?? undefined, c.varAfter, F32, () => false),
      ...compare('y', y, c.y, may, i => differs(name, 'y', c.options, at[i])),
      ...wanted.flatMap(({ what, golden }, i) =>
        compare(what, found[i], golden, may, j => differs(name, what, c.options, at[j])),
      ),
    ];
  });
}

describe.each([exact, ...binaries].map(b => [b.name, b] as const))('%s', (_, backend: Backend) => {
  const may = backend === exact ? F64 : F32;
  for (const file of ['conv2d', 'pool', 'losses', 'activations', 'norm', 'more']) {
    casesOf(file).forEach((c, i) => {
      const name = c.op ?? file;
      test(`${file} #${i}: ${name} ${JSON.stringify(c.options)}`, () => {
        useBackend(backend);
        expect(check(name, c, may)).toEqual([]);
      });
    });
  }
});

test('sorted places are those of PyTorch', () => {
  useBackend(exact);
  const cases = casesOf('more').filter(({ op }) => op === 'sort' || op === 'topk');
  expect(cases.length).toBeGreaterThan(10);
  for (const { op, x, index, options } of cases) {
    const { k, dim, largest, descending } = options;
    const t = given(read(x), 'x');
    const [, at] = op === 'sort' ? ops.sort(t, dim, { descending }) : ops.topk(t, given(k, 'k'), dim, { largest });
    expect(Array.from(at.toArray()), `${op} ${JSON.stringify(options)}`).toEqual(given(index, 'index').i32);
  }
});

test('every difference is one', () => {
  expect([...met].sort()).toEqual(DIFFERENCES.map(({ why }) => why).sort());
});
