/** `fit` beside the loop that it stands for, written by hand: the same bits. */
import {
  crossEntropy,
  DataLoader,
  Generator,
  keep,
  manualSeed,
  memory,
  metrics,
  mseLoss,
  nn,
  optim,
  randn,
  tensor,
  TensorDataset,
  ValueError,
  type Tensor,
} from 'phyllo';
import { CallbackError, fit, type Callback, type Run } from 'phyllo/train';
import { describe, expect, test } from 'vitest';

const quiet = { progress: false } as const;

/** Points of three classes, in five dimensions. */
function points(n: number, seed = 1): [x: Tensor, t: Tensor] {
  const generator = new Generator(seed);
  const x = keep(randn([n, 5], { generator }));
  const t = keep(tensor(Int32Array.from({ length: n }, (_, i) => (i * 7 + seed) % 3)));
  return [x, t];
}
const network = (): nn.Sequential => {
  const generator = new Generator(3);
  return new nn.Sequential(
    new nn.Linear(5, 8, { generator }),
    new nn.ReLU(),
    new nn.Dropout(0.3),
    new nn.Linear(8, 3, { generator }),
  );
};
const bits = (model: nn.Module): number[][] => model.parameters().map(p => [...p.toArray()]);

/** The loop by hand: the parameters at its end, and the mean losses of its epochs. */
function byHand(epochs: number, batchSize: number): { bits: number[][]; losses: number[] } {
  manualSeed(5);
  const model = network();
  const [x, t] = points(50);
  const optimizer = new optim.Adam(model.parameters(), { lr: 0.01 });
  const loader = new DataLoader(new TensorDataset(x, t), { batchSize, shuffle: true, seed: 2 });
  const losses: number[] = [];
  for (let epoch = 0; epoch < epochs; epoch++) {
    let sum = 0;
    for (const [a, b] of loader) {
      optimizer.zeroGrad();
      const loss = crossEntropy(model.forward(a), b);
      loss.backward();
      optimizer.step();
      sum += loss.item() * b.size;
    }
    losses.push(sum / 50);
  }
  return { bits: bits(model), losses };
}

describe('steps', () => {
  test.each([
    ['captured', false],
    ['op by op', true],
  ])('%s have the bits of the loop by hand, a last batch of fewer samples too', async (_, eager) => {
    const hand = byHand(4, 16);
    manualSeed(5);
    const model = network();
    const history = await fit(model, {
      train: points(50),
      batchSize: 16,
      seed: 2,
      loss: new nn.CrossEntropyLoss(),
      optimizer: new optim.Adam(model.parameters(), { lr: 0.01 }),
      epochs: 4,
      eager,
      ...quiet,
    });
    expect(bits(model)).toEqual(hand.bits);
    expect(history.epochs.map(e => e.train.loss)).toEqual(hand.losses);
    expect(history).toMatchObject({ steps: 16, stopped: null });
    expect(history.epochs.map(e => [e.epoch, e.samples, e.lr, e.validation])).toEqual(
      [1, 2, 3, 4].map(epoch => [epoch, 50, expect.closeTo(0.01, 12), null]),
    );
  });

  test('a batch may be a sample, some, or all: stochastic, minibatch and batch descent', async () => {
    for (const [batchSize, steps] of [
      [1, 50],
      [16, 4],
      [Infinity, 1],
    ] as const) {
      const model = network();
      const optimizer = new optim.SGD(model.parameters(), { lr: 0.01 });
      const history = await fit(model, {
        train: points(50),
        batchSize,
        loss: crossEntropy,
        optimizer,
        epochs: 1,
        ...quiet,
      });
      expect(history.steps).toBe(steps);
    }
  });

  test('gathered batches have the gradient of the large batch', async () => {
    const run = async (options: { batchSize: number; accumulate?: number; eager?: boolean }): Promise<number[][]> => {
      const model = new nn.Sequential(
        new nn.Linear(5, 8, { generator: new Generator(1) }),
        new nn.Tanh(),
        new nn.Linear(8, 3, { generator: new Generator(2) }),
      );
      const optimizer = new optim.SGD(model.parameters(), { lr: 0.1, momentum: 0.9 });
      await fit(model, {
        train: points(50),
        shuffle: false,
        loss: crossEntropy,
        optimizer,
        epochs: 3,
        clipGradNorm: 0.5,
        ...quiet,
        ...options,
      });
      return bits(model);
    };
    const large = await run({ batchSize: 20 });
    for (const eager of [false, true]) {
      const small = await run({ batchSize: 5, accumulate: 4, eager });
      small.forEach((p, i) => p.forEach((v, j) => expect(v).toBeCloseTo(large[i]![j]!, 6)));
    }
  });

  test('batches come from whatever gives them', async () => {
    const [x, t] = points(12);
    const list = (): [Tensor, Tensor][] => [0, 4, 8].map(i => [keep(x.slice(0, i, i + 4)), keep(t.slice(0, i, i + 4))]);
    async function* later(): AsyncIterableIterator<[Tensor, Tensor]> {
      for (const batch of list()) {
        await new Promise(resolve => setTimeout(resolve, 1));
        yield batch;
      }
    }
    const stream = (): ReadableStream<[Tensor, Tensor]> =>
      new ReadableStream({
        start(controller) {
          for (const batch of list()) controller.enqueue(batch);
          controller.close();
        },
      });
    const found: number[][][] = [];
    for (const train of [
      new DataLoader(new TensorDataset(x, t), { batchSize: 4 }),
      list(),
      (): [Tensor, Tensor][] => list(),
      later,
      stream,
    ]) {
      const model = new nn.Linear(5, 3, { generator: new Generator(1) });
      const optimizer = new optim.SGD(model.parameters(), { lr: 0.1 });
      const history = await fit(model, { train, loss: crossEntropy, optimizer, epochs: 2, ...quiet });
      expect(history.steps).toBe(6);
      found.push(bits(model));
    }
    for (const other of found) expect(other).toEqual(found[0]);
  });

  test('an iterable that ends once is an error in the second epoch', async () => {
    const [x, t] = points(4);
    const once = (function* (): IterableIterator<[Tensor, Tensor]> {
      yield [x, t];
    })();
    const model = new nn.Linear(5, 3);
    const optimizer = new optim.SGD(model.parameters(), { lr: 0.1 });
    await expect(fit(model, { train: once, loss: crossEntropy, optimizer, epochs: 2, ...quiet })).rejects.toThrow(
      'epoch 2 has no batches',
    );
  });

  test('a step of one’s own may have several losses and optimisers', async () => {
    const model = new nn.ModuleDict({ a: new nn.Linear(5, 2), b: new nn.Linear(2, 5) });
    const [a, b] = model.children() as [nn.Linear, nn.Linear];
    const optimizers = { a: new optim.Adam(a.parameters()), b: new optim.SGD(b.parameters(), { lr: 0.1 }) };
    const history = await fit(model, {
      train: points(40),
      step: ([x]: [Tensor, Tensor]) => {
        for (const o of Object.values(optimizers)) o.zeroGrad();
        const code = a.forward(x);
        const loss = mseLoss(b.forward(code), x);
        const size = code.square().mean();
        loss.add(size.mul(0.01)).backward();
        for (const o of Object.values(optimizers)) o.step();
        return { loss, size };
      },
      validation: points(10, 9),
      validationStep: ([x]: [Tensor, Tensor]) => mseLoss(b.forward(a.forward(x)), x),
      optimizer: optimizers,
      epochs: 20,
      ...quiet,
    });
    const [first, last] = [history.epochs[0]!, history.epochs.at(-1)!];
    expect(last.train.loss).toBeLessThan(first.train.loss);
    expect(last.validation!.loss).toBeLessThan(first.validation!.loss);
    expect(last.train).toHaveProperty('size');
  });
});

