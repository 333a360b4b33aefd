/** `npm run bench -- GROUP…`: speed, beside the limit of the core measured in the same run. */
import { execPath, exit, stdout } from 'node:process';
import { Argument, Command, Option } from 'commander';
import { Contest } from './contest';
import { GROUPS } from './groups/all';
import { line, record, title } from './show';

interface Options {
  readonly json: boolean;
  readonly only: string;
  readonly binary?: string;
}

const program = new Command('npm run bench --')
  .description('Measures groups of workloads; without a name, all of them.')
  .addArgument(new Argument('[group...]', 'what to measure').choices(Object.keys(GROUPS)))
  .option('--only <text>', 'only rows whose name contains the text', '')
  .option('--json', 'one JSON object a line', false)
  .addOption(new Option('--binary <name>', 'which of the package').choices(['simd128', 'relaxed']))
  .parse();
const { json, only, binary } = program.opts<Options>();
const chosen = program.args.length > 0 ? program.args : Object.keys(GROUPS);
const rows = chosen.flatMap((group) => GROUPS[group]!).filter(({ name }) => name.includes(only));

stdout.on('error', () => exit(0)); // whoever read it has seen enough
const contest = await Contest.open(['phyllo'], { node: execPath, ...(binary ? { binary } : {}) }, false);
try {
  if (!json) console.log(title(contest));
  for (const row of rows) {
    const result = await contest.run(row);
    console.log(json ? record(result) : line(result));
  }
} finally {
  contest.close();
}
