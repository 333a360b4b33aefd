/** The elements of a tensor in another order, or more than once. */
import { ShapeError } from '../core/errors';
import { aDim, aShape, dimsInOrder, either, oneOrMoreDims, optional, wholeNumber, type Kind } from '../core/kinds';
import { dimOf, dimsOf, show, type Shape } from '../core/shape';
import { checked, composite, type Signature, listed, type Listed } from '../core/signature';
import type { Tensor } from '../core/tensor';
import { aTensor } from '../core/tensor-kinds';
import { tensor } from './creation';
import { indexSelect } from './picking';
import { concat } from './join';
import { identity } from './parts';
import { expand, permute, reshape, select, slice, split, transpose } from './view';

const places = (n: number, at: (i: number) => number): Tensor =>
  tensor(Int32Array.from({ length: n }, (_, i) => at(i)));

/** x with its places along `dims` in reverse order. A copy, as in PyTorch. */
export const flip: (x: Tensor, dims: number | Shape) => Tensor = composite(
  'flip',
  [
    ['x', aTensor],
    ['dims', oneOrMoreDims],
  ],
  (x, dims) =>
    dimsOf('flip', dims, x.ndim).reduce((y, d) => {
      const n = x.shape[d]!;
      return indexSelect(
        y,
        d,
        places(n, i => n - 1 - i),
      );
    }, identity(x)),
);

function checkDims(where: string, x: Tensor, least: number): void {
  if (x.ndim < least) {
    throw new ShapeError(
      where,
      `takes ${least} dimension${least === 1 ? '' : 's'} or more, this has shape ${show(x.shape)}`,
    );
  }
}
/** The columns of a matrix, dimension 1, in reverse order. */
export const fliplr: (x: Tensor) => Tensor = checked('fliplr', [['x', aTensor]], x => {
  checkDims('fliplr', x, 2);
  return flip(x, 1);
});
/** The rows, dimension 0, in reverse order. */
export const flipud: (x: Tensor) => Tensor = checked('flipud', [['x', aTensor]], x => {
  checkDims('flipud', x, 1);
  return flip(x, 0);
});

/** x turned `k` times by 90°, from the first towards the second of two dimensions. */
export const rot90: (x: Tensor, k?: number, dims?: Shape) => Tensor = composite(
  'rot90',
  [
    ['x', aTensor],
    ['k', optional(wholeNumber(-Infinity))],
    ['dims', optional(dimsInOrder)],
  ],
  (x, k = 1, dims = [0, 1]) => {
    const [a, b] = dims.map(d => dimOf('rot90', d, x.ndim));
    if (dims.length !== 2 || a === undefined || b === undefined || a === b) {
      throw new ShapeError('rot90', `takes two dimensions to turn, these are ${show(dims)}`);
    }
    const turns = ((k % 4) + 4) % 4;
    if (turns === 2) return flip(x, [a, b]);
    return turns === 0 ? identity(x) : turns === 1 ? flip(transpose(x, a, b), a) : transpose(flip(x, a), a, b);
  },
);

/** x with its places moved on by `shifts` along `dims`, from the end to the front again; without `dims`, of x in one row. */
export const roll: (x: Tensor, shifts: number | Shape, dims?: number | Shape) => Tensor = composite(
  'roll',
  [
    ['x', aTensor],
    ['shifts', either(wholeNumber(-Infinity), dimsInOrder)],
    ['dims', optional(oneOrMoreDims)],
  ],
  (x, shifts, dims) => {
    const by = typeof shifts === 'number' ? [shifts] : shifts;
    if (dims === undefined) {
      if (by.length !== 1) throw new ShapeError('roll', `takes one shift without dims, these are ${show(by)}`);
      return reshape(rolled(reshape(x, [x.size]), by[0]!, 0), x.shape);
    }
    const along = typeof dims === 'number' ? [dims] : dims;
    if (by.length !== along.length) {
      throw new ShapeError('roll', `takes a shift for each dimension, these are ${show(by)} for ${show(along)}`);
    }
    return along.reduce((y, d, i) => rolled(y, by[i]!, dimOf('roll', d, x.ndim)), identity(x));
  },
);
function rolled(x: Tensor, shift: number, dim: number): Tensor {
  const n = x.shape[dim]!;
  const cut = n === 0 ? 0 : ((-shift % n) + n) % n;
  return cut === 0 ? x : concat([slice(x, dim, cut), slice(x, dim, 0, cut)], dim);
}

