/** Ops as functions: their operands, and then their parameters. Everything else reads the declaration. */
import { checkCount } from './kinds';
import { apply } from './apply';
import { constant } from './constant';
import {
  declareMultiOp,
  declareOp,
  declareVariadicOp,
  type AnyDef,
  type AnyMultiDef,
  type AnyPlainDef,
  type AnyVariadicDef,
  type Def,
  type Input,
  type MultiDef,
  type Saves,
  type VariadicDef,
} from './declare';
import type { OpDef, OpParams } from './definition';
import { aTensor } from './tensor-kinds';
import { Tensor } from './tensor';

type Call<A extends readonly Input[], P> = [P] extends [void] ? [...A] : [...A, params: P];

/** An op as its caller sees it: tensors, then parameters. */
export interface Op<A extends readonly Input[], P = void> {
  (...args: Call<A, P>): Tensor;
  readonly def: OpDef;
}
/** An op with several outputs, R. */
export interface MultiOp<A extends readonly Input[], R extends readonly Tensor[], P = void> {
  (...args: Call<A, P>): R;
  readonly def: OpDef;
}

/** The declared inputs of a call: numbers become constants, and what is neither is refused. */
const lift = (
  def: OpDef,
  i: number,
  v: Input | OpParams | undefined,
  like: Input | OpParams | undefined,
): Tensor | null => (v instanceof Tensor ? v : liftOther(def, i, v, like));
/** A function of its own, as others on the way of an op: the engine inlines so many instructions, and stops. */
function liftOther(
  def: OpDef,
  i: number,
  v: Input | OpParams | undefined,
  like: Input | OpParams | undefined,
): Tensor | null {
  if (typeof v === 'number' && !def.written[i]) return constant(v, like instanceof Tensor ? like.dtype : 'f32');
  if (v === null && def.nullable[i]) return v;
  return aTensor.refuse(def.name, def.variadic ? `${def.inputs[0]} ${i}` : def.inputs[i]!, v);
}

const NONE: OpParams = {};

/** Declares an op without parameters. More arguments than it has inputs are refused. */
export function defineOp<
  A extends readonly Input[],
  const I extends string = string,
  const S extends Saves<I, 'y'> = Saves<never, never>,
>(declaration: Def<A, void, I, S>): Op<A>;
export function defineOp(declaration: AnyPlainDef): { (...args: never[]): Tensor; readonly def: OpDef } {
  const def = declareOp(declaration);
  const n = def.inputs.length;
  // `arguments` are counted: an array of them would be an object at each call.
  const call =
    n === 1
      ? function (x: Input): Tensor {
          if (arguments.length > 1) checkCount(def.name, 1, arguments);
          return apply(def, [lift(def, 0, x, undefined)], NONE)[0]!;
        }
      : n === 2
        ? function (a: Input, b: Input): Tensor {
            if (arguments.length > 2) checkCount(def.name, 2, arguments);
            return apply(def, [lift(def, 0, a, b), lift(def, 1, b, a)], NONE)[0]!;
          }
        : (...args: Input[]): Tensor => {
            if (args.length > n) checkCount(def.name, n, args);
            return apply(def, operands(def, args), NONE)[0]!;
          };
  return Object.defineProperty(Object.assign(call, { def }), 'length', { value: n });
}

/** Declares an op with parameters, which come after its inputs, in one object. */
export function defineParametricOp<
  A extends readonly Input[],
  P,
  const I extends string = string,
  const S extends Saves<I, 'y'> = Saves<never, never>,
>(declaration: Def<A, P, I, S>): Op<A, P>;
export function defineParametricOp(declaration: AnyDef): { (...args: never[]): Tensor; readonly def: OpDef } {
  const def = declareOp(declaration);
  const n = def.inputs.length;
  const call =
    n === 1
      ? (x: Input, p: OpParams) => apply(def, [lift(def, 0, x, undefined)], p)[0]!
      : n === 2
        ? (a: Input, b: Input, p: OpParams) => apply(def, [lift(def, 0, a, b), lift(def, 1, b, a)], p)[0]!
        : (...args: (Input | OpParams)[]) => apply(def, operands(def, args), paramsOf(args[n]))[0]!;
  return Object.defineProperty(Object.assign(call, { def }), 'length', { value: n });
}
function paramsOf(v: Input | OpParams | undefined): OpParams {
  return typeof v === 'object' && v !== null && !(v instanceof Tensor) ? v : NONE;
}

const operands = (def: OpDef, args: readonly (Input | OpParams)[]): (Tensor | null)[] =>
  def.inputs.map((_, i) => lift(def, i, args[i], args[0]));

/** Declares an op with several outputs; it returns them in the order of `outputs`. */
export function defineMultiOp<
  A extends readonly Input[],
  R extends readonly Tensor[],
  P,
  const I extends string = string,
  const O extends string = string,
  const S extends Saves<I, O> = Saves<never, never>,
>(declaration: MultiDef<A, R, P, I, O, S>): MultiOp<A, R, P>;
export function defineMultiOp(declaration: AnyMultiDef): {
  (...args: never[]): readonly Tensor[];
  readonly def: OpDef;
} {
  const def = declareMultiOp(declaration);
  const call = (...args: (Input | OpParams)[]): readonly Tensor[] =>
    apply(def, operands(def, args), paramsOf(args[def.inputs.length]));
  return Object.assign(call, { def });
}

/** Declares an op of any number of inputs, given as an array. */
export function defineVariadicOp<P>(declaration: VariadicDef<P>): (xs: readonly Tensor[], params: P) => Tensor;
export function defineVariadicOp(declaration: AnyVariadicDef): (xs: readonly Tensor[], params: OpParams) => Tensor {
  const def = declareVariadicOp(declaration);
  return (xs, params) =>
    apply(
      def,
      xs.map((x, i) => lift(def, i, x, undefined)),
      params,
    )[0]!;
}
