/** A right call of each function and layer of phyllo/nn that right.ts does not have: part of it. */
import { Generator, ones, type Tensor } from 'phyllo';
import { call, each, finite, operand, optional, plain, whole, type Argument, type Make } from './arguments';

const m = (...shape: number[]): Tensor => ones(shape.length > 0 ? shape : [2, 3]);
const generator = (): object => ({ generator: new Generator(1) });
/** What a layer's constructor takes, and what its forward does. */
export type Layers = Readonly<Record<string, readonly [args: () => Argument[], x: () => Tensor]>>;
const some = (names: string, args: () => Argument[], x: () => Tensor = m): Layers =>
  Object.fromEntries(names.split(' ').map(name => [name, [args, x]]));

export const FUNCTIONS_OF_LAYERS: Readonly<Record<string, Make>> = {
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
