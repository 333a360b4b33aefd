/** A dataset that fails, in the way that it is told. */
import { isMainThread } from 'node:worker_threads';
import { defineDataset, rand, tensor, zeros, type Dataset, type Tensor } from 'phyllo';

/** The sample that fails. */
const BAD = 9;

type Sample = readonly Tensor[];
const WAYS: Readonly<Record<string, () => Sample | Promise<Sample>>> = {
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
  'comes to nothing': () => Object(Promise.reject(new RangeError('unreadable'))),
  async 'draws after it has waited'() {
    await null;
    return [rand([1])];
  },
  'throws with a code'() {
    throw Object.assign(new Error('refused'), { code: 'EACCES', tries: [1, 2], own: tensor([1]), again: () => 1 });
  },
  exits: () => process.exit(3),
  'runs out of memory'() {
    const all: unknown[] = [];
    for (;;) all.push(new Array(1e6).fill(0.5));
  },
};

export const failing: (way: string) => Dataset<Sample | Promise<Sample>> = defineDataset(import.meta.url, way => {
  if (way === 'make' && !isMainThread) throw new TypeError('no folder');
  const length = way === 'length' && !isMainThread ? 12 : 16;
  return { length, get: i => (i === BAD ? (WAYS[way]?.() ?? []) : [tensor([i])]) };
});
