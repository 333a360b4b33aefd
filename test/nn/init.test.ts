/** Initial parameters: bounds and deviations as PyTorch's, by formula and by statistics. */
import { readFileSync } from 'node:fs';
import {
  Generator,
  nn,
  normal,
  ones,
  randn,
  ShapeError,
  uniform,
  ValueError,
  zeros,
  type Pair,
  type Tensor,
} from 'phyllo';
import { describe, expect, test } from 'vitest';

/** What PyTorch asked of its generator for one tensor. */
interface Draw {
  readonly distribution: 'uniform' | 'normal';
  readonly shape: readonly number[];
  readonly bound: number;
  readonly std: number;
}
type Case = { readonly weight: Draw } & (
  | {
      readonly op: 'linear';
      readonly bias: Draw;
      readonly options: { readonly inFeatures: number; readonly outFeatures: number };
    }
  | {
      readonly op: 'conv2d';
      readonly bias: Draw;
      readonly options: {
        readonly inChannels: number;
        readonly outChannels: number;
        readonly kernelSize: Pair;
        readonly groups: number;
      };
    }
  | {
      readonly op: 'conv1d' | 'conv3d' | 'convTranspose2d';
      readonly bias: Draw;
      readonly options: {
        readonly inChannels: number;
        readonly outChannels: number;
        readonly groups: number;
        readonly kernelSize: number | readonly number[];
      };
    }
  | { readonly op: 'xavier'; readonly options: { readonly gain: number } }
  | {
      readonly op: 'kaiming';
      readonly options: {
        readonly mode: 'fanIn' | 'fanOut';
        readonly nonlinearity: nn.init.Nonlinearity;
        readonly a: number;
      };
    }
);
const { cases }: { readonly cases: readonly Case[] } = JSON.parse(
  readFileSync(new URL('../goldens/init.json', import.meta.url), 'utf8'),
);

const numbers = (t: Tensor): number[] => Array.from(t.toArray());
const mean = (xs: readonly number[]): number => xs.reduce((a, x) => a + x, 0) / xs.length;
const deviation = (xs: readonly number[]): number => {
  const m = mean(xs);
  return Math.sqrt(mean(xs.map(x => (x - m) ** 2)));
};
const largest = (xs: readonly number[]): number => xs.reduce((a, x) => Math.max(a, Math.abs(x)), 0);

/** What a draw gives with this library's generator: from equal states, equal numbers but for rounding. */
function drawn({ distribution, shape, bound, std }: Draw, generator: Generator): number[] {
  const options = { generator };
  return numbers(distribution === 'uniform' ? uniform(shape, -bound, bound, options) : normal(0, std, shape, options));
}
function expectClose(found: Tensor, expected: readonly number[], draw: Draw): void {
  expect(found.shape).toEqual(draw.shape);
  const scale = draw.distribution === 'uniform' ? draw.bound : draw.std;
  expect(largest(numbers(found).map((x, i) => x - expected[i]!))).toBeLessThanOrEqual(1e-6 * scale);
}

/** A convolutional layer whose kernel has as many sizes as its kind says. */
function another(
  op: 'conv1d' | 'conv3d' | 'convTranspose2d',
  {
    inChannels,
    outChannels,
    groups,
    kernelSize,
  }: {
    readonly inChannels: number;
    readonly outChannels: number;
    readonly groups: number;
    readonly kernelSize: number | readonly number[];
  },
  generator: Generator,
): nn.Layer & { readonly weight: Tensor; readonly bias: Tensor | null } {
  const [a = 0, b = a, c = b] = typeof kernelSize === 'number' ? [kernelSize] : kernelSize;
  const options = { groups, generator };
  if (op === 'conv1d') return new nn.Conv1d(inChannels, outChannels, a, options);
  if (op === 'conv3d') return new nn.Conv3d(inChannels, outChannels, [a, b, c], options);
  return new nn.ConvTranspose2d(inChannels, outChannels, [a, b], options);
}

