/** What every kernel of the contract is tried on, by the families of ts/backend/kernels. */
import type { AllKernels, PreparedKernels } from '../../../ts/backend/backend';
import { inBlockedLayout } from './blocked';
import { call, inout, type Cases } from './calls';
import { convolutions } from './convolution';
import { copies } from './copy';
import { elementwise } from './elementwise';
import { indexing } from './indexing';
import { linear } from './linalg';
import { norms } from './norm';
import { optimisers } from './optimiser';
import { poolings } from './pool';
import { products } from './product';
import { randoms } from './random';
import { recurrent } from './recurrent';
import { reductions } from './reduction';
import { softmaxes } from './softmax';

/**
 * What prepared weights look like is the backend's own matter: they are compared with `conv2d` and `gemm` in
 * backend.test.ts. So is which batches are brought into blocks.
 */
type Own = keyof PreparedKernels | 'conv2dTakesBlocked';

export const CASES: Cases<Omit<AllKernels, Own>> = {
  ...elementwise,
  ...copies,
  ...products,
  ...convolutions,
  ...poolings,
  ...inBlockedLayout,
  ...recurrent,
  ...reductions,
  ...softmaxes,
  ...norms,
  ...linear,
  ...indexing,
  ...randoms,
  ...optimisers,
  multiplyAdds: () =>
    [0, 1, 7, 1000].map(turns =>
      call(
        [
          inout(
            'f32',
            Array.from({ length: 48 }, (_, i) => i - 20),
          ),
          turns,
        ],
        1e-5,
      ),
    ),
};
