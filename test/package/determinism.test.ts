/**
 * The same seed gives the same bits: in every process, on any number of threads, and on every runtime with the binary
 * `simd128`.
 */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

/**
 * The weights of seed 1. A change of the kernels that adds or rounds in another order changes it, and nothing else may:
 * if that was meant, this is the line to write it down in.
 */
const HASH = 'e2d84f57a3f077e9f1b3bd346df3b97fcdf9007be39d742e6dc908304fc6a0d3';

interface Run {
  readonly backend: string;
  readonly losses: readonly number[];
  readonly hash: string;
}
const root = fileURLToPath(new URL('../..', import.meta.url));

async function train(seed: number, threads = ''): Promise<Run> {
  const args = ['--conditions=phyllo-source', '--import', 'tsx', 'test/package/determinism.child.ts', `${seed}`];
  const env = { ...process.env, PHYLLO_WASM: 'simd128', PHYLLO_THREADS: threads };
  const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: root, env });
  const run: Run = JSON.parse(stdout);
  return run;
}

test('a LeNet with dropout, shuffled batches and Adam, trained in three processes', { timeout: 120_000 }, async () => {
  const [first, second, other] = await Promise.all([train(1), train(1), train(2)]);
  expect(first.backend).toBe('simd128');
  expect(first.losses).toHaveLength(20);
  expect(first.losses.every(Number.isFinite)).toBe(true);
  expect(second).toEqual(first);
  expect(first.hash).toBe(HASH);
  expect(other.hash).not.toBe(HASH);
});

test.each(['1', '2', '3', '5'])('on %s threads', { timeout: 120_000 }, async threads => {
  const { hash } = await train(1, threads);
  expect(hash).toBe(HASH);
});
