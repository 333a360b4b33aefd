/** Adaptive pooling: over as many bins as are wanted, whatever the size of x. */
import { ShapeError } from '../core/errors';
import { either, kind, orNull, type Kind } from '../core/kinds';
import { show, sizeOf, type Shape } from '../core/shape';
import { composite, type Signature } from '../core/signature';
import { anExtent } from '../core/sizes';
import type { Tensor } from '../core/tensor';
import { aTensor } from '../core/tensor-kinds';
import { arange, tensor } from './creation';
import { to } from './elementwise';
import { gather, indexSelect } from './picking';
import { matmul } from './matmul';
import { avgPool1d, avgPool2d, avgPool3d, maxima } from './pool';
import { checkLayout, windowsOf } from './pooling';
import { max } from './reduce';
import { expand, reshape, t } from './view';

/** How many bins there are in a direction; null: as many as x has positions. */
export type Bins = number | null;
/** One number for all directions, or one for each. */
export type PairOfBins = Bins | readonly [vertical: Bins, horizontal: Bins];
export type TripleOfBins = Bins | readonly [depth: Bins, height: Bins, width: Bins];

const someBins: Kind<Bins> = orNull(anExtent(1));
const eachOf = <T>(dims: number): Kind<T> =>
  kind(`a list of ${dims} of them`, v => Array.isArray(v) && v.length === dims && [...v].every(someBins.fits));
export const aPairOfBins: Kind<PairOfBins> = either(someBins, eachOf<readonly [Bins, Bins]>(2));
export const aTripleOfBins: Kind<TripleOfBins> = either(someBins, eachOf<readonly [Bins, Bins, Bins]>(3));
export const bins1d: Kind<Bins> = someBins;

/** The m bins of n positions: bin i is [⌊i·n/m⌋, ⌈(i + 1)·n/m⌉), so neighbours overlap where m does not divide n. */
function bins(n: number, m: number): { readonly start: number; readonly size: number }[] {
  return Array.from({ length: m }, (_, i) => {
    const start = Math.floor((i * n) / m);
    return { start, size: Math.ceil(((i + 1) * n) / m) - start };
  });
}

/** The output's size and, where it divides the input's, the windows that are the bins. */
function binsOf(
  where: string,
  dims: number,
  x: Shape,
  outputSize: Bins | readonly Bins[],
): { readonly output: Shape; readonly window: Shape | null } {
  checkLayout(where, dims, x);
  const sizes = x.slice(-dims);
  if (sizes.includes(0)) throw new ShapeError(where, `x ${show(x)} has no positions to make bins of`);
  const wanted = typeof outputSize === 'number' || outputSize === null ? sizes.map(() => outputSize) : outputSize;
  const output = sizes.map((n, i) => wanted[i] ?? n);
  const even = sizes.every((n, i) => n % output[i]! === 0);
  return { output, window: even ? sizes.map((n, i) => n / output[i]!) : null };
}

/** The averages over m bins as a matrix [m, n]. */
function averages(n: number, m: number): Tensor {
  const rows = new Float32Array(m * n);
  bins(n, m).forEach(({ start, size }, i) => rows.fill(1 / size, i * n + start, i * n + start + size));
  return tensor(rows, { shape: [m, n] });
}
function averaged(where: string, dims: number, x: Tensor, outputSize: Bins | readonly Bins[]): Tensor {
  const { output, window } = binsOf(where, dims, x.shape, outputSize);
  const [k = 1, kh = 1, kw = 1] = window ?? [];
  if (window) return dims === 1 ? avgPool1d(x, k) : dims === 2 ? avgPool2d(x, [k, kh]) : avgPool3d(x, [k, kh, kw]);
  // A bin is a box, and its average that of averages.
  const n = x.shape.slice(-dims);
  const lines = matmul(to(x, 'f32'), t(averages(n[dims - 1]!, output[dims - 1]!)));
  const planes = dims > 1 ? matmul(averages(n[dims - 2]!, output[dims - 2]!), lines) : lines;
  if (dims < 3) return planes;
  const lead = x.shape.slice(0, -3);
  const flat = reshape(planes, [sizeOf(lead), n[0]!, output[1]! * output[2]!]);
  return reshape(matmul(averages(n[0]!, output[0]!), flat), [...lead, ...output]);
}

