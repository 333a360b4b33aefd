/** Who starts the threads: how many, what it tells of those that end, and what becomes of them when it is lost. */
import { readdirSync, readFileSync } from 'node:fs';
import { createContext, runInContext } from 'node:vm';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { type ForemanData, NOTE_BYTES, SOURCE, type StartForeman } from '../../ts/backend/wasm/foreman';
import { startForeman } from '../../ts/backend/wasm/foreman-node';
import { startForeman as startInWeb } from '../../ts/backend/wasm/foreman-web';
import { sharedMemory } from '../../ts/backend/wasm/threads';
import { MOST_THREADS } from '../../ts/core/thread-count';
import { threaded } from '../threaded';
import { load } from './modules';

/** A foreman that does nothing: what it was given and told, and how often it was ended. */
class Idle {
  given: ForemanData | null = null;
  readonly orders: unknown[] = [];
  ends = 0;
  fail: (cause: string) => void = () => {};
  readonly start: StartForeman = (_, data, __, failed) => {
    this.given = data;
    this.fail = failed;
    return { post: order => void this.orders.push(order), end: () => void this.ends++ };
  };
}
const moduleOf = (name: string): WebAssembly.Module => {
  const module = load(name);
  if (module === null) throw new Error(`this engine does not run ${name}`);
  return module;
};

describe('how many', () => {
  test('no more than the binary has room for, however many cores there are', () => {
    const idle = new Idle();
    const { pool } = threaded('simd128', MOST_THREADS + 1, idle.start);
    pool.begin();
    expect(pool.asked).toBe(MOST_THREADS);
    const numbers = Array.from({ length: MOST_THREADS - 1 }, (_, i) => i + 1);
    expect(idle.orders).toEqual(numbers.map(start => ({ start, top: expect.any(Number) })));
    const sources = new URL('../../crates/wasm/src/', import.meta.url);
    const files = readdirSync(sources, { recursive: true, encoding: 'utf8' }).filter(file => file.endsWith('.rs'));
    const rust = files.map(file => readFileSync(new URL(file, sources), 'utf8')).join('');
    const [, most] = /\bMOST: usize = (.*);/.exec(rust) ?? [];
    expect(most === 'u64::BITS as usize' ? 64 : Number(most)).toBe(MOST_THREADS);
  });

  test('who asks for others before they are there waits for the last', async () => {
    const { pool } = threaded('simd128');
    const start = performance.now();
    expect(await Promise.all([pool.use(3), pool.use(2)])).toEqual([2, 2]);
    expect(pool.why).toBeNull();
    expect(await Promise.all([pool.use(2), pool.use(4)])).toEqual([2, 4]); // two are there
    expect(performance.now() - start).toBeLessThan(15_000); // less than until it gives up
  });

  test('the memory that they are given is the least that the binaries take', () => {
    const { buffer } = sharedMemory() ?? {};
    const pages = (buffer?.byteLength ?? 0) / 65536;
    for (const name of ['simd128-threads', 'relaxed-threads']) {
      const module = load(name);
      if (module === null) continue; // Node 20 without a flag
      const instance = (initial: number): WebAssembly.Instance => {
        const imports: WebAssembly.Imports = {
          env: { memory: new WebAssembly.Memory({ initial, maximum: 65536, shared: true }) },
        };
        for (const { module: from, name: called, kind } of WebAssembly.Module.imports(module)) {
          if (kind === 'function') (imports[from] ??= {})[called] = () => {};
        }
        return new WebAssembly.Instance(module, imports);
      };
      expect(() => instance(pages - 1)).toThrow(WebAssembly.LinkError);
      expect(instance(pages)).toBeInstanceOf(WebAssembly.Instance);
    }
  });
});

describe('a foreman that is lost', () => {
  test('leaves no threads, and the next has new ones', async () => {
    const foremen: ReturnType<StartForeman>[] = [];
    const { backend, pool } = threaded('simd128', 1, (...args) => {
      const foreman = startForeman(...args);
      foremen.push(foreman);
      return foreman;
    });
    pool.try(1, 0);
    const at = backend.alloc(4000);
    for (let turn = 1; turn <= 3; turn++) {
      expect(await pool.use(3)).toBe(3);
      expect(foremen).toHaveLength(turn);
      foremen.at(-1)!.end();
      await vi.waitFor(() => expect(pool.running).toBe(1), 10_000);
      expect(pool.why).toMatch(/the thread that starts others exited with code 1/);
      backend.kernels.fill(at, 1000, turn);
      expect(backend.readSync(at, 1000, 'f32').every(x => x === turn)).toBe(true);
    }
    expect(await pool.use(2)).toBe(2);
    expect(pool.why).toBeNull();
  });

  test('is ended, once, and what it says later does not count', () => {
    const [first, second] = [new Idle(), new Idle()];
    const next = [first, second];
    const { pool } = threaded('simd128', 3, (...args) => next.shift()!.start(...args));
    pool.begin();
    first.fail('out of memory');
    expect([first.ends, pool.why]).toEqual([1, 'out of memory']);
    pool.begin();
    first.fail('again');
    expect([first.ends, second.ends, pool.why]).toEqual([1, 0, 'they are starting']);
    const stacks = [first, second].map(({ orders }) => JSON.stringify(orders));
    expect(second.orders).toHaveLength(2);
    expect(stacks[1]).not.toBe(stacks[0]); // those of the first may run for a moment
  });
});

