/** Recurrent layers over whole sequences. */
import type { RecurrentKernels } from '../../../ts/backend/kernels/recurrent';
import { call, floats, input, output, SUMMED, type Argument, type Call, type Cases, type Operand } from './calls';

/** Steps, batch and hidden size of a sequence. */
const SEQUENCES = [
  [1, 1, 1],
  [3, 1, 5],
  [2, 3, 4],
  [5, 2, 7],
  [3, 4, 8],
  [4, 5, 13],
  [2, 9, 33],
  [0, 2, 3],
  [2, 0, 3],
  [2, 3, 0],
];
/** Calls of a recurrent kernel: `buffers` for a state of n, a sequence of m and the hidden size h; and what follows. */
const sequences =
  (buffers: (n: number, m: number, h: number, round: number) => Argument[], options: number[][] = [[]]) =>
  (): Call[] =>
    SEQUENCES.flatMap(([steps, batch, hidden]) =>
      [0, 1].flatMap(reverse =>
        options.map((more, round) => {
          const n = batch! * hidden!;
          const args = [...buffers(n, steps! * n, hidden!, round + reverse), steps!, batch!, hidden!, reverse, ...more];
          return call(args, SUMMED, true);
        }),
      ),
    );
const weights = (gates: number, h: number): Operand => input('f32', floats(gates * h * h, 1 / Math.sqrt(h || 1)));
const some = (n: number, is: boolean): Argument => (is ? input('f32', floats(n)) : 0);
/** Of the gates' kind: from 0 to 1. */
const shares = (n: number): Operand => input('f32', floats(n).map(Math.abs));
const rounds = [[], [], [], []];

const rnn = sequences(
  (n, m, h) => [input('f32', floats(m)), weights(1, h), input('f32', floats(n)), output('f32', m), output('f32', n)],
  [[0], [1]],
);
const rnnGrad = sequences(
  (n, m, h, round) => [
    some(m, round !== 1),
    some(n, round !== 2),
    weights(1, h),
    input('f32', floats(m)),
    output('f32', m),
    output('f32', n),
  ],
  [[0], [1]],
);
const lstm = sequences(
  (n, m, h, round) => [
    input('f32', floats(4 * m)),
    weights(4, h),
    input('f32', floats(n)),
    input('f32', floats(n)),
    ...[m, n, n].map(size => output('f32', size)),
    round % 2 ? output('f32', 6 * m) : 0,
  ],
  rounds,
);
const lstmGrad = sequences(
  (n, m, h, round) => [
    some(m, round !== 1),
    some(n, round !== 2),
    some(n, round !== 3),
    some(6 * m, round > 1),
    weights(4, h),
    input('f32', floats(n)),
    shares(6 * m),
    ...[4 * m, n, n].map(size => output('f32', size)),
  ],
  rounds,
);
const gru = sequences(
  (n, m, h, round) => [
    input('f32', floats(3 * m)),
    weights(3, h),
    some(3 * h, round > 1),
    input('f32', floats(n)),
    ...[m, n].map(size => output('f32', size)),
    round % 2 ? output('f32', 4 * m) : 0,
  ],
  rounds,
);
const gruGrad = sequences(
  (n, m, h, round) => [
    some(m, round !== 1),
    some(n, round !== 2),
    some(4 * m, round > 1),
    weights(3, h),
    input('f32', floats(n)),
    input('f32', floats(m)),
    shares(4 * m),
    ...[3 * m, 3 * m, n].map(size => output('f32', size)),
  ],
  rounds,
);

export const recurrent: Cases<RecurrentKernels> = {
  rnn,
  rnnGrad,
  lstm,
  lstmGrad,
  gru,
  gruGrad,
};
