import { crossEntropy, keep, nn, noGrad, optim, scope, sum, tensor, type Tensor } from 'phyllo';
import type { Row, Task } from '../row';
import { labels, values } from '../values';
import { dispose } from './nets';
import { trainingTask, withEager } from './train';

export const BATCH = 32;
export const STEPS = 64;
export const INPUTS = 64;
/** Gates of a cell: rows of its weights for each hidden unit. */
export const GATES = { rnn: 1, gru: 3, lstm: 4 } as const;

/** A layer over a batch of sequences [steps, batch, inputs]: forward, or forward and all gradients. */
export interface Recurrent {
  readonly kind: 'recurrent';
  readonly cell: keyof typeof GATES;
  readonly hidden: number;
  readonly of: 'fwd' | 'grad';
}

/** A step of training the language model of Karpathy's char-rnn on Shakespeare: an embedding, an LSTM, a linear layer. */
export interface Charlm {
  readonly kind: 'charlm';
  readonly eager?: boolean;
  readonly vocabulary: number;
  readonly embedding: number;
  readonly hidden: number;
}

/** Steps of sequences a second. */
export const rows: readonly Row<Recurrent | Charlm>[] = [
  ...(['rnn', 'gru', 'lstm'] as const).flatMap(cell =>
    [128, 256].flatMap(hidden =>
      (['fwd', 'grad'] as const).map((of): Row<Recurrent> => {
        const forward = STEPS * BATCH * 2 * GATES[cell] * hidden * (INPUTS + hidden);
        return {
          name: `${cell}-${of}-${hidden}`,
          work: { kind: 'recurrent', cell, hidden, of },
          unit: 'tokens/s',
          amount: STEPS * BATCH,
          flop: of === 'fwd' ? forward : 3 * forward,
        };
      }),
    ),
  ),
  ...withEager<Charlm>({
    name: 'charlm-train',
    work: { kind: 'charlm', vocabulary: 65, embedding: 64, hidden: 256 },
    unit: 'tokens/s',
    amount: STEPS * BATCH,
    flop: STEPS * BATCH * 2_060_000,
  }),
];

/** The layer's input and parameters, in PyTorch's order of gates. */
export function recurrentData({ cell, hidden }: Recurrent): {
  readonly x: Float32Array;
  /** Of the inputs and of the states: [gates · hidden, inputs] and [gates · hidden, hidden], then [gates · hidden]. */
  readonly parameters: readonly [ih: Float32Array, hh: Float32Array, biasIh: Float32Array, biasHh: Float32Array];
} {
  const rows = GATES[cell] * hidden;
  const scale = 1 / Math.sqrt(hidden);
  return {
    x: values(STEPS * BATCH * INPUTS, 1),
    parameters: [
      values(rows * INPUTS, 2, scale),
      values(rows * hidden, 3, scale),
      values(rows, 4, scale),
      values(rows, 5, scale),
    ],
  };
}

export function prepareRecurrent(work: Recurrent): Task {
  const data = recurrentData(work);
  const layers = { rnn: nn.RNN, gru: nn.GRU, lstm: nn.LSTM };
  const model = new layers[work.cell](INPUTS, work.hidden);
  model.parameters().forEach((p, i) => p.set(data.parameters[i]!));
  const x = keep(tensor(data.x, { shape: [STEPS, BATCH, INPUTS] }));
  const train = (): void =>
    scope(() => {
      model.zeroGrad();
      sum(model.forward(x)[0]).backward();
    });
  const forward = (): Tensor => model.forward(x)[0];
  return {
    run: work.of === 'grad' ? train : () => noGrad(() => scope(() => void forward())),
    result: () =>
      scope(() => {
        if (work.of === 'fwd') return noGrad(forward).toArray();
        return model.parameters()[1]!.grad!.toArray();
      }),
    free: () => {
      x.dispose();
      dispose(model);
    },
  };
}

/** Predicts the next character. */
class CharacterModel extends nn.Module {
  readonly embedding: nn.Embedding;
  readonly lstm: nn.LSTM;
  readonly head: nn.Linear;
  constructor({ vocabulary, embedding, hidden }: Charlm) {
    super();
    this.embedding = new nn.Embedding(vocabulary, embedding);
    this.lstm = new nn.LSTM(embedding, hidden);
    this.head = new nn.Linear(hidden, vocabulary);
  }
  forward(text: Tensor): Tensor {
    const [y] = this.lstm.forward(this.embedding.forward(text));
    return this.head.forward(y);
  }
}

/** On one batch, repeated. */
export function prepareCharlm(work: Charlm): Task {
  const model = new CharacterModel(work);
  model.parameters().forEach((p, i) => p.set(values(p.size, i, 0.06)));
  const optimizer = new optim.SGD(model.parameters(), { lr: 0.1 });
  const characters = (seed: number): Tensor =>
    keep(tensor(labels(STEPS * BATCH, work.vocabulary, seed), { shape: [STEPS, BATCH] }));
  const step = (text: Tensor, next: Tensor): Tensor => {
    optimizer.zeroGrad();
    const loss = crossEntropy(model.forward(text).flatten(0, 1), next.flatten());
    loss.backward();
    optimizer.step();
    return loss;
  };
  return trainingTask(step, work.eager, [characters(1), characters(2)], model);
}
