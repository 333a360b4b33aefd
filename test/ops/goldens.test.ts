/** Values and gradients against PyTorch's, on every backend. */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { gradients } from '../../ts/autodiff/backward';
import type { Backend } from '../../ts/backend/backend';
import type { Pair, Triple } from '../../ts/core/sizes';
import { useBackend } from '../../ts/core/runtime';
import { scope } from '../../ts/core/scope';
import type { Tensor } from '../../ts/core/tensor';
import * as ops from '../../ts/ops/all';
import { tensor } from '../../ts/ops/creation';
import { binaries, exact } from '../backends';
import { floats, type Floats, type Integers } from '../goldens/golden';

/** What a case of a function has; null or left out where it does not apply. */
interface Case {
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
type Steps = number | readonly number[];
interface Options {
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
interface Inputs {
  readonly x: Tensor;
  readonly w: Tensor | null;
  readonly b: Tensor | null;
  readonly t: Tensor | null;
  readonly weight: Tensor | null;
  readonly posWeight: Tensor | null;
  readonly mean: Tensor | null;
  readonly var: Tensor | null;
}
type Run = (inputs: Inputs, options: Options) => Tensor;

const casesOf = (name: string): readonly Case[] => {
  const file: { readonly cases: readonly Case[] } = JSON.parse(
    readFileSync(new URL(`../goldens/${name}.json`, import.meta.url), 'utf8'),
  );
  return file.cases;
};

function read(v: Floats | Integers | null | undefined): Tensor | null {
  if (!v) return null;
  return 'f32' in v
    ? tensor(floats(v), { shape: v.shape, requiresGrad: true })
    : tensor(Int32Array.from(v.i32), { shape: v.shape });
}
const given = <T>(v: T | null | undefined, name: string): T => {
  if (v === null || v === undefined) throw new Error(`the case has no ${name}`);
  return v;
};

/** Weighted losses, reduced: what PyTorch's `weight` of an elementwise loss does. */
function reduced(losses: Tensor, reduction: Options['reduction']): Tensor {
  return reduction === 'none' ? losses : reduction === 'sum' ? ops.sum(losses) : ops.mean(losses);
}
type Elementwise = (x: Tensor, t: Tensor, options: ops.LossOptions) => Tensor;
const weightable =
  (f: Elementwise): Run =>
  ({ x, t, weight }, { reduction }) => {
    const target = given(t, 't');
    return weight
      ? reduced(ops.mul(f(x, target, { reduction: 'none' }), weight), reduction)
      : f(x, target, { reduction });
  };

/** PyTorch leaves −100 out unless told otherwise; here nothing is left out. */
const classes =
  (f: typeof ops.crossEntropy): Run =>
  ({ x, t, weight }, { reduction, ignoreIndex, labelSmoothing = 0 }) => {
    const target = given(t, 't');
    const ignored = target.dtype === 'i32' ? (ignoreIndex ?? -100) : undefined;
    return f(x, target, { reduction, labelSmoothing, ignoreIndex: ignored, weight: weight ?? undefined });
  };

const runs: Readonly<Record<string, Run>> = {
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
  // PyTorch's β; where its straight line begins, the two differ by e^−threshold / β.
  softplus: ({ x }, { beta = 1 }) => ops.div(ops.softplus(ops.mul(x, beta)), beta),
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
const one = (v: Steps | null | undefined): number | undefined => (typeof v === 'number' ? v : undefined);
const pair = (v: Steps | null | undefined): Pair | undefined =>
  v && typeof v !== 'number' ? [given(v[0], 'first'), given(v[1], 'second')] : (v ?? undefined);
const triple = (v: Steps | null | undefined): Triple | undefined =>
  v && typeof v !== 'number' ? [given(v[0], 'first'), given(v[1], 'second'), given(v[2], 'third')] : (v ?? undefined);
/** A padding in numbers; 'same' stays what it is where it is known. */
const border = (padding: Options['padding']): Steps | undefined => (padding === 'same' ? undefined : padding);

interface Tolerance {
  readonly relative: number;
  readonly absolute: number;
}
/** Goldens were rounded to f32 once. */
const F64: Tolerance = { relative: 1.2e-7, absolute: 1e-12 };
const F32: Tolerance = { relative: 1e-5, absolute: 2e-6 };

/** Cells in which this library means something else: the result `what` of an op where x is one of these numbers. */
const DIFFERENCES: readonly {
  readonly op: string;
  readonly options?: Options;
  readonly what: readonly string[];
  readonly at: readonly number[];
  readonly why: string;
}[] = [
  {
    op: 'maxPool2d',
    what: ['gx'],
    at: [NaN],
    why: 'of several NaN in a window the first is the maximum, there the last',
  },
  {
    op: 'smoothL1Loss',
    options: { beta: 0 },
    what: ['gx', 'gt'],
    at: [0],
    why: 'the slope of |d| at 0 is 0, there −1',
  },
  {
    op: 'binaryCrossEntropy',
    what: ['gx'],
    at: [0, 1],
    why: 'a logarithm that stopped at −100 has slope 0, there 1e12',
  },
  { op: 'relu', what: ['gx'], at: [NaN], why: 'the slope is 1 where y > 0, there where not y ≤ 0' },
  {
    op: 'gelu',
    options: { approximate: 'tanh' },
    what: ['gx'],
    at: [Infinity, -Infinity],
    why: 'the limit, there ∞ · 0',
  },
  { op: 'gelu', what: ['y'], at: [-Infinity], why: 'x Φ(x) falls to −0, there ∞ · 0' },
  { op: 'silu', what: ['y'], at: [-Infinity], why: 'x σ(x) falls to −0, there ∞ · 0' },
  {
    op: 'softplus',
    options: { beta: 2 },
    what: ['gx'],
    at: [7],
    why: 'no threshold, beyond which it is a straight line there',
  },
];
const met: Set<string> = new Set();

function differs(name: string, what: string, options: Options, x: number | undefined): boolean {
  const found = DIFFERENCES.find(
    d =>
      d.op === name &&
      d.what.includes(what) &&
      d.at.some(v => Object.is(v, x)) &&
      Object.entries(d.options ?? {}).every(([key, value]) =>
        Object.entries(options).some(([k, v]) => k === key && v === value),
      ),
  );
  if (found) met.add(found.why);
  return found !== undefined;
}

/** Where and how a result is not the golden: in numbers, or in being NaN or infinite. */
function compare(
  what: string,
  actual: Tensor | undefined,
  golden: Floats | null | undefined,
  may: Tolerance,
  but: (i: number) => boolean,
): string[] {
  if (!golden) return [];
  if (!actual) return [`${what} is missing`];
  if (actual.shape.join() !== golden.shape.join())
    return [`${what} has shape [${actual.shape.join()}], expected [${golden.shape.join()}]`];
  const want = floats(golden);
  return Array.from(actual.toArray()).flatMap((value, i) => {
    const e = want[i]!;
    if (Object.is(value, e) || value === e || Math.abs(value - e) <= may.relative * Math.abs(e) + may.absolute)
      return [];
    if (but(i)) return [];
    return [`${what}[${i}] is ${value}, expected ${e}`];
  });
}

function check(name: string, c: Case, may: Tolerance): string[] {
  return scope(() => {
    const x = given(read(c.x), 'x');
    const inputs = {
      x,
      w: read(c.w),
      b: read(c.b),
      t: read(c.t),
      weight: read(c.weight),
      posWeight: read(c.posWeight),
      mean: read(c.mean),
      var: read(c.var),
    };
    const y = given(runs[name], name)(inputs, c.options);
    const entries = [
      ['gx', x, c.gx],
      ['gw', inputs.w, c.gw],
      ['gb', inputs.b, c.gb],
      ['gt', inputs.t, c.gt],
    ] as const;
    const wanted = entries.flatMap(([what, input, golden]) => (input && golden ? [{ what, input, golden }] : []));
    const found = gradients(
      y,
      wanted.map(({ input }) => input),
      { gradient: tensor(floats(c.g), { shape: c.g.shape }) },
    );
    const at = floats(c.x);
    return [
      ...compare('meanAfter', inputs.mean ?? undefined, c.meanAfter, F32, () => false),
      ...compare('varAfter', inputs.var ?? undefined, c.varAfter, F32, () => false),
      ...compare('y', y, c.y, may, i => differs(name, 'y', c.options, at[i])),
      ...wanted.flatMap(({ what, golden }, i) =>
        compare(what, found[i], golden, may, j => differs(name, what, c.options, at[j])),
      ),
    ];
  });
}

describe.each([exact, ...binaries].map(b => [b.name, b] as const))('%s', (_, backend: Backend) => {
  const may = backend === exact ? F64 : F32;
  for (const file of ['conv2d', 'pool', 'losses', 'activations', 'norm', 'more']) {
    casesOf(file).forEach((c, i) => {
      const name = c.op ?? file;
      test(`${file} #${i}: ${name} ${JSON.stringify(c.options)}`, () => {
        useBackend(backend);
        expect(check(name, c, may)).toEqual([]);
      });
    });
  }
});

test('sorted places are those of PyTorch', () => {
  useBackend(exact);
  const cases = casesOf('more').filter(({ op }) => op === 'sort' || op === 'topk');
  expect(cases.length).toBeGreaterThan(10);
  for (const { op, x, index, options } of cases) {
    const { k, dim, largest, descending } = options;
    const t = given(read(x), 'x');
    const [, at] = op === 'sort' ? ops.sort(t, dim, { descending }) : ops.topk(t, given(k, 'k'), dim, { largest });
    expect(Array.from(at.toArray()), `${op} ${JSON.stringify(options)}`).toEqual(given(index, 'index').i32);
  }
});

test('every difference is one', () => {
  expect([...met].sort()).toEqual(DIFFERENCES.map(({ why }) => why).sort());
});
