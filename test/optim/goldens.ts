/** PyTorch's paths of optimisers and rates of schedules. */
import { readFileSync } from 'node:fs';
import type { optim } from 'phyllo';
import type { Floats } from '../goldens/golden';
import type { OptimiserName } from './tables';

export type AnyOptions = optim.SGDOptions &
  optim.AdamOptions &
  optim.RMSpropOptions &
  optim.AdagradOptions &
  optim.AdadeltaOptions &
  optim.NAdamOptions &
  optim.ASGDOptions &
  optim.RpropOptions;
export interface Trajectory {
  readonly op: OptimiserName;
  readonly groups: readonly {
    readonly options: AnyOptions;
    readonly p: Floats;
    readonly g: Floats;
    readonly path: Floats;
  }[];
}

export interface Schedule {
  readonly op:
    | 'StepLR'
    | 'ExponentialLR'
    | 'CosineAnnealingLR'
    | 'CosineAnnealingWarmRestarts'
    | 'CyclicLR'
    | 'OneCycleLR';
  readonly options: {
    readonly stepSize: number;
    readonly gamma: number;
    readonly tMax: number;
    readonly etaMin: number;
    readonly t0: number;
    readonly tMult: number;
  } & optim.CyclicOptions &
    optim.OneCycleOptions;
  readonly lr: readonly (readonly number[])[];
}

/** The text of a golden file. */
export const golden = (name: string): string =>
  readFileSync(new URL(`../goldens/${name}.json`, import.meta.url), 'utf8');
const steps: { readonly cases: readonly (Trajectory | Schedule)[] } = JSON.parse(golden('optim'));
export const trajectories: readonly Trajectory[] = steps.cases.flatMap(c => ('groups' in c ? [c] : []));
export const schedules: readonly Schedule[] = steps.cases.flatMap(c => ('lr' in c ? [c] : []));
