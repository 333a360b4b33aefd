/** A right call of each function and layer of phyllo/nn that right.ts does not have: part of it. */
import { Generator, nn, ones, type Tensor } from 'phyllo';
import { call, each, finite, on, operand, optional, orNull, plain, whole, type Argument, type Make } from './arguments';

const m = (...shape: number[]): Tensor => ones(shape.length > 0 ? shape : [2, 3]);
const generator = (): object => ({ generator: new Generator(1) });
/** What a layer's constructor takes, and what its forward does. */
export type Layers = Readonly<Record<string, readonly [args: () => Argument[], x: () => Tensor]>>;
const some = (names: string, args: () => Argument[], x: () => Tensor = m): Layers =>
  Object.fromEntries(names.split(' ').map(name => [name, [args, x]]));

const line = (): Tensor => m(1, 2, 6);
const image = (): Tensor => m(1, 2, 6, 6);
const volume = (): Tensor => m(1, 2, 6, 6, 6);
const SHAPES = [line, image, volume] as const;
/** Options that may be given by position, so that a number may stand in their place. */
const placed = (o: object): Argument => ({ ...optional(whole(o)), also: 'number' });
const borders = (): Layers =>
  Object.fromEntries(
    ['Zero', 'Reflection', 'Replication', 'Circular', 'Constant'].flatMap(kind =>
      SHAPES.map((x, i) => [
        `${kind}Pad${i + 1}d`,
        [() => [whole(new Array<number>(2 * i + 2).fill(1)), ...(kind === 'Constant' ? [finite(2)] : [])], x],
      ]),
    ),
  );
const pools = (f: (dims: number, x: () => Tensor) => Readonly<Record<string, Make>>): Readonly<Record<string, Make>> =>
  Object.assign({}, ...SHAPES.map((x, i) => f(i + 1, x)));

export const WINDOWS: Layers = {
  ...borders(),
  ...Object.assign(
    {},
    ...SHAPES.map(
      (x, i): Layers => ({
        ...some(`MaxPool${i + 1}d AvgPool${i + 1}d`, () => [whole(2), placed({ stride: 1, padding: 1 })], x),
        ...some(`LPPool${i + 1}d`, () => [finite(2), whole(2), placed({ stride: 1 })], x),
        ...some(`AdaptiveAvgPool${i + 1}d AdaptiveMaxPool${i + 1}d`, () => [{ ...whole(2), also: 'null' }], x),
      }),
    ),
  ),
};

const steps = (): Argument => placed({ stride: 1, padding: 1, groups: 1 });
export const FUNCTIONS_OF_LAYERS: Readonly<Record<string, Make>> = {
  convTranspose1d: () => call(plain(line()), plain(m(2, 2, 3)), orNull(m(2)), steps()),
  convTranspose2d: () => call(plain(image()), plain(m(2, 2, 3, 3)), orNull(m(2)), steps()),
  convTranspose3d: () => call(plain(volume()), plain(m(2, 2, 3, 3, 3)), orNull(m(2)), steps()),
  instanceNorm: () =>
    call(
      plain(image()),
      orNull(m(2)),
      orNull(m(2)),
      optional(finite({ momentum: 0.5, eps: 0.1, useInputStats: true })),
    ),
  bilinear: () => call(plain(m(2, 3)), plain(m(2, 2)), plain(m(4, 3, 2)), orNull(m(4))),
  ...each('pixelShuffle channelShuffle', () => call(plain(m(1, 4, 2, 2)), whole(2))),
  pixelUnshuffle: () => call(plain(image()), whole(2)),
  unfold: () => call(plain(image()), whole(2), placed({ padding: 1, stride: 2 })),
  fold: () => call(plain(m(1, 8, 9)), whole(4), whole(2), placed({ dilation: 1 })),
  interpolate: () => call(plain(image()), placed({ size: 3, mode: 'bilinear', alignCorners: true })),
  affineGrid: () =>
    call(plain(m(1, 2, 3)), whole([1, 1, 2, 2]), { ...optional(plain({ alignCorners: true })), also: 'boolean' }),
  gridSample: () =>
    call(plain(image()), plain(m(1, 2, 2, 2)), optional(plain({ mode: 'nearest', paddingMode: 'border' }))),
  scaledDotProductAttention: () =>
    call(
      plain(m()),
      plain(m()),
      plain(m()),
      optional(finite({ isCausal: true, dropout: 0.5, scale: 2, ...generator() })),
    ),
  ...each('dropout1d alphaDropout featureAlphaDropout', () =>
    call(plain(line()), optional(finite(0.5)), optional(plain({ training: true, ...generator() }))),
  ),
  dropout2d: () => call(plain(image()), optional(finite(0.5)), optional(plain({ training: true }))),
  dropout3d: () => call(plain(volume()), optional(finite(0.5)), optional(plain({ training: true }))),
  ...pools((dims, x) => ({
    ...each(`maxPool${dims}d maxPool${dims}dWithIndices avgPool${dims}d`, () =>
      call(plain(x()), whole(2), placed({ stride: 1, padding: 1, ceilMode: true })),
    ),
    [`lpPool${dims}d`]: () => call(plain(x()), finite(2), whole(2), placed({ stride: 1, ceilMode: true })),
    ...each(`adaptiveAvgPool${dims}d adaptiveMaxPool${dims}d adaptiveMaxPool${dims}dWithIndices`, () =>
      call(plain(x()), { ...whole(2), also: 'null' }),
    ),
  })),
  ...each('hardsigmoid hardswish logsigmoid mish relu6 selu tanhshrink', () => call(operand(m()))),
  ...each('leakyRelu elu celu softshrink hardshrink', () => call(plain(m()), optional(finite(0.5)))),
  hardtanh: () => call(plain(m()), optional(finite(-3)), optional(finite(3))),
  softplus: () => call(plain(m()), optional(finite(2)), optional(finite(3))),
  threshold: () => call(plain(m()), finite(0.5), finite(2)),
  softmin: () => call(plain(m()), optional(whole(0))),
  glu: () => call(plain(m()), optional(whole(0))),
  prelu: () => call(plain(m()), plain(m(3))),
  rrelu: () =>
    call(plain(m()), optional(finite(0)), optional(finite(1)), optional(plain({ training: true, ...generator() }))),
  gumbelSoftmax: () => call(plain(m()), optional(finite({ tau: 2, hard: true, dim: 0, ...generator() }))),
};