test('why a thread ended is read whole, also if it fills its place', () => {
  const idle = new Idle();
  const { pool } = threaded('simd128', 2, idle.start);
  pool.begin();
  const { memory, note } = idle.given!;
  const bytes = new Uint8Array(memory.buffer, note, NOTE_BYTES);
  bytes.fill(120);
  expect(pool.cause).toBe('x'.repeat(NOTE_BYTES));
  bytes[3] = 0;
  expect(pool.cause).toBe('xxx');
});

describe('in browsers', () => {
  class Started {
    static all: Started[] = [];
    readonly posted: unknown[] = [];
    ended = 0;
    onerror: ((event: object) => void) | null = null;
    onmessage: ((event: object) => void) | null = null;
    constructor(readonly url: string) {
      if (url === 'forbidden') throw new Error('no worker here');
      Started.all.push(this);
    }
    postMessage(message: unknown): void {
      this.posted.push(message);
    }
    terminate(): void {
      this.ended++;
    }
    /** Whether it was kept from those who started this one. */
    fail(message: string): boolean {
      const preventDefault = vi.fn();
      this.onerror?.({ message, preventDefault });
      return preventDefault.mock.calls.length === 1;
    }
  }
  afterEach(() => {
    Started.all = [];
    vi.unstubAllGlobals();
  });

  test('it is a worker of a blob, whose errors are told and go no further', () => {
    vi.stubGlobal('Worker', Started);
    const [said, failed] = [vi.fn(), vi.fn()];
    const data = { module: moduleOf('simd128'), memory: new WebAssembly.Memory({ initial: 1 }), note: 8, top: 16 };
    const foreman = startInWeb(SOURCE, { ...data, source: SOURCE }, said, failed);
    const [worker] = Started.all;
    expect(worker!.posted).toEqual([{ ...data, source: worker!.url }]);
    worker!.onmessage?.({ data: 'a message' });
    expect(said).toHaveBeenCalledWith('a message');
    expect(worker!.fail('no memory')).toBe(true);
    expect(failed).toHaveBeenCalledWith('no memory');
    foreman.end();
    expect(worker!.ended).toBe(1);
  });

  /** The source in a worker's scope of its own: its way in, and what comes out. */
  function scope(source = 'blob:threads'): { tell: (order: object) => void; told: unknown[]; note: () => string } {
    const told: unknown[] = [];
    const memory = sharedMemory()!;
    const at = memory.buffer.byteLength - NOTE_BYTES; // nothing of a new memory is in use there
    const globals = createContext({
      ...{ WebAssembly, TextEncoder, setTimeout, Worker: Started, importScripts() {} },
      postMessage: (message: unknown) => void told.push(message),
    });
    runInContext(SOURCE, globals);
    const tell = (order: object): void => {
      const listener: unknown = Reflect.get(globals, 'onmessage');
      if (typeof listener !== 'function') throw new Error('nobody listens');
      Reflect.apply(listener, undefined, [{ data: order }]);
    };
    tell({ module: moduleOf('simd128-threads'), memory, note: at, top: at, source });
    return { tell, told, note: () => new TextDecoder().decode(new Uint8Array(memory.buffer, at, NOTE_BYTES).slice()) };
  }

  test('an error of a thread is told, ends it, and does not become an error of the foreman', () => {
    const { tell, told, note } = scope();
    tell({ start: 1, top: 1000 });
    tell({ start: 2, top: 2000 });
    expect(Started.all.map(({ posted }) => posted)).toEqual([
      [expect.objectContaining({ role: 'compute', thread: 1, top: 1000 })],
      [expect.objectContaining({ role: 'compute', thread: 2, top: 2000 })],
    ]);
    const long = 'é'.repeat(NOTE_BYTES);
    expect(Started.all[0]!.fail(long)).toBe(true);
    expect(Started.all.map(({ ended }) => ended)).toEqual([1, 0]);
    expect(told).toEqual([{ thread: 1, cause: long }]);
    expect(note()).toBe('é'.repeat(NOTE_BYTES / 2));
    Started.all[1]!.fail('x€'.repeat(NOTE_BYTES)); // characters are not cut
    expect(note().replace(/\0+$/, '')).toBe('x€'.repeat(NOTE_BYTES / 4));
  });

  test('a thread that cannot be started is told, too', () => {
    const { tell, told } = scope('forbidden');
    tell({ start: 1, top: 1000 });
    expect(told).toEqual([{ thread: 1, cause: 'no worker here' }]);
    expect(Started.all).toEqual([]);
  });

  test('one that is ended is told once', () => {
    vi.useFakeTimers();
    const { tell, told } = scope();
    tell({ start: 1, top: 1000 });
    tell({ end: 1 });
    tell({ end: 1 });
    vi.advanceTimersByTime(1000);
    vi.useRealTimers();
    expect(told).toEqual([{ thread: 1, cause: 'it was ended' }]);
    expect(Started.all[0]!.ended).toBe(1);
  });
});
