import { nn, type Generator, type Tensor } from 'phyllo';

/**
 * LeNet-5 (LeCun et al. 1998) with today's parts: rectified linear units and maxima where it had tanh and averages.
 * 61,706 parameters, 2.26 MFLOP a sample forward and backward.
 */
export class LeNet5 extends nn.Layer {
  readonly features: nn.Sequential;
  readonly classifier: nn.Sequential;

  constructor(generator: Generator) {
    super();
    const from = { generator };
    this.features = new nn.Sequential(
      new nn.Conv2d(1, 6, 5, { padding: 2, ...from }), // [6, 28, 28]
      new nn.ReLU(),
      new nn.MaxPool2d(2), // [6, 14, 14]
      new nn.Conv2d(6, 16, 5, from), // [16, 10, 10]
      new nn.ReLU(),
      new nn.MaxPool2d(2), // [16, 5, 5]
    );
    this.classifier = new nn.Sequential(
      new nn.Flatten(),
      new nn.Linear(400, 120, from),
      new nn.ReLU(),
      new nn.Linear(120, 84, from),
      new nn.ReLU(),
      new nn.Linear(84, 10, from),
    );
  }

  forward(x: Tensor): Tensor {
    return this.classifier.forward(this.features.forward(x));
  }
}
