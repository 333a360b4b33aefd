/** A model with its optimiser, data for it, and what there is of both after a step. */
import { capture, crossEntropy, Generator, nn, optim, tensor, type Tensor } from 'phyllo';
import { dice, numbers } from '../toy';

/** Three features of images [n, 1, 6, 6] in three classes, through every kind of layer that has a state. */
export class ConvNet extends nn.Layer {
  readonly features: nn.Sequential;
  readonly classifier: nn.Sequential;
  constructor(generator: Generator) {
    super();
    const from = { generator };
    this.features = new nn.Sequential(
      new nn.Conv2d(1, 4, 3, { padding: 1, ...from }),
      new nn.BatchNorm2d(4),
      new nn.ReLU(),
      new nn.MaxPool2d(2),
    );
    this.classifier = new nn.Sequential(
      new nn.Flatten(),
      new nn.Linear(36, 8, from),
      new nn.Dropout(0.3),
      new nn.Tanh(),
      new nn.Linear(8, 3, from),
    );
  }
  forward(x: Tensor): Tensor {
    return this.classifier.forward(this.features.forward(x));
  }
}

export interface World {
  readonly model: ConvNet;
  readonly optimizer: optim.Optimizer<object> & { lr: number };
  readonly step: (x: Tensor, t: Tensor) => Tensor;
}
export type Make = (model: ConvNet) => World['optimizer'];
export const OPTIMIZERS: Readonly<Record<string, Make>> = {
  SGD: model => new optim.SGD(model.parameters(), { lr: 0.05 }),
  'SGD with momentum': model =>
    new optim.SGD(model.parameters(), { lr: 0.05, momentum: 0.9, nesterov: true, weightDecay: 1e-3 }),
  Adam: model => new optim.Adam(model.parameters(), { lr: 0.01, amsgrad: true }),
  'AdamW in groups': model =>
    new optim.AdamW([{ params: model.features.parameters(), lr: 0.02 }, { params: model.classifier.parameters() }]),
};

export function world(
  make: Make,
  how: 'eager' | 'captured',
  inner: (w: Omit<World, 'step'>, loss: Tensor) => void = () => {},
): World {
  const model = new ConvNet(new Generator(5));
  const optimizer = make(model);
  const f = (x: Tensor, t: Tensor): Tensor => {
    optimizer.zeroGrad();
    const loss = crossEntropy(model.forward(x), t);
    loss.backward();
    inner({ model, optimizer }, loss);
    optimizer.step();
    return loss;
  };
  return { model, optimizer, step: how === 'eager' ? f : capture(f) };
}
export const batch = (i: number, n = 5): [Tensor, Tensor] => {
  const roll = dice(i);
  return [tensor(numbers(n * 36, i), { shape: [n, 1, 6, 6] }), tensor(Int32Array.from({ length: n }, () => roll(3)))];
};
