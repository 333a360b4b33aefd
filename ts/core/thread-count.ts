/** How many threads compute. */

/** The most, the calling one among them, as crates/wasm/src/threads.rs has it. */
export const MOST_THREADS = 64;

/** How many threads there are to be, and are, the calling one among them. */
export interface ThreadCount {
  readonly asked: number;
  readonly running: number;
  /** Why there are fewer than asked for, or can be no more than one; else null. */
  readonly why: string | null;
}
