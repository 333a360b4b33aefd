/** Ops that read constant weights in a form made beforehand: packed for a product, transformed for Winograd's convolution. */
import type { PreparedKernels } from '../../backend/backend';
import type { Input, Inputs } from '../../core/declare';
import type { OpDef, Params, View, Views } from '../../core/definition';
import type { Op } from '../../core/op';
import { sizeOf } from '../../core/shape';
import { conv, convSizes, type Convolution } from '../../ops/convolution';
import { linearOp } from '../../ops/product';
import type { PlanOp } from '../graph';

interface Form<Xs, P> {
  /** The weights. */
  readonly input: string;
  /** f32 elements that the form takes, for operands of these shapes; 0 where it would gain nothing. */
  size(k: PreparedKernels, xs: Xs, y: View, params: P): number;
  /** Writes the form of the weights. Of the other operands it reads the shapes. */
  make(k: PreparedKernels, xs: Xs, form: View, y: View, params: P): void;
  /** The kernel call, with the form where the weights were; its view keeps their shape. */
  run(k: PreparedKernels, xs: Xs, ys: readonly [y: View], params: P): void;
}

/** An op on prepared weights. */
export interface Prepared extends Pick<Form<Views, Params>, 'input' | 'size' | 'make'> {
  /** The op of plain weights, and that of prepared ones. */
  readonly from: OpDef;
  readonly op: PlanOp;
}

function prepared<A extends readonly Input[], P>(op: Op<A, P>, form: Form<Inputs<A, View>, P>): Prepared;
function prepared({ def }: { readonly def: OpDef }, { input, size, make, run }: Form<Views, Params>): Prepared {
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

const FORMS: readonly Prepared[] = [
  prepared(linearOp, {
    input: 'w',
    size: (k, [, w], y) => k.gemmPackSize(sizeOf(y.shape.slice(0, -1)), w.shape[1]!, w.shape[0]!),
    make: (k, [, w], form) => k.gemmPack(w.at, 1, w.shape[1]!, w.shape[1]!, w.shape[0]!, form.at),
    run(k, [x, w, b], [y], { activation = 0 }) {
      const [n, depth] = [w.shape[0]!, w.shape[1]!];
      const m = sizeOf(y.shape.slice(0, -1));
      k.gemmPacked(m, n, depth, x.at, depth, 1, w.at, y.at, n, b ? b.at : 0, b ? 1 : 0, 0, activation);
    },
  }),
  prepared(conv, {
    input: 'w',
    size: (k, [x, w], y, params: Approximable) =>
      k.conv2dPreparedSize(...convSizes(x.shape, w.shape, y.shape, params.geometry), algorithm(params)),
    make: (k, [x, w], form, y, params: Approximable) =>
      k.conv2dPrepare(w.at, form.at, ...convSizes(x.shape, w.shape, y.shape, params.geometry), algorithm(params)),
    run(k, [x, w, b], [y], params: Approximable) {
      const sizes = convSizes(x.shape, w.shape, y.shape, params.geometry);
      k.conv2dPrepared(x.at, w.at, y.at, b ? b.at : 0, ...sizes, params.activation ?? 0, algorithm(params));
    },
  }),
];

/** By the op of plain weights. */
export const PREPARED: ReadonlyMap<PlanOp, Prepared> = new Map<PlanOp, Prepared>(FORMS.map(form => [form.from, form]));
