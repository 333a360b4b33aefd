/**
 * Places for values in one block of memory. A value needs its place from the step that writes it first to the one
 * that reads it last; values whose times do not meet may share. Finding the smallest block is NP-hard; putting the
 * largest values first, each as low as it fits, comes within a few percent of the bound on real networks
 * (Pisarchyk & Lee 2020, "greedy by size").
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

export function layOut(needs: readonly Need[]): Arena {
  const orders = [bySize, byTime].map(order => place(needs, order));
  const best = orders.reduce((a, b) => (b.bytes < a.bytes ? b : a));
  return { ...best, bound: bound(needs) };
}

type Order = (a: Need, b: Need) => number;
const bySize: Order = (a, b) => b.bytes - a.bytes || a.from - b.from;
/** The longest lived first: better where many values live from forward to backward. */
const byTime: Order = (a, b) => b.to - b.from - (a.to - a.from) || b.bytes - a.bytes;

function place(needs: readonly Need[], order: Order): Omit<Arena, 'bound'> {
  const at = new Array<number>(needs.length).fill(0);
  const placed: Block[] = []; // by offset
  const queue = needs.map((need, i) => ({ need, i })).sort((a, b) => order(a.need, b.need) || a.i - b.i);
  let total = 0;
  for (const { need, i } of queue) {
    const bytes = rounded(need.bytes);
    let from = 0;
    let index = placed.length;
    for (let j = 0; j < placed.length; j++) {
      const block = placed[j]!;
      if (block.from > need.to || block.to < need.from) continue;
      if (from + bytes <= block.at) break;
      from = Math.max(from, block.at + block.bytes);
    }
    at[i] = from;
    total = Math.max(total, from + bytes);
    while (index > 0 && placed[index - 1]!.at > from) index--;
    placed.splice(index, 0, { ...need, bytes, at: from });
  }
  return { at, bytes: total };
}

function bound(needs: readonly Need[]): number {
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