export const ACTIVATIONS: Layers = {
  ...some(
    'Identity Sigmoid Tanh Arctan ReLU SiLU ReLU6 Hardsigmoid Hardswish SELU Mish LogSigmoid Softsign Tanhshrink',
    () => [],
  ),
  ...some('LeakyReLU ELU CELU Softshrink Hardshrink', () => [optional(finite(0.1))]),
  ...some('Softmax Softmin LogSoftmax GLU', () => [optional(whole(0))]),
  Softplus: [() => [optional(finite(2)), optional(finite(3))], m],
  Hardtanh: [() => [optional(finite(-3)), optional(finite(3))], m],
  Threshold: [() => [finite(0.5), finite(2)], m],
  RReLU: [() => [optional(finite(0.1)), optional(finite(0.5)), optional(plain(generator()))], m],
  PReLU: [() => [optional(whole(3)), optional(finite(0.5))], m],
  GELU: [() => [optional(plain('tanh'))], m],
  Softmax2d: [() => [], () => m(1, 2, 2, 2)],
};

const dropped = (x: () => Tensor): Layers[string] => [() => [optional(finite(0.5)), optional(plain(generator()))], x];
const filters = (o: object): Argument => placed({ ...o, ...generator() });
export const PIXELS: Layers = {
  Conv1d: [() => [whole(2), whole(2), whole(3), filters({ stride: 1, padding: 'same', paddingMode: 'reflect' })], line],
  Conv2d: [() => [whole(2), whole(2), whole(3), filters({ groups: 2, padding: [1, 1] })], image],
  Conv3d: [() => [whole(2), whole(2), whole([3, 3, 3]), filters({ dilation: 1 })], volume],
  ...Object.assign(
    {},
    ...SHAPES.map((x, i) => ({
      [`ConvTranspose${i + 1}d`]: [() => [whole(2), whole(2), whole(3), filters({ bias: false })], x],
    })),
  ),
  ...Object.assign(
    {},
    ...SHAPES.map((x, i) =>
      some(
        `BatchNorm${i + 1}d InstanceNorm${i + 1}d`,
        () => [whole(2), { ...optional(finite({ eps: 0.1, momentum: 0.1, affine: true })), also: 'number' }],
        x,
      ),
    ),
  ),
  LayerNorm: [() => [whole(3), { ...optional(finite({ eps: 0.1, bias: false })), also: 'number' }], m],
  GroupNorm: [() => [whole(1), whole(2), { ...optional(finite({ eps: 0.1 })), also: 'number' }], image],
  Dropout: dropped(m),
  AlphaDropout: dropped(m),
  FeatureAlphaDropout: dropped(m),
  Dropout1d: dropped(line),
  Dropout2d: dropped(image),
  Dropout3d: dropped(volume),
  Unflatten: [() => [whole(1), whole([3, 1])], m],
  Upsample: [() => [{ ...whole({ scaleFactor: 2, mode: 'bilinear' }), also: 'number' }], image],
  PixelShuffle: [() => [whole(2)], () => m(1, 4, 2, 2)],
  PixelUnshuffle: [() => [whole(2)], image],
  ChannelShuffle: [() => [whole(2)], image],
  Unfold: [() => [whole(2), placed({ padding: 1 })], image],
  Fold: [() => [whole(4), whole(2), placed({ padding: 0 })], () => m(1, 8, 9)],
};

