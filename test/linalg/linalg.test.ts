/** What goldens and samples do not show: errors, singular and repeated cases, sizes to some hundreds. */
import { capture, eye, gradients, linalg, scope, tensor, zeros, type Tensor } from 'phyllo';
import { describe, expect, test } from 'vitest';
import { BackendError, DTypeError, GradientError, IndexError, ShapeError, ValueError } from '../../ts/core/errors';
import { useBackend } from '../../ts/core/runtime';
import { partialBackend } from '../backend/partial';
import { binaries, exact } from '../backends';
import { randomFrom } from '../ops/harness';

const { LinAlgError } = linalg;
const numbers = (t: Tensor): number[] => Array.from(t.toArray());
const leaf = (rows: number[][]): Tensor => tensor(rows, { requiresGrad: true });
const random = (seed: number, ...shape: number[]): Tensor => {
  const draw = randomFrom(seed);
  const size = shape.reduce((a, b) => a * b, 1);
  return tensor(Array.from({ length: size }, () => 2 * draw() - 1)).reshape(shape);
};
/** The largest element of a difference. */
const off = (a: Tensor, b: Tensor): number => a.sub(b).abs().amax().item();

describe.each([exact, ...binaries])('on $name', backend => {
  const on = (f: () => void) => (): void => {
    useBackend(backend);
    scope(f);
  };

  const singular = (): Tensor =>
    tensor([
      [
        [1, 0],
        [0, 1],
      ],
      [
        [1, 2],
        [2, 4],
      ],
    ]);
  const FAILING: readonly [name: string, f: (a: Tensor) => unknown, a: () => Tensor, says: RegExp][] = [
    ['inv', linalg.inv, singular, /^inv: matrix 1 of the batch is singular: pivot 2 of its LU factorisation is 0$/],
    ['solve', a => linalg.solve(a, zeros([2, 1])), singular, /^solve: matrix 1 .* pivot 2/],
    ['luFactor', a => linalg.luFactor(a), singular, /^luFactor: matrix 1 .* pivot 2/],
    ['matrixPower', a => linalg.matrixPower(a, -1), singular, /^inv: matrix 1/],
    [
      'cholesky',
      a => linalg.cholesky(a),
      () =>
        tensor([
          [
            [1, 0],
            [0, 1],
          ],
          [
            [1, 2],
            [2, 1],
          ],
        ]),
      /^cholesky: matrix 1 of the batch is not positive definite: its leading minor of order 2 is not positive$/,
    ],
    ['eigh', a => linalg.eigh(a), () => tensor([[NaN]]), /^eigh: the matrix has elements that are not finite$/],
    ['eigvalsh', a => linalg.eigvalsh(a), () => tensor([[Infinity]]), /^eigvalsh: the matrix .*not finite$/],
    ['svd', a => linalg.svd(a), () => tensor([[1, NaN]]), /^svd: the matrix .*not finite$/],
    ['pinv', a => linalg.pinv(a), () => tensor([[1, Infinity]]), /^pinv: the matrix .*not finite$/],
    ['lstsq', a => linalg.lstsq(a, zeros([2])), () => tensor([[1], [NaN]]), /^lstsq: the matrix .*not finite$/],
  ];
  test.each(FAILING)('%s throws for a matrix that has none, eagerly and as a plan runs', (_, f, a, says) => {
    useBackend(backend);
    scope(() => {
      const bad = a();
      expect(() => f(bad)).toThrow(LinAlgError);
      expect(() => f(bad)).toThrow(says);
      const plan = capture((x: Tensor) => f(x));
      // Traced on a matrix that has one, and run on one that has not.
      const shape = bad.shape;
      plan(
        eye(Math.max(...shape))
          .slice(0, 0, shape.at(-2))
          .slice(1, 0, shape.at(-1))
          .expand(shape),
      );
      expect(() => plan(bad)).toThrow(LinAlgError);
      expect(() => plan(bad)).toThrow(says);
    });
  });

  test(
    'a result that nobody reads fails all the same',
    on(() => {
      const f = capture((x: Tensor) => {
        linalg.inv(x);
        return x.mul(2);
      });
      expect(numbers(f(eye(2)))).toEqual([2, 0, 0, 2]);
      expect(() => f(zeros([2, 2]))).toThrow(LinAlgError);
    }),
  );

  test(
    'NaN passes through where PyTorch lets it',
    on(() => {
      const a = tensor([
        [NaN, 1],
        [1, 2],
      ]);
      for (const y of [linalg.inv(a), linalg.det(a), linalg.matrixExp(a), linalg.matrixNorm(a)]) {
        expect(numbers(y).every(Number.isNaN)).toBe(true);
      }
    }),
  );

  test(
    'the gradient of a determinant is the cofactors, of singular matrices too',
    on(() => {
      const check = (rows: number[][], cofactors: number[], value: number): void => {
        const a = leaf(rows);
        const d = linalg.det(a);
        expect(Math.abs(d.item() - value)).toBeLessThan(1e-5);
        numbers(gradients(d, [a])[0]!).forEach((g, i) => expect(Math.abs(g - cofactors[i]!)).toBeLessThan(2e-5));
      };
      check([[3]], [1], 3);
      check([[0]], [1], 0);
      check(
        [
          [1, 2],
          [2, 4],
        ],
        [4, -2, -2, 1],
        0,
      );
      check(
        [
          [0, 0],
          [0, 0],
        ],
        [0, 0, 0, 0],
        0,
      );
      check(
        [
          [0, 1],
          [2, 0],
        ],
        [0, -2, -1, 0],
        -2,
      );
      // Of rank 2: rows 0 + 1 = 2.
      check(
        [
          [1, 2, 3],
          [4, 5, 7],
          [5, 7, 10],
        ],
        [1, -5, 3, 1, -5, 3, -1, 5, -3],
        0,
      );
      // Of rank 1 all cofactors are 0.
      check(
        [
          [1, 2, 3],
          [2, 4, 6],
          [3, 6, 9],
        ],
        [0, 0, 0, 0, 0, 0, 0, 0, 0],
        0,
      );
    }),
  );

  test(
    'gradients of repeated eigenvalues and singular values are there, those through their vectors are not',
    on(() => {
      const a = leaf([
        [2, 0, 0],
        [0, 2, 0],
        [0, 0, 2],
      ]);
      const [w, v] = linalg.eigh(a);
      expect(off(gradients(w.sum(), [a], { retainGraph: true })[0]!, eye(3))).toBeLessThan(1e-6);
      expect(numbers(gradients(v.mul(w).sum(), [a])[0]!).some(Number.isNaN)).toBe(true);
      const [u, s] = linalg.svd(a);
      expect(off(gradients(s.sum(), [a], { retainGraph: true })[0]!, eye(3))).toBeLessThan(1e-6);
      expect(numbers(gradients(u.mul(s).sum(), [a])[0]!).some(Number.isNaN)).toBe(true);
    }),
  );

  test(
    'singular matrices have infinite condition numbers, and no determinant',
    on(() => {
      const a = tensor([
        [1, 2],
        [2, 4],
      ]);
      for (const p of ['fro', 'nuc', 1, -1, Infinity] as const) expect(linalg.cond(a, p).item()).toBe(Infinity);
      expect(linalg.cond(a).item()).toBeGreaterThan(1e7);
      const [sign, logabsdet] = linalg.slogdet(a);
      expect(Math.abs(sign.item())).toBe(0);
      expect(logabsdet.item()).toBe(-Infinity);
      expect(numbers(linalg.matrixRank(a))).toEqual([1]);
    }),
  );

  test(
    'a polynomial through points is found again',
    on(() => {
      const xs = Array.from({ length: 12 }, (_, i) => i / 6 - 1);
      const [p, residuals, rank] = linalg.lstsq(
        tensor(xs.map(x => [1, x, x ** 2, x ** 3, x ** 4, x ** 5])),
        tensor(xs.map(x => 1 - 2 * x + x ** 3 - 0.5 * x ** 5)),
      );
      [1, -2, 0, 1, 0, -0.5].forEach((c, i) => expect(Math.abs(numbers(p)[i]! - c)).toBeLessThan(2e-5));
      expect(residuals.item()).toBeLessThan(1e-9);
      expect(rank.item()).toBe(6);
    }),
  );
  test(
    'of many solutions the shortest is found',
    on(() => {
      const [x, residuals, rank] = linalg.lstsq(
        tensor([
          [1, 1],
          [1, 1],
        ]),
        tensor([2, 4]),
      );
      expect(off(x, tensor([1.5, 1.5]))).toBeLessThan(1e-5);
      expect(residuals.shape).toEqual([0]);
      expect(rank.item()).toBe(1);
    }),
  );
});