describe('as PyTorch draws them', () => {
  const title = ({ op, options, weight: { shape, distribution } }: Case): string =>
    `${op} ${JSON.stringify(options)} [${shape.join()}] ${distribution}`;
  test.each(cases.map((c): [string, Case] => [title(c), c]))('%s', (_, c) => {
    const generator = new Generator(7);
    const same = new Generator(7);
    if (c.op !== 'xavier' && c.op !== 'kaiming') {
      const layerOf = (): { readonly weight: Tensor; readonly bias: Tensor | null } => {
        if (c.op === 'linear') return new nn.Linear(c.options.inFeatures, c.options.outFeatures, { generator });
        if (c.op !== 'conv2d') return another(c.op, c.options, generator);
        const { inChannels, outChannels, kernelSize, groups } = c.options;
        return new nn.Conv2d(inChannels, outChannels, kernelSize, { groups, generator });
      };
      const { weight, bias } = layerOf();
      expectClose(weight, drawn(c.weight, same), c.weight);
      expectClose(bias!, drawn(c.bias, same), c.bias);
      // Independently of any second draw: in the interval, and if they are many up to its ends.
      for (const [t, { bound }] of [
        [weight, c.weight],
        [bias!, c.bias],
      ] as const) {
        expect(largest(numbers(t))).toBeLessThanOrEqual(Math.fround(bound));
        if (t.size >= 1000) expect(largest(numbers(t))).toBeGreaterThan(0.99 * bound);
      }
      return;
    }
    const t = zeros(c.weight.shape);
    const { init } = nn;
    const uniformly = c.weight.distribution === 'uniform';
    if (c.op === 'xavier') (uniformly ? init.xavierUniform : init.xavierNormal)(t, c.options.gain, { generator });
    else (uniformly ? init.kaimingUniform : init.kaimingNormal)(t, { ...c.options, generator });
    expectClose(t, drawn(c.weight, same), c.weight);
  });
});

describe('by their statistics', () => {
  const shape = [256, 64, 3, 3]; // 147,456 numbers: the deviation's own is 0.2 %
  const [fanIn, fanOut] = [64 * 9, 256 * 9];
  const wide = (f: (t: Tensor) => Tensor): number[] => numbers(f(zeros(shape)));
  const from = (seed: number): { generator: Generator } => ({ generator: new Generator(seed) });
  const xavier = Math.sqrt(2 / (fanIn + fanOut));

  test.each<[string, (t: Tensor) => Tensor, number]>([
    ['xavierNormal', t => nn.init.xavierNormal(t, 1, from(1)), xavier],
    ['xavierNormal with a gain', t => nn.init.xavierNormal(t, 5 / 3, from(2)), (5 / 3) * xavier],
    ['kaimingNormal', t => nn.init.kaimingNormal(t, from(3)), Math.sqrt(2 / fanIn)],
    ['kaimingNormal of fanOut', t => nn.init.kaimingNormal(t, { mode: 'fanOut', ...from(4) }), Math.sqrt(2 / fanOut)],
    ['lecunNormal', t => nn.init.lecunNormal(t, from(5)), 1 / Math.sqrt(fanIn)],
    ['normal', t => nn.init.normal(t, 0, 0.02, from(6)), 0.02],
  ])('%s', (_, f, std) => {
    const xs = wide(f);
    expect(deviation(xs) / std).toBeCloseTo(1, 2);
    expect(Math.abs(mean(xs))).toBeLessThan((4 * std) / Math.sqrt(xs.length));
    // A normal distribution has 4.55 % beyond two deviations, an even one none beyond √3.
    expect(xs.filter(x => Math.abs(x) > 2 * std).length / xs.length).toBeCloseTo(0.0455, 2);
  });

  test.each<[string, (t: Tensor) => Tensor, number]>([
    ['xavierUniform', t => nn.init.xavierUniform(t, 1, from(7)), Math.sqrt(6 / (fanIn + fanOut))],
    ['kaimingUniform', t => nn.init.kaimingUniform(t, from(8)), Math.sqrt(6 / fanIn)],
    ['kaimingUniform of fanOut', t => nn.init.kaimingUniform(t, { mode: 'fanOut', ...from(9) }), Math.sqrt(6 / fanOut)],
    ['kaimingUniform, a = √5', t => nn.init.kaimingUniform(t, { a: Math.sqrt(5), ...from(10) }), 1 / Math.sqrt(fanIn)],
    ['uniform', t => nn.init.uniform(t, -0.5, 0.5, from(11)), 0.5],
  ])('%s', (_, f, bound) => {
    const xs = wide(f);
    expect(largest(xs)).toBeLessThanOrEqual(Math.fround(bound));
    expect(largest(xs)).toBeGreaterThan(0.9999 * bound);
    expect((Math.sqrt(3) * deviation(xs)) / bound).toBeCloseTo(1, 2);
    expect(Math.abs(mean(xs))).toBeLessThan((4 * bound) / Math.sqrt(3 * xs.length));
  });

  test('kaimingNormal keeps the second moment through ten layers of ReLU', () => {
    const generator = new Generator(13);
    let x = randn([200, 256], { generator });
    for (let i = 0; i < 10; i++) {
      const layer = new nn.Linear(256, 256, { bias: false });
      nn.init.kaimingNormal(layer.weight, { nonlinearity: 'relu', generator });
      x = layer.forward(x).relu();
    }
    const moment = mean(numbers(x).map(v => v * v));
    expect(Math.abs(Math.log(moment))).toBeLessThan(Math.log(3)); // without the gain it would be 2⁻¹⁰
  });
});

