import { setImmediate as turn } from 'node:timers/promises';
import {
  capture,
  crossEntropy,
  DataLoader,
  decodeSafetensors,
  encodeSafetensors,
  Generator,
  metrics,
  type nn,
  noGrad,
  optim,
  scope,
  type Tensor,
} from 'phyllo';
import type { Progress } from './console';
import { jitter, normalise, type Mnist, type Samples } from './data';
import type { Epoch } from './report';

export interface TrainOptions {
  readonly epochs: number;
  readonly batchSize: number;
  readonly lr: number;
  readonly optimizer: 'sgd' | 'adam';
  readonly seed: number;
  /** Run ops as they come, without a plan. */
  readonly eager: boolean;
}

/** What epochs that are over have brought. */
export interface Trained {
  /** One entry an epoch. */
  readonly history: readonly Epoch[];
  /** The epoch with the best validation accuracy, counted from 1; 0 before the first is over. */
  readonly best: number;
  /** Its weights, a safetensors file that names it. */
  readonly weights: Uint8Array;
  /** Of training proper, without validation. */
  readonly seconds: number;
  readonly samples: number;
}

/** Milliseconds between two turns of the event loop, which let Ctrl-C through. */
const BREATHER = 50;

/**
 * Trains, and leaves the model with the weights of its best epoch on the validation set.
 *
 * @param save called after each epoch, before it is shown: what is shown is safe
 * @param stop ends training within a fraction of a second; the epoch in hand is lost
 */
export async function train(
  model: nn.Layer,
  data: Mnist,
  options: TrainOptions,
  progress: Progress,
  save: (trained: Trained) => Promise<void>,
  stop: AbortSignal,
): Promise<Trained> {
  const { epochs, batchSize, lr } = options;
  const generator = new Generator(options.seed + 1);
  const loader = new DataLoader(data.train, {
    batchSize,
    shuffle: true,
    generator,
    transform: batch => normalise(jitter(batch, generator)),
  });
  const optimizer =
    options.optimizer === 'sgd'
      ? new optim.SGD(model.parameters(), { lr, momentum: 0.9, weightDecay: 1e-4 })
      : new optim.AdamW(model.parameters(), { lr, weightDecay: 1e-2 });
  const schedule = new optim.CosineAnnealingLR(optimizer, epochs * loader.length);
  const update = (x: Tensor, t: Tensor): { loss: Tensor; hits: Tensor } => {
    optimizer.zeroGrad();
    const logits = model.forward(x);
    const loss = crossEntropy(logits, t);
    loss.backward();
    optimizer.step();
    return { loss, hits: logits.argmax(1).eq(t).sum() };
  };
  const step = options.eager ? update : capture(update);
  let trained: Trained = { history: [], best: 0, weights: new Uint8Array(), seconds: 0, samples: 0 };
  let highest = -1;

  for (let epoch = 1; epoch <= epochs && !stop.aborted; epoch++) {
    progress.start(epoch);
    model.train();
    let seen = 0;
    let losses = 0;
    let right = 0;
    const started = performance.now();
    let turned = started;
    for (const [x, t] of loader) {
      const { loss, hits } = step(x, t);
      schedule.step();

      const n = t.size;
      seen += n;
      losses += loss.item() * n;
      right += hits.item();
      progress.update(seen, losses / seen, right / seen);
      if (performance.now() - turned >= BREATHER) {
        await turn();
        turned = performance.now();
      }
      if (stop.aborted) break;
    }
    if (stop.aborted) break;
    const seconds = trained.seconds + (performance.now() - started) / 1000;

    const validation = evaluate(model, data.validation);
    const accuracy = validation.confusion.accuracy;
    const done = {
      trainLoss: losses / seen,
      trainAccuracy: right / seen,
      validationLoss: validation.loss,
      validationAccuracy: accuracy,
    };
    trained = { ...trained, history: [...trained.history, done], seconds, samples: trained.samples + seen };
    if (accuracy > highest) {
      highest = accuracy;
      const weights = encodeSafetensors(model.stateDict(), { epoch: `${epoch}`, validationAccuracy: `${accuracy}` });
      trained = { ...trained, best: epoch, weights };
    }
    await save(trained);
    progress.done(done);
  }
  if (trained.best > 0) {
    scope(() => {
      model.loadStateDict(decodeSafetensors(trained.weights).tensors);
    });
  }
  return trained;
}

export interface Evaluation {
  /** Mean cross-entropy. */
  readonly loss: number;
  readonly confusion: metrics.ConfusionMatrix;
  /** For each sample, in order: the most likely class, and its probability. */
  readonly predicted: Int32Array;
  readonly probability: Float32Array;
}

/** Runs the model over a set without training it. */
export function evaluate(model: nn.Layer, data: Mnist['validation'] | Mnist['test']): Evaluation {
  const confusion = new metrics.ConfusionMatrix(10);
  const predicted = new Int32Array(data.length);
  const probability = new Float32Array(data.length);
  let at = 0;
  let losses = 0;
  model.eval();
  noGrad(() => {
    for (const [x, t] of new DataLoader<Samples>(data, { batchSize: 250, transform: normalise })) {
      const logits = model.forward(x);
      const [p, classes] = logits.softmax().max(1);
      losses += crossEntropy(logits, t, { reduction: 'sum' }).item();
      confusion.update(classes, t);
      predicted.set(classes.toArray(), at);
      probability.set(p.toArray(), at);
      at += t.size;
    }
  });
  return { loss: losses / data.length, confusion, predicted, probability };
}
