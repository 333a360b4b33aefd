/** Runs a sample on the current backend: its values, its gradient and the gradient of that, as plain numbers. */
import { backward, gradients } from '../../ts/autodiff/backward';
import type { DType } from '../../ts/core/dtype';
import { scope } from '../../ts/core/scope';
import { rowMajor, sizeOf, type Shape } from '../../ts/core/shape';
import type { Tensor } from '../../ts/core/tensor';
import { add, mul } from '../../ts/ops/arithmetic';
import { tensor } from '../../ts/ops/creation';
import { sum } from '../../ts/ops/reduce';
import { permute, slice } from '../../ts/ops/view';
import type { Random, Sample } from './samples/sample';

export interface Values {
  readonly dtype: DType;
  readonly shape: Shape;
  readonly data: readonly number[];
}

/**
 * Of the outputs y that require a gradient, L = Σ⟨u, y⟩ for random u, and of its gradient g = ∂L/∂x, φ = Σ⟨v, g⟩ for
 * random v. A list is null where nothing leads from L or φ to what it is differentiated by.
 */
export interface Evaluation {
  readonly outputs: readonly Values[];
  readonly L: number;
  /** ∂L/∂x for each input. */
  readonly first: readonly Values[] | null;
  readonly phi: number;
  /** ∂φ/∂x for each input, then ∂φ/∂u for each output. */
  readonly second: readonly Values[] | null;
  /** What must not be: inputs that changed, a `backward` that differs from `gradients`. */
  readonly faults: readonly string[];
}

/** The numbers that a sample is evaluated at, and the directions u and v. */
export interface Point {
  readonly xs: readonly (readonly number[])[];
  readonly us: readonly (readonly number[])[];
  readonly vs: readonly (readonly number[])[];
}

/** Repeatable numbers in [0, 1) from a linear congruential generator: not the generator under test. */
export function randomFrom(seed: number): Random {
  let s = Math.imul(seed + 1, 2654435761) >>> 0;
  return () => {
    s = (Math.imul(s, 1664525) + 1013904223) >>> 0;
    return s / 2 ** 32;
  };
}
/** Numbers of both signs that f32 holds exactly, none of them small. */
export function direction(n: number, random: Random): number[] {
  return Array.from({ length: n }, () => Math.fround((random() < 0.5 ? -1 : 1) * (0.25 + random())));
}

/** A point for a sample: the same for the same seed, in numbers that f32 holds exactly. */
export function pointOf(sample: Sample, seed: number): Point {
  const random = randomFrom(seed);
  const outputs = sample.y.matchAll(/\w+\[([^\]]*)\]/g);
  return {
    xs: sample.inputs.map(({ shape, draw }) => draw(sizeOf(shape), random).map(Math.fround)),
    us: Array.from(outputs, ([, sizes = '']) =>
      direction(sizes === '' ? 1 : sizeOf(sizes.split(',').map(Number)), random),
    ),
    vs: sample.inputs.map(({ shape }) => direction(sizeOf(shape), random)),
  };
}

/** How an input lies in memory: as a leaf of some shape, of which the op gets a view. */
export type Layout = 'dense' | 'permuted' | 'sliced';
interface Placed {
  readonly shape: Shape;
  readonly offset: number;
  readonly strides: Shape;
  view(leaf: Tensor): Tensor;
}
const LAYOUTS: { readonly [K in Layout]: (shape: Shape) => Placed } = {
  dense: shape => ({ shape, offset: 0, strides: rowMajor(shape), view: x => x }),
  /** Dimensions in the opposite order. */
  permuted(shape) {
    const reversed = [...shape].reverse();
    return {
      shape: reversed,
      offset: 0,
      strides: rowMajor(reversed).reverse(),
      view: x =>
        permute(
          x,
          shape.map((_, d) => -1 - d),
        ),
    };
  },
  /** Every second element in each dimension, of one size more. */
  sliced(shape) {
    const larger = shape.map(n => 2 * n + 1);
    const steps = rowMajor(larger);
    return {
      shape: larger,
      offset: steps.reduce((a, b) => a + b, 0),
      strides: steps.map(s => 2 * s),
      view: x => shape.reduce((y, _, d) => slice(y, d, 1, Infinity, 2), x),
    };
  },
};

/** Elements of `shape` put where a layout has them, with `gap` in between. */
function spread(
  data: readonly number[],
  shape: Shape,
  { shape: whole, offset, strides }: Placed,
  gap: number,
): number[] {
  const out = new Array<number>(sizeOf(whole)).fill(gap);
  data.forEach((value, i) => {
    let at = offset;
    for (let d = shape.length - 1, rest = i; d >= 0; rest = Math.floor(rest / shape[d]!), d--) {
      at += (rest % shape[d]!) * strides[d]!;
    }
    out[at] = value;
  });
  return out;
}

