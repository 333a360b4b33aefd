/**
 * Installs what only some runs need, and prints its path in the last line.
 *
 *   node scripts/bring.mjs node24 | workerd | peers
 */
import { join } from 'node:path';
import { installExtra } from './extra.mjs';
import { ROOT } from './setup/places.mjs';
import { handleInterruptions } from './setup/process.mjs';
import { say, SetupError } from './setup/report.mjs';
import { findRuntime, installRuntimes } from './runtimes.mjs';

/** A runtime that tests know. @param {string} name */
async function program(name) {
  await installRuntimes();
  const runtime = await findRuntime(name);
  if (runtime === null) throw new SetupError(`${name} has no package for this platform`);
  return runtime.path;
}

/** The libraries that benchmarks compare with. */
async function peers() {
  const folder = join(ROOT, 'bench', 'peers');
  await installExtra(folder, 'peers', 'installing the libraries to compare with (about 1 min, 200 MB to download)');
  return folder;
}

handleInterruptions();
const wanted = process.argv[2] ?? '';
try {
  say(wanted === 'peers' ? await peers() : await program(wanted));
} catch (error) {
  if (!(error instanceof SetupError)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}
