/** Compiles the crates to WebAssembly: one binary for each set of instructions, the same types for all. */
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { withLock } from './lock.mjs';
import { CACHE, GENERATED, ROOT, SCRAP } from './places.mjs';
import { run } from './process.mjs';
import { SetupError, step } from './report.mjs';
import { bringRust, environment, TARGET, wasmEnvironment } from './rust.mjs';
import { freshFolder, replace } from './scrap.mjs';
import { filesUnder, hashOf, isCurrent, writeStamp } from './stamp.mjs';
import { bringBindgen } from './tools.mjs';

/** What the binaries export, as types. The glue beside it is not used. */
const TYPES = 'phyllo_wasm.d.ts';

/** What a binary that runs plans exports, beside its memory. It calls kernels itself. */
const INFER_EXPORTS = ['memory', 'alloc', 'kernel', 'prepare', 'run'];
/**
 * One that is sent to the edge is to be small: 61 kB compressed. As the others are compiled it had 90 kB, with these
 * flags 75. Panics trap without a message, so they need not know where; that option is not stable yet.
 */
const SMALL = [
  '-Cno-vectorize-loops',
  '-Cno-vectorize-slp',
  '-Cllvm-args=-unroll-runtime=false',
  '-Cllvm-args=-inline-threshold=50',
  '-Zlocation-detail=none',
];
const SMALL_ENVIRONMENT = { CARGO_PROFILE_RELEASE_OPT_LEVEL: '2', RUSTC_BOOTSTRAP: '1' };
/** What is around the kernels runs once a call. */
const CALLERS = ['phyllo-wasm', 'phyllo-arena'].flatMap(name => [
  '--config',
  `profile.release.package.${name}.opt-level="s"`,
]);
const INFER = ['--no-default-features', '--features', 'infer,plans', ...CALLERS];

const SIMD = '-Ctarget-feature=+simd128';
const RELAXED = '-Ctarget-feature=+simd128,+relaxed-simd';
/** For those that JavaScript calls kernel by kernel: it puts the stack back in order where one of them ends in an error. */
const STACK = '-Clink-arg=--export=__stack_pointer';

/**
 * @typedef {object} Binary
 * @property {string} name
 * @property {readonly string[]} flags the compiler's
 * @property {readonly string[]} cargo
 * @property {readonly string[]} [exports] all that stays
 * @property {NodeJS.ProcessEnv} [env]
 */

/** @type {Record<'simd128' | 'relaxed' | 'checked' | 'infer' | 'inferRelaxed', Binary>} */
const BINARIES = {
  simd128: { name: 'simd128', flags: [SIMD, STACK], cargo: [] },
  relaxed: { name: 'relaxed', flags: [RELAXED, STACK], cargo: [] },
  checked: { name: 'checked', flags: [SIMD, STACK, '-Coverflow-checks=on'], cargo: ['--features', 'checked'] },
  infer: { name: 'infer', flags: [SIMD, ...SMALL], cargo: INFER, exports: INFER_EXPORTS, env: SMALL_ENVIRONMENT },
  inferRelaxed: {
    name: 'infer-relaxed',
    flags: [RELAXED, ...SMALL],
    cargo: INFER,
    exports: INFER_EXPORTS,
    env: SMALL_ENVIRONMENT,
  },
};
/** The one that this Node loads: V8 has relaxed SIMD from Node 21. */
const OWN = Number.parseInt(process.versions.node, 10) < 21 ? BINARIES.simd128 : BINARIES.relaxed;
const PUBLISHED = [BINARIES.simd128, BINARIES.relaxed, BINARIES.infer, BINARIES.inferRelaxed];

/**
 * `simd128` runs wherever phyllo does, `relaxed` fuses multiply and add where the engine can; `infer` and
 * `infer-relaxed` are the same for plans alone. `checked` asserts every address and is for the tests.
 * @param {{ checked: boolean, own: boolean, modules: Promise<void> }} options `own`: only the one that this Node loads;
 *   `modules`: settles when binaryen is installed
 * @returns {Promise<string>} the hash of what the binaries were made from
 */
export async function buildBinaries({ checked, own, modules }) {
  const sources = filesUnder([join(ROOT, 'crates')], path => /[\\/](src[\\/].*\.rs|Cargo\.toml)$/.test(path));
  const recipe = ['Cargo.toml', 'Cargo.lock', 'scripts/setup/binaries.mjs'].map(file => join(ROOT, file));
  const hash = hashOf(ROOT, [...recipe, ...sources]);

  /** @param {Binary} binary */
  const stamp = ({ name }) => join(GENERATED, '.stamps', name);
  /** @param {Binary} binary */
  const results = ({ name, exports }) =>
    [`${name}.wasm`, ...(exports ? [] : [TYPES])].map(file => join(GENERATED, file));

  const wanted = own ? [OWN] : checked ? Object.values(BINARIES) : PUBLISHED;
  const stale = wanted.filter(binary => !isCurrent(stamp(binary), hash, results(binary)));
  if (stale.length === 0) return hash;

  const inCache = join(CACHE, '.lock');
  const rust = await withLock(inCache, bringRust);
  const names = stale.map(({ name }) => name).join(', ');
  await step('wasm', `compiling ${names} (about 1 min)`, async () => {
    const scrap = freshFolder(join(SCRAP, 'wasm'));
    const [bindgen] = await Promise.all([
      withLock(inCache, () => bringBindgen(rust)),
      ...stale.map(binary => compile(binary, rust)),
      modules,
    ]);
    let typed = Object.values(BINARIES).some(
      binary => !binary.exports && isCurrent(stamp(binary), hash, results(binary)),
    );
    for (const binary of stale) {
      const out = join(scrap, binary.name);
      await run(bindgen, [join(targetOf(binary), TARGET, 'release', 'phyllo_wasm.wasm'), out], {
        log: join(GENERATED, 'log', 'bindgen.log'),
      });
      if (!binary.exports) {
        if (typed) requireSame(join(out, TYPES), join(GENERATED, TYPES), binary.name);
        else replace(join(out, TYPES), join(GENERATED, TYPES));
        typed = true;
      }
      const compiled = join(out, 'phyllo_wasm_bg.wasm');
      if (binary.exports) await shrink(compiled, binary.exports);
      // The tests' binary keeps its names for the sake of its stack traces.
      else if (binary !== BINARIES.checked) await strip(compiled);
      replace(compiled, join(GENERATED, `${binary.name}.wasm`));
      writeStamp(stamp(binary), hash);
    }
  });
  return hash;
}

