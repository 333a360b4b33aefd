/** Kernels on several threads: the same bits as on one, nothing written elsewhere, whatever the cuts and the order. */
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { wasmBackend } from '../../ts/backend/wasm/backend';
import { threaded } from '../threaded';
import { CASES } from './kernels/index';
import { run, runGuarded } from './kernels/run';

vi.setConfig({ testTimeout: 60_000 });
const KERNELS = (Object.keys(CASES) as (keyof typeof CASES)[]).sort();

const plain = wasmBackend(
  new WebAssembly.Module(readFileSync(new URL('../../generated/simd128.wasm', import.meta.url))),
  'simd128',
);
const { backend, pool } = threaded('simd128');

let calls = 0;
afterAll(() => console.log(`${calls} calls of ${KERNELS.length} kernels on 1, 2, 3 and 5 threads: the bits of one`));

describe.each([1, 2, 3, 5])('%i threads', threads => {
  beforeAll(async () => {
    expect(await pool.use(threads)).toBe(threads);
    pool.try(1, 2000);
  });

  test.each(KERNELS)('%s: the bits of one thread', kernel => {
    for (const call of CASES[kernel]()) {
      const [actual, expected] = [runGuarded(backend, kernel, call), run(plain, kernel, call)];
      calls++;
      for (const [i, y] of actual.entries()) {
        const wrong = y.findIndex((value, j) => !Object.is(value, expected[i]![j]));
        const sizes = call.args.map(arg => (typeof arg === 'number' ? arg : arg.dtype)).join(', ');
        if (wrong >= 0) {
          expect.fail(`${kernel}(${sizes}), argument ${i - 1} at ${wrong}: ${y[wrong]}, not ${expected[i]![wrong]}`);
        }
      }
    }
  });
});
