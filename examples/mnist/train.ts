import { setImmediate as nextTurn } from 'node:timers/promises';
import {
  capture, crossEntropy, DataLoader, decodeSafetensors, encodeSafetensors, Generator, metrics, nn, noGrad, optim, scope,
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

export interface Trained {
  readonly history: readonly Epoch[];
  /** The epoch with the best validation accuracy, counted from 1; the model has its weights. */
  readonly best: number;
  /** Of training proper, without validation. */
  readonly seconds: number;
  readonly samples: number;
}

interface Best {
  readonly epoch: number;
  readonly accuracy: number;
  readonly weights: Uint8Array;
}

/** Batches between two looks at the event loop, which lets Ctrl-C through. */
const BREATHER = 32;

/** Trains, and leaves the model with the weights of its best epoch on the validation set. */
export async function train(
  model: nn.Layer, data: Mnist, options: TrainOptions, progress: Progress, stop: AbortSignal,
): Promise<Trained> {
  const { epochs, batchSize, lr } = options;
  const generator = new Generator(options.seed + 1);
  const loader = new DataLoader(data.train, {
    batchSize, shuffle: true, generator, transform: batch => normalise(jitter(batch, generator)),
  });
  const optimizer = options.optimizer === 'sgd'
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
  const history: Epoch[] = [];
  let best: Best = { epoch: 0, accuracy: -1, weights: new Uint8Array() };
  let seconds = 0;
  let samples = 0;

  for (let epoch = 1; epoch <= epochs && !stop.aborted; epoch++) {
    progress.start(epoch);
    model.train();
    let seen = 0;
    let losses = 0;
    let right = 0;
    let batches = 0;
    let started = performance.now();
    for (const [x, t] of loader) {
      const { loss, hits } = step(x, t);
      schedule.step();

      const n = t.size;
      seen += n;
      losses += loss.item() * n;
      right += hits.item();
      progress.update(seen, losses / seen, right / seen);
      if (++batches % BREATHER === 0) await nextTurn();
      if (stop.aborted) break;
    }
    seconds += (performance.now() - started) / 1000;
    samples += seen;
    if (stop.aborted) break;

    started = performance.now();
    const validation = evaluate(model, data.validation);
    const done = {
      trainLoss: losses / seen, trainAccuracy: right / seen,
      validationLoss: validation.loss, validationAccuracy: validation.confusion.accuracy,
    };
    history.push(done);
    progress.done(done);
    if (done.validationAccuracy > best.accuracy) {
      best = { epoch, accuracy: done.validationAccuracy, weights: encodeSafetensors(model.stateDict()) };
    }
  }
  if (best.epoch > 0) {
    scope(() => {
      model.loadStateDict(decodeSafetensors(best.weights).tensors);
    });
  }
  return { history, best: best.epoch, seconds, samples };
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
      confusion.update(t, classes);
      predicted.set(classes.toArray(), at);
      probability.set(p.toArray(), at);
      at += t.size;
    }
  });
  return { loss: losses / data.length, confusion, predicted, probability };
}
