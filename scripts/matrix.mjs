/**
 * Tries the package as users get it in each runtime: packs it, installs it in an empty folder, trains LeNet-5 there.
 * The simd128 binary gives the same loss everywhere, to the last bit; the binary that a runtime takes by itself, which
 * may round once where the other rounds twice, the same to 1e-5. The last line counts the runs.
 */
import { execFile } from 'node:child_process';
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { inBrowser } from './matrix/browser.mjs';
import { installPacked } from './matrix/pack.mjs';
import { handleInterruptions, onInterrupt } from './setup/process.mjs';
import { duration, say, SetupError } from './setup/report.mjs';
import { findBrowser, findRuntime, installRuntimes, RUNTIMES } from './setup/runtimes.mjs';

const TIMEOUT_MS = 60_000;
/** How far the losses of different binaries may be apart, relatively. */
const TOLERANCE = 1e-5;

/**
 * @typedef {object} Result what lenet.mjs prints
 * @property {string} binary
 * @property {number} loss
 * @property {string} bits the loss's, in hexadecimal
 * @property {number} ms from the start of the runtime, or of the page, to the first loss
 */
/**
 * @typedef {object} Contender
 * @property {string} name
 * @property {() => Promise<import('./setup/runtimes.mjs').Runtime | null>} find
 * @property {(folder: string, program: string) => (binary: string) => Promise<string>} script runs lenet.mjs in the
 *   folder with a binary, or '' for the runtime's choice, and resolves to what it prints
 * @property {string} source where to get it
 */

/** @param {...string} args @returns {Contender['script']} */
const inProcess = (...args) => (cwd, program) => async (binary) => {
  // Deno would write to the user's cache, and look for newer versions of itself.
  const deno = { DENO_DIR: join(cwd, '.deno'), DENO_NO_UPDATE_CHECK: '1' };
  const env = { ...process.env, ...deno, PHYLLO_WASM: binary };
  const { stdout } = await promisify(execFile)(program, [...args, 'lenet.mjs'], { cwd, env, timeout: TIMEOUT_MS });
  return stdout;
};

const source = 'npm ci --ignore-scripts in test/runtimes brings it, on the platforms named there';
/** @type {readonly Contender[]} */
const contenders = [
  {
    name: 'Node',
    find: async () => ({ path: process.execPath, version: process.versions.node }),
    script: inProcess(),
    source: '',
  },
  { name: 'Node 22', find: () => findRuntime('node22'), script: inProcess(), source },
  { name: 'Node 24', find: () => findRuntime('node24'), script: inProcess(), source },
  { name: 'Deno', find: () => findRuntime('deno'), script: inProcess('run', '--allow-read', '--allow-env'), source },
  { name: 'Bun', find: () => findRuntime('bun'), script: inProcess(), source },
  {
    name: 'Chromium',
    find: findBrowser,
    script: inBrowser,
    source: 'it has to be on PATH as chromium, chromium-browser or google-chrome (Debian: apt-get install chromium)',
  },
];

/** @param {readonly string[]} cells */
const row = (cells) => cells.map((cell, i) => cell.padEnd([9, 15, 8, 10, 14, 14][i] ?? 0)).join('  ').trimEnd();

/** Runs them all. @param {string} folder @returns {Promise<{ passed: number, failed: number }>} */
async function matrix(folder) {
  const counts = { passed: 0, failed: 0 };
  /** The first loss from simd128. @type {Result | null} */
  let reference = null;
  say(row(['runtime', 'version', 'binary', 'loss bits', 'loss', 'first result', 'ok']));
  for (const { name, find, script, source } of contenders) {
    const runtime = await find();
    if (runtime === null) {
      counts.failed++;
      say(`${row([name])} not here: ${source}`);
      continue;
    }
    const runWith = script(folder, runtime.path);
    for (const asked of ['simd128', '']) {
      try {
        /** @type {Result} */
        const { binary, loss, bits, ms } = JSON.parse(await runWith(asked));
        reference ??= { binary, loss, bits, ms };
        const ok = binary === 'simd128'
          ? bits === reference.bits
          : asked === '' && Math.abs(loss - reference.loss) <= TOLERANCE * Math.abs(reference.loss);
        counts[ok ? 'passed' : 'failed']++;
        const result = [binary, bits, String(loss).slice(0, 12), `${ms.toFixed()} ms`, ok ? 'ok' : 'DIFFERS'];
        say(row([name, runtime.version, ...result]));
      } catch (error) {
        counts.failed++;
        say(row([name, runtime.version, asked, `failed: ${error instanceof Error ? error.message : error}`]));
      }
    }
  }
  return counts;
}

/** Set-up failures explain themselves. @param {unknown} error */
function explain(error) {
  if (!(error instanceof SetupError)) throw error;
  console.error(error.message);
}

const start = Date.now();
handleInterruptions();
const folder = mkdtempSync(join(tmpdir(), 'phyllo-matrix-'));
const remove = () => rmSync(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
onInterrupt.add(remove);
try {
  await installPacked(folder);
  for (const file of ['lenet.mjs', 'page.html']) copyFileSync(join(RUNTIMES, file), join(folder, file));
  await installRuntimes().catch(explain);
  const { passed, failed } = await matrix(folder);
  say(`in ${duration(Date.now() - start)}`);
  say(`${passed} passed, ${failed} failed`);
  process.exitCode = failed === 0 ? 0 : 1;
} catch (error) {
  explain(error);
  process.exitCode = 1;
} finally {
  remove();
}
