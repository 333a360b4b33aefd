/**
 * An op is declared once: its shape rule, its kernel call, what its gradient saves and its gradient rules. Everything
 * else (methods, eager execution, gradients, capture, tests) reads the declaration.
 */
import type { Backend, Kernels } from '../backend/backend';
import { apply, applyMulti } from './apply';
import { constant } from './constant';
import type { DType } from './dtype';
import { aTensor } from './kinds';
import type { Shape } from './shape';
import { Tensor } from './tensor';

/** Where a tensor lies, as a kernel call sees it. */
export interface View {
  readonly at: number;
  readonly size: number;
  readonly shape: Shape;
  readonly strides: Shape;
  readonly dense: boolean;
  readonly dtype: DType;
}
/** Another way to see the same memory; the offset is in elements of the storage. */
export interface Layout {
  readonly shape: Shape;
  readonly strides: Shape;
  readonly offset: number;
}
export type Params = Readonly<Record<string, unknown>>;
/** A number stands for a tensor of one element. */
export type Operand = Tensor | number;
type Input = Operand | null;

type Inputs<A extends readonly Input[], T> = { readonly [K in keyof A]: null extends A[K] ? T | null : T };
type Call<A extends readonly Input[], P> = [P] extends [void] ? [...A] : [...A, params: P];
type Saves<I extends string, O extends string> = { readonly [K in I]?: readonly (I | O)[] };
type Saved<S, K> = K extends keyof S
  ? S[K] extends readonly (infer N extends string)[]
    ? { readonly [M in N]: Tensor }
    : unknown
  : unknown;
type ShapesOf<N extends string> = Readonly<Record<N, Shape>>;

/** An op as its caller sees it: tensors, then parameters. */
export interface Op<A extends readonly Input[], P = void> {
  (...args: Call<A, P>): Tensor;
  readonly def: AnyDef;
}
/** An op with several outputs, R. */
export interface MultiOp<A extends readonly Input[], R extends readonly Tensor[], P = void> {
  (...args: Call<A, P>): R;
  readonly def: AnyDef;
}

/**
 * The same op on a batch in lanes: eight images side by side, [n, size] as [⌈n / 8⌉, size, 8]. Plans keep a batch so from
 * layer to layer; views have the shapes of images all the same.
 */
interface Lanes<A extends readonly Input[], P, I extends string, O extends string> {
  /** The inputs and outputs that lie in lanes. */
  readonly of: readonly (I | O)[];
  /** Whether it can, of these operands. Left out: of all. */
  can?(xs: Inputs<A, View>, params: P): boolean;
  /** Whether its own kernel would put the batch in lanes for itself, so that it had better lie there before. */
  prefers?(backend: Backend, xs: Inputs<A, View>, y: View, params: P): boolean;
  /** It takes the positive part of its input first if its params say `relu: true`. */
  readonly takesRelu?: boolean;
  run(k: Kernels, xs: Inputs<A, View>, ys: { readonly [K in O]: View }, params: P): void;
}

/** What y goes through before it is written; one of the contract's ACTIVATION, and only in plans. Left out: nothing. */
export interface Epilogue {
  readonly activation?: number;
}

/**
 * The same op with one input in a form made beforehand: for weights that stay as they are, in inference. Packed for a
 * product, say.
 */
interface Prepared<A extends readonly Input[], P, I extends string> {
  readonly input: I;
  /** f32 elements that the form takes, for operands of these shapes; 0 where it would gain nothing. */
  size(k: Kernels, xs: Inputs<A, View>, y: View, params: P): number;
  /** Writes the form of the input. Of the other operands it reads the shapes. */
  make(k: Kernels, xs: Inputs<A, View>, form: View, y: View, params: P): void;
  /** The kernel call, with the form where the input was; its view keeps the input's shape. */
  run(k: Kernels, xs: Inputs<A, View>, y: View, params: P): void;
}

