/** Backends that watch over the life of blocks, or keep them all. */
import type { Backend } from '../../ts/backend/backend';

/** A backend on the memory of another, with an account of its blocks. */
export interface Ledger extends Backend {
  /** Bytes asked for, by the addresses of the blocks in use. */
  readonly live: ReadonlyMap<number, number>;
  /** What blocks were given back that were not there, which ones and when. */
  readonly wrong: readonly string[];
  /** Gives every block back to the memory below. Handles that the collector finds later free nothing. */
  close(): void;
}

/**
 * `frees`: what is freed is filled with ones (NaN, −1), and its place is used again. Otherwise nothing is freed before
 * `close`: a program that reads what it has freed sees the same as before. New blocks are filled differently in both,
 * so that what nobody has written shows.
 */
export function ledger(below: Backend, frees: boolean): Ledger {
  const live = new Map<number, number>();
  const hoard: [at: number, bytes: number][] = [];
  const wrong: string[] = [];
  let open = true;
  const fill = (at: number, bytes: number, value: number): void =>
    below.write(at, new Uint8Array(bytes).fill(value), 'u8');
  return {
    ...below,
    live,
    wrong,
    alloc(bytes) {
      const at = below.alloc(bytes);
      live.set(at, bytes);
      fill(at, bytes, frees ? 0xff : 0);
      return at;
    },
    free(at, bytes) {
      if (!open) return;
      if (live.get(at) !== bytes) {
        wrong.push(
          `free(${at}, ${bytes}): ${live.has(at) ? `that block has ${live.get(at)} bytes` : 'no such block is in use'}`,
        );
        return;
      }
      live.delete(at);
      if (!frees) {
        hoard.push([at, bytes]);
        return;
      }
      fill(at, bytes, 0xff);
      below.free(at, bytes);
    },
    memory: () => ({ bytes: [...live.values()].reduce((a, b) => a + b, 0), blocks: live.size, peak: 0 }),
    close() {
      open = false;
      for (const [at, bytes] of [...live, ...hoard]) below.free(at, bytes);
      live.clear();
    },
  };
}