/** x, `sizes[d]` times along each dimension d. Sizes may be more than x has dimensions, which it then gets in front. */
export const repeat: (x: Tensor, ...sizes: Listed) => Tensor = listed(
  'repeat',
  composite(
    'repeat',
    [
      ['x', aTensor],
      ['sizes', aShape],
    ],
    (x, sizes) => {
      if (sizes.length < x.ndim) {
        throw new ShapeError(
          'repeat',
          `takes a number for each dimension of ${show(x.shape)}, these are ${show(sizes)}`,
        );
      }
      const shape = [...new Array<number>(sizes.length - x.ndim).fill(1), ...x.shape];
      const apart = reshape(
        x,
        shape.flatMap(n => [1, n]),
      );
      const copies = expand(
        apart,
        shape.flatMap((n, d) => [sizes[d]!, n]),
      );
      return reshape(
        copies,
        shape.map((n, d) => n * sizes[d]!),
      );
    },
  ),
);
/** As {@link repeat}; of fewer numbers than x has dimensions, the first dimensions are not repeated. */
export const tile: (x: Tensor, ...sizes: Listed) => Tensor = listed(
  'tile',
  checked(
    'tile',
    [
      ['x', aTensor],
      ['sizes', aShape],
    ],
    (x, sizes) => repeat(x, [...new Array<number>(Math.max(x.ndim - sizes.length, 0)).fill(1), ...sizes]),
  ),
);

const counts: Kind<number | Shape> = either(wholeNumber(), aShape);
/**
 * Each place along `dim` so many times, one after the other; a list says it of each place. Without `dim`, of x in one row.
 */
export const repeatInterleave: (x: Tensor, repeats: number | Shape, dim?: number) => Tensor = composite(
  'repeatInterleave',
  [
    ['x', aTensor],
    ['repeats', counts],
    ['dim', optional(aDim)],
  ],
  (x, repeats, dim) => {
    if (dim === undefined) return repeatInterleave(reshape(x, [x.size]), repeats, 0);
    const d = dimOf('repeatInterleave', dim, x.ndim);
    const n = x.shape[d]!;
    const each = typeof repeats === 'number' ? new Array<number>(n).fill(repeats) : repeats;
    if (each.length !== n) {
      throw new ShapeError('repeatInterleave', `${each.length} repeats for ${n} places of dimension ${d}`);
    }
    return indexSelect(x, d, tensor(Int32Array.from(each.flatMap((k, i) => new Array<number>(k).fill(i)))));
  },
);

/** `length` places of a dimension, from `start` on. A view. */
export const narrow: (x: Tensor, dim: number, start: number, length: number) => Tensor = checked(
  'narrow',
  [
    ['x', aTensor],
    ['dim', aDim],
    ['start', wholeNumber(-Infinity)],
    ['length', wholeNumber()],
  ],
  (x, dim, start, length) => {
    const n = x.shape[dimOf('narrow', dim, x.ndim)]!;
    const from = start < 0 ? start + n : start;
    if (from < 0 || from + length > n) {
      throw new ShapeError('narrow', `places ${from} to ${from + length} are not among the ${n} of dimension ${dim}`);
    }
    return slice(x, dim, from, from + length);
  },
);

const ALONG: Signature<[x: Tensor, dim?: number]> = [
  ['x', aTensor],
  ['dim', optional(aDim)],
];
/** What lies at each place of a dimension, without that dimension. Views. */
export const unbind: (x: Tensor, dim?: number) => Tensor[] = checked('unbind', ALONG, (x, dim = 0) => {
  const d = dimOf('unbind', dim, x.ndim);
  return Array.from({ length: x.shape[d]! }, (_, i) => select(x, d, i));
});
/** At most `chunks` pieces along a dimension, of equal size but for the last. Views. */
export const chunk: (x: Tensor, chunks: number, dim?: number) => Tensor[] = checked(
  'chunk',
  [
    ['x', aTensor],
    ['chunks', wholeNumber(1)],
    ['dim', optional(aDim)],
  ],
  (x, chunks, dim = 0) => {
    const n = x.shape[dimOf('chunk', dim, x.ndim)]!;
    return split(x, n > 0 ? Math.ceil(n / chunks) : new Array<number>(chunks).fill(0), dim); // nothing is in as many parts
  },
);

/** Dimensions `source` moved to `destination`; the others keep their order. A view. */
export const movedim: (x: Tensor, source: number | Shape, destination: number | Shape) => Tensor = checked(
  'movedim',
  [
    ['x', aTensor],
    ['source', oneOrMoreDims],
    ['destination', oneOrMoreDims],
  ],
  (x, source, destination) => {
    const [from, to] = [source, destination].map(dims =>
      (typeof dims === 'number' ? [dims] : dims).map(d => dimOf('movedim', d, Math.max(1, x.ndim))),
    );
    if (!from || !to || from.length !== to.length || new Set(from).size + new Set(to).size !== 2 * from.length) {
      throw new ShapeError('movedim', `takes as many different dimensions in source and destination`);
    }
    const others = x.shape.map((_, d) => d).filter(d => !from.includes(d));
    return permute(
      x,
      x.shape.map((_, d) => (to.includes(d) ? from[to.indexOf(d)]! : others.shift()!)),
    );
  },
);
/** {@link transpose}, as NumPy calls it. */
export const swapaxes: typeof transpose = checked(
  'swapaxes',
  [
    ['x', aTensor],
    ['dim0', aDim],
    ['dim1', aDim],
  ],
  (x, dim0, dim1) => transpose(x, dim0, dim1),
);
