/**
 * Runs all tests, the crates' natively and then vitest, and ends with one line: how many passed and failed. Types,
 * format and lint are checked beside the crates' tests, and each check counts as a test. The tests of the arithmetic run
 * a second time in a newer engine. With arguments, which go to vitest, only the crates' tests and those named run.
 */
import { execFile, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ROOT } from './setup/files.mjs';
import { cargoCounts, vitestCounts } from './counts.mjs';
import { duration, handleInterruptions, output } from './setup/process.mjs';
import { askRustup, environment, findRust, TARGET } from './setup/rust.mjs';
import { findRuntime, installRuntimes } from './runtimes.mjs';

const ARITHMETIC = ['ops/ops', 'ops/goldens', 'optim/training', 'package/determinism'].map(
  name => `test/${name}.test.ts`,
);

/**
 * Runs a program and returns what it prints.
 * @param {string} command
 * @param {readonly string[]} args
 * @param {NodeJS.ProcessEnv} [env]
 * @returns {Promise<{ ok: boolean, text: string }>}
 */
function gather(command, args, env) {
  return new Promise(resolve => {
    const options = { cwd: ROOT, env: { ...process.env, ...env }, maxBuffer: 1e8 };
    execFile(command, args, options, (error, stdout, stderr) => resolve({ ok: error === null, text: stdout + stderr }));
  });
}

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

/** @typedef {{ name: string, command: string, args: readonly string[], env?: NodeJS.ProcessEnv }} Check */

/** What runs without a test: each must succeed. @param {import('./setup/rust.mjs').Toolchain} rust @returns {Check[]} */
function checks(rust) {
  const node = process.execPath;
  const tsc = join(ROOT, 'node_modules', 'typescript-7', 'bin', 'tsc');
  const cargo = join(rust.bin, 'cargo');
  const native = { ...environment(rust), CARGO_TARGET_DIR: join(ROOT, 'target', 'clippy') };
  const wasm = { ...native, ...environment(rust, ['-Ctarget-feature=+simd128']) };
  const atomics = environment(rust, ['-Ctarget-feature=+simd128,+atomics,+bulk-memory']);
  const threads = { ...native, ...atomics, RUSTC_BOOTSTRAP: '1' };
  const boundary = ['clippy', '-p', 'phyllo-wasm', '--lib', '--target', TARGET];
  const strict = ['--', '-D', 'warnings'];
  return [
    { name: 'biome', command: node, args: [join(ROOT, 'node_modules', '@biomejs', 'biome', 'bin', 'biome'), 'check'] },
    { name: 'tsc', command: node, args: [tsc] },
    ...['scripts', 'ts'].map(folder => ({ name: `tsc -p ${folder}`, command: node, args: [tsc, '-p', folder] })),
    ...['Cargo.toml', 'scripts/bindgen/Cargo.toml'].map(manifest => ({
      name: `cargo fmt, ${manifest}`,
      command: cargo,
      args: ['fmt', '--all', '--check', '--manifest-path', join(ROOT, manifest)],
      env: native,
    })),
    {
      name: 'clippy, kernels and arena',
      command: cargo,
      args: ['clippy', '--all-targets', '-p', 'phyllo-kernels', '-p', 'phyllo-arena', ...strict],
      env: native,
    },
    ...[[], ['checked'], ['threads'], ['infer,plans', '--no-default-features']].map(([features, ...more]) => ({
      name: ['clippy, wasm', ...(features ? [features] : [])].join(' '),
      command: cargo,
      args: [...boundary, ...(features ? ['--features', features] : []), ...more, ...strict],
      env: features === 'threads' ? threads : wasm,
    })),
  ];
}

/** Runs the checks, one after the other: other work runs beside them. */
async function check() {
  const rust = await findRust();
  const tools = await Promise.all(['fmt', 'clippy'].map(tool => output(join(rust.bin, 'cargo'), tool, '--version')));
  if (tools.includes(null)) await askRustup('rustfmt and clippy', 'component', 'add', 'rustfmt', 'clippy');
  const counts = { passed: 0, failed: 0 };
  for (const { name, command, args, env } of checks(rust)) {
    const start = Date.now();
    const { ok, text } = await gather(command, args, env);
    counts[ok ? 'passed' : 'failed']++;
    console.log(
      `${ok ? '' : `${text.trimEnd()}\n`}check ${name}: ${ok ? 'ok' : 'FAILED'} (${duration(Date.now() - start)})`,
    );
  }
  return counts;
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
const [rust, checked] = await Promise.all([cargo(), named.length === 0 ? check() : { passed: 0, failed: 0 }]);
const counts = [rust, checked, await vitest(process.execPath, named)];
if (named.length === 0 && Number.parseInt(process.versions.node, 10) < 24) counts.push(await inNode24());
const passed = counts.reduce((sum, count) => sum + count.passed, 0);
const failed = counts.reduce((sum, count) => sum + count.failed, 0);
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
