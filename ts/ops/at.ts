/** Indexing as in PyTorch and NumPy: x[i, 1:5, ..., mask] is `x.at(i, '1:5', '...', mask)`. */
import { copy } from '../core/convert';
import type { Operand } from '../core/declare';
import { display } from '../core/display';
import { IndexError } from '../core/errors';
import { check, every, isWholeNumber, kind, type Kind } from '../core/kinds';
import { defineParametricOp, type Op } from '../core/op';
import { scope } from '../core/scope';
import { broadcast, show, sizeOf, type Shape } from '../core/shape';
import { checkArguments } from '../core/signature';
import { Tensor } from '../core/tensor';
import { aTensor, aTensorOrNumber } from '../core/tensor-kinds';
import { flip } from './arrange';
import { add } from './arithmetic';
import { expand, mul, reshape } from './basic';
import { full, tensor } from './creation';
import { to } from './elementwise';
import { selectAlong } from './indexing';
import { checkWritable, store } from './inplace';
import { identity, sliceAt } from './parts';
import { wide } from './fitting';
import { coordinatesOf, placesOf } from './places';
import { scatterInto, set, spread } from './scattering';
import { permute, select, unsqueeze } from './view';
import { where } from './where';
import { wrapped } from './wrapped';

type End = number | '';
/** start:stop:step of Python, each of which may be left out: '1:5', ':-1', '::2', '::-1'. */
export type SliceText = `${End}:${End}` | `${End}:${End}:${End}`;
/**
 * What one place of an index may be: a number picks one index and takes the dimension away; text is a slice, or '...' for all
 * dimensions that are not named; null puts in a dimension of size 1; a list or a tensor of integers picks several; a tensor
 * of bool picks, of as many dimensions as it has, those where it is true. Negative numbers count from the back.
 */
export type Index = number | SliceText | '...' | null | readonly number[] | Tensor;

const SLICE = /^(-?\d+)?:(-?\d+)?(?::(-?\d+)?)?$/;
const whole = (v: unknown): boolean => isWholeNumber(v, -Infinity);
const isSlice = (v: string): boolean => Number(SLICE.exec(v)?.[3] ?? 1) !== 0 && SLICE.test(v);
const anIndex: Kind<Index> = {
  ...kind<Index>(
    "a whole number, a slice such as '1:5' or '::-1', '...', null, or a list or tensor of indices",
    v =>
      v === null ||
      whole(v) ||
      (typeof v === 'string' ? v === '...' || isSlice(v) : every(v, whole) || aTensor.fits(v)),
  ),
  refuse(where_, name, v) {
    if (v instanceof Tensor) aTensor.refuse(where_, name, v);
    throw new IndexError(where_, `${name} takes ${this.takes}, this is ${display(v)}`);
  },
};

/** A list or tensor of indices for the dimensions of a view from `dim` on. */
interface Advanced {
  readonly dim: number;
  readonly index: Tensor;
}
/** What numbers, slices and null see of x; its dimensions that are still to be turned round; and what is still to be picked. */
interface Seen {
  readonly view: Tensor;
  readonly flips: readonly number[];
  readonly advanced: readonly Advanced[];
}

const isMask = ({ dtype }: Tensor): boolean => dtype === 'bool';
/** How many dimensions of x an index stands for. */
const taken = (i: Index): number => (i === null || i === '...' ? 0 : i instanceof Tensor && isMask(i) ? i.ndim : 1);

/** Where i lies in a dimension of size n, counted from the front. */
function placeIn(where_: string, i: number, n: number, x: Tensor): number {
  const place = i < 0 ? i + n : i;
  if (place >= 0 && place < n) return place;
  throw new IndexError(where_, `there is no index ${i} in a dimension of ${n} of ${show(x.shape)}`);
}

/** Whether a slice was walked backwards: the view has it forwards. */
function sliceOf(x: Tensor, dim: number, text: string): [view: Tensor, backwards: boolean] {
  const n = x.shape[dim]!;
  const [start, stop, by] = [1, 2, 3]
    .map(i => SLICE.exec(text)?.[i])
    .map(v => (v === undefined ? undefined : Number(v)));
  const step = by ?? 1;
  const [low, high] = step > 0 ? [0, n] : [-1, n - 1];
  const clip = (i: number): number => Math.min(Math.max(i < 0 ? i + n : i, low), high);
  const from = start === undefined ? (step > 0 ? low : high) : clip(start);
  const to = stop === undefined ? (step > 0 ? high : low) : clip(stop);
  const size = Math.max(Math.ceil((to - from) / step), 0);
  const first = size === 0 ? 0 : step > 0 ? from : from + (size - 1) * step;
  // A step beyond the end is none.
  const stride = Math.min(Math.abs(step), Math.max(n, 1));
  return [sliceAt(x, { dim, start: first, size, step: stride }), step < 0 && size > 1];
}

