/** Samples of recurrent layers, and of embeddings. */
import * as embeddings from '../../../ts/ops/embedding';
import { tensor } from '../../../ts/ops/creation';
import * as ops from '../../../ts/ops/rnn';
import { t, transpose } from '../../../ts/ops/view';
import type { Tensor } from '../../../ts/core/tensor';
import { between, int, sample, type Sample, type SamplesOf } from './sample';

/** So that gates do not close: near 0 and 1 their slopes are differences of close numbers. */
const real = between(-0.75, 0.75);

/** Steps, batch, features, hidden. */
type Sizes = readonly [steps: number, batch: number, features: number, hidden: number];
const SIZES: readonly Sizes[] = [
  [1, 1, 1, 1],
  [3, 2, 3, 4],
  [4, 1, 2, 5],
  [2, 5, 1, 3],
  [1, 3, 2, 6],
];

/** Biases and states as far as given: x, ih, hh, then biasIh, biasHh, then states. */
type Given = 'nothing' | 'biases' | 'all';
type Call = (x: Tensor, weights: ops.RecurrentWeights, states: readonly Tensor[]) => readonly Tensor[];

function layer(
  gates: number,
  states: number,
  [steps, batch, features, hidden]: Sizes,
  given: Given,
  call: Call,
): Sample {
  const rows = gates * hidden;
  const biases = given === 'nothing' ? [] : [real(rows), real(rows)];
  const starts = given === 'all' ? Array.from({ length: states }, () => real(batch, hidden)) : [];
  const state = `f32[${batch},${hidden}]`;
  return {
    inputs: [real(steps, batch, features), real(rows, features), real(rows, hidden), ...biases, ...starts],
    call: (x, ih, hh, ...rest) => {
      const [biasIh, biasHh] = rest.slice(0, biases.length);
      return call(x!, { ih: ih!, hh: hh!, biasIh: biasIh ?? null, biasHh: biasHh ?? null }, rest.slice(biases.length));
    },
    y: [`f32[${steps},${batch},${hidden}]`, ...Array<string>(states).fill(state)].join(' '),
    composed: true,
  };
}
const layers = (gates: number, states: number, call: (options: ops.RnnOptions) => Call): Sample[] =>
  SIZES.flatMap((sizes, i) => [
    layer(gates, states, sizes, 'all', call({ nonlinearity: i % 2 ? 'tanh' : 'relu' })),
    layer(gates, states, sizes, i % 2 ? 'biases' : 'nothing', call({ reverse: true })),
  ]);
/** Nothing to read, and nothing to remember. */
const empty = (gates: number, states: number, call: Call): Sample[] => [
  layer(gates, states, [2, 0, 3, 2], 'all', call),
  layer(gates, states, [2, 3, 0, 2], 'all', call),
  layer(gates, states, [2, 3, 2, 0], 'all', call),
];

const lstm: Call = (x, weights, [h0, c0]) => ops.lstm(x, weights, h0 && c0 ? [h0, c0] : null);
const gru: Call = (x, weights, [h0]) => ops.gru(x, weights, h0);
const rnn: Call = (x, weights, [h0]) => ops.rnn(x, weights, h0);

export const recurrentSamples: SamplesOf<typeof ops> = {
  rnn: [
    layer(1, 1, [3, 2, 3, 4], 'all', rnn),
    ...layers(
      1,
      1,
      options =>
        (x, weights, [h0]) =>
          ops.rnn(x, weights, h0, options),
    ),
    ...empty(1, 1, rnn),
    // A batch first and one bias; only all states, and only the last, lead to a gradient.
    {
      ...sample(
        [real(2, 3, 2), real(4, 2), real(4, 4), real(4)],
        (x, ih, hh, biasHh) => ops.rnn(transpose(x, 0, 1), { ih, hh, biasHh })[0],
        'f32[3,2,4]',
      ),
      composed: true,
    },
    {
      ...sample(
        [real(3, 2, 2), real(2, 3), real(3, 3)],
        (x, ih, hh) => ops.rnn(x, { ih: t(ih), hh: t(hh) })[1],
        'f32[2,3]',
      ),
      composed: true,
    },
  ],
  lstm: [
    layer(4, 2, [3, 2, 3, 4], 'all', lstm),
    ...layers(
      4,
      2,
      ({ reverse }) =>
        (x, weights, [h0, c0]) =>
          ops.lstm(x, weights, h0 && c0 ? [h0, c0] : null, { reverse }),
    ),
    ...empty(4, 2, lstm),
    {
      ...sample(
        [real(2, 3, 2), real(8, 2), real(8, 2), real(8)],
        (x, ih, hh, biasIh) => ops.lstm(transpose(x, 0, 1), { ih, hh, biasIh })[0],
        'f32[3,2,2]',
      ),
      composed: true,
    },
    // Only the last cell, and only the state's weights.
    {
      ...sample(
        [real(4, 1)],
        hh => ops.lstm(tensor([[[1]], [[0.5]]]), { ih: tensor([[1], [0], [0.5], [1]]), hh })[2],
        'f32[1,1]',
      ),
      composed: true,
    },
  ],
  gru: [
    layer(3, 1, [3, 2, 3, 4], 'all', gru),
    ...layers(
      3,
      1,
      ({ reverse }) =>
        (x, weights, [h0]) =>
          ops.gru(x, weights, h0, { reverse }),
    ),
    ...empty(3, 1, gru),
    {
      ...sample(
        [real(2, 3, 2), real(6, 2), real(6, 2), real(6)],
        (x, ih, hh, biasHh) => ops.gru(transpose(x, 0, 1), { ih, hh, biasHh })[0],
        'f32[3,2,2]',
      ),
      composed: true,
    },
    {
      ...sample(
        [real(3)],
        biasHh => {
          const [ih, hh] = [tensor([[1], [0], [0.5]]), tensor([[1], [0], [1]])];
          return ops.gru(tensor([[[1]], [[0.5]]]), { ih, hh, biasHh })[1];
        },
        'f32[1,1]',
      ),
      composed: true,
    },
  ],
};

export const embeddingSamples: SamplesOf<typeof embeddings> = {
  embedding: [
    sample([real(5, 3)], w => embeddings.embedding(int([4, 0, 0, 2, 1, 4], [2, 3]), w), 'f32[2,3,3]'),
    sample([real(5, 3)], w => embeddings.embedding(int([4], []), w), 'f32[3]'),
    sample([real(5, 1)], w => embeddings.embedding(tensor(Uint8Array.of(3, 3)), w), 'f32[2,1]'),
    sample([real(3, 5)], w => embeddings.embedding(t(int([4, 0, 0, 2], [2, 2])), t(w)), 'f32[2,2,3]'),
    sample([real(5, 3)], w => embeddings.embedding(int([], [0, 2]), w), 'f32[0,2,3]'),
    sample([real(4, 2)], w => embeddings.embedding(int([0, 2, 1]), w, { paddingIdx: -1 }), 'f32[3,2]'),
  ],
};
