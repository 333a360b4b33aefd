/** Triangular systems. */
import { ShapeError } from '../core/errors';
import { aBoolean, options, requires } from '../core/kinds';
import { defineParametricOp, type Op } from '../core/op';
import { broadcast, show } from '../core/shape';
import { composite } from '../core/signature';
import type { Tensor } from '../core/tensor';
import { aTensor } from '../core/tensor-kinds';
import { tril, triu } from '../ops/diagonal';
import { neg } from '../ops/elementwise';
import { matmul } from '../ops/matmul';
import { batchShape, checkMatrix, checkSquare, columns, count, mT, rows, spread } from './shapes';

interface Triangle {
  readonly upper: boolean;
  readonly transposed?: boolean;
  /** With 1 on the diagonal. */
  readonly unit?: boolean;
}
const bit = (flag = false): number => (flag ? 1 : 0);

/** T⁻¹ b, or T⁻ᵀ b, T being a triangle of a. */
export const substitute: Op<[a: Tensor, b: Tensor], Triangle> = defineParametricOp({
  name: 'solveTriangular',
  inputs: ['a', 'b'],
  shape: ([, b]) => b.shape,
  run: (k, [a, b], [y], { upper, transposed, unit }) =>
    k.triangularSolve(
      a.address,
      b.address,
      y.address,
      count(b),
      rows(b),
      columns(b),
      bit(upper),
      bit(transposed),
      bit(unit),
    ),
  flops: ([a, b]) => a.size * columns(b),
  saves: { a: ['a', 'y'], b: ['a'] },
  // Giles 2008, 2.3.1: the cotangent of b solves the transposed system, that of T is −(cotangent of b) yᵀ.
  vjpAll(g, { a, y }, { upper, transposed = false, unit }, _, needed) {
    const gb = substitute(a!, g, { upper, transposed: !transposed, unit });
    if (!needed.a) return { b: gb };
    const whole = neg(transposed ? matmul(y!, mT(gb)) : matmul(gb, mT(y!)));
    return { a: upper ? triu(whole, unit ? 1 : 0) : tril(whole, unit ? -1 : 0), b: gb };
  },
});

/** Throws unless b, on its side, fits the square matrices of a. */
export function checkSides(of: string, a: Tensor, b: Tensor, left: boolean): void {
  checkMatrix(of, 'b', b);
  if (columns(a) === (left ? rows(b) : columns(b))) return;
  throw new ShapeError(
    of,
    `b ${show(b.shape)} does not fit a ${show(a.shape)} ${left ? 'from the right' : 'from the left'}`,
  );
}

export interface SolveTriangularOptions {
  /** Which triangle of a is meant; the other is not read. */
  readonly upper: boolean;
  /** a stands left of x: a x = b; else x a = b. Default true. */
  readonly left?: boolean;
  /** The diagonal of a is 1, whatever is there. Default false. */
  readonly unitriangular?: boolean;
}
/**
 * x with a x = b, where a [*, n, n] is triangular and b [*, n, k]; their batches broadcast. A 0 on the diagonal gives
 * infinities, as in PyTorch.
 */
export const solveTriangular: (a: Tensor, b: Tensor, options: SolveTriangularOptions) => Tensor = composite(
  'solveTriangular',
  [
    ['a', aTensor],
    ['b', aTensor],
    [
      'options',
      requires(options<SolveTriangularOptions>({ upper: aBoolean, left: aBoolean, unitriangular: aBoolean }), 'upper'),
    ],
  ],
  (a, b, { upper, left = true, unitriangular = false }) => {
    checkSquare('solveTriangular', 'a', a);
    checkSides('solveTriangular', a, b, left);
    const batch = broadcast('solveTriangular', batchShape(a), batchShape(b));
    const [t, y] = [spread(a, batch), spread(b, batch)];
    return left
      ? substitute(t, y, { upper, unit: unitriangular })
      : mT(substitute(t, mT(y), { upper, transposed: true, unit: unitriangular }));
  },
);
