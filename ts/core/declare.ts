/**
 * An op is declared once, with the names of its operands and types that hold the parts together: its shape rule, its
 * kernel call, what its gradient saves and its gradient rules. Here the names become indices, for good: interpreters
 * read {@link OpDef}.
 */
import type { OpDef, OpParams, Tensors, Traits, View, Views, Vjp } from './definition';
import type { DType } from './dtype';
import type { Shape } from './shape';
import type { Tensor } from './tensor';

/** A number stands for a tensor of one element. */
export type Operand = Tensor | number;
export type Input = Operand | null;

/** Operands by position: a type for each input, null where the input may be. */
export type Inputs<A extends readonly Input[], T> = { readonly [K in keyof A]: null extends A[K] ? T | null : T };
/** A type for each output. */
export type Each<R extends readonly unknown[], T> = { readonly [K in keyof R]: T };
export type Saves<I extends string, O extends string> = { readonly [K in I]?: readonly (I | O)[] };
type Saved<S, K> = K extends keyof S
  ? S[K] extends readonly (infer N extends string)[]
    ? { readonly [M in N]: Tensor }
    : unknown
  : unknown;
type ShapesOf<N extends string> = Readonly<Record<N, Shape>>;

/** What is declared of every op; R are its outputs, and a gradient rule gets G of their cotangents. */
interface Declaration<
  A extends readonly Input[],
  R extends readonly Tensor[],
  P,
  I extends string,
  O extends string,
  S,
  G,
