/** Results are made in a folder of scraps and put in place when finished, so that an interruption leaves no half ones. */
import { randomUUID } from 'node:crypto';
import { mkdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';

/**
 * A fresh folder under `parent`, which is cleared of what an interrupted set-up left: its tools may still be writing
 * there for a while, so no name is used twice.
 * @param {string} parent on the same disk as the results' place
 * @returns {string}
 */
export function freshFolder(parent) {
  try {
    rmSync(parent, { recursive: true, force: true });
  } catch {
    // Someone is still writing there; the next set-up clears it.
  }
  const folder = join(parent, randomUUID());
  mkdirSync(folder, { recursive: true });
  return folder;
}

/**
 * Replaces an older file or folder with a finished one.
 * @param {string} from in a folder of scraps
 * @param {string} to
 */
export function replace(from, to) {
  const old = `${from}.old`;
  if (statSync(to, { throwIfNoEntry: false })?.isDirectory()) renameSync(to, old);
  mkdirSync(dirname(to), { recursive: true });
  renameSync(from, to);
  rmSync(old, { recursive: true, force: true });
}
