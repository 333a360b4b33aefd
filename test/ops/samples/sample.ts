/** What is tried of an op: calls of it on inputs of many shapes. */
import { tensor } from '../../../ts/ops/creation';
import type { Shape } from '../../../ts/core/shape';
import type { Tensor } from '../../../ts/core/tensor';

/** Numbers in [0, 1). */
export type Random = () => number;

/** An f32 input by which the call is differentiated. */
export interface Input {
  readonly shape: Shape;
  /** Its n elements. */
  readonly draw: (n: number, random: Random) => number[];
}

export interface Sample {
  readonly inputs: readonly Input[];
  /** A pure function of the inputs: it makes what else it needs (indices, options) itself. */
  readonly call: (...xs: Tensor[]) => Tensor | readonly Tensor[];
  /** Element types and shapes of the outputs: `f32[2,3] i32[2,3]`. */
  readonly y: string;
  /** False: no output requires a gradient, although the inputs do. */
  readonly gradient?: false;
  /** True: it looks at numbers, so that it cannot be captured. */
  readonly reads?: true;
  /** True: a backward pass that is recorded is made of other ops than one that is not, and rounds differently. */
  readonly composed?: true;
}

/** At least one sample for each op of a module. */
export type SamplesOf<M> = { readonly [K in keyof M]: readonly [Sample, ...Sample[]] };

/** A sample; without inputs, it has no gradient. */
export function sample(inputs: readonly Input[], call: Sample['call'], y: string): Sample {
  return { inputs, call, y };
}
/** A sample whose outputs do not depend smoothly on the inputs. */
export function discrete(inputs: readonly Input[], call: Sample['call'], y: string): Sample {
  return { inputs, call, y, gradient: false };
}
/** A sample that looks at numbers, so that it cannot be captured. */
export function reading(inputs: readonly Input[], call: Sample['call'], y: string): Sample {
  return { inputs, call, y, reads: true };
}
/** A sample of an answer that JavaScript gets, made a tensor. */
export function answer(call: () => boolean): Sample {
  return { inputs: [], call: () => tensor(call()), y: 'bool[]', reads: true };
}

/** How the elements of an input of some shape are drawn. */
export type Draw = (...shape: number[]) => Input;

export const independent =
  (one: (random: Random) => number): Draw =>
  (...shape) => ({
    shape,
    draw: (n, random) => Array.from({ length: n }, () => one(random)),
  });
/** Evenly from [lo, hi). */
export const between = (lo: number, hi: number): Draw => independent(random => lo + (hi - lo) * random());
/** Both signs, around 1 in size. */
export const real: Draw = between(-2, 2);
/** Positive, and not close to 0. */
export const positive: Draw = between(0.5, 2);
/** Both signs, and not close to 0. */
export const nonzero: Draw = independent(random => (random() < 0.5 ? -1 : 1) * (0.25 + 1.75 * random()));
/** Close to no whole number or half: between the jumps of floor, ceil and round. */
export const fractional: Draw = independent(random => Math.floor(8 * random()) / 2 - 2 + 0.1 + 0.3 * random());
/** Few values, so that there are ties. */
export const tied: Draw = independent(random => Math.floor(3 * random()) - 1);
/** Multiples of 1/4 from −2 to 2, and numbers that are at least 1/8 from them: what never meets in a tie. */
export const quarters: Draw = independent(random => Math.floor(17 * random()) / 4 - 2);
export const betweenQuarters: Draw = independent(random => Math.floor(16 * random()) / 4 - 2 + 0.125);
/** All different, at least 1/8 apart, in random order. */
export const distinct: Draw = (...shape) => ({
  shape,
  draw(n, random) {
    const numbers = Array.from({ length: n }, (_, i) => (i - n / 2) / 8);
    for (let i = n - 1; i > 0; i--) {
      const j = Math.floor(random() * (i + 1));
      [numbers[i], numbers[j]] = [numbers[j]!, numbers[i]!];
    }
    return numbers;
  },
});

/** Whole numbers as an i32 tensor. */
export const int = (numbers: readonly number[], shape: Shape = [numbers.length]): Tensor =>
  tensor(Int32Array.from(numbers), { shape });
/** Zeros and ones as a bool tensor. */
export const bool = (numbers: readonly number[], shape: Shape = [numbers.length]): Tensor =>
  tensor(Uint8Array.from(numbers), { shape, dtype: 'bool' });
