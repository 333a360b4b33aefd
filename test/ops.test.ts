/**
 * Every op on every sample: gradients against differences, every binary against the reference, in every layout of the
 * inputs, without leaks.
 */
import { readFileSync } from 'node:fs';
import { afterAll, describe, expect, test } from 'vitest';
import type { Backend } from '../ts/backend/backend';
import { reference } from '../ts/backend/reference/backend';
import { wasmBackend } from '../ts/backend/wasm/backend';
import { sizeOf } from '../ts/core/shape';
import { useBackend } from '../ts/core/runtime';
import { direction, evaluate, product, randomFrom, type Evaluation, type Layout, type Point, type Values } from './harness';
import { all, samples } from './samples';
import type { Sample } from './samples/sample';

const LAYOUTS: readonly Layout[] = ['dense', 'permuted', 'sliced'];

/** The binaries that this engine runs: relaxed SIMD is not everywhere. */
const binaries = ['simd128', 'relaxed', 'checked'].flatMap(name => {
  const bytes = readFileSync(new URL(`../generated/${name}.wasm`, import.meta.url));
  return name === 'relaxed' && !WebAssembly.validate(bytes) ? [] : [wasmBackend(new WebAssembly.Module(bytes), name)];
});
const exact = reference();

/** How far f32 may be from float64: relative to the number itself, and to the largest of its tensor. */
const F32 = { each: 1e-5, largest: 2e-6 };
/** Layouts change the order of a sum at most. */
const F64 = { each: 1e-12, largest: 1e-12 };

let checks = 0;

function pointOf(sample: Sample, seed: number): Point {
  const random = randomFrom(seed);
  const outputs = sample.y.matchAll(/\w+\[([^\]]*)\]/g);
  return {
    xs: sample.inputs.map(({ shape, draw }) => draw(sizeOf(shape), random).map(Math.fround)),
    us: Array.from(outputs, ([, sizes = '']) => direction(sizes === '' ? 1 : sizeOf(sizes.split(',').map(Number)), random)),
    vs: sample.inputs.map(({ shape }) => direction(sizeOf(shape), random)),
  };
}

/** Where `actual` differs from `expected` by more than it may. */
function differences(what: string, actual: readonly Values[] | null, expected: readonly Values[] | null, may: typeof F32): string[] {
  if (actual === null || expected === null) return actual === expected ? [] : [`${what} is missing`];
  return actual.flatMap(({ data, dtype }, i) => {
    checks++;
    const want = expected[i]!.data;
    const largest = want.reduce((m, x) => (Number.isFinite(x) ? Math.max(m, Math.abs(x)) : m), 0);
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
function slope(what: string, g: readonly Values[] | null, d: readonly (readonly number[])[], f: (h: number) => number): string[] {
  checks++;
  const h = 1e-5;
  const [up, down] = [f(h), f(-h)];
  const numeric = (up - down) / (2 * h);
  const analytic = g ? product(g, d) : 0;
  const size = g ? product(g.map(v => ({ ...v, data: v.data.map(Math.abs) })), d.map(row => row.map(Math.abs))) : 0;
  const may = 1e-6 * size + 1e-10 * Math.max(1, Math.abs(up), Math.abs(down));
  return Math.abs(numeric - analytic) <= may ? [] : [`${what} is ${analytic}, by differences ${numeric}`];
}

const signature = (outputs: readonly Values[]): string => outputs.map(y => `${y.dtype}[${y.shape.join()}]`).join(' ');
const title = ({ inputs, y }: Sample): string => `${inputs.map(({ shape }) => `[${shape.join()}]`).join(' ')} → ${y}`;

describe.each(Object.keys(samples))('%s', name => {
  const own = all.flatMap(({ op, index, sample }, seed) => (op === name ? [{ index, sample, seed }] : []));
  for (const { index, sample, seed } of own) {
    const point = pointOf(sample, seed);
    let expected: Evaluation | null = null;
    const oracle = (): Evaluation => {
      useBackend(exact);
      return (expected ??= evaluate(sample, point));
    };

    test(`#${index} ${title(sample)}: gradients`, () => {
      const { outputs, first, second, faults } = oracle();
      checks += 2;
      expect(signature(outputs)).toBe(sample.y);
      expect(first !== null).toBe(sample.inputs.length > 0 && sample.gradient !== false);
      if (first === null) return;
      const random = randomFrom(seed + 10_000);
      const [dx, du] = [point.xs, point.us].map(rows => rows.map(row => direction(row.length, random)));
      const at = (h: number): Evaluation =>
        evaluate(sample, { xs: move(point.xs, dx!, h), us: move(point.us, du!, h), vs: point.vs });
      expect([
        ...faults,
        ...slope('gradient', first, dx!, h => evaluate(sample, { ...point, xs: move(point.xs, dx!, h) }).L),
        ...slope('second gradient', second, [...dx!, ...du!], h => at(h).phi),
      ]).toEqual([]);
    });

    test.each([exact, ...binaries].map(b => [b.name, b] as const))(`#${index} ${title(sample)}: %s`, (_, backend: Backend) => {
      const want = oracle();
      useBackend(backend);
      const may = backend === exact ? F64 : F32;
      const wrong = LAYOUTS.flatMap(layout => {
        const e = evaluate(sample, point, layout);
        const off = compare(e, want, may);
        if (signature(e.outputs) !== sample.y) off.push(`y is ${signature(e.outputs)}, expected ${sample.y}`);
        return off.map(s => `${layout}: ${s}`);
      });
      expect(wrong).toEqual([]);
      // By now the constants are there.
      const before = backend.memory();
      LAYOUTS.forEach(layout => evaluate(sample, point, layout));
      const after = backend.memory();
      checks++;
      expect([after.bytes, after.blocks]).toEqual([before.bytes, before.blocks]);
    });
  }
});

afterAll(() => {
  const backends = [exact, ...binaries].map(b => b.name).join(', ');
  console.log(`${Object.keys(samples).length} ops, ${all.length} samples, ${checks} checks on ${backends}`);
});
