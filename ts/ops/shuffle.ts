/** Pixels moved between channels and space, and windows as columns. */
import { ShapeError } from '../core/errors';
import { options as optionsOf, wholeNumber, type Keys } from '../core/kinds';
import { show, type Shape } from '../core/shape';
import { composite, positional, type Positional, type Signature } from '../core/signature';
import { aPair, pairOf, type Pair } from '../core/sizes';
import type { Tensor } from '../core/tensor';
import { aTensor } from '../core/tensor-kinds';
import { tensor } from './creation';
import { addAlong } from './indexing';
import { indexSelect } from './picking';
import { pad } from './pad';
import { permute, reshape, slice } from './view';

/** Of x […, c, h, w] the dimensions before, and those. */
function image(where: string, x: Tensor): [lead: Shape, c: number, h: number, w: number] {
  if (x.ndim < 3) throw new ShapeError(where, `x takes […, channels, height, width], this is ${show(x.shape)}`);
  const [c = 0, h = 0, w = 0] = x.shape.slice(-3);
  return [x.shape.slice(0, -3), c, h, w];
}
const FACTOR: Signature<[x: Tensor, factor: number]> = [
  ['x', aTensor],
  ['factor', wholeNumber(1)],
];
/** The dimensions before the last `order.length`, and these in another order. */
const lastIn = (x: Tensor, order: Shape): Tensor => {
  const lead = x.ndim - order.length;
  return permute(x, [...Array.from({ length: lead }, (_, i) => i), ...order.map(d => lead + d)]);
};

/** x […, c·r², h, w] as […, c, h·r, w·r]: r² channels are the pixels of a square (Shi et al. 2016). */
export const pixelShuffle: (x: Tensor, upscaleFactor: number) => Tensor = composite('pixelShuffle', FACTOR, (x, r) => {
  const [lead, channels, h, w] = image('pixelShuffle', x);
  const c = channels / (r * r);
  if (!Number.isInteger(c)) {
    throw new ShapeError('pixelShuffle', `${channels} channels do not divide into squares of ${r} × ${r}`);
  }
  return reshape(lastIn(reshape(x, [...lead, c, r, r, h, w]), [0, 3, 1, 4, 2]), [...lead, c, h * r, w * r]);
});
/** x […, c, h·r, w·r] as […, c·r², h, w]: the inverse of {@link pixelShuffle}. */
export const pixelUnshuffle: (x: Tensor, downscaleFactor: number) => Tensor = composite(
  'pixelUnshuffle',
  FACTOR,
  (x, r) => {
    const [lead, c, rows, columns] = image('pixelUnshuffle', x);
    const [h, w] = [rows / r, columns / r];
    if (!Number.isInteger(h) || !Number.isInteger(w)) {
      throw new ShapeError('pixelUnshuffle', `x ${show(x.shape)} does not divide into squares of ${r} × ${r}`);
    }
    return reshape(lastIn(reshape(x, [...lead, c, h, r, w, r]), [0, 2, 4, 1, 3]), [...lead, c * r * r, h, w]);
  },
);
/** x [n, c, …] with the first channels of all groups in front, then their second ones, … (Zhang et al. 2018). */
export const channelShuffle: (x: Tensor, groups: number) => Tensor = composite(
  'channelShuffle',
  [
    ['x', aTensor],
    ['groups', wholeNumber(1)],
  ],
  (x, groups) => {
    const [n = 0, c = 0, ...rest] = x.shape;
    if (x.ndim < 3) throw new ShapeError('channelShuffle', `x takes [batch, channels, …], this is ${show(x.shape)}`);
    if (c % groups !== 0) throw new ShapeError('channelShuffle', `${c} channels do not divide into ${groups} groups`);
    const apart = reshape(x, [n, groups, c / groups, ...rest]);
    return reshape(permute(apart, [0, 2, 1, ...rest.map((_, i) => 3 + i)]), x.shape);
  },
);

export interface UnfoldOptions {
  /** Steps between the taps of a window. Default 1. */
  readonly dilation?: Pair;
  /** Zeros at all sides. Default 0. */
  readonly padding?: Pair;
  /** Steps between windows. Default 1. */
  readonly stride?: Pair;
}
export const unfoldKeys: Keys<UnfoldOptions> = { dilation: aPair(1), padding: aPair(0), stride: aPair(1) };
export const UNFOLD_ORDER: readonly ['dilation', 'padding', 'stride'] = ['dilation', 'padding', 'stride'];

