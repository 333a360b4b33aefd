/** Ops that read prepared weights, converted once beforehand: packed for a product, or transformed for Winograd's convolution. */
import type { PreparedKernels } from '../../backend/backend';
import type { Input, Inputs } from '../../core/declare';
import type { OpDef, OpParams, View, Views } from '../../core/definition';
import type { Op } from '../../core/op';
import { sizeOf } from '../../core/shape';
import { conv, convSizes, type Convolution } from '../../ops/convolution';
import { linearOp } from '../../ops/product';
import type { PlanOp } from '../graph';

/** What is declared of an op that has a kernel for prepared weights. */
interface PreparedDef<Xs, P> {
  /** The weights. */
  readonly input: string;
  /** f32 elements of the prepared weights, for operands of these shapes; 0 where they would gain nothing. */
  size(k: PreparedKernels, xs: Xs, y: View, params: P): number;
  /** Writes the prepared weights. Of the other operands it reads the shapes. */
  make(k: PreparedKernels, xs: Xs, prepared: View, y: View, params: P): void;
  /** The kernel call. The view of the weights has the address of the prepared ones, and the shape of the plain ones. */
  run(k: PreparedKernels, xs: Xs, ys: readonly [y: View], params: P): void;
}

/** An op on prepared weights. */
export interface Prepared extends Pick<PreparedDef<Views, OpParams>, 'input' | 'size' | 'make'> {
  /** The op of plain weights, and that of prepared ones. */
  readonly from: OpDef;
  readonly op: PlanOp;
}

function prepared<A extends readonly Input[], P>(op: Op<A, P>, def: PreparedDef<Inputs<A, View>, P>): Prepared;
function prepared(
  { def }: { readonly def: OpDef },
  { input, size, make, run }: PreparedDef<Views, OpParams>,
): Prepared {
  const op: PlanOp = {
    ...def,
    name: `${def.name} prepared`,
    run: (k, xs, [y], params) => run(k.prepared!, xs, [y!], params),
  };
  return { from: def, op, input, size, make };
}

/** `approximate`: by Winograd's F(4 × 4, 3 × 3) where that is faster. */
type Approximable = Convolution & { readonly approximate?: boolean };
const algorithm = ({ approximate }: Approximable): number => (approximate ? 1 : 0);

const ALL: readonly Prepared[] = [
  prepared(linearOp, {
    input: 'w',
    size: (k, [, w], y) => k.gemmPackSize(sizeOf(y.shape.slice(0, -1)), w.shape[1]!, w.shape[0]!),
    make: (k, [, w], packed) => k.gemmPack(w.address, 1, w.shape[1]!, w.shape[1]!, w.shape[0]!, packed.address),
    run(k, [x, w, b], [y], { activation = 0 }) {
      const [n, depth] = [w.shape[0]!, w.shape[1]!];
      const m = sizeOf(y.shape.slice(0, -1));
      k.gemmPacked(
        m,
        n,
        depth,
        x.address,
        depth,
        1,
        w.address,
        y.address,
        n,
        b ? b.address : 0,
        b ? 1 : 0,
        0,
        activation,
      );
    },
  }),
  prepared(conv, {
    input: 'w',
    size: (k, [x, w], y, params: Approximable) =>
      k.conv2dPreparedSize(...convSizes(x.shape, w.shape, y.shape, params.geometry), algorithm(params)),
    make: (k, [x, w], made, y, params: Approximable) =>
      k.conv2dPrepare(
        w.address,
        made.address,
        ...convSizes(x.shape, w.shape, y.shape, params.geometry),
        algorithm(params),
      ),
    run(k, [x, w, b], [y], params: Approximable) {
      const sizes = convSizes(x.shape, w.shape, y.shape, params.geometry);
      k.conv2dPrepared(
        x.address,
        w.address,
        y.address,
        b ? b.address : 0,
        ...sizes,
        params.activation ?? 0,
        algorithm(params),
      );
    },
  }),
];

/** By the op of plain weights. */
export const PREPARED: ReadonlyMap<PlanOp, Prepared> = new Map<PlanOp, Prepared>(ALL.map(entry => [entry.from, entry]));
