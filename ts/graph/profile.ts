/** Where the time of a plan goes. */
import { check, kind } from '../core/kinds';
import { scope } from '../core/scope';
import type { Backend } from '../backend/backend';
import type { Captured } from './capture';
import { flopsOf, opsOf, type Step } from './graph';
import { trafficOf } from './explain';
import type { Call } from './lower';
import type { Instruction } from './repeat';
import { bytes, short, table } from './table';

/** What belongs to one step, or to a loop of several. */
export interface ProfileRow {
  /** `conv2d + relu`; of a loop all that is in it. */
  readonly op: string;
  /** Shape of the first output. */
  readonly shape: readonly number[];
  /** Kernel calls. */
  readonly calls: number;
  /** Milliseconds in one call of the plan: the median over runs. */
  readonly ms: number;
  /** Of the time in all kernels. */
  readonly share: number;
  readonly flops: number;
  /** Bytes read and written. */
  readonly bytes: number;
  /** Billions of operations, and of bytes, a second. */
  readonly gflops: number;
  readonly gbytes: number;
  /** Of the multiply-adds that the core can do at most. */
  readonly ofLimit: number;
}

/** The time of each kernel of a plan. Printed, it is a table, the slowest first. */
export class Profile {
  /** Milliseconds of all kernels together. */
  readonly ms: number;

  constructor(
    /** In the order in which they run. */
    readonly rows: readonly ProfileRow[],
    /** The most multiply-adds that the core does, in billions of operations a second. */
    readonly limit: number,
  ) {
    this.ms = rows.reduce((ms, row) => ms + row.ms, 0);
  }

  toString(): string {
    const percent = (x: number): string => `${(100 * x).toFixed(1)} %`;
    const lines = [...this.rows]
      .sort((a, b) => b.ms - a.ms)
      .map(r => [
        r.op,
        `[${r.shape.join(', ')}]`,
        r.ms.toFixed(3),
        percent(r.share),
        short(r.flops),
        bytes(r.bytes),
        r.gflops.toFixed(2),
        r.gbytes.toFixed(2),
        percent(r.ofLimit),
      ]);
    const heading = ['op', 'output', 'ms', 'share', 'FLOP', 'memory', 'GFLOP/s', 'GB/s', 'of the core'];
    const flops = this.rows.reduce((n, r) => n + r.flops, 0);
    const rate = this.ms > 0 ? flops / this.ms / 1e6 : 0;
    return `${table([heading, ...lines])}\n${this.ms.toFixed(3)} ms in kernels, ${rate.toFixed(2)} GFLOP/s; the core does ${this.limit.toFixed(1)} at most`;
  }
}

const WARM = 3;
const RUNS = 15;

/**
 * Measures a captured function, kernel by kernel, on these arguments. It calls the function eighteen times: one that
 * trains, trains.
 *
 *     console.log(`${profile(step, x, t)}`);
 *
 * @throws {ValueError} if `f` is no captured function.
 * @throws {CaptureError} as a call of `f` does.
 */
export function profile<A extends readonly unknown[], R>(f: Captured<A, R>, ...args: A): Profile {
  check(
    'profile',
    'f',
    kind('a captured function', v => typeof v === 'function' && 'plan' in v),
    f,
  );
  const { program } = f.plan(...args);
  const { instructions, backend } = program;
  const times = instructions.map(() => new Float64Array(RUNS));
  for (let run = -WARM; run < RUNS; run++) {
    const clock = new Float64Array(instructions.length);
    program.clock = clock;
    try {
      scope(() => void f(...args), 'profile');
    } finally {
      program.clock = null;
    }
    if (run >= 0) clock.forEach((ms, i) => (times[i]![run] = ms));
  }
  const limit = limitOf(backend);
  const ms = times.map(t => t.sort()[RUNS >> 1]!);
  const total = ms.reduce((a, b) => a + b, 0);
  return new Profile(
    grouped(instructions, ms).map(({ steps, op, calls, ms }): ProfileRow => {
      const flops = steps.reduce((n, { step, times }) => n + times * flopsOf(step), 0);
      const traffic = steps.reduce((n, { step, times }) => n + times * trafficOf(step, backend), 0);
      const rate = (n: number): number => (ms > 0 ? n / ms / 1e6 : 0);
      const first = steps[0]!.step;
      return {
        op,
        calls,
        ms,
        flops,
        bytes: traffic,
        shape: (first.ys[0] ?? first.xs[0]!).shape,
        share: total > 0 ? ms / total : 0,
        gflops: rate(flops),
        gbytes: rate(traffic),
        ofLimit: rate(flops) / limit,
      };
    }),
    limit,
  );
}

interface Group {
  readonly steps: { readonly step: Step; readonly times: number }[];
  readonly op: string;
  calls: number;
  ms: number;
}
/** The calls of a step together, and those of a loop. */
function grouped(instructions: readonly Instruction[], ms: readonly number[]): Group[] {
  const groups: Group[] = [];
  let last: Step | null = null;
  instructions.forEach((instruction, i) => {
    const { times, body } = 'body' in instruction ? instruction : { times: 1, body: [instruction] };
    const steps = [...new Set(body.map(({ step }: Call) => step))];
    const name = steps.map(step => opsOf(step).join(' + ')).join(', ');
    const group =
      times === 1 && steps[0] === last
        ? groups.at(-1)!
        : { steps: [], op: times > 1 ? `${times} × (${name})` : name, calls: 0, ms: 0 };
    if (group !== groups.at(-1)) {
      groups.push(group);
      group.steps.push(...steps.map(step => ({ step, times })));
    }
    group.calls += times * body.length;
    group.ms += ms[i]!;
    last = times === 1 ? steps[0]! : null;
  });
  return groups;
}

/** Operations of one turn of the kernel, and turns at a time: about half a millisecond. */
const OPERATIONS = 96;
const TURNS = 250_000;

/** The most multiply-adds that a core does, in billions of operations a second. */
function limitOf(backend: Backend): number {
  const bytes = 48 * backend.itemSize('f32');
  const y = backend.alloc(bytes);
  try {
    backend.kernels.fill(y, 48, 1);
    let best = Infinity;
    for (let i = 0; i < 20; i++) {
      const start = performance.now();
      backend.kernels.multiplyAdds(y, TURNS);
      best = Math.min(best, performance.now() - start);
    }
    return (OPERATIONS * TURNS) / best / 1e6;
  } finally {
    backend.free(y, bytes);
  }
}