describe.each(binaries)('of some hundreds, on $name', backend => {
  test.each([100, 200])('%i: what is solved and decomposed is what it was', n => {
    useBackend(backend);
    scope(() => {
      const [a, b] = [random(n, n, n), random(n + 1, n, 3)];
      expect(off(a.matmul(linalg.solve(a, b)), b)).toBeLessThan(1e-3);
      expect(off(linalg.inv(a).matmul(a), eye(n))).toBeLessThan(1e-3);
      const [q, r] = linalg.qr(a);
      expect(off(q.matmul(r), a)).toBeLessThan(1e-5);
      const [p, l, u] = linalg.lu(a);
      expect(off(p.matmul(l).matmul(u), a)).toBeLessThan(1e-5);
      const c = a.matmul(a.transpose(0, 1));
      const k = linalg.cholesky(c.add(eye(n)));
      expect(off(k.matmul(k.transpose(0, 1)), c.add(eye(n)))).toBeLessThan(1e-4);
      const [w, v] = linalg.eigh(c);
      expect(off(v.mul(w).matmul(v.transpose(0, 1)), c)).toBeLessThan(3e-4);
      const [left, s, right] = linalg.svd(a, { fullMatrices: false });
      expect(off(left.mul(s).matmul(right), a)).toBeLessThan(2e-5);
    });
  });
});

