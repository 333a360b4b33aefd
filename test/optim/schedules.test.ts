/** Every schedule against its formula in float64, and what else phyllo/optim exports. */
import { addInto, optim, tensor, zeros, type Tensor } from 'phyllo';
import { describe, expect, test } from 'vitest';
import type { Rest, Scheduler } from './tables';

interface Case {
  readonly make: (optimizer: optim.SGD) => optim.LambdaLR;
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
        expect(optimizer.groups[i]!.lr).toBeCloseTo(rate(initial, t), 14);
        sums[i]! += rate(initial, t);
      });
      optimizer.step(); // p ← p + lr
      schedule.step();
      expect(schedule.epoch).toBe(t + 1);
    }
    expect(p.item()).toBeCloseTo(sums[0]!, 5);
    expect(q.item()).toBeCloseTo(sums[1]!, 5);
  });
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
        addInto(this.total.get(p), g.mul(times));
      }
    }
    const [a, b, still] = [leaf(1, 2), leaf(10), zeros([1], { requiresGrad: true })];
    const optimizer = new Sum([{ params: [a, still] }, { params: [b], twice: true, lr: 3 }]);
    optimizer.step();
    optimizer.step(); // lr · (1 + 2) · g
    expect(Object.entries(optimizer.stateDict()).map(([name, t]) => [name, Array.from(t.toArray())])).toEqual([
      ['groups.0.hyper', [0.5, 2]],
      ['groups.1.hyper', [3, 2]],
      ['total.0', [1.5, 3]],
      ['total.1', [0]],
      ['total.2', [180]],
    ]);
    const other = new Sum([{ params: [a, still] }, { params: [b], lr: 7 }]);
    other.loadStateDict(optimizer.stateDict());
    expect([other.groups[1]!.lr, other.groups[1]!.options.twice]).toEqual([3, false]);
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
    const before = optimizer.groups.map(g => g.lr);
    expect(() => schedule.step()).toThrow(/LambdaLR: what factor returns takes a finite number, this is/);
    expect([schedule.epoch, optimizer.groups.map(g => g.lr)]).toEqual([0, before]);
  }
});