interface Declaration<A extends readonly Input[], P, I extends string, O extends string, S, G> {
  readonly name: string;
  /** Names of the inputs, in order; an operand may be null where the op's type says so. */
  readonly inputs: readonly I[] & { readonly length: A['length'] };
  /**
   * Element types of the inputs, where they are not f32. Integers are widened to what is wanted (bool, u8, i32, f32
   * in this order); anything else is a DTypeError.
   */
  readonly wants?: { readonly [K in I]?: DType | 'any' };
  /** `run` understands strides; other ops get dense inputs. */
  readonly strided?: boolean;
  /**
   * Each element of y comes of the elements of the inputs at the same place, if all have y's shape: so y may be one of
   * them, and they may lie in any order.
   */
  readonly pointwise?: boolean;
  readonly lanes?: Lanes<A, P, NoInfer<I>, NoInfer<O>>;
  readonly prepared?: Prepared<A, P, NoInfer<I>>;
  /** Its kernels apply the activation that its params name: P extends {@link Epilogue}. */
  readonly epilogue?: boolean;
  /** Additions and multiplications by its definition, y being the first output. Left out: one for each element of the largest operand. */
  flops?(xs: Inputs<A, View>, y: View, params: P): number;
  /** Inputs that are written in place. */
  readonly mutates?: readonly NoInfer<I>[];
  /** Inputs that may be null. */
  readonly nullable?: readonly NoInfer<I>[];
  /** For each input, the values that its gradient rule reads; they are kept only if that input needs a gradient. */
  readonly saves?: S & Saves<NoInfer<I>, NoInfer<O>>;
  /**
   * For each input, its vector-Jacobian product in terms of ops; null where the derivative is zero. All shapes come
   * free. Left out: the op is not differentiable, and its outputs require no gradient.
   */
  readonly vjp?: {
    readonly [K in I]: ((g: G, saved: Saved<S, K>, params: P, shapes: ShapesOf<I | O>) => Tensor) | null;
  };
  /**
   * In the place of vjp, where one kernel finds the products of all inputs at once: a record of them. `needed` says
   * which are wanted; of what is saved, only what a wanted input's rule reads is there.
   */
  vjpAll?(
    g: G,
    saved: { readonly [K in I | O]?: Tensor },
    params: P,
    shapes: ShapesOf<I | O>,
    needed: { readonly [K in I]: boolean },
  ): { readonly [K in I]?: Tensor | null };
}

/** The declaration of an op with one output, y, or of one that works in place. */
export interface Def<A extends readonly Input[], P, I extends string, S> extends Declaration<A, P, I, 'y', S, Tensor> {
  /** The element type of y, if it is not f32. */
  readonly dtype?: DType | ((xs: Inputs<A, Tensor>, params: P) => DType);
  /** The shape of y; throws on a misfit. null: the op works in place, and answers its first input. */
  shape?(xs: Inputs<A, Tensor>, params: P): Shape | null;
  /** The kernel call: reads the inputs, writes y, allocates nothing, never branches on an address. */
  run?(k: Kernels, xs: Inputs<A, View>, y: View, params: P): void;
  /** In the place of shape and run: the first input's memory, seen otherwise. */
  view?(x: Tensor, params: P): Layout;
}

/** The declaration of an op with several outputs. A rule gets the cotangent of each that has one. */
export interface MultiDef<A extends readonly Input[], P, I extends string, O extends string, S>
  extends Declaration<A, P, I, O, S, { readonly [K in O]: Tensor | null }> {
  readonly outputs: readonly O[];
  /** Outputs that its kernel leaves out where they are empty: what backward passes alone read. */
  readonly optional?: readonly O[];
  /** Element types of the outputs that are not f32. */
  readonly dtypes?:
    | { readonly [K in O]?: DType }
    | ((xs: Inputs<A, Tensor>, params: P) => { readonly [K in O]?: DType });
  shapes(xs: Inputs<A, Tensor>, params: P): { readonly [K in O]: Shape };
  runMulti(k: Kernels, xs: Inputs<A, View>, ys: { readonly [K in O]: View }, params: P): void;
}

/** The declaration of an op of any number of inputs, all treated alike, with one output. */
export interface VariadicDef<P> {
  readonly name: string;
  /** What errors call an input. */
  readonly input: string;
  /** As in {@link Def}; for all inputs. */
  readonly wants?: DType | 'any';
  readonly strided?: boolean;
  flops?(xs: readonly View[], y: View, params: P): number;
  readonly dtype?: (xs: readonly Tensor[], params: P) => DType;
  shape(xs: readonly Tensor[], params: P): Shape;
  run(k: Kernels, xs: readonly View[], y: View, params: P): void;
  /** The vector-Jacobian products of all inputs that are needed, in their order. Nothing is saved but shapes. */
  vjp(g: Tensor, params: P, shapes: readonly Shape[], needed: readonly boolean[]): readonly (Tensor | null)[];
}

