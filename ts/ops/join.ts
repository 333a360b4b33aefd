/** Several tensors made one. */
import { copyKernel } from '../core/casts';
import { DTypeError, ShapeError } from '../core/errors';
import { partOf, runCopy } from '../core/geometry';
import { aDim, listOf, optional, type Kind } from '../core/kinds';
import { aTensor } from '../core/tensor-kinds';
import { defineVariadicOp } from '../core/op';
import { checked, composite } from '../core/signature';
import { dimOf, sameShape, show } from '../core/shape';
import type { Tensor } from '../core/tensor';
import { sliceAt } from './parts';
import { unsqueeze } from './view';

const concatOp = defineVariadicOp<{ dim: number }>({
  name: 'concat',
  input: 'tensor',
  wants: 'any',
  strided: true,
  dtype: ([x]) => x!.dtype,
  shape: (xs, { dim }) =>
    xs[0]!.shape.map((size, d) => (d === dim ? xs.reduce((sum, x) => sum + x.shape[d]!, 0) : size)),
  run(k, xs, [y], { dim }) {
    let at = 0;
    for (const x of xs) {
      runCopy(copyKernel(k, x.dtype), x, partOf(y, x.shape, { dim, start: at, step: 1 }), x.shape);
      at += x.shape[dim]!;
    }
  },
  vjp(g, { dim }, shapes, needed) {
    let end = 0;
    return shapes.map((shape, i) => {
      const size = shape[dim]!;
      end += size;
      return needed[i] ? sliceAt(g, { dim, start: end - size, size, step: 1 }) : null;
    });
  },
});

const tensors: Kind<readonly Tensor[]> = listOf(aTensor, 'a list of tensors');

/** Tensors joined along a dimension; all other sizes are equal, and so are the element types. */
export const concat: (xs: readonly Tensor[], dim?: number) => Tensor = checked(
  'concat',
  [
    ['xs', tensors],
    ['dim', optional(aDim)],
  ],
  (xs, dim = 0) => {
    const [first] = xs;
    if (!first) throw new ShapeError('concat', 'takes at least one tensor');
    const d = dimOf('concat', dim, first.ndim);
    xs.forEach((x, i) => {
      if (x.dtype !== first.dtype) {
        throw new DTypeError(
          'concat',
          `tensor ${i} is ${x.dtype}, the first is ${first.dtype}; convert it with to('${first.dtype}')`,
        );
      }
      if (x.ndim !== first.ndim || x.shape.some((n, j) => j !== d && n !== first.shape[j])) {
        throw new ShapeError(
          'concat',
          `tensor ${i} is ${show(x.shape)}, the first is ${show(first.shape)}: only dimension ${d} may differ`,
        );
      }
    });
    return concatOp(xs, { dim: d });
  },
);

const kindOf = ({ dtype, shape }: Tensor): string => `${dtype} ${show(shape)}`;
/** Tensors of one shape and element type, joined along a new dimension. */
export const stack: (xs: readonly Tensor[], dim?: number) => Tensor = composite(
  'stack',
  [
    ['xs', tensors],
    ['dim', optional(aDim)],
  ],
  (xs, dim = 0) => {
    const [first] = xs;
    if (!first) throw new ShapeError('stack', 'takes at least one tensor');
    const d = dimOf('stack', dim, first.ndim + 1);
    xs.forEach((x, i) => {
      if (x.dtype !== first.dtype || !sameShape(x.shape, first.shape)) {
        const Mismatch = x.dtype === first.dtype ? ShapeError : DTypeError;
        throw new Mismatch('stack', `tensor ${i} is ${kindOf(x)}, the first is ${kindOf(first)}`);
      }
    });
    return concat(
      xs.map(x => unsqueeze(x, d)),
      d,
    );
  },
);
