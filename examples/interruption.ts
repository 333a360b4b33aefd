import { setTimeout as sleep } from 'node:timers/promises';
import { FileError } from 'phyllo';

/** How a long computation is asked to stop, and how the process ends then. */
export interface Interruption {
  /** Aborted by the first SIGINT (Ctrl-C) or SIGTERM, and when output goes nowhere any longer (`| head`, a full disk). */
  readonly signal: AbortSignal;
  /** Gives signals back to the system: once this is over, one ends the process at once, whatever it is computing. */
  release(): Promise<void>;
  /**
   * Ends the process as the signal that came would have: shells and npm look at that. Without one, it returns.
   *
   * @throws {FileError} if output could not be written for another reason than that nobody reads it
   */
  end(): void;
}

/** npm sends on to its script what the terminal has sent it already. What comes within so many ms is one Ctrl-C. */
const SAME_MS = 100;
/** npm's shell ends by SIGTERM without sending it on. So often we look whether it is still there. */
const LOOK_MS = 50;

/**
 * From now on the first signal asks to stop, and a second ends the process at once. The event loop has to turn now and
 * then for either to be seen.
 */
export function interruption(): Interruption {
  const controller = new AbortController();
  let came: { readonly signal: NodeJS.Signals; readonly at: number } | null = null;
  let broken: Error | null = null;

  const onSignal = (signal: NodeJS.Signals): void => {
    clearInterval(watch);
    if (came === null) {
      came = { signal, at: performance.now() };
      controller.abort();
    } else if (performance.now() - came.at > SAME_MS) {
      end();
    }
  };
  const onOutputError = (error: NodeJS.ErrnoException): void => {
    if (error.code !== 'EPIPE') broken ??= error;
    controller.abort();
  };
  const detach = (): void => {
    clearInterval(watch);
    process.off('SIGINT', onSignal).off('SIGTERM', onSignal);
  };
  const end = (): void => {
    detach();
    if (came) process.kill(process.pid, came.signal);
    else if (broken) throw new FileError('output', broken.message, { cause: broken });
  };

  const parent = process.ppid;
  const look = (): void => {
    if (process.ppid !== parent) onSignal('SIGTERM');
  };
  // Outside npm a process may well outlive its parent, under nohup for one.
  const watch = process.env.npm_lifecycle_event ? setInterval(look, LOOK_MS).unref() : undefined;
  process.on('SIGINT', onSignal).on('SIGTERM', onSignal);
  for (const output of [process.stdout, process.stderr]) output.on('error', onOutputError);
  return {
    signal: controller.signal,
    async release() {
      if (came) await sleep(Math.max(0, came.at + SAME_MS - performance.now()));
      detach();
    },
    end,
  };
}
