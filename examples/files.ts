import { randomBytes } from 'node:crypto';
import {
  closeSync,
  fsyncSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  renameSync,
  rmdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';

/** An output file or folder could not be written; `cause` holds the system's own error. */
export class OutputError extends Error {
  override readonly name: string = 'OutputError';

  /**
   * @param path what was to be written
   * @param reason why it could not be, in words that follow a colon
   */
  constructor(
    readonly path: string,
    readonly reason: string,
    options?: ErrorOptions,
  ) {
    super(`cannot write ${path === '' ? "''" : path}: ${reason}`, options);
  }
}

/**
 * Makes the folder and its parents where they are missing, and checks that files can be made in it.
 *
 * @throws OutputError if the folder cannot be made, is a file, or may not be written to
 */
export function ensureFolder(path: string): void {
  try {
    mkdirSync(path, { recursive: true });
    rmdirSync(mkdtempSync(join(path, '.try-'))); // permission bits alone do not tell
  } catch (error) {
    throw outputError(path, error);
  }
}

/**
 * Writes a file whole or not at all: the bytes go to a new file beside it, which then takes its name. A reader, or a
 * process that is stopped half-way, sees the old file or the new one. The folder must exist.
 *
 * @throws OutputError if the file cannot be written; an older file of that name is then as it was
 */
export function writeFileAtomic(path: string, data: string | Uint8Array): void {
  const beside = `${path}.${randomBytes(6).toString('hex')}.tmp`;
  try {
    const file = openSync(beside, 'wx');
    try {
      writeFileSync(file, data);
      fsyncSync(file); // the name must not reach the disk before the bytes do
    } finally {
      closeSync(file);
    }
    renameSync(beside, path);
  } catch (error) {
    rmSync(beside, { force: true });
    throw outputError(path, error);
  }
}

const reasons: Readonly<Record<string, string>> = {
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  EROFS: 'the file system is read-only',
  EEXIST: 'it is a file, not a folder',
  ENOTDIR: 'a part of the path is a file, not a folder',
  EISDIR: 'it is a folder, not a file',
  ENOENT: 'the folder does not exist and cannot be made here',
  ENOSPC: 'no space left on the device',
  EDQUOT: 'the disk quota is used up',
  ENAMETOOLONG: 'the name is too long',
};

function outputError(path: string, cause: unknown): OutputError {
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : '';
  return new OutputError(path, reasons[code] ?? (cause instanceof Error ? cause.message : String(cause)), { cause });
}
