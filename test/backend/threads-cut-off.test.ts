/** Calls that are cut off while threads compute parts of them: what they would still write to belongs to others. */
import { afterEach, beforeAll, expect, test, vi } from 'vitest';
import { threaded } from '../threaded';

vi.setConfig({ testTimeout: 120_000 });

const { backend, pool } = threaded('simd128');
const { kernels } = backend;

/** C ← AB of n × n. */
const N = 96;
const BYTES = 4 * N * N;
/** Turns that threads dawdle at most before a part: some 4 ms, longer than it takes to come back from an exception. */
const DELAY = 2 ** 22;

/** Calls f where the engine's stack has room for so many frames of this function: what it throws, or null. */
function nearTheEnd(frames: number, f: () => void): unknown {
  let left = frames;
  let thrown: unknown = null;
  const deeper = (): void => {
    try {
      deeper();
    } catch (error) {
      if (left-- > 0) throw error;
      try {
        f();
      } catch (cutOff) {
        thrown = cutOff;
      }
    }
  };
  deeper();
  return thrown;
}

const matrix = (value: number): number => {
  const at = backend.alloc(BYTES);
  backend.write(at, new Float32Array(N * N).fill(value), 'f32');
  return at;
};
const multiply = (a: number, b: number, c: number): void =>
  kernels.gemm(N, N, N, a, N, 1, b, N, 1, c, N, 1, 0, 0, 0, 0, 0, 0, 0);
const wait = (ms: number): void => {
  for (const end = performance.now() + ms; performance.now() < end; );
};

function works(): void {
  const [a, b, c] = [matrix(1), matrix(1), matrix(0)];
  multiply(a, b, c);
  expect(backend.readSync(c, N * N, 'f32').every(value => value === N)).toBe(true);
  for (const at of [a, b, c]) backend.free(at, BYTES);
  expect(pool.stacksHold).toBe(true);
}
beforeAll(async () => {
  expect(await pool.use(2)).toBe(2);
  pool.try(1, DELAY);
  works(); // which compiles it: that takes more stack than is left below
});
afterEach(works);

/** What comes after a call that was cut off, and takes what it wrote to; it returns the address of what then is there. */
const AFTERWARDS: Readonly<Record<string, (c: number) => number>> = {
  'JavaScript writes': c => {
    backend.write(c, new Float32Array(N * N).fill(7), 'f32');
    return c;
  },
  'a block is freed, and another allocated': c => {
    backend.free(c, BYTES);
    return matrix(7);
  },
  'a kernel writes': c => {
    kernels.fill(c, N * N, 7);
    return c;
  },
  'a kernel that is never cut writes': c => {
    kernels.fill8(c, BYTES, 0);
    return c;
  },
};

/** How many frames leave a product room enough. It needs fewer once the engine has compiled it for speed. */
function enough(product: () => void): number {
  let frames = 8;
  while (nearTheEnd(frames, product) !== null) frames *= 2;
  return frames;
}

/** So many calls are to be cut off after other threads have taken parts, of at most so many that are tried. */
const ENOUGH = 5;
const TURNS = 100;

test.each([null, ...Object.keys(AFTERWARDS)])('the stack ends inside a product, then %s: no part comes later', name => {
  const [a, b, spare] = [matrix(1), matrix(2), matrix(0)];
  let inside = 0;
  for (let turn = 0; turn < TURNS && inside < ENOUGH; turn++) {
    const most = enough(() => multiply(a, b, spare));
    for (let frames = most; frames > most / 4; frames -= Math.ceil(most / 32)) {
      const c = matrix(-1);
      const { computed } = pool.parts;
      const cutOff = nearTheEnd(frames, () => multiply(a, b, c)) !== null;
      const at = cutOff && name !== null ? AFTERWARDS[name]!(c) : c;
      const values = backend.readSync(at, N * N, 'f32');
      if (cutOff && pool.parts.computed > computed) inside++;
      wait(5);
      expect(Array.from(backend.readSync(at, N * N, 'f32'))).toEqual(Array.from(values));
      if (!cutOff) expect(values.every(value => value === 2 * N)).toBe(true);
      else if (name !== null) expect(new Set(values).size).toBe(1);
      backend.free(at, BYTES);
    }
  }
  expect(inside).toBeGreaterThanOrEqual(ENOUGH);
  for (const at of [a, b, spare]) backend.free(at, BYTES);
});
