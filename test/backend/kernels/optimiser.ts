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

export const optimisers: Cases<OptimiserKernels> = {
  sgd,
  adam,
  tick: () => [0, 3].map(i => call([inout('f64', [1, 2, 3, 4]), i])),
};
