/** Where things are, and what they were made from. */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, isAbsolute, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
/** What is compiled here; not in git. */
export const GENERATED = join(ROOT, 'generated');
/** What is made once per machine: wasm-bindgen, and where needed the target's standard library. */
export const CACHE = join(cacheHome(process.env.XDG_CACHE_HOME), 'phyllo');

/** The folder of caches; a relative one is to be ignored (XDG Base Directory Specification). @param {string} [xdg] */
export function cacheHome(xdg = '') {
  return isAbsolute(xdg) ? xdg : join(homedir(), '.cache');
}

/** All files at or under a path, sorted; none where nothing is. @param {string} path */
export function filesUnder(path) {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (!stat?.isDirectory()) return stat ? [path] : [];
  const entries = readdirSync(path, { recursive: true, withFileTypes: true });
  return entries.flatMap(entry => (entry.isFile() ? join(entry.parentPath, entry.name) : [])).sort();
}

/** One hash over the names and contents of all files at or under the paths. @param {readonly string[]} paths */
export function hashOf(paths) {
  const hash = createHash('sha256');
  for (const file of paths.flatMap(filesUnder)) {
    const content = readFileSync(file);
    hash.update(`${relative(ROOT, file)}\0${content.length}\0`).update(content);
  }
  return hash.digest('hex');
}

/**
 * Whether results are there just as they were made from inputs of this hash: the stamp, which is written last, has both.
 * @param {string} stamp @param {string} inputs @param {readonly string[]} results files and folders
 */
export function isMade(stamp, inputs, results) {
  return existsSync(stamp) && readFileSync(stamp, 'utf8') === `${inputs} ${hashOf(results)}`;
}

/** Writes the stamp. @param {string} stamp @param {string} inputs @param {readonly string[]} results */
export function markMade(stamp, inputs, results) {
  mkdirSync(dirname(stamp), { recursive: true });
  writeFileSync(stamp, `${inputs} ${hashOf(results)}`);
}
