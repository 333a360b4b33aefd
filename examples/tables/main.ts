/** Three tables in one command: what irises and penguins are, and how far cars go. */
import { Command, InvalidArgumentError } from 'commander';
import { metrics, PhylloError } from 'phyllo';
import type { Callback } from 'phyllo/train';
import { duration, percent } from '../mnist/report';
import { tasks } from './tasks';
import { train, type Classified, type Predicted } from './train';

const whole =
  (low: number, high: number) =>
  (text: string): number => {
    const value = Number(text);
    if (text.trim() === '' || !Number.isInteger(value) || value < low || value > high) {
      throw new InvalidArgumentError(`It takes a whole number from ${low} to ${high}.`);
    }
    return value;
  };

const options = new Command('npm run tables --')
  .description('Trains a small network on each of three tables, and shows what it is worth on rows that it never saw.')
  .option('--epochs <n>', 'passes over the rows to train on', whole(1, 100_000), 100)
  .option('--seed <n>', 'where all that is random starts from', whole(0, 2 ** 32), 1)
  .parse()
  .opts<{ epochs: number; seed: number }>();

/** Lines that are shown of a run where there is no terminal. */
const LINES = 5;

/** A line that is written over on a terminal; elsewhere a few of them. */
function line(name: string): Callback {
  const { stdout } = process;
  return {
    name: 'line',
    epochEnd(run) {
      const epoch = run.history.at(-1);
      if (!epoch) return;
      const losses = `train loss ${epoch.train.loss.toFixed(4)}  validation loss ${epoch.validation?.loss.toFixed(4) ?? '–'}`;
      const text = `${name}: epoch ${String(run.epoch).padStart(String(run.epochs).length)}/${run.epochs}  ${losses}`;
      if (stdout.isTTY) stdout.write(`\r\x1b[K${text.slice(0, stdout.columns - 1)}`);
      else if (run.epoch % Math.ceil(run.epochs / LINES) === 0) console.log(text);
    },
    end() {
      if (stdout.isTTY) stdout.write('\n');
    },
  };
}

/** Columns padded to their widest cell, two spaces apart. */
function aligned(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, j) => Math.max(...rows.map(row => (row[j] ?? '').length)));
  return rows
    .map(row =>
      row
        .map((text, j) => text.padEnd(widths[j] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

function score(result: Classified | Predicted): [score: string, baseline: string] {
  if (result.kind === 'classification') {
    return [`accuracy ${percent(result.confusion.accuracy)}`, `most frequent class: ${percent(result.baseline)}`];
  }
  const { rmse, mae, r2, baseline } = result;
  const errors = `RMSE ${rmse.toFixed(2)}, MAE ${mae.toFixed(2)}, R² ${r2.toFixed(3)}`;
  return [errors, `mean: RMSE ${baseline.toFixed(2)}`];
}

async function main(): Promise<void> {
  const results: (Classified | Predicted)[] = [];
  for (const task of await tasks()) {
    console.log(`\n${task.name}, to predict: ${task.encoder.target}\n${task.table.describe()}\n`);
    const result = await train(task, { ...options, callbacks: [line(task.name)] });
    results.push(result);
    if (result.kind !== 'classification') continue;
    const { confusion } = result;
    console.log(`\n${metrics.confusionTable(confusion)}\n\n${metrics.report(confusion)}`);
  }
  const rows = results.map(result => {
    const { task, rows, features, bestEpoch, seconds } = result;
    return [task.name, rows.join(' + '), `${features}`, `${bestEpoch}`, ...score(result), duration(seconds)];
  });
  const head = ['table', 'rows', 'features', 'best epoch', 'on the test rows', 'beside', 'time'];
  console.log(`\n${aligned([head, ...rows])}`);
}

try {
  await main();
} catch (e) {
  if (!(e instanceof PhylloError)) throw e;
  console.error(e.message);
  process.exitCode = 1;
}
