/** Finds a Rust that compiles to wasm32-unknown-unknown, or brings one. */
import { copyFileSync, existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import { CACHE } from './places.mjs';
import { folderOf, output, run, succeeds } from './process.mjs';
import { SetupError, step } from './report.mjs';
import { freshFolder, replace } from './scrap.mjs';

export const TARGET = 'wasm32-unknown-unknown';
/** What the kernels need: slices' as_chunks. */
const MINIMUM_MINOR = 88;
const DEBIAN_PACKAGES = ['rustc-web', 'cargo-web', 'rust-web-src', 'lld-19'];

const HOW_TO = `phyllo needs Rust 1.${MINIMUM_MINOR} or newer with the ${TARGET} target, and none could be set up here.

With rustup (https://rustup.rs):   rustup update stable && rustup target add ${TARGET}
On Debian:                         sudo apt-get install --no-install-recommends ${DEBIAN_PACKAGES.join(' ')}

Then run this again.`;

/**
 * @typedef {object} Toolchain
 * @property {string} bin the folder of cargo and rustc
 * @property {number} minor the version: 1.minor
 * @property {string} id names this very compiler
 * @property {boolean} rustup whether rustup manages it
 * @property {string | null} linker for wasm, where the compiler does not bring its own
 * @property {boolean} linked whether there is a linker at all
 * @property {boolean} target whether it brings the target's standard library
 * @property {string | null} source the standard library's source
 * @property {string | null} sysroot in the cache, where the target's standard library was compiled from source
 */

/**
 * The first usable toolchain, those with a standard library for the target before those that only could compile one.
 * @param {readonly Toolchain[]} found in the order of PATH
 * @returns {Toolchain | null}
 */
export function choose(found) {
  const usable = found.filter(({ minor, linked }) => minor >= MINIMUM_MINOR && linked);
  return (
    usable.find(({ target, sysroot }) => target || sysroot !== null) ??
    usable.find(({ source }) => source !== null) ??
    null
  );
}

/** @param {Toolchain} rust */
function isReady(rust) {
  return rust.target || rust.sysroot !== null;
}

/** The newest lld for wasm: `wasm-ld`, or Debian's `wasm-ld-19`. */
function wasmLinker() {
  for (const folder of [...(process.env.PATH ?? '').split(delimiter), '/usr/bin']) {
    if (!folder || !existsSync(folder)) continue;
    const names = readdirSync(folder).filter(name => /^wasm-ld(-\d+)?$/.test(name));
    names.sort((a, b) => a.localeCompare(b, 'en', { numeric: true }));
    const newest = names.at(-1);
    if (newest !== undefined) return join(folder, newest);
  }
  return null;
}

/**
 * @param {string} bin
 * @returns {Promise<Toolchain | null>}
 */
async function inspect(bin) {
  const env = { PATH: bin + delimiter + process.env.PATH };
  const [about, sysroot] = await Promise.all([
    output(join(bin, 'rustc'), ['-vV'], env),
    output(join(bin, 'rustc'), ['--print', 'sysroot'], env),
  ]);
  const release = about?.match(/^release: (1\.(\d+)\S*)$/m);
  const host = about?.match(/^host: (\S+)$/m)?.[1];
  if (!about || !sysroot || !host || !release?.[1] || !release[2]) return null;
  const commit = about.match(/^commit-hash: (\w{9})/m)?.[1] ?? 'unknown';
  const id = `${release[1]}-${commit}-${host}`;
  const lib = join(sysroot, 'lib', 'rustlib');
  const bundled = ['rust-lld', 'rust-lld.exe'].some(file => existsSync(join(lib, host, 'bin', file)));
  const linker = bundled ? null : wasmLinker();
  const source = join(lib, 'src', 'rust', 'library');
  const compiled = join(CACHE, `std-${id}`);
  return {
    bin,
    minor: Number(release[2]),
    id,
    rustup: existsSync(join(bin, 'rustup')) || existsSync(join(bin, 'rustup.exe')),
    linker,
    linked: bundled || linker !== null,
    target: existsSync(join(lib, TARGET, 'lib')),
    source: existsSync(join(source, 'std', 'Cargo.toml')) ? source : null,
    sysroot: existsSync(compiled) ? compiled : null,
  };
}

async function findAll() {
  const cargo = process.env.CARGO_HOME ?? join(homedir(), '.cargo');
  const folders = new Set([folderOf('rustc'), join(cargo, 'bin'), '/usr/bin']);
  const found = [];
  for (const folder of folders) {
    const toolchain = folder && (await inspect(folder));
    if (toolchain) found.push(toolchain);
  }
  return found;
}

/**
 * A Rust that can compile natively, for tests: the one the set-up chose, so that there is one Rust.
 * @returns {Promise<Toolchain>}
 */
export async function findRust() {
  const rust = choose(await findAll());
  if (rust === null) throw new SetupError(HOW_TO);
  return rust;
}

/**
 * The environment in which `cargo` and `rustc` are this toolchain's.
 * @param {Toolchain} rust
 * @param {readonly string[]} folders of further tools
 * @returns {Record<string, string>}
 */
export function environment(rust, folders = []) {
  return { PATH: [rust.bin, ...folders, process.env.PATH].join(delimiter), CARGO_TERM_PROGRESS_WHEN: 'never' };
}

/**
 * The same for compiling to wasm with these flags. They reach the target's crates only, not the build scripts.
 * @param {Toolchain} rust
 * @param {readonly string[]} flags
 * @returns {Record<string, string>}
 */
export function wasmEnvironment(rust, flags) {
  const all = rust.sysroot === null ? flags : [...flags, `--sysroot=${rust.sysroot}`];
  /** @type {Record<string, string>} */
  const env = { CARGO_ENCODED_RUSTFLAGS: all.join('\x1f') };
  if (rust.linker !== null) env.CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER = rust.linker;
  return env;
}

/** Asks rustup for the target. @param {Toolchain} rust */
function addTarget(rust) {
  return step('rust', `asking rustup for ${TARGET}`, () =>
    succeeds(join(rust.bin, 'rustup'), ['target', 'add', TARGET], {
      log: join(CACHE, 'log', 'rustup.log'),
      env: { RUSTUP_MAX_RETRIES: '0' },
      timeout: 120_000,
    }),
  );
}

/** Asks rustup for the formatter and the linter, where they are not there. @param {Toolchain} rust */
export async function bringComponents(rust) {
  const versions = ['fmt', 'clippy'].map(tool => output(join(rust.bin, 'cargo'), [tool, '--version']));
  if ((await Promise.all(versions)).every(version => version !== null) || !rust.rustup) return;
  await step('rust', 'asking rustup for rustfmt and clippy', () =>
    succeeds(join(rust.bin, 'rustup'), ['component', 'add', 'rustfmt', 'clippy'], {
      log: join(CACHE, 'log', 'components.log'),
      env: { RUSTUP_MAX_RETRIES: '0' },
      timeout: 120_000,
    }),
  );
}

/** Brings Debian's Rust, which it packages for its web browsers. @returns {Promise<boolean>} */
async function installFromDebian() {
  if (!existsSync('/usr/bin/apt-get')) return false;
  const log = join(CACHE, 'log', 'apt.log');
  const isRoot = process.getuid?.() === 0;
  if (!isRoot && !(await succeeds('sudo', ['-n', 'true'], { log }))) return false;
  /** @param {readonly string[]} command */
  const asRoot = (...command) => {
    const [program = '', ...args] = isRoot ? command : ['sudo', '-n', ...command];
    return succeeds(program, args, { log, env: { DEBIAN_FRONTEND: 'noninteractive' }, finishes: true });
  };
  const apt = ['apt-get', '-o', 'DPkg::Lock::Timeout=600'];
  const install = [...apt, 'install', '-y', '--no-install-recommends', '--no-remove', ...DEBIAN_PACKAGES];
  return step('rust', `installing Debian's packages (about 1 min, once per machine)`, async () => {
    await asRoot('dpkg', '--configure', '-a');
    return (await asRoot(...install)) || ((await asRoot(...apt, 'update')) && (await asRoot(...install)));
  });
}

/**
 * Compiles the target's standard library from source into the cache, as a sysroot of its own.
 * @param {Toolchain} rust
 * @returns {Promise<Toolchain>}
 */
async function compileStd(rust) {
  const sysroot = join(CACHE, `std-${rust.id}`);
  const build = join(CACHE, 'build', `std-${rust.id}`);
  await step('rust', `compiling the standard library for ${TARGET} (about 1 min, once per machine)`, async () => {
    mkdirSync(join(build, 'src'), { recursive: true });
    writeFileSync(
      join(build, 'Cargo.toml'),
      '[package]\nname = "empty"\nedition = "2021"\n\n[profile.release]\npanic = "abort"\n\n[workspace]\n',
    );
    writeFileSync(join(build, 'src', 'lib.rs'), '');
    await run(join(rust.bin, 'cargo'), ['build', '--release', '-Z', 'build-std=std,panic_abort', '--target', TARGET], {
      log: join(CACHE, 'log', 'std.log'),
      cwd: build,
      env: {
        ...environment(rust),
        // The bitcode is what link-time optimisation reads.
        ...wasmEnvironment(rust, ['-Cembed-bitcode=yes']),
        // Building the standard library is an unstable feature of a stable compiler.
        RUSTC_BOOTSTRAP: '1',
        CARGO_TARGET_DIR: join(build, 'target'),
      },
    });
    const scrap = freshFolder(join(CACHE, 'scrap'));
    const lib = join(scrap, 'lib', 'rustlib', TARGET, 'lib');
    const compiled = join(build, 'target', TARGET, 'release', 'deps');
    mkdirSync(lib, { recursive: true });
    for (const file of readdirSync(compiled)) {
      if (file.endsWith('.rlib') && !file.startsWith('libempty-')) copyFileSync(join(compiled, file), join(lib, file));
    }
    replace(scrap, sysroot);
    rmSync(build, { recursive: true, force: true });
  });
  return { ...rust, sysroot };
}

/**
 * Finds a Rust for wasm, or brings one: from rustup, from the standard library's source, from Debian.
 * @returns {Promise<Toolchain>}
 * @throws {SetupError} that says what to install
 */
export async function bringRust() {
  let rust = choose(await findAll());
  if (rust !== null && isReady(rust)) return rust;

  const managed = (await findAll()).find(({ rustup, minor }) => rustup && minor >= MINIMUM_MINOR);
  if (managed !== undefined && (await addTarget(managed))) return findRust();

  if (rust === null && (await installFromDebian())) rust = choose(await findAll());
  if (rust === null) throw new SetupError(HOW_TO);
  return isReady(rust) ? rust : compileStd(rust);
}
