/** Compiles the crates to WebAssembly: one binary for each set of instructions, the same types for all. */
import { mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { CACHE, GENERATED, hashOf, isMade, markMade, ROOT } from './files.mjs';
import { withLock } from './lock.mjs';
import { run, step } from './process.mjs';
import { bringBindgen, bringRust, environment, TARGET } from './rust.mjs';

/**
 * One that is sent to the edge is to be small: 74 kB compressed, of which 7 are functions of calculus. As the others are
 * compiled it would have 15 more. Panics trap without a message, so they need not know where; that option is not stable yet.
 */
const SMALL = [
  ...['-Cno-vectorize-loops', '-Cno-vectorize-slp', '-Zlocation-detail=none'],
  ...['unroll-runtime=false', 'inline-threshold=50'].map(option => `-Cllvm-args=-${option}`),
];
/** What is around the kernels runs once a call. */
const CALLERS = ['phyllo-wasm', 'phyllo-arena'].map(name => `--config=profile.release.package.${name}.opt-level="s"`);
/** For binaries that run plans: they call kernels themselves. */
const INFER = {
  cargo: ['--no-default-features', '--features', 'infer,plans', ...CALLERS],
  exports: ['memory', 'alloc', 'kernel', 'prepare', 'run'],
  env: { CARGO_PROFILE_RELEASE_OPT_LEVEL: '2', RUSTC_BOOTSTRAP: '1' },
};

const SIMD = '-Ctarget-feature=+simd128';
const RELAXED = '-Ctarget-feature=+simd128,+relaxed-simd';
/** For those that JavaScript calls kernel by kernel: it puts the stack back in order where one of them ends in an error. */
const STACK = '-Clink-arg=--export=__stack_pointer';
/**
 * Several threads, on a memory that they are given. The linker would refuse a core library that was compiled for one;
 * of that library they use no static, and what is atomic in it is compiled with what uses it. (To wait is unstable.)
 */
const THREADS = [
  '-Ctarget-feature=+atomics,+bulk-memory,+mutable-globals',
  ...[
    '--shared-memory',
    '--import-memory',
    '--initial-memory=2097152',
    '--max-memory=4294967296',
    '--no-check-features',
  ].map(flag => `-Clink-arg=${flag}`),
];
const THREADED = { cargo: ['--features', 'threads'], env: { RUSTC_BOOTSTRAP: '1' }, glue: false };
/** Loop strength reduction undoes the address arithmetic that the micro-kernels are written for. */
const FLAGS = ['-Cllvm-args=-disable-lsr'];

/**
 * One that JavaScript calls names no `exports`: it keeps what its types name. Without `glue`, wasm-bindgen, whose threads
 * are of another kind, does not see it.
 * @typedef {{ name: string, flags: string[], cargo?: string[], exports?: string[], env?: NodeJS.ProcessEnv, glue?: boolean }} Binary
 */

/**
 * `simd128` runs wherever phyllo does, `relaxed` fuses multiply and add where the engine can; the same for several threads,
 * and for plans alone.
 * @type {readonly Binary[]}
 */
const PUBLISHED = [
  { name: 'simd128', flags: [SIMD, STACK] },
  { name: 'relaxed', flags: [RELAXED, STACK] },
  { name: 'simd128-threads', flags: [SIMD, STACK, ...THREADS], ...THREADED },
  { name: 'relaxed-threads', flags: [RELAXED, STACK, ...THREADS], ...THREADED },
  { name: 'infer', flags: [SIMD, ...SMALL], ...INFER },
  { name: 'infer-relaxed', flags: [RELAXED, ...SMALL], ...INFER },
];
/** Asserts every address: for the tests. @type {Binary} */
const CHECKED = { name: 'checked', flags: [SIMD, STACK, '-Coverflow-checks=on'], cargo: ['--features', 'checked'] };
/** The one that this Node loads, for one thread or several: V8 has relaxed SIMD from Node 21. */
const OWN = Number.parseInt(process.versions.node, 10) < 21 ? 'simd128' : 'relaxed';

const TYPES = join(GENERATED, 'phyllo_wasm.d.ts');
/** @param {Binary} binary */
const fileOf = ({ name }) => join(GENERATED, `${name}.wasm`);
/** @param {Binary} binary */
const stampOf = ({ name }) => join(GENERATED, '.stamps', name);
/** The published binaries' files. */
export const WASM = PUBLISHED.map(fileOf);

/**
 * @param {{ checked: boolean, own: boolean, modules: Promise<void> }} options `own`: only the one that this Node loads;
 *   `modules`: settles when binaryen is installed
 */
export async function buildBinaries({ checked, own, modules }) {
  const crates = readdirSync(join(ROOT, 'crates')).flatMap(name => [`crates/${name}/Cargo.toml`, `crates/${name}/src`]);
  const recipe = ['Cargo.toml', 'Cargo.lock', 'scripts/setup/binaries.mjs'];
  const inputs = hashOf([...crates, ...recipe].map(path => join(ROOT, path)));
  const resultsOf = (/** @type {Binary} */ binary) => {
    return [fileOf(binary), ...(binary.exports || binary.glue === false ? [] : [TYPES])];
  };
  const wanted = [...PUBLISHED, ...(checked ? [CHECKED] : [])].filter(
    ({ name }) => !own || name === OWN || name === `${OWN}-threads`,
  );
  const stale = wanted.filter(binary => !isMade(stampOf(binary), inputs, resultsOf(binary)));
  if (stale.length === 0) return;
  const inCache = join(CACHE, '.lock');
  const rust = await withLock(inCache, bringRust);
  const bindgen = withLock(inCache, () => bringBindgen(rust));
  const build = async (/** @type {Binary} */ binary) => {
    const { name, flags, cargo = [], exports, env, glue = true } = binary;
    // Each in a folder of its own: other flags would recompile everything.
    const target = join(ROOT, 'target', name);
    const args = ['build', '-p', 'phyllo-wasm', '--lib', '--release', '--target', TARGET, '--target-dir', target];
    const compiling = { ...environment(rust, [...flags, ...FLAGS]), ...env };
    await run(join(rust.bin, 'cargo'), [...args, ...cargo], { cwd: ROOT, env: compiling });
    const out = join(target, 'bindgen');
    const compiled = join(target, TARGET, 'release', 'phyllo_wasm.wasm');
    const wasm = join(out, 'phyllo_wasm_bg.wasm');
    if (glue) await run(await bindgen, [compiled, out]);
    await modules;
    if (!glue) await withoutGlue(compiled, wasm);
    // The tests' binary keeps its names for the sake of its stack traces.
    if (binary !== CHECKED) await shrink(wasm, exports);
    renameSync(wasm, fileOf(binary));
    if (!exports && glue) renameSync(join(out, basename(TYPES)), TYPES);
    markMade(stampOf(binary), inputs, resultsOf(binary));
  };
  const built = stale.map(binary => step(binary.name, 'compiling (about 1 min)', () => build(binary)));
  await Promise.all([bindgen, ...built]);
}

/** What wasm-bindgen makes of a function's name, so that those of several crates do not meet. */
const MANGLED = /^(\w+)_[0-9a-f]{16}$/;

/**
 * Does for a binary what wasm-bindgen does for one whose functions take numbers: gives them their names, and drops what
 * describes them.
 * @param {string} compiled
 * @param {string} wasm
 */
async function withoutGlue(compiled, wasm) {
  const { default: binaryen } = await import('binaryen');
  const module = binaryen.readBinary(withoutSection(readFileSync(compiled), '__wasm_bindgen_unstable'));
  try {
    for (let i = module.getNumExports(); i-- > 0; ) {
      const { name, value } = binaryen.getExportInfo(module.getExportByIndex(i));
      const [, plain] = MANGLED.exec(name) ?? [];
      if (name === '__stack_pointer') continue;
      module.removeExport(name);
      if (plain !== undefined && !name.startsWith('__')) module.addFunctionExport(value, plain);
    }
    mkdirSync(dirname(wasm), { recursive: true });
    writeFileSync(wasm, module.emitBinary());
  } finally {
    module.dispose();
  }
}

/** A binary without the custom sections of a name. @param {Uint8Array} binary @param {string} name */
function withoutSection(binary, name) {
  const kept = [binary.subarray(0, 8)];
  for (let at = 8; at < binary.length; ) {
    const start = at++;
    const [length, body] = leb128(binary, at);
    const [named, text] = leb128(binary, body);
    at = body + length;
    const custom = binary[start] === 0 && Buffer.from(binary.subarray(text, text + named)).toString() === name;
    if (!custom) kept.push(binary.subarray(start, at));
  }
  return Buffer.concat(kept);
}

/** An unsigned number in LEB128, and where it ends. @param {Uint8Array} bytes @param {number} at @returns {[number, number]} */
function leb128(bytes, at) {
  let value = 0;
  for (let shift = 0; ; shift += 7) {
    const byte = bytes[at++] ?? 0;
    value += (byte & 127) * 2 ** shift;
    if (byte < 128) return [value, at];
  }
}

/**
 * What is written to locals twice goes (1.3 kB compressed, of `relaxed`'s 150) and what nobody calls, and neighbours by
 * name are alike, which a compressor sees (2.8). Code stays as LLVM made it: all else that binaryen knows makes it larger.
 */
const PASSES = ['rse', 'vacuum', 'remove-unused-module-elements', 'reorder-functions-by-name'];
const STRIP = ['strip-debug', 'strip-producers', 'strip-target-features'];
/** Before: arguments that are always the same or never read go, of few functions (1.8 kB of `infer`'s). */
const INFER_PASSES = ['remove-unused-module-elements', 'dae-optimizing', 'duplicate-function-elimination'];
/** What the core library calls when it panics. */
const PANIC = /^core\b.*(panic|fail)/;

/**
 * Makes a binary smaller to send. Where all exports are named, what they do not reach goes, and a panic becomes a trap
 * at once: its message and place are nobody's arguments (1.8 kB).
 * @param {string} wasm
 * @param {readonly string[]} [exports]
 */
async function shrink(wasm, exports) {
  // This module is read before packages are installed.
  const { default: binaryen } = await import('binaryen');
  const module = binaryen.readBinary(readFileSync(wasm));
  try {
    if (exports) {
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
      module.runPasses(INFER_PASSES);
    }
    module.runPasses([...PASSES, ...STRIP]);
    writeFileSync(wasm, module.emitBinary());
  } finally {
    module.dispose();
  }
}
