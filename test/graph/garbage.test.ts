/** What a captured training step costs beside its kernels: next to nothing of JavaScript's heap, nothing of ours. */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

interface Memory {
  readonly bytes: number;
  readonly blocks: number;
  readonly peak: number;
}
interface Report {
  /** Bytes of the heap a step: of a function that returns nothing, of one that returns its loss. */
  readonly heap: { readonly silent: number; readonly loss: number };
  readonly linear: { readonly before: Memory; readonly after: Memory };
  readonly plans: readonly number[];
}

test('10,000 captured steps of LeNet', { timeout: 120_000 }, async () => {
  const root = fileURLToPath(new URL('../..', import.meta.url));
  // So much room for the young that no collection comes in between.
  const room = ['--min-semi-space-size=64', '--max-semi-space-size=64'];
  const args = ['--expose-gc', ...room, '--conditions=phyllo-source', '--import', 'tsx', 'test/graph/garbage.child.ts'];
  const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: root });
  const { heap, linear, plans }: Report = JSON.parse(stdout);
  const round = Math.round;
  console.log(
    `bytes of garbage a step: ${round(heap.silent)} answering nothing, ${round(heap.loss)} answering the loss`,
  );
  expect(plans).toEqual([1, 1]);
  expect(heap.silent).toBeGreaterThan(0); // no collection came in between
  expect(heap.silent).toBeLessThan(100);
  expect(heap.loss).toBeLessThan(600); // two handles' worth: the tensor with its storage, and the scope around
  expect(linear.after).toEqual(linear.before);
  expect(linear.after.peak).toBe(linear.after.bytes); // nothing was allocated, not even for a moment
});
