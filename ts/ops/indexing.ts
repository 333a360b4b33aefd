/**
 * Picking elements by index and adding them back: what public functions and gradients are made of. Dimensions are counted from
 * the front. Indices are integers, and outside their range an IndexError.
 */
import { checkComputes } from '../core/casts';
import { itemSize } from '../core/dtype';
import { ShapeError } from '../core/errors';
import { defineParametricOp, type Op } from '../core/op';
import { show, sizeOf, type Shape } from '../core/shape';
import type { Tensor } from '../core/tensor';
import { checkIndices } from './indices';

/** Sizes before, at and after a dimension. */
export const around = (shape: Shape, dim: number): [outer: number, n: number, inner: number] => [
  sizeOf(shape.slice(0, dim)),
  shape[dim]!,
  sizeOf(shape.slice(dim + 1)),
];

/** Index and x agree in every dimension but one. */
function checkAlong(where: string, x: Shape, index: Shape, dim: number): void {
  if (x.length === index.length && x.every((n, d) => d === dim || n === index[d])) return;
  throw new ShapeError(where, `index ${show(index)} and x ${show(x)} may differ in dimension ${dim} only`);
}

const gatherOp: Op<[x: Tensor, index: Tensor], { dim: number }> = defineParametricOp({
  name: 'gather',
  inputs: ['x', 'index'],
  wants: { x: 'any', index: 'i32' },
  dtype: ([x]) => x.dtype,
  shape([x, index], { dim }) {
    checkComputes('gather', 'x', x);
    checkAlong('gather', x.shape, index.shape, dim);
    return index.shape;
  },
  run(k, [x, index], [y], { dim }) {
    const [outer, n, inner] = around(x.shape, dim);
    checkIndices(k, 'gather', index, n);
    k.gather(x.address, index.address, y.address, outer, n, index.shape[dim]!, inner);
  },
  saves: { x: ['index'] },
  vjp: { x: (g, { index }, { dim }, s) => scatterAlong(g, dim, index, s.x[dim]!), index: null },
});
/** y[…, i, …] = x[…, index[…, i, …], …] along `dim`; x and index have equal sizes elsewhere. */
export const gatherAlong = (x: Tensor, dim: number, index: Tensor): Tensor => gatherOp(x, index, { dim });

const scatterOp: Op<[g: Tensor, index: Tensor], { dim: number; size: number }> = defineParametricOp({
  name: 'scatterAlong',
  inputs: ['g', 'index'],
  wants: { index: 'i32' },
  shape([g, index], { dim, size }) {
    if (g.shape[dim] !== index.shape[dim]) {
      throw new ShapeError('scatterAlong', `x ${show(g.shape)} and index ${show(index.shape)} differ`);
    }
    checkAlong('scatterAlong', g.shape, index.shape, dim);
    return g.shape.map((n, d) => (d === dim ? size : n));
  },
  run(k, [g, index], [y], { dim, size }) {
    const [outer, count, inner] = around(g.shape, dim);
    checkIndices(k, 'scatterAlong', index, size);
    k.scatterAdd(g.address, index.address, y.address, outer, size, count, inner);
  },
  saves: { g: ['index'] },
  vjp: { g: (g, { index }, { dim }) => gatherOp(g, index, { dim }), index: null },
});
/** Zeros of size `size` along `dim`, to which x's elements are added where `index` says: gather, backwards. */
export const scatterAlong = (x: Tensor, dim: number, index: Tensor, size: number): Tensor =>
  scatterOp(x, index, { dim: dim < 0 ? dim + x.ndim : dim, size });

const checkList = (where: string, index: Shape): void => {
  if (index.length !== 1) throw new ShapeError(where, `index takes one dimension, this is ${show(index)}`);
};

const selectOp: Op<[x: Tensor, index: Tensor], { dim: number }> = defineParametricOp({
  name: 'indexSelect',
  inputs: ['x', 'index'],
  wants: { x: 'any', index: 'i32' },
  dtype: ([x]) => x.dtype,
  shape([x, index], { dim }) {
    checkList('indexSelect', index.shape);
    checkComputes('indexSelect', 'x', x);
    return x.shape.map((n, d) => (d === dim ? index.size : n));
  },
  run(k, [x, index], [y], { dim }) {
    const [outer, n, inner] = around(x.shape, dim);
    checkIndices(k, 'indexSelect', index, n);
    const kernel = itemSize(x.dtype) === 1 ? k.indexSelect8 : k.indexSelect;
    kernel(x.address, index.address, y.address, outer, n, index.size, inner);
  },
  saves: { x: ['index'] },
  vjp: { x: (g, { index }, { dim }, s) => indexAddOp(g, index, { dim, size: s.x[dim]! }), index: null },
});
/** The slices of x at the indices `index` (one dimension) of `dim`, in this order. */
export const selectAlong = (x: Tensor, dim: number, index: Tensor): Tensor => selectOp(x, index, { dim });

const indexAddOp: Op<[g: Tensor, index: Tensor], { dim: number; size: number }> = defineParametricOp({
  name: 'indexAdd',
  inputs: ['g', 'index'],
  wants: { index: 'i32' },
  shape([g, index], { dim, size }) {
    checkList('indexAdd', index.shape);
    if (index.size !== g.shape[dim]) {
      throw new ShapeError('indexAdd', `${index.size} indices for dimension ${dim} of ${show(g.shape)}`);
    }
    return g.shape.map((n, d) => (d === dim ? size : n));
  },
  run(k, [g, index], [y], { dim, size }) {
    const [outer, count, inner] = around(g.shape, dim);
    checkIndices(k, 'indexAdd', index, size);
    k.indexAdd(g.address, index.address, y.address, outer, size, count, inner);
  },
  saves: { g: ['index'] },
  vjp: { g: (g, { index }, { dim }) => selectOp(g, index, { dim }), index: null },
});
/** Zeros of size `size` along `dim`, to which x's slices are added at the indices `index`: selectAlong, backwards. */
export const addAlong = (x: Tensor, dim: number, index: Tensor, size: number): Tensor =>
  indexAddOp(x, index, { dim, size });
