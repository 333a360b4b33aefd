/** The cases in test/goldens/*.json, and how each is run here. */
import { readFileSync } from 'node:fs';
import type { Pair, Triple } from '../../ts/core/sizes';
import type { Tensor } from '../../ts/core/tensor';
import * as ops from '../../ts/ops/all';
import { tensor } from '../../ts/ops/creation';
import { floats, type Floats, type Integers } from '../goldens/golden';

/** What a case of a function has; null or left out where it does not apply. */
export interface Case {
  readonly op?: string;
  readonly options: Options;
  readonly x: Floats;
  readonly w?: Floats;
  readonly b?: Floats | null;
  readonly t?: Floats | Integers;
  readonly weight?: Floats | null;
  readonly posWeight?: Floats | null;
  /** Running statistics before, and after. */
  readonly mean?: Floats;
  readonly var?: Floats;
  readonly meanAfter?: Floats;
  readonly varAfter?: Floats;
  readonly index?: Integers;
  readonly y: Floats;
  readonly g: Floats;
  readonly gx: Floats;
  readonly gw?: Floats;
  readonly gb?: Floats | null;
  readonly gt?: Floats | null;
}
/** One number, or one for each direction. */
export type Steps = number | readonly number[];
export interface Options {
  readonly stride?: Steps | null;
  readonly padding?: Steps | 'same';
  readonly dilation?: Steps;
  readonly groups?: number;
  readonly kernelSize?: Pair;
  readonly ceilMode?: boolean;
  readonly countIncludePad?: boolean;
  readonly divisorOverride?: number | null;
  readonly reduction?: 'none' | 'mean' | 'sum';
  readonly beta?: number;
  readonly threshold?: number;
  readonly delta?: number;
  readonly ignoreIndex?: number;
  readonly labelSmoothing?: number;
  readonly alpha?: number;
  readonly negativeSlope?: number;
  readonly approximate?: 'none' | 'tanh';
  readonly dim?: number;
  readonly shape?: readonly number[];
  readonly eps?: number;
  readonly training?: boolean;
  readonly momentum?: number;
  readonly size?: number;
  readonly k?: number;
  readonly outputPadding?: Pair;
  readonly outputSize?: Pair;
  readonly descending?: boolean;
  readonly largest?: boolean;
}
/** The tensors of a case: floats are leaves. */
export interface Inputs {
  readonly x: Tensor;
  readonly w: Tensor | null;
  readonly b: Tensor | null;
  readonly t: Tensor | null;
  readonly weight: Tensor | null;
  readonly posWeight: Tensor | null;
  readonly mean: Tensor | null;
  readonly var: Tensor | null;
}
export type Run = (inputs: Inputs, options: Options) => Tensor;

export const casesOf = (name: string): readonly Case[] => {
  const file: { readonly cases: readonly Case[] } = JSON.parse(
    readFileSync(new URL(`../goldens/${name}.json`, import.meta.url), 'utf8'),
  );
  return file.cases;
};

export function read(v: Floats | Integers | null | undefined): Tensor | null {
  if (!v) return null;
  return 'f32' in v
    ? tensor(floats(v), { shape: v.shape, requiresGrad: true })
    : tensor(Int32Array.from(v.i32), { shape: v.shape });
}
export const given = <T>(v: T | null | undefined, name: string): T => {
  if (v === null || v === undefined) throw new Error(`the case has no ${name}`);
  return v;
};

/** Weighted losses, reduced: what PyTorch's `weight` of an elementwise loss does. */
export function reduced(losses: Tensor, reduction: Options['reduction']): Tensor {
  return reduction === 'none' ? losses : reduction === 'sum' ? ops.sum(losses) : ops.mean(losses);
}
export type Elementwise = (x: Tensor, t: Tensor, options: ops.LossOptions) => Tensor;
export const weightable =
  (f: Elementwise): Run =>
  ({ x, t, weight }, { reduction }) => {
    const target = given(t, 't');
    return weight
      ? reduced(ops.mul(f(x, target, { reduction: 'none' }), weight), reduction)
      : f(x, target, { reduction });
  };

/** PyTorch leaves −100 out unless told otherwise; here nothing is left out. */
export const classes =
  (f: typeof ops.crossEntropy): Run =>
  ({ x, t, weight }, { reduction, ignoreIndex, labelSmoothing = 0 }) => {
    const target = given(t, 't');
    const ignored = target.dtype === 'i32' ? (ignoreIndex ?? -100) : undefined;
    return f(x, target, { reduction, labelSmoothing, ignoreIndex: ignored, weight: weight ?? undefined });
  };

