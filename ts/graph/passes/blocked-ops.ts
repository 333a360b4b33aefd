/** What the kernels of the blocked layout (NCHW8n) compute: ops of images, by family. Views have the shapes of images. */
import type { BlockedKernels } from '../../backend/backend';
import { declareOp, type Each, type Input, type Inputs } from '../../core/declare';
import type { OpDef, OpParams, View, Views } from '../../core/definition';
import type { MultiOp, Op } from '../../core/op';
import { sameShape, sizeOf, type Shape } from '../../core/shape';
import type { Tensor } from '../../core/tensor';
import { runs, sumRuns } from '../../ops/basic';
import { conv, convGradW, convGradX, convSizes } from '../../ops/convolution';
import {
  addressOf,
  avgPool,
  avgPoolGrad,
  avgPoolSizes,
  maxPool,
  maxPoolGrad,
  maxPoolSizes,
  type MaxPoolParams,
} from '../../ops/pooling';
import type { PlanOp } from '../graph';

/** What is declared of an op that has a kernel for batches in blocks. */
interface BlockedDef<Xs, Ys, P> {
  /** The inputs and outputs that lie in blocks. */
  readonly of: readonly string[];
  /** Whether it can, of these operands. Left out: of all. */
  can?(xs: Xs, params: P): boolean;
  /** Whether the op's own kernel would bring the batch into blocks for itself, so that it had better come in them. */
  prefers?(k: BlockedKernels, xs: Xs, y: View, params: P): boolean;
  /** The kernel call. */
  run(k: BlockedKernels, xs: Xs, ys: Ys, params: P): void;
}
type AnyBlockedDef = BlockedDef<Views, readonly View[], OpParams>;

/** An op on batches in the blocked layout. */
export interface Blocked extends Omit<AnyBlockedDef, 'run'> {
  /** The op of images, and that of blocks. */
  readonly from: OpDef;
  readonly op: PlanOp;
}

function blocked<A extends readonly Input[], P>(
  op: Op<A, P>,
  def: BlockedDef<Inputs<A, View>, readonly [y: View], P>,
): Blocked;
function blocked<A extends readonly Input[], R extends readonly Tensor[], P>(
  op: MultiOp<A, R, P>,
  def: BlockedDef<Inputs<A, View>, Each<R, View>, P>,
): Blocked;
function blocked({ def }: { readonly def: OpDef }, { of, can, prefers, run }: AnyBlockedDef): Blocked {
  const op: PlanOp = {
    ...def,
    name: `${def.name} blocked`,
    run: (k, xs, ys, params) => run(k.blocked!, xs, ys, params),
  };
  return { of, can, prefers, from: def, op };
}

export const blockedConv: Blocked = blocked(conv, {
  of: ['x', 'y'],
  prefers: (k, [x, w], y, { geometry }) =>
    k.conv2dTakesBlocked(0, ...convSizes(x.shape, w.shape, y.shape, geometry)) === 1,
  run: (k, [x, w, b], [y], { geometry, activation = 0 }) =>
    k.conv2dBlocked(
      x.address,
      w.address,
      y.address,
      b ? b.address : 0,
      ...convSizes(x.shape, w.shape, y.shape, geometry),
      activation,
    ),
});
const blockedConvGradX: Blocked = blocked(convGradX, {
  of: ['g', 'y'],
  prefers: (k, [g, w], gx, { geometry }) =>
    k.conv2dTakesBlocked(1, ...convSizes(gx.shape, w.shape, g.shape, geometry)) === 1,
  run: (k, [g, w], [gx], { geometry, x }) =>
    k.conv2dBlockedGradX(g.address, w.address, gx.address, 0, ...convSizes(x, w.shape, g.shape, geometry)),
});
const blockedConvGradW: Blocked = blocked(convGradW, {
  of: ['g', 'x'],
  prefers: (k, [g, x], gw, { geometry }) =>
    k.conv2dTakesBlocked(2, ...convSizes(x.shape, gw.shape, g.shape, geometry)) === 1,
  run: (k, [g, x], [gw], { geometry, w }) =>
    k.conv2dBlockedGradW(g.address, x.address, gw.address, 0, ...convSizes(x.shape, w, g.shape, geometry)),
});
/** Over images and pixels: the gradient of a convolution's bias. */
const blockedSum: Blocked = blocked(sumRuns, {
  of: ['x'],
  // With one image, channel or pixel, `sum` runs through memory as it lies, in another order.
  can: ([x], { dims, scale }) => scale === 1 && sameShape(dims, [0, 2, 3]) && runs(x.shape, dims).length === 4,
  run: (k, [x], [y]) => k.sumBlocked(x.address, y.address, x.shape[0]!, x.shape[1]!, x.shape[2]! * x.shape[3]!),
});

