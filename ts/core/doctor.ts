/** What computes here, on how many threads, and why. */
import { check, checkCount, wholeNumber } from './kinds';
import { runtime } from './runtime';
import { runtimeName, VERSION } from './version';

export interface Doctor {
  /** The version of phyllo, and what it runs in. */
  readonly phyllo: string;
  readonly runtime: string;
  /** The binary that computes, and why that one. */
  readonly binary: string;
  readonly why: string;
  readonly threads: {
    /** How many threads are to compute, the calling one among them, and how many there are. */
    readonly asked: number;
    readonly running: number;
    /** Why there is one, or fewer than asked for; null if all are there. */
    readonly why: string | null;
  };
}

/** What computes here: print it where something is slower than you expect. */
export function doctor(): Doctor {
  checkCount('doctor', 0, arguments);
  const { name, why = '', threads } = runtime.backend;
  const { asked = 1, running = 1, why: whyFewer = 'this backend has one' } = threads ?? {};
  return {
    phyllo: VERSION,
    runtime: runtimeName(),
    binary: name,
    why,
    threads: { asked, running, why: whyFewer },
  };
}

/**
 * Sets how many threads compute, the calling one among them, up to 64, and resolves to how many there are once all
 * have started or one could not: {@link doctor} says why. The results have the same bits for any number. Without a call
 * there are as many as PHYLLO_THREADS says (in the environment, or in browsers a global set before the import), or as
 * there are cores; they start with the first long computation, and none of them keeps a process alive.
 */
export async function threads(n: number): Promise<number> {
  checkCount('threads', 1, arguments);
  check('threads', 'n', wholeNumber(1, 64), n);
  return (await runtime.backend.threads?.use(n)) ?? 1;
}
