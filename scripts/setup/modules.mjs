/** Node modules: of the repository, and of folders with a lock file of their own that only some runs need. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { run, step } from './process.mjs';

const CLI = process.env.npm_execpath ?? '';
/** The program that runs npm, the one that runs this if any, and its arguments. @param {...string} args */
export function npm(...args) {
  return CLI.endsWith('npm-cli.js') ? { command: process.execPath, args: [CLI, ...args] } : { command: 'npm', args };
}

/**
 * Whether the installed packages are those of the lock file.
 * @typedef {Record<string, { version?: string, optional?: boolean }>} Packages
 * @param {Packages} locked `packages` of package-lock.json
 * @param {Packages} installed `packages` of node_modules/.package-lock.json
 */
export function modulesMatch({ '': _, ...locked }, installed) {
  const missing = Object.entries(locked).some(([path, { optional }]) => !optional && !(path in installed));
  return !missing && Object.entries(installed).every(([path, { version }]) => locked[path]?.version === version);
}

/**
 * Installs the packages of a folder's lock file, unless they are: npm writes the record of what it installed last, so an
 * interrupted installation has none. Their install scripts, which download, are not needed.
 * @param {string} folder
 * @param {string} name of the step
 * @param {string} what it does, and about how long that takes
 */
export async function installModules(folder, name, what) {
  const installed = join(folder, 'node_modules', '.package-lock.json');
  /** @param {string} file @returns {Packages} */
  const packages = file => JSON.parse(readFileSync(file, 'utf8')).packages;
  if (existsSync(installed) && modulesMatch(packages(join(folder, 'package-lock.json')), packages(installed))) return;
  const { command, args } = npm('ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error');
  await step(name, what, () => run(command, args, { cwd: folder }));
}
