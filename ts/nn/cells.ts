/** One step of a recurrent layer. Names, shapes and initial values are PyTorch's. */
import { ShapeError } from '../core/errors';
import { check, oneOf, options as optionsOf, orNull, twoOf, wholeNumber, type Keys } from '../core/kinds';
import { scope } from '../core/scope';
import { show } from '../core/shape';
import { byPosition, checkArguments, type Positional } from '../core/signature';
import type { Tensor } from '../core/tensor';
import { aTensor, aTensorOrNull } from '../core/tensor-kinds';
import { gru, lstm, rnn, type RecurrentWeights } from '../ops/rnn';
import { squeeze, unsqueeze } from '../ops/view';
import { noteFields } from './fields';
import { biasedLayerKeys, initial, type BiasedLayerOptions } from './initial';
import { Module } from './module';
import type { Parameter } from './parameter';

export interface RNNCellOptions extends BiasedLayerOptions {
  /** Default tanh. */
  readonly nonlinearity?: 'tanh' | 'relu';
}

/** What cells share: parameters of `gates` gates. */
abstract class Cell extends Module {
  /** [gates · hiddenSize, inputSize] */
  readonly weight_ih: Parameter;
  /** [gates · hiddenSize, hiddenSize] */
  readonly weight_hh: Parameter;
  /** [gates · hiddenSize] */
  readonly bias_ih: Parameter | null;
  /** [gates · hiddenSize] */
  readonly bias_hh: Parameter | null;

  constructor(
    readonly inputSize: number,
    readonly hiddenSize: number,
    options: RNNCellOptions | undefined,
    gates: number,
    keys: Keys<BiasedLayerOptions>,
  ) {
    super();
    checkArguments(
      this.constructor.name,
      [
        ['inputSize', wholeNumber(1)],
        ['hiddenSize', wholeNumber(1)],
        ['options', optionsOf(keys)],
      ],
      [inputSize, hiddenSize, options],
    );
    const { bias = true, generator } = options ?? {};
    const make = (...shape: number[]): Parameter => initial(shape, hiddenSize, { generator });
    this.weight_ih = make(gates * hiddenSize, inputSize);
    this.weight_hh = make(gates * hiddenSize, hiddenSize);
    this.bias_ih = bias ? make(gates * hiddenSize) : null;
    this.bias_hh = bias ? make(gates * hiddenSize) : null;
    noteFields(this);
  }

  /** One step of a sequence of one, with a batch or without. */
  protected step(
    x: Tensor,
    states: readonly Tensor[] | null,
    run: (x: Tensor, weights: RecurrentWeights, states: readonly Tensor[] | null) => readonly Tensor[],
  ): readonly Tensor[] {
    const { name } = this.constructor;
    check(name, 'x', aTensor, x);
    const single = x.ndim === 1;
    const expected = single ? [this.hiddenSize] : [x.shape[0], this.hiddenSize];
    if (x.ndim < 1 || x.ndim > 2 || x.shape.at(-1) !== this.inputSize) {
      throw new ShapeError(name, `x takes [batch, ${this.inputSize}] or [${this.inputSize}], this is ${show(x.shape)}`);
    }
    for (const s of states ?? []) {
      if (show(s.shape) !== `[${expected.join(', ')}]`) {
        throw new ShapeError(
          name,
          `a state takes [${expected.join(', ')}] beside x ${show(x.shape)}, this is ${show(s.shape)}`,
        );
      }
    }
    return scope(() => {
      const row = (v: Tensor): Tensor => (single ? unsqueeze(v, 0) : v);
      const weights = { ih: this.weight_ih, hh: this.weight_hh, biasIh: this.bias_ih, biasHh: this.bias_hh };
      const [, ...last] = run(unsqueeze(row(x), 0), weights, states?.map(row) ?? null);
      return single ? last.map(s => squeeze(s, 0)) : last;
    }, name);
  }
}

const BIAS = ['bias'] as const;
const BIAS_AND_KIND = ['bias', 'nonlinearity'] as const;

/** One step of {@link RNN}: from x [batch, inputSize] and h [batch, hiddenSize] (zeros if left out) to the next h. */
export class RNNCell extends Cell {
  readonly nonlinearity: 'tanh' | 'relu';

  constructor(inputSize: number, hiddenSize: number, ...options: Positional<RNNCellOptions, typeof BIAS_AND_KIND>) {
    const given = byPosition<RNNCellOptions, typeof BIAS_AND_KIND>('RNNCell', 2, BIAS_AND_KIND, options);
    const keys: Keys<RNNCellOptions> = { ...biasedLayerKeys, nonlinearity: oneOf('tanh', 'relu') };
    super(inputSize, hiddenSize, given, 1, keys);
    this.nonlinearity = given?.nonlinearity ?? 'tanh';
  }
  forward(x: Tensor, h: Tensor | null = null): Tensor {
    check('RNNCell', 'h', aTensorOrNull, h);
    const { nonlinearity } = this;
    const [next] = this.step(x, h && [h], (input, weights, states) =>
      rnn(input, weights, states?.[0], { nonlinearity }),
    );
    return next!;
  }
}
/** One step of {@link LSTM}: from x [batch, inputSize] and the states (h, c) to the next ones. */
export class LSTMCell extends Cell {
  constructor(inputSize: number, hiddenSize: number, ...options: Positional<BiasedLayerOptions, typeof BIAS>) {
    super(
      inputSize,
      hiddenSize,
      byPosition<BiasedLayerOptions, typeof BIAS>('LSTMCell', 2, BIAS, options),
      4,
      biasedLayerKeys,
    );
  }
  forward(x: Tensor, state: readonly [h: Tensor, c: Tensor] | null = null): [h: Tensor, c: Tensor] {
    check('LSTMCell', 'state', orNull(twoOf(aTensor, 'two tensors, h and c')), state);
    const [h, c] = this.step(x, state, (input, weights, states) =>
      lstm(input, weights, states && [states[0]!, states[1]!]),
    );
    return [h!, c!];
  }
}
/** One step of {@link GRU}: from x [batch, inputSize] and h [batch, hiddenSize] to the next h. */
export class GRUCell extends Cell {
  constructor(inputSize: number, hiddenSize: number, ...options: Positional<BiasedLayerOptions, typeof BIAS>) {
    super(
      inputSize,
      hiddenSize,
      byPosition<BiasedLayerOptions, typeof BIAS>('GRUCell', 2, BIAS, options),
      3,
      biasedLayerKeys,
    );
  }
  forward(x: Tensor, h: Tensor | null = null): Tensor {
    check('GRUCell', 'h', aTensorOrNull, h);
    const [next] = this.step(x, h && [h], (input, weights, states) => gru(input, weights, states?.[0]));
    return next!;
  }
}
