/** Progress as plain, short lines: what is being done, then how long it took. */

/** A set-up failure that explains itself: only its message is shown. */
export class SetupError extends Error {}

/** What was done, and how long it took. @type {[name: string, time: string][]} */
const times = [];

/** Prints one line of progress. @param {string} line */
export function say(line) {
  console.log(line);
}

/** A duration to read at a glance. @param {number} ms */
export function duration(ms) {
  if (ms < 10_000) return `${(ms / 1000).toFixed(1)} s`;
  const s = Math.round(ms / 1000);
  return s < 100 ? `${s} s` : `${Math.floor(s / 60)} min ${s % 60} s`;
}

/**
 * Announces a step, runs it and says how long it took. An attempt that failed returns false; all else that fails throws.
 * @template T
 * @param {string} name what is worked on
 * @param {string} what what is done to it, and about how long that takes
 * @param {() => Promise<T>} work
 * @returns {Promise<T>}
 */
export async function step(name, what, work) {
  say(`${name}: ${what}…`);
  const start = Date.now();
  const result = await work();
  const time = duration(Date.now() - start);
  times.push([name, time]);
  say(`${name}: ${result === false ? 'not possible here' : 'done'} (${time})`);
  return result;
}

/** Prints what each step took. Steps run side by side, so the times do not add up. */
export function showTimes() {
  for (const [name, time] of times) say(`  ${name.padEnd(14)}${time.padStart(12)}`);
}

/** A tool's log without the hosts it talked to: whose mirror a machine uses is nobody's business. @param {string} log */
export function withoutHosts(log) {
  return log.replace(/\b(https?|ssh|git):\/\/[^\s/"'`]+/g, '$1://…');
}
