/** Compiles the crates to WebAssembly: one binary for each set of instructions, one glue for all. */
import { copyFileSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { withLock } from './lock.mjs';
import { CACHE, GENERATED, ROOT, SCRAP } from './places.mjs';
import { run } from './process.mjs';
import { SetupError, step } from './report.mjs';
import { environment, bringRust, wasmEnvironment } from './rust.mjs';
import { freshFolder, replace } from './scrap.mjs';
import { filesUnder, hashOf, isCurrent, writeStamp } from './stamp.mjs';
import { bringTools } from './tools.mjs';

const GLUE = ['phyllo_wasm.js', 'phyllo_wasm.d.ts'];

/**
 * @typedef {{ name: string, features: string, cargo: readonly string[] }} Binary
 * @type {Record<'simd128' | 'relaxed' | 'checked', Binary>}
 */
const BINARIES = {
  simd128: { name: 'simd128', features: '+simd128', cargo: [] },
  relaxed: { name: 'relaxed', features: '+simd128,+relaxed-simd', cargo: [] },
  checked: { name: 'checked', features: '+simd128', cargo: ['--features', 'checked'] },
};

/**
 * `simd128` runs wherever phyllo does, `relaxed` fuses multiply and add where the engine can. `checked` asserts every
 * address and is for the tests.
 * @param {{ checked: boolean }} options
 * @returns {Promise<string>} the hash of what the binaries were made from
 */
export async function buildBinaries({ checked }) {
  const sources = filesUnder([join(ROOT, 'crates')], (path) => /[\\/](src[\\/].*\.rs|Cargo\.toml)$/.test(path));
  const recipe = ['Cargo.toml', 'Cargo.lock', 'scripts/setup/binaries.mjs'].map((file) => join(ROOT, file));
  const hash = hashOf(ROOT, [...recipe, ...sources]);

  /** @param {Binary} binary */
  const stamp = ({ name }) => join(GENERATED, '.stamps', name);
  /** @param {Binary} binary */
  const results = ({ name }) => [`${name}.wasm`, ...GLUE].map((file) => join(GENERATED, file));

  const wanted = checked ? Object.values(BINARIES) : [BINARIES.simd128, BINARIES.relaxed];
  const stale = wanted.filter((binary) => !isCurrent(stamp(binary), hash, results(binary)));
  if (stale.length === 0) return hash;

  const { rust, tools } = await withLock(join(CACHE, '.lock'), async () => {
    const rust = await bringRust();
    return { rust, tools: await bringTools(rust) };
  });
  const names = stale.map(({ name }) => name).join(', ');
  await step('wasm', `compiling ${names} (about 1 min)`, async () => {
    const scrap = freshFolder(SCRAP);
    await Promise.all(
      stale.map(async ({ name, features, cargo }) => {
        const out = join(scrap, name);
        mkdirSync(out, { recursive: true });
        // Force: the compiler and the target have been checked, and wasm-pack looks for the target in one place only.
        const pack = ['build', 'crates/wasm', '--mode', 'force', '--target', 'web', '--release', '--no-pack'];
        await run('wasm-pack', [...pack, '--out-dir', out, '--out-name', 'phyllo_wasm', ...cargo], {
          log: join(GENERATED, 'log', `${name}.log`),
          cwd: ROOT,
          env: {
            ...environment(rust, tools),
            // Loop strength reduction undoes the address arithmetic that the micro-kernels are written for.
            ...wasmEnvironment(rust, [`-Ctarget-feature=${features}`, '-Cllvm-args=-disable-lsr']),
            // Each binary in a folder of its own: other flags would recompile everything.
            CARGO_TARGET_DIR: join(ROOT, 'target', name),
          },
        });
      }),
    );
    for (const binary of stale) {
      const out = join(scrap, binary.name);
      if (binary === BINARIES.simd128) GLUE.forEach((file) => replace(join(out, file), join(GENERATED, file)));
      else for (const file of GLUE) requireSame(join(out, file), join(GENERATED, file), binary.name);
      const compiled = join(out, 'phyllo_wasm_bg.wasm');
      // The tests' binary keeps its names for the sake of its stack traces.
      if (binary !== BINARIES.checked) await strip(compiled);
      replace(compiled, join(GENERATED, `${binary.name}.wasm`));
      writeStamp(stamp(binary), hash);
    }
  });
  return hash;
}

/**
 * Drops names and what wasm-bindgen left without a caller: a tenth of the compressed size. The code stays as LLVM made
 * it: binaryen's -O2 and -Os come out larger when compressed (59.2 and 59.0 kB against 58.8 kB) and no faster.
 * @param {string} wasm
 */
async function strip(wasm) {
  const passes = ['--remove-unused-module-elements', '--strip-debug', '--strip-producers'];
  await run(process.execPath, [join(ROOT, 'node_modules', 'binaryen', 'bin', 'wasm-opt'), ...passes, wasm, '-o', wasm], {
    log: join(GENERATED, 'log', 'wasm-opt.log'),
  });
}

/**
 * One glue serves all binaries, so all have to export the same functions.
 * @param {string} glue
 * @param {string} shared
 * @param {string} name
 */
function requireSame(glue, shared, name) {
  if (readFileSync(glue, 'utf8') !== readFileSync(shared, 'utf8')) {
    throw new SetupError(`the ${name} binary exports other functions than simd128: ${glue} differs from ${shared}`);
  }
}

/**
 * Puts the binaries that are published beside the bundle.
 * @param {string} folder
 */
export function copyBinaries(folder) {
  for (const { name } of [BINARIES.simd128, BINARIES.relaxed]) {
    copyFileSync(join(GENERATED, `${name}.wasm`), join(folder, `${name}.wasm`));
  }
}
