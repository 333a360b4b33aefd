import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { execPath } from 'node:process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

/** Brings what is not installed by default, and gives its path. Progress goes to stderr. */
export async function bring(what: 'node24' | 'peers'): Promise<string> {
  const script = fileURLToPath(new URL('../scripts/bring.mjs', import.meta.url));
  const child = spawn(execPath, [script, what], { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = once(child, 'close');
  let last = '';
  for await (const line of createInterface(child.stdout)) {
    if (last !== '') console.error(last);
    last = line;
  }
  const [code] = await ended;
  if (code !== 0) throw new Error(`${what} could not be brought`);
  return last;
}

/** The Node of a major version: the one that runs, or one that can be brought. */
export async function nodeOf(major: string): Promise<string> {
  if (process.versions.node.startsWith(`${major}.`)) return execPath;
  if (major === '24') return bring('node24');
  throw new Error(`Node ${major} is not here: run this with it`);
}
