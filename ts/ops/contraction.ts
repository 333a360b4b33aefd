/** Sums of products over dimensions of several tensors: what matrix products are a case of. */
import { ShapeError, ValueError } from '../core/errors';
import { aDim, aText, check, either, listOf, optional, twoOf, wholeNumber, dimsInOrder } from '../core/kinds';
import { dimOf, show, sizeOf, type Shape } from '../core/shape';
import { composite, type Signature } from '../core/signature';
import { scope } from '../core/scope';
import type { Tensor } from '../core/tensor';
import { aTensor } from '../core/tensor-kinds';
import { mul, sub } from './arithmetic';
import { roll } from './arrange';
import { diagonal } from './diagonal';
import { product } from './product';
import { sum } from './reduce';
import { expand, permute, reshape, unsqueeze } from './view';

const TWO: Signature<[a: Tensor, b: Tensor]> = [
  ['a', aTensor],
  ['b', aTensor],
];
const range = (n: number, from = 0): number[] => Array.from({ length: n }, (_, i) => from + i);

/** All products of an element of vector a and one of vector b: [n] and [m] become [n, m]. */
export const outer: (a: Tensor, b: Tensor) => Tensor = composite('outer', TWO, (a, b) => {
  if (a.ndim !== 1 || b.ndim !== 1) {
    throw new ShapeError('outer', `takes two vectors, these are ${show(a.shape)} and ${show(b.shape)}`);
  }
  return mul(unsqueeze(a, 1), b);
});

/**
 * Products of a and b summed over pairs of dimensions: the last `dims` of a with the first of b (2), or those listed of each.
 * The other dimensions of a come first, then those of b.
 */
export const tensordot: (a: Tensor, b: Tensor, dims?: number | readonly [Shape, Shape]) => Tensor = composite(
  'tensordot',
  [
    ['a', aTensor],
    ['b', aTensor],
    ['dims', optional(either(wholeNumber(), twoOf(dimsInOrder, 'two lists of dimensions')))],
  ],
  (a, b, dims = 2) => {
    if (typeof dims === 'number' && dims > Math.min(a.ndim, b.ndim)) {
      throw new ShapeError('tensordot', `${show(a.shape)} and ${show(b.shape)} have no ${dims} dimensions to sum over`);
    }
    const [left, right] = typeof dims === 'number' ? [range(dims, a.ndim - dims), range(dims)] : dims;
    const p = left.map(d => dimOf('tensordot', d, a.ndim));
    const q = right.map(d => dimOf('tensordot', d, b.ndim));
    if (p.length !== q.length || p.some((d, i) => a.shape[d] !== b.shape[q[i]!])) {
      throw new ShapeError(
        'tensordot',
        `dimensions ${show(left)} of ${show(a.shape)} and ${show(right)} of ${show(b.shape)} are not pairs of equal size`,
      );
    }
    const rows = range(a.ndim).filter(d => !p.includes(d));
    const columns = range(b.ndim).filter(d => !q.includes(d));
    const sizes = (x: Tensor, ds: Shape): number[] => ds.map(d => x.shape[d]!);
    const n = sizeOf(sizes(a, p));
    const y = product(
      reshape(permute(a, [...rows, ...p]), [sizeOf(sizes(a, rows)), n]),
      reshape(permute(b, [...q, ...columns]), [n, sizeOf(sizes(b, columns))]),
    );
    return reshape(y, [...sizes(a, rows), ...sizes(b, columns)]);
  },
);

/** Products summed over the last dimensions of a and of b; of a single number, the product. */
export const inner: (a: Tensor, b: Tensor) => Tensor = composite('inner', TWO, (a, b) =>
  a.ndim === 0 || b.ndim === 0 ? mul(a, b) : tensordot(a, b, [[-1], [-1]]),
);

/** The Kronecker product: each element of a multiplied with all of b, in blocks. */
export const kron: (a: Tensor, b: Tensor) => Tensor = composite('kron', TWO, (a, b) => {
  const ndim = Math.max(a.ndim, b.ndim);
  const full = ({ shape }: Tensor): number[] => [...new Array<number>(ndim - shape.length).fill(1), ...shape];
  const [p, q] = [full(a), full(b)];
  const blocks = mul(
    reshape(
      a,
      p.flatMap(n => [n, 1]),
    ),
    reshape(
      b,
      q.flatMap(n => [1, n]),
    ),
  );
  return reshape(
    blocks,
    p.map((n, d) => n * q[d]!),
  );
});

