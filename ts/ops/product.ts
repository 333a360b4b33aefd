/** The ops of matrix products. A transpose is a view, and gemm reads any strides: no option for it is needed. */
import type { Kernels } from '../backend/backend';
import { ShapeError } from '../core/errors';
import type { View } from '../core/definition';
import { defineParametricOp, type Op } from '../core/op';
import { runtime } from '../core/runtime';
import { broadcast, show, sizeOf, type Shape } from '../core/shape';
import type { Tensor } from '../core/tensor';
import { sumTo } from './basic';
import { reshape, t } from './view';

/** What a product or a convolution goes through on its way out: one of the contract's ACTIVATION. Left out: nothing. */
export interface Activated {
  readonly activation?: number;
}

/** The stride of x along dimension d of a batch of `ndim` dimensions, 0 where x is repeated. */
function batchStride(x: View, d: number, ndim: number): number {
  const i = d - ndim + x.shape.length - 2;
  return i < 0 || x.shape[i] === 1 ? 0 : x.strides[i]!;
}

/** y[…, :, :] = a[…, :, :] b[…, :, :], one gemm call for each run of batch dimensions that both step through evenly. */
function batched(k: Kernels, a: View, b: View, y: View, activation: number): void {
  if (y.size === 0) return;
  const nd = y.shape.length - 2;
  const [m, n, depth] = [y.shape[nd]!, y.shape[nd + 1]!, a.shape.at(-1)!];
  const [rsa, csa, rsb, csb] = [a.strides.at(-2)!, a.strides.at(-1)!, b.strides.at(-2)!, b.strides.at(-1)!];
  const item = runtime.backend.itemSize('f32');
  // The innermost run.
  let from = nd;
  let [count, sa, sb] = [1, 0, 0];
  while (from > 0) {
    const size = y.shape[from - 1]!;
    const [ta, tb] = [batchStride(a, from - 1, nd), batchStride(b, from - 1, nd)];
    if (size !== 1 && count !== 1 && (ta !== sa * count || tb !== sb * count)) break;
    if (size !== 1 && count === 1) [sa, sb] = [ta, tb];
    count *= size;
    from--;
  }
  const outer = sizeOf(y.shape.slice(0, from));
  for (let i = 0; i < outer; i++) {
    let [pa, pb] = [0, 0];
    for (let d = from - 1, rest = i; d >= 0; d--) {
      const j = rest % y.shape[d]!;
      rest = Math.floor(rest / y.shape[d]!);
      pa += j * batchStride(a, d, nd);
      pb += j * batchStride(b, d, nd);
    }
    // One b for the whole batch and rows of a evenly spaced: a single tall product.
    const tall = sb === 0 && sa === m * rsa;
    k.gemm(
      tall ? m * count : m,
      n,
      depth,
      a.address + pa * item,
      rsa,
      csa,
      b.address + pb * item,
      rsb,
      csb,
      y.address + i * count * m * n * item,
      n,
      tall ? 1 : count,
      tall ? 0 : sa,
      tall ? 0 : sb,
      tall ? 0 : m * n,
      0,
      0,
      0,
      activation,
    );
  }
}

export const productOp: Op<[a: Tensor, b: Tensor], Activated> = defineParametricOp({
  name: 'matmul',
  inputs: ['a', 'b'],
  strided: true,
  flops: ([a], y) => 2 * y.size * a.shape.at(-1)!,
  shape([a, b]) {
    const batch = broadcast('matmul', a.shape.slice(0, -2), b.shape.slice(0, -2));
    return [...batch, a.shape.at(-2)!, b.shape.at(-1)!];
  },
  run: (k, [a, b], [y], { activation = 0 }) => batched(k, a, b, y, activation),
  saves: { a: ['b'], b: ['a'] },
  vjp: { a: (g, { b }, _, s) => sumTo(product(g, t(b)), s.a), b: (g, { a }, _, s) => sumTo(product(t(a), g), s.b) },
});

/** As most call products. */
export const NONE: Activated = {};
/** y[…, :, :] = a[…, :, :] b[…, :, :], for operands that fit. */
export const product = (a: Tensor, b: Tensor): Tensor => productOp(a, b, NONE);

/** Rows of x: all dimensions but the last made one. */
const rows = (x: Tensor): Tensor => (x.ndim === 2 ? x : reshape(x, [sizeOf(x.shape.slice(0, -1)), x.shape.at(-1)!]));

export const linearOp: Op<[x: Tensor, w: Tensor, b: Tensor | null], Activated> = defineParametricOp({
  name: 'linear',
  inputs: ['x', 'w', 'b'],
  nullable: ['b'],
  flops: ([, w], y) => 2 * y.size * w.shape[1]!,
  shape([x, w, b]): Shape {
    const [out, inner] = w.shape;
    if (w.ndim !== 2) throw new ShapeError('linear', `w takes [out, in], this is ${show(w.shape)}`);
    if (x.ndim === 0 || x.shape.at(-1) !== inner) {
      throw new ShapeError(
        'linear',
        `w ${show(w.shape)} takes ${inner} features, x ${show(x.shape)} has ${x.shape.at(-1) ?? 'none'}`,
      );
    }
    if (b && (b.ndim !== 1 || b.size !== out)) {
      throw new ShapeError('linear', `w ${show(w.shape)} takes a bias of [${out}], this is ${show(b.shape)}`);
    }
    return [...x.shape.slice(0, -1), out!];
  },
  run(k, [x, w, b], [y], { activation = 0 }) {
    const [n, depth] = [w.shape[0]!, w.shape[1]!];
    const m = sizeOf(y.shape.slice(0, -1));
    k.gemm(
      m,
      n,
      depth,
      x.address,
      depth,
      1,
      w.address,
      1,
      depth,
      y.address,
      n,
      1,
      0,
      0,
      0,
      b ? b.address : 0,
      b ? 1 : 0,
      0,
      activation,
    );
  },
  saves: { x: ['w'], w: ['x'] },
  vjp: {
    x: (g, { w }, _, s) => reshape(product(rows(g), w), s.x),
    w: (g, { x }) => product(t(rows(g)), rows(x)),
    b: g => sumTo(rows(g), g.shape.slice(-1)),
  },
});
