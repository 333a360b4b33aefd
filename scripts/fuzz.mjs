/** Runs the generators of test/fuzz with one seed after another, for a number of programs each or for some hours. */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { Command } from 'commander';
import { ROOT } from './setup/places.mjs';

/** @type {{ runs: string, seed: string, hours: string }} */
const { runs, seed, hours } = new Command('npm run fuzz --')
  .description('Random programs, plans and calls. What fails is printed, as small as it can be made.')
  .option('--runs <n>', 'how many in all; the tests take 2000', '')
  .option('--seed <n>', 'the first seed', '1')
  .option('--hours <h>', 'go on with further seeds for so long', '0')
  .parse()
  .opts();

/** With more at once, a seed would say nothing for hours. */
const BATCH = 2000;

/** @param {number} seed @param {number} count @returns {Promise<boolean>} */
function run(seed, count) {
  console.log(`seed ${seed}: ${count} programs`);
  const env = { ...process.env, PHYLLO_FUZZ_RUNS: String(count), PHYLLO_FUZZ_SEED: String(seed) };
  const child = spawn(process.execPath, [join(ROOT, 'node_modules', 'vitest', 'vitest.mjs'), 'run', 'test/fuzz'], { cwd: ROOT, env, stdio: 'inherit' });
  return new Promise((resolve) => child.once('close', (code) => resolve(code === 0)));
}

const end = Date.now() + 3.6e6 * Number(hours);
const all = runs === '' ? BATCH : Number(runs);
let failed = 0;
for (let s = Number(seed), left = all; left > 0 || Date.now() < end; s++, left -= BATCH) {
  if (!(await run(s, left > 0 ? Math.min(left, BATCH) : BATCH))) failed++;
}
console.log(failed === 0 ? 'nothing found' : `found something under ${failed} seeds`);
process.exit(failed === 0 ? 0 : 1);
