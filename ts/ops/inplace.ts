/**
 * Writing into the memory of a tensor, which every view of it sees. Not recorded for gradients: a value that was saved for
 * one and is written over is a GradientError in `backward`.
 */
import { copyKernel } from '../core/casts';
import { copy } from '../core/convert';
import type { Operand } from '../core/declare';
import { ELEMENTS, type DType } from '../core/dtype';
import { DTypeError, GradientError, ShapeError } from '../core/errors';
import { runCopy } from '../core/geometry';
import { aNumber, anyNumber, optional, options as optionsOf } from '../core/kinds';
import { defineOp, type Op } from '../core/op';
import { runtime } from '../core/runtime';
import { scope } from '../core/scope';
import { broadcast, sameShape, show, type Shape } from '../core/shape';
import { checked, type Signature } from '../core/signature';
import { Tensor } from '../core/tensor';
import { aTensor, aTensorOrNumber } from '../core/tensor-kinds';
import { add, div, sub, type AlphaOptions } from './arithmetic';
import { expand, mul } from './basic';
import { full } from './creation';
import { clamp, to } from './elementwise';

/** Whether several elements may share memory, as expand() and unfold() let them: by strides shorter than what lies inside. */
function sharesElements({ shape, strides, size, dense }: Tensor): boolean {
  if (dense || size === 0) return false;
  const dims = shape.flatMap((n, i) => (n > 1 ? [{ n, stride: strides[i]! }] : [])).sort((a, b) => a.stride - b.stride);
  let span = 0;
  return dims.some(({ n, stride }) => {
    const shared = stride <= span;
    span += (n - 1) * stride;
    return shared;
  });
}

/** Throws unless a can be written to with what is computed of b, which spreads to `shape`. */
export function checkWritable(where: string, a: Tensor, b?: Operand, shape: Shape = a.shape): void {
  if (sharesElements(a)) {
    throw new ShapeError(
      where,
      `elements of a share memory, by the strides ${show(a.strides)} of ${show(a.shape)}: write into what it was expanded from`,
    );
  }
  if (b instanceof Tensor && !sameShape(broadcast(where, shape, b.shape), shape)) {
    throw new ShapeError(where, `${show(b.shape)} does not spread to ${show(shape)}`);
  }
  if (runtime.recording && (a.node !== null || (b instanceof Tensor && b.node !== null))) {
    throw new GradientError(where, 'writes in place what a gradient is recorded for; do it in noGrad');
  }
}

const copyOp: Op<[a: Tensor, b: Tensor]> = defineOp({
  name: 'copy_',
  inputs: ['a', 'b'],
  flops: () => 0,
  wants: { a: 'any', b: 'any' },
  strided: true,
  mutates: ['a'],
  check() {},
  run: (k, [a, b]) => runCopy(copyKernel(k, a.dtype), b, a),
});

const addOp: Op<[a: Tensor, b: Tensor]> = defineOp({
  name: 'add_',
  inputs: ['a', 'b'],
  mutates: ['a'],
  check() {},
  run: (k, [a, b]) => k.addInto(a.address, b.address, a.size),
});

const scaleOp: Op<[a: Tensor, s: Operand]> = defineOp({
  name: 'mul_',
  inputs: ['a', 's'],
  mutates: ['a'],
  check() {},
  run: (k, [a, s]) => k.mul(a.address, s.address, a.address, 1, 1, 1, a.size, 0, 0, 0, 1, 0, 0, 0, 0),
});

/** Whether b is a's own memory. No kernel may read what it has written, so b is copied then. */
const overlaps = (a: Tensor, b: Operand): b is Tensor => b instanceof Tensor && a.storage === b.storage;

/** a ← b, spread and converted. */
export function store(where: string, a: Tensor, b: Tensor): Tensor {
  checkWritable(where, a, b);
  if (a.dtype === b.dtype && a.storage !== b.storage && sameShape(a.shape, b.shape)) return copyOp(a, b);
  return scope(() => {
    const source = to(overlaps(a, b) ? copy(b) : b, a.dtype);
    return copyOp(a, expand(source, a.shape));
  }, where);
}

/**
 * a ← src, elementwise. Returns a.
 *
 * @param a any strides; @param src a shape that spreads to a's; of another element type, it is converted as `to` does.
 * @throws {ShapeError} if src does not spread to a's shape, or if elements of a share memory (`expand`).
 * @throws {GradientError} if a or src requires a gradient and it is not done in `noGrad`.
 * @throws {ValueError | DisposedError} if an argument is not what it should be, or was freed.
 */
export const copy_: (a: Tensor, src: Tensor) => Tensor = checked(
  'copy_',
  [
    ['a', aTensor],
    ['src', aTensor],
  ],
  (a, src) => store('copy_', a, src),
);

