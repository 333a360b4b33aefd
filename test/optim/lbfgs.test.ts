/** LBFGS against PyTorch's, on two losses, with a closure as it stands and captured. */
import { capture, CaptureError, decodeSafetensors, encodeSafetensors, optim, tensor, type Tensor } from 'phyllo';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { reference } from '../../ts/backend/reference/backend';
import { runtime, useBackend } from '../../ts/core/runtime';
import { strongWolfe, type Point } from '../../ts/optim/line-search';
import { floats } from '../goldens/golden';
import { descentData, descents, row, type Descent } from './goldens';

const loaded = runtime.backend;
const numbers = (ts: readonly Tensor[]): number[] => ts.flatMap(t => Array.from(t.toArray()));

/** The parameters of a loss, an optimiser of them, and its closure. */
function begin(op: Descent['op'], options: optim.LBFGSOptions, captured: boolean) {
  const params = descentData.starts[op].map(p => tensor(floats(p), { shape: p.shape, requiresGrad: true }));
  const [x, t] = [descentData.x, descentData.t].map(d => tensor(floats(d), { shape: d.shape }));
  const lbfgs = new optim.LBFGS(params, options);
  const loss = (): Tensor => {
    if (op === 'regression') return x!.matmul(params[0]!).add(params[1]!).sub(t!).square().mean();
    const [a, b] = [params[0]!.select(0, 0), params[0]!.select(0, 1)];
    return a.neg().add(1).square().add(b.sub(a.square()).square().mul(100));
  };
  let calls = 0;
  const f = (): Tensor => {
    lbfgs.zeroGrad();
    const y = loss();
    y.backward();
    return y;
  };
  const plan = captured ? capture(f, { audit: false }) : f;
  const closure = (): Tensor => {
    calls++;
    return plan();
  };
  return { params, lbfgs, closure, calls: () => calls };
}

describe.each([
  ['reference', reference(), 1e-6],
  ['wasm', loaded, 1e-3],
] as const)('on %s', (name, backend, tolerance) => {
  beforeAll(() => useBackend(backend));
  afterAll(() => useBackend(loaded));
  let compared = 0;
  afterAll(() => console.log(`on ${name}: ${compared} numbers of ${descents.length} descents compared, two ways`));

  const rows = descents.map((c): [string, Descent] => [`${c.op} ${JSON.stringify(c.options)}`, c]);
  test.each(rows)('%s', (_, c) => {
    const runs = [false, true].map(captured => begin(c.op, c.options, captured));
    c.evaluations.forEach((evaluations, k) => {
      const found = runs.map(({ params, lbfgs, closure }) => [lbfgs.step(closure).item(), ...numbers(params)]);
      expect(found[1]).toEqual(found[0]);
      [row(c.loss, k)[0]!, ...row(c.path, k)].forEach((x, i) => {
        const close = Math.abs(found[0]![i]! - x) <= tolerance * Math.max(Math.abs(x), 0.01);
        if (!close) expect.fail(`step ${k + 1}, number ${i}: ${found[0]![i]}, expected ${x}`);
        compared++;
      });
      expect(runs.map(({ calls }) => calls())).toEqual([evaluations, evaluations]);
    });
  });
});

test.each([false, true])('goes on from a file with the same bits (captured: %s)', captured => {
  const options = { lineSearchFn: 'strong_wolfe', maxIter: 2, historySize: 3 } as const;
  const [whole, first, second] = [1, 2, 3].map(() => begin('rosenbrock', options, captured));
  for (let k = 0; k < 6; k++) whole!.lbfgs.step(whole!.closure);
  for (let k = 0; k < 3; k++) first!.lbfgs.step(first!.closure);
  const state = { ...first!.lbfgs.stateDict(), w: first!.params[0]! };
  const { w, ...rest } = decodeSafetensors(encodeSafetensors(state)).tensors;
  second!.params[0]!.set(w!.toArray());
  second!.lbfgs.loadStateDict(rest);
  for (let k = 0; k < 3; k++) second!.lbfgs.step(second!.closure);
  const all = ({ params, lbfgs }: ReturnType<typeof begin>): number[] =>
    numbers([...params, ...Object.values(lbfgs.stateDict())]);
  expect(all(second!)).toEqual(all(whole!));
});