/** A declaration with its types forgotten: what interpreters read. */
export interface AnyDef extends Omit<AnyDeclaration, 'wants' | 'saves'> {
  /** By input: the element type wanted. */
  readonly inputTypes: readonly (DType | 'any')[];
  /** By input: what its rule reads, as bits over the places of inputs and then outputs. */
  readonly needs: readonly number[];
  /** By input: whether it is written in place. */
  readonly written: readonly boolean[];
  /** It is the variant for batches in lanes. */
  readonly inLanes: boolean;
  /** Whether its outputs carry gradients. */
  readonly differentiable: boolean;
  /** Of an op of any number of inputs: what is said of input 0 holds for each. */
  readonly variadic: AnyVariadicRule | null;
}
type AnyVariadicRule = Forgetful<
  [g: Tensor, params: Params, shapes: readonly Shape[], needed: readonly boolean[]],
  readonly (Tensor | null)[]
>;
type Tensors = readonly (Tensor | null)[];
type Views = readonly (View | null)[];
type Named<T> = Readonly<Record<string, T>>;

interface AnyLanes {
  readonly of: readonly string[];
  can?(xs: Views, params: Params): boolean;
  prefers?(backend: Backend, xs: Views, y: View, params: Params): boolean;
  readonly takesRelu?: boolean;
  run(k: Kernels, xs: Views, ys: Named<View>, params: Params): void;
}

interface AnyPrepared {
  readonly input: string;
  size(k: Kernels, xs: Views, y: View, params: Params): number;
  make(k: Kernels, xs: Views, form: View, y: View, params: Params): void;
  run(k: Kernels, xs: Views, y: View, params: Params): void;
}

interface AnyDeclaration {
  readonly name: string;
  readonly inputs: readonly string[];
  readonly outputs?: readonly string[];
  readonly optional?: readonly string[];
  readonly wants?: Named<DType | 'any' | undefined>;
  readonly strided?: boolean;
  readonly pointwise?: boolean;
  readonly lanes?: AnyLanes;
  readonly prepared?: AnyPrepared;
  readonly epilogue?: boolean;
  flops?(xs: Views, y: View, params: Params): number;
  readonly mutates?: readonly string[];
  readonly nullable?: readonly string[];
  readonly saves?: Named<readonly string[] | undefined>;
  readonly vjp?: Named<AnyRule | null>;
  vjpAll?(
    g: Tensor | Named<Tensor | null>,
    saved: Named<Tensor | undefined>,
    params: Params,
    shapes: Named<Shape>,
    needed: Named<boolean>,
  ): Named<Tensor | null | undefined>;
  readonly dtype?: DType | Forgetful<[xs: Tensors, params: Params], DType>;
  readonly dtypes?: Named<DType | undefined> | Forgetful<[xs: Tensors, params: Params], Named<DType | undefined>>;
  shape?(xs: Tensors, params: Params): Shape | null;
  shapes?(xs: Tensors, params: Params): Named<Shape>;
  run?(k: Kernels, xs: Views, y: View, params: Params): void;
  runMulti?(k: Kernels, xs: Views, ys: Named<View>, params: Params): void;
  view?(x: Tensor, params: Params): Layout;
}
/** `g` is the output's cotangent or, of an op with several outputs, a record of them. */
type AnyRule = Forgetful<
  [g: Tensor | Named<Tensor | null>, saved: Named<Tensor>, params: Params, shapes: Named<Shape>],
  Tensor
>;
/** A function whose parameters compare both ways, as those of methods do: the precise declaration fits the general. */
type Forgetful<A extends readonly unknown[], R> = { method(...args: A): R }['method'];

