/** Writing files, where a runtime has them. */
import { FileError, ValueError } from '../core/errors';
import { aText, bytes, check, either } from '../core/kinds';

/**
 * Writes a file whole or not at all: to a new file beside it, `<path>.<process>-<random>.tmp`, which then takes its
 * name. A reader, or a process that is killed half-way, sees the old file or the new one. What killed processes left
 * beside this file is removed an hour later. A file that was there keeps its permissions.
 *
 * @param content bytes, or text to be written in UTF-8
 * @throws {ValueError} if the path is no text or empty, or the content neither text nor bytes.
 * @throws {FileError} if it cannot be written (a full disk, no such folder, no permission; `cause` is the system's
 *   error), and in browsers and at the edge, where there are no files. A file of that name is then as it was.
 */
export async function writeFile(path: string, content: string | Uint8Array): Promise<void> {
  if (typeof path !== 'string' || path === '') {
    throw new ValueError(
      'writeFile',
      `takes the path of a file, this is ${path === '' ? 'an empty text' : typeof path}`,
    );
  }
  check('writeFile', 'content', either(aText, bytes), content);
  const system = systemOf();
  if (!system)
    throw new FileError(path, 'this runtime has no files (Node has from 20.16 on): store the bytes in another way');
  const { files, process } = system;
  let beside: string | null = null;
  let made = false;
  try {
    const { target, mode } = await targetOf(path, system);
    await sweep(target, system);
    beside = `${target}.${process.pid}-${Math.random().toString(36).slice(2)}.tmp`;
    const file = await files.open(beside, 'wx');
    made = true;
    try {
      if (mode !== null) await file.chmod(mode);
      await file.writeFile(content);
      await file.sync(); // the name must not reach the disk before the bytes do
    } finally {
      await file.close();
    }
    await files.rename(beside, target);
  } catch (cause) {
    if (beside !== null) await files.rm(beside, { force: true }).catch(() => {}); // what went wrong first is what counts
    const vanished = made && codeOf(cause) === 'ENOENT';
    const reason = vanished ? 'somebody removed the file, or its folder, while it was written' : reasonOf(cause);
    throw new FileError(path, `cannot be written: ${reason}`, { cause });
  }
}

type System = NonNullable<ReturnType<typeof systemOf>>;
/** Bundlers for browsers stop at an import of node:fs, so the runtime is asked for it. */
function systemOf() {
  const { process } = globalThis;
  const files = process?.getBuiltinModule?.('node:fs/promises');
  const paths = process?.getBuiltinModule?.('node:path');
  return files && paths ? { process, files, paths } : null;
}

/** A file's own path, if the one given is a link to it, and its permissions, if there is one. */
interface Target {
  readonly target: string;
  readonly mode: number | null;
}
/** A device or a pipe must not be replaced by a file. */
async function targetOf(path: string, { files }: System): Promise<Target> {
  const there = await files.stat(path).catch((cause: unknown) => {
    if (codeOf(cause) === 'ENOENT') return null;
    throw cause;
  });
  if (there === null) return { target: path, mode: null };
  if (!there.isFile())
    throw new Error(there.isDirectory() ? 'it is a folder' : 'it is a device, a pipe or a socket, not a file');
  return { target: await files.realpath(path), mode: there.mode & 0o7777 };
}

/**
 * Milliseconds for which what is left beside a file is left alone. On a volume that is shared, its writer may run on
 * another host or in another container, where numbers of processes mean others.
 */
const YOUNG = 3_600_000;

/** Removes what writers of the same file left beside it when they were killed. */
async function sweep(target: string, { files, paths, process }: System): Promise<void> {
  const [folder, start] = [paths.dirname(target), `${paths.basename(target)}.`];
  const names = await files.readdir(folder).catch(() => []); // a folder may take files and show none
  for (const name of names) {
    const pid = name.startsWith(start) && /^(\d+)-[0-9a-z]*\.tmp$/.exec(name.slice(start.length))?.[1];
    if (!pid) continue;
    const left = paths.join(folder, name);
    const now = Date.now();
    const written = await files.stat(left).then(
      ({ mtimeMs }) => mtimeMs,
      () => now,
    );
    // In a container, this process may have the number of one before it.
    const isOver =
      Number(pid) === process.pid ? written < now - 1000 * process.uptime() : !isAlive(Number(pid), process);
    if (isOver && written < now - YOUNG) await files.rm(left, { force: true }).catch(() => {}); // it may belong to somebody else
  }
}

function isAlive(pid: number, process: System['process']): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return codeOf(error) !== 'ESRCH';
  }
}

const REASONS: Readonly<Record<string, string>> = {
  ENOSPC: 'no space is left on the disk',
  EDQUOT: 'the disk quota is used up',
  EFBIG: 'the file is larger than is allowed',
  ENOENT: 'there is no such folder',
  ENOTDIR: 'a part of the path is a file, not a folder',
  EISDIR: 'it is a folder',
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  EROFS: 'the file system is read-only',
  ENAMETOOLONG: 'the name is too long',
};
const codeOf = (error: unknown): string => (error instanceof Error && 'code' in error ? String(error.code) : '');
const reasonOf = (error: unknown): string =>
  REASONS[codeOf(error)] ?? (error instanceof Error ? error.message : String(error));
