/** Steps of optimisers. */
import type { OptimiserKernels } from '../../../ts/backend/kernels/optimiser';
import { call, floats, inout, input, ROUNDED, SIZES, type Call, type Cases, type Operand } from './calls';

const sgd = (): Call[] =>
  SIZES.flatMap(n =>
    [
      [0, 0, 0, 1, 0],
      [0.9, 0, 0.1, 1, 0],
      [0.9, 0.5, 0.1, 2, 0],
      [0.9, 0, 0, 3, 1],
    ].flatMap(([momentum, dampening, decay, t, nesterov]) =>
      [0, inout('f32', floats(n))].map(v => {
        const hyper = input('f64', [0.1, momentum!, dampening!, decay!, t!]);
        return call([inout('f32', floats(n)), input('f32', floats(n)), v, hyper, n, nesterov!], ROUNDED, true);
      }),
    ),
  );
const adam = (): Call[] =>
  SIZES.flatMap(n =>
    [
      [0, 1, 0],
      [0.1, 1, 0],
      [0.1, 10, 1],
      [0, 1000, 0],
    ].flatMap(([decay, t, decoupled]) =>
      [false, true].map(amsgrad => {
        const square = (): Operand =>
          inout(
            'f32',
            floats(n).map(x => Math.fround(x * x)),
          );
        const hyper = input('f64', [0.01, 0.9, 0.999, 1e-8, decay!, t!]);
        const vmax = amsgrad ? square() : 0;
        const [w, g, m] = [inout('f32', floats(n)), input('f32', floats(n)), inout('f32', floats(n))];
        return call([w, g, m, square(), vmax, hyper, n, decoupled!], 1e-5, true);
      }),
    ),
  );

/** Positive numbers: squares and sizes. */
const positive = (n: number): Operand =>
  inout(
    'f32',
    floats(n).map(x => Math.fround(x * x + 0.01)),
  );
const any = (n: number): Operand => inout('f32', floats(n));
/** Calls (w, g, state …, hyper, n …) for each of some hyperparameters. */
const steps = (
  hypers: readonly (readonly number[])[],
  state: readonly ((n: number) => Operand | 0)[],
  ...rest: number[]
) =>
  SIZES.flatMap(n =>
    hypers.map(hyper =>
      call(
        [any(n), input('f32', floats(n)), ...state.map(make => make(n)), input('f64', hyper), n, ...rest],
        1e-5,
        true,
      ),
    ),
  );
const product = (): Operand => input('f32', [Math.fround(0.3)]);

export const optimisers: Cases<OptimiserKernels> = {
  sgd,
  adam,
  nadam: () =>
    [0, 1].flatMap(decoupled =>
      steps(
        [
          [0.01, 0.9, 0.99, 1e-4, 0, 0.004, 1],
          [0.01, 0.8, 0.9, 1e-4, 0.1, 0.5, 12],
        ],
        [any, positive, product],
        decoupled,
      ),
    ),
  nadamProduct: () =>
    [1, 2, 1000].map(t => call([inout('f32', [0.25]), input('f64', [0.01, 0.9, 0.99, 1e-4, 0, 0.004, t])], ROUNDED)),
  radam: () =>
    [0, 1].flatMap(decoupled =>
      steps(
        [
          [0.01, 0.9, 0.99, 1e-4, 0.1, 1],
          [0.01, 0.9, 0.99, 1e-4, 0.1, 20],
          [0.01, 0.9, 0.9, 1e-4, 0, 1000],
        ],
        [any, positive],
        decoupled,
      ),
    ),
  sparseAdam: () =>
    [0, 1, 2, 5].flatMap(rows =>
      SIZES.map(n => {
        const g = floats(rows * n).map((x, i) => (Math.floor(i / n) % 2 === 1 ? 0 : x));
        const hyper = input('f64', [0.01, 0.9, 0.99, 1e-4, 3]);
        return call([any(rows * n), input('f32', g), any(rows * n), positive(rows * n), hyper, rows, n], 1e-5, true);
      }),
    ),
  rmsprop: () =>
    [null, positive].flatMap(mean =>
      [null, any].flatMap(velocity =>
        steps(
          [
            [0.01, 0.9, 0.1, 0, 0.9, 1],
            [0.01, 0.5, 0.1, 0.1, 0.5, 4],
          ],
          [positive, n => mean?.(n) ?? 0, n => velocity?.(n) ?? 0],
        ),
      ),
    ),
  adagrad: () =>
    steps(
      [
        [0.1, 0, 0, 0, 1e-6, 1],
        [0.1, 0.5, 0.1, 0.5, 1e-6, 9],
      ],
      [positive],
    ),
  adadelta: () =>
    steps(
      [
        [1, 0.9, 1e-3, 0, 1],
        [0.5, 0.5, 1e-3, 0.1, 5],
      ],
      [positive, positive],
    ),
  adamax: () =>
    steps(
      [
        [0.01, 0.9, 0.99, 1e-3, 0, 1],
        [0.01, 0.5, 0.9, 1e-3, 0.1, 8],
      ],
      [any, positive],
    ),
  rprop: () =>
    steps(
      [
        [0.1, 0.5, 1.2, 1e-6, 50, 1],
        [0.1, 0.25, 1.5, 0.05, 0.5, 4],
      ],
      [any, positive],
    ),
  asgd: () =>
    steps(
      [
        [0.1, 1e-4, 0.75, 1e6, 0, 1],
        [0.1, 0.1, 0.5, 2, 0.1, 9],
      ],
      [any],
    ),
  tick: () => [0, 3].map(i => call([inout('f64', [1, 2, 3, 4]), i])),
};
