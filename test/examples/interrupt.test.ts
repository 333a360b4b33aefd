/** `npm start`, interrupted in a terminal: what was shown as done is on disk. `npm run check:interrupt` tries more. */
import { expect, test } from 'vitest';
import { showMoment, trial, type Kind, type Moment } from './interrupt/trial';

const ROWS: readonly (readonly [Kind, Moment, epochs: number])[] = [
  ['Ctrl-C', [1, 10], 0],
  ['Ctrl-C', [2, 30], 1],
  ['Ctrl-C twice', [2, 10], 1],
  ['SIGTERM', [2, 60], 1],
  ['SIGKILL', [3, 20], 2],
  ['closed pipe', 1, 0],
  ['closed pipe', 28, 1],
  ['file limit', [2, 40], 1],
  ['file limit', [3, 40], 2],
];

// The terminal is util-linux's `script`, and processes are found in /proc.
test
  .runIf(process.platform === 'linux')
  .each(ROWS.map(([kind, moment, epochs]) => [kind, showMoment(moment), moment, epochs] as const))(
  '%s at %s',
  { timeout: 120_000 },
  async (kind, _, moment, epochs) => {
    const { problems, kept } = await trial(kind, moment, 4000);
    expect(problems).toEqual([]);
    expect(kept.epochs).toBeGreaterThanOrEqual(epochs);
  },
);
