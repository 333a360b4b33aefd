/** Writing in place: what optimisers and initialisers do. Not recorded; under a recorded input they are errors. */
import { aTensor, aTensorOrNumber } from '../core/tensor-kinds';
import { checked } from '../core/signature';
import { copyKernel } from '../core/casts';
import { copy } from '../core/convert';
import { DTypeError, ShapeError } from '../core/errors';
import { runCopy } from '../core/geometry';
import type { Operand } from '../core/declare';
import { defineOp, defineParametricOp, type Op } from '../core/op';
import { scope } from '../core/scope';
import { sameShape, show } from '../core/shape';
import { Tensor } from '../core/tensor';

function checkSame(where: string, a: Tensor, b: Tensor): void {
  if (!sameShape(a.shape, b.shape)) throw new ShapeError(where, `${show(a.shape)} and ${show(b.shape)} differ`);
}

/** Whether several elements share memory, as expand() lets them. Other views keep theirs apart. */
const sharesElements = ({ shape, strides, size, dense }: Tensor): boolean =>
  !dense && size > 0 && strides.some((stride, i) => stride === 0 && shape[i]! > 1);

const assignOp: Op<[a: Tensor, b: Tensor]> = defineOp({
  name: 'assign',
  inputs: ['a', 'b'],
  flops: () => 0,
  wants: { a: 'any', b: 'any' },
  strided: true,
  mutates: ['a'],
  check([a, b]) {
    checkSame('assign', a, b);
    if (a.dtype !== b.dtype) throw new DTypeError('assign', `a is ${a.dtype}, b is ${b.dtype}`);
    if (sharesElements(a)) {
      throw new ShapeError(
        'assign',
        `elements of a share memory, by the strides ${show(a.strides)} of ${show(a.shape)}: write into what it was expanded from`,
      );
    }
  },
  run: (k, [a, b]) => runCopy(copyKernel(k, a.dtype), b, a),
});

const addIntoOp: Op<[a: Tensor, b: Tensor]> = defineOp({
  name: 'addInto',
  inputs: ['a', 'b'],
  mutates: ['a'],
  check([a, b]) {
    checkSame('addInto', a, b);
  },
  run: (k, [a, b]) => k.addInto(a.at, b.at, a.size),
});

const scaleOp: Op<[a: Tensor, s: Operand]> = defineOp({
  name: 'scale',
  inputs: ['a', 's'],
  mutates: ['a'],
  check([, s]) {
    if (s.size !== 1) throw new ShapeError('scale', `takes one number to multiply by, this has shape ${show(s.shape)}`);
  },
  run: (k, [a, s]) => k.mul(a.at, s.at, a.at, 1, 1, 1, a.size, 0, 0, 0, 1, 0, 0, 0, 0),
});

/** Whether b is a's own memory. No kernel may read what it has written, so b is copied then. */
const overlaps = (a: Tensor, b: Operand): b is Tensor => b instanceof Tensor && a.storage === b.storage;

/**
 * a ← b, elementwise: writes the elements of b into the memory of a, which every view of a sees. Not recorded for
 * gradients; a value that was saved for one and is written over is a GradientError in `backward`. Returns a.
 *
 * @param a any strides; @param b a's shape and element type.
 * @throws {ShapeError | DTypeError} if they differ, and ShapeError if elements of a share memory (`expand`).
 * @throws {GradientError} if a requires a gradient and it is not done in `noGrad`.
 * @throws {ValueError | DisposedError} if an argument is not what it should be, or was freed.
 */
export const assign: (a: Tensor, b: Tensor) => Tensor = checked(
  'assign',
  [
    ['a', aTensor],
    ['b', aTensor],
  ],
  (a, b) => (overlaps(a, b) ? scope(() => assignOp(a, copy(b)), 'assign') : assignOp(a, b)),
);

/**
 * a ← a + b, elementwise, in place as {@link assign} writes. Returns a.
 *
 * @param a dense f32; @param b a's shape.
 * @throws {ShapeError} if the shapes differ or a is strided.
 * @throws {GradientError} if a requires a gradient and it is not done in `noGrad`.
 * @throws {ValueError | DisposedError} if an argument is not what it should be, or was freed.
 */
export const addInto: (a: Tensor, b: Tensor) => Tensor = checked(
  'addInto',
  [
    ['a', aTensor],
    ['b', aTensor],
  ],
  (a, b) => (overlaps(a, b) ? scope(() => addIntoOp(a, copy(b)), 'addInto') : addIntoOp(a, b)),
);

/**
 * a ← s · a, elementwise, in place as {@link assign} writes. Returns a. A running average is
 * `noGrad(() => addInto(scale(mean, 0.9), x.mul(0.1)))`.
 *
 * @param a dense f32; @param s a number, or a tensor of one element.
 * @throws {ShapeError} if s has more elements or a is strided.
 * @throws {GradientError} if a requires a gradient and it is not done in `noGrad`.
 * @throws {ValueError | DisposedError} if an argument is not what it should be, or was freed.
 */
export const scale: (a: Tensor, s: Operand) => Tensor = checked(
  'scale',
  [
    ['a', aTensor],
    ['s', aTensorOrNumber],
  ],
  (a, s) => (overlaps(a, s) ? scope(() => scaleOp(a, copy(s)), 'scale') : scaleOp(a, s)),
);

/** hyper[i] ← hyper[i] + 1 for each i of `at`: how an optimiser counts the steps of its parameters. */
export const tick: Op<[hyper: Tensor], { at: readonly number[] }> = defineParametricOp({
  name: 'tick',
  inputs: ['hyper'],
  wants: { hyper: 'f64' },
  mutates: ['hyper'],
  check() {},
  run(k, [hyper], _, { at }) {
    for (const i of at) k.tick(hyper.at, i);
  },
});

/** One step of stochastic gradient descent; hyper = [lr, momentum, dampening, weightDecay, t]. */
export const sgdStep: Op<[w: Tensor, g: Tensor, v: Tensor | null, hyper: Tensor], { nesterov: boolean }> =
  defineParametricOp({
    name: 'sgdStep',
    inputs: ['w', 'g', 'v', 'hyper'],
    nullable: ['v'],
    wants: { hyper: 'f64' },
    mutates: ['w', 'v'],
    check([w, g]) {
      checkSame('sgdStep', w, g);
    },
    run: (k, [w, g, v, hyper], _, { nesterov }) => k.sgd(w.at, g.at, v ? v.at : 0, hyper.at, w.size, nesterov ? 1 : 0),
  });

/** One step of Adam; hyper = [lr, β₁, β₂, ε, weightDecay, t]. */
export const adamStep: Op<
  [w: Tensor, g: Tensor, m: Tensor, v: Tensor, vmax: Tensor | null, hyper: Tensor],
  { decoupled: boolean }
> = defineParametricOp({
  name: 'adamStep',
  inputs: ['w', 'g', 'm', 'v', 'vmax', 'hyper'],
  nullable: ['vmax'],
  wants: { hyper: 'f64' },
  mutates: ['w', 'm', 'v', 'vmax'],
  check([w, g]) {
    checkSame('adamStep', w, g);
  },
  run: (k, [w, g, m, v, vmax, hyper], _, { decoupled }) =>
    k.adam(w.at, g.at, m.at, v.at, vmax ? vmax.at : 0, hyper.at, w.size, decoupled ? 1 : 0),
});
