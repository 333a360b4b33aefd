/**
 * What it costs to hand a part of an empty kernel to a thread and to wait for it: while that thread still spins for the
 * next call, and after it has begun to wait; beside a call of the same kernel on one.
 */
import { backend } from '#load';
import { threads } from 'phyllo';
import { ThreadPool } from '../../ts/backend/wasm/threads';
import { digits } from '../show';

const CALLS = 2000;
const ROUNDS = 21;
const PARKED = 200;
/** Longer than a thread spins. */
const IDLE_MS = 1;
/** Two parts of one grain. */
const N = 128;

const { threads: pool } = backend;
if (!(pool instanceof ThreadPool)) throw new Error(pool?.why ?? '');
const at = backend.alloc(4 * N);
const { fill } = backend.kernels;

/** The best and the middle of rounds, in nanoseconds a call. */
function time(rounds: number, calls: number, before: () => void): [best: number, median: number] {
  const all = Array.from({ length: rounds }, () => {
    before();
    const start = performance.now();
    for (let i = 0; i < calls; i++) fill(at, N, 1);
    return ((performance.now() - start) / calls) * 1e6;
  }).toSorted((a, b) => a - b);
  return [all[0]!, all[rounds >> 1]!];
}
const idle = (): void => {
  for (const end = performance.now() + IDLE_MS; performance.now() < end; );
};

await threads(1);
pool.try(1, 0);
time(ROUNDS, CALLS, () => {});
const alone = time(ROUNDS, CALLS, () => {});
await threads(2);
time(ROUNDS, CALLS, () => {});
const spinning = time(ROUNDS, CALLS, () => {});
const parked = time(PARKED, 1, idle);
for (const [name, [best, median]] of [
  ['a call on one thread', alone],
  ['forked and joined, the other spins', spinning],
  ['forked and joined, the other waits', parked],
] as const) {
  const calls = `${digits(best / alone[0])} calls (${digits(median / alone[1])})`;
  console.log(
    `${name.padEnd(36)} best ${digits(best).padStart(7)} ns, middle ${digits(median).padStart(7)} ns: ${calls}`,
  );
}
process.exit();
