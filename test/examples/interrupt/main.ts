/** `npm run check:interrupt`: interrupts `npm start` in every way at ten moments, and tells what is on disk afterwards. */
import { showMoment, trial, type Kind, type Moment } from './trial';

const MOMENTS: readonly Moment[] = [
  [1, 1],
  [1, 40],
  [1, 85],
  [2, 1],
  [2, 50],
  [2, 85],
  [3, 1],
  [3, 50],
  [3, 85],
  'report',
];
const LINES: readonly Moment[] = [1, 4, 12, 24, 26, 27, 28, 29, 31, 45];
const ROWS: Readonly<Record<Exclude<Kind, 'file limit'>, readonly Moment[]>> = {
  'Ctrl-C': MOMENTS,
  'Ctrl-C twice': MOMENTS,
  SIGTERM: MOMENTS,
  SIGKILL: MOMENTS,
  'closed pipe': LINES,
  'full disk': MOMENTS,
};
/** Of an epoch: it takes half a second on a core that has nothing else to do. */
const SAMPLES = 6000;

let failed = 0;
const print = (...cells: readonly string[]): void =>
  console.log(cells.map((c, i) => c.padEnd([12, 13, 4, 6, 5][i] ?? 0)).join('  '));
print('interrupted', 'at', 'code', 's', 'shown', 'on disk');
for (const kind of Object.keys(ROWS) as (keyof typeof ROWS)[]) {
  for (const moment of ROWS[kind]) {
    const { code, seconds, shown, kept, problems } = await trial(kind, moment, SAMPLES);
    print(kind, showMoment(moment), `${code}`, seconds.toFixed(2), `${shown}`, kept.files.join(', ') || 'nothing');
    for (const problem of problems) console.log(`  ${problem}`);
    failed += Number(problems.length > 0);
  }
}
console.log(failed === 0 ? 'nothing was lost' : `${failed} runs are not as they should be`);
process.exitCode = failed === 0 ? 0 : 1;
