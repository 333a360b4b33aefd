/** Steps and their child processes: an interruption ends them, a failure shows the last they said. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { CACHE, ROOT } from './files.mjs';

const WINDOWS = process.platform === 'win32';
const TAIL_LINES = 60;

/** A failure that explains itself: only its message is shown. */
export class SetupError extends Error {}

/**
 * What the system refused, and where this writes; null for other errors.
 * @param {unknown} error
 * @returns {string | null}
 */
export function refusedBySystem(error) {
  if (!(error instanceof Error) || !('syscall' in error)) return null;
  return `${error.message}\nThe set-up writes to ${ROOT} and, once per machine, to ${CACHE}, which XDG_CACHE_HOME moves.`;
}

/** What each step took. Some run side by side, so that these do not add up. @type {[name: string, time: string][]} */
export const times = [];

/** A duration to read at a glance. @param {number} ms */
export function duration(ms) {
  if (ms < 10_000) return `${(ms / 1000).toFixed(1)} s`;
  const s = Math.round(ms / 1000);
  return s < 100 ? `${s} s` : `${Math.floor(s / 60)} min ${s % 60} s`;
}

/**
 * Announces a step, runs it and says how long it took. An attempt that failed returns false; all else that fails throws.
 * @template T @param {string} name @param {string} what it does, and about how long that takes @param {() => Promise<T>} work
 */
export async function step(name, what, work) {
  console.log(`${name}: ${what}…`);
  const start = Date.now();
  const result = await work();
  const time = duration(Date.now() - start);
  times.push([name, time]);
  console.log(`${name}: ${result === false ? 'not possible here' : 'done'} (${time})`);
  return result;
}

/** Processes to end with this one. @type {Set<import('node:child_process').ChildProcess>} */
const children = new Set();

/** From now on an interruption exits this process, and its exit ends its children. */
export function handleInterruptions() {
  process.once('SIGINT', () => process.exit(130));
  process.once('SIGTERM', () => process.exit(143));
  process.once('SIGHUP', () => process.exit(129));
  process.once('exit', () => {
    for (const { pid } of children) {
      try {
        // Each leads its own process group, so that compilers started by cargo end with it.
        if (pid !== undefined) process.kill(WINDOWS ? pid : -pid, 'SIGTERM');
      } catch {
        // It has ended by itself.
      }
    }
  });
}

/**
 * Runs a program that has to succeed.
 * @param {string} command
 * @param {readonly string[]} args
 * @param {{ cwd?: string, env?: NodeJS.ProcessEnv }} [options] `env` is added to this process's
 * @returns {Promise<string>} what it printed
 * @throws {SetupError} with the end of what it printed, and of what it said of errors
 */
export async function run(command, args, { cwd, env } = {}) {
  const options = { cwd, env: { ...process.env, ...env }, detached: !WINDOWS };
  const child = spawn(command, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'] });
  children.add(child);
  let [printed, log] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', text => (printed += text));
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', text => (log += text));
  const failure = await once(child, 'close').then(
    ([code]) => code !== 0 && `failed: ${[command, ...args].join(' ')}`,
    error => error.message,
  );
  children.delete(child);
  if (failure === false) return printed.trim();
  throw new SetupError(withoutHosts([...log.trimEnd().split('\n').slice(-TAIL_LINES), '', failure].join('\n')));
}

/** What a program prints, or null where it fails or does not exist. @param {string} command @param {...string} args */
export const output = (command, ...args) => run(command, args).catch(() => null);

/** A tool's log without the hosts it talked to: whose mirror a machine uses is nobody's business. @param {string} log */
export function withoutHosts(log) {
  return log.replace(/\b(https?|ssh|git):\/\/[^\s/"'`]+/g, '$1://…');
}

/** Installs Debian's packages, where this is Debian and this user may. @param {...string} packages */
export async function installFromDebian(...packages) {
  if (!existsSync('/usr/bin/apt-get')) return false;
  const apt = 'apt-get -o DPkg::Lock::Timeout=600';
  const install = `${apt} install -y --no-install-recommends --no-remove ${packages.join(' ')}`;
  const script = `export DEBIAN_FRONTEND=noninteractive; dpkg --configure -a; ${install} || (${apt} update && ${install})`;
  // In a session of its own, which an interruption lets finish.
  const command = ['setsid', '--wait', 'sh', '-c', `(${script}) > /dev/null 2>&1`];
  return (await (process.getuid?.() === 0 ? output('env', ...command) : output('sudo', '-n', ...command))) !== null;
}
