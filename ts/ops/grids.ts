/** Tensors made of sequences of numbers: grids, triangles, combinations, blocks and powers. */
import { ShapeError } from '../core/errors';
import { aBoolean, listOf, oneOf, optional, options as optionsOf, wholeNumber, type Kind } from '../core/kinds';
import { show } from '../core/shape';
import { checked, composite, type Signature } from '../core/signature';
import type { Tensor } from '../core/tensor';
import { aTensor } from '../core/tensor-kinds';
import { mul } from './arithmetic';
import { full, tensor } from './creation';
import { indexSelect } from './picking';
import { concat, stack } from './join';
import { pad } from './pad';
import { expand, reshape } from './view';

const tensors: Kind<readonly Tensor[]> = listOf(aTensor, 'a list of tensors');
function checkRow(where: string, x: Tensor): Tensor {
  if (x.ndim > 1) throw new ShapeError(where, `takes tensors of one dimension, this has shape ${show(x.shape)}`);
  return reshape(x, [x.size]);
}

export interface MeshgridOptions {
  /** 'ij': dimension i of the results runs through tensor i; 'xy': the first two are exchanged, as for plots. Default 'ij'. */
  readonly indexing?: 'ij' | 'xy';
}
/** The coordinates of a grid: for each of the tensors [nᵢ] its elements spread over [n₀, n₁, …]. Views. */
export const meshgrid: (xs: readonly Tensor[], options?: MeshgridOptions) => Tensor[] = checked(
  'meshgrid',
  [
    ['xs', tensors],
    ['options', optionsOf<MeshgridOptions>({ indexing: oneOf('ij', 'xy') })],
  ],
  (xs, { indexing = 'ij' } = {}) => {
    const rows = xs.map(x => checkRow('meshgrid', x));
    const swap = indexing === 'xy' && xs.length > 1;
    const dimOf = (i: number): number => (swap && i < 2 ? 1 - i : i);
    const shape = new Array<number>(rows.length);
    rows.forEach((x, i) => (shape[dimOf(i)] = x.size));
    return rows.map((x, i) =>
      expand(
        reshape(
          x,
          shape.map((_, d) => (d === dimOf(i) ? -1 : 1)),
        ),
        shape,
      ),
    );
  },
);
/** All choices of one element of each of the tensors [nᵢ], the last running fastest: [n₀ · n₁ · …, tensors]; of one, itself. */
export const cartesianProd: (xs: readonly Tensor[]) => Tensor = composite('cartesianProd', [['xs', tensors]], xs => {
  const [first] = xs;
  if (!first) throw new ShapeError('cartesianProd', 'takes at least one tensor');
  if (xs.length === 1) return checkRow('cartesianProd', first);
  return stack(
    meshgrid(xs).map(x => reshape(x, [x.size])),
    1,
  );
});

const SIZES: Signature<[rows: number, columns: number, offset?: number]> = [
  ['rows', wholeNumber()],
  ['columns', wholeNumber()],
  ['offset', optional(wholeNumber(-Infinity))],
];
type Triangle = (rows: number, columns: number, offset?: number) => Tensor;
const triangle = (name: string, has: (i: number, j: number, offset: number) => boolean): Triangle =>
  checked(name, SIZES, (rows, columns, offset = 0) => {
    const [is, js]: [number[], number[]] = [[], []];
    for (let i = 0; i < rows; i++)
      for (let j = 0; j < columns; j++)
        if (has(i, j, offset)) {
          is.push(i);
          js.push(j);
        }
    return tensor(Int32Array.from(is.concat(js)), { shape: [2, is.length] });
  });
/** Rows and columns (i32, [2, n]) of the elements on and below the diagonal j = i + offset, row by row. */
export const trilIndices: Triangle = triangle('trilIndices', (i, j, offset) => j <= i + offset);
/** Rows and columns (i32, [2, n]) of the elements on and above the diagonal j = i + offset, row by row. */
export const triuIndices: Triangle = triangle('triuIndices', (i, j, offset) => j >= i + offset);

export interface CombinationsOptions {
  /** Whether an element may come more than once. Default false. */
  readonly withReplacement?: boolean;
}
/** All choices of r (2) elements of x [n], in the order of their places: [choices, r]. */
export const combinations: (x: Tensor, r?: number, options?: CombinationsOptions) => Tensor = composite(
  'combinations',
  [
    ['x', aTensor],
    ['r', optional(wholeNumber())],
    ['options', optionsOf<CombinationsOptions>({ withReplacement: aBoolean })],
  ],
  (x, r = 2, { withReplacement = false } = {}) => {
    const row = checkRow('combinations', x);
    const places: number[] = [];
    let choices = 0;
    const choose = (chosen: readonly number[], from: number): void => {
      if (chosen.length === r) {
        places.push(...chosen);
        choices++;
        return;
      }
      for (let i = from; i < row.size; i++) choose([...chosen, i], withReplacement ? i : i + 1);
    };
    if (r > 0) choose([], 0);
    return reshape(indexSelect(row, 0, tensor(Int32Array.from(places))), [choices, r]);
  },
);

/** Matrices along the diagonal of one, zeros elsewhere; a tensor of fewer dimensions is a row. */
export const blockDiag: (xs: readonly Tensor[]) => Tensor = composite('blockDiag', [['xs', tensors]], xs => {
  const blocks = xs.map(x => {
    if (x.ndim > 2) throw new ShapeError('blockDiag', `takes matrices, this has shape ${show(x.shape)}`);
    return x.ndim === 2 ? x : reshape(x, [1, x.size]);
  });
  if (blocks.length === 0) throw new ShapeError('blockDiag', 'takes at least one tensor');
  const width = blocks.reduce((n, x) => n + x.shape[1]!, 0);
  let end = 0;
  return concat(
    blocks.map(x => {
      end += x.shape[1]!;
      return pad(x, [end - x.shape[1]!, width - end]);
    }),
  );
});

export interface VanderOptions {
  /** Powers from 0 up, instead of down to 0. Default false. */
  readonly increasing?: boolean;
}
/** The Vandermonde matrix of x [m]: its powers n − 1 down to 0 as columns, [m, n]; n is by default m. */
export const vander: (x: Tensor, n?: number, options?: VanderOptions) => Tensor = composite(
  'vander',
  [
    ['x', aTensor],
    ['n', optional(wholeNumber())],
    ['options', optionsOf<VanderOptions>({ increasing: aBoolean })],
  ],
  (x, n = x.size, { increasing = false } = {}) => {
    if (x.ndim !== 1) throw new ShapeError('vander', `x takes one dimension, this has shape ${show(x.shape)}`);
    const dtype = x.dtype === 'f32' ? 'f32' : 'i32';
    if (n === 0) return full([x.size, 0], 0, { dtype });
    const powers = [full([x.size], 1, { dtype })];
    for (let i = 1; i < n; i++) powers.push(mul(powers[i - 1]!, x));
    return stack(increasing ? powers : powers.reverse(), 1);
  },
);
