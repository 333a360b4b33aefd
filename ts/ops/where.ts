import { checkBool } from '../core/casts';
import { checkFits, isFloat } from '../core/dtype';
import { ShapeError, ValueError } from '../core/errors';
import { check, checkCount } from '../core/kinds';
import { constant } from '../core/constant';
import { cast } from '../core/convert';
import type { Operand } from '../core/declare';
import { defineOp, type Op } from '../core/op';
import { aTensor, aTensorOrNumber } from '../core/tensor-kinds';
import { composite } from '../core/signature';
import { broadcast, sameShape, show } from '../core/shape';
import { Tensor } from '../core/tensor';
import { expand } from './basic';
import { coordinatesOf, placesOf } from './places';

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

const choose = composite<[condition: Tensor, a: Operand, b: Operand], Tensor>(
  'where',
  [
    ['condition', aTensor],
    ['a', aTensorOrNumber],
    ['b', aTensorOrNumber],
  ],
  (condition, a, b) => {
    checkBool('where', 'condition', condition);
    const beside = a instanceof Tensor ? a.dtype : b instanceof Tensor ? b.dtype : 'f32';
    const lifted = (v: Operand): Tensor => (typeof v === 'number' ? constant(v, beside) : v);
    const [p, q] = [lifted(a), lifted(b)];
    const shape = broadcast('where', condition.shape, broadcast('where', p.shape, q.shape));
    const op = isFloat(p.dtype) || isFloat(q.dtype) ? floats : ints;
    return op(expand(condition, shape), expand(p, shape), expand(q, shape));
  },
);

/**
 * a where the condition holds, b elsewhere; all three broadcast. The condition is bool. Of the condition alone, a list of the
 * indices where it holds, as `nonzero` with `asTuple`.
 */
export function where(condition: Tensor): Tensor[];
export function where(condition: Tensor, a: Operand, b: Operand): Tensor;
export function where(condition: Tensor, a?: Operand, b?: Operand): Tensor | Tensor[] {
  if (arguments.length > 3) checkCount('where', 3, arguments);
  if (a !== undefined && b !== undefined) return choose(condition, a, b);
  if (a !== undefined || b !== undefined) throw new ValueError('where', 'takes a condition alone, or both a and b');
  check('where', 'condition', aTensor, condition);
  return coordinatesOf(placesOf('where', condition), condition.ndim === 0 ? [1] : condition.shape);
}

/** x with `value` where the mask holds; mask and value spread to x's shape, and the result has x's element type. */
export const maskedFill: (x: Tensor, mask: Tensor, value: Operand) => Tensor = composite(
  'maskedFill',
  [
    ['x', aTensor],
    ['mask', aTensor],
    ['value', aTensorOrNumber],
  ],
  (x, mask, value) => {
    checkBool('maskedFill', 'mask', mask);
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
