/** A right call of every public function, method and constructor, with what each argument may be. */
import {
  ConcatDataset,
  encodeSafetensors,
  Generator,
  nn,
  ones,
  SequentialSampler,
  Subset,
  tensor,
  TensorDataset,
  writeIdx,
  type Tensor,
} from 'phyllo';
import {
  plain,
  whole,
  finite,
  optional,
  operand,
  orNull,
  record,
  call,
  each,
  on,
  type Argument,
  type Make,
  type Right,
} from './arguments';
import { RIGHT_FUNCTIONS } from './right-functions';
import { RIGHT_LOSSES } from './right-losses';
import { RIGHT_TRAINING } from './right-training';
import { RIGHT_LINALG } from './right-linalg';
import { RIGHT_METRICS } from './right-metrics';
import { ACTIVATIONS, FUNCTIONS_OF_LAYERS, MODULES, PIXELS, WINDOWS } from './right-layers';

const m = (...shape: number[]): Tensor => ones(shape.length > 0 ? shape : [2, 3]);
const index = (...numbers: number[]): Tensor => tensor(Int32Array.from(numbers));
const generator = (): object => ({ generator: new Generator(1) });
const image = (): Tensor => m(1, 2, 5, 5);
const data = (): TensorDataset<[Tensor, Tensor]> => new TensorDataset(m(4, 3), index(0, 1, 2, 0));
const weights = (gates: number): object => ({
  ih: m(2 * gates, 3),
  hh: m(2 * gates, 2),
  biasIh: m(2 * gates),
  biasHh: m(2 * gates),
});
const leaf = (): Tensor => tensor([1, 2], { requiresGrad: true });
const linear = (): nn.Linear => new nn.Linear(3, 2);

const unary = (): Right => call(operand(m()));
const binary = (): Right => call(operand(m()), operand(m()));
const over = (): Right => call(plain(m()), optional(whole(0)), optional(plain({ keepdim: true })));
const sums = (): Right => call(plain(m()), optional(whole([0, 1])), optional(plain({ keepdim: true })));
const loss = (options: object) => (): Right =>
  call(plain(m()), plain(m()), optional(finite({ reduction: 'sum', ...options })));
/** Layers of one tensor: what they are made of, and what goes in. */
const layers = (
  list: Readonly<Record<string, readonly [args: () => Argument[], x: () => Tensor]>>,
): Record<string, Make> =>
  Object.fromEntries(
    Object.entries(list).flatMap(([name, [args, x]]): [string, Make][] => {
      const type: new (...args: never[]) => object = Reflect.get(nn, name);
      const object = (): object =>
        Reflect.construct(
          type,
          args().map(a => a.value),
        );
      return [
        [`nn.${name}`, () => call(...args())],
        [`nn.${name}#forward`, () => on(object(), operand(x()))],
      ];
    }),
  );

const convolution = (): Argument => ({
  ...optional(whole({ stride: 1, padding: 1, dilation: 1, groups: 1 })),
  also: 'number',
});
const layerOptions = (options: object): Argument => optional(finite({ ...options, ...generator() }));

