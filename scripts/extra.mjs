/** Packages that only some runs need: folders with a lock file of their own. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { withLock } from './setup/lock.mjs';
import { npm } from './setup/npm.mjs';
import { GENERATED } from './setup/places.mjs';
import { run } from './setup/process.mjs';
import { step } from './setup/report.mjs';
import { modulesMatch } from './setup/stamp.mjs';

/**
 * Installs the packages of a folder's lock file, unless they are. Their install scripts, which download, are not needed.
 * @param {string} folder
 * @param {string} name of the step
 * @param {string} what it does, and about how long that takes
 */
export async function installExtra(folder, name, what) {
  const installed = join(folder, 'node_modules', '.package-lock.json');
  /** @param {string} file */
  const packages = file => JSON.parse(readFileSync(file, 'utf8')).packages;
  await withLock(join(GENERATED, '.lock'), async () => {
    const locked = packages(join(folder, 'package-lock.json'));
    if (existsSync(installed) && modulesMatch(locked, packages(installed))) return;
    await step(name, what, async () => {
      const [program, args] = npm('ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error');
      await run(program, args, { log: join(GENERATED, 'log', `${name}.log`), cwd: folder });
    });
  });
}