/** The vector product of three numbers along `dim`, which PyTorch and NumPy call the cross product; a and b broadcast. */
export const cross: (a: Tensor, b: Tensor, dim?: number) => Tensor = composite(
  'cross',
  [
    ['a', aTensor],
    ['b', aTensor],
    ['dim', optional(aDim)],
  ],
  (a, b, dim = -1) => {
    const [p, q] = [a.shape[dimOf('cross', dim, a.ndim)], b.shape[dimOf('cross', dim, b.ndim)]];
    if (a.ndim !== b.ndim || p !== 3 || q !== 3) {
      throw new ShapeError(
        'cross',
        `takes 3 numbers along dimension ${dim}, these are ${show(a.shape)} and ${show(b.shape)}`,
      );
    }
    const turned = (x: Tensor, by: number): Tensor => roll(x, by, dim);
    return sub(mul(turned(a, -1), turned(b, -2)), mul(turned(a, -2), turned(b, -1)));
  },
);

// ── Einstein's notation ──

/** A tensor with a label for each dimension. */
interface Term {
  readonly x: Tensor;
  readonly labels: readonly string[];
}

/**
 * Einstein's sum: `einsum('bij,bjk->bik', a, b)` multiplies elements whose labels agree and sums over the labels that are not
 * in the result. Without `->` the result has the labels that occur once, in alphabetical order. `...` stands for dimensions
 * that broadcast. A label twice in one tensor is its diagonal. Pairs of tensors are multiplied in the order that makes the
 * values on the way smallest, each by a matrix product.
 *
 * @throws {ValueError} for an equation that is none, or not one of so many tensors.
 * @throws {ShapeError} if a label has two sizes, or more or fewer stand there than a tensor has dimensions.
 */
export function einsum(equation: string, ...xs: readonly Tensor[]): Tensor {
  check('einsum', 'equation', aText, equation);
  check('einsum', 'tensors', listOf(aTensor, 'tensors'), xs);
  return scope(() => {
    const [left = '', right, ...more] = equation.replaceAll(' ', '').split('->');
    const inputs = left.split(',');
    if (more.length > 0 || inputs.length !== xs.length || xs.length === 0) {
      throw new ValueError('einsum', `'${equation}' is no equation of ${xs.length} tensors`);
    }
    const sizes = new Map<string, number>();
    const terms = xs.map((x, i) => term(equation, inputs[i]!, x, sizes));
    const batch = [...sizes.keys()].filter(isDots).sort((a, b) => Number(b) - Number(a));
    const once = [...sizes.keys()].filter(l => !isDots(l) && left.split(l).length === 2).sort();
    const output = right === undefined ? [...batch, ...once] : labelsOf(equation, right, batch);
    if (new Set(output).size < output.length || output.some(l => !sizes.has(l))) {
      throw new ValueError('einsum', `'${equation}' has a label in its result that is there twice or in no tensor`);
    }
    return contract(terms, output, sizes);
  }, 'einsum');
}
/** Labels of dimensions that `...` stands for: numbers, counted from the last one. */
const isDots = (label: string): boolean => /^\d+$/.test(label);

/** The labels of a part of an equation. */
function labelsOf(equation: string, part: string, dots: readonly string[]): string[] {
  if (!/^[a-zA-Z]*(\.{3}[a-zA-Z]*)?$/.test(part)) {
    throw new ValueError(
      'einsum',
      `'${equation}' has ${part === '' ? 'an empty part' : `'${part}'`}, which is no list of letters`,
    );
  }
  const [before = '', after] = part.split('...');
  return after === undefined ? [...before] : [...before, ...dots, ...after];
}

