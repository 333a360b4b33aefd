/** Where the time of a plan goes. */
import { CaptureError } from '../core/errors';
import { check, kind } from '../core/kinds';
import { scope } from '../core/scope';
import type { Backend } from '../backend/backend';
import type { Captured } from './capture';
import { flopsOf, opsOf, type Step } from './graph';
import { trafficOf } from './explain';
import { lower } from './lower';
import type { Program } from './program';
import { tensorsOf } from './signature';
import { bytes, short, table } from '../core/table';

/** The calls of one step of the plan, or of the same step of each turn of a loop. */
export interface ProfileRow {
  /** `conv2d + relu`. */
  readonly op: string;
  /** Shape of the first output; null where rows are added up. */
  readonly shape: readonly number[] | null;
  /** Steps of the plan: in a loop one for each turn. */
  readonly steps: number;
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
/** What is counted and measured of a row. */
type Counts = Pick<ProfileRow, 'steps' | 'calls' | 'ms' | 'flops' | 'bytes'>;

const percent = (x: number): string => `${(100 * x).toFixed(1)} %`;

/** The time of each step of a plan. Printed, it is a table, the slowest first. */
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

  /** The rows of each op added up, the slowest op first. */
  byOp(): Profile {
    const rows = [...new Set(this.rows.map(r => r.op))].map(op => {
      const all = this.rows.filter(r => r.op === op);
      const sum = (key: keyof Counts): number => all.reduce((n, row) => n + row[key], 0);
      const [steps, calls, ms, flops, bytes] = [sum('steps'), sum('calls'), sum('ms'), sum('flops'), sum('bytes')];
      return row(op, null, { steps, calls, ms, flops, bytes }, this.ms, this.limit);
    });
    return new Profile(
      rows.sort((a, b) => b.ms - a.ms),
      this.limit,
    );
  }

  toString(): string {
    const lines = [...this.rows]
      .sort((a, b) => b.ms - a.ms)
      .map(r => [
        r.op,
        r.shape === null ? '' : `[${r.shape.join(', ')}]`,
        `${r.steps}`,
        r.ms.toFixed(3),
        percent(r.share),
        short(r.flops),
        bytes(r.bytes),
        r.gflops.toFixed(2),
        r.gbytes.toFixed(2),
        percent(r.ofLimit),
      ]);
    const heading = ['op', 'output', 'steps', 'ms', 'share', 'FLOP', 'memory', 'GFLOP/s', 'GB/s', 'of the core'];
    const flops = this.rows.reduce((n, r) => n + r.flops, 0);
    const rate = this.ms > 0 ? flops / this.ms / 1e6 : 0;
    return `${table([heading, ...lines])}\n${this.ms.toFixed(3)} ms in kernels, ${rate.toFixed(2)} GFLOP/s; the core does ${this.limit.toFixed(1)} at most`;
  }
}

function row(op: string, shape: ProfileRow['shape'], counts: Counts, total: number, limit: number): ProfileRow {
  const { ms, flops, bytes } = counts;
  const rate = (n: number): number => (ms > 0 ? n / ms / 1e6 : 0);
  return {
    op,
    shape,
    ...counts,
    share: total > 0 ? ms / total : 0,
    gflops: rate(flops),
    gbytes: rate(bytes),
    ofLimit: rate(flops) / limit,
  };
}

const WARM = 3;
const RUNS = 15;

/**
 * Measures a captured function, step by step, on these arguments. Its plan runs eighteen times, and after each what it
 * changed is put back: parameters, gradients, statistics, states of optimisers and generators, arguments.
 *
 *     console.log(`${profile(step, x, t)}`);
 *     console.log(`${profile(step, x, t).byOp()}`);
 *
 * @throws {ValueError} if `f` is no captured function.
 * @throws {CaptureError} as a call of `f` does; if arguments share memory that it changes, so that it runs without a plan.
 */
export function profile<A extends readonly unknown[], R>(f: Captured<A, R>, ...args: A): Profile {
  check(
    'profile',
    'f',
    kind('a captured function', v => typeof v === 'function' && 'plan' in v),
    f,
  );
  const plan = f.plan(...args);
  const xs = tensorsOf(args);
  if (plan.isShared(xs)) {
    throw new CaptureError('profile', 'tensors that the function changes share memory: it would run op by op');
  }
  const { program } = plan;
  const { backend } = program;
  const slots = slotsOf(program);
  const times = slots.map(() => new Float64Array(RUNS));
  const snapshot = plan.snapshot(xs);
  try {
    for (let run = -WARM; run < RUNS; run++) {
      const clock = new Float64Array(slots.length);
      program.clock = clock;
      try {
        scope(() => void plan.run(xs), 'profile');
      } finally {
        program.clock = null;
        snapshot.restore();
      }
      if (run >= 0) clock.forEach((ms, i) => (times[i]![run] = ms));
    }
  } finally {
    snapshot.free();
  }
  const limit = limitOf(backend);
  const ms = times.map(t => t.sort()[RUNS >> 1]!);
  const total = ms.reduce((a, b) => a + b, 0);
  const callsOf = new Map<Step, number>();
  for (const step of slots.flat()) callsOf.set(step, (callsOf.get(step) ?? 0) + 1);

  const rows: ProfileRow[] = [];
  let group: Step[] = [];
  let since = 0;
  slots.forEach((steps, i) => {
    group.push(...steps);
    if (slots[i + 1]?.[0] === steps[0]) return; // the next call is one of the same step
    const [first] = group;
    // A step whose calls are in several rows is counted in each by their share.
    const sum = (of: (step: Step) => number): number => group.reduce((n, s) => n + of(s) / callsOf.get(s)!, 0);
    const counts = {
      steps: new Set(group).size,
      calls: group.length,
      ms: ms.slice(since, i + 1).reduce((a, b) => a + b, 0),
      flops: Math.round(sum(flopsOf)),
      bytes: Math.round(sum(s => trafficOf(s, backend))),
    };
    rows.push(row(opsOf(first!).join(' + '), (first!.ys[0] ?? first!.xs[0]!).shape, counts, total, limit));
    group = [];
    since = i + 1;
  });
  return new Profile(rows, limit);
}

/** For each call as a program has it, in a loop or not, the steps that it is made for: in a loop one in each turn. */
function slotsOf({ graph, backend, instructions }: Program): Step[][] {
  const steps = lower(graph.steps, backend).map(call => call.step);
  let next = 0;
  return instructions.flatMap(instruction => {
    const { times, length } =
      'body' in instruction ? { times: instruction.times, length: instruction.body.length } : ONCE;
    const all = steps.slice(next, (next += times * length));
    return Array.from({ length }, (_, j) => all.filter((_, i) => i % length === j));
  });
}
const ONCE = { times: 1, length: 1 };

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
