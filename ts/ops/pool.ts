/** Pooling: the maximum or the average of each window of each feature map. */
import { ShapeError } from '../core/errors';
import { options as optionsOf } from '../core/kinds';
import { aTensor } from '../core/tensor-kinds';
import { aPair, pairOf, type Pair } from '../core/sizes';
import { runtime } from '../core/runtime';
import { checked, composite } from '../core/signature';
import { show, type Shape } from '../core/shape';
import type { Tensor } from '../core/tensor';
import { tensor } from './creation';
import { indexSelect } from './indexing';
import { matmul } from './matmul';
import { avgPool, maxPool, windowOf } from './pooling';
import { max } from './reduce';
import { reshape, t } from './view';
import { avgPool2dKeys, maxPool2dKeys, type AvgPool2dOptions, type MaxPool2dOptions } from './windows';

/** The maximum of each window of x [n, c, h, w]; of equals the first gets the gradient, and NaN wins. */
export const maxPool2d: (x: Tensor, kernelSize: Pair, options?: MaxPool2dOptions) => Tensor = checked(
  'maxPool2d',
  [
    ['x', aTensor],
    ['kernelSize', aPair(1)],
    ['options', optionsOf(maxPool2dKeys)],
  ],
  (x, kernelSize, options = {}) => {
    const taps = runtime.recording && x.requiresGrad;
    const [y, at] = maxPool(x, { window: windowOf('maxPool2d', x.shape, kernelSize, options), taps });
    at.dispose();
    return y;
  },
);

/** The average of each window of x [n, c, h, w]. */
export const avgPool2d: (x: Tensor, kernelSize: Pair, options?: AvgPool2dOptions) => Tensor = checked(
  'avgPool2d',
  [
    ['x', aTensor],
    ['kernelSize', aPair(1)],
    ['options', optionsOf(avgPool2dKeys)],
  ],
  (x, kernelSize, options = {}) => {
    const { countIncludePad = true, divisorOverride } = options;
    return avgPool(x, {
      window: windowOf('avgPool2d', x.shape, kernelSize, options),
      countPad: countIncludePad,
      divisor: divisorOverride ?? 0,
    });
  },
);

/** The m bins of n positions: bin i is [⌊i·n/m⌋, ⌈(i + 1)·n/m⌉), so neighbours overlap where m does not divide n. */
function bins(n: number, m: number): { readonly start: number; readonly size: number }[] {
  return Array.from({ length: m }, (_, i) => {
    const start = Math.floor((i * n) / m);
    return { start, size: Math.ceil(((i + 1) * n) / m) - start };
  });
}

/** The output's size and, where it divides the input's, the windows that are the bins. */
function binsOf(where: string, x: Shape, outputSize: Pair): { output: readonly [number, number]; window: Pair | null } {
  if (x.length !== 4) throw new ShapeError(where, `x takes [batch, channels, height, width], this is ${show(x)}`);
  const output = pairOf(outputSize);
  const [h, w] = [x[2]!, x[3]!];
  if (h === 0 || w === 0) throw new ShapeError(where, `x ${show(x)} has no positions to make bins of`);
  const even = h % output[0] === 0 && w % output[1] === 0;
  return { output, window: even ? [h / output[0], w / output[1]] : null };
}

/** The averages over m bins as a matrix [m, n]. */
function averages(n: number, m: number): Tensor {
  const rows = new Float32Array(m * n);
  bins(n, m).forEach(({ start, size }, i) => rows.fill(1 / size, i * n + start, i * n + start + size));
  return tensor(rows, { shape: [m, n] });
}

/**
 * The averages of x [n, c, h, w] over oh × ow bins, whatever its size: bin i of the height is from ⌊i·h/oh⌋ to
 * ⌈(i + 1)·h/oh⌉. Global average pooling is outputSize 1.
 */
export const adaptiveAvgPool2d: (x: Tensor, outputSize: Pair) => Tensor = composite(
  'adaptiveAvgPool2d',
  [
    ['x', aTensor],
    ['outputSize', aPair(1)],
  ],
  (x, outputSize) => {
    const { output, window } = binsOf('adaptiveAvgPool2d', x.shape, outputSize);
    if (window) return avgPool2d(x, window);
    // A bin is a rectangle, and its average that of averages.
    return matmul(averages(x.shape[2]!, output[0]), matmul(x, t(averages(x.shape[3]!, output[1]))));
  },
);

/** The maxima over m bins along dimension d. */
function binMaxima(x: Tensor, d: number, m: number): Tensor {
  const all = bins(x.shape[d]!, m);
  const longest = all.reduce((most, { size }) => Math.max(most, size), 1);
  // Shorter bins repeat their last index: it comes after its equal, and wins nothing.
  const index = all.flatMap(({ start, size }) =>
    Array.from({ length: longest }, (_, j) => start + Math.min(j, size - 1)),
  );
  const copies = indexSelect(x, d, tensor(Int32Array.from(index)));
  return max(reshape(copies, [...x.shape.slice(0, d), m, longest, ...x.shape.slice(d + 1)]), d + 1)[0];
}

/** The maxima of x [n, c, h, w] over the bins of {@link adaptiveAvgPool2d}; of equals the first gets the gradient. */
export const adaptiveMaxPool2d: (x: Tensor, outputSize: Pair) => Tensor = composite(
  'adaptiveMaxPool2d',
  [
    ['x', aTensor],
    ['outputSize', aPair(1)],
  ],
  (x, outputSize) => {
    const { output, window } = binsOf('adaptiveMaxPool2d', x.shape, outputSize);
    // Rows first, then the best of them: of equals, that is the first row by row.
    return window ? maxPool2d(x, window) : binMaxima(binMaxima(x, 3, output[1]), 2, output[0]);
  },
);
