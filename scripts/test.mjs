/**
 * Runs all tests, the crates' natively and then vitest, and ends with one line: how many passed and failed. Those of
 * the arithmetic run a second time in a newer engine. With arguments, which go to vitest, they do not.
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ROOT } from './setup/places.mjs';
import { cargoCounts, vitestCounts } from './setup/counts.mjs';
import { handleInterruptions } from './setup/process.mjs';
import { environment, findRust } from './setup/rust.mjs';
import { findRuntime, installRuntimes } from './setup/runtimes.mjs';

const ARITHMETIC = ['ops/ops', 'ops/goldens', 'optim/training', 'package/determinism'].map(
  name => `test/${name}.test.ts`,
);

/**
 * Runs a program, shows its output and returns it.
 * @param {string} command
 * @param {readonly string[]} args
 * @param {NodeJS.ProcessEnv} [env]
 * @returns {Promise<{ ok: boolean, text: string }>}
 */
function show(command, args, env) {
  return new Promise(resolve => {
    const child = spawn(command, args, {
      cwd: ROOT,
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let text = '';
    child.stdout.on('data', chunk => {
      text += chunk;
      process.stdout.write(chunk);
    });
    child.stderr.pipe(process.stderr);
    child.once('error', error => resolve({ ok: false, text: String(error) }));
    child.once('close', code => resolve({ ok: code === 0, text }));
  });
}

async function cargo() {
  const rust = await findRust();
  const args = ['test', '--quiet', '--no-fail-fast', '-p', 'phyllo-kernels', '-p', 'phyllo-arena'];
  const env = { ...environment(rust), CARGO_TARGET_DIR: join(ROOT, 'target', 'native') };
  const { ok, text } = await show(join(rust.bin, 'cargo'), args, env);
  return cargoCounts(text, ok);
}

/** Runs vitest in a Node. @param {string} node @param {readonly string[]} files all without any */
async function vitest(node, files) {
  const folder = mkdtempSync(join(tmpdir(), 'phyllo-test-'));
  try {
    const report = join(folder, 'report.json');
    const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`];
    const args = [join(ROOT, 'node_modules', 'vitest', 'vitest.mjs'), 'run', ...reporters, ...files];
    const colour = process.stdout.isTTY ? { FORCE_COLOR: '1' } : {};
    const { ok } = await show(node, args, colour);
    return vitestCounts(JSON.parse(readFileSync(report, 'utf8')), ok);
  } catch (error) {
    console.error(error);
    return { passed: 0, failed: 1 };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Node 20 has relaxed SIMD behind a flag only, and an older compiler. */
async function inNode24() {
  await installRuntimes().catch((/** @type {Error} */ error) => console.error(error.message));
  const node24 = await findRuntime('node24');
  if (node24 !== null) return vitest(node24.path, ARITHMETIC);
  console.error('Node 24 is not here: npm ci --ignore-scripts in test/runtimes brings it where it can');
  return { passed: 0, failed: 1 };
}

handleInterruptions();
const named = process.argv.slice(2);
const counts = [await cargo(), await vitest(process.execPath, named)];
if (named.length === 0 && Number.parseInt(process.versions.node, 10) < 24) counts.push(await inNode24());
const passed = counts.reduce((sum, count) => sum + count.passed, 0);
const failed = counts.reduce((sum, count) => sum + count.failed, 0);
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
