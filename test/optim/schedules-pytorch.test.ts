/** Schedules against PyTorch's, step by step. */
import { optim, tensor, zeros } from 'phyllo';
import { describe, expect, test } from 'vitest';
import { schedules, type Schedule } from './goldens';

describe('schedules', () => {
  const make = ({ op, options: o }: Schedule, optimizer: optim.SGD): optim.LRScheduler => {
    switch (op) {
      case 'StepLR':
        return new optim.StepLR(optimizer, o.stepSize, o.gamma);
      case 'ExponentialLR':
        return new optim.ExponentialLR(optimizer, o.gamma);
      case 'CosineAnnealingLR':
        return new optim.CosineAnnealingLR(optimizer, o.tMax, o.etaMin);
      case 'CosineAnnealingWarmRestarts':
        return new optim.CosineAnnealingWarmRestarts(optimizer, o.t0, o.tMult, o.etaMin);
      case 'CyclicLR':
        return new optim.CyclicLR(optimizer, o);
      case 'OneCycleLR':
        return new optim.OneCycleLR(optimizer, o);
    }
  };
  const sgd = (...rates: readonly number[]): optim.SGD =>
    new optim.SGD(
      rates.map(lr => ({ params: [zeros([1], { requiresGrad: true })], lr })),
      { lr: 1e6 },
    );

  test.each(schedules.map((c): [string, Schedule] => [`${c.op} ${JSON.stringify(c.options)}`, c]))('%s', (_, c) => {
    const optimizer = sgd(...c.lr.map(rates => rates[0]!));
    const schedule = make(c, optimizer);
    for (let k = 0; k <= 10; k++) {
      optimizer.paramGroups.forEach((g, i) => expect(g.lr).toBeCloseTo(c.lr[i]![k]!, 14));
      optimizer.step();
      schedule.step();
    }
  });

  test('LambdaLR and MultiStepLR by their formulas', () => {
    const a = sgd(0.5, 2);
    const lambda = new optim.LambdaLR(a, t => 1 / (1 + t));
    lambda.step();
    lambda.step();
    expect(a.paramGroups.map(g => g.lr)).toEqual([0.5 / 3, 2 / 3]);
    expect(lambda.lastEpoch).toBe(2);
    const b = sgd(1);
    const multi = new optim.MultiStepLR(b, [2, 3, 6], 0.5);
    const rates = Array.from({ length: 7 }, () => {
      const { lr } = b;
      multi.step();
      return lr;
    });
    expect(rates).toEqual([1, 1, 0.5, 0.25, 0.25, 0.25, 0.125]);
  });

  test('the step that follows uses the new rate', () => {
    const p = zeros([1], { requiresGrad: true });
    const optimizer = new optim.SGD([p], { lr: 1 });
    const schedule = new optim.ExponentialLR(optimizer, 0.5);
    const path = [1, 2, 3].map(() => {
      p.grad = tensor([-1]);
      optimizer.step();
      schedule.step();
      return p.item();
    });
    expect(path).toEqual([1, 1.5, 1.75]);
  });
});
