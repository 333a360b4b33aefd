/** The public API, put together: tensors and the packages on top. It computes once node.ts or browser.ts has run. */
import { aBoolean, options as optionsOf } from './core/kinds';
import { runtime } from './core/runtime';
import { checked } from './core/signature';
import './methods';

export interface MemoryInfo {
  /** Bytes in use, and in how many blocks. */
  readonly bytes: number;
  readonly blocks: number;
  /** The most bytes in use so far, or since the peak was reset. */
  readonly peak: number;
}
export interface MemoryOptions {
  /** Start the peak again from what is in use now. Default false. */
  readonly resetPeak?: boolean;
}
/** What tensors hold of the linear memory. */
export const memory: (options?: MemoryOptions) => MemoryInfo = checked(
  'memory',
  [['options', optionsOf<MemoryOptions>({ resetPeak: aBoolean })]],
  ({ resetPeak = false } = {}) => runtime.backend.memory(resetPeak),
);
/** The name of the binary that computes: `simd128` or `relaxed`. */
export const backendName = (): string => runtime.backend.name;

export { doctor, threads, type Doctor } from './core/doctor';
export { Tensor } from './core/tensor';
export type { DType, TensorData } from './core/dtype';
export type { Shape } from './core/shape';
export type { Operand } from './core/declare';
export type { Pair, Triple } from './core/sizes';
export * from './core/errors';
export { keep, scoped, steps, userScope as scope } from './core/scope';
export { noGrad } from './core/runtime';
export { onBackend } from './core/elsewhere';
export type { Backend } from './backend/backend';
export { backward, gradients, type BackwardOptions } from './autodiff/backward';
export { detectAnomaly } from './autodiff/anomaly';
export { checkpoint } from './autodiff/checkpoint';
export type { RemovableHandle } from './autodiff/hooks';
export { grad, valueAndGrad } from './autodiff/grad';
export * from './ops/all';
export * from './ops/creation';
export * from './ops/join';
export * from './ops/grids';
export * from './ops/distributions';
export { defaultGenerator, Generator, manualSeed, type SourceOptions } from './ops/generator';
export {
  normal,
  permutation,
  rand,
  randint,
  randLike,
  randn,
  randnLike,
  randperm,
  uniform,
  type RandomOptions,
} from './ops/random';
export { add_, clamp_, copy_, div_, fill_, mul_, sub_, zero_ } from './ops/inplace';
export * as nn from './nn/index';
export * as optim from './optim/index';
export * as linalg from './linalg/index';
export * as metrics from './metrics/index';
export * from './data/index';
export * from './io/index';
export { capture, type Captured, type CaptureOptions } from './graph/capture';
export { profile, type Profile, type ProfileRow } from './graph/profile';
