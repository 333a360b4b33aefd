/** Reductions, views and indexing by their definitions. */
import { beforeAll, describe } from 'vitest';
import { useBackend } from '../../ts/core/runtime';
import type { Tensor } from '../../ts/core/tensor';
import * as ops from '../../ts/ops/all';
import { zeros } from '../../ts/ops/creation';
import { concat, stack } from '../../ts/ops/join';
import * as parts from '../../ts/ops/parts';
import { exact } from '../backends';
import { type Index, range, total, indices, random, put, int, expectEach, check } from './grids';

beforeAll(() => useBackend(exact));

describe('reductions', () => {
  /** What lies along `dims` at an index of the others, for some shapes and dimensions. */
  function each(
    op: (x: Tensor, dim?: number | readonly number[], o?: ops.ReduceOptions) => Tensor,
    f: (xs: number[]) => number,
  ): void {
    const table: readonly (readonly [shape: number[], dims: number[]])[] = [
      [[5], [0]],
      [[3, 4], [0]],
      [[3, 4], [1]],
      [
        [2, 3, 4],
        [0, 2],
      ],
      [
        [2, 3, 4],
        [1, 2],
      ],
      [
        [2, 3, 4],
        [0, 1, 2],
      ],
      [[2, 1, 3], [2]],
      [
        [2, 2, 3, 2, 2],
        [0, 2, 4],
      ],
      [
        [2, 2, 3, 2, 2],
        [1, 3],
      ],
      [
        [2, 2, 2, 2, 2, 2, 2],
        [0, 2, 4, 6],
      ],
    ];
    for (const [shape, dims] of table) {
      const x = random(...shape);
      const reduced = shape.map((n, d) => (dims.includes(d) ? 1 : n));
      const along = (index: Index): number[] =>
        indices(shape.map((n, d) => (dims.includes(d) ? n : 1))).map(i => x.at(...i.map((v, d) => v + index[d]!)));
      expectEach(op(put(x), dims, { keepdim: true }), reduced, (...i) => f(along(i)));
      const kept = range(shape.length).filter(d => !dims.includes(d));
      const whole = (i: Index): number[] => range(shape.length).map(d => (dims.includes(d) ? 0 : i[kept.indexOf(d)]!));
      expectEach(
        op(put(x), dims.map(d => d - shape.length).reverse()),
        kept.map(d => shape[d]!),
        (...i) => f(along(whole(i))),
      );
    }
    const x = random(2, 3);
    expectEach(op(put(x), undefined), [], () => f(indices([2, 3]).map(i => x.at(...i))));
  }
  const mean = (xs: readonly number[]): number => total(xs) / xs.length;
  const squares = (xs: readonly number[]): number => total(xs.map(x => (x - mean(xs)) ** 2));
  check('sum', () => each(ops.sum, total));
  check('mean', () => each(ops.mean, mean));
  check('variance', () => {
    each(ops.variance, xs => squares(xs) / (xs.length - 1));
    each(
      (x, dim, o) => ops.variance(x, dim, { ...o, correction: 0 }),
      xs => squares(xs) / xs.length,
    );
  });
  check('std', () => each(ops.std, xs => Math.sqrt(squares(xs) / (xs.length - 1))));
  check('norm', () =>
    each(
      (x, dim, o) => ops.norm(x, 2, dim, o),
      xs => Math.hypot(...xs),
    ),
  );
  check('amax', () => each(ops.amax, xs => Math.max(...xs)));
  check('amin', () => each(ops.amin, xs => Math.min(...xs)));
  check('logsumexp', () =>
    each(
      (x, dim = range(x.ndim), o) => ops.logsumexp(x, dim, o),
      xs => Math.log(total(xs.map(Math.exp))),
    ),
  );
  check('max, min, argmax and argmin', () => {
    const x = random(2, 5, 3);
    const along = (i: number, k: number): number[] => range(5).map(j => x.at(i, j, k));
    for (const [both, arg, best] of [
      [ops.max, ops.argmax, Math.max],
      [ops.min, ops.argmin, Math.min],
    ] as const) {
      const [values, places] = both(put(x), 1);
      const place = (i: number, k: number): number => along(i, k).indexOf(best(...along(i, k)));
      expectEach(values, [2, 3], (i, k) => best(...along(i, k)));
      expectEach(places, [2, 3], place);
      expectEach(arg(put(x), -2), [2, 3], place);
      const all = indices(x.shape).map(i => x.at(...i));
      expectEach(arg(put(x)), [], () => all.indexOf(best(...all)));
    }
  });
  check('softmax and logSoftmax', () => {
    const x = random(2, 5, 3);
    const share = (i: number, j: number, k: number): number =>
      Math.exp(x.at(i, j, k)) / total(range(5).map(n => Math.exp(x.at(i, n, k))));
    expectEach(ops.softmax(put(x), 1), [2, 5, 3], share);
    expectEach(ops.logSoftmax(put(x), -2), [2, 5, 3], (i, j, k) => Math.log(share(i, j, k)));
  });
  check('sumTo', () => {
    const x = random(4, 2, 3);
    expectEach(ops.sumTo(put(x), [2, 1]), [2, 1], j => total(indices([4, 3]).map(([i = 0, k = 0]) => x.at(i, j, k))));
    expectEach(ops.sumTo(put(x), [3]), [3], k => total(indices([4, 2]).map(([i = 0, j = 0]) => x.at(i, j, k))));
  });
});

