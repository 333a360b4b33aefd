/** Transposed convolution, as layers that make sequences, images and volumes larger compute it. */
import { ShapeError, ValueError } from '../core/errors';
import { optional, options as optionsOf } from '../core/kinds';
import { show, type Shape } from '../core/shape';
import { composite, positional, type Positional } from '../core/signature';
import { LAYOUTS, sizesOf } from '../core/sizes';
import type { Tensor } from '../core/tensor';
import { aTensor, aTensorOrNull } from '../core/tensor-kinds';
import { add } from './arithmetic';
import { convGradX } from './convolution';
import { tensor } from './creation';
import { addAlong } from './indexing';
import { matmul } from './matmul';
import { permute, reshape, slice, squeeze, unsqueeze } from './view';
import {
  TRANSPOSE1D,
  TRANSPOSE2D,
  TRANSPOSE3D,
  type ConvTranspose1dOptions,
  type ConvTranspose2dOptions,
  type ConvTranspose3dOptions,
  type TransposeOrder,
  type Windowed,
} from './windows';

type Sizes = number | Shape;
interface AnyOptions {
  readonly stride?: Sizes;
  readonly padding?: Sizes;
  readonly outputPadding?: Sizes;
  readonly dilation?: Sizes;
  readonly groups?: number;
}
/** Checked options: a number for each direction; and the output's sizes. */
interface Plan {
  readonly stride: Shape;
  readonly before: Shape;
  readonly extra: Shape;
  readonly dilation: Shape;
  readonly groups: number;
  /** Channels of the output. */
  readonly k: number;
  readonly output: Shape;
}

function planOf(where: string, dims: number, x: Shape, w: Shape, b: Tensor | null, options: AnyOptions): Plan {
  const layout = LAYOUTS[dims - 1];
  if (x.length !== dims + 2) throw new ShapeError(where, `x takes [batch, channels, ${layout}], this is ${show(x)}`);
  if (w.length !== dims + 2) {
    throw new ShapeError(where, `w takes [channels, filters / groups, ${layout}], this is ${show(w)}`);
  }
  const stride = sizesOf(dims, options.stride ?? 1);
  const before = sizesOf(dims, options.padding ?? 0);
  const extra = sizesOf(dims, options.outputPadding ?? 0);
  const dilation = sizesOf(dims, options.dilation ?? 1);
  const groups = options.groups ?? 1;
  if (x[1] !== w[0]) {
    throw new ShapeError(where, `w ${show(w)} takes ${w[0]} channels, x ${show(x)} has ${x[1]}`);
  }
  if (w[0]! % groups !== 0) throw new ShapeError(where, `${w[0]} channels do not divide into ${groups} groups`);
  const k = w[1]! * groups;
  if (b && (b.ndim !== 1 || b.size !== k)) {
    throw new ShapeError(where, `w ${show(w)} takes a bias of [${k}], this is ${show(b.shape)}`);
  }
  const output = stride.map((step, i) => {
    if (extra[i]! >= Math.max(step, dilation[i]!)) {
      const steps = `stride ${show(stride)} or dilation ${show(dilation)}`;
      throw new ValueError(where, `outputPadding ${show(extra)} is not below ${steps}`);
    }
    const n = (x[2 + i]! - 1) * step - 2 * before[i]! + dilation[i]! * (w[2 + i]! - 1) + extra[i]! + 1;
    if (n < 1) {
      throw new ShapeError(where, `x ${show(x)} and w ${show(w)} with padding ${show(before)} leave nothing`);
    }
    return n;
  });
  return { stride, before, extra, dilation, groups, k, output };
}

/** Of images x [n, c, h, w], in directions i and i + 1 of a plan; −1 is a direction of size 1. */
function spread(where: string, x: Tensor, w: Tensor, k: number, p: Plan, i: number): Tensor {
  const two = (sizes: Shape, otherwise: number): [number, number] => [sizes[i] ?? otherwise, sizes[i + 1] ?? otherwise];
  const [stride, before, dilation] = [two(p.stride, 1), two(p.before, 0), two(p.dilation, 1)];
  const [extra, output] = [two(p.extra, 0), two(p.output, 1)];
  const [n = 0, c = 0, ...from] = x.shape;
  const shape = [n, k, ...output];
  const point = from.every(size => size === 1) && p.groups === 1;
  if (
    point &&
    output.every((size, j) => size === w.shape[2 + j] && before[j] === 0 && (size === 1 || dilation[j] === 1))
  ) {
    return reshape(matmul(reshape(x, [n, c]), reshape(w, [c, w.size / Math.max(c, 1)])), shape);
  }
  // What conv2d pads after: so that it comes back to the size of x.
  const total = [2 * before[0] - extra[0], 2 * before[1] - extra[1]] as const;
  return convGradX(x, w, { geometry: { where, stride, before, total, dilation, groups: p.groups }, x: shape });
}

