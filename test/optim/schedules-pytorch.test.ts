/** Schedules against PyTorch's, step by step. */
import { optim, tensor, zeros } from 'phyllo';
import { afterAll, describe, expect, test } from 'vitest';
import { doubles, schedules, type Schedule } from './goldens';
import { scheduleOf, stepOf } from './schedule-of';

describe('two hundred steps of', () => {
  let compared = 0;
  afterAll(() => console.log(`${compared} rates and momenta of ${schedules.length} schedules compared`));
  const title = (c: Schedule): string => `${c.op} ${JSON.stringify(c.options)}`;
  test.each(schedules.map((c): [string, Schedule] => [title(c), c]))('%s', (_, c) => {
    const groups = c.initial.map(lr => ({ params: [zeros([1], { requiresGrad: true })], lr }));
    const optimizer = c.of === 'SGD' ? new optim.SGD(groups, { lr: 1, momentum: 0.5 }) : new optim.Adam(groups);
    const schedule = scheduleOf(optimizer, c.op, c.options);
    const [lr, momentum] = [c.lr.map(doubles), c.momentum?.map(doubles)];
    const metrics = c.metrics ? doubles(c.metrics) : null;
    for (let k = 0; k <= 200; k++) {
      const found = optimizer.paramGroups.flatMap((g, i) => {
        const name = c.of === 'SGD' ? 'momentum' : 'beta1';
        return [
          [g.lr, lr[i]![k]!],
          [g.get(name), momentum ? momentum[i]![k]! : c.of === 'SGD' ? 0.5 : 0.9],
        ] as const;
      });
      for (const [a, b] of found) {
        if (!(Math.abs(a - b) <= 1e-12 * Math.max(Math.abs(b), 1e-3))) expect.fail(`step ${k}: ${a}, expected ${b}`);
      }
      compared += found.length;
      if (k < 200) stepOf(schedule, metrics ? metrics[k]! : 0);
    }
  });
  test('each schedule that there is', () => {
    const names = Object.entries(optim).flatMap(([name, v]) =>
      /LR$|Scheduler$|Restarts$|Plateau$/.test(name) ? [[name, v]] : [],
    );
    const there = names.map(([name]) => name).filter(name => name !== 'LRScheduler');
    expect([...new Set(schedules.map(c => c.op))].sort()).toEqual(there.sort());
  });
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
