/** The ops of extrema along a dimension: of floats, whose gradients differ by who wants them, and of integers. */
import type { Kernels } from '../backend/backend';
import type { View } from '../core/definition';
import { isFloat } from '../core/dtype';
import { ShapeError } from '../core/errors';
import { defineMultiOp, type MultiOp } from '../core/op';
import { show, sizeOf, type Shape } from '../core/shape';
import type { Tensor } from '../core/tensor';
import { div, eq } from './arithmetic';
import { mul, reduced, sumKept } from './basic';
import { to } from './elementwise';
import { scatterAlong } from './indexing';

/** The extremum along one dimension, which stays with size 1, and where it is. */
type Extremum = MultiOp<[x: Tensor], [values: Tensor, indices: Tensor], { dim: number }>;
type Along = { readonly dim: number };
type Name = 'max' | 'min' | 'maxI32' | 'minI32';
function shapesOf(where: string, x: Tensor, { dim }: Along): [values: Shape, indices: Shape] {
  if (x.shape[dim] === 0) throw new ShapeError(where, `dimension ${dim} of ${show(x.shape)} is empty`);
  const shape = reduced(x.shape, [dim]);
  return [shape, shape];
}
function run(k: Kernels, name: Name, { address: at, shape }: View, values: View, indices: View, { dim }: Along): void {
  k[name](at, values.address, indices.address, sizeOf(shape.slice(0, dim)), shape[dim]!, sizeOf(shape.slice(dim + 1)));
}

/** Of integers, whose values keep their type. */
function intExtremum(
  where: string,
  name: 'max' | 'min',
): (x: Tensor, along: Along) => [values: Tensor, indices: Tensor] {
  const op: Extremum = defineMultiOp({
    name: where,
    inputs: ['x'],
    outputs: ['values', 'indices'],
    wants: { x: 'i32' },
    dtypes: ['i32', 'i32'],
    shapes: ([x], along) => shapesOf(where, x, along),
    run: (k, [x], [values, indices], along) => run(k, `${name}I32`, x, values, indices, along),
  });
  return (x, along) => {
    const [values, indices] = op(x, along);
    return [to(values, x.dtype), indices];
  };
}
/** By type. */
function along(float: Extremum, int: ReturnType<typeof intExtremum>): typeof int {
  return (x, dim) => (isFloat(x.dtype) ? float : int)(x, dim);
}

/** One whose gradient goes to the element that was taken. */
function extremum(name: 'max' | 'min'): ReturnType<typeof intExtremum> {
  const float: Extremum = defineMultiOp({
    name,
    inputs: ['x'],
    outputs: ['values', 'indices'],
    dtypes: ['f32', 'i32'],
    shapes: ([x], along) => shapesOf(name, x, along),
    run: (k, [x], [values, indices], along) => run(k, name, x, values, indices, along),
    saves: { x: ['indices'] },
    vjp: { x: ([g], { indices }, { dim }, s) => scatterAlong(g!, dim, indices, s.x[dim]!) },
  });
  return along(float, intExtremum(name, name));
}
export const maxAlong: ReturnType<typeof intExtremum> = extremum('max');
export const minAlong: typeof maxAlong = extremum('min');

/** One whose gradient goes in equal parts to all elements that are equal to it. */
export function sharedExtremum(name: 'max' | 'min'): typeof maxAlong {
  const float: Extremum = defineMultiOp({
    name: `a${name}`,
    inputs: ['x'],
    outputs: ['values', 'indices'],
    dtypes: ['f32', 'i32'],
    shapes: ([x], along) => shapesOf(`a${name}`, x, along),
    run: (k, [x], [values, indices], along) => run(k, name, x, values, indices, along),
    saves: { x: ['x', 'values'] },
    vjp: {
      x([g], { x, values }, { dim }) {
        const ties = to(eq(x, values), 'f32');
        return mul(ties, div(g!, sumKept(ties, [dim])));
      },
    },
  });
  return along(float, intExtremum(`a${name}`, name));
}
