/** Calls of functions by name against PyTorch's: values, gradients, gradients of gradients; eager and captured. */
import { readdirSync, readFileSync } from 'node:fs';
import * as phyllo from 'phyllo';
import { capture, CaptureError, gradients, mul, scope, sum, Tensor, tensor, zerosLike } from 'phyllo';
import { describe, expect, test } from 'vitest';
import { useBackend } from '../../ts/core/runtime';
import { binaries, exact } from '../backends';
import { floats, type Floats, type Integers } from '../goldens/golden';
import { LINALG } from './linalg-calls';

type Argument = Floats | string | number | null | readonly unknown[] | object;
interface Call {
  readonly op: string;
  readonly args: readonly Argument[];
  readonly ys: readonly (Floats | Integers)[];
  readonly gs: readonly Floats[];
  readonly grads: readonly Floats[];
  readonly vs: readonly Floats[];
  readonly seconds: readonly Floats[];
}
const GOLDENS = new URL('../goldens/', import.meta.url);
const files = readdirSync(GOLDENS).filter(name => /^calls\w*\.json$/.test(name));
const cases: readonly Call[] = files.flatMap(name => JSON.parse(readFileSync(new URL(name, GOLDENS), 'utf8')).cases);

const isFloats = (v: unknown): v is Floats => typeof v === 'object' && v !== null && 'f32' in v;
const numbersOf = (v: Floats | Integers): number[] => (isFloats(v) ? [...floats(v)] : v.i32.map(Number));
const made = (v: Floats): Tensor => tensor(floats(v), { shape: v.shape });
const isIntegers = (v: unknown): v is Integers => typeof v === 'object' && v !== null && 'i32' in v;
/** Bools are written as such. */
const isBools = (v: unknown): boolean => isIntegers(v) && v.i32.some(e => typeof e === 'boolean');
/** An argument that is not differentiated by: integers, and tensors among options; among indices, null puts in a dimension. */
const plain = (v: unknown, op: string): unknown => {
  if (isFloats(v)) return made(v);
  if (isIntegers(v)) return tensor(Int32Array.from(v.i32), { shape: v.shape }).to(isBools(v) ? 'bool' : 'i32');
  if (typeof v !== 'object' || v === null || Array.isArray(v)) return v ?? (op === 'at' ? v : undefined);
  return Object.fromEntries(Object.entries(v).map(([name, o]) => [name, plain(o, op)]));
};
/** What looks at numbers cannot be captured. */
const reads = ({ op, args }: Call): boolean =>
  /^(nonzero|argwhere|maskedSelect|unique)$/.test(op) ||
  (op === 'at' && args.some(isBools)) ||
  (op === 'where' && args.length === 1);
const listOf = (v: unknown): Tensor[] => [v].flat().filter(y => y instanceof Tensor);

/** Where `actual` is not the golden: goldens were rounded to f32 once. */
function differences(what: string, actual: readonly Tensor[], golden: readonly (Floats | Integers)[]): string[] {
  if (actual.length !== golden.length) return [`${what}: ${actual.length} tensors, expected ${golden.length}`];
  return golden.flatMap((g, i) => {
    const y = actual[i]!;
    if (y.shape.join() !== g.shape.join()) return [`${what} ${i} has shape [${y.shape}], expected [${g.shape}]`];
    const found = y.toArray();
    return numbersOf(g).flatMap((e, j) => {
      const v = found[j]!;
      const near = Object.is(v, e) || v === e || Math.abs(v - e) <= 2e-6 + 1e-5 * Math.abs(e);
      return near ? [] : [`${what} ${i}[${j}] is ${v}, expected ${e}`];
    });
  });
}

function run({ op, args, ys, gs, grads, vs, seconds }: Call, captured: boolean): string[] {
  const f: unknown = Reflect.get(phyllo, op) ?? Reflect.get(LINALG, op);
  if (typeof f !== 'function') return [`there is no ${op}`];
  const inputs = args.filter(isFloats).map(made);
  /** Values, gradients, and gradients of ⟨v, gradients⟩; zeros where nothing leads. */
  const all = (...given: Tensor[]): Tensor[][] => {
    const xs = given.map(x => x.detach());
    for (const x of xs) x.requiresGrad = true;
    const left = [...xs];
    const values = listOf(f(...args.map(a => (isFloats(a) ? left.shift() : plain(a, op)))));
    const smooth = values.filter(y => y.requiresGrad);
    if (smooth.length === 0) return [values, [], []];
    const loss = smooth.map((y, i) => sum(mul(y, made(gs[i]!)))).reduce((a, b) => a.add(b));
    const first = gradients(loss, xs, { createGraph: true }).map((g, i) => g ?? zerosLike(xs[i]!));
    const phi = first.map((g, i) => sum(mul(g, made(vs[i]!)))).reduce((a, b) => a.add(b));
    const second = xs.map(
      x => (phi.requiresGrad ? gradients(phi, [x], { retainGraph: true })[0] : null) ?? zerosLike(x),
    );
    return [values, first, second];
  };
  const g = captured ? capture((...xs: Tensor[]) => all(...xs)) : all;
  const [values = [], first = [], second = []] = g(...inputs);
  return [
    ...differences('y', values, ys),
    ...(grads.length > 0 || first.length > 0 ? differences('gradient', first, grads) : []),
    ...(seconds.length > 0 ? differences('second gradient', second, seconds) : []),
  ];
}

test(`there are calls: ${cases.length}, of ${new Set(cases.map(({ op }) => op)).size} functions`, () => {
  expect(cases.length).toBeGreaterThan(90);
});
/** Eager and captured where people run it; on the others one of the two, which compute the same. */
const WAYS = [exact, ...binaries].flatMap(backend =>
  [false, true]
    .filter(captured => backend.name === 'simd128' || captured === (backend !== exact))
    .map(captured => ({ backend, name: backend.name, way: captured ? 'captured' : 'eager', captured })),
);
describe.each(WAYS)('on $name, $way', ({ backend, captured }) => {
  test.each(cases.map((c, i) => [`${c.op} #${i}`, c] as const))('%s', (_, c) => {
    useBackend(backend);
    if (captured && reads(c)) expect(() => scope(() => run(c, true))).toThrow(CaptureError);
    else expect(scope(() => run(c, captured))).toEqual([]);
  });
});
