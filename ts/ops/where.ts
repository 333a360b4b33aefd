import { checkFits, ELEMENTS, isFloat } from '../core/dtype';
import { DTypeError, ShapeError } from '../core/errors';
import { constant } from '../core/constant';
import { cast } from '../core/convert';
import type { Operand } from '../core/declare';
import { defineOp, type Op } from '../core/op';
import { aTensor, aTensorOrNumber } from '../core/tensor-kinds';
import { composite } from '../core/signature';
import { broadcast, sameShape, show } from '../core/shape';
import { Tensor } from '../core/tensor';
import { expand } from './basic';

type WhereOp = Op<[condition: Tensor, a: Tensor, b: Tensor]>;

const floats: WhereOp = defineOp({
  name: 'where',
  inputs: ['condition', 'a', 'b'],
  wants: { condition: 'bool' },
  shape: ([c]) => c.shape,
  run: (k, [c, a, b], [y]) => k.where(c.address, a.address, b.address, y.address, y.size),
  saves: { a: ['condition'], b: ['condition'] },
  vjp: {
    condition: null,
    a: (g, { condition }) => where(condition, g, 0),
    b: (g, { condition }) => where(condition, 0, g),
  },
});
const ints: WhereOp = defineOp({
  name: 'where',
  inputs: ['condition', 'a', 'b'],
  wants: { condition: 'bool', a: 'i32', b: 'i32' },
  dtype: 'i32',
  shape: ([c]) => c.shape,
  run: (k, [c, a, b], [y]) => k.where(c.address, a.address, b.address, y.address, y.size),
});

/** a where the condition holds, b elsewhere; all three broadcast. The condition is bool. */
export const where: (condition: Tensor, a: Operand, b: Operand) => Tensor = composite(
  'where',
  [
    ['condition', aTensor],
    ['a', aTensorOrNumber],
    ['b', aTensorOrNumber],
  ],
  (condition, a, b) => {
    if (ELEMENTS[condition.dtype].kind !== 'bool') {
      throw new DTypeError('where', `condition takes bool, this is ${condition.dtype}; compare it, or use to('bool')`);
    }
    const beside = a instanceof Tensor ? a.dtype : b instanceof Tensor ? b.dtype : 'f32';
    const lifted = (v: Operand): Tensor => (typeof v === 'number' ? constant(v, beside) : v);
    const [p, q] = [lifted(a), lifted(b)];
    const shape = broadcast('where', condition.shape, broadcast('where', p.shape, q.shape));
    const op = isFloat(p.dtype) || isFloat(q.dtype) ? floats : ints;
    return op(expand(condition, shape), expand(p, shape), expand(q, shape));
  },
);

/** x with `value` where the mask holds; mask and value spread to x's shape, and the result has x's element type. */
export const maskedFill: (x: Tensor, mask: Tensor, value: Operand) => Tensor = composite(
  'maskedFill',
  [
    ['x', aTensor],
    ['mask', aTensor],
    ['value', aTensorOrNumber],
  ],
  (x, mask, value) => {
    const shape = broadcast('maskedFill', x.shape, mask.shape);
    if (!sameShape(shape, x.shape)) {
      throw new ShapeError('maskedFill', `a mask ${show(mask.shape)} does not spread to ${show(x.shape)}`);
    }
    if (typeof value === 'number') checkFits('maskedFill', 'value', x.dtype, [value]);
    const y = where(mask, value, x);
    if (!sameShape(y.shape, x.shape)) {
      throw new ShapeError('maskedFill', `values ${show(y.shape)} do not fit ${show(x.shape)}`);
    }
    return y.dtype === x.dtype ? y : cast(y, x.dtype);
  },
);