/** Images of a block. */
const IMAGES = 8;
/** A batch of images as one of blocks, to kernels that count planes. */
const inBlocks = ([n, ...image]: Shape): Shape => [Math.ceil(n! / IMAGES), ...image];

/** `relu`: of the positive parts of its input. */
export const blockedMaxPool: Blocked = blocked(maxPool, {
  of: ['x', 'y', 'at'],
  run: (k, [x], [y, at], { window, relu }: MaxPoolParams & { readonly relu?: boolean }) =>
    k.maxPool2dBlocked(x.address, addressOf(at), y.address, ...maxPoolSizes(inBlocks(x.shape), window), relu ? 1 : 0),
});
const blockedMaxPoolGrad: Blocked = blocked(maxPoolGrad, {
  of: ['g', 'at', 'y'],
  run: (k, [g, at], [gx], { window, x }) =>
    k.maxPool2dBlockedGrad(g.address, at.address, gx.address, ...maxPoolSizes(inBlocks(x), window)),
});
const blockedAvgPool: Blocked = blocked(avgPool, {
  of: ['x', 'y'],
  run: (k, [x], [y], params) => k.avgPool2dBlocked(x.address, y.address, ...avgPoolSizes(inBlocks(x.shape), params)),
});
const blockedAvgPoolGrad: Blocked = blocked(avgPoolGrad, {
  of: ['g', 'y'],
  run: (k, [g], [gx], params) =>
    k.avgPool2dBlockedGrad(g.address, gx.address, ...avgPoolSizes(inBlocks(params.x), params)),
});

/** By the op of images. */
export const BLOCKED: ReadonlyMap<PlanOp, Blocked> = new Map<PlanOp, Blocked>(
  [
    blockedConv,
    blockedConvGradX,
    blockedConvGradW,
    blockedSum,
    blockedMaxPool,
    blockedMaxPoolGrad,
    blockedAvgPool,
    blockedAvgPoolGrad,
  ].map(entry => [entry.from, entry]),
);

/** The shape that a batch has in memory: [n, size] as [⌈n / 8⌉, size, 8]. */
export const blockedShape = ([n, ...image]: Shape): Shape => [Math.ceil(n! / IMAGES), sizeOf(image), IMAGES];

/** Between images and blocks. y has the shape among the parameters. */
function laying(name: string, run: (k: BlockedKernels, x: View, y: View) => void): PlanOp {
  const def = declareOp<[x: Tensor], { shape: Shape }, 'x', object>({
    name,
    inputs: ['x'],
    flops: () => 0,
    shape: (_, { shape }) => shape,
  });
  return { ...def, run: (k, [x], [y]) => run(k.blocked!, x!, y!) };
}
export const toBlocked: PlanOp = laying('toBlocked', (k, x, y) =>
  k.toBlocked(x.address, y.address, x.shape[0]!, x.size / x.shape[0]!),
);
export const fromBlocked: PlanOp = laying('fromBlocked', (k, x, y) =>
  k.fromBlocked(x.address, y.address, y.shape[0]!, y.size / y.shape[0]!),
);
