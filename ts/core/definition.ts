/** An op as interpreters see it: operands are arrays, and what is said of them has their order. */
import type { Kernels } from '../backend/backend';
import type { DType } from './dtype';
import type { PhylloError } from './errors';
import type { Shape } from './shape';
import type { Tensor } from './tensor';

/** Where a tensor lies, as a kernel call sees it. */
export interface View {
  readonly address: number;
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
export type OpParams = Readonly<Record<string, unknown>>;
/** Operands; an input that is left out is null. */
export type Tensors = readonly (Tensor | null)[];
export type Views = readonly (View | null)[];

/** What is read as it was declared. */
export interface Traits<Xs, Ys, P> {
  readonly name: string;
  /** `run` understands strides; other ops get dense inputs. */
  readonly strided?: boolean;
  /** The kernel call: reads the inputs, writes the outputs, allocates nothing, never branches on an address. */
  run?(k: Kernels, xs: Xs, ys: Ys, params: P): void;
  /** Instead of a shape and `run`: the first input's memory, seen otherwise. */
  view?(x: Tensor, params: P): Layout;
  /** The error for an element that its kernel call `indexOutside` finds; left out, an IndexError. */
  fault?(params: P, position: number, value: number | undefined): PhylloError;
  /** Additions and multiplications by its definition, y being the first output. Left out: one for each element of the largest operand. */
  flops?(xs: Xs, y: View, params: P): number;
}

/**
 * The vector-Jacobian products of an op: for each input that is `needed` its cotangent, or null where that is zero. `gs`
 * are the cotangents of the outputs, null where there is none; `saved` and `shapes` have the inputs, then the outputs.
 */
export type Vjp = (
  gs: Tensors,
  saved: Tensors,
  params: OpParams,
  shapes: readonly Shape[],
  needed: readonly boolean[],
) => Tensors;

export interface OpDef {
  readonly name: string;
  readonly strided: boolean;
  readonly run: (k: Kernels, xs: Views, ys: readonly View[], params: OpParams) => void;
  readonly view: ((x: Tensor, params: OpParams) => Layout) | null;
  readonly inputs: readonly string[];
  /** Empty: the op works in place, and returns its first input. */
  readonly outputs: readonly string[];
  /** It takes any number of inputs: what is said of input 0 holds for each. */
  readonly variadic: boolean;
  /** By input: the element type that it takes. */
  readonly wants: readonly (DType | 'any')[];
  /** By input: whether it may be null. */
  readonly nullable: readonly boolean[];
  /** By input: whether it is written in place. */
  readonly written: readonly boolean[];
  /** Whether any input is. */
  readonly mutates: boolean;
  /** By output: whether the kernel leaves it out where it is empty. */
  readonly optional: readonly boolean[];
  /** By input: what its gradient reads, as bits over the inputs and then the outputs. */
  readonly saves: readonly number[];
  /** The shapes of the outputs; throws on a misfit. */
  readonly shapes: (xs: Tensors, params: OpParams) => readonly Shape[];
  readonly dtypes: readonly DType[] | ((xs: Tensors, params: OpParams) => readonly DType[]);
  /** null: the op is not differentiable, and its outputs require no gradient. */
  readonly vjp: Vjp | null;
  /** The error for an element that `indexOutside` finds; null: an IndexError. */
  readonly fault: ((params: OpParams, position: number, value: number | undefined) => PhylloError) | null;
  /** Additions and multiplications; null: one for each element of the largest operand. */
  readonly flops: ((xs: Views, y: View, params: OpParams) => number) | null;
}