describe('views and copies', () => {
  check('reshape and flatten', () => {
    const x = random(2, 6);
    const flat = indices(x.shape).map(i => x.at(...i));
    expectEach(ops.reshape(put(x), [3, -1]), [3, 4], (i, j) => flat[4 * i + j]!);
    expectEach(ops.flatten(ops.reshape(put(x), [2, 3, 2]), 1), [2, 6], x.at);
    const across = indices([6, 2]).map(([i = 0, j = 0]) => x.at(j, i));
    expectEach(ops.reshape(ops.t(put(x)), [4, 3]), [4, 3], (i, j) => across[3 * i + j]!);
  });
  check('permute, transpose and t', () => {
    const x = random(2, 3, 4);
    expectEach(ops.permute(put(x), [2, 0, 1]), [4, 2, 3], (k, i, j) => x.at(i, j, k));
    expectEach(ops.transpose(put(x), 0, -1), [4, 3, 2], (k, j, i) => x.at(i, j, k));
    expectEach(ops.t(put(x)), [2, 4, 3], (i, k, j) => x.at(i, j, k));
    expectEach(ops.contiguous(ops.t(put(x))), [2, 4, 3], (i, k, j) => x.at(i, j, k));
    const y = random(2, 3, 2, 3, 2);
    expectEach(ops.contiguous(ops.permute(put(y), [4, 2, 0, 3, 1])), [2, 2, 2, 3, 3], (e, c, a, d, b) =>
      y.at(a, b, c, d, e),
    );
  });
  check('unsqueeze, squeeze, expand, identity', () => {
    const x = random(2, 3);
    expectEach(ops.unsqueeze(put(x), 1), [2, 1, 3], (i, _, j) => x.at(i, j));
    expectEach(ops.squeeze(ops.unsqueeze(put(x), -1)), [2, 3], x.at);
    expectEach(ops.expand(ops.unsqueeze(put(x), 1), [5, 2, 4, -1]), [5, 2, 4, 3], (_, i, __, j) => x.at(i, j));
    expectEach(parts.identity(put(x)), [2, 3], x.at);
  });
  check('slice, select and split', () => {
    const x = random(3, 7);
    expectEach(ops.slice(put(x), 1, 1, 6, 2), [3, 3], (i, j) => x.at(i, 1 + 2 * j));
    expectEach(ops.slice(put(x), 1, -3), [3, 3], (i, j) => x.at(i, 4 + j));
    expectEach(ops.slice(put(x), 1, -100, -5), [3, 2], x.at);
    expectEach(ops.slice(ops.t(put(x)), 0, 2, 6, 3), [2, 3], (j, i) => x.at(i, 2 + 3 * j));
    expectEach(parts.sliceAt(put(x), { dim: 0, start: 1, size: 1, step: 4 }), [1, 7], (_, j) => x.at(1, j));
    expectEach(ops.select(put(x), 0, -1), [7], j => x.at(2, j));
    ops.split(put(x), 3, 1).forEach((part, p) => expectEach(part, [3, p < 2 ? 3 : 1], (i, j) => x.at(i, 3 * p + j)));
  });
  check('pad', () => {
    const x = random(2, 3);
    expectEach(ops.pad(put(x), [1, 2, 0, 1], 'constant', 9), [3, 6], (i, j) =>
      i > 1 || j < 1 || j > 3 ? 9 : x.at(i, j - 1),
    );
  });
  check('concat and stack', () => {
    const [a, b, c] = [random(2, 3), random(2, 1), random(2, 3)];
    expectEach(concat([put(a), put(b), put(c)], 1), [2, 7], (i, j) =>
      j < 3 ? a.at(i, j) : j < 4 ? b.at(i, 0) : c.at(i, j - 4),
    );
    expectEach(concat([put(a), put(c)]), [4, 3], (i, j) => (i < 2 ? a.at(i, j) : c.at(i - 2, j)));
    expectEach(stack([put(a), put(c)], 1), [2, 2, 3], (i, n, j) => (n === 0 ? a : c).at(i, j));
    expectEach(stack([put(a), put(c)], -1), [2, 3, 2], (i, j, n) => (n === 0 ? a : c).at(i, j));
  });
});

describe('indexing', () => {
  check('gather and scatterAdd', () => {
    const [x, z, places] = [
      random(3, 4),
      random(3, 2),
      [
        [0, 3],
        [3, 3],
        [2, 0],
      ],
    ];
    expectEach(ops.gather(put(x), 1, int(places.flat(), [3, 2])), [3, 2], (i, j) => x.at(i, places[i]![j]!));
    expectEach(ops.scatterAdd(zeros([3, 4]), 1, int(places.flat(), [3, 2]), put(z)), [3, 4], (i, k) =>
      total(
        range(2)
          .filter(j => places[i]![j] === k)
          .map(j => z.at(i, j)),
      ),
    );
    const down = ops.gather(ops.t(put(x)), 0, ops.t(int(places.flat(), [3, 2])));
    expectEach(down, [2, 3], (j, i) => x.at(i, places[i]![j]!));
  });
  check('indexSelect, indexAdd and oneHot', () => {
    const [x, z, list] = [random(2, 5, 3), random(2, 4, 3), [4, 0, 0, 2]];
    expectEach(ops.indexSelect(put(x), 1, int(list)), [2, 4, 3], (i, j, k) => x.at(i, list[j]!, k));
    expectEach(ops.indexAdd(zeros([2, 5, 3]), 1, int(list), put(z)), [2, 5, 3], (i, n, k) =>
      total(
        range(4)
          .filter(j => list[j] === n)
          .map(j => z.at(i, j, k)),
      ),
    );
    expectEach(ops.oneHot(int(list, [2, 2]), 5), [2, 2, 5], (i, j, n) => Number(list[2 * i + j] === n));
  });
});
