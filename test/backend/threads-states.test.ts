/** What the binary for several threads is told of them, in whatever order. */
import { expect, test, vi } from 'vitest';
import { startForeman } from '../../ts/backend/wasm/foreman-node';
import { instantiate } from '../../ts/backend/wasm/instance';
import { sharedMemory } from '../../ts/backend/wasm/threads';
import { MOST_THREADS } from '../../ts/core/thread-count';
import { load } from './modules';

vi.setConfig({ testTimeout: 60_000 });

/** An instance, and how to call what it exports, by name. */
function instance() {
  const [module, memory] = [load('simd128-threads'), sharedMemory()];
  if (module === null || memory === null) throw new Error('no threads here');
  const { binary, threads } = instantiate(module, 'simd128', {
    ...{ module, memory, asked: () => 1, start: startForeman, mayWait: true },
  });
  if (threads === null) throw new Error('a binary for one');
  const call = (name: string, ...args: readonly number[]): unknown => {
    const f: unknown = Reflect.get(binary, name);
    if (!(f instanceof Function)) throw new Error(`no ${name}`);
    return Reflect.apply(f, undefined, args);
  };
  const at = binary.alloc(4000);
  /** Fills an array, in parts; whether it is full. */
  const works = (value: number): boolean => {
    binary.fill(at, 1000, value);
    return new Float32Array(memory.buffer, at, 1000).every(x => x === value);
  };
  return { pool: threads, call, works };
}

test('numbers that no thread has change nothing: the caller’s, and those beyond the last', async () => {
  const { pool, call, works } = instance();
  expect(await pool.use(2)).toBe(2);
  pool.try(1, 1000);
  for (const [turn, nobody] of [0, MOST_THREADS, MOST_THREADS + 1, 2 ** 31 - 1, -1].entries()) {
    expect(call('work', nobody)).toBeUndefined(); // a thread would not come back
    call('partFailed', nobody, 1, 2, 3, 4, 5);
    call('threadEnded', nobody);
    expect(pool.running).toBe(2);
    expect(works(turn)).toBe(true);
  }
  expect(pool.parts.failed).toBe(0);
});

test('as many may compute as there can be, and the caller', async () => {
  const { pool, call, works } = instance();
  expect(await pool.use(3)).toBe(3);
  call('allowThreads', 2 ** 31 - 1, 1);
  expect(pool.running).toBe(3);
  call('allowThreads', 0, 1);
  expect(pool.running).toBe(1);
  expect(works(1)).toBe(true);
});

test('what failed before a call is no failure of that call', async () => {
  const { pool, call, works } = instance();
  expect(await pool.use(3)).toBe(3);
  pool.try(1, 1000);
  for (let turn = 0; turn < 200; turn++) {
    call('partFailed', 1 + (turn % 2), 0, 0, 0, 0, 0);
    expect(works(turn)).toBe(true);
  }
  expect(pool.parts.failed).toBe(200);
  expect(pool.parts.computed).toBeGreaterThan(0);
});

test('a thread ends once, however often that is said, and whatever it did', async () => {
  const { pool, call, works } = instance();
  expect(await pool.use(3)).toBe(3);
  pool.try(1, 1000);
  for (let turn = 0; turn < 50; turn++) {
    call('threadEnded', 2);
    expect(pool.running).toBe(2);
    expect(works(turn)).toBe(true);
  }
  for (const thread of [1, 3, 63]) call('threadEnded', thread);
  expect(pool.running).toBe(1);
  expect(works(1)).toBe(true);
});
