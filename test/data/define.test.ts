/** Datasets of modules, in the thread of their loader, and what loaders take of them. */
import { describe, expect, expectTypeOf, test } from 'vitest';
import {
  ConcatDataset,
  DataLoader,
  defaultGenerator,
  defineDataset,
  DisposedError,
  Generator,
  manualSeed,
  memory,
  nn,
  PhylloError,
  rand,
  scope,
  Subset,
  tensor,
  ValueError,
  type Dataset,
  type DefineOptions,
  type Tensor,
} from '../../ts/index';
import { numbered, OneByOne, type Pair } from './samples';

const HERE = import.meta.url;
/** Samples of random numbers. */
const noise = defineDataset(HERE, (length: number) => ({ length, get: i => [rand([2]), tensor(i)] }));
const pad = (samples: readonly (readonly Tensor[])[]): readonly Tensor[] => [samples[0]![0]!, rand([2])];

describe('defineDataset', () => {
  test('gives what make returns, of the arguments', async () => {
    const made: [string, number][] = [];
    const photos = defineDataset(HERE, (folder: string, size?: number) => {
      made.push([folder, size ?? 8]);
      return { length: 3, classes: ['cat'], get: i => [tensor(i), tensor(size ?? 8)] };
    });
    const data = photos('train', 4);
    expect(made).toEqual([['train', 4]]);
    expect([data.length, data.classes, data.get(2).map(t => t.item())]).toEqual([3, ['cat'], [2, 4]]);
    expectTypeOf(photos).parameters.toEqualTypeOf<[folder: string, size?: number]>();
    for (const [x, t] of new DataLoader(data)) expectTypeOf([x, t]).toEqualTypeOf<Tensor[]>();

    const later = defineDataset(new URL(HERE), async (n: number) => numbered(n));
    const loaded = await later(2);
    expect([loaded.length, loaded.tensors.length]).toEqual([2, 2]);
    for (const [, t] of new DataLoader(loaded)) expectTypeOf(t).toEqualTypeOf<Tensor>();
  });

  const make = (): Dataset<Pair> => numbered(3);
  const wrong: [string, () => unknown][] = [
    ['text that is no URL', () => defineDataset('photos.js', make)],
    ['a number', () => Reflect.apply(defineDataset, undefined, [3, make])],
    ['a dataset in the place of a function', () => Reflect.apply(defineDataset, undefined, [HERE, numbered(3)])],
    ['an unknown option', () => Reflect.apply(defineDataset, undefined, [HERE, make, { colate: pad }])],
    ['a fourth argument', () => Reflect.apply(defineDataset, undefined, [HERE, make, {}, 1])],
  ];
  test.each(wrong)('does not take %s', (_, call) => expect(call).toThrow(ValueError));

  test.each(['/data/photos.js', './photos.js', 'C:\\photos.js', undefined])('instead of %s it names a URL', path => {
    expect(() => Reflect.apply(defineDataset, undefined, [path, make])).toThrow(/pathToFileURL\(\w+\), of node:url/);
  });

  test('make returns a dataset, now or later', async () => {
    const returning = (v: unknown): unknown => Reflect.apply(defineDataset, undefined, [HERE, () => v])();
    for (const v of [undefined, 3, [[tensor(1)]], { length: -1, get: make }, { length: 2 }]) {
      expect(() => returning(v)).toThrow('defineDataset: what make returns takes a dataset');
      await expect(returning(Promise.resolve(v))).rejects.toThrow(ValueError);
    }
    const failing = defineDataset(HERE, (): Dataset<Pair> => {
      throw new RangeError('no folder');
    });
    expect(() => failing()).toThrow('no folder'); // in this thread, as it is
  });
});

test('its collate is the default of loaders, also for parts', async () => {
  const collate = (samples: Pair[]): string[] => samples.map(([, t]) => `sample ${t.item()}`);
  const data = defineDataset(HERE, () => numbered(3), { collate })();
  const seen: unknown[] = [...new DataLoader(data, { batchSize: 2 })];
  for await (const batch of new DataLoader(new Subset(data, [2]))) seen.push(batch);
  expect(seen).toEqual([['sample 0', 'sample 1'], ['sample 2'], ['sample 2']]);
  expect([...new DataLoader(data, { collate: samples => samples.length, batchSize: 3 })]).toEqual([3]);
  const frozen = (samples: readonly Pair[]): number => samples.length;
  defineDataset(HERE, () => numbered(3), { collate: frozen });
});

