/** Brings wasm-bindgen: the library of its command line behind a main function of ours, scripts/bindgen. */
import { copyFileSync, existsSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { CACHE, ROOT } from './places.mjs';
import { run } from './process.mjs';
import { step } from './report.mjs';
import { environment } from './rust.mjs';
import { freshFolder, replace } from './scrap.mjs';
import { filesUnder, hashOf } from './stamp.mjs';

const FOLDER = join(ROOT, 'scripts', 'bindgen');
const PROGRAM = process.platform === 'win32' ? 'phyllo-bindgen.exe' : 'phyllo-bindgen';

/**
 * Compiles it once per machine and version. The whole command line with wasm-pack takes three times as many crates, and
 * the tool runs for less than a second, so it is not optimised.
 * @param {import('./rust.mjs').Toolchain} rust
 * @returns {Promise<string>} the program
 */
export async function bringBindgen(rust) {
  const sources = ['Cargo.toml', 'Cargo.lock', 'src'].map(file => join(FOLDER, file));
  const folder = join(CACHE, `bindgen-${hashOf(FOLDER, filesUnder(sources)).slice(0, 16)}`);
  if (existsSync(folder)) return join(folder, PROGRAM);
  await step('wasm-bindgen', 'compiling (about 1 min, once per machine)', async () => {
    // A folder that outlives an interruption: what was compiled is not compiled again.
    const target = join(CACHE, 'build', 'bindgen');
    await run(join(rust.bin, 'cargo'), ['build', '--locked'], {
      log: join(CACHE, 'log', 'bindgen.log'),
      cwd: FOLDER,
      env: { ...environment(rust), CARGO_TARGET_DIR: target },
    });
    const scrap = freshFolder(join(CACHE, 'scrap'));
    mkdirSync(scrap, { recursive: true });
    copyFileSync(join(target, 'debug', PROGRAM), join(scrap, PROGRAM));
    replace(scrap, folder);
    rmSync(target, { recursive: true, force: true });
  });
  return join(folder, PROGRAM);
}
