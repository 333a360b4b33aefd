/**
 * Memory planning: offsets for values in one block of memory. A value needs its bytes from the step that writes it first to the one
 * that reads it last; values whose times do not meet may share. Finding the smallest block is NP-hard; putting the
 * largest values first, each as low as it fits, comes close on real networks (Pisarchyk & Lee 2020, "greedy by size"),
 * and a few attempts with what was left on top put first come closer.
 */

/** A need for memory: bytes, over steps `from` to `to`, both included. */
export interface Need {
  readonly bytes: number;
  readonly from: number;
  readonly to: number;
}
export interface Arena {
  /** Offsets, in the order of the needs. */
  readonly at: readonly number[];
  readonly bytes: number;
  /** The most bytes that are needed at one step: no arena is smaller. */
  readonly bound: number;
}

/** Blocks begin where a vector may. */
export const ALIGNMENT = 16;
const rounded = (bytes: number): number => Math.max(Math.ceil(bytes / ALIGNMENT), 1) * ALIGNMENT;

interface Block extends Need {
  readonly at: number;
}

/** Passes over all blocks that a search for a better order may take, so that large graphs do not wait for it. */
const EFFORT = 20_000_000;

export function layOut(needs: readonly Need[]): Arena {
  const least = bound(needs);
  const all = needs.map((_, i) => i);
  let best: Attempt | null = null;
  for (const order of ORDERS) {
    let queue = all.slice().sort((a, b) => order(needs[a]!, needs[b]!) || a - b);
    // What reaches to the top comes first in the next attempt, as long as that helps now and then.
    let tries = Math.min(32, EFFORT / (needs.length ** 2 + 1));
    while (tries-- > 0 && !(best && best.bytes <= least)) {
      const found = firstFit(needs, queue);
      if (!best || found.bytes < best.bytes) best = found;
      const { top } = found;
      queue = [...top, ...queue.filter(i => !top.includes(i))];
    }
  }
  const { at, bytes } = best ?? firstFit(needs, all);
  return { at, bytes, bound: least };
}

/** Largest first; longest lived first; in the order of birth. */
const ORDERS: readonly ((a: Need, b: Need) => number)[] = [
  (a, b) => b.bytes - a.bytes || a.from - b.from,
  (a, b) => b.to - b.from - (a.to - a.from) || b.bytes - a.bytes,
  (a, b) => a.from - b.from || b.to - a.to,
];

interface Attempt {
  readonly at: readonly number[];
  readonly bytes: number;
  /** Those that end where the arena ends. */
  readonly top: readonly number[];
}

/** First fit: each need in turn, as low as it fits. */
function firstFit(needs: readonly Need[], queue: readonly number[]): Attempt {
  const at = new Array<number>(needs.length).fill(0);
  const blocks: Block[] = []; // by offset
  let total = 0;
  for (const i of queue) {
    const need = needs[i]!;
    const bytes = rounded(need.bytes);
    let from = 0;
    for (const block of blocks) {
      if (block.from > need.to || block.to < need.from) continue;
      if (from + bytes <= block.at) break;
      from = Math.max(from, block.at + block.bytes);
    }
    at[i] = from;
    total = Math.max(total, from + bytes);
    let index = blocks.length;
    while (index > 0 && blocks[index - 1]!.at > from) index--;
    blocks.splice(index, 0, { ...need, bytes, at: from });
  }
  return { at, bytes: total, top: queue.filter(i => at[i]! + rounded(needs[i]!.bytes) === total) };
}

/** The most bytes that are needed at one step. */
export function bound(needs: readonly Need[]): number {
  const change = new Map<number, number>();
  const add = (step: number, bytes: number): void => void change.set(step, (change.get(step) ?? 0) + bytes);
  for (const { bytes, from, to } of needs) {
    add(from, rounded(bytes));
    add(to + 1, -rounded(bytes));
  }
  let [now, most] = [0, 0];
  for (const step of [...change.keys()].sort((a, b) => a - b)) most = Math.max(most, (now += change.get(step)!));
  return most;
}
