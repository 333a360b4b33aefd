/**
 * Tries the package as users get it in each runtime: packs it, installs it in an empty folder, trains LeNet-5 there, on
 * one thread, on three and on as many as it takes by itself, runs a saved one by phyllo/edge, and has two workers load
 * data. With the simd128 binary training gives the same loss everywhere on any number of threads, workers the same data,
 * and the saved LeNet-5 what it gave where it was saved, to the last bit; with the binary that a runtime takes by itself,
 * which may round once where the other rounds twice, the same to 1e-5. Where there are fewer threads than asked for, a
 * line says why. The last line counts the runs.
 */
import { execFile } from 'node:child_process';
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import * as vite from 'vite';
import { inBrowser } from './matrix/browser.mjs';
import { installPacked } from './matrix/pack.mjs';
import { duration, handleInterruptions, SetupError } from './setup/process.mjs';
import { findBrowser, findRuntime, installRuntimes, RUNTIMES } from './runtimes.mjs';

const TIMEOUT_MS = 60_000;
/** Of test/runtimes, what runs in the folder. */
const SCRIPTS = [
  'lenet.mjs',
  'save.mjs',
  'edge.mjs',
  'model.mjs',
  'digit.mjs',
  'loader.mjs',
  'noise.mjs',
  'page.html',
  'bundled.html',
];
/** How far the results of different binaries may be apart, relatively. */
const TOLERANCE = 1e-5;

/**
 * @typedef {object} Result what a script prints
 * @property {string} [binary] where it can tell
 * @property {number} value the last loss of training, the greatest of the ten numbers that a digit gives, or a sum of noise
 * @property {string} bits the loss's, or all ten numbers', in hexadecimal
 * @property {number} ms from the start of the runtime, or of the page, to the first result
 * @property {{ asked: number, running: number, why: string | null }} [threads]
 */
/**
 * @typedef {object} Contender
 * @property {string} name
 * @property {() => Promise<import('./runtimes.mjs').Runtime | null>} find
 * @property {(folder: string, program: string) => (script: string, binary: string, threads: string) => Promise<string>}
 *   runner runs a script in the folder with a binary and so many threads, or '' for the runtime's choice, and resolves to
 *   what it prints
 * @property {boolean} [single] whether it allows one thread alone
 * @property {boolean} [bundle] whether it runs the bundle of lenet.mjs alone
 * @property {string} source where to get it
 */

/** @param {...string} args @returns {Contender['runner']} */
const inProcess =
  (...args) =>
  (cwd, program) =>
  async (script, binary, threads) => {
    // Deno would write to the user's cache, and look for newer versions of itself.
    const deno = { DENO_DIR: join(cwd, '.deno'), DENO_NO_UPDATE_CHECK: '1' };
    const env = { ...process.env, ...deno, PHYLLO_WASM: binary, PHYLLO_THREADS: threads };
    const { stdout } = await promisify(execFile)(program, [...args, script], { cwd, env, timeout: TIMEOUT_MS });
    return stdout;
  };

const BROWSER =
  'it has to be on PATH as chromium, chromium-browser or google-chrome (Debian: apt-get install chromium)';
const source = 'npm ci --ignore-scripts in test/runtimes brings it, on the platforms named there';
/** @type {readonly Contender[]} */
const contenders = [
  {
    name: 'Node',
    find: async () => ({ path: process.execPath, version: process.versions.node }),
    runner: inProcess(),
    source: '',
  },
  { name: 'Node 22', find: () => findRuntime('node22'), runner: inProcess(), source },
  { name: 'Node 24', find: () => findRuntime('node24'), runner: inProcess(), source },
  { name: 'Node 26', find: () => findRuntime('node26'), runner: inProcess(), source },
  { name: 'Deno', find: () => findRuntime('deno'), runner: inProcess('run', '--allow-read', '--allow-env'), source },
  { name: 'Bun', find: () => findRuntime('bun'), runner: inProcess(), source },
  { name: 'Chromium', find: findBrowser, runner: inBrowser(true), source: BROWSER },
  {
    name: 'by Vite',
    find: findBrowser,
    runner: bundled(inBrowser(true, 'bundled.html')),
    source: BROWSER,
    bundle: true,
  },
  { name: 'not isolated', find: findBrowser, runner: inBrowser(false), source: BROWSER, single: true },
];
/**
 * In the folder of what Vite, as it is without a configuration, makes of a page.
 * @param {Contender['runner']} runner
 * @returns {Contender['runner']}
 */
