import { capture, crossEntropy, keep, optim, scope, tensor, type nn, type Tensor } from 'phyllo';
import { NETS, samples } from '../nets';
import type { Row, Task } from '../row';
import { labels } from '../values';
import { build, dispose } from './nets';

/**
 * Steps of training on one batch, repeated: cross-entropy, and SGD with the rate 0.01 or Adam as it comes. phyllo runs
 * them as a plan, or op by op if `eager`.
 */
export interface Train {
  readonly kind: 'train';
  readonly eager?: boolean;
  readonly net: 'mlp' | 'lenet';
  readonly optimizer: 'sgd' | 'adam';
  readonly batch: number;
}

const BATCH = 64;

/** The row as a plan, and op by op; beside other libraries, once is enough. */
export const withEager = <W extends { readonly eager?: boolean }>(row: Row<W>): Row<W>[] => [
  row,
  { ...row, name: `${row.name}-eager`, work: { ...row.work, eager: true }, alone: true },
];

/** A function of a batch and its targets as a plan, or as it is. */
type Step = (x: Tensor, t: Tensor) => Tensor;

/** Repeats a step of training on a batch; its result is the loss. Nothing of it is read before it is asked for. */
export function trainingTask(
  f: Step,
  eager: boolean | undefined,
  [x, t]: readonly [Tensor, Tensor],
  model: nn.Module,
): Task {
  const captured = eager ? null : capture(f);
  const step: Step = captured ?? f;
  let loss: Tensor | undefined;
  return {
    run: () =>
      scope(() => {
        loss = step(x, t);
      }),
    result: () => [loss!.item()],
    free: () => {
      captured?.dispose();
      for (const kept of [x, t]) kept.dispose();
      dispose(model);
    },
  };
}

export const rows: readonly Row<Train>[] = (['mlp', 'lenet'] as const).flatMap(net =>
  (['sgd', 'adam'] as const).flatMap(optimizer =>
    withEager<Train>({
      name: `train-${net}-${optimizer}`,
      work: { kind: 'train', net, optimizer, batch: BATCH },
      unit: 'samples/s',
      amount: BATCH,
      // Forward, the weights' gradients, and those of all inputs but the first layer's.
      flop: BATCH * { mlp: 408_000, lenet: 2_260_000 }[net],
    }),
  ),
);

export function prepare({ net: name, optimizer: kind, batch, eager }: Train): Task {
  const net = NETS[name];
  const model = build(net);
  const x = keep(tensor(samples(net, batch), { shape: [batch, ...net.input] }));
  const targets = keep(tensor(labels(batch, 10, 1)));
  const optimizer =
    kind === 'sgd' ? new optim.SGD(model.parameters(), { lr: 0.01 }) : new optim.Adam(model.parameters());
  const step = (x: Tensor, t: Tensor): Tensor => {
    optimizer.zeroGrad();
    const loss = crossEntropy(model.forward(x), t);
    loss.backward();
    optimizer.step();
    return loss;
  };
  return trainingTask(step, eager, [x, targets], model);
}
