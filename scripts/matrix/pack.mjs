/** The package as users get it. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { npm } from '../setup/npm.mjs';
import { ROOT } from '../setup/places.mjs';
import { run } from '../setup/process.mjs';

/** Packs the package and installs it in an empty folder. @param {string} folder */
export async function installPacked(folder) {
  const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
  const log = join(folder, 'npm.log');
  await run(...npm('pack', '--silent', '--pack-destination', folder), { log, cwd: ROOT });
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ private: true, type: 'module' }));
  const tarball = join(folder, `phyllo-${version}.tgz`);
  const install = ['install', '--prefix', folder, '--no-audit', '--no-fund', '--offline', tarball];
  await run(...npm(...install), { log, cwd: folder });
}