/** a ← value in every element, as {@link copy_} writes. Returns a. */
export const fill_: (a: Tensor, value: Operand) => Tensor = checked(
  'fill_',
  [
    ['a', aTensor],
    ['value', aTensorOrNumber],
  ],
  (a, value) => {
    if (typeof value === 'number') return scope(() => store('fill_', a, full([], value, { dtype: a.dtype })), 'fill_');
    if (value.ndim > 0) throw new ShapeError('fill_', `value takes one number, this has shape ${show(value.shape)}`);
    return store('fill_', a, value);
  },
);
/** a ← 0, as {@link copy_} writes. Returns a. */
export const zero_: (a: Tensor) => Tensor = checked('zero_', [['a', aTensor]], a => fill_(a, 0));

const KINDS: readonly string[] = ['bool', 'int', 'float'];
/** bool 0, integers 1, floats 2. */
const rank = (dtype: DType): number => KINDS.indexOf(ELEMENTS[dtype].kind);
const rankOf = (v: Operand): number => (v instanceof Tensor ? rank(v.dtype) : Number.isInteger(v) ? 1 : 2);

/** a ← f(a, b). What is computed of floats does not go into integers. */
function update(where: string, a: Tensor, b: Operand, f: (a: Tensor, b: Operand) => Tensor, least = 0): Tensor {
  checkWritable(where, a, b);
  if (Math.max(rankOf(b), least) > rank(a.dtype)) {
    throw new DTypeError(
      where,
      `the result is f32 or wider than ${a.dtype}, the type of a; convert it, and use copy_()`,
    );
  }
  return scope(() => store(where, a, f(a, b)), where);
}

/**
 * a ← f(), as {@link copy_} writes: what methods in place are made of that no op works in place for.
 *
 * @throws {DTypeError} if f's result is of floats and a is not.
 */
export function replace(where: string, a: Tensor, f: () => Tensor): Tensor {
  checkWritable(where, a);
  return scope(() => {
    const y = f();
    if (rank(y.dtype) > rank(a.dtype))
      throw new DTypeError(where, `the result is ${y.dtype}, a is ${a.dtype}: convert a`);
    return store(where, a, y);
  }, where);
}

const SUM: Signature<[a: Tensor, b: Operand, options?: AlphaOptions]> = [
  ['a', aTensor],
  ['b', aTensorOrNumber],
  ['options', optionsOf<AlphaOptions>({ alpha: aNumber() })],
];
const times = (b: Operand, alpha: number): Operand =>
  alpha === 1 ? b : typeof b === 'number' ? b * alpha : mul(b, alpha);

/**
 * a ← a + alpha · b, elementwise, as {@link copy_} writes. Returns a.
 *
 * @param a any strides; @param b a number, or a shape that spreads to a's.
 * @throws {DTypeError} if b is f32 and a is of integers.
 * @throws {ShapeError} if b does not spread to a's shape, or if elements of a share memory.
 * @throws {GradientError} if a or b requires a gradient and it is not done in `noGrad`.
 * @throws {ValueError | DisposedError} if an argument is not what it should be, or was freed.
 */
export const add_: (a: Tensor, b: Operand, options?: AlphaOptions) => Tensor = checked(
  'add_',
  SUM,
  (a, b, { alpha = 1 } = {}) =>
    alpha === 1 && isPlain(a) && b instanceof Tensor && b.dtype === 'f32' && sameShape(a.shape, b.shape)
      ? overlaps(a, b)
        ? scope(() => addOp(a, copy(b)), 'add_')
        : addOp(a, b)
      : update('add_', a, b, (p, q) => add(p, times(q, alpha)), alpha === 1 ? 0 : rankOf(alpha)),
);
/** Whether kernels that work in place take a as it lies. */
const isPlain = (a: Tensor): boolean => a.dense && a.dtype === 'f32';

/** a ← a − alpha · b, elementwise, as {@link add_}. Returns a. */
export const sub_: typeof add_ = checked('sub_', SUM, (a, b, { alpha = 1 } = {}) =>
  update('sub_', a, b, (p, q) => sub(p, times(q, alpha)), alpha === 1 ? 0 : rankOf(alpha)),
);

const TWO: Signature<[a: Tensor, b: Operand]> = [
  ['a', aTensor],
  ['b', aTensorOrNumber],
];
/**
 * a ← a · b, elementwise, as {@link add_}. Returns a. A running average is
 * `noGrad(() => mean.mul_(0.9).add_(x, { alpha: 0.1 }))`.
 */
export const mul_: (a: Tensor, b: Operand) => Tensor = checked('mul_', TWO, (a, b) =>
  isPlain(a) && (typeof b === 'number' || (b.ndim === 0 && !overlaps(a, b)))
    ? scaleOp(a, b)
    : update('mul_', a, b, mul),
);
/** a ← a / b, elementwise, as {@link add_}; a is f32. Returns a. */
export const div_: (a: Tensor, b: Operand) => Tensor = checked('div_', TWO, (a, b) => update('div_', a, b, div, 2));

/** a ← a held between `min` and `max`, as {@link copy_} writes. Returns a. */
export const clamp_: (a: Tensor, min?: number, max?: number) => Tensor = checked(
  'clamp_',
  [
    ['a', aTensor],
    ['min', optional(anyNumber)],
    ['max', optional(anyNumber)],
  ],
  (a, min, max) => update('clamp_', a, min ?? 0, p => clamp(p, min, max), rankOf(max ?? 0)),
);