const read = (t: Tensor): Values => ({ dtype: t.dtype, shape: t.shape, data: Array.from(t.toArray()) });
const same = (a: readonly number[], b: readonly number[]): boolean =>
  a.length === b.length && a.every((x, i) => Object.is(x, b[i]));
/** Σ⟨a, b⟩ as ops. */
const inner = (as: readonly Tensor[], bs: readonly Tensor[]): Tensor =>
  as.map((a, i) => sum(mul(a, bs[i]!))).reduce((p, q) => add(p, q));
/** Σ⟨a, b⟩ in float64. */
export const product = (as: readonly Values[], bs: readonly (readonly number[])[]): number =>
  as.reduce((total, { data }, i) => data.reduce((s, a, j) => s + a * bs[i]![j]!, total), 0);

/** A sample as tensors: what it computes of its leaves, before anything is read. */
function build(sample: Sample, { xs, us, vs }: Point, layout: Layout) {
  const places = sample.inputs.map(({ shape }) => LAYOUTS[layout](shape));
  const data = sample.inputs.map(({ shape }, i) => spread(xs[i]!, shape, places[i]!, NaN));
  const leaves = places.map(({ shape }, i) => tensor(Float64Array.from(data[i]!), { shape, requiresGrad: true }));
  const inputs = places.map((place, i) => place.view(leaves[i]!));
  const result = sample.call(...inputs);
  const outputs: readonly Tensor[] = 'shape' in result ? [result] : result;
  const smooth = outputs.filter(y => y.requiresGrad);
  const made = { places, data, leaves, inputs, outputs, smooth };
  if (smooth.length === 0) return { ...made, L: null, first: null, second: null };

  const cotangents = smooth.map((y, i) => tensor(Float64Array.from(us[i]!), { shape: y.shape, requiresGrad: true }));
  const L = inner(smooth, cotangents);
  const first = gradients(L, inputs, { createGraph: true });
  const phi = inner(
    first,
    inputs.map((x, i) => tensor(Float64Array.from(vs[i]!), { shape: x.shape })),
  );
  const second = phi.requiresGrad ? gradients(phi, [...inputs, ...cotangents], { retainGraph: true }) : null;
  return { ...made, L, first, second };
}

/** The values of a sample's outputs; those that require a gradient are the first in `us`'s order. */
export function evaluate(sample: Sample, point: Point, layout: Layout = 'dense'): Evaluation {
  return scope(() => {
    const { us, vs } = point;
    const faults: string[] = [];
    const { places, data, leaves, smooth, ...made } = build(sample, point, layout);
    const outputs = made.outputs.map(read);
    const checkInputs = (): void =>
      leaves.forEach((leaf, i) => same(Array.from(leaf.toArray()), data[i]!) || faults.push(`input ${i} was changed`));
    checkInputs();
    if (made.L === null) return { outputs, L: 0, first: null, phi: 0, second: null, faults };

    const first = made.first.map(read);
    const second = made.second?.map(read) ?? null;
    backward(made.L);
    leaves.forEach((leaf, i) => {
      const expected = spread(first[i]!.data, sample.inputs[i]!.shape, places[i]!, 0);
      const fed = leaf.grad ? Array.from(leaf.grad.toArray()) : expected.map(() => 0);
      const may = sample.composed ? 1e-5 * expected.reduce((m, g) => Math.max(m, Math.abs(g)), 1) : 0;
      if (!fed.every((g, j) => g === expected[j] || Math.abs(g - expected[j]!) <= may))
        faults.push(`backward gives input ${i} ${fed.join()}, gradients ${expected.join()}`);
    });
    checkInputs();
    return { outputs, L: product(smooth.map(read), us), first, phi: product(first, vs), second, faults };
  });
}

/** As `evaluate`, by asynchronous reads alone: outputs, gradients, gradients of these. */
export async function evaluateLater(
  sample: Sample,
  point: Point,
  layout: Layout,
): Promise<Pick<Evaluation, 'outputs' | 'first' | 'second'>> {
  const { outputs, first, second } = scope(() => {
    const made = build(sample, point, layout);
    return { outputs: made.outputs, first: made.first, second: made.second };
  });
  const later = (ts: readonly Tensor[]): Promise<Values[]> =>
    Promise.all(ts.map(async t => ({ dtype: t.dtype, shape: t.shape, data: Array.from(await t.data()) })));
  const values = {
    outputs: await later(outputs),
    first: first && (await later(first)),
    second: second && (await later(second)),
  };
  for (const t of [...outputs, ...(first ?? []), ...(second ?? [])]) t.dispose();
  return values;
}
