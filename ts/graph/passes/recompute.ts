/**
 * Rematerialisation: what lives long and is cheap to make is made again before it is read late, so that its memory is
 * free in between. Greedily: at the step where most memory is needed, the value goes that gives most bytes for an
 * operation, counting all that must be made again for it (Chen et al. 2016; Kirisame et al. 2021).
 */
import { CaptureError } from '../../core/errors';
import {
  countWrites,
  flopsOf,
  local,
  mutates,
  reads,
  replaced,
  writes,
  type Graph,
  type Step,
  type Value,
} from '../graph';
import { planMemory } from '../memory';
import { bytes } from '../../core/table';
import { writeInPlace } from './inplace';

/** More steps than that are not made again for one value. */
const LONGEST = 64;
/** What is so much smaller than the value that is gained is rather kept than made again. */
const SMALL = 1 / 16;
/** By how much a plan may grow. */
const MOST = 3;
/** Candidates that are tried at a peak. */
const TRIES = 16;

/** As much is computed again as it takes to fit the arena into the budget, if there is one. */
export function fitMemory(graph: Graph): Graph {
  const { budget } = graph;
  if (budget === undefined) return graph;
  const missing = (least: number): CaptureError =>
    new CaptureError(
      'capture',
      `memoryBudget is ${bytes(budget)}, but with what can be computed again the plan still takes ${bytes(least)}, ${bytes(least - budget)} more`,
    );
  const largest = largestStep(graph);
  if (largest > budget) throw missing(largest);
  const originals: Originals = new Map();
  let now = graph;
  for (;;) {
    const needs = needsOf(now);
    if (needs[peakOf(needs)]! <= budget && planMemory(writeInPlace(now)).bytes <= budget) return now;
    const next = now.steps.length < MOST * graph.steps.length ? relieved(now, needs, originals) : null;
    if (!next) throw missing(planMemory(writeInPlace(now)).bytes);
    now = next;
  }
}

/** What one step needs alone, of all the most. */
function largestStep(graph: Graph): number {
  const { steps, results } = writeInPlace(graph);
  return steps.reduce((most, step) => {
    const own = new Set([...reads(step), ...writes(step)].filter(v => v.origin.from === 'local' && !results.has(v)));
    return Math.max(
      most,
      [...own].reduce((n, v) => n + v.bytes, 0),
    );
  }, 0);
}

/** By value: the first of its kind, of which it is a copy. */
type Originals = Map<Value, Value>;

/** Bytes needed at each step: as steps will be, some of them in place. */
function needsOf(graph: Graph): Float64Array {
  const { steps, results } = writeInPlace(graph);
  const needs = new Float64Array(steps.length + 1);
  for (const [v, { first, last }] of lives(steps)) {
    if (v.origin.from !== 'local' || results.has(v)) continue;
    needs[first]! += v.bytes;
    needs[last + 1]! -= v.bytes;
  }
  for (let i = 1; i < needs.length; i++) needs[i]! += needs[i - 1]!;
  return needs.subarray(0, steps.length);
}
/** The first step where most is needed. */
const peakOf = (needs: Float64Array): number => needs.reduce((most, n, i) => (n > needs[most]! ? i : most), 0);

interface Life {
  readonly first: number;
  last: number;
}
function lives(steps: readonly Step[]): Map<Value, Life> {
  const all = new Map<Value, Life>();
  steps.forEach((step, i) => {
    for (const v of [...reads(step), ...writes(step)]) {
      const life = all.get(v);
      if (life) life.last = i;
      else all.set(v, { first: i, last: i });
    }
  });
  return all;
}

/** Steps to make again, in order, and what they make what they read of. */
interface Chain {
  steps: Set<number>;
  instead: Map<Value, Value>;
  flops: number;
  /** What must be kept for it that was not. */
  kept: number;
}

