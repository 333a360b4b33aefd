/** PyTorch's paths of optimisers and rates of schedules. */
import { readFileSync } from 'node:fs';
import type { optim } from 'phyllo';
import { floats, type Floats } from '../goldens/golden';
import type { OptimiserName } from './tables';

export type AnyOptions = optim.SGDOptions &
  optim.AdamOptions &
  optim.SparseAdamOptions &
  optim.RMSpropOptions &
  optim.AdagradOptions &
  optim.AdadeltaOptions &
  optim.NAdamOptions &
  optim.ASGDOptions &
  optim.RpropOptions;
/** All but LBFGS, which finds its gradients itself. */
export type ByGradient = Exclude<OptimiserName, 'LBFGS'>;
interface Inputs {
  readonly p: Floats;
  readonly g: Floats;
}
interface Path {
  readonly op: ByGradient;
  readonly groups: readonly { readonly inputs: number; readonly options: AnyOptions; readonly path: Floats }[];
}
export interface Trajectory {
  readonly op: ByGradient;
  readonly groups: readonly (Inputs & { readonly options: AnyOptions; readonly path: Floats })[];
}

/** A schedule by its name and options, and the schedules that it is made of. */
type Part = readonly [name: string, options: ScheduleOptions];
export type ScheduleOptions = {
  readonly stepSize: number;
  readonly gamma: number;
  readonly tMax: number;
  readonly etaMin: number;
  readonly t0: number;
  readonly tMult: number;
  readonly factor: number | 'inverse' | 'slower' | 'root';
  readonly scaleFn: 'inverse' | 'slower' | 'root';
  readonly totalIters: number;
  readonly startFactor: number;
  readonly endFactor: number;
  readonly power: number;
  readonly milestones: readonly number[];
  readonly parts: readonly Part[];
  readonly mode: string;
} & Omit<optim.CyclicOptions, 'mode' | 'scaleFn'> &
  optim.OneCycleOptions &
  Omit<optim.PlateauOptions, 'mode' | 'factor'>;
export interface Schedule {
  readonly op: string;
  readonly options: ScheduleOptions;
  readonly of: 'SGD' | 'Adam';
  readonly initial: readonly number[];
  /** For each group base64 of float64: before the first step and after each of 200. */
  readonly lr: readonly string[];
  readonly momentum?: readonly string[];
  readonly metrics?: string;
}

/** Steps of LBFGS on one of two losses. */
export interface Descent {
  readonly op: 'rosenbrock' | 'regression';
  readonly options: optim.LBFGSOptions;
  /** That each step returned, the parameters after it, and the evaluations so far. */
  readonly loss: Floats;
  readonly path: Floats;
  readonly evaluations: readonly number[];
}
export interface DescentData {
  readonly op: 'data';
  readonly x: Floats;
  readonly t: Floats;
  readonly starts: Readonly<Record<Descent['op'], readonly Floats[]>>;
}

/** The text of a golden file. */
export const golden = (name: string): string =>
  readFileSync(new URL(`../goldens/${name}.json`, import.meta.url), 'utf8');
/** Row i of a tensor whose first dimension counts steps. */
export function row(t: Floats, i: number): Float32Array {
  const all = floats(t);
  const n = all.length / t.shape[0]!;
  return all.subarray(i * n, (i + 1) * n);
}
export const doubles = (base64: string): Float64Array =>
  new Float64Array(Uint8Array.from(Buffer.from(base64, 'base64')).buffer);

const [first, ...paths]: readonly [{ readonly inputs: readonly Inputs[] }, ...Path[]] = JSON.parse(
  golden('optim'),
).cases;
export const trajectories: readonly Trajectory[] = paths.map(({ op, groups }) => ({
  op,
  groups: groups.map(({ inputs, ...rest }) => ({ ...first.inputs[inputs]!, ...rest })),
}));
export const schedules: readonly Schedule[] = JSON.parse(golden('schedules')).cases;
const descent: readonly [DescentData, ...Descent[]] = JSON.parse(golden('lbfgs')).cases;
export const descentData: DescentData = descent[0];
export const descents: readonly Descent[] = descent.slice(1).flatMap(c => (c.op === 'data' ? [] : [c]));
