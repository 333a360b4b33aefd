/** The normalised exponential, along one dimension. */
import { defineOp, type Op } from '../core/op';
import { aDim, optional } from '../core/kinds';
import { aTensor } from '../core/tensor-kinds';
import { composite } from '../core/signature';
import { dimOf } from '../core/shape';
import type { Tensor } from '../core/tensor';
import { mul, sub } from './arithmetic';
import { exp } from './elementwise';
import { rowOf } from './fitting';
import { sum } from './reduce';
import { reshape, transpose } from './view';

const last = { keepdim: true } as const;
const rows = (x: { size: number; shape: readonly number[] }): [rows: number, n: number] => {
  const n = x.shape.at(-1) ?? 1;
  return [n === 0 ? 0 : x.size / n, n];
};

const softmaxRows: Op<[x: Tensor]> = defineOp({
  name: 'softmax',
  inputs: ['x'],
  shape: ([x]) => x.shape,
  run: (k, [x], [y]) => k.softmax(x.address, y.address, ...rows(x)),
  saves: { x: ['y'] },
  vjp: { x: (g, { y }) => softmaxGrad(g, y) },
});
/** y · (g − Σ g·y), row by row. */
const softmaxGrad: Op<[g: Tensor, y: Tensor]> = defineOp({
  name: 'softmaxGrad',
  inputs: ['g', 'y'],
  shape: ([g]) => g.shape,
  run: (k, [g, y], [gx]) => k.softmaxGrad(g.address, y.address, gx.address, ...rows(g)),
  saves: { g: ['y'], y: ['g', 'y'] },
  vjp: {
    g: (gg, { y }) => softmaxGrad(gg, y),
    y: (gg, { g, y }) => sub(mul(gg, sub(g, sum(mul(g, y), -1, last))), mul(g, sum(mul(gg, y), -1, last))),
  },
});

const logSoftmaxRows: Op<[x: Tensor]> = defineOp({
  name: 'logSoftmax',
  inputs: ['x'],
  shape: ([x]) => x.shape,
  run: (k, [x], [y]) => k.logSoftmax(x.address, y.address, ...rows(x)),
  saves: { x: ['y'] },
  vjp: { x: (g, { y }) => logSoftmaxGrad(g, y) },
});
/** g − eʸ · Σ g, row by row. */
const logSoftmaxGrad: Op<[g: Tensor, y: Tensor]> = defineOp({
  name: 'logSoftmaxGrad',
  inputs: ['g', 'y'],
  shape: ([g]) => g.shape,
  run: (k, [g, y], [gx]) => k.logSoftmaxGrad(g.address, y.address, gx.address, ...rows(g)),
  saves: { g: ['y'], y: ['g', 'y'] },
  vjp: {
    g: (gg, { y }) => sub(gg, sum(mul(gg, exp(y)), -1, last)),
    y: (gg, { g, y }) => mul(mul(gg, exp(y)), mul(sum(g, -1, last), -1)),
  },
});

/** An op on rows, along any dimension. */
const along = (name: string, op: Op<[x: Tensor]>): ((x: Tensor, dim?: number) => Tensor) =>
  composite(
    name,
    [
      ['x', aTensor],
      ['dim', optional(aDim)],
    ],
    (x, dim = -1) => {
      const row = rowOf(x);
      const d = dimOf(name, dim, row.ndim);
      const y = d === row.ndim - 1 ? op(row) : transpose(op(transpose(row, d, -1)), d, -1);
      return x.ndim === 0 ? reshape(y, []) : y;
    },
  );

/** eˣ / Σeˣ along `dim` (left out: the last). */
export const softmax: (x: Tensor, dim?: number) => Tensor = along('softmax', softmaxRows);
/** ln(eˣ / Σeˣ) along `dim` (left out: the last), without overflow. */
export const logSoftmax: (x: Tensor, dim?: number) => Tensor = along('logSoftmax', logSoftmaxRows);
