/** Which sample goes to which part: counts that are exact, of each class in proportion, of groups whole. */
import { ValueError } from 'phyllo';

const sum = (xs: readonly number[]): number => xs.reduce((a, b) => a + b, 0);

/**
 * Whole numbers that add up to `total`, each its share by weight rounded down or up: up where the remainder is largest, of
 * equals the first (Hamilton's method).
 */
export function apportion(total: number, weights: readonly number[]): number[] {
  const all = sum(weights);
  const shares = weights.map(w => (total * w) / all);
  const counts = shares.map(share => Math.floor(share + 1e-9)); // 0.29 · 100 is 28.999999999999996
  const order = shares
    .map((share, i) => ({ i, rest: share - counts[i]! }))
    .sort((a, b) => b.rest - a.rest || a.i - b.i);
  for (const { i } of order.slice(0, total - sum(counts))) counts[i]!++;
  return counts;
}

/**
 * How many samples of each class (row) go to each part (column), when parts have `sizes`: rows and columns add up exactly, and
 * each count is its share by weight, at most 1 more. Of what rounding down leaves, each class in turn gives to the parts
 * that lack most, which always comes out even (Ryser 1957).
 */
export function stratify(classes: readonly number[], weights: readonly number[], sizes: readonly number[]): number[][] {
  const all = sum(weights);
  const counts = classes.map(n => weights.map(w => (n * w - ((n * w) % all)) / all));
  const lacks = sizes.map((size, p) => size - sum(counts.map(row => row[p]!)));
  for (const [c, row] of counts.entries()) {
    const order = sizes.map((_, p) => p).sort((a, b) => lacks[b]! - lacks[a]! || a - b);
    for (const p of order.slice(0, classes[c]! - sum(row))) {
      row[p]!++;
      lacks[p]!--;
    }
  }
  return counts;
}

/** Samples, in an order that is theirs or random, with their class and group. */
export interface Samples {
  readonly order: Int32Array;
  /** The class of each sample, from 0; all 0 where that does not matter. */
  readonly classes: Int32Array;
  readonly groups: Int32Array | null;
}

/** The places of samples by class or group, in their order. */
function members(of: Int32Array, order: Int32Array): number[][] {
  const found: number[][] = [];
  for (const i of order) (found[of[i]!] ??= []).push(i);
  return found;
}

/** The part of each sample. Parts have `sizes`, or with groups about that. */
export function assign(
  where: string,
  samples: Samples,
  weights: readonly number[],
  sizes: readonly number[],
): Int32Array {
  if (samples.groups) return assignGroups(where, samples, samples.groups, sizes);
  const { order, classes } = samples;
  const part = new Int32Array(order.length);
  const byClass = members(classes, order);
  const counts = stratify(
    byClass.map(list => list.length),
    weights,
    sizes,
  );
  for (const [c, list] of byClass.entries()) {
    let at = 0;
    for (const [p, count] of counts[c]!.entries()) for (let k = 0; k < count; k++) part[list[at++]!] = p;
  }
  return part;
}

/** Groups from the largest to the smallest, each to the part that it fits best: that lacks most of the group's classes. */
function assignGroups(
  where: string,
  { order, classes }: Samples,
  groups: Int32Array,
  sizes: readonly number[],
): Int32Array {
  const byGroup = members(groups, order);
  const used = sizes.filter(size => size > 0).length;
  if (byGroup.length < used) throw new ValueError(where, `${byGroup.length} groups do not fill ${used} parts`);
  const totals = members(classes, order).map(list => list.length);
  const lacks = sizes.map(size => totals.map(total => (total * size) / order.length));
  const part = new Int32Array(order.length);
  const filled = sizes.map(() => 0);
  for (const [k, list] of byGroup.sort((a, b) => b.length - a.length).entries()) {
    const own = totals.map(() => 0);
    for (const i of list) own[classes[i]!]!++;
    // What the squared differences from the counts wanted become less by, each class weighed by how rare it is.
    const gain = (p: number): number => sum(own.map((n, c) => (n * (2 * lacks[p]![c]! - n)) / totals[c]!));
    const empty = sizes.map((_, p) => p).filter(p => sizes[p]! > 0 && filled[p] === 0);
    const open = sizes.map((_, p) => p).filter(p => sizes[p]! > 0);
    const choice = byGroup.length - k <= empty.length ? empty : open;
    const best = choice.reduce((a, b) => (gain(b) > gain(a) ? b : a));
    filled[best]!++;
    for (const [c, n] of own.entries()) lacks[best]![c]! -= n;
    for (const i of list) part[i] = best;
  }
  return part;
}
