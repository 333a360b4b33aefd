/** Optimisers and schedules go on from files with the same bits: ten steps, files, ten more are twenty. */
import {
  capture,
  decodeSafetensors,
  encodeSafetensors,
  Generator,
  mseLoss,
  nn,
  optim,
  randn,
  type Tensor,
} from 'phyllo';
import { afterAll, describe, expect, test } from 'vitest';
import { doubles, schedules } from './goldens';
import { OPTIMISERS, type Any, type Params } from './makes';
import { scheduleOf, stepOf } from './schedule-of';

type Schedule = optim.LRScheduler | optim.ReduceLROnPlateau;
interface Training {
  readonly model: nn.Sequential;
  readonly optimizer: Any;
  readonly schedule: Schedule | null;
  readonly step: (x: Tensor, t: Tensor) => Tensor;
}
type Make<O> = (params: Params) => O;

const [x, t] = [1, 2].map(seed => randn([8, 3], { generator: new Generator(seed) }));
function begin<O extends Any>(
  seed: number,
  of: Make<O>,
  schedules: (o: O) => Schedule | null,
  captured: boolean,
): Training {
  const generator = { generator: new Generator(seed) };
  const model = new nn.Sequential(new nn.Linear(3, 4, generator), new nn.Tanh(), new nn.Linear(4, 3, generator));
  const optimizer = of(model.parameters());
  const step = (x: Tensor, t: Tensor): Tensor => {
    optimizer.zeroGrad();
    const loss = mseLoss(model.forward(x), t);
    loss.backward();
    optimizer.step();
    return loss;
  };
  return { model, optimizer, schedule: schedules(optimizer), step: captured ? capture(step, { audit: false }) : step };
}
/** So many steps, and what they left: losses, weights, state and rates. */
function run({ model, optimizer, schedule, step }: Training, n: number, metric: number[] = []): number[] {
  const losses = Array.from({ length: n }, () => {
    const loss = step(x!, t!).item();
    if (schedule) stepOf(schedule, metric.shift() ?? loss);
    return loss;
  });
  const left = [...Object.values(model.stateDict()), ...Object.values(optimizer.stateDict())];
  return [...losses, ...left.flatMap(v => Array.from(v.toArray())), ...(schedule?.getLastLr() ?? [])];
}
function resumes<O extends Any>(
  of: Make<O>,
  schedules: (o: O) => Schedule | null,
  captured: boolean,
  metrics: number[] = [],
): number {
  const whole = run(begin(1, of, schedules, captured), 20, [...metrics]);
  const first = begin(1, of, schedules, captured);
  const before = run(first, 10, metrics.slice(0, 10));
  const files = [encodeSafetensors(first.model.stateDict()), encodeSafetensors(first.optimizer.stateDict())];
  const json = JSON.stringify(first.schedule?.stateDict());
  const second = begin(2, of, schedules, captured);
  run(second, 3, metrics.slice(0, 3)); // it need not be new
  second.model.loadStateDict(decodeSafetensors(files[0]!).tensors);
  second.optimizer.loadStateDict(decodeSafetensors(files[1]!).tensors);
  if (second.schedule) second.schedule.loadStateDict(JSON.parse(json));
  const after = run(second, 10, metrics.slice(10, 20));
  expect([...before.slice(0, 10), ...after]).toEqual(whole);
  return whole.length;
}

describe.each([false, true])('captured: %s', captured => {
  let compared = 0;
  afterAll(() => console.log(`captured: ${captured}: ${compared} numbers compared to the bit`));

  const rows = Object.entries(OPTIMISERS).flatMap(([name, makes]) =>
    makes.map((of, i) => [`${name} ${i}`, of] as const),
  );
  test.each(rows)('%s', (_, of) => {
    compared += resumes(of, () => null, captured);
  });

  test.each(schedules.map((c, i) => [`${i}: ${c.op}`, c] as const))('schedule %s', (_, c) => {
    const of = (params: Params): optim.SGD | optim.Adam => {
      const groups = c.initial.map((lr, i) => ({
        params: i === 0 ? params.slice(0, 2) : params.slice(2),
        lr: lr / 10,
      }));
      return c.of === 'SGD' ? new optim.SGD(groups, { lr: 1, momentum: 0.5 }) : new optim.Adam(groups);
    };
    const metrics = c.metrics ? Array.from(doubles(c.metrics).subarray(80, 100)) : [];
    compared += resumes(of, o => scheduleOf(o, c.op, c.options), captured, metrics);
  });
});
