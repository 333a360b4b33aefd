/** Running products and extremes along a dimension, and differences of neighbours. */
import { isFloat } from '../core/dtype';
import { ShapeError } from '../core/errors';
import { aDim, optional, options as optionsOf, wholeNumber } from '../core/kinds';
import { dimOf, show } from '../core/shape';
import { composite, type Signature } from '../core/signature';
import type { Tensor } from '../core/tensor';
import { aTensor } from '../core/tensor-kinds';
import { add, eq, gt, lt, maximum, mul, ne, sub } from './arithmetic';
import { expand, reshape } from './basic';
import { arange } from './creation';
import { abs, exp, log, to } from './elementwise';
import { rowOf } from './fitting';
import { concat } from './join';
import { isnan, logicalAnd, logicalNot, logicalOr } from './logic';
import { identity } from './parts';
import { gather } from './picking';
import { slice } from './view';
import { where } from './where';

/**
 * y_i = x_0 ∘ … ∘ x_i along dimension d for an associative ∘, of tensors that go together: in log₂ n steps, of which each
 * combines all elements with those 1, 2, 4, … before them (Hillis & Steele 1986). Gradients of any order follow from ∘,
 * and roundings grow with the logarithm of n.
 */
function scan(
  xs: readonly Tensor[],
  d: number,
  combine: (left: readonly Tensor[], right: readonly Tensor[]) => readonly Tensor[],
): readonly Tensor[] {
  const n = xs[0]!.shape[d]!;
  let ys = xs;
  for (let k = 1; k < n; k *= 2) {
    const all = combine(
      ys.map(y => slice(y, d, 0, n - k)),
      ys.map(y => slice(y, d, k)),
    );
    ys = ys.map((y, i) => concat([slice(y, d, 0, k), all[i]!], d));
  }
  return ys;
}

type Along = (x: Tensor, dim: number) => Tensor;
const ALONG: Signature<[x: Tensor, dim: number]> = [
  ['x', aTensor],
  ['dim', aDim],
];
const running = (name: string, combine: (left: Tensor, right: Tensor) => Tensor, integers: boolean): Along =>
  composite(name, ALONG, (x, dim) => {
    const row = rowOf(x);
    const d = dimOf(name, dim, row.ndim);
    const first = integers && !isFloat(x.dtype) ? to(row, 'i32') : to(row, 'f32');
    return reshape(scan([identity(first)], d, ([p], [q]) => [combine(p!, q!)])[0]!, x.shape);
  });

/** Running products along `dim`: y_i = Π x_j over j ≤ i. Of integers and bools, they are i32, and wrap around beyond its range. */
export const cumprod: Along = running('cumprod', mul, true);

/** Running log-sums along `dim`: y_i = ln Σ e^(x_j) over j ≤ i, without overflow. */
export const logcumsumexp: Along = running(
  'logcumsumexp',
  (p, q) => {
    const most = maximum(p.detach(), q.detach());
    const m = where(lt(abs(most), Infinity), most, 0); // of infinities the difference is NaN
    const total = add(exp(sub(p, m)), exp(sub(q, m)));
    const none = eq(total, 0); // of −∞ alone
    return where(none, -Infinity, add(log(where(none, 1, total)), m));
  },
  false,
);

type Both = (x: Tensor, dim: number) => [values: Tensor, indices: Tensor];
/** Values keep their element type; the gradient goes to the elements that were taken. */
const extremes = (name: string, better: (a: Tensor, b: Tensor) => Tensor): Both =>
  composite(name, ALONG, (x, dim) => {
    const row = rowOf(x);
    const d = dimOf(name, dim, row.ndim);
    const places = reshape(
      arange(row.shape[d]!, undefined, undefined, { dtype: 'i32' }),
      row.shape.map((n, i) => (i === d ? n : 1)),
    );
    const [, at] = scan([row.detach(), expand(places, row.shape)], d, ([v, i], [w, j]) => {
      const stays = logicalOr(better(v!, w!), logicalAnd(isnan(v!), logicalNot(isnan(w!))));
      return [to(where(stays, v!, w!), x.dtype), where(stays, i!, j!)];
    });
    const indices = reshape(identity(at!), x.shape);
    return [gather(x, dim, indices), indices];
  });
/** The largest so far along `dim`, and its index (i32; of equals the last, as in PyTorch). NaN is larger than all. */
export const cummax: Both = extremes('cummax', gt);
/** The smallest so far along `dim`, and its index (i32; of equals the last, as in PyTorch). NaN is smaller than all. */
export const cummin: Both = extremes('cummin', lt);

export interface DiffOptions {
  /** What is joined to x along `dim` before its beginning. */
  readonly prepend?: Tensor;
  /** What is joined to x along `dim` after its end. */
  readonly append?: Tensor;
}
/** Differences of neighbours along `dim` (left out: the last), x_(i + 1) − x_i, `n` times; of bools, whether they differ. */
export const diff: (x: Tensor, n?: number, dim?: number, options?: DiffOptions) => Tensor = composite(
  'diff',
  [
    ['x', aTensor],
    ['n', optional(wholeNumber())],
    ['dim', optional(aDim)],
    ['options', optionsOf<DiffOptions>({ prepend: aTensor, append: aTensor })],
  ],
  (x, n = 1, dim = -1, { prepend, append } = {}) => {
    if (x.ndim === 0) throw new ShapeError('diff', `takes one dimension or more, this has shape ${show(x.shape)}`);
    const d = dimOf('diff', dim, x.ndim);
    const parts = [prepend, x, append].filter(t => t !== undefined);
    let y = parts.length > 1 ? concat(parts, d) : identity(x);
    const minus = x.dtype === 'bool' ? ne : sub;
    for (let i = 0; i < n && y.shape[d]! > 0; i++) y = minus(slice(y, d, 1), slice(y, d, 0, -1));
    return y;
  },
);