/** Where in the padded plane, row by row, tap k of window l is, of [kh·kw, windows]. */
function columnsOf(
  where: string,
  size: readonly [number, number],
  kernelSize: Pair,
  options: UnfoldOptions,
): { readonly index: Tensor; readonly taps: number; readonly windows: number; readonly padding: Pair; padded: Shape } {
  const kernel = pairOf(kernelSize);
  const dilation = pairOf(options.dilation ?? 1);
  const padding = pairOf(options.padding ?? 0);
  const stride = pairOf(options.stride ?? 1);
  const padded = [size[0] + 2 * padding[0], size[1] + 2 * padding[1]] as const;
  const steps = ([0, 1] as const).map(i => {
    const room = padded[i] - dilation[i] * (kernel[i] - 1) - 1;
    if (room < 0) {
      throw new ShapeError(
        where,
        `a window of ${show(kernel)} is larger than ${show(size)} with padding ${show(padding)}`,
      );
    }
    return Math.floor(room / stride[i]) + 1;
  });
  const [rows = 0, columns = 0] = steps;
  const places = new Int32Array(kernel[0] * kernel[1] * rows * columns);
  let k = 0;
  for (let u = 0; u < kernel[0]; u++)
    for (let v = 0; v < kernel[1]; v++)
      for (let i = 0; i < rows; i++)
        for (let j = 0; j < columns; j++)
          places[k++] = (i * stride[0] + u * dilation[0]) * padded[1] + j * stride[1] + v * dilation[1];
  return { index: tensor(places), taps: kernel[0] * kernel[1], windows: rows * columns, padding, padded };
}
/**
 * The windows of x [n, c, h, w] (or without the batch) as columns [n, c·kh·kw, windows], row by row: im2col.
 */
export const unfold: (
  x: Tensor,
  kernelSize: Pair,
  ...options: Positional<UnfoldOptions, typeof UNFOLD_ORDER>
) => Tensor = positional(
  'unfold',
  UNFOLD_ORDER,
  composite(
    'unfold',
    [
      ['x', aTensor],
      ['kernelSize', aPair(1)],
      ['options', optionsOf(unfoldKeys)],
    ],
    (x, kernelSize, options = {}) => {
      const [lead, c, h, w] = image('unfold', x);
      if (lead.length > 1)
        throw new ShapeError('unfold', `x takes [batch, channels, height, width], this is ${show(x.shape)}`);
      const { index, taps, windows, padding, padded } = columnsOf('unfold', [h, w], kernelSize, options);
      const [ph, pw] = pairOf(padding);
      const flat = reshape(pad(x, [pw, pw, ph, ph]), [...lead, c, padded[0]! * padded[1]!]);
      return reshape(indexSelect(flat, -1, index), [...lead, c * taps, windows]);
    },
  ),
);
/** Columns x [n, c·kh·kw, windows] added up where {@link unfold} took them from: [n, c, …outputSize], col2im. */
export const fold: (
  x: Tensor,
  outputSize: Pair,
  kernelSize: Pair,
  ...options: Positional<UnfoldOptions, typeof UNFOLD_ORDER>
) => Tensor = positional(
  'fold',
  UNFOLD_ORDER,
  composite(
    'fold',
    [
      ['x', aTensor],
      ['outputSize', aPair(1)],
      ['kernelSize', aPair(1)],
      ['options', optionsOf(unfoldKeys)],
    ],
    (x, outputSize, kernelSize, options = {}) => {
      const [h, w] = pairOf(outputSize);
      const { index, taps, windows, padding, padded } = columnsOf('fold', [h, w], kernelSize, options);
      const [rows = 0, columns = 0] = x.shape.slice(-2);
      if (x.ndim < 2 || x.ndim > 3 || columns !== windows || rows % taps !== 0) {
        const wanted = `[batch, channels · ${taps}, ${windows}]`;
        throw new ShapeError('fold', `x takes ${wanted} for an output of ${show([h, w])}, this is ${show(x.shape)}`);
      }
      const lead = [...x.shape.slice(0, -2), rows / taps];
      const [ph, pw] = pairOf(padding);
      const y = addAlong(reshape(x, [...lead, taps * windows]), lead.length, index, padded[0]! * padded[1]!);
      return slice(slice(reshape(y, [...lead, ...padded]), -1, pw, pw + w), -2, ph, ph + h);
    },
  ),
);
