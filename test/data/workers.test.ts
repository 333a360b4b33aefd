/** Loaders whose batches other threads make: the programs of the folder beside, each in a process of its own. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { buildPrograms, removePrograms, run, runSource } from './workers/programs';

/** Each program starts threads, on a machine that may be busy. */
const TIMEOUT_MS = 240_000;
beforeAll(buildPrograms, TIMEOUT_MS);
afterAll(removePrograms);

const upTo = (n: number, step: number): number[] => Array.from({ length: n }, (_, i) => Math.min((i + 1) * step, 40));

describe('bits', () => {
  test('0, 1, 2 and 3 workers give the same, in each of three epochs', { timeout: TIMEOUT_MS }, async () => {
    const { value } = await run('bits', '0', '1', '2', '3');
    const ways = Object.entries(Object(value));
    expect(ways.length).toBeGreaterThan(10);
    const hashes = new Set<unknown>();
    for (const [way, of] of ways) {
      const [first] = Object.values(Object(of));
      expect(of, way).toEqual([first, first, first, first]);
      hashes.add(first);
    }
    expect(hashes.size).toBe(ways.length - 1); // two have no batches
  });

  test('of modules in TypeScript', { timeout: TIMEOUT_MS }, async () => {
    const [{ value: ofSources }, { value }] = await Promise.all([
      runSource('bits', '1', 'only', 'shuffled by the default generator'),
      run('bits', '0', 'only', 'shuffled by the default generator'),
    ]);
    expect(ofSources).toEqual(value);
  });
});

describe('errors', () => {
  let found: Readonly<Record<string, unknown>> = {};
  beforeAll(async () => {
    found = Object(await run('errors').then(({ value }) => value));
  }, TIMEOUT_MS);

  const inSample9 = (what: string, ...causes: readonly (readonly [string, string])[]): object => ({
    before: 2,
    named: true,
    what: `sample 9: ${what}`,
    sample: 9,
    causes: [[causes[0]?.[0] ?? 'Error', what], ...causes.slice(1)],
  });
  const inBatch = (what: string): object => ({
    before: 2,
    named: true,
    what: `the batch of samples 8, 9, 10, 11: ${what}`,
    sample: null,
  });
  const before = (what: string): object => ({ before: 0, named: true, what, sample: null });

  test.each<[string, object]>([
    [
      'throws',
      {
        ...inSample9('RangeError: unreadable', ['RangeError', ''], ['SyntaxError', 'SyntaxError: no header']),
        traced: true,
      },
    ],
    ['throws text', inSample9("Error: 'enough' was thrown")],
    ['throws an error of its own', { ...inSample9('OddError: odd'), traced: true }],
    ['computes', inSample9('ShapeError: add: [2] and [3] do not broadcast: 2 against 3', ['ShapeError', ''])],
    [
      'is of another shape',
      inSample9('ShapeError: DataLoader: sample 9 is (f32 [3]), sample 8 (f32 [1]): they do not stack', [
        'ShapeError',
        '',
      ]),
    ],
    [
      'is no tuple',
      inSample9('ValueError: DataLoader: takes samples that are arrays of tensors, sample 9 is 7', ['ValueError', '']),
    ],
    ['comes to nothing', inSample9('RangeError: unreadable', ['RangeError', ''])],
    [
      'draws after it has waited',
      inSample9('ValueError: the default generator: random numbers of a sample are drawn before its get awaits', [
        'ValueError',
        '',
      ]),
    ],
    ['throws with a code', { ...inSample9('Error: refused'), fields: { code: 'EACCES', tries: [1, 2] } }],
    [
      'in a part',
      {
        ...inSample9('RangeError: unreadable', ['RangeError', ''], ['SyntaxError', 'SyntaxError: no header']),
        before: 1,
        what: 'sample 4: RangeError: unreadable',
        sample: 4,
      },
    ],
    [
      'collate',
      {
        ...inBatch(''),
        before: 0,
        what: expect.stringMatching(
          /^the batch of samples 0, 1, 2, 3: ValueError: DataLoader: a batch goes to another thread if/,
        ),
      },
    ],
    [
      'exits',
      {
        ...inBatch(''),
        what: 'a worker failed while it made the batch of samples 8, 9, 10, 11: Error: it ended with the exit code 3',
      },
    ],
    [
      'runs out of memory',
      {
        ...inBatch(''),
        what: expect.stringMatching(/^a worker failed while it made the batch of samples 8, 9, 10, 11: .*memory/),
      },
    ],
    ['make', before('a worker cannot make the dataset: TypeError: no folder')],
    ['length', before('the dataset has 12 samples in a worker, and 16 here')],
    ['unloadable', before('a worker cannot load the module: TypeError: this module is for the main thread')],
    [
      'astray',
      before(
        'a worker cannot load the module: Error: the module does not call defineDataset with its URL, import.meta.url',
      ),
    ],
    [
      'nowhere',
      {
        ...before(''),
        what: expect.stringMatching(
          /^a worker cannot load the module: Error: Cannot find module '.*nowhere\.mjs' imported from a worker$/,
        ),
        stack: expect.not.stringContaining('data:'),
      },
    ],
  ])('%s', (way, expected) => {
    expect(found[way]).toMatchObject(expected);
  });

  test('the next epoch fails alike, by the same workers or by others', () => {
    expect(found['throws, twice']).toBe(true);
    expect(found['exits, twice']).toBe(true);
  });

  test('what a sampler throws comes after the batches before it', () => {
    expect(found.sampler).toEqual([3, 'IndexError: DataLoader: there is no sample 99 among 8']);
  });

  test('a function that makes a Web Worker, where there are none', () => {
    expect(found['no web']).toBe(
      'WorkerError: a worker of the DataLoader: a worker cannot be started: this runtime has no Web Workers: give defineDataset the URL, import.meta.url, instead of a function',
    );
  });

  test('a program that is its own dataset does not start itself for ever', { timeout: TIMEOUT_MS }, async () => {
    const { value } = await run('selfish');
    expect(value).toMatch(
      /^file:.*selfish\.mjs: a worker cannot load the module: ValueError: DataLoader: a worker of a DataLoader takes no workers: [^:]*$/,
    );
  });
});

