import { crossEntropy, manualSeed, nn, noGrad, optim, randint, randn, scope, sum, type Tensor } from 'phyllo';
import { rate, time, type Row } from '../measure';

const [BATCH, STEPS, INPUTS] = [32, 64, 64];
/** Characters of a text, and their vectors' size: the language model of Karpathy's char-rnn on Shakespeare. */
const [VOCABULARY, EMBEDDING] = [65, 64];

type Layer = nn.RNN | nn.LSTM | nn.GRU;
const LAYERS: readonly (readonly [name: string, make: (hidden: number) => Layer])[] = [
  ['rnn', hidden => new nn.RNN(INPUTS, hidden)],
  ['gru', hidden => new nn.GRU(INPUTS, hidden)],
  ['lstm', hidden => new nn.LSTM(INPUTS, hidden)],
];

/** A layer forward, and forward with all its gradients: steps of sequences a second. */
function* layer(name: string, model: Layer): Generator<Row> {
  const x = randn([STEPS, BATCH, INPUTS]);
  const count = STEPS * BATCH;
  const forward = (): void => noGrad(() => scope(() => void model.forward(x)));
  const train = (): void => scope(() => {
    model.zeroGrad();
    sum(model.forward(x)[0]).backward();
  });
  const [kind, hidden] = name.split('-');
  yield rate(`${kind}-fwd-${hidden}`, 'tokens/s', count, time(forward, { sampleMs: 100 }));
  yield rate(`${kind}-grad-${hidden}`, 'tokens/s', count, time(train, { sampleMs: 100 }));
  x.dispose();
}

/** Predicts the next character: an embedding, an LSTM and a linear layer. */
class CharacterModel extends nn.Module {
  readonly embedding = new nn.Embedding(VOCABULARY, EMBEDDING);
  readonly lstm: nn.LSTM;
  readonly head: nn.Linear;
  constructor(hidden: number) {
    super();
    this.lstm = new nn.LSTM(EMBEDDING, hidden);
    this.head = new nn.Linear(hidden, VOCABULARY);
  }
  forward(text: Tensor): Tensor {
    const [y] = this.lstm.forward(this.embedding.forward(text));
    return this.head.forward(y);
  }
}

/** Steps of training on one batch, repeated: characters a second. */
function charlm(hidden: number): Row {
  const model = new CharacterModel(hidden);
  const optimizer = new optim.SGD(model.parameters(), { lr: 0.1 });
  const [text, next] = [0, 1].map(() => randint(0, VOCABULARY, [STEPS, BATCH]));
  const step = (): void => scope(() => {
    optimizer.zeroGrad();
    crossEntropy(model.forward(text!).flatten(0, 1), next!.flatten()).backward();
    optimizer.step();
  });
  return rate('charlm-train', 'tokens/s', STEPS * BATCH, time(step, { sampleMs: 100 }));
}

export function* rows(): Iterable<Row> {
  manualSeed(1);
  for (const [name, make] of LAYERS) for (const hidden of [128, 256]) yield* layer(`${name}-${hidden}`, make(hidden));
  yield charlm(256);
}
