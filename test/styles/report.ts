/** What a style takes, and whether it is flat. */
import { execFile } from 'node:child_process';
import { dirname } from 'node:path';
import { execPath } from 'node:process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

/** Bytes in use and in how many blocks, bytes of the whole linear memory, of JavaScript's heap, of the process. */
export interface Levels {
  readonly bytes: number;
  readonly blocks: number;
  readonly linear: number;
  readonly heap: number;
  readonly rss: number;
}
/** The most there was, and the most that the collector let gather, in bytes. */
export interface Peaks {
  bytes: number;
  blocks: number;
  linear: number;
  rss: number;
  allowance: number;
}
export interface Report {
  readonly name: string;
  /** How many were done. */
  readonly turns: number;
  /** After some turns, in the middle, and at the end, each after the collector was called. */
  readonly at: readonly Levels[];
  /** The most in the first half and in the second, as the loop itself has it. */
  readonly peaks: readonly [Peaks, Peaks];
  /** What ended it early. */
  readonly error: string;
}

const MB = 2 ** 20;
/** What may be more at the end than in the middle, though the collector was called: constants, code that is compiled late. */
const LEFT = { bytes: MB / 4, blocks: 64, heap: 2 * MB };
/**
 * The second half's peak may be above the first's by so much beside what the collector lets gather before it comes, a
 * handle counting for 4 KiB: a loop of small tensors may reach that late.
 */
const HIGHER = { bytes: 4 * MB, blocks: 4096, linear: 4 * MB, rss: 32 * MB };

/** What turns leave behind that no collector frees. */
export function leaking({ at, error }: Report): string[] {
  if (error !== '') return [error];
  const [, middle, end] = at;
  return (['bytes', 'blocks', 'heap'] as const).filter(key => end![key] > middle![key] + LEFT[key]);
}
/** Also what the loop, left to itself, takes more and more of. It must be long enough for the collector to come. */
export function growing(report: Report): string[] {
  const [first, second] = report.peaks;
  const started = report.at[0];
  if (!started) return leaking(report);
  const { allowance } = second;
  const gathers = {
    bytes: started.bytes + allowance,
    blocks: started.blocks + allowance / 4096,
    linear: started.linear + allowance,
    rss: started.rss + 2 * allowance,
  };
  const higher = (['bytes', 'blocks', 'linear', 'rss'] as const).filter(
    key => second[key] > Math.max(first[key], gathers[key]) + HIGHER[key],
  );
  return [...leaking(report), ...higher.map(key => `peak of ${key}`)];
}

const ROOT = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

/** Runs styles one after the other in a process of their own. */
export async function measure(names: readonly string[], turns: number): Promise<Report[]> {
  const options = ['--expose-gc', '--conditions=phyllo-source', '--import', 'tsx'];
  const { stdout } = await promisify(execFile)(
    execPath,
    [...options, 'test/styles/child.ts', String(turns), ...names],
    { cwd: ROOT },
  );
  return stdout
    .trim()
    .split('\n')
    .map((line): Report => JSON.parse(line));
}

const mega = (n: number): string => (n / MB).toFixed(1).padStart(7);
export const HEAD: string =
  'style                                      turns  in use MB: first, last  (peak)    linear MB: first, last   heap MB: first, last    RSS MB: first, last';
/** A line of the table: the first and the last level, and the peak of what was in use. */
export function line(r: Report): string {
  const [first, last] = [r.at[0]!, r.at.at(-1)!];
  const columns = (['bytes', 'linear', 'heap', 'rss'] as const).map(key => `${mega(first[key])} → ${mega(last[key])}`);
  columns[0] += ` (${mega(Math.max(...r.peaks.map(p => p.bytes))).trim()})`.padEnd(10);
  const grown = growing(r);
  return [
    r.name.padEnd(40),
    String(r.turns).padStart(6),
    ...columns,
    grown.length === 0 ? 'flat' : `grows: ${grown.join(', ')}`,
  ].join('  ');
}
