/** `npm run check:loops`: the loops that people write, for thousands of turns each, and whether their memory stays flat. */
import { exit } from 'node:process';
import { Command, InvalidArgumentError } from 'commander';
import { growing, HEAD, line, measure } from './report';
import { STYLES } from './styles';

function wholeNumber(text: string): number {
  const n = Number(text);
  if (!Number.isInteger(n) || n < 2) throw new InvalidArgumentError('It takes a whole number from 2 up.');
  return n;
}
/** Styles by a part of their names. */
function stylesWith(text: string): string[] {
  const names = Object.keys(STYLES).filter(name => name.includes(text));
  if (names.length === 0) throw new InvalidArgumentError(`The styles are: ${Object.keys(STYLES).join('; ')}.`);
  return names;
}

async function run({ turns, only: names }: { turns: number; only: string[] }): Promise<void> {
  console.log(HEAD);
  let grown = 0;
  for (const name of names) {
    const [report] = await measure([name], turns);
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
  .option('--turns <n>', 'how many of each', wholeNumber, 20000)
  .option('--only <text>', 'only styles whose name contains the text', stylesWith, stylesWith(''))
  .action(run)
  .parseAsync();
