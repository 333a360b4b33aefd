/** Runs the generators of test/fuzz with one seed after another, for a number of programs each or for some hours. */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { Command, InvalidArgumentError } from 'commander';
import { ROOT } from './setup/files.mjs';

/** With more at once, a seed would say nothing for hours. */
const BATCH = 2000;

/** @param {boolean} whole @returns {(text: string) => number} */
const number = whole => text => {
  const value = Number(text);
  if (text.trim() !== '' && value >= 0 && Number.isFinite(value) && (!whole || Number.isInteger(value))) return value;
  throw new InvalidArgumentError(`It takes a ${whole ? 'whole ' : ''}number from 0 up.`);
};

/** @type {{ runs: number, seed: number, hours: number }} */
const { runs, seed, hours } = new Command('npm run fuzz --')
  .description('Random programs, plans and calls. What fails is printed, as small as it can be made.')
  .option('--runs <n>', 'programs of each kind', number(true), BATCH)
  .option('--seed <n>', 'the first seed', number(true), 1)
  .option('--hours <h>', 'go on with further seeds for so long', number(false), 0)
  .allowExcessArguments(false)
  .parse()
  .opts();

/** @param {number} seed @param {number} count @returns {Promise<boolean>} */
function run(seed, count) {
  console.log(`seed ${seed}: ${count} programs`);
  const env = { ...process.env, PHYLLO_FUZZ_RUNS: String(count), PHYLLO_FUZZ_SEED: String(seed) };
  const child = spawn(process.execPath, [join(ROOT, 'node_modules', 'vitest', 'vitest.mjs'), 'run', 'test/fuzz'], {
    cwd: ROOT,
    env,
    stdio: 'inherit',
  });
  return new Promise(resolve => child.once('close', code => resolve(code === 0)));
}

const end = Date.now() + 3.6e6 * hours;
let failed = 0;
// Some generators take a seed for each program.
for (let s = seed, left = runs; left > 0 || Date.now() < end; s += BATCH, left -= BATCH) {
  if (!(await run(s, left > 0 ? Math.min(left, BATCH) : BATCH))) failed++;
}
console.log(failed === 0 ? 'nothing found' : `found something under ${failed} seeds`);
process.exit(failed === 0 ? 0 : 1);
