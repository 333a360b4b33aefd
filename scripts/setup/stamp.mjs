/** What is up to date: a result is when its stamp carries the hash of all it was made from. */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';

/**
 * All files at or under the paths, sorted; paths that do not exist are left out.
 * @param {readonly string[]} paths
 * @param {(path: string) => boolean} [keep]
 * @returns {string[]}
 */
export function filesUnder(paths, keep = () => true) {
  /** @type {string[]} */
  const found = [];
  /** @param {string} path */
  const visit = path => {
    const stat = statSync(path, { throwIfNoEntry: false });
    if (stat?.isDirectory()) readdirSync(path).forEach(name => visit(join(path, name)));
    else if (stat?.isFile() && keep(path)) found.push(path);
  };
  paths.forEach(visit);
  return found.sort();
}

/**
 * One hash over the files' names (relative to `root`) and contents.
 * @param {string} root
 * @param {readonly string[]} files
 * @returns {string}
 */
export function hashOf(root, files) {
  const hash = createHash('sha256');
  for (const file of files) {
    const content = readFileSync(file);
    hash.update(`${relative(root, file).split(sep).join('/')}\0${content.length}\0`).update(content);
  }
  return hash.digest('hex');
}

/**
 * @param {string} stamp the stamp's path
 * @param {string} hash of the inputs now
 * @param {readonly string[]} results that have to exist
 */
export function isCurrent(stamp, hash, results) {
  return results.every(path => existsSync(path)) && existsSync(stamp) && readFileSync(stamp, 'utf8') === hash;
}

/** Records that the results stem from these inputs: the last thing a step does. @param {string} stamp @param {string} hash */
export function writeStamp(stamp, hash) {
  mkdirSync(dirname(stamp), { recursive: true });
  writeFileSync(`${stamp}.new`, hash);
  renameSync(`${stamp}.new`, stamp);
}

/**
 * Whether the installed packages are those of the lock file. npm writes the record of what it installed last, so an
 * interrupted installation has none.
 * @typedef {Record<string, { version?: string, integrity?: string, optional?: boolean }>} Packages
 * @param {Packages} locked `packages` of package-lock.json
 * @param {Packages} installed `packages` of node_modules/.package-lock.json
 * @returns {boolean}
 */
export function modulesMatch(locked, installed) {
  for (const [path, { version, integrity, optional = false }] of Object.entries(locked)) {
    if (path === '') continue;
    const found = installed[path];
    if (found === undefined ? !optional : found.version !== version || found.integrity !== integrity) return false;
  }
  return Object.keys(installed).every(path => path in locked);
}
