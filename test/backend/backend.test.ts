/** Every kernel of the contract, on every binary that this engine runs, against the reference backend. */
import { afterAll, describe, expect, test } from 'vitest';
import { reference } from '../../ts/backend/reference/backend';
import { wasmBackend } from '../../ts/backend/wasm/backend';
import type { Call } from './kernels/calls';
import { CASES } from './kernels/index';
import { run } from './kernels/run';
import { modules } from './modules';

/** The names, with their types. */
const KERNELS = (Object.keys(CASES) as (keyof typeof CASES)[]).sort();

/** The largest error, as a part of the largest element, or of 1 if that is less. */
function largestError(actual: readonly number[], expected: readonly number[]): number {
  const finite = (i: number): boolean => Number.isFinite(expected[i]) && Number.isFinite(actual[i]);
  const largest = expected.reduce((m, x, i) => (finite(i) ? Math.max(m, Math.abs(x)) : m), 1);
  return expected.reduce((m, x, i) => (finite(i) ? Math.max(m, Math.abs(x - actual[i]!)) : m), 0) / largest;
}

/** kernel: its largest error in each binary. */
const errors = new Map<string, number[]>();
let cases = 0;

afterAll(() => {
  const rows = [...errors].filter(([, list]) => list.some(e => e > 0)).sort();
  const lines = rows.map(([kernel, list]) =>
    [kernel.padEnd(20), ...list.map(e => e.toExponential(1).padStart(9))].join(''),
  );
  const head = ['largest error'.padEnd(20), ...modules.map(({ name }) => name.padStart(9))].join('');
  console.log(
    [head, ...lines, `${cases} cases of ${KERNELS.length} kernels in all binaries; kernels not listed are exact`].join(
      '\n',
    ),
  );
});

/** What is wrong with a result, or null. */
function difference(
  actual: readonly number[],
  expected: readonly number[],
  { tolerance, byLargest }: Call,
): string | null {
  if (actual.length !== expected.length) return `${actual.length} elements, not ${expected.length}`;
  const largest = expected.reduce((m, x) => (Number.isFinite(x) ? Math.max(m, Math.abs(x)) : m), 1);
  for (const [i, x] of expected.entries()) {
    const y = actual[i]!;
    // What is beyond f32 is infinite there.
    if (Object.is(x, y) || x === y || (tolerance > 0 && Math.fround(x) === y)) continue;
    // Beside their own size, elements may differ by the rounding of numbers of size 1 that cancelled.
    const allowed = tolerance * (byLargest ? largest : Math.abs(x)) + (tolerance && 1e-7);
    if (!(Math.abs(x - y) <= allowed)) return `element ${i} is ${y}, not ${x}`;
  }
  return null;
}

describe.each(modules)('$name', ({ name, module }) => {
  const [oracle, backend] = [reference(), wasmBackend(module, name)];

  test.each(KERNELS)('%s', kernel => {
    const before = backend.memory();
    let largest = 0;
    for (const call of CASES[kernel]()) {
      const [actual, expected] = [run(backend, kernel, call), run(oracle, kernel, call)];
      const scalars = call.args.map(arg => (typeof arg === 'number' ? arg : arg.dtype)).join(', ');
      for (const [i, y] of actual.entries()) {
        const problem = difference(y, expected[i]!, call);
        if (problem !== null) expect.fail(`${kernel}(${scalars}), ${i ? `argument ${i - 1}` : 'result'}: ${problem}`);
        largest = Math.max(largest, largestError(y, expected[i]!));
      }
      cases++;
    }
    errors.set(kernel, [...(errors.get(kernel) ?? []), largest]);
    expect({ ...backend.memory(), peak: 0 }).toEqual({ ...before, peak: 0 });
  });

  test('dense elementwise kernels may write over an input', () => {
    const n = 37;
    const { kernels: k } = backend;
    const [a, b, c] = [backend.alloc(4 * n), backend.alloc(4 * n), backend.alloc(4 * n)];
    const reset = (): void => {
      backend.write(
        a,
        Array.from({ length: n }, (_, i) => i / 8 - 2),
        'f32',
      );
      backend.write(
        b,
        Array.from({ length: n }, (_, i) => 3 - i / 4),
        'f32',
      );
    };
    const dense = [1, 1, 1, n, 0, 0, 0, 1, 0, 0, 0, 1] as const;
    const calls: ((y: number) => void)[] = [
      y => k.exp(a, y, n, 0),
      y => k.tanhGrad(b, a, y, n, 0),
      y => k.sub(a, b, y, ...dense),
      y => k.pow(a, b, y, ...dense),
      y => k.clamp(a, y, n, -1, 1),
      y => k.f32ToI32(a, y, n),
      y => k.where(b, a, b, y, n),
    ];
    for (const call of calls) {
      reset();
      call(c);
      const apart = Array.from(backend.readSync(c, n, 'f32'));
      call(a);
      expect(Array.from(backend.readSync(a, n, 'f32'))).toEqual(apart);
    }
    for (const at of [a, b, c]) backend.free(at, 4 * n);
  });
});
