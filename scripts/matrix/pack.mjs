/** The package as users get it. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../setup/files.mjs';
import { npm } from '../setup/modules.mjs';
import { run } from '../setup/process.mjs';

/** Packs the package and installs it in an empty folder. @param {string} folder */
export async function installPacked(folder) {
  const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
  const pack = npm('pack', '--silent', '--pack-destination', folder);
  await run(pack.command, pack.args, { cwd: ROOT });
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ private: true, type: 'module' }));
  const tarball = join(folder, `phyllo-${version}.tgz`);
  const install = npm('install', '--prefix', folder, '--no-audit', '--no-fund', '--offline', tarball);
  await run(install.command, install.args, { cwd: folder });
}
