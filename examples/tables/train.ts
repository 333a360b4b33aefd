/** A small network for a table: trained on most rows, its best epoch chosen by some, and looked at once on the rest. */
import { Generator, metrics, nn, optim } from 'phyllo';
import { TableEncoder, trainValidationTest } from 'phyllo/tables';
import { bestWeights, fit, predict, type Callback } from 'phyllo/train';
import type { Task } from './tasks';

/** Units of each of two hidden layers. */
const WIDTH = 24;

interface Common {
  readonly task: Task;
  /** Of training, validation and test. */
  readonly rows: readonly [number, number, number];
  readonly features: number;
  readonly bestEpoch: number;
  readonly seconds: number;
}
export interface Classified extends Common {
  readonly kind: 'classification';
  readonly confusion: metrics.ConfusionMatrix;
  /** The accuracy of who always says the class that is most frequent among the rows trained on. */
  readonly baseline: number;
}
export interface Predicted extends Common {
  readonly kind: 'regression';
  /** Root of the mean squared error, and mean absolute error, in the target's unit. */
  readonly rmse: number;
  readonly mae: number;
  /** The share of the variance that predictions explain. */
  readonly r2: number;
  /** The root of the mean squared error of who always says the mean of the rows trained on. */
  readonly baseline: number;
}

export interface Options {
  readonly epochs: number;
  readonly seed: number;
  readonly callbacks: readonly Callback[];
}

const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length;
const rootMeanSquare = (values: readonly number[]): number => Math.sqrt(mean(values.map(v => v * v)));

export async function train(task: Task, { epochs, seed, callbacks }: Options): Promise<Classified | Predicted> {
  const start = performance.now();
  const { target } = task.encoder;
  const classifies = task.table.types[target] === 'category';
  const parts = trainValidationTest(task.table, { seed, ...(classifies ? { stratify: target } : {}) });
  const encoder = new TableEncoder(task.encoder).fit(parts.train);
  const features = encoder.featureNames.length;
  const { classes } = encoder;

  const generator = new Generator(seed);
  const model = new nn.Sequential(
    new nn.Linear(features, WIDTH, { generator }),
    new nn.ReLU(),
    new nn.Linear(WIDTH, WIDTH, { generator }),
    new nn.ReLU(),
    new nn.Linear(WIDTH, classes?.length ?? 1, { generator }),
  );
  const best = bestWeights();
  await fit(model, {
    train: encoder.dataset(parts.train),
    validation: encoder.dataset(parts.validation),
    loss: classes ? new nn.CrossEntropyLoss() : new nn.MSELoss(),
    optimizer: new optim.AdamW(model.parameters(), { lr: 0.005, weightDecay: 0.01 }),
    batchSize: 16,
    epochs,
    seed,
    callbacks: [...callbacks, best],
    progress: false,
  });

  const output = await predict(model, [encoder.transform(parts.test)]);
  const seconds = (performance.now() - start) / 1000;
  const rows = [parts.train.length, parts.validation.length, parts.test.length] as const;
  const common = { task, rows, features, bestEpoch: best.bestEpoch, seconds };
  if (classes) {
    const truth = encoder.targets(parts.test);
    const confusion = new metrics.ConfusionMatrix(classes.length, { classNames: classes }).update(output, truth);
    const [[frequent] = ['']] = parts.train.describe().columns.get(target)?.values ?? [];
    const same = parts.test.filter(row => row[target] === frequent).length;
    return { ...common, kind: 'classification', confusion, baseline: same / parts.test.length };
  }
  const truth = [...parts.test.column(target).numbers];
  const errors = encoder.decode(output).map((y, i) => Number(y) - truth[i]!);
  const usual = mean([...parts.train.column(target).numbers]);
  const own = mean(truth);
  return {
    ...common,
    kind: 'regression',
    rmse: rootMeanSquare(errors),
    mae: mean(errors.map(Math.abs)),
    r2: 1 - rootMeanSquare(errors) ** 2 / rootMeanSquare(truth.map(v => v - own)) ** 2,
    baseline: rootMeanSquare(truth.map(v => v - usual)),
  };
}
