/** Finds a Rust that compiles to wasm32-unknown-unknown, or brings one; and brings wasm-bindgen. */
import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import { CACHE, hashOf, ROOT } from './files.mjs';
import { installFromDebian, output, run, SetupError, step } from './process.mjs';

export const TARGET = 'wasm32-unknown-unknown';
/** What the kernels need: slices' as_chunks. */
const MINIMUM_MINOR = 88;
/** Debian packages a Rust that is new enough for its web browsers. */
const DEBIAN_PACKAGES = ['rustc-web', 'cargo-web', 'rust-web-src', 'lld-19'];
const CARGO = join(process.env.CARGO_HOME ?? join(homedir(), '.cargo'), 'bin');
/** Where cargo and rustc are: where PATH finds them, or in these folders. */
const FOLDERS = ['', CARGO, '/usr/bin'];
const EXE = process.platform === 'win32' ? '.exe' : '';

const HOW_TO = `phyllo needs Rust 1.${MINIMUM_MINOR} or newer with the ${TARGET} target, and none could be set up here.
With rustup (https://rustup.rs):   rustup update stable && rustup target add ${TARGET}
On Debian:                         sudo apt-get install --no-install-recommends ${DEBIAN_PACKAGES.join(' ')}`;

/** The folder of a sysroot with the target's standard library. @param {string} sysroot */
const libraryOf = sysroot => join(sysroot, 'lib', 'rustlib', TARGET, 'lib');

/** @param {string} bin the folder of cargo and rustc; empty where PATH finds them */
async function inspect(bin) {
  const about = await output(join(bin, 'rustc'), '-vV');
  const own = await output(join(bin, 'rustc'), '--print', 'sysroot');
  if (about === null || own === null) return null;
  const [release = '', commit, host = ''] = ['release', 'commit-hash', 'host'].map(
    field => new RegExp(`^${field}: (\\S+)`, 'm').exec(about)?.[1],
  );
  const lib = join(own, 'lib', 'rustlib');
  const linkers = [join(lib, host, 'bin', `rust-lld${EXE}`), '/usr/bin/wasm-ld-19'];
  /** Where the target's standard library is: with the compiler, or compiled into the cache. */
  const sysroot = existsSync(libraryOf(own)) ? own : join(CACHE, `std-${release}-${commit}-${host}`);
  return {
    bin,
    own,
    sysroot,
    minor: Number(release.split('.')[1]),
    linker: linkers.find(existsSync) ?? 'wasm-ld',
    ready: existsSync(libraryOf(sysroot)),
    /** Whether the standard library can be compiled. */
    source: existsSync(join(lib, 'src', 'rust', 'library', 'std', 'Cargo.toml')),
  };
}

/** @typedef {NonNullable<Awaited<ReturnType<typeof inspect>>>} Toolchain */

/**
 * The first usable toolchain, those with a standard library for the target before those that only could compile one.
 * @param {readonly (Toolchain | null)[]} found in the order of PATH
 */
export function choose(found) {
  const usable = found.filter(rust => rust !== null && rust.minor >= MINIMUM_MINOR);
  return usable.find(rust => rust?.ready) ?? usable.find(rust => rust?.source) ?? null;
}

const find = async () => choose(await Promise.all(FOLDERS.map(inspect)));

/** The Rust that the set-up chose, which compiles natively too. @returns {Promise<Toolchain>} @throws {SetupError} */
export async function findRust() {
  const rust = await find();
  if (rust === null) throw new SetupError(HOW_TO);
  return rust;
}

/**
 * The environment in which `cargo` and `rustc` are this toolchain's, and compile to wasm with these flags. They reach the
 * target's crates only, not build scripts.
 * @param {Toolchain} rust
 * @param {readonly string[]} [flags] none: to compile natively
 * @returns {NodeJS.ProcessEnv}
 */
export function environment({ bin, linker, sysroot }, flags) {
  const path = { PATH: [bin, process.env.PATH].filter(Boolean).join(delimiter), CARGO_TERM_PROGRESS_WHEN: 'never' };
  if (flags === undefined) return path;
  const encoded = [...flags, `--sysroot=${sysroot}`].join('\x1f');
  return { ...path, CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER: linker, CARGO_ENCODED_RUSTFLAGS: encoded };
}

/** Asks rustup for something. @param {string} what @param {...string} args */
export async function askRustup(what, ...args) {
  const rustup = existsSync(join(CARGO, `rustup${EXE}`)) ? join(CARGO, 'rustup') : 'rustup';
  return step('rust', `asking rustup for ${what}`, async () => (await output(rustup, ...args)) !== null);
}

/** Compiles the target's standard library from source. @param {Toolchain} rust */
async function compileStd(rust) {
  const cwd = join(rust.sysroot, 'build');
  mkdirSync(cwd, { recursive: true });
  const manifest = ['[package]', 'name = "empty"', '[lib]', 'path = "lib.rs"', '[profile.release]', 'panic = "abort"'];
  writeFileSync(join(cwd, 'Cargo.toml'), [...manifest, '[workspace]'].join('\n'));
  writeFileSync(join(cwd, 'lib.rs'), '');
  // The bitcode is what link-time optimisation reads. To build std is an unstable feature of a stable compiler.
  const env = { ...environment({ ...rust, sysroot: rust.own }, ['-Cembed-bitcode=yes']), RUSTC_BOOTSTRAP: '1' };
  const args = ['build', '--release', '-Z', 'build-std=std,panic_abort', '--target', TARGET, '--target-dir', 'target'];
  await run(join(rust.bin, 'cargo'), args, { cwd, env });
  mkdirSync(join(libraryOf(rust.sysroot), '..'), { recursive: true });
  renameSync(join(cwd, 'target', TARGET, 'release', 'deps'), libraryOf(rust.sysroot));
  rmSync(cwd, { recursive: true });
}

/**
 * Finds a Rust for wasm, or brings one: from rustup, from Debian, from the standard library's source.
 * @returns {Promise<Toolchain>}
 * @throws {SetupError} that says what to install
 */
export async function bringRust() {
  const found = await find();
  if (found?.ready) return found;
  if (!(await askRustup(TARGET, 'target', 'add', TARGET)) && found === null) {
    const what = "installing Debian's packages (about 1 min, once per machine)";
    await step('rust', what, () => installFromDebian(...DEBIAN_PACKAGES));
  }
  const rust = await findRust();
  const what = `compiling the standard library for ${TARGET} (about 1 min, once per machine)`;
  if (!rust.ready) await step('rust', what, () => compileStd(rust));
  return rust;
}

/**
 * Brings wasm-bindgen: the library of its command line behind a main function of ours, scripts/bindgen. The whole command
 * line with wasm-pack takes three times as many crates, and the tool runs for less than a second, so it is not optimised.
 * @param {Toolchain} rust
 * @returns {Promise<string>} the program
 */
export async function bringBindgen(rust) {
  const [cwd, target] = [join(ROOT, 'scripts', 'bindgen'), join(CACHE, 'build', 'bindgen')];
  const version = hashOf([join(cwd, 'Cargo.lock'), join(cwd, 'src')]).slice(0, 16);
  const program = join(CACHE, `bindgen-${version}${EXE}`);
  if (existsSync(program)) return program;
  const build = () =>
    run(join(rust.bin, 'cargo'), ['build', '--locked', '--target-dir', target], { cwd, env: environment(rust) });
  await step('wasm-bindgen', 'compiling (about 1 min, once per machine)', build);
  renameSync(join(target, 'debug', `phyllo-bindgen${EXE}`), program);
  rmSync(target, { recursive: true });
  return program;
}
