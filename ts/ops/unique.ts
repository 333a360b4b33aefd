/** Different elements, and how often they occur. The shape of the result depends on the elements, which are read. */
import { checkComputes } from '../core/casts';
import { aBoolean, aDim, checkCount, optional, options as optionsOf } from '../core/kinds';
import { dimOf, sizeOf } from '../core/shape';
import { composite } from '../core/signature';
import type { Tensor } from '../core/tensor';
import { aTensor } from '../core/tensor-kinds';
import { swapaxes } from './arrange';
import { tensor } from './creation';
import { indexSelect } from './picking';
import { contiguous, reshape } from './view';

export interface UniqueOptions {
  /** Also: where each element is among the different ones, in x's shape (or along `dim`), i32. Default false. */
  readonly returnInverse?: boolean;
  /** Also: how often each occurs, i32. Default false. */
  readonly returnCounts?: boolean;
  /** Slices along this dimension are compared, as rows of numbers. Default: elements. */
  readonly dim?: number;
}
type Values = UniqueOptions & { readonly returnInverse?: false; readonly returnCounts?: false };
type Two = UniqueOptions &
  (
    | { readonly returnInverse: true; readonly returnCounts?: false }
    | { readonly returnInverse?: false; readonly returnCounts: true }
  );
type Three = UniqueOptions & { readonly returnInverse: true; readonly returnCounts: true };
type Unique = (x: Tensor, options?: UniqueOptions) => Tensor | Tensor[];

/** −1, 0 or 1 as of two numbers one comes first; NaN comes last. */
const order = (a: number, b: number): number =>
  a < b ? -1 : a > b ? 1 : Number(Number.isNaN(a)) - Number(Number.isNaN(b));

const uniqueBy = (name: string, sorted: boolean): Unique =>
  composite(
    name,
    [
      ['x', aTensor],
      ['options', optionsOf<UniqueOptions>({ returnInverse: aBoolean, returnCounts: aBoolean, dim: optional(aDim) })],
    ],
    (x, { returnInverse = false, returnCounts = false, dim } = {}) => {
      checkComputes(name, 'x', x);
      const rows =
        dim === undefined ? reshape(x.detach(), [x.size]) : swapaxes(x.detach(), dimOf(name, dim, x.ndim), 0);
      const data = rows.toArray();
      const n = rows.shape[0]!;
      const width = sizeOf(rows.shape.slice(1));
      const firstOf = (f: (a: number, b: number) => number, i: number, j: number): number => {
        for (let k = 0; k < width; k++) {
          const found = f(data[i * width + k]!, data[j * width + k]!);
          if (found !== 0) return found;
        }
        return 0;
      };
      const differs = (a: number, b: number): number => Number(a !== b);
      const places = Array.from({ length: n }, (_, i) => i);
      if (sorted) places.sort((i, j) => firstOf(order, i, j));
      const inverse = new Int32Array(n);
      const firsts: number[] = [];
      const counts: number[] = [];
      places.forEach((place, i) => {
        if (i === 0 || firstOf(differs, places[i - 1]!, place) !== 0) {
          firsts.push(place);
          counts.push(0);
        }
        inverse[place] = firsts.length - 1;
        counts[firsts.length - 1]!++;
      });
      const found = indexSelect(rows, 0, tensor(Int32Array.from(firsts)));
      const values = dim === undefined ? found : contiguous(swapaxes(found, 0, dim));
      if (!returnInverse && !returnCounts) return values;
      return [
        values,
        ...(returnInverse ? [tensor(inverse, { shape: dim === undefined ? x.shape : [n] })] : []),
        ...(returnCounts ? [tensor(Int32Array.from(counts))] : []),
      ];
    },
  );
const uniqueOf = uniqueBy('unique', true);
const consecutiveOf = uniqueBy('uniqueConsecutive', false);

/**
 * The different elements of x, ascending, NaN last and each for itself; or with `dim` the different slices. With options
 * also an inverse and counts: [values, inverse, counts], of these what was asked for. No gradient leads back.
 *
 * @throws {CaptureError} in a captured function: the numbers are read.
 */
export function unique(x: Tensor, options?: Values): Tensor;
export function unique(x: Tensor, options: Two): [values: Tensor, other: Tensor];
export function unique(x: Tensor, options: Three): [values: Tensor, inverse: Tensor, counts: Tensor];
export function unique(x: Tensor, options?: UniqueOptions): Tensor | Tensor[] {
  if (arguments.length > 2) checkCount('unique', 2, arguments);
  return uniqueOf(x, options);
}
/** As {@link unique}, of neighbours alone: the first of each run of equals, in x's order. */
export function uniqueConsecutive(x: Tensor, options?: Values): Tensor;
export function uniqueConsecutive(x: Tensor, options: Two): [values: Tensor, other: Tensor];
export function uniqueConsecutive(x: Tensor, options: Three): [values: Tensor, inverse: Tensor, counts: Tensor];
export function uniqueConsecutive(x: Tensor, options?: UniqueOptions): Tensor | Tensor[] {
  if (arguments.length > 2) checkCount('uniqueConsecutive', 2, arguments);
  return consecutiveOf(x, options);
}