function look(where_: string, x: Tensor, indices: readonly Index[]): Seen {
  const named = indices.reduce<number>((n, i) => n + taken(i), 0);
  if (named > x.ndim) {
    throw new IndexError(where_, `${named} dimensions are indexed, x ${show(x.shape)} has ${x.ndim}`);
  }
  if (indices.filter(i => i === '...').length > 1) throw new IndexError(where_, "takes '...' once");
  let view = x;
  let dim = 0;
  const flips: number[] = [];
  const advanced: Advanced[] = [];
  for (const i of indices) {
    if (i === null) view = unsqueeze(view, dim++);
    else if (i === '...') dim += x.ndim - named;
    else if (typeof i === 'number') view = select(view, dim, placeIn(where_, i, view.shape[dim]!, x));
    else if (typeof i === 'string') {
      const [part, backwards] = sliceOf(view, dim, i);
      view = part;
      if (backwards) flips.push(dim);
      dim++;
    } else if (i instanceof Tensor && isMask(i)) {
      if (i.ndim === 0) view = unsqueeze(view, dim); // x, or nothing of it
      const index = i.ndim === 0 ? reshape(i, [1]) : i;
      const sizes = view.shape.slice(dim, dim + index.ndim);
      if (!index.shape.every((n, d) => n === sizes[d])) {
        throw new IndexError(
          where_,
          `a mask ${show(i.shape)} does not fit dimensions ${show(sizes)} of x ${show(x.shape)}`,
        );
      }
      advanced.push({ dim, index });
      dim += index.ndim;
    } else {
      const n = view.shape[dim]!;
      const index = i instanceof Tensor ? i : tensor(Int32Array.from(i, v => placeIn(where_, v, n, x)));
      advanced.push({ dim: dim++, index });
    }
  }
  return { view, flips, advanced };
}

/** What is picked of a tensor: the slices of `rows` at indices of one dimension, which then stands for those of `shape`. */
interface Picked {
  /** With the dimensions that are picked from in front, unless they are neighbours. */
  readonly turned: Tensor;
  /** With these made one. */
  readonly rows: Tensor;
  readonly dim: number;
  readonly index: Tensor;
  readonly shape: Shape;
}

function pick(where_: 'at' | 'put', x: Tensor, advanced: readonly Advanced[]): Picked {
  const each = advanced.flatMap(({ dim, index }) =>
    isMask(index)
      ? coordinatesOf(placesOf(where_, index), index.shape).map((i, j) => ({ dim: dim + j, index: i }))
      : [{ dim, index: wrapped(where_, index, x.shape[dim]!) }],
  );
  const shape = each.reduce<Shape>((s, { index }) => broadcast(where_, s, index.shape), []);
  const dims = each.map(({ dim }) => dim);
  const together = dims.every((d, i) => d === dims[0]! + i);
  const turned = together ? x : permute(x, [...dims, ...x.shape.map((_, d) => d).filter(d => !dims.includes(d))]);
  const dim = together ? dims[0]! : 0;
  const sizes = dims.map(d => x.shape[d]!);
  const merged = [...turned.shape.slice(0, dim), sizeOf(sizes), ...turned.shape.slice(dim + dims.length)];
  const [first, ...rest] = each.map(({ index }) => index);
  const flat = rest.reduce((i, index, j) => add(mul(i, sizes[j + 1]!), index), first!);
  return {
    turned,
    rows: dims.length === 1 ? turned : reshape(turned, merged),
    dim,
    index: reshape(expand(flat, shape), [sizeOf(shape)]),
    shape,
  };
}
/** The shape of rows with `middle` instead of dimension `dim`. */
const around = ({ shape }: Tensor, dim: number, middle: Shape): number[] => [
  ...shape.slice(0, dim),
  ...middle,
  ...shape.slice(dim + 1),
];

/**
 * x[indices] of PyTorch: each of the indices stands for a dimension, from the first on; see {@link Index}.
 *
 *     x.at(0, '1:3')            // x[0, 1:3]
 *     x.at('...', '::-1')       // the last dimension in reverse order, which NumPy has too
 *     x.at([0, 2], [1, -1])     // x[[0, 2], [1, -1]]: two elements, or slices
 *     x.at(x.gt(0))             // the elements above 0, in one row
 *
 * Numbers, slices forwards and null give a view; all else a copy. Lists, tensors and masks broadcast together, and their
 * dimensions stand where they are neighbours in their place, else in front. Gradients lead back to what was picked.
 *
 * @throws {IndexError} for what is outside x, or more indices than it has dimensions.
 * @throws {DTypeError} for a tensor that is neither of integers nor bool.
 * @throws {CaptureError} for a mask in a captured function, which has no numbers to look at.
 */
