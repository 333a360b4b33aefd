/** LeNet-5 on MNIST: trains, tests once, and draws what came of it. */
import { Command, InvalidArgumentError, Option } from 'commander';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { doctor, Generator, memory, metrics, nn, PhylloError, threads, writeFile } from 'phyllo';
import { ensureFolder } from '../files';
import { interruption } from '../interruption';
import { progress } from './console';
import { loadMnist, type Mnist } from './data';
import { LeNet5 } from './lenet';
import { picture, png } from './picture';
import { count, duration, percent, type Mistake, type Report } from './report';
import { evaluate, train, type Evaluation, type Trained } from './train';

interface Options {
  readonly epochs: number;
  readonly batchSize: number;
  readonly lr?: number;
  readonly optimizer: 'sgd' | 'adam';
  readonly seed: number;
  readonly samples: number;
  readonly eager: boolean;
  readonly out: string;
}

const REPORTS = ['report.svg', 'report.png'];
const RATES = { sgd: 0.05, adam: 0.002 } as const;

const whole =
  (low: number, high: number) =>
  (text: string): number => {
    const value = Number(text);
    if (text.trim() === '' || !Number.isInteger(value) || value < low || value > high) {
      throw new InvalidArgumentError(`It takes a whole number from ${low} to ${high}.`);
    }
    return value;
  };
function positive(text: string): number {
  const value = Number(text);
  if (!Number.isFinite(value) || value <= 0) throw new InvalidArgumentError('It takes a number above 0.');
  return value;
}

function readOptions(): Options {
  return new Command('npm start --')
    .description(
      'Trains LeNet-5 on MNIST and leaves weights, history and a picture in the output folder. Weights of the best ' +
        'epoch and the history are there after each epoch. Ctrl-C stops with what there is, a second one at once.',
    )
    .option('--epochs <n>', 'passes over the training set', whole(1, 10_000), 12)
    .option('--batch-size <n>', 'samples in a step', whole(1, 55_000), 64)
    .option('--lr <rate>', `learning rate (default: ${RATES.adam} for adam, ${RATES.sgd} for sgd)`, positive)
    .addOption(new Option('--optimizer <name>', 'how steps are made').choices(['sgd', 'adam']).default('adam'))
    .option('--seed <n>', 'where all that is random starts from', whole(0, 2 ** 32), 1)
    .option('--samples <n>', 'images of the training set to use', whole(1, 55_000), 55_000)
    .option('--eager', 'run ops as they come, without a plan of the training step', false)
    .option('--out <folder>', 'where the results go', 'runs/mnist')
    .allowExcessArguments(false)
    .parse()
    .opts<Options>();
}

/** The test images that the model was surest about and wrong. */
function mistakesOf({ predicted, probability }: Evaluation, { test }: Mnist): Mistake[] {
  const [images, labels] = test.tensors;
  const actual = labels.toArray();
  return Array.from(predicted.keys())
    .filter(i => predicted[i] !== actual[i])
    .sort((a, b) => probability[b]! - probability[a]!)
    .slice(0, 24)
    .map(i => ({
      image: Uint8Array.from(images.select(0, i).toArray()),
      actual: actual[i]!,
      predicted: predicted[i]!,
      probability: probability[i]!,
    }));
}

async function main(): Promise<void> {
  const options = readOptions();
  ensureFolder(options.out);
  const data = loadMnist(options.seed, options.samples);
  const model = new LeNet5(new Generator(options.seed));
  const lr = options.lr ?? RATES[options.optimizer];
  const running = await threads(doctor().threads.asked);
  const { binary, threads: computing } = doctor();
  const fewer = running < computing.asked ? ` of ${computing.asked}: ${computing.why}` : '';
  console.log(nn.summary(model, [1, 1, 28, 28]));
  console.log(
    `${count(data.train.length)} training, ${count(data.validation.length)} validation and ` +
      `${count(data.test.length)} test images; ${options.optimizer}, learning rate ${lr}, batches of ` +
      `${options.batchSize}, seed ${options.seed}; binary ${binary}, ${running} ${running === 1 ? 'thread' : 'threads'}${fewer}\n`,
  );

  const file = (name: string): string => join(options.out, name);
  const recordOf = ({ best, seconds, samples, history }: Trained): object => ({
    options: { ...options, lr },
    backend: binary,
    threads: running,
    bestEpoch: best,
    trainingSeconds: seconds,
    samplesPerSecond: samples / seconds,
    epochs: history,
  });
  const writeRecord = (record: object): Promise<void> =>
    writeFile(file('history.json'), `${JSON.stringify(record, null, 2)}\n`);
  const save = async (trained: Trained): Promise<void> => {
    const epoch = trained.history.length;
    if (trained.best === epoch) await writeFile(file('weights.safetensors'), trained.weights);
    await writeRecord(recordOf(trained));
    if (epoch === 1) for (const name of REPORTS) await rm(file(name), { force: true }); // of a run before this one
  };

  const stop = interruption();
  using bar = progress({ epochs: options.epochs, samples: data.train.length });
  const trained = await train(model, data, { ...options, lr }, bar, save, stop.signal);
  bar.stop();
  await stop.release();
  if (trained.best === 0) {
    console.log('Stopped before the first epoch was over; nothing was written.');
    return stop.end();
  }
  if (stop.signal.aborted) console.log('Stopped; what follows is the best epoch so far.');

  const test = evaluate(model, data.test);
  const scores = metrics.report(test.confusion);
  const samplesPerSecond = trained.samples / trained.seconds;
  const confusion = test.confusion.matrix;
  console.log(
    `\nepoch ${trained.best} was best on the validation set; on the test set: accuracy ` +
      `${percent(test.confusion.accuracy)}, loss ${test.loss.toFixed(4)}\n`,
  );
  console.log(`${metrics.confusionTable(test.confusion)}\n\n${scores.toString(4)}\n`);

  const filters = model.stateDict()['features.0.weight']!.toArray();
  const report: Report = {
    model: 'LeNet-5',
    dataset: 'MNIST',
    classNames: test.confusion.classNames,
    testAccuracy: test.confusion.accuracy,
    trainingSeconds: trained.seconds,
    samplesPerSecond,
    history: trained.history,
    confusion,
    perClass: scores.classes,
    filters: Array.from({ length: 6 }, (_, f) => filters.slice(f * 25, (f + 1) * 25)),
    mistakes: mistakesOf(test, data),
  };
  await writeRecord({
    ...recordOf(trained),
    testAccuracy: test.confusion.accuracy,
    testLoss: test.loss,
    confusion,
    perClass: scores.classes,
  });
  const svg = await picture(report);
  await writeFile(file('report.svg'), svg);
  await writeFile(file('report.png'), png(svg));
  console.log(
    `trained for ${duration(trained.seconds)} at ${count(samplesPerSecond)} samples/s; ` +
      `${(memory().peak / 2 ** 20).toFixed(0)} MiB of tensors at most\n` +
      `${options.out}: weights.safetensors, history.json, ${REPORTS.join(', ')}`,
  );
  stop.end();
}

main().catch((e: unknown) => {
  if (!(e instanceof PhylloError || (e instanceof Error && 'syscall' in e))) throw e;
  console.error(`error: ${e.message}`);
  process.exitCode = 1;
});
