/** Every op on several threads, with gradients of first and second order: the bits of one thread. */
import { readFileSync } from 'node:fs';
import { describe, expect, test, vi } from 'vitest';
import { useBackend } from '../../ts/core/runtime';
import { wasmBackend } from '../../ts/backend/wasm/backend';
import { exact } from '../backends';
import { threaded } from '../threaded';
import { evaluate, pointOf, type Values } from './harness';
import { all, samples } from './samples';

vi.setConfig({ testTimeout: 30_000 });
const THREADS = [1, 2, 3, 5];

const plain = wasmBackend(
  new WebAssembly.Module(readFileSync(new URL('../../generated/simd128.wasm', import.meta.url))),
  'simd128',
);
const { backend, pool } = threaded('simd128');

/** Every number of the values, and where they do not belong to the same tensors that too. */
const numbers = (values: readonly Values[] | null): unknown[] =>
  (values ?? []).flatMap(({ shape, data }) => [String(shape), ...data]);

describe.each(THREADS)('%i threads', threads => {
  let before = 0;
  test('are there', async () => {
    pool.try(1, 20_000);
    expect(await pool.use(threads)).toBe(threads);
    expect(pool.running).toBe(threads);
    before = pool.parts.computed;
  });

  test.each(Object.keys(samples))('%s', name => {
    for (const { op, index, sample } of all) {
      if (op !== name) continue;
      const point = pointOf(sample, index);
      useBackend(plain);
      const expected = evaluate(sample, point);
      useBackend(backend);
      const actual = evaluate(sample, point);
      useBackend(exact);
      for (const of of ['outputs', 'first', 'second'] as const) {
        const [got, want] = [numbers(actual[of]), numbers(expected[of])];
        const wrong = want.findIndex((x, i) => !Object.is(x, got[i]));
        if (wrong >= 0) expect.fail(`${name} #${index}, ${of} at ${wrong}: ${got[wrong]}, not ${want[wrong]}`);
        expect(got).toHaveLength(want.length);
      }
    }
  });

  test('computed parts, if there are others than the calling one', () => {
    if (threads === 1) expect(pool.parts.computed).toBe(before);
    else expect(pool.parts.computed).toBeGreaterThan(before);
    expect(pool.stacksHold).toBe(true);
  });
});
