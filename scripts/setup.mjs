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
import { copyFileSync, renameSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { parseArgs } from 'node:util';
import { buildBinaries, WASM } from './setup/binaries.mjs';
import { GENERATED, hashOf, isMade, markMade, ROOT } from './setup/files.mjs';
import { withLock } from './setup/lock.mjs';
import { installModules } from './setup/modules.mjs';
import { duration, handleInterruptions, refusedBySystem, run, SetupError, step, times } from './setup/process.mjs';

/** Bundles ts/ into dist/, with the binaries beside. */
async function bundle() {
  const recipe = ['package.json', 'tsconfig.json', 'tsup.config.ts', 'scripts/setup.mjs', 'scripts/sources.mjs'];
  const inputs = hashOf([...WASM, ...[...recipe, 'ts'].map(path => join(ROOT, path))]);
  const [dist, stamp] = [join(ROOT, 'dist'), join(GENERATED, '.stamps', 'dist')];
  if (isMade(stamp, inputs, [dist])) return;
  await step('dist', 'bundling (about 10 s)', async () => {
    // Made beside, then put in place: an interruption leaves no half, and nothing of an older one stays.
    const made = join(GENERATED, '.dist');
    rmSync(made, { recursive: true, force: true });
    const tsup = join(ROOT, 'node_modules', 'tsup', 'dist', 'cli-default.js');
    await run(process.execPath, [tsup], { cwd: ROOT, env: { PHYLLO_DIST: made } });
    for (const file of WASM) copyFileSync(file, join(made, basename(file)));
    rmSync(dist, { recursive: true, force: true });
    renameSync(made, dist);
  });
  markMade(stamp, inputs, [dist]);
}

const option = /** @type {const} */ ({ type: 'boolean', default: false });
const { values } = parseArgs({ options: { start: option, wasm: option, checked: option } });
const start = Date.now();
handleInterruptions();
try {
  await withLock(join(GENERATED, '.lock'), async () => {
    const modules = installModules(ROOT, 'node modules', 'installing (about 30 s)');
    await Promise.all([modules, buildBinaries({ checked: values.checked, own: values.start, modules })]);
    if (!values.wasm && !values.start) await bundle();
  });
  for (const [name, time] of times) console.log(`  ${name.padEnd(14)}${time.padStart(12)}`);
  console.log(`phyllo is set up (${duration(Date.now() - start)})`);
} catch (error) {
  const message = error instanceof SetupError ? error.message : refusedBySystem(error);
  if (message === null) throw error;
  console.error(message);
  process.exit(1); // and what runs beside ends
}
