/** What computes, as the library says it. */
import { afterAll, expect, test } from 'vitest';
import manifest from '../../package.json';
import { doctor, threads } from '../../ts/api';
import { useBackend } from '../../ts/core/runtime';
import { ones } from '../../ts/ops/creation';
import { matmul } from '../../ts/ops/matmul';
import { binaries, exact } from '../backends';
import { threaded } from '../threaded';

afterAll(() => useBackend(exact));

test('on one thread, and why', async () => {
  useBackend(binaries[0]!);
  expect(doctor()).toEqual({
    phyllo: manifest.version,
    runtime: `Node ${process.versions.node}`,
    binary: 'simd128',
    why: 'it was made so',
    threads: { asked: 1, running: 1, why: 'it was made for one' },
  });
  expect(await threads(4)).toBe(1);
  expect(doctor().threads).toEqual({ asked: 4, running: 1, why: 'it was made for one' });
  useBackend(exact);
  expect(doctor().threads).toEqual({ asked: 1, running: 1, why: 'this backend has one' });
  expect(await threads(3)).toBe(1);
  expect(doctor().threads).toEqual({ asked: 3, running: 1, why: 'this backend has one' });
});

test('on several: before they are needed, while they start, and all', async () => {
  const { backend } = threaded('simd128');
  useBackend(backend);
  const started = threads(3);
  expect(doctor().threads).toEqual({ asked: 3, running: 1, why: 'they are starting' });
  expect(await started).toBe(3);
  expect(doctor().threads).toEqual({ asked: 3, running: 3, why: null });
  expect(await threads(2)).toBe(2);
  expect(doctor().threads).toEqual({ asked: 2, running: 2, why: null });
  expect(await threads(1)).toBe(1);
  expect(
    matmul(ones([300, 300]), ones([300, 300]))
      .sum()
      .item(),
  ).toBe(300 ** 3);
});

test('a long computation starts them by itself', async () => {
  const { backend, pool } = threaded('simd128', 2);
  useBackend(backend);
  expect(doctor().threads).toEqual({ asked: 2, running: 1, why: 'the first long computation starts them' });
  const x = ones([512, 512]);
  for (let turn = 0; turn < 8; turn++) matmul(x, x).dispose();
  expect(doctor().threads.why).not.toBe('the first long computation starts them');
  for (let wait = 0; pool.running < 2 && wait < 1000; wait++) await new Promise(resolve => setTimeout(resolve, 10));
  expect(doctor().threads).toEqual({ asked: 2, running: 2, why: null });
});

test('what is no number of threads is refused', async () => {
  for (const n of [0, 65, 1.5, NaN, '2', undefined]) {
    await expect(Reflect.apply(threads, undefined, [n])).rejects.toThrow(
      /threads: n takes a whole number from 1 to 64, this is/,
    );
  }
  await expect(Reflect.apply(threads, undefined, [1, 2])).rejects.toThrow(/threads: takes 1 argument, these are 2/);
  expect(() => Reflect.apply(doctor, undefined, [1])).toThrow(/doctor/);
});
