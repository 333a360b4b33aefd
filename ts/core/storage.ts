import type { Backend } from '../backend/backend';

/** Memory under one or more tensors, counted: one reference for each handle, saved value and plan. Freed at zero. */
export class Storage {
  refs = 0;
  /** Counts writes in place, so that no gradient rule reads a value that changed under it. */
  version = 0;

  constructor(
    readonly backend: Backend,
    /** Byte address. */
    readonly at: number,
    readonly bytes: number,
  ) {}

  release(): void {
    if (--this.refs === 0) this.backend.free(this.at, this.bytes);
  }
}
