/** What goes from a worker to its loader and back: batches, errors, and the messages around them. */
import { afterEach, describe, expect, test, vi } from 'vitest';
import {
  DataLoader,
  DisposedError,
  defineDataset,
  FileError,
  memory,
  PhylloError,
  scope,
  ShapeError,
  Tensor,
  tensor,
  WorkerError,
  type Dataset,
} from '../../ts/index';
import { mapLeaves } from '../../ts/core/tree';
import { errorOf, faultOf } from '../../ts/data/workers/faults';
import { marked, unmarked, type Order } from '../../ts/data/workers/messages';
import { pack, unpack } from '../../ts/data/workers/pack';
import { serve } from '../../ts/data/workers/serve';
import type { Port, WebWorker, WorkerEvent } from '../../ts/data/workers/threads';
import { collect } from './workers/nested';

/** Tensors as all that they are. */
const written = (v: unknown): unknown => mapLeaves(v, leaf => (leaf instanceof Tensor ? { ...leaf.toJSON() } : leaf));

describe('batches', () => {
  test('of all element types, in lists and records, come as they were', () =>
    scope(() => {
      const batch = collect([0, 1, 2].map(i => ({ name: `${i}`, x: tensor([i, -i]) })));
      const packed = pack(batch);
      const { buffer } = batch.bytes;
      const moved: typeof packed = structuredClone(packed, {
        transfer: packed.tensors.flatMap(t => (t.bytes.buffer instanceof ArrayBuffer ? t.bytes.buffer : [])),
      });
      expect(packed.tensors.every(t => t.bytes.byteLength === 0)).toBe(true); // handed over
      expect(buffer.byteLength).toBe(3); // not what is the batch's own
      const back = unpack<typeof batch>(moved);
      expect(written(back)).toEqual(written(batch));
      expect(Object.keys(back)).toEqual(Object.keys(batch));
      expect(Object.is(back.types.f32!.toArray()[1], -0)).toBe(true);
      expect(back.strided.dense).toBe(true);
      back.types.u8!.add(1);
    }));

  test('a tensor alone, none, and the same twice', () =>
    scope(() => {
      const x = tensor([1, 2]);
      expect(written(unpack(pack(x)))).toEqual(written(x));
      expect(unpack(pack('text'))).toBe('text');
      const twice: readonly Tensor[] = unpack(pack([x, x]));
      expect(twice.map(t => [...t.toArray()])).toEqual([
        [1, 2],
        [1, 2],
      ]);
    }));

  test('freed tensors do not go', () => {
    const x = tensor([1, 2]);
    x.dispose();
    expect(() => pack([x])).toThrow(DisposedError);
  });
});

describe('errors', () => {
  const through = (e: unknown): Error => errorOf(structuredClone(faultOf(e)));

  test('keep class, message, stack and cause', () => {
    const cause = new FileError('photo.png', 'is cut off');
    const e = through(new RangeError('sample 3', { cause }));
    expect(e).toBeInstanceOf(RangeError);
    expect(e.message).toBe('sample 3');
    expect(e.stack).toMatch(/transport\.test/);
    expect(e.cause).toBeInstanceOf(FileError);
    expect(e.cause).toMatchObject({ where: 'photo.png', what: 'is cut off', name: 'FileError' });
  });
  test('of the library, with the layer', () => {
    const inner = new ShapeError('conv2d', 'takes 3 channels');
    inner.within('features.0');
    const e = through(inner);
    expect(e).toBeInstanceOf(ShapeError);
    expect(String(e)).toBe('ShapeError: conv2d (features.0): takes 3 channels');
  });
  test('of classes that are not here, by their name', () => {
    class OddError extends Error {
      override readonly name = 'OddError';
    }
    class NewError extends PhylloError {
      override readonly name = 'NewError';
    }
    expect(String(through(new OddError('odd')))).toBe('OddError: odd');
    const ours = through(new NewError('where', 'what'));
    expect(ours).toBeInstanceOf(PhylloError);
    expect(String(ours)).toBe('NewError: where: what');
  });
  test('that are none, or causes of themselves', () => {
    expect(String(through('enough'))).toBe("Error: 'enough' was thrown");
    expect(String(through(undefined))).toBe('Error: missing was thrown');
    const e = new Error('round');
    e.cause = e;
    let depth = 0;
    for (let at: unknown = through(e); at instanceof Error; at = at.cause) depth++;
    expect(depth).toBe(9);
  });
});

/** A Web Worker that runs in this thread. Its module has loaded when so many messages are lost; at once, if none is to be. */
class Nearby implements WebWorker {
  readonly #listeners: [type: string, listener: (event: WorkerEvent) => void][] = [];
  #told: ((order: Order) => void) | null = null;
  ended = false;
  lost = 0;
  constructor(
    private readonly load: (port: Port) => void,
    private readonly deaf = 0,
  ) {
    if (deaf === 0) setTimeout(() => this.#start());
  }
  #start(): void {
    if (this.ended) return;
    this.load({
      post: (report, transfer) => this.tell('message', { data: structuredClone(marked(report), { transfer }) }),
      listen: told => void (this.#told = told),
      awaited: false,
    });
  }
  postMessage(message: unknown, transfer: ArrayBuffer[]): void {
    const data: unknown = structuredClone(message, { transfer });
    if (this.#told === null && ++this.lost === this.deaf) this.#start();
    const order = unmarked(data);
    setTimeout(() => {
      if (!this.ended && (order === 'hello?' || isOrder(order))) this.#told?.(order);
    });
  }
  addEventListener(type: string, listener: (event: WorkerEvent) => void): void {
    this.#listeners.push([type, listener]);
  }
  tell(type: string, event: Omit<WorkerEvent, 'preventDefault'>): void {
    setTimeout(() => {
      for (const [of, listener] of this.#listeners)
        if (of === type && !this.ended) listener({ ...event, preventDefault() {} });
    });
  }
  terminate(): void {
    this.ended = true;
  }
}
const isOrder = (v: unknown): v is Exclude<Order, string> => typeof v === 'object' && v !== null;

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
    expect(String(e)).toMatch(/cannot load the module, which is to be apart from the program: Error: no such module$/);
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
});
