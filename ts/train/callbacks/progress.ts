/** How training goes: a bar on a terminal, plain lines elsewhere. */
import { check, kind, options as optionsOf, type Kind } from 'phyllo/kinds';
import type { Callback, Run } from '../callback';
import type { Epoch } from '../history';

/** Where text goes: `process.stdout`, say. */
export interface Output {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}
export interface ProgressOptions {
  /** Default: standard output, or the console where there is none. */
  readonly output?: Output;
}

const progressOptions: Kind<ProgressOptions | undefined> = optionsOf<ProgressOptions>({
  output: kind<Output>('something with write(text)', v => typeof Object(v).write === 'function'),
});

/** Milliseconds between two pictures of the bar, and between two lines. */
const FRAME = 100;
const LINE = 2000;
/** Columns of the bar itself. */
const CELLS = 30;

const consoleOutput: Output = { write: text => console.log(String(text).replace(/\n$/, '')) };

const wholeNumber: Intl.NumberFormat = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 });
/** Four digits are what differs from epoch to epoch. */
const show = (v: number): string => (Math.abs(v) >= 0.001 && Math.abs(v) < 1e5 ? v.toFixed(4) : v.toPrecision(4));
const shown = (values: Readonly<Record<string, unknown>>): string =>
  Object.entries(values)
    .flatMap(([name, v]) => (typeof v === 'number' ? [`${name} ${show(v)}`] : []))
    .join('  ');
/** Seconds → `1:05`. */
function clock(seconds: number): string {
  const whole = Math.ceil(seconds);
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, '0')}`;
}
const label = ({ epoch, epochs }: Run): string => `epoch ${String(epoch).padStart(String(epochs).length)}/${epochs}`;

/** What is known in the middle of an epoch. */
function status(run: Run, perSecond: number): string {
  const left = run.batches === undefined ? null : (run.samples / run.batch) * (run.batches - run.batch);
  return [
    shown(run.means),
    `${wholeNumber.format(perSecond)} samples/s`,
    ...(left === null ? [] : [`${clock(left / Math.max(perSecond, 1e-9))} left`]),
  ].join('  ');
}
function summary({ train, validation, seconds }: Epoch): string {
  const sets = validation ? `train ${shown(train)}  validation ${shown(validation)}` : shown(train);
  return `${sets}  ${seconds < 10 ? seconds.toFixed(1) : seconds.toFixed(0)} s`;
}

/**
 * Shows how training goes. On a terminal: a bar an epoch, with means so far, samples a second and the time that is left.
 * Elsewhere: at most a line every tenth of an epoch and every two seconds. On both: a line for each epoch that is over.
 * It changes no mode of the terminal: a process that is ended in the middle leaves it as it was.
 */
export function progress(options: ProgressOptions = {}): Callback {
  check('progress', 'options', progressOptions, options);
  const output = options.output ?? globalThis.process?.stdout ?? consoleOutput;
  const terminal = output.isTTY === true;
  /** When the epoch began here, and after how many samples; what was shown last, and when. */
  let began = { at: 0, samples: 0 };
  let last = { at: 0, share: 0 };
  let drawn = false;
  const clear = (): void => {
    if (drawn) output.write('\r\x1b[K');
    drawn = false;
  };
  const shareOf = ({ batch, batches }: Run): number | null => (batches ? batch / batches : null);
  return {
    name: 'progress',
    epochStart(run) {
      const now = performance.now();
      began = { at: now, samples: run.samples };
      last = { at: terminal ? 0 : now, share: shareOf(run) ?? 0 };
    },
    batchEnd(run) {
      const now = performance.now();
      const share = shareOf(run);
      if (now - last.at < (terminal ? FRAME : LINE)) return;
      if (!terminal && share !== null && (share < last.share + 0.1 || share === 1)) return;
      last = { at: now, share: share ?? 0 };
      const text = status(run, (1000 * (run.samples - began.samples)) / Math.max(now - began.at, 1));
      const percent = share === null ? '' : `${Math.floor(100 * share)}%`.padStart(5);
      if (!terminal) {
        output.write(`${label(run)}${percent}  ${text}\n`);
        return;
      }
      const columns = output.columns ?? 80;
      const room = Math.min(CELLS, columns - 2 - label(run).length - percent.length - 2 - text.length);
      const full = Math.round(room * (share ?? 0));
      const bar = share === null || room < 3 ? '' : ` ${'█'.repeat(full)}${'░'.repeat(room - full)}`;
      output.write(`\r\x1b[K${`${label(run)}${bar}${percent}  ${text}`.slice(0, columns - 1)}`);
      drawn = true;
    },
    epochEnd(run) {
      clear();
      const epoch = run.history.at(-1);
      if (epoch) output.write(`${label(run)}  ${summary(epoch)}\n`);
    },
    end: clear,
  };
}
