/**
 * The loops that people write, each as they write it: no `scope`, `keep` or `dispose` inside but where that is the
 * style. What a turn takes must come back, some turns later at most. Each calls `turn` at the end of every turn.
 */
import {
  oneHot,
  dropout,
  capture,
  checkpoint,
  crossEntropy,
  DataLoader,
  IndexError,
  keep,
  metrics,
  mseLoss,
  nn,
  noGrad,
  optim,
  randint,
  randn,
  scope,
  ShapeError,
  tensor,
  TensorDataset,
  valueAndGrad,
  type Tensor,
} from 'phyllo';

export type Style = (turns: number, turn: () => void) => void | Promise<void>;

const BATCH = 16;
const CLASSES = 4;
const IMAGES = [BATCH, 3, 32, 32];

const pixels = Float32Array.from({ length: BATCH * 3 * 32 * 32 }, (_, i) => Math.sin(i));
const rows = (): Tensor => keep(randn([BATCH, 8]));
const labels = (n = BATCH): Tensor => keep(randint(0, CLASSES, [n]));
const dataset = (n = 4 * BATCH): TensorDataset<[Tensor, Tensor]> => new TensorDataset(keep(randn([n, 8])), labels(n));

const convNet = (): nn.Sequential =>
  new nn.Sequential(
    new nn.Conv2d(3, 4, 3, { padding: 1 }),
    new nn.ReLU(),
    new nn.MaxPool2d(4),
    new nn.Flatten(),
    new nn.Linear(256, CLASSES),
  );
const perceptron = (inputs = 8, outputs = CLASSES): nn.Sequential =>
  new nn.Sequential(new nn.Linear(inputs, 16), new nn.ReLU(), new nn.Linear(16, outputs));

/** A step of training of a model, with an optimiser. */
function trainer(model: nn.Sequential): (x: Tensor, t: Tensor) => Tensor {
  const optimizer = new optim.Adam(model.parameters());
  return (x, t) => {
    optimizer.zeroGrad();
    const loss = crossEntropy(model.forward(x), t);
    loss.backward();
    optimizer.step();
    return loss;
  };
}

const timer = (): Promise<void> => new Promise(resolve => setTimeout(resolve));

/** f, again and again. */
const repeat = (turns: number, turn: () => void, f: (i: number) => void): void => {
  for (let i = 0; i < turns; i++) {
    f(i);
    turn();
  }
};

