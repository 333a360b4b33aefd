/** Every schedule against its formula in float64, and what else phyllo/optim exports. */
import { add_, optim, tensor, zeros, type Tensor } from 'phyllo';
import { describe, expect, test } from 'vitest';
import type { Rest, Scheduler } from './tables';

interface Case {
  readonly make: (optimizer: optim.SGD) => optim.LRScheduler;
  /** The rate of a group that began at α₀, after t steps. */
  readonly rate: (initial: number, t: number) => number;
}
/** A schedule without a case does not compile. */
const SCHEDULES: Readonly<Record<Scheduler, readonly [Case, ...Case[]]>> = {
  LambdaLR: [{ make: o => new optim.LambdaLR(o, t => 2 / (2 + t)), rate: (a, t) => (a * 2) / (2 + t) }],
  StepLR: [
    { make: o => new optim.StepLR(o, 3), rate: (a, t) => a * [1, 0.1, 0.01, 0.001, 1e-4][Math.floor(t / 3)]! },
    { make: o => new optim.StepLR(o, 4, 0.5), rate: (a, t) => a / 2 ** Math.floor(t / 4) },
  ],
  MultiStepLR: [
    { make: o => new optim.MultiStepLR(o, [2, 5]), rate: (a, t) => a * (t < 2 ? 1 : t < 5 ? 0.1 : 0.01) },
    { make: o => new optim.MultiStepLR(o, [7, 1, 1], 0.5), rate: (a, t) => (t < 1 ? a : t < 7 ? a / 4 : a / 8) },
  ],
  ExponentialLR: [{ make: o => new optim.ExponentialLR(o, 0.9), rate: (a, t) => a * 0.9 ** t }],
  MultiplicativeLR: [
    { make: o => new optim.MultiplicativeLR(o, t => t / (t + 1)), rate: (a, t) => a / (t + 1) }, // 1/2 · 2/3 · …
  ],
  LinearLR: [
    { make: o => new optim.LinearLR(o), rate: (a, t) => a * (1 / 3 + (Math.min(t, 5) * 2) / 15) },
    { make: o => new optim.LinearLR(o, 1, 0.2, 8), rate: (a, t) => a * (1 - Math.min(t, 8) / 10) },
  ],
  ConstantLR: [
    { make: o => new optim.ConstantLR(o), rate: (a, t) => (t < 5 ? a / 3 : a) },
    { make: o => new optim.ConstantLR(o, 0.5, 2), rate: (a, t) => (t < 2 ? a / 2 : a) },
  ],
  PolynomialLR: [
    { make: o => new optim.PolynomialLR(o), rate: (a, t) => a * Math.max(1 - t / 5, 0) },
    { make: o => new optim.PolynomialLR(o, 9, 2), rate: (a, t) => a * Math.max(1 - t / 9, 0) ** 2 },
  ],
  ChainedScheduler: [
    {
      make: o => new optim.ChainedScheduler([new optim.ConstantLR(o, 0.1, 2), new optim.ExponentialLR(o, 0.9)]),
      rate: (a, t) => (t < 2 ? 0.1 : 1) * a * 0.9 ** t,
    },
  ],
  SequentialLR: [
    {
      make: o => new optim.SequentialLR(o, [new optim.LinearLR(o, 0.1, 1, 4), new optim.StepLR(o, 3, 0.5)], [4]),
      rate: (a, t) => (t < 4 ? a * (0.1 + (0.9 * t) / 4) : a / 2 ** Math.floor((t - 4) / 3)),
    },
    {
      make: o => {
        const parts = [new optim.ConstantLR(o, 0.1, 2), new optim.ExponentialLR(o, 0.9), new optim.LambdaLR(o, t => t)];
        return new optim.SequentialLR(o, parts, [2, 7]);
      },
      rate: (a, t) => (t < 2 ? 0.1 * a : t < 7 ? a * 0.9 ** (t - 2) : a * (t - 7)),
    },
  ],
  CosineAnnealingWarmRestarts: [
    {
      make: o => new optim.CosineAnnealingWarmRestarts(o, 2, 2, 0.1),
      rate(a, t) {
        const [since, length] = t < 2 ? [t, 2] : t < 6 ? [t - 2, 4] : [t - 6, 8];
        return 0.1 + ((a - 0.1) * (1 + Math.cos((Math.PI * since) / length))) / 2;
      },
    },
  ],
  CyclicLR: [
    {
      make: o => new optim.CyclicLR(o, { baseLr: 0.1, maxLr: 0.5, stepSizeUp: 4 }),
      rate: (_, t) => 0.1 + 0.1 * (4 - Math.abs((t % 8) - 4)),
    },
  ],
  OneCycleLR: [
    {
      make: o => new optim.OneCycleLR(o, { maxLr: 1, totalSteps: 14, pctStart: 0.5, annealStrategy: 'linear' }),
      rate: (_, t) => (t <= 6 ? 0.04 + (0.96 * t) / 6 : 1 - ((1 - 4e-6) * (t - 6)) / 7),
    },
  ],
  CosineAnnealingLR: [
    {
      make: o => new optim.CosineAnnealingLR(o, 6),
      rate: (a, t) => (a * (1 + Math.cos((Math.PI * t) / 6))) / 2,
    },
    {
      make: o => new optim.CosineAnnealingLR(o, 8, 0.1),
      rate: (a, t) => 0.1 + ((a - 0.1) * (1 + Math.cos((Math.PI * t) / 8))) / 2,
    },
  ],
};

