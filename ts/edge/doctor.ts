/** What phyllo/edge computes on. */
import { runtimeName, VERSION } from '../core/version';

/** Where this runs, and on how many threads. */
export const doctor = (): {
  readonly phyllo: string;
  readonly runtime: string;
  readonly threads: { readonly asked: 1; readonly running: 1; readonly why: string };
} => ({
  phyllo: VERSION,
  runtime: runtimeName(),
  threads: { asked: 1, running: 1, why: 'phyllo/edge runs plans on the calling thread' },
});
