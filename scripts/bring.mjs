/**
 * Installs what only some runs need, and prints its path in the last line.
 *
 *   node scripts/bring.mjs node24 | workerd | peers
 */
import { join } from 'node:path';
import { GENERATED, ROOT } from './setup/files.mjs';
import { withLock } from './setup/lock.mjs';
import { installModules } from './setup/modules.mjs';
import { handleInterruptions, SetupError } from './setup/process.mjs';
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
  const what = 'installing the libraries to compare with (about 1 min, 200 MB to download)';
  await withLock(join(GENERATED, '.lock'), () => installModules(folder, 'peers', what));
  return folder;
}

handleInterruptions();
const wanted = process.argv[2] ?? '';
try {
  console.log(wanted === 'peers' ? await peers() : await program(wanted));
} catch (error) {
  if (!(error instanceof SetupError)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}
