/** The ops of normalisation: of groups of numbers by their own mean and variance, or by those that are given. */
import type { Kernels } from '../backend/backend';
import type { View } from '../core/definition';
import { defineMultiOp, defineParametricOp, type MultiOp, type Op } from '../core/op';
import type { Tensor } from '../core/tensor';
import { add, mul, sub } from './arithmetic';
import { neg, rsqrt, square, to } from './elementwise';
import { mean, sum } from './reduce';
import { reshape } from './view';

/**
 * Groups of x seen as [outer, n, inner]: a group shares the middle index. Element e has the weight e div step mod size.
 * What is not `centred` keeps its mean.
 */
export type Groups = {
  readonly outer: number;
  readonly n: number;
  readonly inner: number;
  readonly size: number;
  readonly step: number;
  readonly centred: boolean;
  readonly eps: number;
};

/** x as [rest, size, step], so that weights [size, 1] broadcast. */
function byWeight(x: Tensor, { size, step }: Groups): Tensor {
  return reshape(x, [size * step === 0 ? 0 : x.size / (size * step), size, step]);
}
/** x · w, each element with its weight. */
const times = (x: Tensor, w: Tensor | null, p: Groups): Tensor =>
  w ? reshape(mul(byWeight(x, p), reshape(w, [p.size, 1])), x.shape) : x;
/** The sums of the elements of each weight. */
const perWeight = (x: Tensor, p: Groups): Tensor => sum(byWeight(x, p), [0, 2]);

/** The kernel's call: y = (x − mean) / √(variance + ε) · w + b. */
function runNormalise(
  k: Kernels,
  x: View,
  mean: View,
  variance: View,
  w: View | null,
  b: View | null,
  y: View,
  { outer, n, inner, size, step, eps }: Groups,
): void {
  const [wAt, bAt] = [w ? w.address : 0, b ? b.address : 0];
  k.normalise(x.address, mean.address, variance.address, wAt, bAt, y.address, outer, n, inner, size, step, eps);
}

/**
 * y = x̂ w + b with x̂ = (x − mean) / √(variance + ε) of each group, and mean and variance (f64: where x is far from 0
 * f32 has no digits left for what is near the mean), which carry no gradient.
 */
export const normalise: MultiOp<
  [x: Tensor, w: Tensor | null, b: Tensor | null],
  [y: Tensor, mean: Tensor, variance: Tensor],
  Groups
> = defineMultiOp({
  name: 'normalise',
  inputs: ['x', 'w', 'b'],
  nullable: ['w', 'b'],
  outputs: ['y', 'mean', 'variance'],
  dtypes: ['f32', 'f64', 'f64'],
  shapes: ([x], { n }) => [x.shape, [n], [n]],
  run(k, [x, w, b], [y, mean, variance], groups) {
    const { outer, n, inner, centred } = groups;
    k.moments(x.address, mean.address, variance.address, outer, n, inner, centred ? 1 : 0);
    runNormalise(k, x, mean, variance, w, b, y, groups);
  },
  saves: { x: ['x', 'w', 'mean', 'variance'], w: ['x', 'mean', 'variance'] },
  vjpAll([g], { x, w = null, mean, variance }, p, _, needed) {
    if (!x) return { b: perWeight(g!, p) };
    const [gx, gw, gb] = normaliseGrad(g!, x, w, mean!, variance!, { ...p, affine: needed.w || needed.b });
    return { x: gx, w: gw, b: gb };
  },
});

/**
 * The gradients of x, w and b from that of y. Mean and variance are those of x, and no variables of their own: the
 * rule of x follows x through them too. gw and gb are empty unless `affine`.
 *
 * Its own gradient, by T v = (v − mean v − x̂ mean (v x̂)) / σ, the derivative of x̂ in the direction v and its
 * adjoint: of φ = ⟨u, gx⟩ + ⟨a, gw⟩ + ⟨c, gb⟩, with h = g w, q = mean (h x̂), p = mean (u x̂) and
 * s = mean (u h) − mean u mean h − p q,
 *
 *   ∂φ/∂g = w T u + a x̂ + c     ∂φ/∂w = Σ g T u     ∂φ/∂x = T (a g − (q u + p h) / σ) − s x̂ / σ²
 */
const normaliseGrad: MultiOp<
  [g: Tensor, x: Tensor, w: Tensor | null, mean: Tensor, variance: Tensor],
  [gx: Tensor, gw: Tensor, gb: Tensor],
  Groups & { readonly affine: boolean }
