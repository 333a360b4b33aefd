/** Plans take little more memory than any must: the networks of the benchmarks, in training. */
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { CASES } from '../../bench/memory';
import { useBackend } from '../../ts/core/runtime';
import { layOut, type Need } from '../../ts/graph/arena';
import { binaries } from '../backends';
import { dice } from '../toy';

vi.setConfig({ testTimeout: 120_000 });
beforeAll(() => useBackend(binaries[0]!));

const lines: string[] = [];
afterAll(() => console.log(lines.join('\n')));

test.each(Object.entries(CASES))('%s: the arena is at most 1.1 times what one step needs', (name, make) => {
  const { step, args, parameters } = make();
  const plan = step.plan(...args);
  const { bytes, bound } = plan.program.memory;
  const mib = (n: number): string => `${(n / 2 ** 20).toFixed(2)} MiB`;
  lines.push(`${name}: arena ${mib(bytes)}, ${(bytes / bound).toFixed(3)} times the least`);
  expect(bound).toBeGreaterThan(0);
  expect(bytes).toBeGreaterThanOrEqual(bound);
  expect(bytes).toBeLessThanOrEqual(1.1 * bound);
  step.dispose();
  for (const t of [...parameters, ...args]) t.dispose();
});

test('blocks whose times meet never meet in memory', () => {
  const roll = dice(4);
  for (let round = 0; round < 200; round++) {
    const needs: Need[] = Array.from({ length: 1 + roll(40) }, () => {
      const from = roll(30);
      return { bytes: roll(3) === 0 ? roll(20) : 16 * roll(100), from, to: from + roll(12) };
    });
    const { at, bytes, bound } = layOut(needs);
    needs.forEach((a, i) => {
      expect(at[i]! % 16).toBe(0);
      expect(at[i]! + a.bytes).toBeLessThanOrEqual(bytes);
      needs.forEach((b, j) => {
        if (i >= j || a.to < b.from || b.to < a.from || a.bytes === 0 || b.bytes === 0) return;
        expect(at[i]! + a.bytes <= at[j]! || at[j]! + b.bytes <= at[i]!).toBe(true);
      });
    });
    // The bound, by counting: the most that is needed at one time.
    const need = (n: number): number => Math.max(Math.ceil(n / 16), 1) * 16;
    const counted = Math.max(
      ...Array.from({ length: 50 }, (_, t) =>
        needs.reduce((n, a) => n + (a.from <= t && t <= a.to ? need(a.bytes) : 0), 0),
      ),
    );
    expect(bound).toBe(counted);
    expect(bytes).toBeGreaterThanOrEqual(bound);
  }
});
