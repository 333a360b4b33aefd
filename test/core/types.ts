/** What must not compile, and what the compiler must know of an op. Checked by tsc; there is nothing to run. */
import { runBinary } from '../../ts/core/geometry';
import { defineMultiOp, defineOp, defineParametricOp, type MultiOp, type Op } from '../../ts/core/op';
import type { Tensor } from '../../ts/core/tensor';
import type { OpName } from '../ops/samples';
import type { Sample, SamplesOf } from '../ops/samples/sample';
import { conv2d, crossEntropy, tensor } from 'phyllo';

type Two = Op<[a: Tensor, b: Tensor]>;
type Scaled = Op<[x: Tensor], { scale: number }>;
const x = tensor([1, 2]);

// ── Calls ──

declare const two: Two;
declare const scaled: Scaled;
two(x, x);
scaled(x, { scale: 2 });
// @ts-expect-error a missing operand
two(x);
// @ts-expect-error an operand too many
two(x, x, x);
// @ts-expect-error no operand may be null here
two(x, null);
// @ts-expect-error missing parameters
scaled(x);
// @ts-expect-error a parameter of the wrong type
scaled(x, { scale: '2' });
// @ts-expect-error an unknown parameter
scaled(x, { scale: 2, bias: 1 });
// @ts-expect-error an unknown option
conv2d(x, x, null, { strides: 2 });
// @ts-expect-error an unknown reduction
crossEntropy(x, x, { reduction: 'average' });
// @ts-expect-error methods take the same options
x.sum(0, { keep: true });
// @ts-expect-error what layers are made of are functions alone
x.conv2d(x);
// @ts-expect-error a method's missing operand
x.add();
// @ts-expect-error there is no such op
x.convolve(x);
// @ts-expect-error shapes are read only
x.shape[0] = 3;

// ── Declarations ──

export const whole: Two = defineOp({
  name: 'whole',
  inputs: ['a', 'b'],
  shape: ([a]) => a.shape,
  run: (k, [a, b], [y]) => runBinary(k.mul, a, b, y),
  saves: { a: ['b'], b: ['a', 'y'] },
  vjp: { a: (g, { b }) => g.mul(b), b: (g, { a, y }, _, s) => g.mul(a).mul(y).sumTo(s.b) },
});
export const names: Two = defineOp({
  name: 'names',
  // @ts-expect-error too few names for the operands
  inputs: ['a'],
});
export const missing: Two = defineOp({
  name: 'missing',
  inputs: ['a', 'b'],
  // @ts-expect-error no rule for b
  vjp: { a: g => g },
});
export const surplus: Two = defineOp({
  name: 'surplus',
  inputs: ['a', 'b'],
  // @ts-expect-error a rule for what is no input
  vjp: { a: g => g, b: g => g, c: g => g },
});
export const unknown: Two = defineOp({
  name: 'unknown',
  inputs: ['a', 'b'],
  // @ts-expect-error there is no c to save
  saves: { a: ['c'] },
  vjp: { a: g => g, b: null },
});
export const unsaved: Two = defineOp({
  name: 'unsaved',
  inputs: ['a', 'b'],
  saves: { a: ['b'] },
  // @ts-expect-error the rule of a reads a, but only b is saved
  vjp: { a: (g, { a }) => g.mul(a), b: null },
});
export const wrongShape: Two = defineOp({
  name: 'wrongShape',
  inputs: ['a', 'b'],
  // @ts-expect-error there is no shape named c
  vjp: { a: (g, _, __, s) => g.sumTo(s.c), b: null },
});
export const parameter: Scaled = defineParametricOp({
  name: 'parameter',
  inputs: ['x'],
  // @ts-expect-error there is no parameter named factor
  run: (k, [v], [y], { factor }) => k.neg(v.address, y.address, y.size, factor),
});
export const wanted: Two = defineOp({
  name: 'wanted',
  inputs: ['a', 'b'],
  // @ts-expect-error there is no input named c
  wants: { c: 'i32' },
});
export const written: Two = defineOp({
  name: 'written',
  inputs: ['a', 'b'],
  // @ts-expect-error there is no input named c
  mutates: ['c'],
});
export const kernel: Two = defineOp({
  name: 'kernel',
  inputs: ['a', 'b'],
  // @ts-expect-error there is no such kernel
  run: (k, [a, b], [y]) => runBinary(k.multiply, a, b, y),
});
export const several: MultiOp<[v: Tensor], [y: Tensor, at: Tensor]> = defineMultiOp({
  name: 'several',
  inputs: ['v'],
  outputs: ['y', 'at'],
  // @ts-expect-error no shape for at
  shapes: ([v]) => [v.shape],
  run() {},
});

// ── Samples ──

declare const one: readonly [Sample];
/** All but `where`. */
declare const rest: SamplesOf<Record<Exclude<OpName, 'where'>, unknown>>;
export const full: SamplesOf<Record<OpName, unknown>> = { ...rest, where: one };
// @ts-expect-error an op without samples
export const incomplete: SamplesOf<Record<OpName, unknown>> = { ...rest };
// @ts-expect-error an op with an empty list of samples
export const empty: SamplesOf<Record<OpName, unknown>> = { ...rest, where: [] };
