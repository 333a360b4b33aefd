/** What phyllo/edge computes on. */
import type { ThreadCount } from '../core/thread-count';
import { runtimeName, VERSION } from '../core/version';

/** Where this runs, and on how many threads. */
export const doctor = (): {
  readonly phyllo: string;
  readonly runtime: string;
  readonly threads: ThreadCount;
} => ({
  phyllo: VERSION,
  runtime: runtimeName(),
  threads: { asked: 1, running: 1, why: 'phyllo/edge runs plans on the calling thread' },
});
