/** Kernels on several threads: the same bits as on one, nothing written elsewhere, whatever the cuts and the order. */
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { wasmBackend } from '../../ts/backend/wasm/backend';
import { threaded } from '../threaded';
import { CASES } from './kernels/index';
import { run, runGuarded } from './kernels/run';
import { load } from './modules';

vi.setConfig({ testTimeout: 60_000 });
const COUNTS = [1, 2, 3, 5];
const KERNELS = (Object.keys(CASES) as (keyof typeof CASES)[]).sort();

/** Relaxed SIMD is not everywhere. */
const BINARIES = (['simd128', 'relaxed'] as const).flatMap(name => {
  const module = load(name);
  return module ? [{ name, plain: wasmBackend(module, name), ...threaded(name) }] : [];
});

let calls = 0;
afterAll(() => {
  const names = BINARIES.map(({ name }) => name).join(' and ');
  console.log(
    `${calls} calls of ${KERNELS.length} kernels by ${names} on ${COUNTS.join(', ')} threads: the bits of one`,
  );
});

describe.each(BINARIES)('$name', ({ plain, backend, pool }) => {
  describe.each(COUNTS)('%i threads', threads => {
    let before = 0;
    beforeAll(async () => {
      expect(await pool.use(threads)).toBe(threads);
      // Some 20 µs: less than threads spin, and about as long as it takes to wake one.
      pool.try(1, 20_000);
      before = pool.parts.computed;
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

    test('others computed parts where there are others, and no stack was too small', () => {
      if (threads === 1) expect(pool.parts.computed).toBe(before);
      else expect(pool.parts.computed).toBeGreaterThan(before);
      expect(pool.parts.failed).toBe(0);
      expect(pool.stacksHold).toBe(true);
    });
  });
});