/** The maxima over m bins along dimension d, and what stands in `places` where they are. */
function binMaxima([x, places]: readonly Tensor[], d: number, m: number): Tensor[] {
  if (!x) return [];
  const all = bins(x.shape[d]!, m);
  const longest = all.reduce((most, { size }) => Math.max(most, size), 1);
  // Shorter bins repeat their last index: it comes after its equal, and wins nothing.
  const index = tensor(
    Int32Array.from(
      all.flatMap(({ start, size }) => Array.from({ length: longest }, (_, j) => start + Math.min(j, size - 1))),
    ),
  );
  const copies = (of: Tensor): Tensor =>
    reshape(indexSelect(of, d, index), [...x.shape.slice(0, d), m, longest, ...x.shape.slice(d + 1)]);
  const [y, at] = max(copies(x), d + 1, { keepdim: true });
  const shape = x.shape.map((n, i) => (i === d ? m : n));
  const found = places && reshape(gather(copies(places), d + 1, at), shape);
  return found ? [reshape(y, shape), found] : [reshape(y, shape)];
}
function greatest(
  where: string,
  dims: number,
  x: Tensor,
  outputSize: Bins | readonly Bins[],
  indices: boolean,
): [y: Tensor, indices: Tensor] {
  const { output, window } = binsOf(where, dims, x.shape, outputSize);
  const sizes = x.shape.slice(-dims);
  let found: Tensor[];
  if (window) found = maxima(where, dims, x, windowsOf(where, dims, x.shape, window, {}), indices);
  else {
    // Columns first, then the best of them: of equals, that is the first row by row.
    const places = (): Tensor => expand(reshape(arange(sizeOf(sizes)), sizes), x.shape);
    found = indices ? [x, places()] : [x];
    for (let i = dims - 1; i >= 0; i--) found = binMaxima(found, x.ndim - dims + i, output[i]!);
  }
  const [y, at = x] = found;
  return [y ?? x, indices ? to(at, 'i32') : at];
}

const takes = <S>(of: Kind<S>): Signature<[x: Tensor, outputSize: S]> => [
  ['x', aTensor],
  ['outputSize', of],
];

/** The averages of x [n, c, l] over l′ bins. */
export const adaptiveAvgPool1d: (x: Tensor, outputSize: Bins) => Tensor = composite(
  'adaptiveAvgPool1d',
  takes(bins1d),
  (x, outputSize) => averaged('adaptiveAvgPool1d', 1, x, outputSize),
);

/**
 * The averages of x [n, c, h, w] over h′ × w′ bins, whatever its size: bin i of n positions in m is from ⌊i·n/m⌋ to ⌈(i + 1)·n/m⌉. Global average
 * pooling is outputSize 1.
 */
export const adaptiveAvgPool2d: (x: Tensor, outputSize: PairOfBins) => Tensor = composite(
  'adaptiveAvgPool2d',
  takes(aPairOfBins),
  (x, outputSize) => averaged('adaptiveAvgPool2d', 2, x, outputSize),
);

/** The averages of x [n, c, d, h, w] over d′ × h′ × w′ bins. */
export const adaptiveAvgPool3d: (x: Tensor, outputSize: TripleOfBins) => Tensor = composite(
  'adaptiveAvgPool3d',
  takes(aTripleOfBins),
  (x, outputSize) => averaged('adaptiveAvgPool3d', 3, x, outputSize),
);

/** The maxima of x [n, c, l] over l′ bins; of equals the first gets the gradient. */
export const adaptiveMaxPool1d: (x: Tensor, outputSize: Bins) => Tensor = composite(
  'adaptiveMaxPool1d',
  takes(bins1d),
  (x, outputSize) => greatest('adaptiveMaxPool1d', 1, x, outputSize, false)[0],
);
/** {@link adaptiveMaxPool1d}, and at which place, counted row by row, each maximum is (i32). */
export const adaptiveMaxPool1dWithIndices: (x: Tensor, outputSize: Bins) => [y: Tensor, indices: Tensor] = composite(
  'adaptiveMaxPool1dWithIndices',
  takes(bins1d),
  (x, outputSize) => greatest('adaptiveMaxPool1dWithIndices', 1, x, outputSize, true),
);

/** The maxima of x [n, c, h, w] over h′ × w′ bins; of equals the first gets the gradient. */
export const adaptiveMaxPool2d: (x: Tensor, outputSize: PairOfBins) => Tensor = composite(
  'adaptiveMaxPool2d',
  takes(aPairOfBins),
  (x, outputSize) => greatest('adaptiveMaxPool2d', 2, x, outputSize, false)[0],
);
/** {@link adaptiveMaxPool2d}, and at which place, counted row by row, each maximum is (i32). */
export const adaptiveMaxPool2dWithIndices: (x: Tensor, outputSize: PairOfBins) => [y: Tensor, indices: Tensor] =
  composite('adaptiveMaxPool2dWithIndices', takes(aPairOfBins), (x, outputSize) =>
    greatest('adaptiveMaxPool2dWithIndices', 2, x, outputSize, true),
  );

/** The maxima of x [n, c, d, h, w] over d′ × h′ × w′ bins; of equals the first gets the gradient. */
export const adaptiveMaxPool3d: (x: Tensor, outputSize: TripleOfBins) => Tensor = composite(
  'adaptiveMaxPool3d',
  takes(aTripleOfBins),
  (x, outputSize) => greatest('adaptiveMaxPool3d', 3, x, outputSize, false)[0],
);
/** {@link adaptiveMaxPool3d}, and at which place, counted row by row, each maximum is (i32). */
export const adaptiveMaxPool3dWithIndices: (x: Tensor, outputSize: TripleOfBins) => [y: Tensor, indices: Tensor] =
  composite('adaptiveMaxPool3dWithIndices', takes(aTripleOfBins), (x, outputSize) =>
    greatest('adaptiveMaxPool3dWithIndices', 3, x, outputSize, true),
  );
