/**
 * The limit of one core, in GFLOP/s: multiply-adds in registers, in twelve chains that do not wait for each other, as
 * WebAssembly of the same features as the binary in use.
 */
import { setTimeout as pause } from 'node:timers/promises';
import binaryen from 'binaryen';
import { time } from './measure';

const CHAINS = 12;

function program(relaxed: boolean): string {
  const chains = Array.from({ length: CHAINS }, (_, i) => i);
  const madd = (i: number): string => relaxed
    ? `(f32x4.relaxed_madd (local.get $a) (local.get $c${i}) (local.get $b))`
    : `(f32x4.add (f32x4.mul (local.get $a) (local.get $c${i})) (local.get $b))`;
  return `(module (func (export "run") (param $n i32) (param $x f32) (result f32)
    (local $a v128) (local $b v128) ${chains.map(i => `(local $c${i} v128)`).join(' ')}
    (local.set $a (f32x4.splat (f32.mul (local.get $x) (f32.const 0.999))))
    (local.set $b (f32x4.splat (local.get $x)))
    ${chains.map(i => `(local.set $c${i} (local.get $b))`).join(' ')}
    (loop $l
      ${chains.map(i => `(local.set $c${i} ${madd(i)})`).join('\n')}
      (br_if $l (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (f32x4.extract_lane 0 ${chains.slice(1).reduce((sum, i) => `(f32x4.add ${sum} (local.get $c${i}))`, '(local.get $c0)')})))`;
}

/** Multiply-adds of four lanes, in GFLOP/s. */
export async function multiplyAddLimit(binary: string): Promise<number> {
  const module = binaryen.parseText(program(binary === 'relaxed'));
  module.setFeatures(binaryen.Features.SIMD128 | binaryen.Features.RelaxedSIMD);
  const { run } = new WebAssembly.Instance(new WebAssembly.Module(Uint8Array.from(module.emitBinary()))).exports;
  if (!(run instanceof Function)) throw new TypeError('limit: the program has no function');
  const turns = 20_000;
  let best = Infinity;
  // The engine compiles for good beside the code that runs, and on one core it needs pauses to get there.
  for (let round = 0; round < 5; round++) {
    best = Math.min(best, time(() => run(turns, 1), { samples: 9, sampleMs: 10 }).best);
    await pause(20);
  }
  return (turns * CHAINS * 4 * 2) / best / 1e6;
}