describe('what does not fit', () => {
  useBackend(binaries[0]!);
  const [a, x] = [eye(2), tensor([1, 2])];
  test.each<readonly [string, () => unknown, new (...args: never[]) => Error, RegExp]>([
    ['a vector', () => linalg.inv(x), ShapeError, /^inv: a takes a matrix or a batch of them, this has shape \[2\]$/],
    [
      'not square',
      () => linalg.det(zeros([2, 3])),
      ShapeError,
      /^det: a takes square matrices, this has shape \[2, 3\]$/,
    ],
    [
      'other rows',
      () => linalg.solve(a, zeros([3, 1])),
      ShapeError,
      /^solve: b \[3, 1\] does not fit a \[2, 2\] from the right$/,
    ],
    ['batches', () => linalg.solve(zeros([2, 2, 2]), zeros([3, 2, 1])), ShapeError, /^solve: /],
    ['a number', () => linalg.solve(a, tensor(1)), ShapeError, /^solve: b takes a matrix/],
    ['no triangle', () => Reflect.apply(linalg.solveTriangular, null, [a, a, {}]), ValueError, /upper is missing/],
    ['half a float', () => linalg.inv(a.to('f16')), DTypeError, /f16/],
    ['pivots', () => linalg.luSolve(a, tensor(Int32Array.of(1, 3)), a), IndexError, /^luSolve: index 2 at position 1/],
    [
      'few pivots',
      () => linalg.luSolve(a, tensor(Int32Array.of(1)), a),
      ShapeError,
      /^luSolve: LU \[2, 2\] takes pivots \[2\], these are \[1\]$/,
    ],
    ['an order', () => linalg.matrixNorm(a, 3), ValueError, /^matrixNorm: ord takes 'fro', 'nuc', 1/],
    [
      'twice a dimension',
      () => linalg.matrixNorm(a, 1, [0, -2]),
      ShapeError,
      /^matrixNorm: dim names dimension 0 twice$/,
    ],
    ['one matrix', () => linalg.multiDot([a]), ShapeError, /^multiDot: takes two tensors or more, these are 1$/],
    [
      'a chain',
      () => linalg.multiDot([a, zeros([3, 2])]),
      ShapeError,
      /^multiDot: xs\[1\] \[3, 2\] does not fit xs\[0\] \[2, 2\]$/,
    ],
    ['rows', () => linalg.lstsq(a, zeros([3])), ShapeError, /^lstsq: b \[3\] has other rows than a \[2, 2\]$/],
  ])('%s', (_, f, error, says) => {
    useBackend(binaries[0]!);
    expect(f).toThrow(error);
    expect(f).toThrow(says);
  });

  test('a backend without the kernels', () => {
    const { kernels, ...rest } = exact;
    const { lu: _, ...others } = kernels;
    useBackend(partialBackend({ ...rest, kernels: others }));
    expect(() => linalg.inv(eye(2))).toThrow(BackendError);
    expect(() => linalg.inv(eye(2))).toThrow(/^luFactor: reference has no kernel lu$/);
    expect(numbers(linalg.cholesky(eye(2)))).toEqual([1, 0, 0, 1]);
    useBackend(exact);
  });

  test('the gradient of a complete Q with more rows than columns', () => {
    useBackend(exact);
    const a = leaf([[1], [2]]);
    const [q] = linalg.qr(a, { mode: 'complete' });
    expect(() => gradients(q.sum(), [a])).toThrow(GradientError);
  });
});
