/** The kernels that ops call, by family. */
import type { ConvolutionKernels } from './convolution';
import type { CopyKernels } from './copy';
import type { ElementwiseKernels } from './elementwise';
import type { IndexKernels } from './indexing';
import type { LinalgKernels } from './linalg';
import type { NormKernels } from './norm';
import type { OptimiserKernels } from './optimiser';
import type { PoolKernels } from './pool';
import type { ProductKernels } from './product';
import type { RandomKernels } from './random';
import type { RecurrentKernels } from './recurrent';
import type { ReductionKernels } from './reduction';
import type { SoftmaxKernels } from './softmax';

export interface Kernels
  extends CopyKernels,
    ElementwiseKernels,
    ProductKernels,
    ConvolutionKernels,
    PoolKernels,
    RecurrentKernels,
    ReductionKernels,
    SoftmaxKernels,
    NormKernels,
    LinalgKernels,
    IndexKernels,
    RandomKernels,
    OptimiserKernels {
  /** y [48] ← (1 − 2⁻¹⁰)·y + 1, `turns` times in registers: 96 operations a turn, as many as a core can do in its time. */
  multiplyAdds(y: number, turns: number): void;
}
