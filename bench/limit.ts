/**
 * The limits of one core, measured as WebAssembly of the same features as the binary in use: multiply-adds in
 * registers, in twelve chains that do not wait for each other; copies of 4 MiB; reads of 64 MiB.
 */
import { setTimeout as pause } from 'node:timers/promises';
import binaryen from 'binaryen';
import { summary, Stopwatch } from './measure';
import type { Limit } from './row';

const CHAINS = 12;
const TURNS = 20_000;
const COPIED = 4 * 2 ** 20;
const READ = 64 * 2 ** 20;
/** Places read from at a time: 16 GB/s from one, 30 from eight. */
const STREAMS = 8;
/** Where copies go: not the source's place modulo 4 KiB, where loads would wait for stores. */
const TARGET = 2 * COPIED + 2048;

const indices = (n: number): number[] => Array.from({ length: n }, (_, i) => i);

function program(relaxed: boolean): string {
  const chains = indices(CHAINS);
  const lanes = indices(4);
  const streams = indices(STREAMS);
  const madd = (i: number): string =>
    relaxed
      ? `(f32x4.relaxed_madd (local.get $a) (local.get $c${i}) (local.get $b))`
      : `(f32x4.add (f32x4.mul (local.get $a) (local.get $c${i})) (local.get $b))`;
  const total = (of: readonly number[]): string =>
    of.slice(1).reduce((sum, i) => `(f32x4.add ${sum} (local.get $c${i}))`, '(local.get $c0)');
  return `(module (memory (export "memory") ${READ / 2 ** 16})
    (func (export "arithmetic") (result f32)
      (local $n i32) (local $a v128) (local $b v128) ${chains.map(i => `(local $c${i} v128)`).join(' ')}
      (local.set $n (i32.const ${TURNS}))
      (local.set $a (f32x4.splat (f32.const 0.999)))
      (local.set $b (f32x4.splat (f32.const 1)))
      ${chains.map(i => `(local.set $c${i} (local.get $b))`).join(' ')}
      (loop $l
        ${chains.map(i => `(local.set $c${i} ${madd(i)})`).join('\n')}
        (br_if $l (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
      (f32x4.extract_lane 0 ${total(chains)}))
    (func (export "copy") (local $n i32)
      (local.set $n (i32.const ${COPIED}))
      (loop $l
        (local.set $n (i32.sub (local.get $n) (i32.const 64)))
        ${lanes.map(i => `(v128.store offset=${TARGET + 16 * i} (local.get $n) (v128.load offset=${16 * i} (local.get $n)))`).join('\n')}
        (br_if $l (local.get $n))))
    (func (export "read") (result f32) (local $at i32) ${streams.map(i => `(local $c${i} v128)`).join(' ')}
      (loop $l
        ${streams.map(i => `(local.set $c${i} (f32x4.add (local.get $c${i}) (v128.load offset=${(i * READ) / STREAMS} (local.get $at))))`).join('\n')}
        (br_if $l (i32.lt_u (local.tee $at (i32.add (local.get $at) (i32.const 16))) (i32.const ${READ / STREAMS}))))
      (f32x4.extract_lane 0 ${total(streams)})))`;
}

/** The times of a few samples of about a millisecond, and how much is done in each. */
class Probe {
  private constructor(
    private readonly watch: Stopwatch,
    private readonly amount: number,
  ) {}

  /** The engine compiles for good beside the code that runs, and on one core it needs pauses to get there. */
  static async warm(run: () => unknown, amount: number): Promise<Probe> {
    for (let round = 0; round < 3; round++) {
      await (await Stopwatch.warm({ run }, 10)).samples(9, 100);
      await pause(20);
    }
    return new Probe(await Stopwatch.warm({ run }, 1), amount);
  }

  /** The best, a nanosecond. */
  async measure(): Promise<number> {
    return this.amount / summary(await this.watch.samples(9, 100)).best / 1e6;
  }
}

/** What measures the limits as they are at the moment, in some 40 ms. */
export async function limits(binary: string): Promise<() => Promise<Limit>> {
  const module = binaryen.parseText(program(binary === 'relaxed'));
  module.setFeatures(binaryen.Features.SIMD128 | binaryen.Features.RelaxedSIMD);
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(Uint8Array.from(module.emitBinary())));
  // Pages that were never written are all the same one, and come from the caches.
  if (exports.memory instanceof WebAssembly.Memory) new Float32Array(exports.memory.buffer).fill(1);
  const probe = (name: string, amount: number): Promise<Probe> => {
    const run = exports[name];
    if (!(run instanceof Function)) throw new TypeError(`limit: the program has no function ${name}`);
    return Probe.warm(() => run(), amount);
  };
  const arithmetic = await probe('arithmetic', TURNS * CHAINS * 4 * 2);
  const cache = await probe('copy', 2 * COPIED);
  const memory = await probe('read', READ);
  return async () => ({
    arithmetic: await arithmetic.measure(),
    cache: await cache.measure(),
    memory: await memory.measure(),
  });
}