export const runs: Readonly<Record<string, Run>> = {
  conv2d: ({ x, w, b }, { stride, padding, dilation, groups }) =>
    ops.conv2d(x, given(w, 'w'), b, {
      stride: pair(stride),
      padding: padding === 'same' ? padding : pair(padding),
      dilation: pair(dilation),
      groups,
    }),
  maxPool2d: ({ x }, { kernelSize, stride, padding, dilation, ceilMode }) =>
    ops.maxPool2d(x, given(kernelSize, 'kernelSize'), {
      stride: pair(stride),
      padding: pair(border(padding)),
      dilation: pair(dilation),
      ceilMode,
    }),
  avgPool2d: ({ x }, { kernelSize, stride, padding, ceilMode, countIncludePad, divisorOverride }) =>
    ops.avgPool2d(x, given(kernelSize, 'kernelSize'), {
      stride: pair(stride),
      padding: pair(border(padding)),
      ceilMode,
      countIncludePad,
      divisorOverride: divisorOverride ?? undefined,
    }),
  mseLoss: weightable(ops.mseLoss),
  l1Loss: weightable(ops.l1Loss),
  smoothL1Loss: ({ x, t }, { reduction, beta }) => ops.smoothL1Loss(x, given(t, 't'), { reduction, beta }),
  huberLoss: ({ x, t }, { reduction, delta }) => ops.huberLoss(x, given(t, 't'), { reduction, delta }),
  binaryCrossEntropy: weightable(ops.binaryCrossEntropy),
  binaryCrossEntropyWithLogits: ({ posWeight, ...inputs }, options) =>
    weightable((x, t, { reduction }) =>
      ops.binaryCrossEntropyWithLogits(x, t, { reduction, posWeight: posWeight ?? undefined }),
    )({ posWeight, ...inputs }, options),
  crossEntropy: classes(ops.crossEntropy),
  nllLoss: classes(ops.nllLoss),
  relu: ({ x }) => ops.relu(x),
  leakyRelu: ({ x }, { negativeSlope }) => ops.leakyRelu(x, negativeSlope),
  elu: ({ x }, { alpha }) => ops.elu(x, alpha),
  gelu: ({ x }, { approximate }) => ops.gelu(x, { approximate }),
  silu: ({ x }) => ops.silu(x),
  softplus: ({ x }, { beta, threshold }) => ops.softplus(x, beta, threshold),
  sigmoid: ({ x }) => ops.sigmoid(x),
  tanh: ({ x }) => ops.tanh(x),
  atan: ({ x }) => ops.atan(x),
  softmax: ({ x }, { dim }) => ops.softmax(x, dim),
  logSoftmax: ({ x }, { dim }) => ops.logSoftmax(x, dim),
  layerNorm: ({ x, w, b }, { shape, eps }) => ops.layerNorm(x, given(shape, 'shape'), { weight: w, bias: b, eps }),
  rmsNorm: ({ x, w }, { shape, eps }) => ops.rmsNorm(x, given(shape, 'shape'), { weight: w, eps }),
  groupNorm: ({ x, w, b }, { groups, eps }) => ops.groupNorm(x, given(groups, 'groups'), { weight: w, bias: b, eps }),
  batchNorm: ({ x, w, b, mean, var: variance }, { training, momentum, eps }) =>
    ops.batchNorm(x, mean, variance, { weight: w, bias: b, training, momentum, eps }),
  localResponseNorm: ({ x }, { size, alpha, beta, k }) =>
    ops.localResponseNorm(x, given(size, 'size'), { alpha, beta, k }),
  conv1d: ({ x, w, b }, { stride, padding, dilation, groups }) =>
    ops.conv1d(x, given(w, 'w'), b, {
      stride: one(stride),
      padding: padding === 'same' ? padding : one(padding),
      dilation: one(dilation),
      groups,
    }),
  conv3d: ({ x, w, b }, { stride, padding, dilation, groups }) =>
    ops.conv3d(x, given(w, 'w'), b, {
      stride: triple(stride),
      padding: triple(border(padding)),
      dilation: triple(dilation),
      groups,
    }),
  convTranspose2d: ({ x, w, b }, { stride, padding, outputPadding, dilation, groups }) =>
    ops.convTranspose2d(x, given(w, 'w'), b, {
      stride: pair(stride),
      padding: pair(border(padding)),
      outputPadding: pair(outputPadding),
      dilation: pair(dilation),
      groups,
    }),
  adaptiveAvgPool2d: ({ x }, { outputSize }) => ops.adaptiveAvgPool2d(x, given(pair(outputSize), 'outputSize')),
  adaptiveMaxPool2d: ({ x }, { outputSize }) => ops.adaptiveMaxPool2d(x, given(pair(outputSize), 'outputSize')),
  cumsum: ({ x }, { dim }) => ops.cumsum(x, given(dim, 'dim')),
  sort: ({ x }, { dim, descending }) => ops.sort(x, dim, { descending })[0],
  topk: ({ x }, { k, dim, largest }) => ops.topk(x, given(k, 'k'), dim, { largest })[0],
};
export const one = (v: Steps | null | undefined): number | undefined => (typeof v === 'number' ? v : undefined);
export const pair = (v: Steps | null | undefined): Pair | undefined =>
  v && typeof v !== 'number' ? [given(v[0], 'first'), given(v[1], 'second')] : (v ?? undefined);
export const triple = (v: Steps | null | undefined): Triple | undefined =>
  v && typeof v !== 'number' ? [given(v[0], 'first'), given(v[1], 'second'), given(v[2], 'third')] : (v ?? undefined);
/** A padding in numbers; 'same' stays what it is where it is known. */
export const border = (padding: Options['padding']): Steps | undefined => (padding === 'same' ? undefined : padding);