describe('formulas', () => {
  test('fans', () => {
    expect(nn.init.fans(zeros([120, 400]))).toEqual({ fanIn: 400, fanOut: 120 });
    expect(nn.init.fans(zeros([16, 6, 5, 3]))).toEqual({ fanIn: 90, fanOut: 240 });
    expect(() => nn.init.fans(zeros([3]))).toThrow(ShapeError);
  });

  test('calculateGain', () => {
    const { calculateGain } = nn.init;
    expect(calculateGain('linear')).toBe(1);
    expect(calculateGain('sigmoid')).toBe(1);
    expect(calculateGain('tanh')).toBe(5 / 3);
    expect(calculateGain('relu')).toBe(Math.sqrt(2));
    expect(calculateGain('leakyRelu')).toBe(Math.sqrt(2 / 1.0001));
    expect(calculateGain('leakyRelu', 2)).toBeCloseTo(Math.sqrt(2 / 5), 12);
    expect(calculateGain('selu')).toBe(0.75);
  });

  test('constants', () => {
    expect(numbers(nn.init.constant(zeros([2, 2]), 0.25))).toEqual([0.25, 0.25, 0.25, 0.25]);
    expect(numbers(nn.init.ones(zeros([2])))).toEqual([1, 1]);
    expect(numbers(nn.init.zeros(ones([2])))).toEqual([0, 0]);
  });

  test('of parameters, in place and outside the graph', () => {
    const { weight } = new nn.Linear(3, 2);
    expect(nn.init.constant(weight, 2)).toBe(weight);
    expect(weight.requiresGrad).toBe(true);
    weight.sum().backward();
    expect(numbers(weight.grad!)).toEqual([1, 1, 1, 1, 1, 1]);
  });

  test('of no numbers', () => {
    expect(new nn.Linear(0, 2).weight.shape).toEqual([2, 0]);
    expect(numbers(new nn.Linear(0, 2).bias!)).toEqual([0, 0]);
    expect(nn.init.kaimingUniform(zeros([0, 4])).size).toBe(0);
  });

  test('errors', () => {
    expect(() => nn.init.normal(zeros([2]), 0, -1)).toThrow(ValueError);
    expect(() => nn.init.uniform(zeros([2]), 1, 0)).toThrow(ValueError);
    expect(() => nn.init.kaimingNormal(zeros([2, 2]), { a: NaN })).toThrow(
      /kaimingNormal: a takes a finite number, this is/,
    );
  });
});