/** Each binary in a folder of its own: other flags would recompile everything. @param {Binary} binary */
function targetOf({ name }) {
  return join(ROOT, 'target', name);
}

/** @param {Binary} binary @param {import('./rust.mjs').Toolchain} rust */
async function compile(binary, rust) {
  const { name, flags, cargo, env } = binary;
  await run(
    join(rust.bin, 'cargo'),
    ['build', '-p', 'phyllo-wasm', '--lib', '--release', '--target', TARGET, ...cargo],
    {
      log: join(GENERATED, 'log', `${name}.log`),
      cwd: ROOT,
      env: {
        ...environment(rust),
        // Loop strength reduction undoes the address arithmetic that the micro-kernels are written for.
        ...wasmEnvironment(rust, [...flags, '-Cllvm-args=-disable-lsr']),
        ...env,
        CARGO_TARGET_DIR: targetOf(binary),
      },
    },
  );
}

/**
 * Drops names and what wasm-bindgen left without a caller: a tenth of the compressed size. The code stays as LLVM made
 * it: binaryen's -O2 and -Os come out larger when compressed (59.2 and 59.0 kB against 58.8 kB) and no faster.
 * @param {string} wasm
 */
async function strip(wasm) {
  await binaryen('wasm-opt', '--remove-unused-module-elements', '--strip-debug', '--strip-producers', wasm, '-o', wasm);
}

/** What the core library calls when it panics. */
const PANIC = /^core\b.*(panic|fail)/;
/**
 * Arguments that are always the same or never read go (1.8 kB compressed), and so does what is written to locals twice
 * (0.5). Neighbours by name are alike, which a compressor sees (0.7). All else that binaryen knows makes it larger.
 */
const PASSES = [
  'remove-unused-module-elements',
  'dae-optimizing',
  'duplicate-function-elimination',
  'rse',
  'vacuum',
  'remove-unused-module-elements',
  'reorder-functions-by-name',
  'strip-debug',
  'strip-producers',
  'strip-target-features',
];

/**
 * Drops all that the exports do not reach. A panic becomes a trap at once, and its message and place nobody's arguments
 * (1.8 kB).
 * @param {string} wasm
 * @param {readonly string[]} exports
 */
async function shrink(wasm, exports) {
  // This module is read before packages are installed.
  const { default: binaryen } = await import('binaryen');
  const module = binaryen.readBinary(readFileSync(wasm));
  try {
    module.setFeatures(binaryen.Features.All);
    for (let i = module.getNumExports(); i-- > 0; ) {
      const { name } = binaryen.getExportInfo(module.getExportByIndex(i));
      if (!exports.includes(name)) module.removeExport(name);
    }
    const functions = Array.from({ length: module.getNumFunctions() }, (_, i) => module.getFunctionByIndex(i));
    for (const { name, params, results } of functions.map(binaryen.getFunctionInfo)) {
      if (!PANIC.test(name)) continue;
      module.removeFunction(name);
      module.addFunction(name, params, results, [], module.unreachable());
    }
    binaryen.setOptimizeLevel(2);
    binaryen.setShrinkLevel(1);
    module.runPasses(PASSES);
    writeFileSync(wasm, module.emitBinary());
  } finally {
    module.dispose();
  }
}

/** @param {string} tool @param {...string} args */
async function binaryen(tool, ...args) {
  await run(process.execPath, [join(ROOT, 'node_modules', 'binaryen', 'bin', tool), ...args], {
    log: join(GENERATED, 'log', `${tool}.log`),
  });
}

/**
 * The same types serve all binaries, so all have to export the same functions.
 * @param {string} types
 * @param {string} shared
 * @param {string} name
 */
function requireSame(types, shared, name) {
  if (readFileSync(types, 'utf8') !== readFileSync(shared, 'utf8')) {
    throw new SetupError(`the ${name} binary exports other functions: ${types} differs from ${shared}`);
  }
}

/**
 * Puts the binaries that are published beside the bundle.
 * @param {string} folder
 */
export function copyBinaries(folder) {
  for (const { name } of PUBLISHED) {
    copyFileSync(join(GENERATED, `${name}.wasm`), join(folder, `${name}.wasm`));
  }
}
