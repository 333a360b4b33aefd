/** The history as files: a line an epoch, and what TensorBoard shows. */
import { writeFile } from 'phyllo';
import { aBoolean, aText, check, kind, options as optionsOf, requires, wholeNumber, type Kind } from 'phyllo/kinds';
import type { Callback, Run } from '../callback';
import { SummaryWriter } from '../events';
import type { Epoch } from '../history';

/** The numbers of an epoch by their paths: `train.loss`, `validation.accuracy`. */
export function numbersOf({ epoch, train, validation, lr, samples, seconds }: Epoch): Record<string, number> {
  const under = (name: string, scores: object | null): [string, number][] =>
    Object.entries(scores ?? {}).flatMap(([key, v]) => (typeof v === 'number' ? [[`${name}.${key}`, v]] : []));
  return Object.fromEntries([
    ['epoch', epoch],
    ...under('train', train),
    ...under('validation', validation),
    ['lr', lr],
    ['samples', samples],
    ['seconds', seconds],
  ]);
}

const aFile: Kind<string> = kind('the path of a file', v => typeof v === 'string' && v !== '');

/** Writes the whole history after each epoch, beside and renamed: a run that goes on repeats no line. */
function log(name: string, file: string, text: (history: readonly Epoch[]) => string): Callback {
  check(name, 'file', aFile, file);
  return { name, epochEnd: run => writeFile(file, text(run.history)) };
}

/** The numbers of each epoch as a line of a CSV file, under their paths. */
export function csvLog(file: string): Callback {
  return log('csvLog', file, history => {
    const rows = history.map(numbersOf);
    const columns = [...new Set(rows.flatMap(row => Object.keys(row)))];
    const quoted = (s: string): string => (/[",\n\r]/.test(s) ? `"${s.replaceAll('"', '""')}"` : s);
    const lines = rows.map(row => columns.map(name => row[name] ?? '').join(','));
    return `${[columns.map(quoted).join(','), ...lines].join('\n')}\n`;
  });
}
/** Each epoch of the history as JSON, a line each: what is no number in JSON (NaN, Infinity) is null. */
export function jsonLines(file: string): Callback {
  return log('jsonLines', file, history => history.map(epoch => `${JSON.stringify(epoch)}\n`).join(''));
}

export interface TensorBoardOptions {
  /** The run's folder. */
  readonly logDir: string;
  /** Also the loss of each so many steps. Default 0: none. */
  readonly everySteps?: number;
  /** Histograms of parameters, and of gradients where they are there, after each epoch. Default false. */
  readonly histograms?: boolean;
}
const boardOptions: Kind<TensorBoardOptions> = requires(
  optionsOf<TensorBoardOptions>({ logDir: aText, everySteps: wholeNumber(0), histograms: aBoolean }),
  'logDir',
);

/** Event files for TensorBoard: the numbers of each epoch at its step, of batches if wished, and histograms. */
export function tensorBoard(options: TensorBoardOptions): Callback {
  check('tensorBoard', 'options', boardOptions, options);
  const { logDir, everySteps = 0, histograms = false } = options;
  const writer = new SummaryWriter(logDir);
  let written = 0;
  return {
    name: 'tensorBoard',
    start(run) {
      written = run.steps;
    },
    batchEnd(run) {
      if (everySteps === 0 || run.steps < written + everySteps) return;
      written = run.steps;
      for (const [name, v] of Object.entries(run.last)) writer.addScalar(`batch/${name}`, v, run.steps);
    },
    async epochEnd(run) {
      const epoch = run.history.at(-1);
      if (!epoch) return;
      for (const [path, v] of Object.entries(numbersOf(epoch))) {
        if (path !== 'epoch') writer.addScalar(path.replace('.', '/'), v, run.steps);
      }
      if (histograms) addHistograms(writer, run);
      await writer.flush();
    },
    end: () => writer.flush(),
  };
}
function addHistograms(writer: SummaryWriter, { model, steps }: Run): void {
  for (const [path, p] of model.namedParameters()) {
    writer.addHistogram(`weights/${path}`, p, steps);
    if (p.grad) writer.addHistogram(`gradients/${path}`, p.grad, steps);
  }
}
