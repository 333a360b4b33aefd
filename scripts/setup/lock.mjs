/** A lock, so that two set-ups at once do not trip over each other: a folder, since one alone can make it. */
import { mkdirSync, rmSync, statSync, utimes } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** The holder touches its lock this often … */
const BEAT_MS = 1_000;
/**
 * … so one left untouched this long has lost its holder: killed, or switched off with the machine. One touched in the
 * future too: the clock was put back since.
 */
const STALE_MS = 10_000;

/** @param {string} path */
function acquire(path) {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (stat && Math.abs(Date.now() - stat.mtimeMs) > STALE_MS) rmSync(path, { recursive: true, force: true });
  return mkdirSync(path, { recursive: true }) !== undefined;
}

/**
 * Runs `work` while holding the lock; waits for another holder first.
 * @template T
 * @param {string} path
 * @param {() => Promise<T>} work
 */
export async function withLock(path, work) {
  mkdirSync(dirname(path), { recursive: true });
  for (let waited = false; !acquire(path); waited = true) {
    if (!waited) console.log('another set-up is running: waiting for it…');
    await sleep(100);
  }
  const release = () => rmSync(path, { recursive: true, force: true });
  process.once('exit', release);
  const beat = setInterval(() => utimes(path, new Date(), new Date(), () => {}), BEAT_MS).unref();
  try {
    return await work();
  } finally {
    clearInterval(beat);
    process.off('exit', release);
    release();
  }
}
