/**
 * How exact elementwise functions are: a million points of each, over all of f32, against float64. Errors are in ulps,
 * units in the last place of the f32 result: rounding the true value would be wrong by at most ½.
 */
import { afterAll, expect, test } from 'vitest';
import type { Differentiable, HostBackend, Plain } from '../../ts/backend/backend';
import { differentiable, type Function1, plain } from '../../ts/backend/reference/functions';
import { binaries } from '../backends';

const POINTS = 1_000_000;
const LARGEST = 4;
/** The slope of leakyRelu and the α of elu. */
const PARAMETER = 0.25;

/** Where results must be right to the bit. */
const SPECIAL = [0, -0, Infinity, -Infinity, NaN];
/** The smallest and largest subnormal and normal numbers, and 1. */
const ENDS = [2 ** -149, 2 ** -126 - 2 ** -149, 2 ** -126, 2 ** 128 - 2 ** 104, 1].flatMap(x => [x, -x]);

/**
 * Those, then in turn: bit patterns about 2³² / POINTS apart, which gives each exponent of either sign as many, and
 * numbers equally far apart between −110 and 110, beyond which exponentials are outside f32.
 */
function points(): Float32Array<ArrayBuffer> {
  const x = new Float32Array(POINTS);
  const bits = new Uint32Array(x.buffer);
  for (let i = 0; i < POINTS; i++) {
    if (i % 2) x[i] = (220 * i) / POINTS - 110;
    else bits[i] = (i / POINTS) * 2 ** 32 + (Math.imul(i, 0x9e3779b1) >>> 20);
  }
  x.set([...SPECIAL, ...ENDS]);
  return x;
}

const double = new Float64Array(1);
const words = new Uint32Array(double.buffer);
const BIAS = 1023;

/** The largest error of y, in ulps of v, and where it is. Infinite counts as 2¹²⁸, the number after the largest. */
function worst(y: ArrayLike<number>, v: Float64Array): { ulps: number; at: number } {
  const bounded = (z: number): number => Math.min(Math.max(z, -(2 ** 128)), 2 ** 128);
  let [ulps, at] = [0, 0];
  for (let i = 0; i < v.length; i++) {
    if (y[i] === v[i]) continue;
    double[0] = v[i]!;
    // That of f32 is 2²³ times as fine as the power of two below v, and as coarse as that of 2⁻¹²⁶ below it.
    const exponent = Math.min(Math.max(((words[1]! >>> 20) & 0x7ff) - BIAS, -126), 127) - 23;
    [words[0], words[1]] = [0, (BIAS - exponent) << 20];
    const error = Math.abs(bounded(y[i]!) - bounded(v[i]!)) * double[0];
    const same = Number.isNaN(y[i]!) && Number.isNaN(v[i]!);
    if (!same && !(error <= ulps)) [ulps, at] = [Number.isNaN(error) ? Infinity : error, i];
  }
  return { ulps, at };
}

const X = points();

function evaluate(backend: HostBackend, name: Differentiable | Plain): ArrayLike<number> {
  const bytes = 4 * POINTS;
  const [x, y] = [backend.alloc(bytes), backend.alloc(bytes)];
  backend.write(x, X, 'f32');
  backend.kernels[name](x, y, POINTS, PARAMETER);
  const result = backend.readSync(y, POINTS, 'f32');
  for (const at of [x, y]) backend.free(at, bytes);
  return result;
}

/** f in float64. */
function exactly(f: Function1): Float64Array {
  const v = new Float64Array(POINTS);
  for (let i = 0; i < POINTS; i++) v[i] = f(X[i]!, PARAMETER);
  return v;
}

/** The f32 nearest to f(x). max(−0, 0) may be either zero: it is −0 in the binaries, and 0 in JavaScript. */
const special = (name: string, x: number, v: number): number => (name === 'relu' && x === 0 ? x : Math.fround(v));

const FUNCTIONS = new Map<string, Function1>([
  ...Object.entries(differentiable).map(([name, [f]]): [string, Function1] => [name, f]),
  ...Object.entries(plain),
]);
const NAMES = [...(Object.keys(differentiable) as Differentiable[]), ...(Object.keys(plain) as Plain[])];
const compared = binaries.filter(({ name }) => name !== 'checked');

const table = [['function', 'points', ...compared.flatMap(({ name }) => [`ulps ${name}`, 'at x'])]];

test.each(NAMES)('%s', name => {
  const exact = exactly(FUNCTIONS.get(name)!);
  const row = compared.flatMap(backend => {
    const y = evaluate(backend, name);
    const expected = SPECIAL.map((x, i) => special(name, x, exact[i]!));
    const actual = SPECIAL.map((_, i) => y[i]);
    expect(actual, `${name} of ${SPECIAL.join(', ')} on ${backend.name}`).toEqual(expected);
    const { ulps, at } = worst(y, exact);
    expect(ulps, `${name}(${X[at]}) is ${y[at]}, not ${exact[at]}, on ${backend.name}`).toBeLessThanOrEqual(LARGEST);
    return [ulps.toFixed(2), ulps > 0 ? String(X[at]) : ''];
  });
  table.push([name, String(exact.filter(v => !Number.isNaN(v)).length), ...row]);
});

afterAll(() => {
  const widths = table[0]!.map((_, j) => Math.max(...table.map(row => row[j]!.length)));
  console.log(
    table
      .map(row =>
        row
          .map((cell, j) => cell.padEnd(widths[j]!))
          .join('  ')
          .trimEnd(),
      )
      .join('\n'),
  );
});
