/**
 * `npm run bench -- threads`: the cost of a fork and join; two threads beside one, in turns of a few samples, so that what
 * disturbs one disturbs the other; and the same where another process has the second core.
 */
import { spawn, spawnSync } from 'node:child_process';
import { execPath } from 'node:process';
import { commandBeside, Contestant, ROOT, type Setting } from '../contestant';
import { GROUPS, type Row, type Warm } from '../groups/all';
import type { LibraryName } from '../library';
import { figure } from '../row';
import { digits } from '../show';

/** Rounds of samples; the best and the middle of all. */
const ROUNDS = 7;
const SAMPLES = 3;
const BUDGET_MS = 1200;
const THREADS = 2;
const PEERS: readonly LibraryName[] = ['tfjs-wasm', 'onnxruntime-web', 'onnxruntime-node'];

/** What several cores are for: products, layers and their gradients, training, a network. */
const NAMES = [
  'gemm-128x128x128',
  'gemm-256x256x256',
  'gemm-512x512x512',
  'gemm-1024x1024x1024',
  'gemm-1x4096x4096',
  'lenet-c1-b64',
  'lenet-c2-b64',
  'alex-c1',
  'alex-c2',
  'alex-c3',
  'alex-c3-gx',
  'alex-c3-gw',
  'alex-c4',
  'res-3x3-56',
  'res-3x3-56-gx',
  'res-3x3-56-gw',
  'exp',
  'train-mlp-sgd',
  'train-lenet-sgd',
  'train-lenet-sgd-eager',
  'train-lenet-adam',
  'lstm-grad-256',
  'charlm-train',
  'charlm-train-eager',
];
const ALEXNET: Row = {
  ...GROUPS.latency!.find(({ name }) => name === 'alexnet-b1')!,
  name: 'alexnet-b1-captured',
  work: { kind: 'latency', net: 'alexnet', captured: true },
};

const rows: readonly Row[] = [
  ...Object.values(GROUPS)
    .flat()
    .filter(({ name }) => NAMES.includes(name)),
  ALEXNET,
];

interface Measured {
  readonly best: number;
  readonly median: number;
}

/** Milliseconds of each contestant, or why there are none. */
async function measure(contestants: readonly Contestant[], work: Warm): Promise<(Measured | string)[]> {
  const failures = await Promise.all(
    contestants.map(async c => {
      try {
        const result = await c.prepare(work);
        return typeof result === 'string' ? result : null;
      } catch (error) {
        return String(error);
      }
    }),
  );
  const times = contestants.map((): number[] => []);
  for (let round = 0; round < ROUNDS; round++) {
    for (const [i, c] of contestants.entries()) {
      if (failures[i] === null) times[i]!.push(...(await c.time(SAMPLES, BUDGET_MS / SAMPLES)));
    }
  }
  for (const c of contestants) await c.free();
  return times.map((all, i) => {
    const sorted = all.toSorted((a, b) => a - b);
    return failures[i] ?? { best: sorted[0]!, median: sorted[sorted.length >> 1]! };
  });
}

const ratio = (a: Measured | string | undefined, b: Measured | string | undefined): string =>
  typeof a === 'object' && typeof b === 'object'
    ? `${(a.best / b.best).toFixed(2)} (${(a.median / b.median).toFixed(2)})`
    : '–';

/** A process that computes on the core that one thread has not, and does nothing else. */
function burn(): () => void {
  const [program, ...args] = commandBeside(execPath, '-e', 'for (;;);');
  const child = spawn(program!, args, { stdio: 'ignore' });
  return () => child.kill();
}

/** In a process of its own, which prints. */
function forkJoin({ node, binary = '' }: Setting): void {
  spawnSync(node, ['--conditions=phyllo-source', '--import', 'tsx', 'bench/threads/fork.ts'], {
    cwd: ROOT,
    stdio: 'inherit',
    env: { ...process.env, PHYLLO_WASM: binary, PHYLLO_THREADS: `${THREADS}` },
  });
}

export async function threads(only: string, peers: boolean, setting: Setting): Promise<void> {
  const chosen = rows.filter(({ name }) => name.includes(only));
  const [one, room, two] = await Promise.all([
    Contestant.start('phyllo', setting),
    Contestant.start('phyllo', { ...setting, room: THREADS }),
    Contestant.start('phyllo', { ...setting, threads: THREADS }),
  ]);
  const others: Contestant[] = [];
  for (const name of peers ? PEERS : []) others.push(await Contestant.start(name, { ...setting, threads: THREADS }));
  const contestants = [one, room, two, ...others];
  try {
    forkJoin(setting);
    console.log(
      `\n${await two.version()}, one thread and ${THREADS}: the best of ${ROUNDS * SAMPLES} samples (the middle one)`,
    );
    const columns = ['one', 'two', 'two / one', 'one, binary for two', ...others.map(({ name }) => `${name} two`)];
    console.log(['row'.padEnd(24), 'unit'.padEnd(9), ...columns.map(name => name.padStart(20))].join(''));
    for (const row of chosen) {
      const { name, work, unit } = row;
      if (work.kind === 'cold') continue;
      const [a, b, c, ...rest] = await measure(row.alone ? contestants.slice(0, 3) : contestants, work);
      const value = (m: Measured | string | undefined): string =>
        typeof m === 'object' ? digits(figure(row, m.best)) : '–';
      const cells = [value(a), value(c), ratio(a, c), ratio(a, b), ...rest.map(value)];
      console.log([name.padEnd(24), unit.padEnd(9), ...cells.map(cell => cell.padStart(20))].join(''));
    }
    const stop = burn();
    try {
      console.log('\nwith another process on the second core');
      forkJoin(setting);
      for (const row of chosen) {
        if (row.work.kind === 'cold') continue;
        const [a, c] = await measure([one, two], row.work);
        console.log([row.name.padEnd(24), ''.padEnd(9), ratio(a, c).padStart(60)].join(''));
      }
    } finally {
      stop();
    }
  } finally {
    for (const c of contestants) c.end();
  }
}
