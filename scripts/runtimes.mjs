/** The runtimes beside this Node: those of test/runtimes, and a browser. */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { GENERATED, ROOT } from './setup/files.mjs';
import { withLock } from './setup/lock.mjs';
import { installModules } from './setup/modules.mjs';
import { installFromDebian, output, step } from './setup/process.mjs';

/** Packages and script for other runtimes. They stay out of the root: npm's `node` would become every script's. */
export const RUNTIMES = join(ROOT, 'test', 'runtimes');
const MODULES = join(RUNTIMES, 'node_modules');

/**
 * Where the packages of each platform keep a runtime's binary. Only those of this platform are installed.
 * @type {Record<string, { packages: RegExp, binary: readonly string[] }>}
 */
const PLACES = {
  node22: { packages: /^node22-/, binary: ['bin', 'node'] },
  node24: { packages: /^node24-/, binary: ['bin', 'node'] },
  node26: { packages: /^node26-/, binary: ['bin', 'node'] },
  deno: { packages: /^@deno$/, binary: ['deno'] },
  bun: { packages: /^@oven$/, binary: ['bin', 'bun'] },
  workerd: { packages: /^@cloudflare$/, binary: ['bin', 'workerd'] },
};

/** @typedef {{ path: string, version: string }} Runtime */

/** Installs the packages of test/runtimes, unless they are. */
export async function installRuntimes() {
  const what = 'installing Node 22 to 26, Deno, Bun, workerd and miniflare (about 1 min, 300 MB to download)';
  await withLock(join(GENERATED, '.lock'), () => installModules(RUNTIMES, 'runtimes', what));
}

/**
 * A runtime of test/runtimes, or null if none of its packages has a binary that runs on this machine.
 * @param {string} name node22, node24, node26, deno, bun or workerd
 * @returns {Promise<Runtime | null>}
 */
export async function findRuntime(name) {
  const place = PLACES[name];
  if (place === undefined || !existsSync(MODULES)) return null;
  const found = readdirSync(MODULES).filter(folder => place.packages.test(folder));
  const folders = found.flatMap(folder =>
    folder.startsWith('@') ? readdirSync(join(MODULES, folder)).map(inner => join(folder, inner)) : [folder],
  );
  for (const folder of folders) {
    const path = join(MODULES, folder, ...place.binary);
    const runtime = await probe(process.platform === 'win32' ? `${path}.exe` : path);
    if (runtime !== null) return runtime;
  }
  return null;
}

/** @param {string} path @returns {Promise<Runtime | null>} */
async function probe(path) {
  const version = (await output(path, '--version'))?.match(/\d+([.-]\d+)+/)?.[0];
  return version === undefined ? null : { path, version };
}

/**
 * Chromium or Chrome on PATH; Debian's is installed where there is none and this user may.
 * @returns {Promise<Runtime | null>}
 */
export async function findBrowser() {
  const find = async () => {
    for (const name of ['chromium', 'chromium-browser', 'google-chrome']) {
      const runtime = await probe(name);
      if (runtime !== null) return runtime;
    }
    return null;
  };
  const what = "installing Debian's package (about 1 min, 120 MB)";
  const install = () => installFromDebian('chromium');
  return (await find()) ?? ((await step('chromium', what, install)) ? find() : null);
}
