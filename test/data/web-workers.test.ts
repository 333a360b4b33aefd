/** Loaders over Web Workers: how they find each other, what becomes of errors, and of workers that are somebody else's. */
import { afterEach, describe, expect, test, vi } from 'vitest';
import { DataLoader, defineDataset, memory, tensor, WorkerError, type Dataset, type Tensor } from '../../ts/index';
import { runtime, useBackend } from '../../ts/core/runtime';
import { Crew, type Task } from '../../ts/data/workers/crew';
import { marked, type Order } from '../../ts/data/workers/messages';
import { greeting, serve } from '../../ts/data/workers/serve';
import { isWorker, portOf, type Port } from '../../ts/data/workers/start';
import { Nearby } from './nearby';

describe('over Web Workers', () => {
  const make = (length = 8): Dataset<readonly Tensor[]> => ({ length, get: i => [tensor([i])] });
  const workers: Nearby[] = [];
  afterEach(() => void workers.splice(0));
  const started = (load: (port: Port) => void, deaf?: number): Nearby => {
    const worker = new Nearby(load, deaf);
    workers.push(worker);
    return worker;
  };
  const loaderOver = (load: (port: Port) => void, deaf?: number): DataLoader<readonly Tensor[]> => {
    const data = defineDataset(() => started(load, deaf), make);
    return new DataLoader(data(), { batchSize: 3, workers: 2 });
  };
  const failure = async (loader: AsyncIterable<unknown>): Promise<unknown> => {
    try {
      for await (const _ of loader);
    } catch (e) {
      return e;
    }
    return null;
  };

  test('they are asked for until their module has loaded', async () => {
    const loader = loaderOver(port => serve(port, () => make(), undefined), 3);
    const levels: number[] = [];
    for (let epoch = 0; epoch < 3; epoch++) {
      const seen: number[] = [];
      for await (const [x] of loader) seen.push(...x!.toArray());
      expect(seen).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
      levels.push(memory().blocks);
    }
    expect(new Set(levels).size).toBe(1);
    expect(workers.map(w => w.ended)).toEqual([false, false]);
    expect(workers.every(w => w.lost >= 3)).toBe(true);
    loader.dispose();
    expect(workers.map(w => w.ended)).toEqual([true, true]);
  });

  test('what is told beside goes by', async () => {
    const loader = loaderOver(port => {
      workers.at(-1)!.tell('message', { data: 'a message of the module' });
      workers.at(-1)!.tell('message', { data: { level: 3 } });
      serve(port, () => make(), undefined);
    });
    expect(await failure(loader)).toBeNull();
    loader.dispose();
  });

  test('an error that they tell of, now or later', async () => {
    const loader = loaderOver(() => workers[0]!.tell('error', { message: 'no such module' }));
    const e = await failure(loader);
    expect(e).toBeInstanceOf(WorkerError);
    expect(String(e)).toMatch(/cannot load the module: Error: no such module$/);
    expect(workers.every(w => w.ended)).toBe(true);
    const silent = loaderOver(() => workers.at(-2)!.tell('error', {}));
    expect(String(await failure(silent))).toMatch(/Error: its module cannot be loaded$/);
  });

  test('silence, for a minute', async () => {
    vi.useFakeTimers();
    const loader = loaderOver(() => {});
    const failed = failure(loader);
    await vi.advanceTimersByTimeAsync(59_000);
    expect(workers.map(w => w.ended)).toEqual([false, false]);
    await vi.advanceTimersByTimeAsync(2000);
    vi.useRealTimers();
    expect(String(await failed)).toMatch(/Error: its module does not call defineDataset$/);
  });

  test('of another version, or of two datasets', async () => {
    const older = loaderOver(port => port.post({ hello: 'phyllo 0.0.1 on simd128' }));
    expect(String(await failure(older))).toMatch(/other bits: it is phyllo 0\.0\.1 on simd128, and this thread phyllo/);
    const both = loaderOver(port => {
      serve(port, () => make(), undefined);
      port.post({ hello: 'another' });
      port.post({ hello: 'and another' });
    });
    expect(await failure(both)).toBeInstanceOf(WorkerError);
  });

  test('without unhandled rejections where nobody waits', async () => {
    const unhandled = vi.fn();
    process.on('unhandledRejection', unhandled);
    const loader = loaderOver(port => serve(port, () => Promise.reject(new RangeError('no folder')), undefined));
    const epoch = loader[Symbol.asyncIterator]();
    const first = epoch.next();
    await expect(first).rejects.toThrow('a worker cannot make the dataset: RangeError: no folder');
    await new Promise(resolve => setTimeout(resolve, 20));
    process.off('unhandledRejection', unhandled);
    expect(unhandled).not.toHaveBeenCalled();
    expect(await epoch.next()).toEqual({ done: true, value: undefined });
  });

  test('all are ended if one cannot be started, and the sampler learns of it', async () => {
    const returned = vi.fn((): IteratorResult<number> => ({ done: true, value: undefined }));
    const sampler = { [Symbol.iterator]: () => ({ next: () => ({ done: false, value: 0 }), return: returned }) };
    const data = defineDataset(() => {
      if (workers.length === 2) throw new RangeError('no more workers');
      return started(() => {});
    }, make);
    const e = await failure(new DataLoader(data(), { workers: 3, sampler }));
    expect(e).toBeInstanceOf(WorkerError);
    expect(e).toHaveProperty('cause', new RangeError('no more workers'));
    expect(workers.map(w => w.ended)).toEqual([true, true]);
    expect(returned).toHaveBeenCalledOnce();
  });
  test('a sampler that has thrown, or come to its end, is not told to return', async () => {
    const returned = vi.fn((): IteratorResult<number> => ({ done: true, value: undefined }));
    for (const last of [null, new RangeError('no order')]) {
      let n = 0;
      const next = (): IteratorResult<number> => {
        if (n++ < 2) return { done: false, value: 0 };
        if (last) throw last;
        return { done: true, value: undefined };
      };
      const sampler = { [Symbol.iterator]: () => ({ next, return: returned }) };
      const data = defineDataset(() => started(port => serve(port, () => make(), undefined)), make);
      const loader = new DataLoader(data(), { workers: 1, sampler });
      expect(await failure(loader)).toBe(last);
      loader.dispose();
    }
    expect(returned).not.toHaveBeenCalled();
  });

  describe('what a worker made that fails', () => {
    const taskOf = (epoch: number): Task => ({
      epoch,
      indices: Int32Array.of(10 * epoch),
      first: 0,
      key: [0, 0],
    });
    /** A crew of one worker that does as it is told. */
    const crewOf = async (): Promise<[Crew, Nearby, Port]> => {
      let there: Port | null = null;
      const place = (): Nearby => started(port => (there = port));
      const crew = new Crew({ place, args: [], length: 8 }, 1);
      const first = crew.ask(taskOf(0)); // which starts it
      const port = await vi.waitFor(() => there ?? Promise.reject(new Error('not there')));
      port.post({ hello: greeting() });
      port.post({ length: 8 });
      port.post({ id: 0, batch: { tree: null, tensors: [], leaves: [] } });
      await first;
      return [crew, workers.at(-1)!, port];
    };
    const errorIn = async (outcome: ReturnType<Crew['ask']>): Promise<string> => {
      const v = await outcome;
      return v && 'error' in v ? String(v.error) : '';
    };

    test('is the first that was asked for', async () => {
      const [crew, worker] = await crewOf();
      const outcomes = [1, 2].map(epoch => crew.ask(taskOf(epoch)));
      worker.tell('error', { message: 'it fell' });
      for (const e of outcomes) {
        expect(await errorIn(e)).toMatch(/a worker failed while it made the batch of sample 10: Error: it fell$/);
      }
    });
    test('is not known when one was dropped that it may be making, until it has told of another', async () => {
      const [crew, worker] = await crewOf();
      const dropped = crew.ask(taskOf(1));
      const asked = crew.ask(taskOf(2));
      crew.drop(1);
      expect(await dropped).toBeNull();
      worker.tell('error', { message: 'it fell' });
      expect(await errorIn(asked)).toMatch(/: a worker failed: Error: it fell$/);

      const [another, second, port] = await crewOf();
      void another.ask(taskOf(1));
      const later = another.ask(taskOf(2));
      another.drop(1);
      port.post({ id: 1, batch: { tree: null, tensors: [], leaves: [] } });
      second.tell('error', { message: 'it fell' });
      expect(await errorIn(later)).toMatch(/while it made the batch of sample 20: Error: it fell$/);
    });
  });
});

