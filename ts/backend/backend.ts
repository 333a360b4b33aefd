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
import type { ConvSizes } from './kernels/convolution';
import type { Kernels } from './kernels/kernels';
import type { Memory } from './memory';

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
export { ACTIVATION } from './kernels/product';
export type { Memory } from './memory';
export type { MaxPoolSizes } from './kernels/pool';

export interface Backend extends Memory {
  readonly name: string;
  readonly kernels: Kernels;
  /** Whether conv2d (`pass` 0), conv2dGradX (1) or conv2dGradW (2) puts such a batch in lanes for itself. */
  takesLanes(pass: 0 | 1 | 2, ...sizes: ConvSizes): boolean;
}

/** A backend whose memory JavaScript can reach. */
export interface HostBackend extends Backend {
  readSync: NonNullable<Memory['readSync']>;
  readBytes: NonNullable<Memory['readBytes']>;
  peek: NonNullable<Memory['peek']>;
}