> = defineMultiOp({
  name: 'normaliseGrad',
  inputs: ['g', 'x', 'w', 'mean', 'variance'],
  nullable: ['w'],
  wants: { mean: 'f64', variance: 'f64' },
  outputs: ['gx', 'gw', 'gb'],
  shapes([g], { affine, size }) {
    const shape = affine ? [size] : [0];
    return [g.shape, shape, shape];
  },
  run(k, [g, x, w, mean, variance], [gx, gw, gb], { affine, outer, n, inner, size, step, centred, eps }) {
    k.normaliseGrad(
      g.address,
      x.address,
      mean.address,
      variance.address,
      w ? w.address : 0,
      gx.address,
      affine ? gw.address : 0,
      affine ? gb.address : 0,
      outer,
      n,
      inner,
      size,
      step,
      centred ? 1 : 0,
      eps,
    );
  },
  saves: {
    g: ['x', 'w', 'mean', 'variance'],
    x: ['g', 'x', 'w', 'mean', 'variance'],
    w: ['g', 'x', 'mean', 'variance'],
  },
  vjpAll([u, a, c], { g, x, w = null, mean: m, variance }, p, _, needed) {
    const along = (v: Tensor): Tensor => normaliseGrad(v, x!, null, m!, variance!, { ...p, affine: false })[0];
    const tu = u && (needed.g || needed.w) ? along(u) : null;
    const tangent = a || c ? normalise(x!, a ?? mul(c!, 0), c, p)[0] : null;
    return {
      g: needed.g ? total(tu && times(tu, w, p), tangent) : null,
      w: needed.w && tu ? perWeight(mul(g!, tu), p) : null,
      x: needed.x ? curvature(along, g!, x!, w, u, a, p) : null,
    };
  },
});

const total = (a: Tensor | null, b: Tensor | null): Tensor | null => (a && b ? add(a, b) : (a ?? b));

/** ∂φ/∂x of {@link normaliseGrad}, T being `along`. x̂ and σ are made anew as ops of x: so derivatives go on. */
function curvature(
  along: (v: Tensor) => Tensor,
  g: Tensor,
  x: Tensor,
  w: Tensor | null,
  u: Tensor | null,
  a: Tensor | null,
  p: Groups,
): Tensor | null {
  const grouped = (v: Tensor): Tensor => reshape(v, [p.outer, p.n, p.inner]);
  const means = (v: Tensor): Tensor => mean(v, [0, 2], { keepdim: true });
  const ag = a && times(g, a, p);
  if (!u) return ag && along(ag);
  const [xs, us, hs] = [grouped(x), grouped(u), grouped(times(g, w, p))];
  const d = p.centred ? sub(xs, means(xs)) : xs;
  const r = rsqrt(add(means(square(d)), p.eps));
  const hat = mul(d, r);
  const [pu, qh] = [means(mul(hat, us)), means(mul(hat, hs))];
  const both = sub(means(mul(us, hs)), mul(pu, qh));
  const s = p.centred ? sub(both, mul(means(us), means(hs))) : both;
  const bend = reshape(neg(mul(r, add(mul(qh, us), mul(pu, hs)))), x.shape);
  return sub(along(total(ag, bend)!), reshape(mul(mul(s, square(r)), hat), x.shape));
}

/** As {@link normalise}, by a mean and a variance (f64) that are given and stay what they are. */
export const normaliseBy: Op<[x: Tensor, mean: Tensor, variance: Tensor, w: Tensor | null, b: Tensor | null], Groups> =
  defineParametricOp({
    name: 'normaliseBy',
    inputs: ['x', 'mean', 'variance', 'w', 'b'],
    nullable: ['w', 'b'],
    wants: { mean: 'f64', variance: 'f64' },
    shape: ([x]) => x.shape,
    run: (k, [x, m, variance, w, b], [y], groups) => runNormalise(k, x, m, variance, w, b, y, groups),
    saves: { x: ['variance', 'w'], w: ['x', 'mean', 'variance'] },
    vjp: {
      x(g, { variance, w }, p) {
        const r = rsqrt(add(to(variance, 'f32'), p.eps));
        return times(g, w ? mul(r, w) : r, p);
      },
      mean: null,
      variance: null,
      w: (g, { x, mean: m, variance }, p) => perWeight(mul(g, normaliseBy(x, m, variance, null, null, p)), p),
      b: (g, _, p) => perWeight(g, p),
    },
  });