const cellOptions = (o: object): Argument => ({
  ...optional(plain({ bias: true, ...o, ...generator() })),
  also: 'boolean',
});
const small = { dimFeedforward: 3, dropout: 0.5, normFirst: true };
const layerOptions = (o: object): Argument => optional(finite({ ...o, ...generator() }));
const sequence = (): Argument => plain(m(3, 1, 4));
const encoderLayer = (): nn.TransformerEncoderLayer => new nn.TransformerEncoderLayer(4, 2, small);
const decoderLayer = (): nn.TransformerDecoderLayer => new nn.TransformerDecoderLayer(4, 2, small);
const maker = (f: () => nn.Module): Argument => ({ value: f, also: 'function' });
const noNorm: Argument = { value: new nn.LayerNorm(4), also: 'null', optional: true };
const mask = (name: string): Argument => optional(plain({ [name]: m(3, 3) }));

/** Modules of several tensors. */
export const MODULES: Readonly<Record<string, Make>> = {
  'nn.Bilinear': () => call(whole(3), whole(2), whole(4), { ...cellOptions({}) }),
  'nn.Bilinear#forward': () => on(new nn.Bilinear(3, 2, 4), plain(m(2, 3)), plain(m(2, 2))),
  'nn.RNNCell': () => call(whole(3), whole(2), cellOptions({ nonlinearity: 'relu' })),
  'nn.RNNCell#forward': () => on(new nn.RNNCell(3, 2), plain(m()), orNull(m(2, 2))),
  'nn.LSTMCell': () => call(whole(3), whole(2), cellOptions({})),
  'nn.LSTMCell#forward': () => on(new nn.LSTMCell(3, 2), plain(m()), orNull([m(2, 2), m(2, 2)])),
  'nn.GRUCell': () => call(whole(3), whole(2), cellOptions({})),
  'nn.GRUCell#forward': () => on(new nn.GRUCell(3, 2), plain(m()), orNull(m(2, 2))),
  'nn.MultiheadAttention': () =>
    call(whole(4), whole(2), layerOptions({ dropout: 0.5, batchFirst: true, bias: false })),
  'nn.MultiheadAttention#forward': () =>
    on(new nn.MultiheadAttention(4, 2), sequence(), sequence(), sequence(), optional(plain({ needWeights: false }))),
  ...each('nn.TransformerEncoderLayer nn.TransformerDecoderLayer', () => call(whole(4), whole(2), layerOptions(small))),
  'nn.TransformerEncoderLayer#forward': () => on(encoderLayer(), sequence(), mask('mask')),
  'nn.TransformerDecoderLayer#forward': () => on(decoderLayer(), sequence(), sequence(), mask('tgtMask')),
  'nn.TransformerEncoder': () => call(maker(encoderLayer), whole(1), noNorm),
  'nn.TransformerDecoder': () => call(maker(decoderLayer), whole(1), noNorm),
  'nn.TransformerEncoder#forward': () => on(new nn.TransformerEncoder(encoderLayer, 1), sequence(), mask('mask')),
  'nn.TransformerDecoder#forward': () =>
    on(new nn.TransformerDecoder(decoderLayer, 1), sequence(), sequence(), mask('memoryMask')),
  'nn.Transformer': () => call(layerOptions({ dModel: 4, nhead: 2, numEncoderLayers: 1, numDecoderLayers: 1 })),
  'nn.Transformer#forward': () =>
    on(
      new nn.Transformer({ dModel: 4, nhead: 2, numEncoderLayers: 1, numDecoderLayers: 1 }),
      sequence(),
      sequence(),
      mask('srcMask'),
    ),
};
