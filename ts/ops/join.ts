/** Several tensors made one. */
import { copyKernel } from '../core/convert';
import { DTypeError, ShapeError } from '../core/errors';
import { partOf, runCopy } from '../core/geometry';
import { defineOp, type Op } from '../core/op';
import { composite } from '../core/scope';
import { dimOf, show, type Shape } from '../core/shape';
import type { Tensor } from '../core/tensor';
import { sliceAt, unsqueeze } from './view';

type Concat = Op<Tensor[], { dim: number }>;
const concats: Map<number, Concat> = new Map();

/** The op that joins n tensors. Its inputs are numbered. */
function concatOf(n: number): Concat {
  const names = Array.from({ length: n }, (_, i) => `x${i}`);
  const start = (shapes: Readonly<Record<string, Shape>>, i: number, dim: number): number =>
    names.slice(0, i).reduce((at, name) => at + shapes[name]![dim]!, 0);
  return defineOp({
    name: 'concat',
    inputs: names,
    wants: Object.fromEntries(names.map(name => [name, 'any' as const])),
    strided: true,
    dtype: ([x]) => x!.dtype,
    shape: (xs, { dim }) => xs[0]!.shape.map((size, d) => (d === dim ? xs.reduce((sum, x) => sum + x.shape[d]!, 0) : size)),
    run(k, xs, y, { dim }) {
      let at = 0;
      for (const x of xs) {
        runCopy(copyKernel(k, x.dtype), x, partOf(y, x.shape, { dim, start: at, step: 1 }), x.shape);
        at += x.shape[dim]!;
      }
    },
    vjp: Object.fromEntries(names.map((name, i) => [name, (
      g: Tensor, _: unknown, { dim }: { dim: number }, s: Readonly<Record<string, Shape>>,
    ) => sliceAt(g, { dim, start: start(s, i, dim), size: s[name]![dim]!, step: 1 })])),
  });
}

/** Tensors joined along a dimension; all other sizes are equal, and so are the element types. */
export function concat(xs: readonly Tensor[], dim = 0): Tensor {
  const [first] = xs;
  if (!first) throw new ShapeError('concat', 'takes at least one tensor');
  const d = dimOf('concat', dim, first.ndim);
  xs.forEach((x, i) => {
    if (x.dtype !== first.dtype) {
      throw new DTypeError('concat', `tensor ${i} is ${x.dtype}, the first is ${first.dtype}; convert it with to('${first.dtype}')`);
    }
    if (x.ndim !== first.ndim || x.shape.some((n, j) => j !== d && n !== first.shape[j])) {
      throw new ShapeError('concat', `tensor ${i} is ${show(x.shape)}, the first is ${show(first.shape)}: only dimension ${d} may differ`);
    }
  });
  let op = concats.get(xs.length);
  if (!op) concats.set(xs.length, (op = concatOf(xs.length)));
  return op(...xs, { dim: d });
}

/** Tensors of one shape, joined along a new dimension. */
export const stack: (xs: readonly Tensor[], dim?: number) => Tensor = composite('stack', (xs, dim = 0) =>
  concat(xs.map(x => unsqueeze(x, dim)), xs[0] ? dimOf('stack', dim, xs[0].ndim + 1) : 0));
