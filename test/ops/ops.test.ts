/**
 * Every op on every sample: gradients against differences, every binary against the reference, in every layout of the
 * inputs, without leaks.
 */
import { afterAll, describe, expect, test, vi } from 'vitest';
import type { Backend } from '../../ts/backend/backend';
import { useBackend } from '../../ts/core/runtime';
import { binaries, exact } from '../backends';
import {
  direction,
  evaluate,
  pointOf,
  product,
  randomFrom,
  type Evaluation,
  type Layout,
  type Point,
  type Values,
} from './harness';
import { all, samples } from './samples';
import type { Sample } from './samples/sample';

const LAYOUTS: readonly Layout[] = ['dense', 'permuted', 'sliced'];

/** How far f32 may be from float64: relative to the number itself, and to the largest of its tensor or the inputs. */
const F32 = { each: 1e-5, largest: 1e-6 };
/** Layouts change the order of a sum at most. */
const F64 = { each: 1e-12, largest: 1e-12 };

vi.setConfig({ testTimeout: 30_000 });
let checks = 0;

/** Where `actual` differs from `expected` by more than it may. */
function differences(
  what: string,
  actual: readonly Values[] | null,
  expected: readonly Values[] | null,
  may: typeof F32,
): string[] {
  if (actual === null || expected === null) return actual === expected ? [] : [`${what} is missing`];
  return actual.flatMap(({ data, dtype }, i) => {
    checks++;
    const want = expected[i]!.data;
    const largest = want.reduce((m, x) => (Number.isFinite(x) ? Math.max(m, Math.abs(x)) : m), 1);
    const wrong = data.flatMap((x, j) => {
      const y = want[j]!;
      if (Object.is(x, y) || x === y) return [];
      if (dtype === 'f32' && Math.abs(x - y) <= may.each * Math.abs(y) + may.largest * largest) return [];
      return [`${what} ${i} at ${j} is ${x}, expected ${y}`];
    });
    return data.length === want.length ? wrong : [`${what} ${i} has ${data.length} elements, expected ${want.length}`];
  });
}
function compare(e: Evaluation, expected: Evaluation, may: typeof F32): string[] {
  checks++;
  return [
    ...differences('y', e.outputs, expected.outputs, may),
    ...differences('gradient', e.first, expected.first, may),
    ...differences('second gradient', e.second, expected.second, may),
    ...e.faults,
  ];
}

const move = (a: readonly (readonly number[])[], by: readonly (readonly number[])[], h: number): number[][] =>
  a.map((row, i) => row.map((x, j) => x + h * by[i]![j]!));

/** Whether a directional derivative ⟨g, d⟩ is (f(h) − f(−h)) / 2h, as far as rounding of f and cancellation allow. */
function slope(
  what: string,
  g: readonly Values[] | null,
  d: readonly (readonly number[])[],
  f: (h: number) => number,
): string[] {
  checks++;
  const h = 1e-5;
  const [up, down] = [f(h), f(-h)];
  const numeric = (up - down) / (2 * h);
  const analytic = g ? product(g, d) : 0;
  const size = g
    ? product(
        g.map(v => ({ ...v, data: v.data.map(Math.abs) })),
        d.map(row => row.map(Math.abs)),
      )
    : 0;
  const may = 1e-6 * size + 1e-10 * Math.max(1, Math.abs(up), Math.abs(down));
  return Math.abs(numeric - analytic) <= may ? [] : [`${what} is ${analytic}, by differences ${numeric}`];
}

const signature = (outputs: readonly Values[]): string => outputs.map(y => `${y.dtype}[${y.shape.join()}]`).join(' ');
const title = ({ inputs, y }: Sample): string => `${inputs.map(({ shape }) => `[${shape.join()}]`).join(' ')} → ${y}`;

/** Values, gradient and gradient of the gradient, against differences on the reference backend. */
function checkGradients(sample: Sample, point: Point, e: Evaluation, seed: number): string[] {
  checks += 2;
  const faults = [...e.faults];
  if (signature(e.outputs) !== sample.y) faults.push(`y is ${signature(e.outputs)}`);
  const smooth = sample.inputs.length > 0 && sample.gradient !== false;
  if ((e.first !== null) !== smooth) faults.push(`y ${smooth ? 'requires no' : 'requires a'} gradient`);
  if (e.first === null) return faults;
  const random = randomFrom(seed);
  const along = (rows: readonly (readonly number[])[]): number[][] => rows.map(row => direction(row.length, random));
  const [dx, du] = [along(point.xs), along(point.us)];
  const L = (h: number): number => evaluate(sample, { ...point, xs: move(point.xs, dx, h) }).L;
  const phi = (h: number): number =>
    evaluate(sample, { ...point, xs: move(point.xs, dx, h), us: move(point.us, du, h) }).phi;
  return [...faults, ...slope('gradient', e.first, dx, L), ...slope('second gradient', e.second, [...dx, ...du], phi)];
}

/**
 * A backend against the reference, for each of some layouts of the inputs; and what all but the first, with which constants
 * come, leave in memory.
 */
function checkBackend(
  backend: Backend,
  layouts: readonly Layout[],
  sample: Sample,
  point: Point,
  expected: Evaluation,
): string[] {
  useBackend(backend);
  let before = backend.memory();
  const faults = layouts.flatMap((layout, i) => {
    const e = evaluate(sample, point, layout);
    if (i === 0) before = backend.memory();
    const off = compare(e, expected, backend === exact ? F64 : F32);
    if (signature(e.outputs) !== sample.y) off.push(`y is ${signature(e.outputs)}`);
    return off.map(s => `${layout}: ${s}`);
  });
  checks++;
  const after = backend.memory();
  if (backend !== exact && (after.bytes !== before.bytes || after.blocks !== before.blocks))
    faults.push(`${after.bytes - before.bytes} bytes in ${after.blocks - before.blocks} blocks leak`);
  return faults.map(s => `${backend.name}: ${s}`);
}

/** Layouts are no business of instructions: those of relaxed SIMD compute what the others do. */
const layoutsOf = ({ name }: Backend): readonly Layout[] => (name === 'relaxed' ? LAYOUTS.slice(0, 1) : LAYOUTS);

describe.each(Object.keys(samples))('%s', name => {
  all.forEach(({ op, index, sample }) => {
    if (op !== name) return;
    const seed = index + 1000 * [...op].reduce((code, letter) => code * 31 + letter.charCodeAt(0), 0);
    test(`#${index} ${title(sample)}`, () => {
      const point = pointOf(sample, seed);
      useBackend(exact);
      const expected = evaluate(sample, point);
      expect([
        ...checkGradients(sample, point, expected, seed + 1),
        ...[exact, ...binaries].flatMap(backend => checkBackend(backend, layoutsOf(backend), sample, point, expected)),
      ]).toEqual([]);
    });
  });
});

afterAll(() => {
  const backends = [exact, ...binaries].map(b => b.name).join(', ');
  console.log(`${Object.keys(samples).length} ops, ${all.length} samples, ${checks} checks on ${backends}`);
});