function bundled(runner) {
  return (folder, program) => {
    const outDir = join(folder, 'bundle');
    const input = join(folder, 'bundled.html');
    const built = vite.build({ root: folder, logLevel: 'error', build: { outDir, rollupOptions: { input } } });
    const run = runner(outDir, program);
    return async (...what) => {
      await built;
      return run(...what);
    };
  };
}
/** What is run: scripts, binaries, numbers of threads; '' for the runtime's choice. */
const RUNS = [
  ['lenet.mjs', 'simd128', '1'],
  ['lenet.mjs', 'simd128', '3'],
  ['lenet.mjs', '', ''],
  ['edge.mjs', 'simd128', ''],
  ['edge.mjs', '', ''],
  ['loader.mjs', 'simd128', ''],
  ['loader.mjs', '', ''],
];

/** @param {readonly string[]} cells */
const row = cells =>
  cells
    .map((cell, i) => cell.padEnd([12, 15, 10, 8, 8, 8, 14, 12][i] ?? 0))
    .join('  ')
    .trimEnd();

/** Runs them all. @param {string} folder @returns {Promise<{ passed: number, failed: number }>} */
async function matrix(folder) {
  const counts = { passed: 0, failed: 0 };
  /** What simd128 gives: the first loss, and the plan where it was saved. @type {Record<string, Result | undefined>} */
  const references = {
    'edge.mjs': JSON.parse(await inProcess()(folder, process.execPath)('save.mjs', 'simd128', '1')),
  };
  console.log(row(['runtime', 'version', 'script', 'binary', 'threads', 'bits', 'result', 'first result', 'ok']));
  for (const { name, find, runner, source, single = false, bundle = false } of contenders) {
    const runtime = await find();
    if (runtime === null) {
      counts.failed++;
      console.log(`${row([name])} not here: ${source}`);
      continue;
    }
    const runWith = runner(folder, runtime.path);
    for (const [script = '', asked = '', number = ''] of RUNS) {
      if (bundle && script !== 'lenet.mjs') continue;
      try {
        /** @type {Result} */
        const result = JSON.parse(await runWith(script, asked, number));
        const { binary = '', value, bits, ms, threads } = result;
        const reference = (references[script] ??= result);
        const right =
          binary === 'simd128'
            ? bits === reference.bits
            : asked === '' && Math.abs(value - reference.value) <= TOLERANCE * Math.abs(reference.value);
        // As many as were asked for; or one, and why.
        const [want, why] = single
          ? [1, threads?.why !== null]
          : [number === '' ? threads?.asked : Number(number), true];
        const ok = right && (threads === undefined || (threads.running === want && why));
        counts[ok ? 'passed' : 'failed']++;
        const cells = [
          binary,
          `${threads?.running ?? 1}`,
          bits.slice(-8),
          String(value).slice(0, 12),
          `${ms.toFixed()} ms`,
        ];
        console.log(row([name, runtime.version, script, ...cells, ok ? 'ok' : 'DIFFERS']));
        if (single && threads) console.log(`${' '.repeat(14)}one thread: ${threads.why}`);
      } catch (error) {
        counts.failed++;
        const reason = error instanceof Error ? error.message : error;
        console.log(row([name, runtime.version, script, asked, number, `failed: ${reason}`]));
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
process.once('exit', remove);
try {
  await installPacked(folder);
  for (const file of SCRIPTS) copyFileSync(join(RUNTIMES, file), join(folder, file));
  await installRuntimes().catch(explain);
  const { passed, failed } = await matrix(folder);
  console.log(`in ${duration(Date.now() - start)}`);
  console.log(`${passed} passed, ${failed} failed`);
  process.exitCode = failed === 0 ? 0 : 1;
} catch (error) {
  explain(error);
  process.exitCode = 1;
} finally {
  remove();
}
