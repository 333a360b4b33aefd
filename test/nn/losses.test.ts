/** Losses as modules: each is its function with the options of its constructor. */
import * as phyllo from 'phyllo';
import { Generator, nn, rand, randn, tensor, type Tensor } from 'phyllo';
import { expect, test } from 'vitest';
import type * as losses from '../../ts/nn/losses';

const from = { generator: new Generator(5) };
const real = (): Tensor => randn([3, 4], from);
const chance = (): Tensor => rand([3, 4], from).mul(0.8).add(0.1);
const signs = (...shape: number[]): Tensor => randn(shape, from).sign();
const classes = (): Tensor => tensor(Int32Array.of(2, 0, 3));

type Row = readonly [f: string, inputs: () => Tensor[], options: object];
/** A class without a row does not compile. */
const ROWS: Readonly<Record<keyof typeof losses, Row>> = {
  MSELoss: ['mseLoss', () => [real(), real()], {}],
  L1Loss: ['l1Loss', () => [real(), real()], {}],
  SmoothL1Loss: ['smoothL1Loss', () => [real(), real()], { beta: 0.5 }],
  HuberLoss: ['huberLoss', () => [real(), real()], { delta: 0.5 }],
  BCELoss: ['binaryCrossEntropy', () => [chance(), chance()], { weight: tensor([1, 2, 3, 4]) }],
  BCEWithLogitsLoss: ['binaryCrossEntropyWithLogits', () => [real(), chance()], { posWeight: tensor([1, 2, 3, 4]) }],
  CrossEntropyLoss: ['crossEntropy', () => [real(), classes()], { labelSmoothing: 0.25 }],
  NLLLoss: ['nllLoss', () => [real().logSoftmax(1), classes()], { weight: tensor([1, 2, 3, 4]) }],
  KLDivLoss: ['klDiv', () => [real().logSoftmax(1), real().softmax(1)], { reduction: 'batchmean' }],
  PoissonNLLLoss: ['poissonNllLoss', () => [real(), chance().mul(5)], { full: true }],
  GaussianNLLLoss: ['gaussianNllLoss', () => [real(), real(), chance()], { full: true }],
  SoftMarginLoss: ['softMarginLoss', () => [real(), signs(3, 4)], {}],
  HingeEmbeddingLoss: ['hingeEmbeddingLoss', () => [real(), signs(3, 4)], { margin: 0.5 }],
  MarginRankingLoss: ['marginRankingLoss', () => [real(), real(), signs(3, 4)], { margin: 0.5 }],
  CosineEmbeddingLoss: ['cosineEmbeddingLoss', () => [real(), real(), signs(3)], { margin: 0.25 }],
  TripletMarginLoss: ['tripletMarginLoss', () => [real(), real(), real()], { swap: true, p: 3 }],
  MultiMarginLoss: ['multiMarginLoss', () => [real(), classes()], { p: 2 }],
  MultiLabelMarginLoss: [
    'multilabelMarginLoss',
    () => [real(), tensor(Int32Array.of(3, 0, -1, 1, -1, 0, 0, 0, 0, 1, 2, 3), { shape: [3, 4] })],
    {},
  ],
  MultiLabelSoftMarginLoss: ['multilabelSoftMarginLoss', () => [real(), chance()], {}],
};

test.each(Object.entries(ROWS))('%s', (name, [f, inputs, options]) => {
  const [type, loss]: [new (options?: object) => nn.Module, (...args: unknown[]) => Tensor] = [
    Reflect.get(nn, name),
    Reflect.get(phyllo, f),
  ];
  const xs = inputs();
  const run = (m: nn.Module): Tensor => Reflect.apply(m.forward, m, xs);
  const numbers = (t: Tensor): number[] => Array.from(t.toArray());
  expect(numbers(run(new type(options)))).toEqual(numbers(loss(...xs, options)));
  expect(numbers(run(new type()))).toEqual(numbers(loss(...xs)));
  expect(new type({ ...options, reduction: 'none' }).constructor.name).toBe(name);
  if (Object.keys(options).length > 0) expect(numbers(run(new type(options)))).not.toEqual(numbers(run(new type())));
  expect(() => new type({ reductoin: 'sum' })).toThrow(
    `${name}: there is no option reductoin: did you mean reduction?`,
  );
  expect(() => Reflect.construct(type, [{}, 1])).toThrow(`${name}: takes 1 argument, these are 2`);
});
