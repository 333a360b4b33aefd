/** Normalisation: groups of numbers brought to mean 0 and variance 1, then scaled and shifted by what is learned. */
import { ShapeError, ValueError } from '../core/errors';
import { defineMultiOp, defineOp, type MultiOp, type Op } from '../core/op';
import { aBoolean, aNumber, oneSizeOrMore, options as optionsOf, wholeNumber, type Keys } from '../core/kinds';
import { aTensor, aTensorOrNull } from '../core/tensor-kinds';
import { noGrad, runtime } from '../core/runtime';
import { composite } from '../core/signature';
import { sameShape, show, sizeOf, type Shape } from '../core/shape';
import type { Tensor } from '../core/tensor';
import { add, mul, sub } from './arithmetic';
import { neg, rsqrt, square } from './elementwise';
import { avgPool2d } from './pool';
import { mean, sum } from './reduce';
import { pow } from './power';
import { reshape, slice } from './view';
import { assign } from './update';
import { localResponseNormKeys, type LocalResponseNormOptions } from './windows';

/**
 * Groups of x seen as [outer, n, inner]: a group shares the middle index. Element e has the weight e div step mod size.
 * What is not `centred` keeps its mean.
 */
type Groups = {
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

/** y = x̂ w + b with x̂ = (x − mean) / √(variance + ε) of each group, and mean and variance, which carry no gradient. */
const normalise: MultiOp<
  [x: Tensor, w: Tensor | null, b: Tensor | null],
  [y: Tensor, mean: Tensor, variance: Tensor],
  Groups
> = defineMultiOp({
  name: 'normalise',
  inputs: ['x', 'w', 'b'],
  nullable: ['w', 'b'],
  outputs: ['y', 'mean', 'variance'],
  shapes: ([x], { n }) => [x.shape, [n], [n]],
  run(k, [x, w, b], [y, mean, variance], { outer, n, inner, size, step, centred, eps }) {
    k.moments(x.at, mean.at, variance.at, outer, n, inner, centred ? 1 : 0);
    k.normalise(x.at, mean.at, variance.at, w ? w.at : 0, b ? b.at : 0, y.at, outer, n, inner, size, step, eps);
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
  outputs: ['gx', 'gw', 'gb'],
  shapes([g], { affine, size }) {
    const shape = affine ? [size] : [0];
    return [g.shape, shape, shape];
  },
  run(k, [g, x, w, mean, variance], [gx, gw, gb], { affine, outer, n, inner, size, step, centred, eps }) {
    k.normaliseGrad(
      g.at,
      x.at,
      mean.at,
      variance.at,
      w ? w.at : 0,
      gx.at,
      affine ? gw.at : 0,
      affine ? gb.at : 0,
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

/** Throws unless a parameter has this shape. */
function checkParameter(where: string, name: string, t: Tensor | null | undefined, shape: Shape): void {
  if (t && !sameShape(t.shape, shape)) {
    throw new ShapeError(where, `${name} takes ${show(shape)}, this is ${show(t.shape)}`);
  }
}

export interface RmsNormOptions {
  /** Factors, in the shape that is normalised. Default: 1. */
  readonly weight?: Tensor | null;
  /** Added to the mean square. Default 2⁻²³, as in PyTorch. */
  readonly eps?: number;
}
export interface LayerNormOptions {
  /** Factors, in the shape that is normalised. Default: 1. */
  readonly weight?: Tensor | null;
  /** Summands, in the shape that is normalised. Default: 0. */
  readonly bias?: Tensor | null;
  /** Added to the variance. Default 1e-5. */
  readonly eps?: number;
}

/** Over the last dimensions, which have the sizes `shape`. */
function overLast(
  where: string,
  x: Tensor,
  shape: number | Shape,
  options: LayerNormOptions,
  centred: boolean,
): Tensor {
  const last = typeof shape === 'number' ? [shape] : shape;
  const { weight = null, bias = null, eps = 1e-5 } = options;
  if (last.length === 0 || !sameShape(x.shape.slice(-last.length), last)) {
    throw new ShapeError(where, `normalises dimensions ${show(last)} at the end, x is ${show(x.shape)}`);
  }
  checkParameter(where, 'weight', weight, last);
  checkParameter(where, 'bias', bias, last);
  const size = sizeOf(last);
  const n = sizeOf(x.shape.slice(0, -last.length));
  const flat = (t: Tensor | null): Tensor | null => t && reshape(t, [size]);
  return normalise(x, flat(weight), flat(bias), { outer: 1, n, inner: size, size, step: 1, centred, eps })[0];
}

/** Of what is normalised: factors, summands, and what is added to the variance. */
const affineKeys: Keys<GroupNormOptions> = { weight: aTensorOrNull, bias: aTensorOrNull, eps: aNumber(0) };

/**
 * Layer normalisation (Ba et al. 2016): y = (x − mean) / √(variance + ε) · weight + bias, with mean and (biased)
 * variance over the last dimensions of x, those of sizes `shape`.
 */
export const layerNorm: (x: Tensor, shape: number | Shape, options?: LayerNormOptions) => Tensor = composite(
  'layerNorm',
  [
    ['x', aTensor],
    ['shape', oneSizeOrMore],
    ['options', optionsOf<LayerNormOptions>(affineKeys)],
  ],
  (x, shape, options = {}) => overLast('layerNorm', x, shape, options, true),
);
/** y = x / √(mean x² + ε) · weight, with the mean over the last dimensions of x, those of sizes `shape`. */
export const rmsNorm: (x: Tensor, shape: number | Shape, options?: RmsNormOptions) => Tensor = composite(
  'rmsNorm',
  [
    ['x', aTensor],
    ['shape', oneSizeOrMore],
    ['options', optionsOf<RmsNormOptions>({ weight: affineKeys.weight, eps: affineKeys.eps })],
  ],
  (x, shape, { weight = null, eps = 2 ** -23 } = {}) => overLast('rmsNorm', x, shape, { weight, eps }, false),
);

/** The number of channels of x [n, channels, …]. */
function channelsOf(where: string, x: Tensor): number {
  if (x.ndim < 2) throw new ShapeError(where, `x takes [batch, channels, …], this is ${show(x.shape)}`);
  return x.shape[1]!;
}

export interface GroupNormOptions {
  /** A factor for each channel. Default: 1. */
  readonly weight?: Tensor | null;
  /** A summand for each channel. Default: 0. */
  readonly bias?: Tensor | null;
  /** Added to the variance. Default 1e-5. */
  readonly eps?: number;
}
/**
 * Group normalisation (Wu & He 2018) of x [n, channels, …]: mean and (biased) variance over each of `groups` groups of
 * neighbouring channels of each sample.
 */
export const groupNorm: (x: Tensor, groups: number, options?: GroupNormOptions) => Tensor = composite(
  'groupNorm',
  [
    ['x', aTensor],
    ['groups', wholeNumber(1)],
    ['options', optionsOf(affineKeys)],
  ],
  (x, groups, { weight = null, bias = null, eps = 1e-5 } = {}) => {
    const channels = channelsOf('groupNorm', x);
    if (channels % groups !== 0) {
      throw new ShapeError('groupNorm', `${channels} channels do not divide into ${groups} groups`);
    }
    checkParameter('groupNorm', 'weight', weight, [channels]);
    checkParameter('groupNorm', 'bias', bias, [channels]);
    const step = sizeOf(x.shape.slice(2));
    return normalise(x, weight, bias, {
      outer: 1,
      n: x.shape[0]! * groups,
      inner: (channels / groups) * step,
      size: channels,
      step,
      centred: true,
      eps,
    })[0];
  },
);

/** As {@link normalise}, by a mean and a variance that are given and stay what they are. */
const normaliseBy: Op<[x: Tensor, mean: Tensor, variance: Tensor, w: Tensor | null, b: Tensor | null], Groups> =
  defineOp({
    name: 'normaliseBy',
    inputs: ['x', 'mean', 'variance', 'w', 'b'],
    nullable: ['w', 'b'],
    shape: ([x]) => x.shape,
    run: (k, [x, m, variance, w, b], [y], { outer, n, inner, size, step, eps }) =>
      k.normalise(x.at, m.at, variance.at, w ? w.at : 0, b ? b.at : 0, y.at, outer, n, inner, size, step, eps),
    saves: { x: ['variance', 'w'], w: ['x', 'mean', 'variance'] },
    vjp: {
      x(g, { variance, w }, p) {
        const r = rsqrt(add(variance, p.eps));
        return times(g, w ? mul(r, w) : r, p);
      },
      mean: null,
      variance: null,
      w: (g, { x, mean: m, variance }, p) => perWeight(mul(g, normaliseBy(x, m, variance, null, null, p)), p),
      b: (g, _, p) => perWeight(g, p),
    },
  });

export interface BatchNormOptions extends GroupNormOptions {
  /** Whether to normalise by the batch, and to note its statistics; else by the running ones. Default false. */
  readonly training?: boolean;
  /** How much of the running statistics the batch's replace. Default 0.1. */
  readonly momentum?: number;
}
/**
 * Batch normalisation (Ioffe & Szegedy 2015) of x [n, channels, …]. In training, mean and (biased) variance of each
 * channel over the batch and all places; runningMean and runningVar [channels], if given, are moved in place, by
 * `momentum`, towards the batch's mean and unbiased variance. In evaluation, those are what x is normalised by. Throws
 * ShapeError in training if a channel has one number only, whose variance says nothing.
 */
export const batchNorm: (
  x: Tensor,
  runningMean: Tensor | null,
  runningVar: Tensor | null,
  options?: BatchNormOptions,
) => Tensor = composite(
  'batchNorm',
  [
    ['x', aTensor],
    ['runningMean', aTensorOrNull],
    ['runningVar', aTensorOrNull],
    ['options', optionsOf<BatchNormOptions>({ ...affineKeys, training: aBoolean, momentum: aNumber(0, 1) })],
  ],
  (x, runningMean, runningVar, options = {}) => {
    const { weight = null, bias = null, eps = 1e-5, training = false, momentum = 0.1 } = options;
    const channels = channelsOf('batchNorm', x);
    const parameters = { weight, bias, runningMean, runningVar };
    for (const [name, t] of Object.entries(parameters)) checkParameter('batchNorm', name, t, [channels]);
    const [outer, inner] = [x.shape[0]!, sizeOf(x.shape.slice(2))];
    const groups = { outer, n: channels, inner, size: channels, step: inner, centred: true, eps };
    if (!training) {
      if (!runningMean || !runningVar) {
        throw new ValueError('batchNorm', 'runningMean and runningVar are needed in evaluation');
      }
      return normaliseBy(x, runningMean, runningVar, weight, bias, groups);
    }
    const count = outer * inner;
    if (count === 1) {
      throw new ShapeError('batchNorm', `training takes more than one number for each channel, x is ${show(x.shape)}`);
    }
    const [y, m, variance] = normalise(x, weight, bias, groups);
    if (count > 0) {
      if (runtime.segment === 0)
        noGrad(() => {
          // and not when it is computed again
          const move = (running: Tensor, by: Tensor, factor: number): Tensor =>
            assign(running, add(mul(running, 1 - momentum), mul(by, momentum * factor)));
          if (runningMean) move(runningMean, m, 1);
          if (runningVar) move(runningVar, variance, count / (count - 1));
        });
    }
    return y;
  },
);

/**
 * Local response normalisation of x [n, channels, …] across `size` = n neighbouring channels, bounded at the first and
 * the last. Of the mean, as PyTorch has it:
 *
 *   y_c = x_c / (k + α/n · Σ x_λ²)^β over λ from c − ⌊n/2⌋ to c + ⌊(n − 1)/2⌋
 *
 * and of the sum, as AlexNet was described, with α₁ = k and α₂ = α:
 *
 *   y_c = x_c / (α₁ + α₂ · Σ x_λ²)^β over λ from c − ⌊n/2⌋ to c + ⌊n/2⌋
 *
 * The windows are the same where n is odd.
 */
export const localResponseNorm: (x: Tensor, size: number, options?: LocalResponseNormOptions) => Tensor = composite(
  'localResponseNorm',
  [
    ['x', aTensor],
    ['size', wholeNumber(1)],
    ['options', optionsOf(localResponseNormKeys)],
  ],
  (x, size, { alpha = 1e-4, beta = 0.75, k = 1, of = 'mean' } = {}) => {
    const where = 'localResponseNorm';
    const channels = channelsOf(where, x);
    const half = Math.floor(size / 2);
    const window = of === 'sum' ? 2 * half + 1 : size;
    const planes = reshape(square(x), [x.shape[0]!, 1, channels, sizeOf(x.shape.slice(2))]);
    // Sums down the channels; of an even window, padding leaves one place too many at the end.
    const sums = avgPool2d(planes, [window, 1], { stride: 1, padding: [half, 0], divisorOverride: 1 });
    const near = reshape(slice(sums, 2, 0, channels), x.shape);
    return mul(x, pow(add(mul(near, of === 'sum' ? alpha : alpha / size), k), -beta));
  },
);
