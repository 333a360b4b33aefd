/** `npm run bench -- GROUP…`: speed, beside the limit of the core measured in the same run. */
import { spawnSync } from 'node:child_process';
import { execPath, exit, stdout } from 'node:process';
import { Argument, Command, Option } from 'commander';
import { bring, nodeOf } from './bring';
import { Contest } from './contest';
import { command, ROOT } from './contestant';
import { GROUPS } from './groups/all';
import { PEERS } from './library';
import { report } from './report';
import { line, record, title } from './show';
import { threads } from './threads/main';

interface Options {
  readonly only: string;
  readonly json: boolean;
  readonly node?: string;
  readonly binary?: string;
  readonly peers: boolean;
}

async function run(groups: readonly string[], { only, json, node, binary, peers }: Options): Promise<void> {
  const rows = groups.flatMap(group => GROUPS[group]!).filter(({ name }) => name.includes(only));
  if (peers) await bring('peers');
  const setting = { node: node ? await nodeOf(node) : execPath, ...(binary ? { binary } : {}) };
  const contest = await Contest.open(peers ? PEERS : [], setting);
  try {
    if (!json) console.log(title(contest));
    for (const row of rows) {
      const result = await contest.run(row);
      console.log(json ? record(result) : line(result));
    }
  } finally {
    contest.close();
  }
}

process.once('SIGINT', () => exit(130)); // what it started ends with it
/** In a process of its own: the core, the Node and the binary that are asked for. */
async function dispatch({ only, node, binary = '' }: Options, assert: boolean): Promise<void> {
  const path = node ? await nodeOf(node) : execPath;
  const [run, ...args] = command(
    path,
    '--import',
    'tsx',
    'bench/dispatch/main.ts',
    `--only=${only}`,
    ...(assert ? ['--assert'] : []),
  );
  const { status } = spawnSync(run!, args, {
    cwd: ROOT,
    stdio: 'inherit',
    env: { ...process.env, PHYLLO_WASM: binary, PHYLLO_THREADS: '1' },
  });
  exit(status ?? 1);
}

stdout.on('error', () => exit(0)); // whoever read it has seen enough
const program = new Command('npm run bench --')
  .description('Measures groups of workloads.')
  .addArgument(
    new Argument('[group...]', 'what to measure').choices(Object.keys(GROUPS)).default(Object.keys(GROUPS), 'all'),
  )
  .option('--only <text>', 'only rows whose name contains the text', '')
  .option('--json', 'one JSON object a line', false)
  .option('--peers', 'beside other libraries, every result checked against float64', false)
  .addOption(new Option('--node <version>', 'in which Node').choices(['20', '24']))
  .addOption(
    new Option('--binary <name>', 'which of the package; by default the one it takes').choices(['simd128', 'relaxed']),
  )
  .action(run);
program
  .command('report')
  .description('measures everything beside everyone, and writes bench/RESULTS.md; with --only, prints it')
  .action(() => report(program.opts<Options>().only));
program
  .command('dispatch')
  .description('measures every method that kernels choose between; takes --only, --node and --binary')
  .option('--assert', 'fail where the picked one is more than 10 % slower than another', false)
  .action((options: { readonly assert: boolean }) => dispatch(program.opts<Options>(), options.assert));
program
  .command('threads')
  .description('measures two threads beside one; takes --only, --node, --binary and --peers')
  .action(async () => {
    const { only, node, binary, peers } = program.opts<Options>();
    if (peers) await bring('peers');
    await threads(only, peers, { node: node ? await nodeOf(node) : execPath, ...(binary ? { binary } : {}) });
  });
await program.parseAsync();
