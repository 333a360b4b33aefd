import { backend } from '#load';
import manifest from '../package.json';
import { prepare } from './groups/all';
import type { Library } from './library';
import { limits } from './limit';
import type { Limit } from './row';

let measure: Promise<() => Promise<Limit>> | undefined;

export const library: Library = {
  version: `${manifest.version} ${backend.name}`,
  prepare: work => prepare(work, backend),
  limits: async () => (await (measure ??= limits(backend.name)))(),
};
