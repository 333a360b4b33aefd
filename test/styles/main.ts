/** `npm run check:loops`: the loops that people write, for thousands of turns each, and whether their memory stays flat. */
import { exit } from 'node:process';
import { Command } from 'commander';
import { growing, HEAD, line, measure } from './report';
import { STYLES } from './styles';

async function run({ turns, only }: { turns: string; only: string }): Promise<void> {
  console.log(HEAD);
  let grown = 0;
  const names = Object.keys(STYLES).filter(name => name.includes(only));
  for (const name of names) {
    const [report] = await measure([name], Number(turns));
    if (!report) throw new Error(`${name} reports nothing`);
    if (growing(report).length > 0) grown++;
    console.log(line(report));
  }
  console.log(`${names.length - grown} of ${names.length} are flat over ${turns} turns`);
  exit(grown === 0 ? 0 : 1);
}

process.once('SIGINT', () => exit(130)); // what it started ends with it
await new Command('npm run check:loops --')
  .description('Runs the usual styles of loops, each in a process, and prints what they take of memory.')
  .option('--turns <n>', 'how many of each', '20000')
  .option('--only <text>', 'only styles whose name contains the text', '')
  .action(run)
  .parseAsync();
