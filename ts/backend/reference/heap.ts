import { OutOfMemoryError } from '../../core/errors';

/** Bytes an element takes in the reference backend, whatever its dtype. */
export const ITEM = 8;

/** Blocks are aligned to this many bytes; the first starts here, so that no block has the address 0. */
const ALIGN = 16;

/** Memory in float64, as kernels see it. */
export interface Floats {
  /** The array in which an address lies, valid until the next `alloc`, and the index of its element there. */
  whole(at: number): Float64Array;
  indexOf(at: number): number;
  /** The elements of that array from the address on. */
  from(at: number): Float64Array;
}

/**
 * Memory as one array of float64. An address is in bytes, so `address / ITEM` is an element's index.
 *
 * What is not in use is NaN: a kernel that reads a block which was freed, or which nobody has written yet, shows in its
 * result.
 */
export class Heap implements Floats {
  #elements: Float64Array = new Float64Array(1024).fill(NaN);
  /** Where the memory begins that was never given out. */
  #top: number = ALIGN;
  /** Addresses of freed blocks, by capacity. */
  readonly #freed: Map<number, number[]> = new Map();
  /** The bytes asked for, by address. */
  readonly #live: Map<number, number> = new Map();
  #bytes = 0;
  #peak = 0;

  whole(_at: number): Float64Array {
    return this.#elements;
  }

  indexOf(at: number): number {
    return at / ITEM;
  }

  from(at: number): Float64Array {
    return this.#elements.subarray(at / ITEM);
  }

  /** The address of a block of at least `bytes` bytes, full of NaN. Throws OutOfMemoryError. */
  alloc(bytes: number): number {
    const at = this.#freed.get(capacity(bytes))?.pop() ?? this.#extend(capacity(bytes));
    this.#live.set(at, bytes);
    this.#bytes += bytes;
    this.#peak = Math.max(this.#peak, this.#bytes);
    return at;
  }

  /** Gives a block back. An error if there is none of that size at that address. */
  free(at: number, bytes: number): void {
    if (this.#live.get(at) !== bytes) throw new Error(`free: no block of ${bytes} bytes is live at ${at}`);
    this.#live.delete(at);
    this.#bytes -= bytes;
    const size = capacity(bytes);
    this.#elements.fill(NaN, at / ITEM, (at + size) / ITEM);
    const blocks = this.#freed.get(size);
    if (blocks) blocks.push(at);
    else this.#freed.set(size, [at]);
  }

  /** Live bytes and blocks, and the most bytes since the last reset; `resetPeak` starts anew from what is live now. */
  memory(resetPeak = false): { bytes: number; blocks: number; peak: number } {
    const report = { bytes: this.#bytes, blocks: this.#live.size, peak: this.#peak };
    if (resetPeak) this.#peak = this.#bytes;
    return report;
  }

  #extend(size: number): number {
    const at = this.#top;
    const length = (at + size) / ITEM;
    if (length > this.#elements.length) this.#grow(Math.max(length, 2 * this.#elements.length));
    this.#top = at + size;
    return at;
  }

  #grow(length: number): void {
    try {
      const grown = new Float64Array(length).fill(NaN, this.#elements.length);
      grown.set(this.#elements);
      this.#elements = grown;
    } catch (cause) {
      throw new OutOfMemoryError('alloc', `no array of ${length} elements to be had`, { cause });
    }
  }
}

/** The size of the block that serves `bytes` bytes: a multiple of ALIGN, and not 0, so that no two share an address. */
function capacity(bytes: number): number {
  return Math.max(ALIGN, Math.ceil(bytes / ALIGN) * ALIGN);
}
