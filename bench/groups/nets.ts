import { nn } from 'phyllo';
import { type Net, type NetLayer, parameters } from '../nets';

function layer(of: NetLayer): nn.Layer {
  switch (of.op) {
    case 'conv': {
      const { c, k, kernel, stride = 1, padding = 0 } = of;
      return new nn.Conv2d(c, k, kernel, { stride, padding });
    }
    case 'linear':
      return new nn.Linear(of.c, of.k);
    case 'maxPool':
      return new nn.MaxPool2d(of.kernel, { stride: of.stride });
    case 'relu':
      return new nn.ReLU();
    case 'flatten':
      return new nn.Flatten();
  }
}

/** The network with its parameters. */
export function build(net: Net): nn.Sequential {
  const model = new nn.Sequential(...net.layers.map(layer));
  const data = parameters(net).flatMap(weights => (weights ? [weights.weight, weights.bias] : []));
  model.parameters().forEach((p, i) => p.set(data[i]!));
  return model;
}

/** Frees the model's parameters. */
export function dispose(model: nn.Module): void {
  for (const p of model.parameters()) p.dispose();
}