export const STYLES: Readonly<Record<string, Style>> = {
  'predict, toArray'(turns, turn) {
    const model = convNet().eval();
    repeat(turns, turn, () => model.forward(tensor(pixels, { shape: IMAGES })).toArray());
  },
  async 'predict, await data'(turns, turn) {
    const model = convNet().eval();
    for (let i = 0; i < turns; i++) {
      await model.forward(tensor(pixels, { shape: IMAGES })).data();
      turn();
    }
  },
  'predict in noGrad'(turns, turn) {
    const model = convNet().eval();
    repeat(turns, turn, () => noGrad(() => model.forward(tensor(pixels, { shape: IMAGES })).toArray()));
  },
  'batches made in the loop'(turns, turn) {
    const [step, t] = [trainer(convNet()), labels()];
    repeat(turns, turn, () => step(tensor(pixels, { shape: IMAGES }), t));
  },
  async 'batches made in the loop, awaited timer'(turns, turn) {
    const [step, t] = [trainer(convNet()), labels()];
    for (let i = 0; i < turns; i++) {
      step(tensor(pixels, { shape: IMAGES }), t);
      await timer();
      turn();
    }
  },
  'one batch, bare'(turns, turn) {
    const [step, x, t] = [trainer(perceptron()), rows(), labels()];
    repeat(turns, turn, () => step(x, t).item());
  },
  'noise in the loop'(turns, turn) {
    const [step, x, t] = [trainer(perceptron()), rows(), labels()];
    repeat(turns, turn, () => step(x.add(randn([BATCH, 8])), t));
  },
  'picked rows'(turns, turn) {
    const [x, t] = dataset(1024).tensors;
    const step = trainer(perceptron());
    repeat(turns, turn, () => {
      const at = randint(0, 1024, [BATCH]);
      step(x.indexSelect(0, at), t.indexSelect(0, at));
    });
  },
  'evaluation inside training'(turns, turn) {
    const [model, x, t] = [perceptron(), rows(), labels()];
    const step = trainer(model);
    repeat(turns, turn, () => {
      step(x, t);
      model.eval();
      metrics.accuracy(model.forward(x), t);
      model.train();
    });
  },
  'letter by letter'(turns, turn) {
    const [lstm, head] = [new nn.LSTM(CLASSES, 8), new nn.Linear(8, CLASSES)];
    let state: readonly [Tensor, Tensor] | null = null;
    let letter = tensor([0], { dtype: 'i32' });
    repeat(turns, turn, () => {
      const [y, next] = lstm.forward(oneHot(letter, CLASSES).reshape([1, 1, CLASSES]).to('f32'), state);
      letter = head.forward(y.reshape([1, 8])).argmax(1);
      state = [next[0].detach(), next[1].detach()];
      letter.item();
    });
  },
  'two networks against each other'(turns, turn) {
    const [makes, judges, real] = [perceptron(4, 8), perceptron(8, 2), rows()];
    const [first, second] = [new optim.Adam(makes.parameters()), new optim.Adam(judges.parameters())];
    const [yes, no] = [1, 0].map(v => keep(tensor(new Int32Array(BATCH).fill(v))));
    repeat(turns, turn, () => {
      const made = makes.forward(randn([BATCH, 4]));
      second.zeroGrad();
      crossEntropy(judges.forward(real), yes!)
        .add(crossEntropy(judges.forward(made.detach()), no!))
        .backward();
      second.step();
      first.zeroGrad();
      crossEntropy(judges.forward(made), yes!).backward();
      first.step();
    });
  },
  'states carried by a captured function'(turns, turn) {
    const lstm = new nn.LSTM(8, 8);
    const optimizer = new optim.SGD([...lstm.parameters()], { lr: 0.01 });
    const step = capture((x: Tensor, h: Tensor, c: Tensor): [Tensor, Tensor, Tensor] => {
      optimizer.zeroGrad();
      const [y, next] = lstm.forward(x, [h, c]);
      const loss = y.square().mean();
      loss.backward();
      optimizer.step();
      return [loss, next[0].detach(), next[1].detach()];
    });
    const x = keep(randn([4, BATCH, 8]));
    let [loss, h, c] = [
      tensor(0),
      tensor(new Float32Array(BATCH * 8), { shape: [1, BATCH, 8] }),
      tensor(new Float32Array(BATCH * 8), { shape: [1, BATCH, 8] }),
    ];
    repeat(turns, turn, () => {
      [loss, h, c] = step(x, h, c);
      loss.item();
    });
  },
  'results of a captured function'(turns, turn) {
    const model = convNet().eval();
    const x = keep(tensor(pixels, { shape: IMAGES }));
    const predict = capture((x: Tensor) => noGrad(() => model.forward(x)));
    repeat(turns, turn, () => predict(x).toArray());
  },
  'a captured step'(turns, turn) {
    const step = capture(trainer(perceptron()));
    const [x, t] = [rows(), labels()];
    repeat(turns, turn, () => step(x, t).item());
  },
  'an expression'(turns, turn) {
    const x = keep(randn([4096]));
    repeat(turns, turn, () => x.mul(2).sum().item());
  },
  valueAndGrad(turns, turn) {
    const [x, y] = [rows(), keep(randn([BATCH, 1]))];
    const loss = valueAndGrad((w: Tensor) => mseLoss(x.matmul(w), y));
    let w = randn([8, 1]);
    repeat(turns, turn, () => {
      const [value, slope] = loss(w);
      w = w.sub(slope.mul(0.01));
      value.item();
    });
  },
  'a new model in each turn'(turns, turn) {
    const [x, t] = [rows(), labels()];
    repeat(turns, turn, () => trainer(perceptron())(x, t).item());
  },
  'a new captured function in each turn'(turns, turn) {
    const [x, t] = [rows(), labels()];
    const train = trainer(perceptron());
    repeat(turns, turn, () => capture(train)(x, t).item());
  },
  'a loader'(turns, turn) {
    const [data, step] = [dataset(), trainer(perceptron())];
    for (let i = 0; i < turns; ) {
      for (const [x, t] of new DataLoader(data, { batchSize: BATCH, shuffle: true })) {
        step(x, t);
        i++;
        turn();
      }
    }
  },
  async 'a loader, await'(turns, turn) {
    const [data, step] = [dataset(), trainer(perceptron())];
    for (let i = 0; i < turns; ) {
      for (const [x, t] of new DataLoader(data, { batchSize: BATCH, shuffle: true })) {
        await step(x.add(randn([BATCH, 8])), t).data();
        i++;
        turn();
      }
    }
  },
  'a loader inside a loader'(turns, turn) {
    const [data, model] = [dataset(), perceptron()];
    const step = trainer(model);
    for (let i = 0; i < turns; ) {
      for (const [x, t] of new DataLoader(data, { batchSize: BATCH })) {
        step(x, t);
        for (const [y] of new DataLoader(data, { batchSize: 2 * BATCH }))
          model.forward(y).sub(model.forward(x).mean()).sum().item();
        i++;
        turn();
      }
    }
  },
  scopes(turns, turn) {
    const [step, x, t] = [trainer(perceptron()), rows(), labels()];
    repeat(turns, turn, () => scope(() => step(x.add(randn([BATCH, 8])), t)).item());
  },
  checkpoints(turns, turn) {
    const [first, last, t] = [new nn.Linear(8, 16), new nn.Linear(16, CLASSES), labels()];
    const optimizer = new optim.SGD([...first.parameters(), ...last.parameters()], { lr: 0.01 });
    const block = checkpoint((x: Tensor) => dropout(first.forward(x).tanh(), 0.1));
    repeat(turns, turn, () => {
      optimizer.zeroGrad();
      crossEntropy(last.forward(block(randn([BATCH, 8]))), t).backward();
      optimizer.step();
    });
  },
  'an error in each turn'(turns, turn) {
    const [model, x, wrong] = [perceptron(), rows(), keep(tensor(new Int32Array(BATCH).fill(CLASSES)))];
    repeat(turns, turn, i => {
      try {
        if (i % 2 === 0) crossEntropy(model.forward(x), wrong);
        else model.forward(x).matmul(x);
      } catch (e) {
        if (!(e instanceof IndexError || e instanceof ShapeError)) throw e;
      }
    });
  },
  metrics(turns, turn) {
    const [model, x, t] = [perceptron().eval(), rows(), labels()];
    const matrix = new metrics.ConfusionMatrix(CLASSES);
    repeat(turns, turn, () => {
      const logits = model.forward(x);
      matrix.update(logits.argmax(1), t);
      metrics.topKAccuracy(logits, t, 2);
    });
  },
};
