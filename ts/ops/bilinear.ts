import { ShapeError } from '../core/errors';
import { optional } from '../core/kinds';
import { show } from '../core/shape';
import { composite } from '../core/signature';
import type { Tensor } from '../core/tensor';
import { aTensor, aTensorOrNull } from '../core/tensor-kinds';
import { add, mul } from './arithmetic';
import { matmul } from './matmul';
import { sum } from './reduce';
import { permute, reshape, unsqueeze } from './view';

/** yₒ = x₁ᵀ Wₒ x₂ + bₒ, with x₁ […, in1], x₂ […, in2], w [out, in1, in2] and b [out] or null: […, out]. */
export const bilinear: (x1: Tensor, x2: Tensor, w: Tensor, b?: Tensor | null) => Tensor = composite(
  'bilinear',
  [
    ['x1', aTensor],
    ['x2', aTensor],
    ['w', aTensor],
    ['b', optional(aTensorOrNull)],
  ],
  (x1, x2, w, b = null) => {
    const [out = 0, in1 = 0, in2 = 0] = w.shape;
    const lead = x1.shape.slice(0, -1);
    if (w.ndim !== 3 || x1.ndim < 1 || x1.shape.at(-1) !== in1 || show(x2.shape) !== show([...lead, in2])) {
      const shapes = `${show(x1.shape)} and ${show(x2.shape)}`;
      throw new ShapeError(
        'bilinear',
        `w ${show(w.shape)} takes x1 […, ${in1}] and x2 […, ${in2}], these are ${shapes}`,
      );
    }
    if (b && show(b.shape) !== `[${out}]`) {
      throw new ShapeError('bilinear', `w ${show(w.shape)} takes a bias of [${out}], this is ${show(b.shape)}`);
    }
    const products = matmul(
      reshape(x1, [x1.size / Math.max(in1, 1), in1]),
      reshape(permute(w, [1, 0, 2]), [in1, out * in2]),
    );
    const y = sum(mul(reshape(products, [...lead, out, in2]), unsqueeze(x2, -2)), -1);
    return b ? add(y, b) : y;
  },
);