> extends Traits<Inputs<A, View>, Each<R, View>, P> {
  /** Names of the inputs, in order; an operand may be null where the op's type says so. */
  readonly inputs: readonly I[] & { readonly length: A['length'] };
  /**
   * Element types of the inputs, where they are not f32. Integers are widened to what is wanted (bool, u8, i32, f32
   * in this order); anything else is a DTypeError.
   */
  readonly wants?: { readonly [K in I]?: DType | 'any' };
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
   * Instead of vjp, where one kernel finds the products of all inputs at once: a record of them. `needed` says
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
export interface Def<A extends readonly Input[], P, I extends string, S>
  extends Declaration<A, [y: Tensor], P, I, 'y', S, Tensor> {
  /** The element type of y, if it is not f32. */
  readonly dtype?: DType | ((xs: Inputs<A, Tensor>, params: P) => DType);
  /** The shape of y; throws on a misfit. */
  shape?(xs: Inputs<A, Tensor>, params: P): Shape;
  /** Instead of a shape: the op has no output, works in place, and returns its first input. Throws on a misfit. */
  check?(xs: Inputs<A, Tensor>, params: P): void;
}

/** The declaration of an op with several outputs. A rule gets the cotangents of those that have one. */
export interface MultiDef<
  A extends readonly Input[],
  R extends readonly Tensor[],
  P,
  I extends string,
  O extends string,
  S,
> extends Declaration<A, R, P, I, O, S, Each<R, Tensor | null>> {
  readonly outputs: readonly O[] & { readonly length: R['length'] };
  /** Outputs that its kernel leaves out where they are empty: what backward passes alone read. */
  readonly optional?: readonly NoInfer<O>[];
  /** Element types of the outputs, if not all are f32. */
  readonly dtypes?: NoInfer<Each<R, DType>> | ((xs: Inputs<A, Tensor>, params: P) => NoInfer<Each<R, DType>>);
  shapes(xs: Inputs<A, Tensor>, params: P): NoInfer<Each<R, Shape>>;
}

/** The declaration of an op of any number of inputs, all treated alike, with one output. */
export interface VariadicDef<P, Xs = readonly Tensor[], Vs = readonly View[]>
  extends Traits<Vs, readonly [y: View], P> {
  /** What errors call an input. */
  readonly input: string;
  /** The element type of all inputs, if it is not f32. */
  readonly wants?: DType | 'any';
  /** The element type of y, if it is not f32. */
  dtype?(xs: Xs, params: P): DType;
  shape(xs: Xs, params: P): Shape;
  /** The vector-Jacobian products of all inputs that are needed, in their order. Nothing is saved but shapes. */
  vjp(g: Tensor, params: P, shapes: readonly Shape[], needed: readonly boolean[]): readonly (Tensor | null)[];
}

// Declarations with their types forgotten.
type AnySaves = Readonly<Record<string, readonly string[] | undefined>>;
type AnyDeclaration<G> = Declaration<readonly Input[], readonly Tensor[], OpParams, string, string, AnySaves, G>;
export type AnyDef = Def<readonly Input[], OpParams, string, AnySaves>;
export type AnyPlainDef = Def<readonly Input[], void, string, AnySaves>;
export type AnyVariadicDef = VariadicDef<OpParams, Tensors, Views>;
export type AnyMultiDef = MultiDef<readonly Input[], readonly Tensor[], OpParams, string, string, AnySaves>;

const NOTHING: readonly never[] = [];

/** The gradient rules of inputs with names, as one of indices. `cotangent`: what the rules get of those of all outputs. */
function vjpOf<G>(
  { inputs, vjp, vjpAll }: AnyDeclaration<G>,
  outputs: readonly string[],
  cotangent: (gs: Tensors) => G,
): Vjp | null {
  if (!vjp && !vjpAll) return null;
  const names = [...inputs, ...outputs];
  const rules = inputs.map(name => vjp?.[name] ?? null);
  return (gs, saved, params, shapes, needed) => {
    const values: Record<string, Tensor> = {};
    const named: Record<string, Shape> = {};
    for (let i = 0; i < names.length; i++) {
      const name = names[i]!;
      const value = saved[i];
      named[name] = shapes[i]!;
      if (value) values[name] = value;
    }
    const g = cotangent(gs);
    if (vjpAll) {
      const wanted = Object.fromEntries(inputs.map((name, i) => [name, needed[i]!]));
      const all = vjpAll(g, values, params, named, wanted);
      return inputs.map(name => all[name] ?? null);
    }
    return rules.map((rule, i) => (rule !== null && needed[i] ? rule(g, values, params, named) : null));
  };
}

/** What the kinds of declarations say each in its own way. */
type Own = Pick<OpDef, 'outputs' | 'optional' | 'shapes' | 'dtypes' | 'vjp'>;

/** All declarations end in objects of one hidden class, since interpreters read them at every op. */
function definitionOf<G>(d: AnyDeclaration<G>, own: Own, variadic = false): OpDef {
  const { inputs, wants = {}, nullable = [], mutates = [], saves = {}, run, view, fault, flops } = d;
  const operands = [...inputs, ...own.outputs];
  return {
    name: d.name,
    strided: d.strided ?? false,
    run: run ?? (() => {}),
    view: view ?? null,
    inputs,
    outputs: own.outputs,
    variadic,
    wants: inputs.map(name => wants[name] ?? 'f32'),
    nullable: inputs.map(name => nullable.includes(name)),
    written: inputs.map(name => mutates.includes(name)),
    mutates: mutates.length > 0,
    optional: own.optional,
    saves: inputs.map(name => (saves[name] ?? []).reduce((bits, s) => bits | (1 << operands.indexOf(s)), 0)),
    shapes: own.shapes,
    dtypes: own.dtypes,
    vjp: own.vjp,
    fault: fault ?? null,
    flops: flops ?? null,
  };
}

/** An op with one output, or one that works in place. */
export function declareOp<A extends readonly Input[], P, I extends string, S>(declaration: Def<A, P, I, S>): OpDef;
export function declareOp(d: AnyDef): OpDef {
  const { shape, check, dtype = 'f32' } = d;
  const outputs = check ? [] : ['y'];
  return definitionOf(d, {
    outputs,
    optional: [false],
    shapes: shape
      ? (xs, params) => [shape(xs, params)]
      : (xs, params) => {
          check?.(xs, params);
          return NOTHING;
        },
    dtypes: typeof dtype === 'string' ? [dtype] : (xs, params) => [dtype(xs, params)],
    vjp: vjpOf(d, outputs, ([g]) => g!),
  });
}

/** An op with several outputs. */
export function declareMultiOp(d: AnyMultiDef): OpDef {
  const { outputs, optional = [], dtypes = outputs.map(() => 'f32') } = d;
  return definitionOf(d, {
    outputs,
    optional: outputs.map(name => optional.includes(name)),
    shapes: d.shapes,
    dtypes,
    vjp: vjpOf(d, outputs, gs => outputs.map((_, i) => gs[i] ?? null)),
  });
}

/** An op of any number of inputs. */
export function declareVariadicOp({ input, wants = 'f32', shape, dtype, vjp, ...traits }: AnyVariadicDef): OpDef {
  return definitionOf(
    { ...traits, inputs: [input], wants: { [input]: wants } },
    {
      outputs: ['y'],
      optional: [false],
      shapes: (xs, params) => [shape(xs, params)],
      dtypes: dtype ? (xs, params) => [dtype(xs, params)] : ['f32'],
      vjp: ([g], _, params, shapes, needed) => vjp(g!, params, shapes, needed),
    },
    true,
  );
}
