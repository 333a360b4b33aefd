/** The two ops that every other may need for its inputs: into a dense layout, and into another element type. */
import { castKernel, copyKernel } from './casts';
import { declareOp } from './declare';
import type { OpDef } from './definition';
import type { DType } from './dtype';
import { DTypeError } from './errors';
import { runCopy } from './geometry';
import type { Tensor } from './tensor';

/** A dense copy. */
export const copying: OpDef = declareOp<[x: Tensor], void, 'x', object>({
  name: 'copy',
  inputs: ['x'],
  wants: { x: 'any' },
  strided: true,
  flops: () => 0,
  dtype: ([x]) => x.dtype,
  shape: ([x]) => x.shape,
  run: (k, [x], [y]) => runCopy(copyKernel(k, x.dtype), x, y),
  vjp: { x: g => g },
});

/** Elements converted to another type by one kernel: see casts.ts. */
export const casting: OpDef = declareOp<[x: Tensor], { dtype: DType }, 'x', object>({
  name: 'cast',
  inputs: ['x'],
  wants: { x: 'any' },
  dtype: (_, { dtype }) => dtype,
  shape([x], { dtype }) {
    if (!castKernel(x.dtype, dtype)) throw new DTypeError('cast', `there is no conversion from ${x.dtype} to ${dtype}`);
    return x.shape;
  },
  run(k, [x], [y]) {
    const kernel = castKernel(x.dtype, y.dtype);
    if (kernel !== undefined) k[kernel](x.address, y.address, y.size);
  },
});
