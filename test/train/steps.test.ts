/** Models with several losses or optimisers fit in by a step of their own, each in less than 40 lines. */
import {
  binaryCrossEntropyWithLogits,
  copy_,
  Generator,
  keep,
  manualSeed,
  mseLoss,
  nn,
  noGrad,
  ones,
  optim,
  rand,
  randn,
  smoothL1Loss,
  tensor,
  zeros,
  type Tensor,
} from 'phyllo';
import { fit } from 'phyllo/train';
import { expect, test } from 'vitest';

const mlp = (...sizes: number[]): nn.Sequential =>
  new nn.Sequential(
    ...sizes
      .slice(1)
      .flatMap((n, i) => [
        new nn.Linear(sizes[i]!, n, { generator: new Generator(i) }),
        ...(i < sizes.length - 2 ? [new nn.ReLU()] : []),
      ]),
  );

test('a generative adversarial network (Goodfellow et al. 2014) finds the mean of its data', async () => {
  manualSeed(2);
  const model = new nn.ModuleDict({ generator: mlp(2, 16, 1), discriminator: mlp(1, 16, 1) });
  const [generator, discriminator] = [model.get('generator'), model.get('discriminator')] as [
    nn.Sequential,
    nn.Sequential,
  ];
  const optimizer = {
    generator: new optim.Adam(generator.parameters(), { lr: 0.005, betas: [0.5, 0.999] }),
    discriminator: new optim.Adam(discriminator.parameters(), { lr: 0.005, betas: [0.5, 0.999] }),
  };
  const data = keep(
    randn([512, 1], { generator: new Generator(7) })
      .mul(0.5)
      .add(3),
  );
  const history = await fit(model, {
    train: [data],
    batchSize: 64,
    optimizer,
    epochs: 60,
    progress: false,
    step: ([real]: [Tensor]) => {
      const n = real.shape[0]!;
      const fake = generator.forward(randn([n, 2]));
      optimizer.discriminator.zeroGrad();
      const told = binaryCrossEntropyWithLogits(discriminator.forward(real), ones([n, 1])).add(
        binaryCrossEntropyWithLogits(discriminator.forward(fake.detach()), zeros([n, 1])),
      );
      told.backward();
      optimizer.discriminator.step();
      optimizer.generator.zeroGrad();
      const loss = binaryCrossEntropyWithLogits(discriminator.forward(fake), ones([n, 1]));
      loss.backward();
      optimizer.generator.step();
      return { loss, discriminator: told };
    },
  });
  expect(history.epochs.at(-1)!.train).toHaveProperty('discriminator');
  const made = noGrad(() =>
    generator
      .forward(randn([1000, 2]))
      .mean()
      .item(),
  );
  expect(Math.abs(made - 3)).toBeLessThan(0.7);
});

test('a variational autoencoder (Kingma and Welling 2014) reconstructs points of a line', async () => {
  manualSeed(3);
  const model = new nn.ModuleDict({ encoder: mlp(4, 16, 2), decoder: mlp(1, 16, 4) });
  const [encoder, decoder] = [model.get('encoder'), model.get('decoder')] as [nn.Sequential, nn.Sequential];
  const optimizer = new optim.Adam(model.parameters(), { lr: 0.01 });
  const along = rand([256, 1], { generator: new Generator(5) })
    .mul(2)
    .sub(1);
  const data = keep(along.matmul(tensor([[1, -1, 0.5, 2]])));
  const step = ([x]: [Tensor]): { loss: Tensor; reconstruction: Tensor } => {
    const [mean, logVariance] = encoder.forward(x).split(1, 1) as [Tensor, Tensor];
    const z = mean.add(logVariance.mul(0.5).exp().mul(randn(mean.shape)));
    const reconstruction = mseLoss(decoder.forward(z), x);
    const divergence = mean.square().add(logVariance.exp()).sub(logVariance).sub(1).mul(0.5).mean();
    return { loss: reconstruction.add(divergence.mul(0.01)), reconstruction };
  };
  const history = await fit(model, {
    train: [data],
    optimizer,
    epochs: 60,
    progress: false,
    step: (batch: [Tensor]) => {
      optimizer.zeroGrad();
      const values = step(batch);
      values.loss.backward();
      optimizer.step();
      return values;
    },
    validation: [data],
    validationStep: step,
  });
  const last = history.epochs.at(-1)!.validation as unknown as { reconstruction: number };
  expect(last.reconstruction).toBeLessThan(0.1 * data.square().mean().item());
});

test('deep Q-learning (Mnih et al. 2013) walks to the end of a corridor', async () => {
  manualSeed(4);
  const [CELLS, GAMMA] = [5, 0.9];
  const [network, target] = [mlp(CELLS, 16, 2), mlp(CELLS, 16, 2)];
  const optimizer = new optim.Adam(network.parameters(), { lr: 0.01 });
  const draw = new Generator(1);
  const hot = (cells: number[]): Tensor =>
    tensor(
      cells.flatMap(c => Array.from({ length: CELLS }, (_, i) => Number(i === c))),
      { shape: [cells.length, CELLS] },
    );
  /** Moves from random cells, by random actions: left or right; a reward at the last cell. */
  function* replay(): IterableIterator<[Tensor, Tensor, Tensor, Tensor]> {
    for (let i = 0; i < 20; i++) {
      const from = [...rand([32], { generator: draw }).toArray()].map(u => Math.floor(u * (CELLS - 1)));
      const moves = [...rand([32], { generator: draw }).toArray()].map(u => Number(u > 0.5));
      const to = from.map((c, j) => Math.max(0, c + 2 * moves[j]! - 1));
      const won = to.map(c => Number(c === CELLS - 1));
      yield [hot(from), tensor(Int32Array.from(moves)), hot(to), tensor(won)];
    }
  }
  await fit(network, {
    train: () => replay(),
    optimizer,
    epochs: 25,
    progress: false,
    callbacks: [
      {
        name: 'target',
        epochStart: () => noGrad(() => target.parameters().forEach((p, i) => copy_(p, network.parameters()[i]!))),
      },
    ],
    step: ([state, action, next, won]: [Tensor, Tensor, Tensor, Tensor]) => {
      const best = noGrad(() => target.forward(next).max(1)[0]);
      const goal = won.add(best.mul(GAMMA).mul(won.neg().add(1)));
      optimizer.zeroGrad();
      const value = network.forward(state).gather(1, action.unsqueeze(1)).squeeze(1);
      const loss = smoothL1Loss(value, goal);
      loss.backward();
      optimizer.step();
      return loss;
    },
  });
  const values = noGrad(() => network.forward(hot([0, 1, 2, 3])));
  expect([...values.argmax(1).toArray()]).toEqual([1, 1, 1, 1]);
  // A reward k moves away is worth γ^(k − 1).
  for (const [c, v] of [...values.max(1)[0].toArray()].entries()) expect(v).toBeCloseTo(GAMMA ** (3 - c), 1);
});
