/** A lock file, so that two set-ups at once do not trip over each other. */
import { randomUUID } from 'node:crypto';
import { mkdirSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { onInterrupt } from './process.mjs';
import { say } from './report.mjs';

/** The holder touches its lock this often … */
const BEAT_MS = 5_000;
/** … so one left untouched this long has lost its holder, whatever process has its number by now. */
const STALE_MS = 60_000;

/** @param {number} pid */
function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

/** @param {string} path */
function read(path) {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null;
  }
}

/** Whether the lock's holder is gone: killed, or switched off with the machine. @param {string} path */
export function isStale(path) {
  const holder = read(path);
  if (holder === null) return false;
  const age = Date.now() - (statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? Date.now());
  return age > STALE_MS || (/^\d+ /.test(holder) && !isAlive(Number.parseInt(holder, 10)));
}

/** @param {string} path @param {string} token */
async function tryAcquire(path, token) {
  try {
    writeFileSync(path, token, { flag: 'wx' });
  } catch {
    if (isStale(path)) rmSync(path, { force: true });
    return false;
  }
  // Two that found the same stale lock may both have removed one: whoever wrote last has it.
  await sleep(20);
  return read(path) === token;
}

/**
 * Runs `work` while holding the lock; waits for another holder first.
 * @template T
 * @param {string} path
 * @param {() => Promise<T>} work
 * @returns {Promise<T>}
 */
export async function withLock(path, work) {
  mkdirSync(dirname(path), { recursive: true });
  const token = `${process.pid} ${randomUUID()}`;
  let waiting = false;
  while (!(await tryAcquire(path, token))) {
    if (!waiting && read(path) !== null) {
      say('another set-up is running: waiting for it…');
      waiting = true;
    }
    await sleep(100);
  }
  const release = () => {
    if (read(path) === token) rmSync(path, { force: true });
  };
  onInterrupt.add(release);
  const beat = setInterval(() => utimesSync(path, new Date(), new Date()), BEAT_MS);
  beat.unref();
  try {
    return await work();
  } finally {
    clearInterval(beat);
    onInterrupt.delete(release);
    release();
  }
}
