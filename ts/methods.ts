/** Tensor's methods, derived from the ops that are some, with their types and documentation; and `backward`. */
import { checkCount } from './core/kinds';
import { backward, type BackwardOptions } from './autodiff/backward';
import { registerHook, type RemovableHandle } from './autodiff/hooks';
import { Tensor } from './core/tensor';
import { replace } from './ops/inplace';
import * as ops from './ops/methods';
import { REPLACING } from './ops/replacing';

type X = Tensor & number;
/** One overload; none where there are fewer. */
type Overload<A extends unknown[], R> = unknown extends R ? unknown : (...rest: A) => R;
/** A function of up to three overloads without its first argument. */
type Method<F> = F extends {
  (x: X, ...rest: infer A): infer P;
  (x: X, ...rest: infer B): infer Q;
  (x: X, ...rest: infer C): infer R;
}
  ? Overload<A, P> & Overload<B, Q> & ((...rest: C) => R)
  : F extends (x: X, ...rest: infer A) => infer R
    ? (...rest: A) => R
    : never;
type Replacing = { [K in (typeof REPLACING)[number] as `${K}_`]: (...args: Parameters<Methods[K]>) => Tensor };

/** `as` and not Exclude, which would lose the documentation. */
export type Methods = { [K in keyof typeof ops as K]: Method<(typeof ops)[K]> };
declare module './core/tensor' {
  interface Tensor extends Methods, Replacing {}
  interface Tensor {
    /**
     * Adds d(this)/dx to the `grad` of every leaf x that leads here. This is one number, or `gradient` says where to
     * start. Throws GradientError if the graph was used before, or a value it saved was changed in place.
     */
    backward(options?: BackwardOptions): void;
    /**
     * Calls `hook` with the gradient by this each time `backward` or `gradients` has found one; what it returns takes the
     * gradient's place. Of a leaf hooks stay with the tensor; of what an op made, with the graph. The gradient is freed when
     * the hook returns: `keep` it, or read its numbers there. In a captured function hooks run while it is traced: what
     * they compute is part of the plan. What a checkpoint computes again registers nothing.
     *
     * @returns what removes the hook.
     * @throws {GradientError} if this requires no gradient, or its graph was used already.
     * @throws {ShapeError} in `backward`, if the hook returns another shape.
     */
    registerHook(hook: (grad: Tensor) => Tensor | void): RemovableHandle;
  }
}

/**
 * No op takes more than five arguments after the tensor; naming them keeps a call as cheap as the function's. More than
 * the op takes are refused: they would mean something that it does not do.
 */
function method(
  name: string,
  op: { readonly length: number; call(self: undefined, x: Tensor, ...rest: unknown[]): unknown },
): (this: Tensor, a?: unknown, b?: unknown, c?: unknown, d?: unknown, e?: unknown) => unknown {
  const most = op.length - 1;
  // As of every function with rest parameters alone, the length says that there may be any number.
  if (most < 0) {
    return function (...args) {
      return op.call(undefined, this, ...args);
    };
  }
  if (most === Infinity) {
    // A list of numbers, in an array or one by one.
    return function (...args) {
      if (args.length > 1 && typeof args[0] !== 'number') checkCount(name, 1, args);
      return args.length === 1 ? op.call(undefined, this, args[0]) : op.call(undefined, this, ...args);
    };
  }
  return function (a, b, c, d, e) {
    if (arguments.length > most) checkCount(name, most, arguments);
    return op.call(undefined, this, a, b, c, d, e);
  };
}
for (const [name, op] of Object.entries({ ...ops, backward, registerHook })) {
  Object.defineProperty(Tensor.prototype, name, { value: method(name, op), configurable: true });
}
for (const name of REPLACING) {
  const op: { readonly length: number; call(self: undefined, x: Tensor, ...rest: unknown[]): Tensor } = ops[name];
  const where = `${name}_`;
  const value = function (this: Tensor, ...args: unknown[]): unknown {
    checkCount(where, op.length - 1, args);
    return replace(where, this, () => op.call(undefined, this, ...args));
  };
  Object.defineProperty(Tensor.prototype, where, { value, configurable: true });
}
// Not writable, so that `t.data = …`, which would hide a method and change nothing, is a TypeError.
for (const [name, { value }] of Object.entries(Object.getOwnPropertyDescriptors(Tensor.prototype))) {
  if (typeof value === 'function' && name !== 'constructor')
    Object.defineProperty(Tensor.prototype, name, { writable: false });
}
