import { crossEntropy, Generator, manualSeed, nn, optim, rand, randint, scope, type Shape } from 'phyllo';
import { LeNet5 } from '../../examples/mnist/lenet';
import { rate, time, type Row } from '../measure';

const BATCH = 64;

/** Steps of training on one batch, repeated: samples a second. */
function train(name: string, model: nn.Layer, input: Shape, optimizer: optim.SGD | optim.Adam): Row {
  return scope(() => {
    const x = rand([BATCH, ...input]);
    const target = randint(0, 10, [BATCH]);
    const step = (): void => scope(() => {
      optimizer.zeroGrad();
      crossEntropy(model.forward(x), target).backward();
      optimizer.step();
    });
    return rate(name, 'samples/s', BATCH, time(step, { sampleMs: 100 }));
  });
}

export function* rows(): Iterable<Row> {
  manualSeed(1);
  const mlp = (): nn.Layer => new nn.Sequential(new nn.Linear(784, 128), new nn.ReLU(), new nn.Linear(128, 10));
  const lenet = (): nn.Layer => new LeNet5(new Generator(1));
  for (const [name, make, input] of [['mlp', mlp, [784]], ['lenet', lenet, [1, 28, 28]]] as const) {
    let model = make();
    yield train(`train-${name}-sgd`, model, input, new optim.SGD(model.parameters(), { lr: 0.01 }));
    model = make();
    yield train(`train-${name}-adam`, model, input, new optim.Adam(model.parameters()));
  }
}
