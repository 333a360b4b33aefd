/** What computes here, on how many threads, and why. */
import type { Backend } from '../backend/backend';
import { check, checkCount, wholeNumber } from './kinds';
import { runtime } from './runtime';
import { MOST_THREADS, type ThreadCount } from './thread-count';
import { runtimeName, VERSION } from './version';

export interface Doctor {
  /** The version of phyllo, and what it runs in. */
  readonly phyllo: string;
  readonly runtime: string;
  /** The binary that computes, and why that one. */
  readonly binary: string;
  readonly why: string;
  readonly threads: ThreadCount;
}

/** How many threads were asked for of backends that have one. */
const asked = new WeakMap<Backend, number>();

/** What computes here: print it where something is slower than you expect. */
export function doctor(): Doctor {
  checkCount('doctor', 0, arguments);
  const { backend } = runtime;
  const { name, why = '', threads: several } = backend;
  const threads: ThreadCount = several ?? {
    asked: asked.get(backend) ?? 1,
    running: 1,
    why: 'this backend has one',
  };
  return {
    phyllo: VERSION,
    runtime: runtimeName(),
    binary: name,
    why,
    threads: { asked: threads.asked, running: threads.running, why: threads.why },
  };
}

/**
 * Sets how many threads compute, the calling one among them, up to 64, and resolves to how many there are once all
 * have started or one could not: {@link doctor} says why. The results have the same bits for any number. Without a call
 * there are as many as PHYLLO_THREADS says (in the environment, or in browsers a global set before the import), or as
 * there are cores; they start with the first long computation, and none of them keeps a process alive. PHYLLO_THREADS=1
 * loads the binary for one thread, which a call cannot raise.
 */
export async function threads(n: number): Promise<number> {
  checkCount('threads', 1, arguments);
  check('threads', 'n', wholeNumber(1, MOST_THREADS), n);
  const { backend } = runtime;
  if (backend.threads) return backend.threads.use(n);
  asked.set(backend, n);
  return 1;
}
