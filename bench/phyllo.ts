import { backend } from '#load';
import manifest from '../package.json';
import { prepare } from './groups/all';
import type { Library } from './library';
import { limits } from './limit';

export const library: Library = {
  version: `${manifest.version} ${backend.name}`,
  prepare: (work) => prepare(work, backend),
  limits: () => limits(backend.name),
};
