import { mkdirSync, mkdtempSync, rmdirSync } from 'node:fs';
import { join } from 'node:path';
import { FileError } from 'phyllo';

/**
 * Makes the folder and its parents where they are missing, and checks that files can be made in it.
 *
 * @throws {FileError} if the folder cannot be made, is a file, or may not be written to
 */
export function ensureFolder(path: string): void {
  try {
    mkdirSync(path, { recursive: true });
    rmdirSync(mkdtempSync(join(path, '.try-'))); // permission bits alone do not tell
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new FileError(path === '' ? "''" : path, `no folder that files can be made in: ${reason}`, { cause });
  }
}
