/**
 * The contract between ops and what does their arithmetic: memory (memory.ts) and the kernels that work on it (kernels/).
 *
 * Kernels take numbers only: addresses, sizes and strides (in elements), scalars. A kernel reads its inputs, writes its
 * outputs completely, allocates nothing that outlives it and never branches on an address, except that 0 stands for an
 * operand that is absent where the contract says so. Buffers are dense and row-major unless strides are given, and
 * outputs never overlap other operands, except in dense elementwise kernels, where `y` may be an input.
 *
 * Two backends keep it: `reference/`, plain loops in float64 that every other is checked against, and `wasm/`.
 */
import type { ThreadCount } from '../core/thread-count';
import type { BlockedKernels } from './kernels/blocked';
import type { Kernels } from './kernels/kernels';
import type { PreparedKernels } from './kernels/prepared';
import type { Memory } from './memory';

export type { BlockedKernels } from './kernels/blocked';
export type { ConvSizes } from './kernels/convolution';
export type { Copy } from './kernels/copy';
export {
  type Arithmetic,
  type Binary,
  type Cast,
  type Comparison,
  type Differentiable,
  type IntArithmetic,
  type Plain,
  SAVED,
  type Unary,
  type UnaryGrad,
} from './kernels/elementwise';
export type { Kernels } from './kernels/kernels';
export { SCATTER } from './kernels/indexing';
export { ACTIVATION } from './kernels/product';
export type { Memory } from './memory';
export type { MaxPoolSizes } from './kernels/pool';
export type { PreparedKernels } from './kernels/prepared';

/** What captured plans use beside the kernels that ops call. Without one of these, plans do without the pass that asks for it. */
export interface Capabilities {
  /** Batches of images keep the blocked layout from layer to layer. */
  readonly blocked: BlockedKernels;
  /** Weights that do not change are prepared (packed or transformed) once. */
  readonly prepared: PreparedKernels;
}
/** Kernels by their names: those that ops call, and those of all capabilities. */
export type AllKernels = Kernels & BlockedKernels & PreparedKernels;

/** Threads that kernels run on, where there can be several. */
export interface Threads extends ThreadCount {
  /** Asks for n, and resolves to how many there are once that is so, or cannot be. */
  use(n: number): Promise<number>;
}

export interface Backend extends Memory, Partial<Capabilities> {
  readonly name: string;
  readonly kernels: Kernels;
  readonly threads?: Threads;
  /** Why it was chosen. */
  readonly why?: string;
}

/** A backend whose memory JavaScript can reach. */
export interface HostBackend extends Backend {
  readSync: NonNullable<Memory['readSync']>;
  readBytes: NonNullable<Memory['readBytes']>;
  peek: NonNullable<Memory['peek']>;
}
/** One with all capabilities, whose kernels are in one object. */
export type FullBackend = HostBackend & Capabilities & { readonly kernels: AllKernels };