/** All declarations end in objects of one hidden class: interpreters read them at every op. */
function complete(d: AnyDeclaration, variadic: AnyVariadicRule | null = null): AnyDef {
  const places = [...d.inputs, ...(d.outputs ?? ['y'])];
  return {
    name: d.name,
    inputs: d.inputs,
    outputs: d.outputs,
    optional: d.optional,
    inputTypes: d.inputs.map(name => d.wants?.[name] ?? 'f32'),
    strided: d.strided ?? false,
    pointwise: d.pointwise ?? false,
    lanes: d.lanes,
    prepared: d.prepared,
    epilogue: d.epilogue ?? false,
    inLanes: false,
    flops: d.flops,
    mutates: d.mutates,
    nullable: d.nullable,
    written: d.inputs.map(name => d.mutates?.includes(name) ?? false),
    dtype: d.dtype ?? 'f32',
    dtypes: d.dtypes,
    shape: d.shape,
    shapes: d.shapes,
    run: d.run,
    runMulti: d.runMulti,
    view: d.view,
    vjp: d.vjp,
    vjpAll: d.vjpAll,
    differentiable: d.vjp !== undefined || d.vjpAll !== undefined || variadic !== null,
    variadic,
    needs: d.inputs.map(name => (d.saves?.[name] ?? []).reduce((bits, s) => bits | (1 << places.indexOf(s)), 0)),
  };
}

/** The declared inputs of a call: numbers become constants, and what is neither is refused. */
function lift(def: AnyDef, i: number, v: Input | Params | undefined, like: Input | Params | undefined): Tensor | null {
  if (v instanceof Tensor) return v;
  if (typeof v === 'number' && !def.written[i]) return constant(v, like instanceof Tensor ? like.dtype : 'f32');
  const name = def.variadic ? `${def.inputs[0]} ${i}` : def.inputs[i]!;
  if (v === null && def.nullable?.includes(name)) return v;
  return aTensor.refuse(def.name, name, v);
}

const NONE: Params = {};
function paramsOf(v: Input | Params | undefined): Params {
  return typeof v === 'object' && v !== null && !(v instanceof Tensor) ? v : NONE;
}

/** Declares an op. The implementation sees the declaration with its types forgotten. */
export function defineOp<
  A extends readonly Input[],
  P,
  const I extends string = string,
  const S extends Saves<I, 'y'> = Saves<never, never>,
>(declaration: Def<A, P, I, S>): Op<A, P>;
export function defineOp(declaration: AnyDeclaration): { (...args: never[]): Tensor; readonly def: AnyDef } {
  const def = complete(declaration);
  const n = def.inputs.length;
  const call =
    n === 1
      ? (x: Input | Params, p?: Input | Params) => apply(def, [lift(def, 0, x, undefined)], paramsOf(p))
      : n === 2
        ? (a: Input | Params, b: Input | Params, p?: Input | Params) =>
            apply(def, [lift(def, 0, a, b), lift(def, 1, b, a)], paramsOf(p))
        : (...args: (Input | Params)[]) =>
            apply(
              def,
              def.inputs.map((_, i) => lift(def, i, args[i], args[0])),
              paramsOf(args[n]),
            );
  return Object.defineProperty(Object.assign(call, { def }), 'length', { value: def.inputs.length });
}

/** Declares an op with several outputs; it answers them in the order of `outputs`. */
export function defineMultiOp<
  A extends readonly Input[],
  R extends readonly Tensor[],
  P,
  const I extends string = string,
  const O extends string = string,
  const S extends Saves<I, O> = Saves<never, never>,
>(declaration: MultiDef<A, P, I, O, S>): MultiOp<A, R, P>;
export function defineMultiOp(declaration: AnyDeclaration): {
  (...args: never[]): readonly Tensor[];
  readonly def: AnyDef;
} {
  const def = complete(declaration);
  const call = (...args: (Input | Params)[]): readonly Tensor[] =>
    applyMulti(
      def,
      def.inputs.map((_, i) => lift(def, i, args[i], args[0])),
      paramsOf(args[def.inputs.length]),
    );
  return Object.assign(call, { def });
}

/** Declares an op of any number of inputs, given as an array. */
export function defineVariadicOp<P>(declaration: VariadicDef<P>): (xs: readonly Tensor[], params: P) => Tensor;
export function defineVariadicOp({
  input,
  wants,
  vjp,
  ...rest
}: Omit<AnyDeclaration, 'inputs' | 'wants' | 'vjp'> & {
  readonly input: string;
  readonly wants?: DType | 'any';
  readonly vjp: AnyVariadicRule;
}): (xs: readonly Tensor[], params: Params) => Tensor {
  const def = complete({ ...rest, inputs: [input], wants: { [input]: wants } }, vjp);
  return (xs, params) =>
    apply(
      def,
      xs.map((x, i) => lift(def, i, x, undefined)),
      params,
    );
}
