/** Going on from a checkpoint: bytes, a file, or the newest of a folder that is whole. */
import { FileError, type PhylloError } from 'phyllo';
import { checkpointsIn, readFile } from './files';
import type { RunState } from './run';

/**
 * Restores a run. Of a folder the newest checkpoint that is whole counts: one that is damaged is named on the console, and the
 * one before is used; a folder without any is the beginning.
 *
 * @throws {FileError} for a file that is none, or damaged, and for a folder whose checkpoints all are.
 */
export async function resumeFrom(run: RunState, from: string | Uint8Array): Promise<void> {
  if (from instanceof Uint8Array) return run.restore(from, 'checkpoint');
  const names = await checkpointsIn(from);
  if (names === null) return run.restore(await readFile(from), from);
  const refused: PhylloError[] = [];
  for (const name of names) {
    try {
      return run.restore(await readFile(name), name);
    } catch (e) {
      if (!(e instanceof FileError)) throw e;
      refused.push(e);
      console.warn(`${e.message}: the checkpoint before it is used`);
    }
  }
  if (refused[0]) throw refused[0];
}
