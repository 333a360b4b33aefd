/** A right call of each function and layer of phyllo/nn that right.ts does not have: part of it. */
import { Generator, ones, type Tensor } from 'phyllo';
import { call, each, finite, operand, optional, plain, whole, type Argument, type Make } from './arguments';

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

export const FUNCTIONS_OF_LAYERS: Readonly<Record<string, Make>> = {
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
