/** Files, where a runtime has them; those of checkpoints. */
import { FileError } from 'phyllo';

/** Bundlers for browsers stop at an import of node:fs, so the runtime is asked for it. */
function system() {
  const { process } = globalThis;
  const files = process?.getBuiltinModule?.('node:fs/promises');
  const paths = process?.getBuiltinModule?.('node:path');
  return files && paths ? { files, paths } : null;
}
function required(path: string): NonNullable<ReturnType<typeof system>> {
  const found = system();
  if (!found) throw new FileError(path, 'this runtime has no files: keep what run.save() gives in another way');
  return found;
}
const reasonOf = (e: unknown): string => (e instanceof Error ? e.message : String(e));

export async function readFile(path: string): Promise<Uint8Array> {
  const { files } = required(path);
  try {
    return await files.readFile(path);
  } catch (cause) {
    throw new FileError(path, `cannot be read: ${reasonOf(cause)}`, { cause });
  }
}
/** Makes a folder, and those around it, if it is not there. */
export async function ensureFolder(path: string): Promise<void> {
  const { files } = required(path);
  try {
    await files.mkdir(path, { recursive: true });
  } catch (cause) {
    throw new FileError(path, `cannot be made: ${reasonOf(cause)}`, { cause });
  }
}
/** Adds to the end of a file, which is made if it is not there. */
export async function appendFile(path: string, parts: readonly Uint8Array[]): Promise<void> {
  const { files } = required(path);
  try {
    const file = await files.open(path, 'a');
    try {
      for (const part of parts) await file.appendFile(part);
    } finally {
      await file.close();
    }
  } catch (cause) {
    throw new FileError(path, `cannot be written: ${reasonOf(cause)}`, { cause });
  }
}
export async function removeFile(path: string): Promise<void> {
  await required(path).files.rm(path, { force: true });
}
export const join = (folder: string, name: string): string => required(folder).paths.join(folder, name);

/** `step-000000001200.safetensors`: as text in the order of their steps. */
export const nameOfStep = (steps: number): string => `step-${String(steps).padStart(12, '0')}.safetensors`;
const OF_STEP = /^step-\d{12}\.safetensors$/;

/** The checkpoints of a folder, the newest first; none where it is not there; null if it is a file. */
export async function checkpointsIn(path: string): Promise<string[] | null> {
  const { files, paths } = required(path);
  try {
    if (!(await files.stat(path)).isDirectory()) return null;
    const names = await files.readdir(path);
    return names
      .filter(name => OF_STEP.test(name))
      .sort()
      .reverse()
      .map(name => paths.join(path, name));
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT' && !OF_FILE.test(path)) return [];
    throw new FileError(path, `cannot be read: ${reasonOf(cause)}`, { cause });
  }
}
/** The name of a file, which has to be there; a folder begins empty. */
const OF_FILE = /\.\w+$/;
