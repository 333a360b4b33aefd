import type { DType, TensorData } from '../core/dtype';

/**
 * Memory in blocks, each at an address.
 *
 * An address is a whole number below 2⁵³ that only the backend interprets: the address of a block plus a number of bytes
 * is the address of the byte at that distance in the same block, no two blocks share an address, and none has the address
 * 0. One linear memory keeps this with plain byte addresses; separate buffers keep it with 2³² · (number of the buffer) +
 * (offset in it).
 */
export interface Memory {
  /** Bytes between neighbouring elements. */
  itemSize(dtype: DType): number;
  /** A block of at least `bytes` bytes, aligned to 16; its contents are undefined. Throws OutOfMemoryError. */
  alloc(bytes: number): number;
  /** Gives back a block that was allocated with the same `bytes`. */
  free(at: number, bytes: number): void;
  /** Writes numbers as elements, converting as `bytesOf` in core/dtype.ts does. Later changes of `data` are not seen. */
  write(at: number, data: ArrayLike<number>, dtype: DType): void;
  /** Writes elements given as bytes, as files have them: little-endian, all digits. Later changes are not seen. */
  writeBytes(at: number, bytes: Uint8Array, dtype: DType): void;
  /**
   * A copy of n elements, as they are after all calls before this one. Rejects with an IndexError where such a call was
   * given an index outside its range that could not be found at once: see `indexOutside`.
   */
  read(at: number, n: number, dtype: DType): Promise<TensorData>;
  // ── Only where JavaScript can reach the memory: all or none ──
  /** As `read`, at once. */
  readSync?(at: number, n: number, dtype: DType): TensorData;
  /** A copy of n elements as `writeBytes` takes them, at once. */
  readBytes?(at: number, n: number, dtype: DType): Uint8Array;
  /** The value of one element. Scopes call it for each lone number that they free: 0.2 µs faster than an array of one. */
  peek?(at: number, dtype: DType): number;

  /** Live bytes, as asked for, and blocks; the most bytes there ever were, or since `resetPeak`. */
  memory(resetPeak?: boolean): { bytes: number; blocks: number; peak: number };
}
