/** Elman's network as it was published, by its three matrices. */
import { ShapeError } from '../core/errors';
import { aFunction, options as optionsOf, wholeNumber } from '../core/kinds';
import { aTensor, aTensorOrNull } from '../core/tensor-kinds';
import { show, type Shape } from '../core/shape';
import { checkArguments, checkConstructor } from '../core/signature';
import type { Tensor } from '../core/tensor';
import { add } from '../ops/arithmetic';
import { zeros } from '../ops/creation';
import { relu, tanh } from '../ops/elementwise';
import { stack } from '../ops/join';
import { linear, matmul } from '../ops/matmul';
import { rnn } from '../ops/rnn';
import { select, t as transposed } from '../ops/view';
import { initial, layerKeys, type LayerOptions } from './initial';
import { noteFields } from './fields';
import { Module } from './module';
import type { Parameter } from './parameter';

type Activation = (a: Tensor) => Tensor;
export interface ElmanOptions extends LayerOptions {
  /** Of the hidden state. Default tanh. */
  readonly f1?: Activation;
  /** Of the output. Default: none. */
  readonly f2?: Activation;
}
/**
 * Elman's network with an output: hₜ = f₁(U xₜ + W hₜ₋₁), yₜ = f₂(V hₜ), without biases. `forward` takes x
 * [steps, batch, inputSize] and h0 [batch, hiddenSize], zeros if left out, and returns y [steps, batch, outputSize] and
 * the last h.
 */
export class Elman extends Module {
  /** [hiddenSize, inputSize] */
  readonly U: Parameter;
  /** [outputSize, hiddenSize] */
  readonly V: Parameter;
  /** [hiddenSize, hiddenSize] */
  readonly W: Parameter;
  readonly f1: Activation;
  readonly f2: Activation;

  constructor(
    readonly inputSize: number,
    readonly hiddenSize: number,
    readonly outputSize: number,
    options: ElmanOptions = {},
  ) {
    super();
    checkConstructor<typeof Elman>(
      'Elman',
      [
        ['inputSize', wholeNumber(1)],
        ['hiddenSize', wholeNumber(1)],
        ['outputSize', wholeNumber(1)],
        ['options', optionsOf<ElmanOptions>({ ...layerKeys, f1: aFunction(), f2: aFunction() })],
      ],
      arguments,
    );
    const { f1 = tanh, f2 = (a): Tensor => a, generator } = options;
    const make = (shape: Shape): Parameter => initial(shape, hiddenSize, { generator });
    this.U = make([hiddenSize, inputSize]);
    this.V = make([outputSize, hiddenSize]);
    this.W = make([hiddenSize, hiddenSize]);
    this.f1 = f1;
    this.f2 = f2;
    noteFields(this);
  }

  forward(x: Tensor, h0: Tensor | null = null): [y: Tensor, h: Tensor] {
    checkArguments(
      'Elman',
      [
        ['x', aTensor],
        ['h0', aTensorOrNull],
      ],
      [x, h0],
    );
    const [states, last] = this.states(x, h0);
    return [this.f2(linear(states, this.V)), last];
  }

  /** All hidden states: by the kernel for the two functions it knows, else step by step. */
  private states(x: Tensor, h0: Tensor | null): [states: Tensor, last: Tensor] {
    const { U, W, f1, hiddenSize } = this;
    if (f1 === tanh || f1 === relu)
      return rnn(x, { ih: U, hh: W }, h0, { nonlinearity: f1 === relu ? 'relu' : 'tanh' });
    if (x.ndim !== 3 || x.shape[0] === 0 || x.shape[2] !== this.inputSize) {
      throw new ShapeError('Elman', `x takes [steps, batch, ${this.inputSize}], this is ${show(x.shape)}`);
    }
    const p = linear(x, U);
    let h = h0 ?? zeros([x.shape[1]!, hiddenSize]);
    const all: Tensor[] = [];
    for (let t = 0; t < x.shape[0]!; t++) all.push((h = f1(add(select(p, 0, t), matmul(h, transposed(W))))));
    return [stack(all), h];
  }
}
