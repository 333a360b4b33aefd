/**
 * Random programs over the public API do the same whether freed memory is used again or not, in plans and without: the
 * same numbers to the bit, the same errors. What they free is an error to use, what they do not free is there, and
 * nothing is left.
 */
import { readFileSync } from 'node:fs';
import { env } from 'node:process';
import fc from 'fast-check';
import { beforeAll, expect, test, vi } from 'vitest';
import { wasmBackend } from '../../ts/backend/wasm/backend';
import { anyProgram, difference } from './run';

const [fast, checked] = ['simd128', 'checked'].map(name =>
  wasmBackend(new WebAssembly.Module(readFileSync(new URL(`../../generated/${name}.wasm`, import.meta.url))), name),
);
const numRuns = Number(env.PHYLLO_FUZZ_RUNS ?? 1000);
const seed = Number(env.PHYLLO_FUZZ_SEED ?? 1);

beforeAll(() => void vi.spyOn(console, 'warn').mockReturnValue()); // of too many shapes

// The collector takes longer than a program: of those that leave memory to it there are fewer.
test.each([
  ['in a scope', true, numRuns],
  ['of no scope', false, Math.ceil(numRuns / 20)],
])('programs %s', { timeout: 0 }, async (_, scoped, numRuns) => {
  let smallest = '';
  const result = await fc.check(
    fc.asyncProperty(anyProgram(scoped), async program => {
      await new Promise(setImmediate); // engines keep what weak references lead to until a turn is over
      const found = difference(program, fast!, checked!);
      if (found !== null) smallest = found;
      return found === null;
    }),
    { numRuns, seed },
  );
  if (result.failed)
    expect.fail(`seed ${seed}, path ${result.counterexamplePath}, ${result.numRuns} programs:\n${smallest}`);
});
