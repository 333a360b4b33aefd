/** A dataset that fails, in the way that it is told. */
import { isMainThread } from 'node:worker_threads';
import { defineDataset, tensor, zeros, type Dataset, type Tensor } from 'phyllo';

/** The sample that fails. */
const BAD = 9;

const WAYS: Readonly<Record<string, () => readonly Tensor[]>> = {
  throws() {
    throw new RangeError('unreadable', { cause: new SyntaxError('no header') });
  },
  'throws text'() {
    throw 'enough';
  },
  'throws an error of its own'() {
    throw Object.assign(new Error('odd'), { name: 'OddError' });
  },
  computes: () => [zeros([2]).add(zeros([3]))],
  'is of another shape': () => [zeros([3])],
  'is no tuple': () => JSON.parse('7'),
  'is not there yet': () => Object(Promise.resolve([zeros([1])])),
  exits: () => process.exit(3),
  'runs out of memory'() {
    const all: unknown[] = [];
    for (;;) all.push(new Array(1e6).fill(0.5));
  },
};

export const collateToFunction = (): (() => number) => () => 1;

export const failing: (way: string) => Dataset<readonly Tensor[]> = defineDataset(
  import.meta.url,
  way => {
    if (way === 'make' && !isMainThread) throw new TypeError('no folder');
    const length = way === 'length' && !isMainThread ? 12 : 16;
    return { length, get: i => (i === BAD ? (WAYS[way]?.() ?? []) : [tensor([i])]) };
  },
  { collate: collateToFunction },
);