describe('a run', () => {
  const small = (callbacks: Callback[], more: object = {}): Promise<unknown> => {
    const model = new nn.Linear(5, 3, { generator: new Generator(1) });
    const optimizer = new optim.SGD(model.parameters(), { lr: 0.1 });
    return fit(model, {
      train: points(8),
      batchSize: 4,
      loss: crossEntropy,
      optimizer,
      epochs: 2,
      callbacks,
      ...quiet,
      ...more,
    });
  };

  test('tells callbacks of each event, in the order of the list', async () => {
    const told: string[] = [];
    const teller = (name: string): Callback => ({
      name,
      ...Object.fromEntries(
        ['start', 'epochStart', 'batchStart', 'batchEnd', 'epochEnd', 'end'].map(event => [
          event,
          (run: Run) => void told.push(`${name} ${event} ${run.epoch}.${run.batch}`),
        ]),
      ),
    });
    await small([teller('a'), teller('b')], { epochs: 1 });
    expect(told).toEqual(
      [
        'start 0.0',
        'epochStart 1.0',
        'batchStart 1.0',
        'batchEnd 1.1',
        'batchStart 1.1',
        'batchEnd 1.2',
        'epochEnd 1.0',
        'end 1.0',
      ].flatMap(event => [`a ${event}`, `b ${event}`]),
    );
  });

  test('ends with an error that names the callback that threw, after the others have ended', async () => {
    let ended = false;
    const faulty: Callback = {
      name: 'faulty',
      batchEnd(run) {
        if (run.steps === 3) throw new Error('no more');
      },
    };
    const run = small([faulty, { name: 'last', end: () => void (ended = true) }]);
    const error: unknown = await run.catch((e: unknown) => e);
    expect(error).toBeInstanceOf(CallbackError);
    expect(error).toMatchObject({
      callback: 'faulty',
      message: 'callback faulty: no more',
      cause: new Error('no more'),
    });
    expect(ended).toBe(true);
  });

  test('stops when it is told to, or its signal is aborted', async () => {
    expect(await small([{ name: 'stop', batchEnd: run => run.stop('enough') }])).toMatchObject({
      steps: 1,
      stopped: 'enough',
      epochs: [],
    });
    const controller = new AbortController();
    const abort: Callback = { name: 'abort', batchEnd: run => void (run.steps === 3 && controller.abort()) };
    expect(await small([abort], { signal: controller.signal })).toMatchObject({
      steps: 3,
      stopped: 'aborted',
      epochs: [{ epoch: 1 }],
    });
    expect(await small([], { signal: AbortSignal.abort() })).toMatchObject({
      steps: 0,
      stopped: 'aborted',
      epochs: [],
    });
  });

  test('lets timers run while it computes', async () => {
    let turns = 0;
    const timer = setInterval(() => turns++, 1);
    const started = performance.now();
    await small([], { epochs: 2000 });
    clearInterval(timer);
    expect(turns).toBeGreaterThan((performance.now() - started) / 100);
  });

  test('leaves no memory behind, and modes as they were', async () => {
    const model = network();
    model.eval();
    const data = points(50);
    const optimizer = new optim.Adam(model.parameters());
    const run = (): Promise<unknown> =>
      fit(model, { train: data, validation: data, loss: crossEntropy, optimizer, epochs: 1, ...quiet });
    await run();
    const before = memory().blocks;
    for (let i = 0; i < 3; i++) await run();
    expect(memory().blocks).toBe(before);
    expect(model.modules().every(m => !m.training)).toBe(true);
  });

  test.each([
    ['epochs', { epochs: 0 }, 'epochs takes a whole number ≥ 1'],
    ['an unknown option', { epoch: 1 }, 'there is no option epoch: did you mean epochs?'],
    ['no data', { train: 3 }, 'train takes a DataLoader, a dataset'],
    ['callbacks of one name', { callbacks: [{ name: 'a' }, { name: 'a' }] }, 'two callbacks have the name a'],
    ['a batch size of batches', { train: [[tensor([1]), tensor([1])]], batchSize: 2 }, 'batchSize is for a dataset'],
    ['a rate that is no schedule', { schedule: 0.1 }, 'schedule takes a schedule'],
    [
      'validation without its step',
      { step: () => tensor(1), loss: undefined, optimizer: undefined, validation: points(3) },
      'validationStep',
    ],
  ])('refuses %s', async (_, wrong, message) => {
    await expect(small([], wrong)).rejects.toThrow(ValueError);
    await expect(small([], wrong)).rejects.toThrow(message);
  });
});