describe("a page's own worker", () => {
  afterEach(() => vi.unstubAllGlobals());

  test('keeps its threads until a loader asks for something', () => {
    const { backend } = runtime;
    const use = vi.fn(async () => 1);
    useBackend({ ...backend, threads: { asked: 4, running: 4, why: null, use } });
    let told: (order: Order) => void = () => {};
    const port: Port = { post() {}, listen: f => void (told = f), awaited: false };
    serve(port, () => [], undefined);
    expect(use).not.toHaveBeenCalled();
    told('hello?');
    told({ ended: 3 });
    expect(use.mock.calls).toEqual([[1]]);
    serve({ ...port, awaited: true }, () => [], undefined);
    expect(use.mock.calls).toEqual([[1], [1]]);
    useBackend(backend);
  });

  test('is a worker of a loader from when one asks', () => {
    let listener: (event: object) => void = () => {};
    vi.stubGlobal('WorkerGlobalScope', class {});
    vi.stubGlobal('addEventListener', (_: string, f: typeof listener) => (listener = f));
    vi.stubGlobal('phyllo.module', null);
    Reflect.deleteProperty(globalThis, 'phyllo.module');
    const told = vi.fn();
    portOf(() => new Nearby(() => {}))!.listen(told);
    listener({ data: 'a message of the module' });
    expect([isWorker(), told.mock.calls.length]).toEqual([false, 0]);
    listener({ data: marked('hello?') });
    expect([isWorker(), told.mock.calls]).toEqual([true, [['hello?']]]);
    Reflect.deleteProperty(globalThis, 'phyllo.module');
  });
});