const leaf = (...g: readonly number[]): Tensor => {
  const p = zeros([g.length], { requiresGrad: true });
  p.grad = tensor(g);
  return p;
};

describe('schedules', () => {
  const all = Object.entries(SCHEDULES).flatMap(([name, list]) => list.map((c, i) => [`${name} ${i}`, c] as const));
  test.each(all)('%s', (_, { make, rate }) => {
    const [p, q] = [leaf(-1), leaf(-1)];
    const optimizer = new optim.SGD([{ params: [p] }, { params: [q], lr: 2 }], { lr: 0.5 });
    const schedule = make(optimizer);
    const sums = [0, 0];
    for (let t = 0; t <= 12; t++) {
      [0.5, 2].forEach((initial, i) => {
        expect(optimizer.paramGroups[i]!.lr).toBeCloseTo(rate(initial, t), 14);
        sums[i]! += rate(initial, t);
      });
      optimizer.step(); // p ← p + lr
      schedule.step();
      expect(schedule.lastEpoch).toBe(t + 1);
    }
    expect(p.item()).toBeCloseTo(sums[0]!, 5);
    expect(q.item()).toBeCloseTo(sums[1]!, 5);
  });
});

const sgd = (...lrs: readonly number[]): optim.SGD =>
  new optim.SGD(
    lrs.map(lr => ({ params: [leaf(-1)], lr })),
    { lr: 1 },
  );
const ratesOf = (o: optim.SGD): number[] => o.paramGroups.map(g => g.lr);

test.each(Object.entries(SCHEDULES))('%s goes on from its state, which is JSON', (_, [{ make }]) => {
  const [a, b] = [sgd(0.5, 2), sgd(0.5, 2)];
  const whole = make(a);
  for (let t = 0; t < 5; t++) whole.step();
  const rest = make(b);
  rest.loadStateDict(JSON.parse(JSON.stringify(whole.stateDict())));
  b.loadStateDict(a.stateDict());
  for (let t = 0; t < 5; t++) {
    expect([rest.lastEpoch, [...rest.getLastLr()]]).toEqual([whole.lastEpoch, ratesOf(a)]);
    whole.step();
    rest.step();
    expect(ratesOf(b)).toEqual(ratesOf(a));
  }
});

test('a rate set by hand stays, a group that is added has its own, and states of others are refused', () => {
  const o = sgd(1);
  const step = new optim.StepLR(o, 2, 0.5);
  o.lr = 8;
  step.step();
  expect([o.lr, step.getLastLr()]).toEqual([8, [8]]);
  o.addParamGroup({ params: [leaf(1)], lr: 3 });
  step.step();
  expect(ratesOf(o)).toEqual([4, 1.5]);
  expect(() => step.loadStateDict({ lastEpoch: 1, baseLrs: [1], lastLrs: [1] })).toThrow(
    'takes the rates of 2 groups, these are 1',
  );
  expect(() => step.loadStateDict({ ...step.stateDict(), schedulers: [step.stateDict()] })).toThrow(
    'takes the states of 0 schedules, these are 1',
  );
  expect(() => new optim.ChainedScheduler([step, new optim.StepLR(sgd(1), 1)])).toThrow('schedules of one optimizer');
  expect(() => new optim.SequentialLR(o, [step, step], [])).toThrow('takes schedules and the ascending epochs');
});

