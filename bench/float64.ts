/** The oracle: phyllo's operations as plain loops in float64. Not for timing. */
import { reference } from '../ts/backend/reference/backend';
import { useBackend } from '../ts/core/runtime';
import { prepare } from './groups/all';
import type { Library } from './library';

const backend = reference();
useBackend(backend);

export const library: Library = {
  version: '',
  // What is loaded at the edge brings a binary of its own.
  prepare: work => prepare(work.kind === 'latency' ? { ...work, eager: true } : work, backend),
};
