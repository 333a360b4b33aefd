/** Brings wasm-pack, and the wasm-bindgen that fits the crate. */
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { CACHE, ROOT } from './places.mjs';
import { folderOf, output, run } from './process.mjs';
import { SetupError, step } from './report.mjs';
import { environment } from './rust.mjs';
import { freshFolder, replace } from './scrap.mjs';

const WASM_PACK = '0.15.1';

/**
 * The version of a crate in Cargo.lock.
 * @param {string} lock the file's text
 * @param {string} crate
 * @returns {string}
 */
export function lockedVersion(lock, crate) {
  const version = new RegExp(`^name = "${crate}"\\r?\\nversion = "([^"]+)"`, 'm').exec(lock)?.[1];
  if (version === undefined) throw new SetupError(`Cargo.lock does not name ${crate}`);
  return version;
}

/**
 * The folder of a program of exactly this version: on PATH, in the cache, or installed there now.
 * @param {import('./rust.mjs').Toolchain} rust
 * @param {{ program: string, crate: string, version: string, time: string }} tool
 * @returns {Promise<string>}
 */
async function bring(rust, { program, crate, version, time }) {
  const onPath = folderOf(program);
  if (onPath && (await output(join(onPath, program), ['--version']))?.split(' ')[1] === version) return onPath;

  const root = join(CACHE, `${crate}-${version}`);
  const bin = join(root, 'bin');
  if (existsSync(bin)) return bin;
  await step(program, `compiling (about ${time}, once per machine)`, async () => {
    const scrap = freshFolder(join(CACHE, 'scrap'));
    await run(join(rust.bin, 'cargo'), ['install', '--root', scrap, `${crate}@${version}`], {
      log: join(CACHE, 'log', `${crate}.log`),
      env: {
        ...environment(rust),
        // A folder that outlives an interruption: what was compiled is not compiled again.
        CARGO_TARGET_DIR: join(CACHE, 'build', 'tools'),
        // The tools run for seconds and are compiled for minutes.
        CARGO_PROFILE_RELEASE_OPT_LEVEL: '1',
        CARGO_PROFILE_RELEASE_LTO: 'off',
      },
    });
    replace(scrap, root);
  });
  return bin;
}

/**
 * @param {import('./rust.mjs').Toolchain} rust
 * @returns {Promise<string[]>} the folders of wasm-pack and wasm-bindgen
 */
export async function bringTools(rust) {
  const wasmBindgen = lockedVersion(readFileSync(join(ROOT, 'Cargo.lock'), 'utf8'), 'wasm-bindgen');
  const folders = [
    await bring(rust, {
      program: 'wasm-bindgen',
      crate: 'wasm-bindgen-cli',
      version: wasmBindgen,
      time: '2 min',
    }),
    await bring(rust, { program: 'wasm-pack', crate: 'wasm-pack', version: WASM_PACK, time: '2 min' }),
  ];
  rmSync(join(CACHE, 'build', 'tools'), { recursive: true, force: true });
  return folders;
}
