/** What threads do when something goes wrong: an assertion in a part, a thread that ends, no room for tensors. */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterEach, expect, test, vi } from 'vitest';
import { OutOfMemoryError, PhylloError } from '../../ts/core/errors';
import { threadsAsked } from '../../ts/backend/wasm/threads';
import { threaded } from '../threaded';

vi.setConfig({ testTimeout: 60_000 });
const root = fileURLToPath(new URL('../..', import.meta.url));
const { backend, pool } = threaded('simd128');
const { kernels } = backend;

/** exp of n numbers; whether all are right. */
function works(n = 100_000): boolean {
  const [x, y] = [backend.alloc(4 * n), backend.alloc(4 * n)];
  backend.write(
    x,
    Array.from({ length: n }, (_, i) => i / n),
    'f32',
  );
  kernels.exp(x, y, n, 0);
  const right = backend.readSync(y, n, 'f32').every((e, i) => Math.abs(e - Math.exp(i / n)) < 1e-5);
  backend.free(x, 4 * n);
  backend.free(y, 4 * n);
  return right;
}

afterEach(async () => {
  pool.try(0, 0);
  expect(await pool.use(3)).toBe(3);
  expect(works()).toBe(true);
});

test('an assertion in a part, whoever computes it, is the error of the call, and the next call works', async () => {
  await pool.use(3);
  // The calling thread dawdles before its first part, too, so that now and then it comes last.
  pool.try(1, 2 ** 16);
  const x = backend.alloc(4000);
  const y = backend.alloc(4000);
  backend.write(x, new Float32Array(1000), 'f32');
  // An index outside its range, in the part of row `wrong`: a slice's bounds fail.
  for (const wrong of [0, 500, 999]) {
    const index = Int32Array.from({ length: 1000 }, (_, i) => (i === wrong ? 1e6 : 0));
    const at = backend.alloc(4000);
    backend.write(at, index, 'i32');
    const by = { caller: 0, others: 0 };
    for (let turn = 0; turn < 50_000 && Math.min(by.caller, by.others) < 5; turn++) {
      const { failed } = pool.parts;
      expect(() => kernels.gather(x, at, y, 1000, 1, 1, 1)).toThrow(PhylloError);
      by[pool.parts.failed > failed ? 'others' : 'caller']++;
    }
    expect(Math.min(by.caller, by.others)).toBe(5);
    backend.free(at, 4000);
    expect(works()).toBe(true);
  }
  backend.free(x, 4000);
  backend.free(y, 4000);
});

test('a thread that ends in the middle of a part is the error of that call, with its cause', async () => {
  await pool.use(2);
  // Parts that dawdle for seconds, the calling thread's among them: longer than it takes to end one.
  pool.try(1, 2 ** 31);
  const at = backend.alloc(4096);
  let error: unknown = null;
  let ms = 0;
  for (let turn = 0; turn < 20 && error === null; turn++) {
    for (const thread of [1, 2]) pool.end(thread); // one of them has the part
    const start = performance.now();
    try {
      kernels.fill(at, 1024, 1);
    } catch (caught) {
      error = caught;
    }
    ms = performance.now() - start;
  }
  backend.free(at, 4096);
  expect(error).toBeInstanceOf(PhylloError);
  expect(String(error)).toMatch(/threads: a thread ended while it computed: it exited with code 1/);
  // The calling thread's part takes 2 s where a core is free.
  expect(ms).toBeLessThan(20_000);
});

test('memory that is not there is an error, and the stated maximum holds', () => {
  const blocks: number[] = [];
  const size = 2 ** 30;
  expect(() => {
    for (let i = 0; i < 5; i++) blocks.push(backend.alloc(size));
  }).toThrow(OutOfMemoryError);
  expect(blocks.length).toBeGreaterThan(0);
  for (const at of blocks) backend.free(at, size);
});

test('what PHYLLO_THREADS takes', () => {
  expect([undefined, '', '1', '64', 3].map(threadsAsked)).toEqual([null, null, 1, 64, 3]);
  for (const wrong of ['0', '65', '1.5', 'all', '-1']) {
    expect(() => threadsAsked(wrong)).toThrow(`PHYLLO_THREADS: takes a whole number from 1 to 64, this is ${wrong}`);
  }
});

test('a process with idle threads exits by itself, and so does one that ends in the middle', async () => {
  const program = `
    const { ones, threads } = await import('phyllo');
    if (await threads(3) !== 3) throw new Error('too few');
    console.log(ones([500, 500]).matmul(ones([500, 500])).sum().item());`;
  for (const end of ['', 'process.exit(0)']) {
    const { stdout } = await promisify(execFile)(
      process.execPath,
      ['--conditions=phyllo-source', '--import', 'tsx', '--input-type=module', '-e', program + end],
      { cwd: root, timeout: 30_000 },
    );
    expect(stdout).toBe('125000000\n');
  }
});