export const RIGHT: Readonly<Record<string, Make>> = {
  ...RIGHT_FUNCTIONS,
  ...RIGHT_LINALG,
  ...RIGHT_METRICS,
  ...FUNCTIONS_OF_LAYERS,
  ...MODULES,
  ...each(
    'abs atan ceil cos erf exp expm1 floor log log1p neg reciprocal relu rsqrt sigmoid sign silu sin softsign sqrt square tanh',
    unary,
  ),
  ...each('rsub mul pow maximum minimum eq ne lt le gt ge', binary),
  ...each('sum mean amax amin', sums),
  ...each('argmax argmin', over),
  ...each('max min', () => call(plain(m()), optional(whole(0)), optional(plain({ keepdim: true })))),
  ...each('variance std', () =>
    call(plain(m()), optional(whole([0])), optional(finite({ keepdim: true, correction: 0 }))),
  ),
  logsumexp: () => call(plain(m()), whole([0]), optional(plain({ keepdim: false }))),
  sumTo: () => call(plain(m()), whole([1, 3])),
  ...each('contiguous t', () => call(plain(m()))),
  clamp: () => call(plain(m()), optional(plain(0)), optional(plain(1))),
  gelu: () => call(plain(m()), optional(plain({ approximate: 'tanh' }))),
  to: () => call(plain(m()), plain('i32')),
  where: () => call(plain(tensor([true, false])), optional(operand(m(2))), optional(operand(m(2)))),
  'Tensor#where': () => on(m(2), plain(tensor([true, false])), operand(m(2))),
  linear: () => call(plain(m()), plain(m(2, 3)), orNull(m(2))),
  conv1d: () => call(plain(m(1, 2, 5)), plain(m(2, 2, 3)), orNull(m(2)), convolution()),
  conv2d: () =>
    call(plain(image()), plain(m(2, 2, 3, 3)), orNull(m(2)), {
      ...optional(whole({ stride: [1, 1], padding: 'same' })),
      also: 'number',
    }),
  conv3d: () =>
    call(plain(m(1, 2, 4, 4, 4)), plain(m(2, 2, 3, 3, 3)), orNull(m(2)), {
      ...optional(whole({ stride: [1, 1, 1] })),
      also: 'number',
    }),
  layerNorm: () =>
    call(plain(m()), whole([3]), optional({ ...finite({ weight: m(3), bias: m(3), eps: 0.1 }), also: 'null' })),
  rmsNorm: () => call(plain(m()), whole(3), optional({ ...finite({ weight: m(3), eps: 0.1 }), also: 'null' })),
  groupNorm: () =>
    call(plain(image()), whole(2), optional({ ...finite({ weight: m(2), bias: m(2), eps: 0.1 }), also: 'null' })),
  batchNorm: () =>
    call(
      plain(m(4, 2)),
      { ...plain(m(2)), also: 'null' },
      { ...plain(m(2)), also: 'null' },
      optional(finite({ training: true, momentum: 0.5, eps: 0.1 })),
    ),
  localResponseNorm: () => call(plain(image()), whole(2), optional(finite({ alpha: 1, beta: 1, k: 1, of: 'sum' }))),
  sort: () => call(plain(m()), optional(whole(0)), optional(plain({ descending: true }))),
  argsort: () => call(plain(m()), optional(whole(0)), optional(plain({ descending: true }))),
  topk: () => call(plain(m()), whole(1), optional(whole(0)), optional(plain({ largest: false }))),
  cumsum: () => call(plain(m()), whole(0)),
  reshape: () => call(plain(m()), whole([3, -1])),
  flatten: () => call(plain(m()), optional(whole(0)), optional(whole(1))),
  unsqueeze: () => call(plain(m()), whole(0)),
  permute: () => call(plain(m()), whole([1, 0])),
  expand: () => call(plain(m(1, 3)), whole([2, 3])),
  // A slice may end at ±Infinity.
  slice: () => call(plain(m()), whole(0), whole(0), optional(plain(1)), optional(whole(1))),
  select: () => call(plain(m()), whole(0), whole(1)),
  split: () => call(plain(m()), whole(1), optional(whole(0))),
  pad: () => call(plain(m()), whole([1, 0]), optional(plain('constant')), optional(plain(3))),
  gather: () => call(plain(m(3)), whole(0), plain(index(0, 2))),
  indexSelect: () => call(plain(m(3)), whole(0), plain(index(0, 2))),
  take: () => call(plain(m(3)), plain(index(0, 2))),
  takeAlongDim: () => call(plain(m(3)), plain(index(0, 2)), optional(whole(0))),
  maskedSelect: () => call(plain(m(3)), plain(tensor([true, false, true]))),
  ...each('nonzero argwhere', () => call(plain(m()))),
  scatter: () => call(plain(m(3)), whole(0), plain(index(0, 2)), operand(m(2))),
  scatterAdd: () => call(plain(m(3)), whole(0), plain(index(0, 2)), plain(m(2))),
  scatterReduce: () =>
    call(plain(m(3)), whole(0), plain(index(0, 2)), plain(m(2)), plain('sum'), optional(plain({ includeSelf: true }))),
  indexCopy: () => call(plain(m(3)), whole(0), plain(index(0, 2)), plain(m(2))),
  indexAdd: () => call(plain(m(3)), whole(0), plain(index(0, 2)), plain(m(2)), optional(finite({ alpha: 2 }))),
  indexFill: () => call(plain(m(3)), whole(0), plain(index(0, 2)), operand(m(1).reshape([]))),
  maskedScatter: () => call(plain(m(3)), plain(tensor([true, false, true])), plain(m(2))),
  at: () => call(plain(m()), optional({ value: 0, whole: true, also: 'index' })),
  put: () => call(plain(m()), operand(m(3)), optional({ value: 0, whole: true, also: 'index' })),
  oneHot: () => call(plain(index(0, 2)), whole(3)),
  embedding: () => call(plain(index(0, 1)), plain(m()), optional(whole({ paddingIdx: 0 }))),
  rnn: () =>
    call(
      plain(m(2, 1, 3)),
      plain(weights(1)),
      orNull(m(1, 2)),
      optional(plain({ reverse: true, nonlinearity: 'relu' })),
    ),
  lstm: () =>
    call(plain(m(2, 1, 3)), plain(weights(4)), orNull([m(1, 2), m(1, 2)]), optional(plain({ reverse: true }))),
  gru: () => call(plain(m(2, 1, 3)), plain(weights(3)), orNull(m(1, 2)), optional(plain({ reverse: true }))),
  dropout: () => call(plain(m()), optional(finite(0.5)), optional(plain({ training: true, ...generator() }))),
  ...each('mseLoss l1Loss', loss({})),
  binaryCrossEntropy: () => loss({ weight: m() })(),
  ...RIGHT_LOSSES,
  smoothL1Loss: loss({ beta: 1 }),
  huberLoss: loss({ delta: 1 }),
  binaryCrossEntropyWithLogits: () =>
    call(plain(m()), plain(m()), optional(plain({ posWeight: m(3), reduction: 'none' }))),
  crossEntropy: () =>
    call(
      plain(m()),
      plain(index(0, 2)),
      optional(finite({ weight: m(3), labelSmoothing: 0.5, ignoreIndex: 1, input: 'logits' })),
    ),
  nllLoss: () => call(plain(m()), plain(index(0, 2)), optional(finite({ weight: m(3), reduction: 'cost' }))),
  concat: () => call(plain([m(), m()]), optional(whole(0))),
  stack: () => call(plain([m(), m()]), optional(whole(0))),
  copy_: () => call(plain(m()), { ...plain(m()) }),
  fill_: () => call(plain(m()), operand(m(1).reshape([]))),
  zero_: () => call(plain(m())),
  ...each('add_ sub_', () => call(plain(m()), operand(m()), optional(finite({ alpha: 2 })))),
  ...each('mul_ div_', () => call(plain(m()), operand(m()))),
  clamp_: () => call(plain(m()), optional(plain(0)), optional(plain(1))),

  full: () => call(whole([2]), plain(3), optional(plain({ dtype: 'i32', requiresGrad: false }))),
  ...each('zeros ones', () => call(whole([2]), optional(plain({ dtype: 'u8' })))),
  ...each('zerosLike onesLike', () => call(plain(m()), optional(plain({ requiresGrad: true })))),
  tensor: () => call({ value: [1, 2], also: 'numbers' }, optional(plain({ shape: [1, 2], dtype: 'f32' }))),
  arange: () => call(finite(0), optional(finite(3)), optional(finite(1)), optional(plain({ dtype: 'i32' }))),
  linspace: () => call(finite(0), finite(1), whole(3), optional(plain({ requiresGrad: true }))),
  eye: () => call(whole([2]), optional(plain({ dtype: 'bool' }))),
  uniform: () => call(whole([2]), finite(0), finite(1), optional(plain(generator()))),
  ...each('rand randn', () => call(whole([2]), optional(plain({ requiresGrad: true })))),
  randint: () => call(whole(0), whole(3), whole([2]), optional(plain(generator()))),
  randperm: () => call(whole(3), optional(plain(generator()))),
  permutation: () => call(whole(3), optional(plain(new Generator(1)))),
  manualSeed: () => call(whole(1)),
  Generator: () => call(optional(whole(1))),
  'Generator#manualSeed': () => on(new Generator(1), whole(2)),

  backward: () => call(plain(leaf().mul(2)), plain({ gradient: m(2), retainGraph: true, createGraph: false })),
  gradients: () => {
    const x = leaf();
    return call(plain(x.mul(2)), plain([x]), plain({ gradient: m(2) }));
  },
  ...each('grad valueAndGrad', () => call({ value: (x: Tensor) => x.sum(), also: 'function' })),
  checkpoint: () => call({ value: (x: Tensor) => x.sum(), also: 'function' }),
  capture: () => call({ value: (x: Tensor) => x.sum(), also: 'function' }, optional(plain({ winograd: 4 }))),
  scope: () =>
    call({ value: () => m().sum().item(), also: 'function' }, { value: 'mine', also: 'text', optional: true }),
  noGrad: () => call({ value: () => m().sum().item(), also: 'function' }),
  memory: () => call(optional(plain({ resetPeak: false }))),

  TensorDataset: () => call(plain(m(2, 3)), optional(plain(index(0, 1)))),
  'TensorDataset#get': () => on(data(), whole(1)),
  'TensorDataset#getBatch': () => on(data(), { value: Int32Array.of(0, 1), also: 'numbers', whole: true }),
  ConcatDataset: () => call(plain([data(), data()])),
  'ConcatDataset#get': () => on(new ConcatDataset([data(), data()]), whole(5)),
  ChainDataset: () => call({ value: [[1], [2]] }),
  SequentialSampler: () => call(plain(data())),
  RandomSampler: () => call(plain(data()), optional(whole({ replacement: true, numSamples: 3, ...generator() }))),
  SubsetRandomSampler: () => call({ value: [0, 1], also: 'numbers' }, optional(plain(generator()))),
  WeightedRandomSampler: () =>
    call(
      { value: [1, 2], also: 'numbers', finite: true },
      whole(2),
      optional(plain({ replacement: true, ...generator() })),
    ),
  BatchSampler: () => call(plain(new SequentialSampler(data())), whole(2), optional(plain(true))),
  Subset: () => call(plain(data()), { value: [0, 1], also: 'numbers', whole: true }),
  'Subset#get': () => on(new Subset(data(), [2, 1]), whole(1)),
  DataLoader: () =>
    call(
      plain(data()),
      optional(whole({ batchSize: 2, shuffle: true, seed: 1, dropLast: true, workers: 0, prefetch: 2 })),
    ),
  defineDataset: () =>
    call(
      { value: 'file:///data.js', also: 'function' },
      { value: data, also: 'function' },
      optional({ value: { collate: (samples: readonly unknown[]) => samples }, also: 'function' }),
    ),
  randomSplit: () => call(plain(data()), finite([0.5, 0.5]), optional(whole({ seed: 1 }))),
  readIdx: () => call(plain(writeIdx(tensor(Uint8Array.of(1, 2)))), optional({ value: 'a file', also: 'text' })),
  writeIdx: () => call(plain(m())),
  encodeSafetensors: () =>
    call(record({ w: m(), b: m(2) }), optional({ ...record({ made: 'by hand' }), also: 'text' })),
  decodeSafetensors: () =>
    call(
      plain(encodeSafetensors({ w: m() })),
      optional({ value: 'a file', also: 'text' }),
      optional(plain({ convert: false })),
    ),

  ...layers({
    ...ACTIVATIONS,
    ...WINDOWS,
    ...PIXELS,
    Linear: [() => [whole(3), whole(2), { ...layerOptions({ bias: true }), also: 'boolean' }], m],
    Flatten: [() => [optional(whole(1)), optional(whole(-1))], m],
    RMSNorm: [() => [whole([3]), optional(finite({ eps: 0.1 }))], m],
    LocalResponseNorm: [() => [whole(3), optional(finite({ alpha: 1, of: 'sum' }))], image],
    Embedding: [() => [whole(3), whole(2), layerOptions({ paddingIdx: 0 })], () => index(0, 2)],
    RNN: [
      () => [whole(3), whole(2), layerOptions({ nonlinearity: 'relu', numLayers: 2, dropout: 0.5 })],
      () => m(2, 1, 3),
    ],
    LSTM: [() => [whole(3), whole(2), layerOptions({ bidirectional: true, batchFirst: true })], () => m(2, 1, 3)],
    GRU: [() => [whole(3), whole(2), layerOptions({ bias: false })], () => m(2, 1, 3)],
    Elman: [() => [whole(3), whole(2), whole(2), layerOptions({})], () => m(2, 1, 3)],
  }),
  'nn.Parameter': () => call(plain(m()), optional(plain(true))),
  'nn.Buffer': () => call(plain(m()), optional(plain({ persistent: false }))),
  'nn.Sequential': () => call(optional(plain(linear()))), // layers in any order
  'nn.Sequential#forward': () => on(new nn.Sequential(linear()), plain(m())),
  'nn.Module#loadStateDict': () =>
    on(linear(), plain({ weight: m(2, 3), bias: m(2) }), optional(plain({ strict: true }))),
  'nn.Module#train': () => on(linear(), optional(plain(true))),
  'nn.Module#requiresGrad_': () => on(linear(), optional(plain(false))),
  'nn.Module#apply': () => on(linear(), { value: () => {}, also: 'function' }),
  ...Object.fromEntries(
    ['registerForwardHook', 'registerForwardPreHook', 'registerFullBackwardHook'].map(name => [
      `nn.Module#${name}`,
      () => on(linear(), { value: () => {}, also: 'function' }),
    ]),
  ),
  'nn.Module#getSubmodule': () => on(new nn.Sequential(linear()), { value: '0', also: 'text' }),
  'nn.Module#getParameter': () => on(linear(), { value: 'weight', also: 'text' }),
  'nn.Module#getBuffer': () => on(new nn.BatchNorm1d(2), { value: 'running_mean', also: 'text' }),
  'nn.Module#registerBuffer': () =>
    on(linear(), { value: 'mask', also: 'text' }, plain(m()), optional(plain({ persistent: false }))),
  'nn.Module#registerParameter': () => on(linear(), { value: 'more', also: 'text' }, plain(new nn.Parameter(m()))),
  'nn.ModuleList': () => call(optional(plain([linear()]))),
  'nn.ParameterList': () => call(optional(plain([new nn.Parameter(m())]))),
  'nn.ModuleDict': () => call(optional(record({ a: linear() }))),
  'nn.ParameterDict': () => call(optional(record({ a: new nn.Parameter(m()) }))),
  ...each('nn.summary nn.statistics', () =>
    call(plain(linear()), { ...whole([1, 3]), also: 'tensor' }, optional(plain({ time: false }))),
  ),
  ...RIGHT_TRAINING,

  detectAnomaly: () => call({ value: () => m().exp(), also: 'function' }),
  'Tensor#backward': () => on(leaf().sum(), optional(plain({ retainGraph: true }))),
  'Tensor#registerHook': () => on(leaf(), { value: () => {}, also: 'function' }),
  'Tensor#set': () => on(m(2), { value: [1, 2], also: 'numbers' }),
};