/** The graph with less memory needed at its peak, and nowhere as much; null if there is no way. */
function relieved(graph: Graph, needs: Float64Array, originals: Originals): Graph | null {
  const { steps, results } = graph;
  const peak = peakOf(needs);
  const most = needs[peak]!;
  const all = lives(steps);
  const readers = new Map<Value, number[]>();
  steps.forEach((step, i) => {
    for (const v of reads(step)) {
      const list = readers.get(v);
      if (list) list.push(i);
      else readers.set(v, [i]);
    }
  });
  const written = countWrites(steps);
  const foreign = steps.flatMap((step, at) =>
    [...writes(step)].flatMap(v => (v.origin.from === 'local' ? [] : [{ at, v }])),
  );
  const families = new Map<Value, Value[]>();
  for (const v of all.keys()) {
    const original = originals.get(v) ?? v;
    families.set(original, [...(families.get(original) ?? []), v]);
  }

  /** An argument or a gradient may be the memory of another, or of a tensor from outside. */
  const changes = (v: Value, from: number, to: number): boolean =>
    v.origin.from !== 'constant' &&
    foreign.some(
      w => w.at > from && w.at < to && (w.v === v || w.v.origin.from !== 'outside' || v.origin.from !== 'outside'),
    );

  /** Makes sure that u, which a step at `from` read, is there at step `to`; false if it cannot be. */
  const provide = (u: Value, from: number, to: number, chain: Chain, gain: number): boolean => {
    if (chain.instead.has(u)) return true;
    if (u.origin.from !== 'local') return !changes(u, from, to);
    if (written.get(u) !== 1) return false;
    if (results.has(u)) return true;
    const there = families.get(originals.get(u) ?? u)!.find(t => {
      const { first, last } = all.get(t)!;
      return first < to && (last >= to || first > peak);
    });
    if (there) {
      if (there !== u) chain.instead.set(u, there);
      return true;
    }
    const { first } = all.get(u)!;
    const maker = steps[first]!;
    if (u.bytes > SMALL * gain && !mutates(maker)) {
      const before = { ...chain, steps: new Set(chain.steps), instead: new Map(chain.instead) };
      if (again(first, to, chain, gain)) return true;
      Object.assign(chain, before);
    }
    chain.kept += u.bytes;
    return chain.kept < gain;
  };
  /** Adds the step at `at` to a chain before step `to`. */
  const again = (at: number, to: number, chain: Chain, gain: number): boolean => {
    if (chain.steps.has(at)) return true;
    if (chain.steps.size === LONGEST) return false;
    const step = steps[at]!;
    for (const v of reads(step)) if (!provide(v, at, to, chain, gain)) return false;
    chain.steps.add(at);
    chain.flops += Math.max(flopsOf(step), ...step.ys.map(y => y.size));
    return true;
  };

  const candidates: {
    readonly v: Value;
    readonly to: number;
    readonly chain: Chain;
    readonly score: number;
    readonly sure: boolean;
  }[] = [];
  for (const [v, { first, last }] of all) {
    if (v.origin.from !== 'local' || results.has(v) || first >= peak || last <= peak || written.get(v) !== 1) continue;
    const maker = steps[first]!;
    if (mutates(maker) || !maker.ys.every(y => written.get(y.value) === 1)) continue;
    const to = readers.get(v)!.find(i => i >= peak);
    if (to === undefined || to === peak) continue;
    const chain: Chain = { steps: new Set(), instead: new Map(), flops: 0, kept: 0 };
    if (!again(first, to, chain, v.bytes) || chain.kept >= v.bytes) continue;
    const room = [...chain.steps].reduce(
      (n, at) => n + steps[at]!.ys.reduce((m, y) => m + y.value.bytes, 0),
      chain.kept - v.bytes,
    );
    candidates.push({ v, to, chain, score: (v.bytes - chain.kept) / chain.flops, sure: needs[to]! + room < most });
  }
  // First those that cannot need more elsewhere, whatever else lies there.
  candidates.sort((a, b) => Number(b.sure) - Number(a.sure) || b.score - a.score);
  let tries = TRIES;
  for (const { v, to, chain } of candidates) {
    const made = new Map(originals);
    const next = remade(graph, v, to, chain, made);
    const then = needsOf(next);
    const now = peakOf(then);
    // The first peak is lower, or comes later: before it stands what stood there, and the rest.
    if (then[now]! < most || (then[now]! === most && now > peak)) {
      for (const [a, b] of made) originals.set(a, b);
      return next;
    }
    if (--tries === 0) break;
  }
  return null;
}

/** The graph with the chain's steps before step `to`, whose readers of v from there on read what they make. */
function remade(graph: Graph, v: Value, to: number, chain: Chain, originals: Originals): Graph {
  const instead = new Map(chain.instead);
  const again = [...chain.steps]
    .sort((a, b) => a - b)
    .map((at): Step => {
      const step = graph.steps[at]!;
      const xs = replaced({ ...step, ys: [] }, instead).xs;
      const ys = step.ys.map(y => {
        const value = local(y.value.bytes);
        instead.set(y.value, value);
        originals.set(value, originals.get(y.value) ?? y.value);
        return { ...y, value };
      });
      return { ...step, xs, ys, segment: to + 1 };
    });
  const late = new Map([[v, instead.get(v)!]]);
  return {
    ...graph,
    steps: [...graph.steps.slice(0, to), ...again, ...graph.steps.slice(to).map(step => replaced(step, late))],
  };
}
