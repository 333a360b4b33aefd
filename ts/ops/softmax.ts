/** The normalised exponential, along one dimension. */
import type { View } from '../core/definition';
import { defineParametricOp, type Op } from '../core/op';
import { aDim, optional } from '../core/kinds';
import { aTensor } from '../core/tensor-kinds';
import { composite } from '../core/signature';
import { dimOf, sizeOf } from '../core/shape';
import type { Tensor } from '../core/tensor';
import { mul, sub } from './arithmetic';
import { exp } from './elementwise';
import { rowOf } from './fitting';
import { sum } from './reduce';
import { reshape, transpose } from './view';

/** Along one dimension of the shape. */
type Along = { readonly dim: number };
const columns = ({ shape }: View, { dim }: Along): [outer: number, n: number, inner: number] => [
  sizeOf(shape.slice(0, dim)),
  shape[dim]!,
  sizeOf(shape.slice(dim + 1)),
];
const sumAlong = (x: Tensor, { dim }: Along): Tensor => sum(x, dim, { keepdim: true });

const softmaxAlong: Op<[x: Tensor], Along> = defineParametricOp({
  name: 'softmax',
  inputs: ['x'],
  shape: ([x]) => x.shape,
  run: (k, [x], [y], along) => k.softmax(x.address, y.address, ...columns(x, along)),
  saves: { x: ['y'] },
  vjp: { x: (g, { y }, along) => softmaxGrad(g, y, along) },
});
/** y · (g − Σ g·y) */
const softmaxGrad: Op<[g: Tensor, y: Tensor], Along> = defineParametricOp({
  name: 'softmaxGrad',
  inputs: ['g', 'y'],
  shape: ([g]) => g.shape,
  run: (k, [g, y], [gx], along) => k.softmaxGrad(g.address, y.address, gx.address, ...columns(g, along)),
  saves: { g: ['y'], y: ['g', 'y'] },
  vjp: {
    g: (gg, { y }, along) => softmaxGrad(gg, y, along),
    y: (gg, { g, y }, along) => sub(mul(gg, sub(g, sumAlong(mul(g, y), along))), mul(g, sumAlong(mul(gg, y), along))),
  },
});

const logSoftmaxAlong: Op<[x: Tensor], Along> = defineParametricOp({
  name: 'logSoftmax',
  inputs: ['x'],
  shape: ([x]) => x.shape,
  run: (k, [x], [y], along) => k.logSoftmax(x.address, y.address, ...columns(x, along)),
  saves: { x: ['y'] },
  vjp: { x: (g, { y }, along) => logSoftmaxGrad(g, y, along) },
});
/** g − eʸ · Σ g */
const logSoftmaxGrad: Op<[g: Tensor, y: Tensor], Along> = defineParametricOp({
  name: 'logSoftmaxGrad',
  inputs: ['g', 'y'],
  shape: ([g]) => g.shape,
  run: (k, [g, y], [gx], along) => k.logSoftmaxGrad(g.address, y.address, gx.address, ...columns(g, along)),
  saves: { g: ['y'], y: ['g', 'y'] },
  vjp: {
    g: (gg, { y }, along) => sub(gg, sumAlong(mul(gg, exp(y)), along)),
    y: (gg, { g, y }, along) => mul(mul(gg, exp(y)), mul(sumAlong(g, along), -1)),
  },
});

/** The kernels add the elements of a column one after the other: longer ones become rows, whose sums add in pairs. */
const LONGEST_COLUMN = 64;
/** An op along the last dimension, or one of few elements, along any. */
const along = (name: string, op: Op<[x: Tensor], Along>): ((x: Tensor, dim?: number) => Tensor) =>
  composite(
    name,
    [
      ['x', aTensor],
      ['dim', optional(aDim)],
    ],
    (x, dim = -1) => {
      const row = rowOf(x);
      const d = dimOf(name, dim, row.ndim);
      const last = row.ndim - 1;
      const y =
        d === last || row.shape[d]! <= LONGEST_COLUMN
          ? op(row, { dim: d })
          : transpose(op(transpose(row, d, -1), { dim: last }), d, -1);
      return x.ndim === 0 ? reshape(y, []) : y;
    },
  );

/** eˣ / Σeˣ along `dim` (left out: the last). */
export const softmax: (x: Tensor, dim?: number) => Tensor = along('softmax', softmaxAlong);
/** ln(eˣ / Σeˣ) along `dim` (left out: the last), without overflow. */
export const logSoftmax: (x: Tensor, dim?: number) => Tensor = along('logSoftmax', logSoftmaxAlong);