describe('lives', () => {
  let found: Readonly<Record<string, unknown>> = {};
  beforeAll(async () => {
    found = Object(await run('lives').then(({ value }) => value));
  }, TIMEOUT_MS);

  test('workers are two batches ahead each, or as many as asked for, while the loop is busy', () => {
    expect(found['ahead: 1, default']).toEqual(upTo(12, 4).slice(2));
    expect(found['ahead: 1, 3']).toEqual([...upTo(12, 4).slice(3), 40]);
    expect(found['ahead: 2, default']).toEqual([...upTo(12, 4).slice(4), 40, 40]);
  });

  test.each(['break', 'throw', 'return'])('%s stops them and frees all; they stay', end => {
    expect(found[end]).toEqual({ few: true, blocks: 0, threads: 2 });
  });
  test('dispose ends the epoch and the threads', () => {
    expect(found.dispose).toEqual({ few: true, blocks: 0, threads: 0 });
    expect(found['all ended']).toBe(0);
    expect(found['dispose within']).toEqual([2, 'DisposedError: DataLoader: the loader is used after dispose()']);
    expect(found['after dispose']).toMatch(/^DisposedError: DataLoader/);
  });

  test('as many start as there are batches for, without a warning', () => {
    expect([found['of 40, for three batches'], found['of 12, for twelve'], found.warned]).toEqual([3, 12, []]);
  });

  test('memory is flat within an epoch, and from one to the next', () => {
    expect(found.levels).toEqual([8, 1000]); // the two tensors of the batch, and twice three that the loop makes
    expect([found.blocks, found.end]).toEqual([0, 0]);
    expect(found.gone).toMatch(/^DisposedError: add: .* batch 1 of the DataLoader/);
  });

  test('loaders side by side, and epochs of one', () => {
    expect(found['several at once']).toEqual([10, 7, 10, 7]);
    expect(found['one inside another']).toBe(70);
    expect(found['two epochs of one, in turn']).toEqual([0, 0, 3, 3, 6, 6, 9, 9, -1, -1]);
    expect(found['asked for without waiting']).toEqual([2, 2, 2, 1, -1, -1]);
  });

  test('a loop has its loader; nobody has it, and its threads end', () => {
    expect(found['a loop over a loader of its own']).toEqual([100, 2]);
    expect(found['when it is garbage']).toBe(0);
  });

  test('each computes on one thread: the cores are for the others', () => {
    expect(found['threads of each']).toEqual([1, 1]);
  });

  test('they do not keep the process', { timeout: TIMEOUT_MS }, async () => {
    expect(await run('exit')).toEqual({ value: 7, stderr: '' });
  });
});