describe('workers', () => {
  const options: DefineOptions<Pair> = { collate: pad };
  const padded = defineDataset(HERE, () => numbered(4), options);
  const alone = defineDataset(`${HERE}?alone`, (..._: unknown[]) => numbered(4));
  class Folder {
    path = 'train';
  }
  const workers = 2;
  const unsendable: [string, unknown, RegExp][] = [
    ['a tensor', tensor([1, 2]), /argument 0 is Tensor\(.*\): pass its numbers, toArray\(\)/],
    ['a tensor within', { all: [1, tensor([1])] }, /argument 0\.all\[1\] is Tensor\(/],
    ['a URL', new URL(HERE), /argument 0 is a URL: pass its href$/],
    ['an object of a class', [new Folder()], /argument 0\[0\] is a Folder$/],
    ['a function', { get: () => 1 }, /argument 0\.get is a function$/],
    ['a symbol', Symbol('x'), /argument 0 is Symbol\(x\)$/],
    ['what a map has', new Map([['at', new URL(HERE)]]), /argument 0\.get\('at'\) is a URL/],
    ['what a set has', new Set([new Folder()]), /what argument 0 has is a Folder$/],
    ['a Buffer, which comes as bytes', Buffer.from('x'), /argument 0 is a Buffer/],
    ['a Promise', Promise.resolve(1), /argument 0 is a Promise/],
  ];
  test.each(unsendable)('%s among the arguments', (_, argument, message) => {
    const call = (): unknown => new DataLoader(alone('train', argument), { workers });
    expect(call).toThrow(ValueError);
    expect(call).toThrow(/^DataLoader: with workers, the arguments of a dataset are plain data/);
    expect(() => new DataLoader(alone(argument), { workers })).toThrow(message);
    expect([...new DataLoader(alone(argument), { batchSize: 4 })]).toHaveLength(1);
  });
  test('arguments that are the same there', () => {
    const circle: { self?: unknown } = {};
    circle.self = circle;
    const sent = [1n, null, undefined, 'x', new Date(), /x/g, new Map([[{ a: [1] }, new Set([2])]]), circle];
    const bytes = [new Uint8Array(2), new DataView(new ArrayBuffer(2)), new SharedArrayBuffer(4), new RangeError('x')];
    expect(() => new DataLoader(alone(...sent, bytes, Object.create(null)), { workers })).not.toThrow();
  });

  test('one dataset of a module', () => {
    const url = `${HERE}?several`;
    const [train, test] = [() => numbered(4), () => numbered(2)].map(make => defineDataset(url, make));
    for (const data of [train!(), test!()]) {
      expect([...new DataLoader(data, { batchSize: 4 })]).toHaveLength(1);
      const message = `${url}: defineDataset is called 2 times with this URL`;
      expect(() => new DataLoader(data, { workers })).toThrow(message);
      expect(() => new DataLoader(new Subset(data, [1]), { workers })).toThrow(message);
    }
  });

  const refused: [string, () => unknown, string][] = [
    [
      'a dataset in memory',
      () => new DataLoader(numbered(3), { workers }),
      'cannot have this: a TensorDataset, which is in memory and needs none',
    ],
    ['a dataset of this thread', () => new DataLoader(new OneByOne(3), { workers }), 'cannot have this: an OneByOne'],
    ['an iterable', () => new DataLoader([[tensor(1)]], { workers }), 'a dataset of defineDataset'],
    ['datasets one after another', () => new DataLoader(new ConcatDataset([padded()]), { workers }), 'defineDataset'],
    [
      'a collate of this thread',
      () => new DataLoader(padded(), { workers, collate: ([s]) => s! }),
      'with workers, collate',
    ],
    ['a part of them', () => new DataLoader(new Subset(padded(), [1]), { workers, collate: ([s]) => s! }), 'collate'],
    ...[-1, 1.5, NaN, 10_000].map((workers): [string, () => unknown, string] => [
      `${workers} of them`,
      () => new DataLoader(padded(), { workers }),
      'workers takes a whole number',
    ]),
    ['nothing ahead', () => new DataLoader(padded(), { workers, prefetch: 0 }), 'prefetch takes a whole number ≥ 1'],
    ['a loop that does not await', () => [...new DataLoader(alone(), { workers })], 'by for await'],
  ];
  test.each(refused)('%s', (_, call, message) => {
    expect(call).toThrow(ValueError);
    expect(call).toThrow(message);
  });
  test('the name that PyTorch has', () => {
    expect(() => new DataLoader(numbered(3), JSON.parse('{ "numWorkers": 2 }'))).toThrow('did you mean workers?');
  });

  test('0 of them is none, of any dataset', async () => {
    const seen: number[] = [];
    for (const [, t] of new DataLoader(numbered(3), { workers: 0 })) seen.push(t.item());
    for await (const [, t] of new DataLoader(new OneByOne(3), { workers: 0, prefetch: 5 })) seen.push(t.item());
    for await (const [x] of new DataLoader([[tensor(7)]], { workers: 0 })) seen.push(x!.item());
    expect(seen).toEqual([0, 1, 2, 0, 1, 2, 7]);
  });
});

describe('for await without workers', () => {
  const loader = new DataLoader(new OneByOne(10), { batchSize: 3, shuffle: true, seed: 1 });
  test.each(['end', 'break', 'throw'])('frees all at %s', async end => {
    scope(() => void tensor([1]).add(1));
    const { blocks } = memory();
    const levels = new Set<number>();
    try {
      for await (const [x] of loader) {
        x.add(1);
        await Promise.resolve();
        x.add(1);
        levels.add(memory().blocks - blocks);
        if (end === 'break') break;
        if (end === 'throw') throw new RangeError(end);
      }
    } catch (e) {
      expect(e).toBeInstanceOf(RangeError);
    }
    expect([...levels]).toEqual([4]);
    expect(memory().blocks).toBe(blocks);
  });
  test.each(['for', 'for await'])('%s: dispose ends an epoch that is under way by an error', async loop => {
    const seen: number[] = [];
    const load = (): DataLoader<Pair> => new DataLoader(new OneByOne(6), { batchSize: 2 });
    const take = async (loader: DataLoader<Pair>, last: number): Promise<void> => {
      const batch = ([, t]: Pair): void => {
        seen.push(...t.toArray());
        if (seen.at(-1) === last) loader.dispose();
      };
      if (loop === 'for') for (const b of loader) batch(b);
      else for await (const b of loader) batch(b);
    };
    await expect(take(load(), 3)).rejects.toThrow(DisposedError);
    expect(seen).toEqual([0, 1, 2, 3]);
    await take(load(), 5); // which was whole
  });
  test('has the errors of the dataset', async () => {
    const failing: Dataset<Pair> = {
      length: 2,
      get() {
        throw new RangeError('unreadable');
      },
    };
    const first = new DataLoader(failing)[Symbol.asyncIterator]().next();
    await expect(first).rejects.toThrow(RangeError);
  });
});

/** The first tensors of an epoch's samples, as text. */
const epochOf = (loader: Iterable<readonly Tensor[]>): string[] => {
  const all: string[] = [];
  for (const [x] of loader) for (let k = 0; k < x!.shape[0]!; k++) all.push(String(x!.select(0, k).toArray()));
  return all;
};

describe('random numbers of samples', () => {
  test('depend on the epoch and the place in it, and on nothing else', () => {
    const loads = (options: object): string[][] => {
      const loader = new DataLoader(noise(12), { seed: 5, ...options });
      return [epochOf(loader), epochOf(loader)];
    };
    const first = loads({ batchSize: 4 });
    expect(new Set(first.flat()).size).toBe(24);
    expect(loads({ batchSize: 5 })).toEqual(first);
    expect(loads({ batchSize: 1, transform: ([x, t]: Pair) => [x, t.add(rand([1]))] })).toEqual(first);
    expect(loads({ batchSize: 4, seed: 6 }).flat()).not.toContain(first[0]![0]);
    const greedy = defineDataset(HERE, () => ({
      length: 12,
      get(i) {
        const x = rand([2]);
        for (let k = 0; k < i; k++) rand([100]);
        return [x];
      },
    }));
    expect(epochOf(new DataLoader(greedy(), { seed: 5 }))).toEqual(first[0]);
  });

  test('are not those of the batch, nor of the next sample', () => {
    const collate = (samples: readonly (readonly Tensor[])[]): readonly Tensor[] => [
      tensor(samples.map(([x]) => [...x!.toArray()]).concat([[...rand([2]).toArray()]])),
    ];
    const both = epochOf(new DataLoader(noise(6), { batchSize: 3, seed: 1, collate }));
    expect(both).toHaveLength(8);
    expect(new Set(both).size).toBe(8);
  });

  test('start from one draw of the loader, at the start of an epoch', () => {
    const state = (generator: Generator): number[] => [...generator.state.toArray()];
    const generator = new Generator(7);
    manualSeed(1);
    const before = state(defaultGenerator());
    epochOf(new DataLoader(noise(6), { batchSize: 3, generator }));
    epochOf(new DataLoader(noise(6), { batchSize: 3, seed: 2, shuffle: true }));
    expect(state(defaultGenerator())).toEqual(before);
    expect(state(generator)).toEqual([7, 0, 1, 0]);
    const epoch = new DataLoader(noise(6), { batchSize: 3 })[Symbol.iterator]();
    const drawn = state(defaultGenerator());
    epoch.next();
    expect(drawn).toEqual([1, 0, 1, 0]);
    expect(state(defaultGenerator())).toEqual(drawn);
    epoch.return?.();
  });

  test('an error leaves the default generator as it was', () => {
    manualSeed(3);
    const failing = defineDataset(HERE, () => ({
      length: 1,
      get(): readonly Tensor[] {
        rand([3]);
        throw new PhylloError('get', 'enough');
      },
    }));
    expect(() => epochOf(new DataLoader(failing(), { seed: 1 }))).toThrow('enough');
    expect([...defaultGenerator().state.toArray()]).toEqual([3, 0, 0, 0]);
  });
});

test('batches have no gradients, in this thread either', () => {
  const layer = new nn.Linear(1, 1);
  const computed = defineDataset(HERE, () => ({ length: 2, get: i => [layer.forward(tensor([i]))] }));
  for (const [y] of new DataLoader(computed())) expect(y.requiresGrad).toBe(false);
  expect(layer.forward(tensor([1])).requiresGrad).toBe(true);
});