/** A tensor by its labels, each once: of a label that is there twice the diagonal. Notes their sizes. */
function term(equation: string, part: string, x: Tensor, sizes: Map<string, number>): Term {
  const letters = part.replace('...', '').length;
  const dots = range(Math.max(x.ndim - letters, 0)).map(i => `${x.ndim - letters - 1 - i}`);
  const labels = labelsOf(equation, part, dots);
  if (labels.length !== x.ndim) {
    throw new ShapeError('einsum', `'${part}' of '${equation}' does not label the dimensions of ${show(x.shape)}`);
  }
  labels.forEach((l, d) => {
    const n = x.shape[d]!;
    const known = sizes.get(l) ?? 1;
    if (known !== n && known !== 1 && n !== 1) {
      throw new ShapeError('einsum', `${isDots(l) ? '...' : l} of '${equation}' has sizes ${known} and ${n}`);
    }
    sizes.set(l, Math.max(n === 0 ? 0 : n, known === 1 ? n : known));
  });
  let y: Term = { x, labels };
  for (;;) {
    const second = y.labels.findIndex((l, d) => y.labels.indexOf(l) < d);
    if (second < 0) return y;
    const l = y.labels[second]!;
    const first = y.labels.indexOf(l);
    const others = y.labels.filter((_, d) => d !== first && d !== second);
    y = { x: diagonal(y.x, 0, first, second), labels: [...others, l] };
  }
}

function contract(given: readonly Term[], output: readonly string[], sizes: ReadonlyMap<string, number>): Tensor {
  const elements = (labels: Iterable<string>): number => [...labels].reduce((n, l) => n * sizes.get(l)!, 1);
  /** Labels that are read again: by the result, or by another term. */
  const needed = (but: readonly Term[]): Set<string> =>
    new Set([...output, ...terms.flatMap(t => (but.includes(t) ? [] : t.labels))]);
  let terms = [...given];
  terms = terms.map(t => summed(t, needed([t])));
  while (terms.length > 1) {
    let best: readonly [Term, Term] = [terms[0]!, terms[1]!];
    let least = Infinity;
    terms.forEach((a, i) => {
      for (const b of terms.slice(i + 1)) {
        const after = needed([a, b]);
        const cost =
          elements(new Set([...a.labels, ...b.labels].filter(l => after.has(l)))) -
          elements(a.labels) -
          elements(b.labels);
        if (cost < least) [best, least] = [[a, b], cost];
      }
    });
    const [a, b] = best;
    const y = multiplied(a, b, needed([a, b]), sizes);
    terms = [...terms.filter(t => t !== a && t !== b), y];
  }
  const { x, labels } = summed(terms[0]!, new Set(output));
  const y = permute(
    x,
    output.map(l => labels.indexOf(l)),
  );
  return expand(
    y,
    output.map(l => sizes.get(l)!),
  );
}

/** Sums over the labels that nothing else needs. */
function summed({ x, labels }: Term, needed: ReadonlySet<string>): Term {
  const gone = labels.flatMap((l, d) => (needed.has(l) ? [] : [d]));
  return gone.length === 0 ? { x, labels } : { x: sum(x, gone), labels: labels.filter(l => needed.has(l)) };
}

/** The product of two terms, summed over what both have and nothing else needs: one batched matrix product. */
function multiplied(a: Term, b: Term, needed: ReadonlySet<string>, sizes: ReadonlyMap<string, number>): Term {
  const both = a.labels.filter(l => b.labels.includes(l));
  const batch = both.filter(l => needed.has(l));
  const inner = both.filter(l => !needed.has(l));
  const rows = a.labels.filter(l => !both.includes(l));
  const columns = b.labels.filter(l => !both.includes(l));
  const size = (labels: readonly string[]): number => labels.reduce((n, l) => n * sizes.get(l)!, 1);
  /** In an order of labels, spread to their sizes, as a batch of matrices. */
  const matrices = ({ x, labels }: Term, second: readonly string[], third: readonly string[]): Tensor => {
    const order = [...batch, ...second, ...third];
    const turned = permute(
      x,
      order.map(l => labels.indexOf(l)),
    );
    const spread = expand(
      turned,
      order.map(l => sizes.get(l)!),
    );
    return reshape(spread, [size(batch), size(second), size(third)]);
  };
  const y = product(matrices(a, rows, inner), matrices(b, inner, columns));
  const labels = [...batch, ...rows, ...columns];
  return {
    x: reshape(
      y,
      labels.map(l => sizes.get(l)!),
    ),
    labels,
  };
}
