/** `npm run bench -- GROUP… [--json]`: speed, beside the limit of the core measured in the same run. */
import { spawnSync } from 'node:child_process';
import { argv, env, execArgv, execPath, exit, stdout, version } from 'node:process';
import { cpus } from 'node:os';
import { Argument, Command } from 'commander';
import { backendName } from 'phyllo';
import { multiplyAddLimit } from './limit';
import type { Row } from './measure';
import * as conv from './groups/conv';
import * as eager from './groups/eager';
import * as elementwise from './groups/elementwise';
import * as gemm from './groups/gemm';
import * as pool from './groups/pool';
import * as rnn from './groups/rnn';
import * as train from './groups/train';

const GROUPS: Readonly<Record<string, { rows(limit: number): Iterable<Row> }>> = {
  gemm, conv, pool, elementwise, rnn, eager, train,
};

/** Runs this again on one core, where the system can: a process that wanders between cores measures nothing. */
function pin(): void {
  if (env['PHYLLO_PINNED'] !== undefined) return;
  const command = ['taskset', '-c', `${cpus().length - 1}`];
  if (spawnSync(command[0]!, [...command.slice(1), 'true']).status !== 0) return;
  const again = spawnSync(command[0]!, [...command.slice(1), execPath, ...execArgv, ...argv.slice(1)], {
    stdio: 'inherit', env: { ...env, PHYLLO_PINNED: '1' },
  });
  exit(again.status ?? 1);
}

const digits = (v: number): string => v.toLocaleString('en-US', { maximumSignificantDigits: 4 });

function show({ name, unit, value, best, spread, limit }: Row): string {
  const share = limit === null ? '' : `${((100 * value) / limit).toFixed(0)} %`;
  return [
    name.padEnd(24), digits(value).padStart(10), unit.padEnd(10), `best ${digits(best)}`.padEnd(16),
    `± ${(100 * spread).toFixed(1)} %`.padEnd(9), share,
  ].join(' ').trimEnd();
}

const program = new Command('npm run bench --')
  .description('Measures groups of workloads; without a name, all of them.')
  .addArgument(new Argument('[group...]', 'what to measure').choices(Object.keys(GROUPS)))
  .option('--json', 'one JSON object a line', false)
  .parse();
const { json } = program.opts<{ json: boolean }>();
const chosen = program.args.length > 0 ? program.args : Object.keys(GROUPS);

stdout.on('error', () => exit(0)); // whoever read it has seen enough
pin();
const limit = await multiplyAddLimit(backendName());
if (!json) console.log(`Node ${version}, binary ${backendName()}, one core; its limit: ${digits(limit)} GFLOP/s`);
for (const group of chosen) {
  for (const row of GROUPS[group]!.rows(limit)) console.log(json ? JSON.stringify(row) : show(row));
}
