/**
 * Runs all tests, the crates' natively and then vitest, and ends with one line: how many passed and failed.
 * Arguments go to vitest.
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ROOT } from './setup/places.mjs';
import { environment, findRust } from './setup/rust.mjs';
import { cargoCounts, vitestCounts } from './setup/counts.mjs';

/**
 * Runs a program, shows its output and returns it.
 * @param {string} command
 * @param {readonly string[]} args
 * @param {NodeJS.ProcessEnv} [env]
 * @returns {Promise<{ ok: boolean, text: string }>}
 */
function show(command, args, env) {
  return new Promise((resolve) => {
    const child = spawn(command, args, { cwd: ROOT, env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
    let text = '';
    child.stdout.on('data', (chunk) => {
      text += chunk;
      process.stdout.write(chunk);
    });
    child.stderr.pipe(process.stderr);
    child.once('error', (error) => resolve({ ok: false, text: String(error) }));
    child.once('close', (code) => resolve({ ok: code === 0, text }));
  });
}

async function cargo() {
  const rust = await findRust();
  const args = ['test', '--quiet', '--no-fail-fast', '-p', 'phyllo-kernels', '-p', 'phyllo-arena'];
  const env = { ...environment(rust), CARGO_TARGET_DIR: join(ROOT, 'target', 'native') };
  const { ok, text } = await show(join(rust.bin, 'cargo'), args, env);
  return cargoCounts(text, ok);
}

async function vitest() {
  const folder = mkdtempSync(join(tmpdir(), 'phyllo-test-'));
  try {
    const report = join(folder, 'report.json');
    const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`];
    const args = [join(ROOT, 'node_modules', 'vitest', 'vitest.mjs'), 'run', ...reporters, ...process.argv.slice(2)];
    const colour = process.stdout.isTTY ? { FORCE_COLOR: '1' } : {};
    const { ok } = await show(process.execPath, args, colour);
    return vitestCounts(JSON.parse(readFileSync(report, 'utf8')), ok);
  } catch (error) {
    console.error(error);
    return { passed: 0, failed: 1 };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const counts = [await cargo(), await vitest()];
const passed = counts.reduce((sum, count) => sum + count.passed, 0);
const failed = counts.reduce((sum, count) => sum + count.failed, 0);
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