function transposed(where: string, dims: number, x: Tensor, w: Tensor, b: Tensor | null, options: AnyOptions): Tensor {
  if (x.ndim === dims + 1) return squeeze(transposed(where, dims, unsqueeze(x, 0), w, b, options), 0);
  const p = planOf(where, dims, x.shape, w.shape, b, options);
  const y = dims === 3 ? volumes(where, x, w, p) : dims === 2 ? spread(where, x, w, p.k, p, 0) : lines(where, x, w, p);
  return b ? add(y, reshape(b, [p.k, ...p.output.map(() => 1)])) : y;
}
const lines = (where: string, x: Tensor, w: Tensor, p: Plan): Tensor =>
  squeeze(spread(where, unsqueeze(x, 2), unsqueeze(w, 2), p.k, p, -1), 2);
/** Slices are spread by all taps of the depth, as channels of their own; these are added where they belong. */
function volumes(where: string, x: Tensor, w: Tensor, p: Plan): Tensor {
  const [n = 0, c = 0, d = 0, height = 0, width = 0] = x.shape;
  const [, perGroup = 0, kd = 0, kh = 0, kw = 0] = w.shape;
  const [step = 1, edge = 0, apart = 1, depth = 0, oh = 0, ow = 0] = [
    p.stride[0],
    p.before[0],
    p.dilation[0],
    ...p.output,
  ];
  const slices = reshape(permute(x, [0, 2, 1, 3, 4]), [n * d, c, height, width]);
  const y = spread(where, slices, reshape(w, [c, perGroup * kd, kh, kw]), p.k * kd, p, 1);
  const taps = permute(reshape(y, [n, d, p.k, kd, oh, ow]), [0, 2, 1, 3, 4, 5]);
  const index = Int32Array.from({ length: d * kd }, (_, i) => Math.floor(i / kd) * step + (i % kd) * apart);
  const length = Math.max((d - 1) * step + (kd - 1) * apart + 1, edge + depth);
  const whole = addAlong(reshape(taps, [n, p.k, d * kd, oh, ow]), 2, tensor(index), length);
  return slice(whole, 2, edge, edge + depth);
}

type Transposed<O, K extends readonly (keyof O)[]> = (
  x: Tensor,
  w: Tensor,
  b?: Tensor | null,
  ...options: Positional<O, K>
) => Tensor;
const over = <S, O extends AnyOptions, const K extends readonly (keyof O & string)[]>(
  where: string,
  { dims, keys, order }: Windowed<S, O, K>,
): Transposed<O, K> =>
  positional(
    where,
    order,
    composite(
      where,
      [
        ['x', aTensor],
        ['w', aTensor],
        ['b', optional(aTensorOrNull)],
        ['options', optionsOf(keys)],
      ],
      (x: Tensor, w: Tensor, b?: Tensor | null, options?: O) => transposed(where, dims, x, w, b ?? null, options ?? {}),
    ),
  );

/**
 * The transpose of {@link conv1d}, its gradient of the input: each number of x [n, c, l] (or without the batch) spread over a
 * window by the filters w [c, k / groups, …], plus a bias b [k] or null. A direction of n places becomes one of
 * (n − 1)·stride − 2·padding + dilation·(kernel − 1) + outputPadding + 1.
 */
export const convTranspose1d: Transposed<ConvTranspose1dOptions, TransposeOrder> = over('convTranspose1d', TRANSPOSE1D);

/**
 * The transpose of {@link conv2d}, its gradient of the input: each number of x [n, c, h, w] (or without the batch) spread over a
 * window by the filters w [c, k / groups, …], plus a bias b [k] or null. A direction of n places becomes one of
 * (n − 1)·stride − 2·padding + dilation·(kernel − 1) + outputPadding + 1.
 */
export const convTranspose2d: Transposed<ConvTranspose2dOptions, TransposeOrder> = over('convTranspose2d', TRANSPOSE2D);

/**
 * The transpose of {@link conv3d}, its gradient of the input: each number of x [n, c, d, h, w] (or without the batch) spread over a
 * window by the filters w [c, k / groups, …], plus a bias b [k] or null. A direction of n places becomes one of
 * (n − 1)·stride − 2·padding + dilation·(kernel − 1) + outputPadding + 1.
 */
export const convTranspose3d: Transposed<ConvTranspose3dOptions, TransposeOrder> = over('convTranspose3d', TRANSPOSE3D);
