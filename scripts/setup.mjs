/**
 * Makes a clone ready to run, and keeps it so: node modules, Rust for wasm, the binaries, the bundle. Each is redone
 * only when something it was made from changed. Needs nothing but Node; may be interrupted at any point.
 *
 *   node scripts/setup.mjs [--start | --wasm] [--checked]
 *
 *   --start     only what running the sources needs: node modules, and the binary that this Node loads
 *   --wasm      stop after the binaries
 *   --checked   build the binary for the tests too, which asserts every address
 */
import { copyFileSync, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { buildBinaries, copyBinaries } from './setup/binaries.mjs';
import { withLock } from './setup/lock.mjs';
import { npm } from './setup/npm.mjs';
import { GENERATED, ROOT, SCRAP } from './setup/places.mjs';
import { endChildren, handleInterruptions, run } from './setup/process.mjs';
import { duration, say, SetupError, showTimes, step } from './setup/report.mjs';
import { freshFolder, replace } from './setup/scrap.mjs';
import { filesUnder, hashOf, isCurrent, modulesMatch, writeStamp } from './setup/stamp.mjs';

/** Installs the packages of package-lock.json, unless they are. */
async function installModules() {
  const installed = join(ROOT, 'node_modules', '.package-lock.json');
  /** @param {string} file */
  const packages = file => JSON.parse(readFileSync(file, 'utf8')).packages;
  if (existsSync(installed) && modulesMatch(packages(join(ROOT, 'package-lock.json')), packages(installed))) return;
  await step('node modules', 'installing (about 30 s)', async () => {
    const scrap = freshFolder(join(SCRAP, 'modules'));
    for (const file of ['package.json', 'package-lock.json']) copyFileSync(join(ROOT, file), join(scrap, file));
    const [program, args] = npm('ci', '--prefix', scrap, '--no-audit', '--no-fund', '--loglevel=error');
    await run(program, args, { log: join(GENERATED, 'log', 'npm.log'), cwd: scrap });
    replace(join(scrap, 'node_modules'), join(ROOT, 'node_modules'));
  });
}

/**
 * Bundles ts/ into dist/.
 * @param {string} binaries the hash of what the binaries were made from
 */
async function bundle(binaries) {
  const configuration = ['package.json', 'tsconfig.json', 'tsup.config.ts', 'scripts/setup.mjs', 'scripts/sources.mjs'];
  const sources = filesUnder([...configuration, 'ts'].map(path => join(ROOT, path)));
  const hash = `${hashOf(ROOT, sources)} ${binaries}`;
  const stamp = join(GENERATED, '.stamps', 'dist');
  const dist = join(ROOT, 'dist');
  if (isCurrent(stamp, hash, [join(dist, 'node', 'index.js'), join(dist, 'index.d.ts')])) return;
  await step('dist', 'bundling (about 10 s)', async () => {
    const scrap = join(freshFolder(join(SCRAP, 'dist')), 'dist');
    await run(process.execPath, [join(ROOT, 'node_modules', 'tsup', 'dist', 'cli-default.js')], {
      log: join(GENERATED, 'log', 'tsup.log'),
      cwd: ROOT,
      env: { PHYLLO_DIST: scrap },
    });
    copyBinaries(scrap);
    replace(scrap, dist);
    writeStamp(stamp, hash);
  });
}

const { values } = parseArgs({
  options: {
    start: { type: 'boolean', default: false },
    wasm: { type: 'boolean', default: false },
    checked: { type: 'boolean', default: false },
  },
});
const start = Date.now();
handleInterruptions();
try {
  await withLock(join(GENERATED, '.lock'), async () => {
    const modules = installModules();
    const [binaries] = await Promise.all([
      buildBinaries({ checked: values.checked, own: values.start, modules }),
      modules,
    ]);
    if (!values.wasm && !values.start) await bundle(binaries);
  });
  showTimes();
  say(`phyllo is set up (${duration(Date.now() - start)})`);
} catch (error) {
  endChildren();
  if (!(error instanceof SetupError)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}
