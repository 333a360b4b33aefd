import type { Backend } from '../backend/backend';
import { DisposedError } from './errors';
import { retry } from './reclaim';

/** The count of a storage whose memory was given back. */
const FREED = -1;

/** Bytes of all storages that are alive, on every backend. */
let live = 0;
export const liveBytes = (): number => live;

/**
 * Memory under one or more tensors, counted: one reference for each handle, saved value and plan. Freed at zero, once
 * and for all: no reference can be taken to what is free. While a function is traced it may be memory in name only: a
 * plan will give it an address.
 */
export class Storage {
  private count = 0;
  /** Handles among the references that no scope owns. */
  unowned = 0;
  /** Counts writes in place, so that no gradient rule reads a value that changed under it. */
  version = 0;

  constructor(
    readonly backend: Backend,
    /** Byte address. */
    readonly at: number,
    readonly bytes: number,
    /** There is nothing at `at`: it stands for what a plan will compute. */
    readonly traced: boolean = false,
  ) {
    if (!traced) live += bytes;
  }

  /**
   * Fresh memory of undefined contents, which nobody refers to yet.
   *
   * @throws {OutOfMemoryError} if there is none even after everything that can be given up was.
   */
  static of(backend: Backend, bytes: number): Storage {
    try {
      return new Storage(backend, backend.alloc(bytes), bytes);
    } catch (e) {
      return insist(backend, bytes, e);
    }
  }

  /** How many references there are. */
  get refs(): number {
    return this.count;
  }

  /**
   * Takes a reference.
   *
   * @throws {DisposedError} if the memory was given back.
   */
  retain(): void {
    if (this.count === FREED) throw new DisposedError('phyllo', 'memory that was freed is used');
    this.count++;
  }

  /** Gives a reference back; the last one frees the memory. */
  release(): void {
    if (this.count <= 0) throw new DisposedError('phyllo', 'memory is freed that nobody has');
    if (--this.count > 0) return;
    this.free();
  }

  private free(): void {
    this.count = FREED;
    if (!this.traced) live -= this.bytes;
    this.backend.free(this.at, this.bytes);
  }
}

/** A function of its own, since a closure in `of` would cost each call an object. */
function insist(backend: Backend, bytes: number, error: unknown): Storage {
  return retry(() => new Storage(backend, backend.alloc(bytes), bytes), error);
}
