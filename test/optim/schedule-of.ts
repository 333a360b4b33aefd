/** Schedules by what the goldens say of them. */
import { optim } from 'phyllo';
import type { ScheduleOptions } from './goldens';

const FUNCTIONS = {
  inverse: (t: number): number => 1 / (1 + t),
  slower: (t: number): number => t / (t + 1),
  root: (t: number): number => t ** -0.5,
};
type Optimizer = optim.SGD | optim.Adam;

/** A schedule by its name in PyTorch; one that is not there is an error. */
export function scheduleOf(
  optimizer: Optimizer,
  name: string,
  o: ScheduleOptions,
): optim.LRScheduler | optim.ReduceLROnPlateau {
  const number = typeof o.factor === 'string' ? undefined : o.factor;
  const factor = FUNCTIONS[typeof o.factor === 'string' ? o.factor : 'inverse'];
  const parts = (): optim.LRScheduler[] =>
    o.parts.map(([part, options]) => {
      const made = scheduleOf(optimizer, part, options);
      if (made instanceof optim.ReduceLROnPlateau) throw new Error('a plateau has no place in a sequence');
      return made;
    });
  const makers: Readonly<Record<string, () => optim.LRScheduler | optim.ReduceLROnPlateau>> = {
    LambdaLR: () => new optim.LambdaLR(optimizer, factor),
    MultiplicativeLR: () => new optim.MultiplicativeLR(optimizer, factor),
    StepLR: () => new optim.StepLR(optimizer, o.stepSize, o.gamma),
    MultiStepLR: () => new optim.MultiStepLR(optimizer, o.milestones, o.gamma),
    ConstantLR: () => new optim.ConstantLR(optimizer, number, o.totalIters),
    LinearLR: () => new optim.LinearLR(optimizer, o.startFactor, o.endFactor, o.totalIters),
    ExponentialLR: () => new optim.ExponentialLR(optimizer, o.gamma),
    PolynomialLR: () => new optim.PolynomialLR(optimizer, o.totalIters, o.power),
    CosineAnnealingLR: () => new optim.CosineAnnealingLR(optimizer, o.tMax, o.etaMin),
    CosineAnnealingWarmRestarts: () => new optim.CosineAnnealingWarmRestarts(optimizer, o.t0, o.tMult, o.etaMin),
    CyclicLR() {
      const { mode, scaleFn, ...rest } = o;
      const modes = ['triangular', 'triangular2', 'expRange'] as const;
      const own = { ...rest, mode: modes.find(m => m === mode), scaleFn: scaleFn && FUNCTIONS[scaleFn] };
      return new optim.CyclicLR(optimizer, own);
    },
    OneCycleLR: () => new optim.OneCycleLR(optimizer, o),
    ReduceLROnPlateau() {
      const mode = (['min', 'max'] as const).find(m => m === o.mode);
      return new optim.ReduceLROnPlateau(optimizer, { ...o, factor: number, mode });
    },
    ChainedScheduler: () => new optim.ChainedScheduler(parts()),
    SequentialLR: () => new optim.SequentialLR(optimizer, parts(), o.milestones),
  };
  return makers[name]!();
}
/** One step of a schedule, which may go by a metric. */
export function stepOf(schedule: optim.LRScheduler | optim.ReduceLROnPlateau, metric: number): void {
  schedule instanceof optim.ReduceLROnPlateau ? schedule.step(metric) : schedule.step();
}
