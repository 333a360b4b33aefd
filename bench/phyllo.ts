import { env } from 'node:process';
import { backend } from '#load';
import { threads } from 'phyllo';
import manifest from '../package.json';
import { prepare } from './groups/all';
import type { Library } from './library';
import { limits } from './limit';
import type { Limit } from './row';

let measure: Promise<() => Promise<Limit>> | undefined;

// All there from the start: none begins in the middle of a sample.
const asked = Number(env.BENCH_THREADS);
if ((await threads(asked)) !== asked) throw new Error(`${asked} threads do not start: ${backend.threads?.why}`);

export const library: Library = {
  version: `${manifest.version} ${backend.name}`,
  prepare: work => prepare(work, backend),
  limits: async () => (await (measure ??= limits(backend.name)))(),
};
