import { SingleBar, type GenericFormatter } from 'cli-progress';
import { count, duration, percent, type Epoch } from './report';

/** Where the progress goes: a terminal gets a moving bar, anything else plain lines. */
export type Output = NodeJS.WritableStream & { readonly isTTY?: boolean; readonly columns?: number };

/** Follows a training run epoch by epoch. */
export interface Progress extends Disposable {
  /** A new epoch begins, counted from 1. */
  start(epoch: number): void;
  /** `samples` of the epoch's samples are done, with this mean loss and accuracy so far; cheap to call every batch. */
  update(samples: number, loss: number, accuracy: number): void;
  /** The epoch is over: its bar gives way to one line. */
  done(epoch: Epoch): void;
  /** Takes an unfinished bar off the screen; the same as leaving a `using` block. */
  stop(): void;
}

/**
 * Shows how training goes. On a terminal: one bar an epoch with loss, accuracy, samples/s and the epoch's time left.
 * Elsewhere: a plain line every tenth of an epoch, but not more than one in two seconds. On both: one line for each
 * epoch done.
 *
 * It installs no signal handler and changes no terminal mode (the cursor stays visible): a process that is ended in the
 * middle leaves the terminal as it was.
 *
 * @param run the number of epochs, and of training samples in each
 */
export function progress(run: { epochs: number; samples: number }, output: Output = process.stdout): Progress {
  const { epochs, samples } = run;
  let bar: SingleBar | undefined;
  let epoch = 0;
  let started = 0;
  let lastLine = { samples: 0, time: 0 };

  const label = (): string => `epoch ${String(epoch).padStart(String(epochs).length)}/${epochs}`;
  const speed = (seen: number): number => (1000 * seen) / Math.max(performance.now() - started, 1);
  const status = (seen: number, loss: number, accuracy: number): string => {
    if (seen === 0) return '';
    const left = clock((samples - seen) / speed(seen));
    return `loss ${loss.toFixed(4)}  acc ${percent(accuracy)}  ${count(speed(seen))} samples/s  ${left} left`;
  };
  const share = (seen: number): string => `${Math.floor((100 * seen) / Math.max(samples, 1))}%`.padStart(4);

  const format: GenericFormatter = (_, { value, maxWidth }, payload: { status: string }) => {
    const head = `${label()} `;
    const tail = `${share(value)}  ${payload.status}`;
    const cells = Math.max(0, Math.min(30, maxWidth - 1 - head.length - tail.length));
    const full = Math.round((cells * value) / Math.max(samples, 1));
    return (head + '█'.repeat(full) + '░'.repeat(cells - full) + tail).slice(0, maxWidth - 1);
  };

  const stop = (): void => {
    bar?.stop();
    bar = undefined;
  };

  return {
    start(number) {
      stop();
      epoch = number;
      started = performance.now();
      lastLine = { samples: 0, time: started };
      if (output.isTTY) {
        bar = new SingleBar({ format, stream: output, clearOnComplete: true, linewrap: true, gracefulExit: false });
        bar.start(samples, 0, { status: '' });
      }
    },
    update(seen, loss, accuracy) {
      if (bar) {
        bar.update(seen, { status: status(seen, loss, accuracy) });
        return;
      }
      const now = performance.now();
      if (seen < samples && seen - lastLine.samples >= samples / 10 && now - lastLine.time >= 2000) {
        lastLine = { samples: seen, time: now };
        output.write(`${label()} ${share(seen)}  ${status(seen, loss, accuracy)}\n`);
      }
    },
    done({ trainLoss, trainAccuracy, validationLoss, validationAccuracy }) {
      stop();
      output.write(
        `${label()}  train loss ${trainLoss.toFixed(4)} acc ${percent(trainAccuracy)}` +
          `  validation loss ${validationLoss.toFixed(4)} acc ${percent(validationAccuracy)}` +
          `  ${duration((performance.now() - started) / 1000)}\n`,
      );
    },
    stop,
    [Symbol.dispose]: stop,
  };
}

/** Seconds → `1:05`. */
function clock(seconds: number): string {
  const whole = Math.ceil(seconds);
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, '0')}`;
}