/** What is neither an optimiser nor a schedule: a name without a row does not compile. */
const REST: Readonly<Record<Rest, () => void>> = {
  clipGradNorm() {
    const params = [leaf(3, -4), leaf(12), zeros([2], { requiresGrad: true })]; // ‖g‖ = 13
    const gradients = (): number[] => params.flatMap(p => (p.grad ? Array.from(p.grad.toArray()) : []));
    expect(optim.clipGradNorm(params, 14).item()).toBeCloseTo(13, 5);
    expect(gradients()).toEqual([3, -4, 12]);
    expect(optim.clipGradNorm(params, 6.5).item()).toBeCloseTo(13, 5);
    gradients().forEach((g, i) => expect(g).toBeCloseTo([1.5, -2, 6][i]!, 5));
  },
  clipGradValue() {
    const params = [leaf(3, -4), leaf(0.5), zeros([2], { requiresGrad: true })];
    optim.clipGradValue(params, 1);
    expect(params.flatMap(p => (p.grad ? Array.from(p.grad.toArray()) : []))).toEqual([1, -1, 0.5]);
  },
  ReduceLROnPlateau() {
    const o = sgd(8, 1);
    const plateau = new optim.ReduceLROnPlateau(o, { factor: 0.5, patience: 1, cooldown: 1, minLr: [3, 0] });
    const path = [1, tensor(1), NaN, 0.5, 0.5, 0.5, 0.5, 0.5].map(metric => {
      plateau.step(metric);
      return ratesOf(o);
    });
    // The second epoch without an improvement halves; the epoch after that does not count.
    expect(path).toEqual([
      [8, 1],
      [8, 1],
      [4, 0.5],
      [4, 0.5],
      [4, 0.5],
      [3, 0.25],
      [3, 0.25],
      [3, 0.25],
    ]);
    expect([plateau.lastEpoch, plateau.getLastLr()]).toEqual([8, [3, 0.25]]);
    expect(() => new optim.ReduceLROnPlateau(o, { factor: 1 })).toThrow(
      'ReduceLROnPlateau: factor takes a number from 0',
    );
    expect(() => new optim.ReduceLROnPlateau(o, { minLr: [1] })).toThrow('minLr takes one for all groups or each of 2');
    expect(() => Reflect.apply(plateau.step, plateau, [])).toThrow('ReduceLROnPlateau.step: metric takes a number');
  },
  LRScheduler() {
    class Halving extends optim.LRScheduler {
      protected next(lr: number): number {
        return lr / 2;
      }
    }
    const o = sgd(8);
    const halving = new Halving(o);
    halving.step();
    expect([o.lr, halving.lastEpoch]).toEqual([4, 1]);
  },
  /** The base, by an optimiser that sums what it is handed. */
  Optimizer() {
    class Sum extends optim.Optimizer<{ readonly lr?: number; readonly twice?: boolean }> {
      readonly total: optim.Slots = this.slots('total');
      protected defaults(): optim.Defaults<{ readonly lr?: number; readonly twice?: boolean }> {
        return { lr: 0.5, twice: false };
      }
      protected update(p: Tensor, g: Tensor, group: optim.ParamGroup<{ readonly twice?: boolean }>): void {
        const times = group
          .tensor('lr')
          .mul(group.tensor('step'))
          .mul(group.options.twice ? 2 : 1);
        add_(this.total.get(p), g.mul(times));
      }
    }
    const [a, b, still] = [leaf(1, 2), leaf(10), zeros([1], { requiresGrad: true })];
    const optimizer = new Sum([{ params: [a, still] }, { params: [b], twice: true, lr: 3 }]);
    optimizer.step();
    optimizer.step(); // lr · (1 + 2) · g
    expect(Object.entries(optimizer.stateDict()).map(([name, t]) => [name, Array.from(t.toArray())])).toEqual([
      // Each parameter's rate and count of steps: `still` took none.
      ['groups.0.hyper', [0.5, 2, 0.5, 0]],
      ['groups.1.hyper', [3, 2]],
      ['total.0', [1.5, 3]],
      ['total.1', [0]],
      ['total.2', [180]],
    ]);
    const other = new Sum([{ params: [a, still] }, { params: [b], lr: 7 }]);
    other.loadStateDict(optimizer.stateDict());
    expect([other.paramGroups[1]!.lr, other.paramGroups[1]!.options.twice]).toEqual([3, false]);
    other.zeroGrad();
    expect(a.grad).toBeNull();
  },
};
test.each(Object.entries(REST))('%s', (_, row) => {
  row();
});

test('what is no factor is refused, and nothing is set', () => {
  const groups = [1, 2].map(lr => ({ params: [zeros([1], { requiresGrad: true })], lr }));
  for (const wrong of [null, '0.5', true, NaN, undefined]) {
    const optimizer = new optim.SGD(groups, { lr: 1 });
    let asked = 0;
    const factor = (): unknown => (++asked > 3 ? wrong : 1 / asked);
    const schedule: optim.LambdaLR = Reflect.construct(optim.LambdaLR, [optimizer, factor]); // asks twice, then of the first group
    const before = optimizer.paramGroups.map(g => g.lr);
    expect(() => schedule.step()).toThrow(/LambdaLR: what factor returns takes a finite number, this is/);
    expect([schedule.lastEpoch, optimizer.paramGroups.map(g => g.lr)]).toEqual([0, before]);
  }
});
