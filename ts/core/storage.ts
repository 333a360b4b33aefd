import type { Backend } from '../backend/backend';

/**
 * Memory under one or more tensors, counted: one reference for each handle, saved value and plan. Freed at zero.
 * While a function is traced it may be memory in name only: a plan will give it a place.
 */
export class Storage {
  refs = 0;
  /** Counts writes in place, so that no gradient rule reads a value that changed under it. */
  version = 0;

  constructor(
    readonly backend: Backend,
    /** Byte address. */
    readonly at: number,
    readonly bytes: number,
    /** There is nothing at `at`: it stands for what a plan will compute. */
    readonly traced: boolean = false,
  ) {}

  release(): void {
    if (--this.refs === 0) this.backend.free(this.at, this.bytes);
  }
}