test('finds the minimum of Rosenbrock’s function, and of a maximum its place', () => {
  const { params, lbfgs, closure, calls } = begin('rosenbrock', { lineSearchFn: 'strong_wolfe', maxIter: 50 }, true);
  for (let k = 0; k < 3; k++) lbfgs.step(closure);
  for (const w of numbers(params)) expect(w).toBeCloseTo(1, 4);
  expect(calls()).toBeLessThan(80);
  const p = tensor([3, -4], { requiresGrad: true });
  const top = new optim.LBFGS([p], { maximize: true, lineSearchFn: 'strong_wolfe' });
  top.step(() => {
    top.zeroGrad();
    const y = p
      .sub(tensor([1, 2]))
      .square()
      .sum()
      .neg();
    y.backward();
    return y;
  });
  numbers([p]).forEach((w, i) => expect(w).toBeCloseTo(i + 1, 5));
});

test('what it takes is checked before anything is done, and a state is loaded whole or not at all', () => {
  const p = (): Tensor => tensor([1, 2], { requiresGrad: true });
  expect(() => new optim.LBFGS([{ params: [p()] }, { params: [p()] }])).toThrow(
    'LBFGS: takes one group of parameters, these are 2',
  );
  expect(() => new optim.LBFGS([p()], { maxIter: 1.5 })).toThrow(
    'LBFGS: maxIter takes a whole number ≥ 1, this is 1.5',
  );
  const call = (...args: unknown[]): unknown => Reflect.construct(optim.LBFGS, args);
  expect(() => call([p()], { lineSearchFn: 'armijo' })).toThrow(
    "LBFGS: lineSearchFn takes 'strong_wolfe' or null, this is 'armijo'",
  );
  const w = p();
  const lbfgs = new optim.LBFGS([w], { historySize: 2 });
  expect(() => lbfgs.addParamGroup({ params: [p()] })).toThrow('one group of parameters');
  expect(() => Reflect.apply(lbfgs.step, lbfgs, [])).toThrow('LBFGS.step: closure takes a function');
  const closure = (): Tensor => {
    lbfgs.zeroGrad();
    const y = w
      .square()
      .mul(tensor([1, 20]))
      .sum();
    y.backward();
    return y;
  };
  expect(() => capture(() => lbfgs.step(closure))()).toThrow(CaptureError);
  lbfgs.step(closure);
  const state = lbfgs.stateDict();
  expect(Object.keys(state)).toEqual([
    'groups.0.hyper',
    'direction',
    'gradient',
    'progress',
    'y.0',
    's.0',
    'y.1',
    's.1',
  ]);
  const other = new optim.LBFGS([p()], { historySize: 2 });
  const { 's.1': _, ...part } = state;
  expect(() => other.loadStateDict(part)).toThrow('s.1 is missing');
  expect(Object.keys(other.stateDict())).toHaveLength(4);
  expect(() => new optim.LBFGS([p()], { historySize: 1 }).loadStateDict(state)).toThrow('takes a history of 1 at most');
  other.loadStateDict(state);
  expect(numbers(Object.values(other.stateDict()))).toEqual(numbers(Object.values(state)));
  other.dispose();
  expect(() => other.step(closure)).toThrow('after it was disposed of');
  // A closure that fails leaves the weights where the step began.
  const failing = new optim.LBFGS([w], { lineSearchFn: 'strong_wolfe' });
  const before = numbers([w]);
  w.set([1, 2]);
  let calls = 0;
  const fail = (): Tensor => {
    if (++calls > 1) throw new Error('no more');
    return closure();
  };
  expect(() => failing.step(fail)).toThrow('no more');
  expect(numbers([w])).toEqual([1, 2]);
  expect(before).not.toEqual([1, 2]);
});

/** Wolfe's conditions on functions of one variable, by what they say. */
test.each([
  ['a parabola', (t: number) => (t - 3) ** 2, (t: number) => 2 * (t - 3)],
  ['far away', (t: number) => (t / 50 - 3) ** 2, (t: number) => (t / 50 - 3) / 25],
  [
    'a narrow valley',
    (t: number) => Math.abs(t - 0.1) ** 1.5,
    (t: number) => 1.5 * Math.sign(t - 0.1) * Math.sqrt(Math.abs(t - 0.1)),
  ],
  ['waves', (t: number) => t / 2 - Math.sin(5 * t), (t: number) => 0.5 - 5 * Math.cos(5 * t)],
])('the line search ends where its conditions hold: %s', (_, f, slope) => {
  const at = (t: number): Point<null> => ({ t, loss: f(t), slope: slope(t), gradient: null });
  const start = at(0);
  const { t, loss } = strongWolfe(at, start, 1, length => length < 1e-9);
  expect(loss).toBeLessThanOrEqual(start.loss + 1e-4 * t * start.slope);
  expect(Math.abs(slope(t))).toBeLessThanOrEqual(0.9 * Math.abs(start.slope));
});