test('metrics are of all batches of an epoch, of training and of validation', async () => {
  const model = network();
  model.eval(); // no dropout: what it put out can be found again
  const [x, t] = points(50);
  const optimizer = new optim.SGD(model.parameters(), { lr: 0 });
  const history = await fit(model, {
    train: [x, t],
    validation: [x, t],
    batchSize: 16,
    loss: crossEntropy,
    optimizer,
    metrics: { accuracy: new metrics.Accuracy() },
    epochs: 1,
    ...quiet,
  });
  const right = model.forward(x).argmax(1).eq(t).sum().item() / 50;
  expect(history.epochs[0]!.validation!.accuracy).toBe(right);
  const again = await fit(new nn.Linear(5, 3, { generator: new Generator(1) }), {
    train: [x, t],
    loss: crossEntropy,
    optimizer: new optim.SGD([keep(tensor([1], { requiresGrad: true }))], { lr: 0.1 }),
    metrics: { accuracy: new metrics.Accuracy() },
    epochs: 1,
    ...quiet,
  });
  const line = new nn.Linear(5, 3, { generator: new Generator(1) });
  expect(again.epochs[0]!.train.accuracy).toBe(line.forward(x).argmax(1).eq(t).sum().item() / 50);
});

test('rates go down by a schedule after epochs, or where the loss of the validation set is on a plateau', async () => {
  const ratesOf = async (make: (o: optim.SGD) => optim.StepLR | optim.ReduceLROnPlateau): Promise<number[]> => {
    const model = new nn.Linear(5, 3, { generator: new Generator(1) });
    const optimizer = new optim.SGD(model.parameters(), { lr: 8 });
    const [train, validation] = [points(30), points(10, 3)];
    const options = { train, validation, loss: crossEntropy, optimizer, epochs: 6, ...quiet };
    return (await fit(model, { ...options, schedule: make(optimizer) })).epochs.map(e => e.lr);
  };
  expect(await ratesOf(o => new optim.StepLR(o, 2, 0.5))).toEqual([8, 8, 4, 4, 2, 2]);
  // No epoch is better by 1,000: after the first two in a row the rate is halved, and after the next two again.
  const never = { threshold: 1000, thresholdMode: 'abs', patience: 1, factor: 0.5 } as const;
  expect(await ratesOf(o => new optim.ReduceLROnPlateau(o, never))).toEqual([8, 8, 8, 4, 4, 2]);
  const model = new nn.Linear(5, 3);
  const optimizer = new optim.SGD(model.parameters(), { lr: 1 });
  const schedule = new optim.ReduceLROnPlateau(optimizer);
  const options = { train: points(4), loss: crossEntropy, optimizer, epochs: 1, schedule, ...quiet };
  await expect(fit(model, { ...options, scheduleEvery: 'step' })).rejects.toThrow('goes by epochs');
});
