/** Child processes: their output goes to a log file, an interruption ends them, a failure shows the log's tail. */
import { spawn } from 'node:child_process';
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, rmSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { SetupError, withoutHosts } from './report.mjs';

const WINDOWS = process.platform === 'win32';
const TAIL_LINES = 60;

/** Processes to end with this one. @type {Set<import('node:child_process').ChildProcess>} */
const children = new Set();

/** What to undo when interrupted, besides ending the children. @type {Set<() => void>} */
export const onInterrupt = new Set();

/**
 * Each child leads its own process group, so that compilers started by cargo end with it.
 * @param {import('node:child_process').ChildProcess} child
 */
function end(child) {
  if (child.pid === undefined) return;
  try {
    if (WINDOWS) child.kill();
    else process.kill(-child.pid, 'SIGTERM');
  } catch {
    // It has ended by itself.
  }
}

/** Steps run side by side: where one fails, the others end. */
export function endChildren() {
  children.forEach(end);
}

/** From now on an interruption ends the children and undoes what is to be undone. */
export function handleInterruptions() {
  for (const [signal, code] of /** @type {const} */ ([
    ['SIGINT', 130],
    ['SIGTERM', 143],
    ['SIGHUP', 129],
  ])) {
    process.once(signal, () => {
      endChildren();
      onInterrupt.forEach(undo => undo());
      process.exit(code);
    });
  }
}

/**
 * @typedef {object} RunOptions
 * @property {string} log file that receives stdout and stderr
 * @property {NodeJS.ProcessEnv} [env] added to this process's environment
 * @property {string} [cwd]
 * @property {number} [timeout] milliseconds until it is ended and counts as failed
 * @property {boolean} [finishes] an interruption lets it finish by itself (a package manager)
 */

/**
 * Runs a program and tells whether it succeeded.
 * @param {string} command
 * @param {readonly string[]} args
 * @param {RunOptions} options
 * @returns {Promise<boolean>}
 */
export async function succeeds(command, args, { log, env, cwd, timeout, finishes = false }) {
  mkdirSync(dirname(log), { recursive: true });
  const out = openSync(log, 'w');
  try {
    return await new Promise(resolve => {
      const child = spawn(command, args, {
        cwd,
        env: { ...process.env, ...env },
        stdio: ['ignore', out, out],
        detached: !WINDOWS,
        timeout,
      });
      if (!finishes) children.add(child);
      child.once('error', () => resolve(false));
      child.once('close', code => {
        children.delete(child);
        resolve(code === 0);
      });
    });
  } finally {
    closeSync(out);
  }
}

/**
 * Runs a program that has to succeed.
 * @param {string} command
 * @param {readonly string[]} args
 * @param {RunOptions} options
 * @throws {SetupError} with the end of its log
 */
export async function run(command, args, options) {
  if (await succeeds(command, args, options)) {
    rmSync(options.log, { force: true });
    return;
  }
  const tail = withoutHosts(readFileSync(options.log, 'utf8')).trimEnd().split('\n').slice(-TAIL_LINES).join('\n');
  throw new SetupError(`${tail}\n\nfailed: ${[command, ...args].join(' ')}\nwhole log: ${options.log}`);
}

/**
 * What a program prints, or null where it fails or does not exist.
 * @param {string} command
 * @param {readonly string[]} args
 * @param {NodeJS.ProcessEnv} [env]
 * @returns {Promise<string | null>}
 */
export function output(command, args, env) {
  return new Promise(resolve => {
    const child = spawn(command, args, { env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'ignore'] });
    let text = '';
    child.stdout.on('data', chunk => (text += chunk));
    child.once('error', () => resolve(null));
    child.once('close', code => resolve(code === 0 ? text.trim() : null));
  });
}

/** The folder on PATH that holds a program, or null. @param {string} program */
export function folderOf(program) {
  const file = WINDOWS ? `${program}.exe` : program;
  return (process.env.PATH ?? '').split(delimiter).find(folder => folder && existsSync(join(folder, file))) ?? null;
}
