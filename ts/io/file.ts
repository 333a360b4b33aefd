/** Writing files, where a runtime has them. */
import { FileError } from '../core/errors';

/**
 * Writes a file whole or not at all: beside its place first, and then renamed to it.
 *
 * @throws {FileError} in browsers and at the edge, where there are no files.
 */
export async function writeFile(path: string, bytes: Uint8Array): Promise<void> {
  // Bundlers for browsers stop at an import of node:fs, so the runtime is asked for it.
  const files = globalThis.process?.getBuiltinModule?.('node:fs/promises');
  if (!files) throw new FileError(path, 'this runtime has no files (Node has from 20.16 on): store the bytes of encode()');
  const beside = `${path}.${Math.random().toString(36).slice(2)}.tmp`;
  try {
    await files.writeFile(beside, bytes, { flag: 'wx' });
    await files.rename(beside, path);
  } catch (error) {
    await files.rm(beside, { force: true });
    throw error;
  }
}
