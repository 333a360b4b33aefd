import { crossEntropy, keep, optim, scope, tensor } from 'phyllo';
import { NETS, samples } from '../nets';
import type { Row, Task } from '../row';
import { labels } from '../values';
import { build, dispose } from './nets';

/** Steps of training on one batch, repeated: cross-entropy, and SGD with the rate 0.01 or Adam as it comes. */
export interface Train {
  readonly kind: 'train';
  readonly net: 'mlp' | 'lenet';
  readonly optimizer: 'sgd' | 'adam';
  readonly batch: number;
}

const BATCH = 64;

export const rows: readonly Row<Train>[] = (['mlp', 'lenet'] as const).flatMap((net) =>
  (['sgd', 'adam'] as const).map((optimizer): Row<Train> => ({
    name: `train-${net}-${optimizer}`,
    work: { kind: 'train', net, optimizer, batch: BATCH },
    unit: 'samples/s',
    amount: BATCH,
    // Forward, the weights' gradients, and those of all inputs but the first layer's.
    flop: BATCH * { mlp: 408_000, lenet: 2_260_000 }[net],
  })));

export function prepare({ net: name, optimizer: kind, batch }: Train): Task {
  const net = NETS[name];
  const model = build(net);
  const x = keep(tensor(samples(net, batch), { shape: [batch, ...net.input] }));
  const target = keep(tensor(labels(batch, 10, 1)));
  const optimizer = kind === 'sgd' ? new optim.SGD(model.parameters(), { lr: 0.01 }) : new optim.Adam(model.parameters());
  let last = scope(() => crossEntropy(model.forward(x), target));
  const step = (): void => scope(() => {
    optimizer.zeroGrad();
    last = crossEntropy(model.forward(x), target);
    last.backward();
    optimizer.step();
  });
  return {
    run: step,
    result: () => [last.item()],
    free: () => {
      for (const t of [x, target]) t.dispose();
      dispose(model);
    },
  };
}
