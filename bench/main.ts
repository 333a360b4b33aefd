/** `npm run bench -- GROUP…`: speed, beside the limit of the core measured in the same run. */
import { execPath, exit, stdout } from 'node:process';
import { Argument, Command, Option } from 'commander';
import { bring, nodeOf } from './bring';
import { Contest } from './contest';
import { GROUPS } from './groups/all';
import { PEERS } from './library';
import { line, record, title } from './show';

interface Options {
  readonly json: boolean;
  readonly only: string;
  readonly binary?: string;
  readonly node?: string;
  readonly peers: boolean;
}

const program = new Command('npm run bench --')
  .description('Measures groups of workloads; without a name, all of them.')
  .addArgument(new Argument('[group...]', 'what to measure').choices(Object.keys(GROUPS)))
  .option('--only <text>', 'only rows whose name contains the text', '')
  .option('--json', 'one JSON object a line', false)
  .addOption(new Option('--node <version>', 'in which Node').choices(['20', '24']))
  .option('--peers', 'beside other libraries, every result checked against float64', false)
  .addOption(new Option('--binary <name>', 'which of the package').choices(['simd128', 'relaxed']))
  .parse();
const { json, only, binary, node, peers } = program.opts<Options>();
const chosen = program.args.length > 0 ? program.args : Object.keys(GROUPS);
const rows = chosen.flatMap((group) => GROUPS[group]!).filter(({ name }) => name.includes(only));

stdout.on('error', () => exit(0)); // whoever read it has seen enough
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