export const at = (...[x, ...indices]: [x: Tensor, ...indices: Index[]]): Tensor => {
  checkArguments('at', [['x', aTensor]], [x]);
  indices.forEach((i, n) => check('at', `index ${n}`, anIndex, i));
  return scope(() => {
    const { view, flips, advanced } = look('at', x, indices);
    const seen = flips.length > 0 ? flip(view, flips) : view;
    if (advanced.length === 0) return seen === x ? identity(x) : seen;
    const { rows, dim, index, shape } = pick('at', seen, advanced);
    return reshape(selectAlong(rows, dim, index), around(rows, dim, shape));
  }, 'at');
};

/** Writes src into x, which is dense, at indices of a dimension. */
const setInPlace: Op<[x: Tensor, index: Tensor, src: Tensor], { dim: number }> = defineParametricOp({
  name: 'put',
  inputs: ['x', 'index', 'src'],
  wants: { x: 'any', index: 'i32', src: 'any' },
  mutates: ['x'],
  check() {},
  run: (k, [x, index, src], _, { dim }) => scatterInto(k, index, src, x, { dim, how: 'set' }),
});

/** Writes where a mask holds, unless the value differs from place to place: then false. Nothing is read. */
function putWhere(x: Tensor, value: Tensor, { dim, index: mask }: Advanced): boolean {
  const after = x.ndim - dim - mask.ndim;
  const place = value.ndim - 1 - after;
  if (place >= 0 && value.shape[place] !== 1) return false;
  const ones = (n: number): number[] => new Array<number>(n).fill(1);
  const spreads =
    place < 0
      ? value
      : reshape(value, [...value.shape.slice(0, place), ...ones(mask.ndim), ...value.shape.slice(place + 1)]);
  checkWritable('put', x, spreads);
  store('put', x, to(where(reshape(mask, [...mask.shape, ...ones(after)]), spreads, x), x.dtype));
  return true;
}

function write(x: Tensor, value: Tensor, advanced: readonly Advanced[]): void {
  const [only] = advanced;
  if (!only) return void store('put', x, value);
  if (advanced.length === 1 && isMask(only.index) && putWhere(x, value, only)) return;
  const { turned, rows, dim, index, shape } = pick('put', x, advanced);
  const whole = around(rows, dim, shape);
  checkWritable('put', x, value, whole);
  const src = reshape(expand(value, whole), around(rows, dim, [index.size]));
  const places = spread(index, dim, src.shape);
  if (rows.storage === x.storage && rows.dense && (x.dtype === 'f32' || x.dtype === 'i32')) {
    setInPlace(rows, places, src, { dim });
  } else
    store(
      'put',
      turned,
      reshape(
        wide(rows, y => set(y, places, to(src, y.dtype), dim)),
        turned.shape,
      ),
    );
}

/**
 * x[indices] = value: writes into the memory of x, which every view of it sees, as `copy_` does. Returns x. In a captured
 * function a place that changes from call to call is a tensor of integers: `cache.put(keys, ':', position)`.
 *
 * @param value a number, or a tensor that spreads to the shape of `x.at(...indices)`; of another element type, it is
 *   converted. Of several elements for one place, the last stays.
 * @param indices as of {@link at}.
 * @throws {ShapeError | IndexError} if value or indices do not fit.
 * @throws {GradientError} if x or value requires a gradient and it is not done in `noGrad`.
 */
export const put = (...[x, value, ...indices]: [x: Tensor, value: Operand, ...indices: Index[]]): Tensor => {
  checkArguments(
    'put',
    [
      ['x', aTensor],
      ['value', aTensorOrNumber],
    ],
    [x, value],
  );
  indices.forEach((i, n) => check('put', `index ${n}`, anIndex, i));
  return scope(() => {
    checkWritable('put', x);
    const { view, flips, advanced } = look('put', x, indices);
    const source = value instanceof Tensor ? value : full([], value, { dtype: x.dtype });
    const converted = to(source.storage === x.storage ? copy(source) : source, x.dtype);
    if (flips.length === 0) write(view, converted, advanced);
    else {
      const turned = flip(view, flips);
      write(turned, converted, advanced);
      store('put', view, flip(turned, flips));
    }
    return x;
  }, 'put');
};
