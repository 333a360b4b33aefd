/** Threads where memory is short, and where there can be none. */
import { afterEach, expect, test, vi } from 'vitest';
import { sharedMemory } from '../../ts/backend/wasm/threads';
import { OutOfMemoryError } from '../../ts/core/errors';
import { threaded } from '../threaded';
import { takeAll } from './full-memory';

vi.setConfig({ testTimeout: 120_000 });
afterEach(() => vi.restoreAllMocks());

test('parts have a room each; where memory has one there is one part, where it has none an error: the same bits', async () => {
  const { backend, pool } = threaded('simd128');
  expect(await pool.use(2)).toBe(2);
  pool.try(1, 2 ** 17);
  const N = 128;
  const [a, b, c] = [0, 1, 2].map(() => backend.alloc(4 * N * N)) as [number, number, number];
  for (const [i, at] of [a, b].entries()) {
    backend.write(
      at,
      Array.from({ length: N * N }, (_, j) => Math.sin(i + j)),
      'f32',
    );
  }
  const product = (): Buffer => {
    backend.kernels.gemm(N, N, N, a, N, 1, b, N, 1, c, N, 1, 0, 0, 0, 0, 0, 0, 0);
    return Buffer.from(backend.readBytes(c, N * N, 'f32'));
  };
  const expected = product();
  /** Whether others compute parts of it, where they have some time to come before the caller. */
  const isShared = (): boolean => {
    const { computed } = pool.parts;
    for (let turn = 0; turn < 30 && pool.parts.computed === computed; turn++) {
      expect(product().equals(expected)).toBe(true);
    }
    return pool.parts.computed > computed;
  };
  const outcomes: string[] = [];
  for (let bytes = 2 ** 14; outcomes.at(-1) !== 'shared' && bytes < 2 ** 22; bytes += 2 ** 14) {
    const hole = backend.alloc(bytes);
    const rest = takeAll(backend);
    backend.free(hole, bytes);
    try {
      outcomes.push(isShared() ? 'shared' : 'alone');
    } catch (error) {
      expect(error).toBeInstanceOf(OutOfMemoryError);
      outcomes.push('refused');
    }
    rest.free();
  }
  expect([...new Set(outcomes)]).toEqual(['refused', 'alone', 'shared']);
  expect(pool.stacksHold).toBe(true);
});

test('no room for a stack: those that there are compute', async () => {
  const { backend, pool } = threaded('simd128');
  expect(await pool.use(2)).toBe(2);
  const at = backend.alloc(4000);
  const rest = takeAll(backend);
  expect(await pool.use(4)).toBe(2);
  expect(pool.why).toMatch(/no room for a stack/);
  backend.kernels.fill(at, 1000, 1);
  rest.free();
  expect(await pool.use(4)).toBe(4);
  expect(pool.why).toBeNull();
});

test('a shared memory may grow as far as the engine lets it; where it lets none there is none', () => {
  const { Memory } = WebAssembly;
  const refused: number[] = [];
  // biome-ignore lint/complexity/useArrowFunction: it is called with new
  const memory = vi.spyOn(WebAssembly, 'Memory').mockImplementation(function (options) {
    if ((options.maximum ?? 0) > 16384) {
      refused.push(options.maximum ?? 0);
      throw new RangeError('no addresses');
    }
    return new Memory(options);
  });
  expect(sharedMemory()?.buffer).toBeInstanceOf(SharedArrayBuffer);
  expect(refused).toEqual([65536, 32768]);
  for (const error of [new RangeError('no addresses'), new TypeError('no shared memory')]) {
    // biome-ignore lint/complexity/useArrowFunction: as above
    memory.mockImplementation(function () {
      throw error;
    });
    expect(sharedMemory()).toBeNull();
  }
});

test('threads that end again and again are not started for ever', () => {
  const orders: unknown[] = [];
  let say: (message: unknown) => void = () => {};
  const { pool } = threaded('simd128', 2, (_, __, said) => {
    say = said;
    return { post: order => void orders.push(order), end: () => {} };
  });
  pool.begin();
  for (let turn = 1; turn <= 9; turn++) {
    expect(orders).toHaveLength(turn);
    expect(pool.why).toBe('they are starting');
    say({ thread: 1, cause: `cause ${turn}` });
  }
  expect(orders).toHaveLength(9);
  expect(pool.why).toBe('9 threads ended, the last since cause 9');
});
