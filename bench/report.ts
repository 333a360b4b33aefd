/** `npm run bench -- report`: all rows beside all peers, as tables of bench/RESULTS.md. */
import { spawnSync } from 'node:child_process';
import { renameSync, writeFileSync } from 'node:fs';
import { cpus, totalmem, type } from 'node:os';
import { join } from 'node:path';
import { execPath } from 'node:process';
import { bring, nodeOf } from './bring';
import { Contest, type Outcome, type Result } from './contest';
import { ROOT, type Setting } from './contestant';
import { GROUPS, type Row } from './groups/all';
import { type LibraryName, PEERS } from './library';
import type { Limit } from './row';
import { digits, line, percent, share, title } from './show';

const NATIVE: LibraryName = 'onnxruntime-node';

/** What was measured in one setting. */
interface Run {
  readonly node: string;
  readonly versions: ReadonlyMap<LibraryName, string>;
  readonly results: ReadonlyMap<string, Result>;
}

async function measure(rows: readonly Row[], peers: readonly LibraryName[], setting: Setting): Promise<Run> {
  const node = spawnSync(setting.node, ['--version'], { encoding: 'utf8' }).stdout.trim();
  const contest = await Contest.open(peers, setting);
  try {
    console.log(`\nNode ${node}, ${title(contest)}`);
    const results = new Map<string, Result>();
    for (const row of rows) {
      const result = await contest.run(row);
      results.set(row.name, result);
      console.log(`${`${results.size}/${rows.length}`.padStart(8)} ${line(result)}`);
    }
    return { node, versions: contest.versions, results };
  } finally {
    contest.close();
  }
}

const isBetter = (row: Row, a: number, b: number): boolean => (row.unit.endsWith('/s') ? a > b : a < b);

/** The best peer that runs in any JavaScript engine. */
function best({ row, outcomes }: Result): string {
  let found: [name: string, value: number] | null = null;
  for (const [name, outcome] of outcomes) {
    if (name === 'phyllo' || name === NATIVE || 'why' in outcome) continue;
    if (!found || isBetter(row, outcome.value, found[1])) found = [name, outcome.value];
  }
  return found ? `${digits(found[1])} ${found[0]}` : '–';
}

const value = (outcome: Outcome | undefined): string => (outcome && 'value' in outcome ? digits(outcome.value) : '–');

function cells(result: Result, plain: Result | undefined): string[] {
  const { row, outcomes } = result;
  const own = outcomes.get('phyllo');
  const part = share(result);
  const plainPart = plain && share(plain);
  return [
    `\`${row.name}\``,
    row.unit,
    `**${value(own)}**`,
    ...(own && 'best' in own ? [digits(own.best), percent(own.spread, 1)] : ['', '']),
    part === null ? '' : percent(part),
    value(plain?.outcomes.get('phyllo')),
    plainPart ? percent(plainPart) : '',
    best(result),
    value(outcomes.get(NATIVE)),
  ];
}

function table(rows: readonly Row[], fast: Run, plain: Run): string {
  const columns = [
    'row',
    'unit',
    'relaxed',
    'best',
    '±',
    'of limit',
    'simd128',
    'of limit',
    'best peer in wasm or JS',
    'native peer',
  ];
  const body = rows.flatMap(({ name }) => {
    const result = fast.results.get(name);
    return result ? [cells(result, plain.results.get(name))] : [];
  });
  const lines = [columns, ['---', '---', ...columns.slice(2).map(() => '--:')], ...body];
  return lines.map(row => `| ${row.join(' | ')} |`).join('\n');
}

/** From the least to the most of what the core could do around the rows. */
function limits(rows: readonly Row[], { results }: Run): string {
  const cores = rows.flatMap(({ name }) => results.get(name)?.core ?? []);
  const range = (of: keyof Limit): string => {
    const all = cores.map(core => core[of]);
    return `${Math.min(...all).toFixed(1)} to ${Math.max(...all).toFixed(1)}`;
  };
  return `multiply-adds ${range('arithmetic')} GFLOP/s, copies ${range('cache')} GB/s, reads ${range('memory')} GB/s`;
}

function section(name: string, rows: readonly Row[], fast: Run, plain: Run): string {
  return `## ${name}

${table(rows, fast, plain)}

Limits of the core meanwhile, relaxed: ${limits(rows, fast)}; simd128: ${limits(rows, plain)}.
`;
}

function document(groups: readonly (readonly [string, readonly Row[]])[], fast: Run, plain: Run): string {
  const [cpu] = cpus();
  const commit = spawnSync('git', ['rev-parse', '--short', 'HEAD'], { cwd: ROOT, encoding: 'utf8' }).stdout.trim();
  const peers = [...fast.versions]
    .slice(1)
    .map(([name, version]) => `${name} ${version}`)
    .join(', ');
  return `# Results

Written by \`npm run bench -- report\` on ${new Date().toISOString().slice(0, 10)}, of commit ${commit}.

${cpu?.model.trim()}, ${cpus().length} cores, ${digits(totalmem() / 2 ** 30)} GiB, ${type()}. One thread, held on one core.
The columns relaxed, peers and native (${NATIVE}) are of Node ${fast.node}, simd128 of Node ${plain.node}.
Beside ${peers}.
Each library runs in a process of its own, in turn with the others. What several libraries compute is checked against
float64 before it is timed. Figures are medians; best is the best sample, ± the spread between quartiles. Cores may be
shared with other machines, whose work slows all libraries alike for a while: the median then lies far below the best.

The limits of the core are measured around each row, as WebAssembly of the same features: multiply-adds in registers,
copies of 4 MiB, reads of 64 MiB. A row of operations is held against the multiply-adds, one that only moves data against
the copies, or the reads if it is over 32 MiB. Convolutions count the multiply-adds of the definition, so fast algorithms
can pass the limit. Rows that end in \`-eager\` run op by op what others run as a plan.

${groups.map(([name, rows]) => section(name, rows, fast, plain)).join('\n')}`;
}

/** Measures rows whose name contains the text, and writes RESULTS.md if that is all, else prints it. */
export async function report(only: string): Promise<void> {
  await bring('peers');
  const node = await nodeOf('24');
  const groups = Object.entries(GROUPS)
    .map(([name, rows]) => [name, rows.filter(row => row.name.includes(only))] as const)
    .filter(([, rows]) => rows.length > 0);
  const rows = groups.flatMap(([, rows]) => rows);
  const fast = await measure(rows, PEERS, { node, binary: 'relaxed' });
  const plain = await measure(rows, [], { node: execPath, binary: 'simd128' });
  const text = document(groups, fast, plain);
  if (only !== '') {
    console.log(`\n${text}`);
    return;
  }
  const path = join(ROOT, 'bench', 'RESULTS.md');
  writeFileSync(`${path}.new`, text);
  renameSync(`${path}.new`, path);
  console.log(`written: ${path}`);
}
