/** Recurrent layers. Names, shapes and initial values are PyTorch's. */
import { ShapeError } from '../core/errors';
import {
  aBoolean,
  aNumber,
  check,
  oneOf,
  options as optionsOf,
  orNull,
  twoOf,
  wholeNumber,
  type Keys,
} from '../core/kinds';
import { aTensor, aTensorOrNull } from '../core/tensor-kinds';
import { show, type Shape } from '../core/shape';
import { checkConstructor, type Signature } from '../core/signature';
import type { Tensor } from '../core/tensor';
import { dropout } from '../ops/dropout';
import { concat, stack } from '../ops/join';
import { gru, lstm, rnn, type RecurrentOptions, type RecurrentWeights } from '../ops/rnn';
import { select, squeeze, transpose, unsqueeze } from '../ops/view';
import { biasedLayerKeys, initial, type BiasedLayerOptions, type LayerOptions } from './initial';
import { noteFields } from './fields';
import { Module } from './module';
import type { Parameter } from './parameter';

export interface RecurrentLayerOptions extends BiasedLayerOptions {
  /** Layers on top of each other, each reading the one below. Default 1. */
  readonly numLayers?: number;
  /** x and y are [batch, steps, …] instead of [steps, batch, …]; states are not concerned. Default false. */
  readonly batchFirst?: boolean;
  /** With what probability an element is dropped between layers, in training. Default 0. */
  readonly dropout?: number;
  /** A second layer reads from the last step to the first; y has the features of both. Default false. */
  readonly bidirectional?: boolean;
}
export interface RNNOptions extends RecurrentLayerOptions {
  /** Default tanh. */
  readonly nonlinearity?: 'tanh' | 'relu';
}

const recurrentKeys: Keys<RecurrentLayerOptions> = {
  ...biasedLayerKeys,
  numLayers: wholeNumber(1),
  batchFirst: aBoolean,
  dropout: aNumber(0, 1),
  bidirectional: aBoolean,
};

/** What the constructors take. */
const takes = <O extends object>(keys: Keys<O>): Signature<[inputSize: number, hiddenSize: number, options?: O]> => [
  ['inputSize', wholeNumber(1)],
  ['hiddenSize', wholeNumber(1)],
  ['options', optionsOf(keys)],
];

/** One layer in one direction: all its outputs, then its last states. */
type Cell = (
  x: Tensor,
  weights: RecurrentWeights,
  states: readonly Tensor[] | null,
  options: RecurrentOptions,
) => readonly [y: Tensor, ...states: Tensor[]];

/**
 * What the recurrent layers share. Parameters are fields `weight_ih_l0` [gates · hidden, inputs], `weight_hh_l0`
 * [gates · hidden, hidden], `bias_ih_l0` and `bias_hh_l0` [gates · hidden], the number being the layer's, with
 * `_reverse` after those of the second direction; all start evenly over ±1/√hidden.
 */
abstract class Recurrent extends Module {
  [weight: `weight_${string}`]: Parameter;
  [bias: `bias_${string}`]: Parameter | null;
  readonly numLayers: number;
  readonly batchFirst: boolean;
  readonly dropout: number;
  readonly bidirectional: boolean;
  private readonly source: LayerOptions;

  constructor(
    readonly inputSize: number,
    readonly hiddenSize: number,
    gates: number,
    {
      numLayers = 1,
      bias = true,
      batchFirst = false,
      dropout: p = 0,
      bidirectional = false,
      generator,
    }: RecurrentLayerOptions,
  ) {
    super();
    this.numLayers = numLayers;
    this.batchFirst = batchFirst;
    this.dropout = p;
    this.bidirectional = bidirectional;
    this.source = { generator };
    const make = (shape: Shape): Parameter => initial(shape, hiddenSize, this.source);
    const rows = gates * hiddenSize;
    for (let layer = 0; layer < numLayers; layer++) {
      for (const end of this.endsOf(layer)) {
        this[`weight_ih_${end}`] = make([rows, layer === 0 ? inputSize : hiddenSize * this.directions]);
        this[`weight_hh_${end}`] = make([rows, hiddenSize]);
        if (!bias) continue;
        this[`bias_ih_${end}`] = make([rows]);
        this[`bias_hh_${end}`] = make([rows]);
      }
    }
    noteFields(this);
  }

  /** How the names of a layer's parameters end, by direction. */
  private endsOf(layer: number): string[] {
    return this.bidirectional ? [`l${layer}`, `l${layer}_reverse`] : [`l${layer}`];
  }
  private weightsOf(end: string): RecurrentWeights {
    const [ih, hh] = [this[`weight_ih_${end}`]!, this[`weight_hh_${end}`]!];
    return { ih, hh, biasIh: this[`bias_ih_${end}`] ?? null, biasHh: this[`bias_hh_${end}`] ?? null };
  }

  /** 2 if bidirectional, else 1. */
  get directions(): number {
    return this.bidirectional ? 2 : 1;
  }

  /** All layers, from first states as `forward` takes them: y, and the last states. */
  protected run(x: Tensor, states: readonly Tensor[] | null, cell: Cell): [y: Tensor, states: Tensor[]] {
    const { name } = this.constructor;
    check(name, 'x', aTensor, x);
    const batched = x.ndim === 3;
    const sequence = batched ? (this.batchFirst ? transpose(x, 0, 1) : x) : x.ndim === 2 ? unsqueeze(x, 1) : null;
    if (!sequence || sequence.shape[2] !== this.inputSize) {
      const shape = this.batchFirst ? '[batch, steps, ' : '[steps, batch, ';
      throw new ShapeError(
        name,
        `x takes ${shape}${this.inputSize}] or [steps, ${this.inputSize}], this is ${show(x.shape)}`,
      );
    }
    const count = this.numLayers * this.directions;
    const expected = batched ? [count, sequence.shape[1]!, this.hiddenSize] : [count, this.hiddenSize];
    const first = states?.map(s => {
      if (show(s.shape) !== show(expected)) {
        throw new ShapeError(
          name,
          `a state takes ${show(expected)} beside x ${show(x.shape)}, this is ${show(s.shape)}`,
        );
      }
      return batched ? s : unsqueeze(s, 1);
    });
    let y = sequence;
    const last: Tensor[][] = [];
    for (let layer = 0; layer < this.numLayers; layer++) {
      if (layer > 0) y = dropout(y, this.dropout, { ...this.source, training: this.training });
      const outputs: Tensor[] = [];
      for (const [direction, end] of this.endsOf(layer).entries()) {
        const i = layer * this.directions + direction;
        const starts = first?.map(s => select(s, 0, i)) ?? null;
        const [output, ...ends] = cell(y, this.weightsOf(end), starts, { reverse: direction === 1 });
        outputs.push(output);
        ends.forEach((end, k) => (last[k] ??= []).push(end));
      }
      y = outputs.length === 1 ? outputs[0]! : concat(outputs, -1);
    }
    const ends = last.map(list => stack(list));
    if (!batched) return [squeeze(y, 1), ends.map(s => squeeze(s, 1))];
    return [this.batchFirst ? transpose(y, 0, 1) : y, ends];
  }
}

/**
 * Elman's network in PyTorch's form, hₜ = f(Wᵢₕ xₜ + bᵢₕ + Wₕₕ hₜ₋₁ + bₕₕ), of one or more layers.
 *
 * `forward` takes x [steps, batch, inputSize], or [steps, inputSize] of one sequence, and the first states
 * [numLayers · directions, batch, hiddenSize] (of one sequence without batch), zeros if left out. It returns y
 * [steps, batch, directions · hiddenSize], the states of the top layer, and the last states of all.
 */
export class RNN extends Recurrent {
  readonly nonlinearity: 'tanh' | 'relu';

  constructor(inputSize: number, hiddenSize: number, options: RNNOptions = {}) {
    const keys: Keys<RNNOptions> = { ...recurrentKeys, nonlinearity: oneOf('tanh', 'relu') };
    checkConstructor<typeof RNN>('RNN', takes(keys), arguments);
    super(inputSize, hiddenSize, 1, options);
    this.nonlinearity = options.nonlinearity ?? 'tanh';
  }

  forward(x: Tensor, h0: Tensor | null = null): [y: Tensor, h: Tensor] {
    check('RNN', 'h0', aTensorOrNull, h0);
    const { nonlinearity } = this;
    const [y, [h]] = this.run(x, h0 && [h0], (input, weights, states, options) =>
      rnn(input, weights, states?.[0], { ...options, nonlinearity }),
    );
    return [y, h!];
  }
}

/**
 * The long short-term memory, of one or more layers; gates stand in the order i, f, g, o. As RNN, with a pair of states
 * h and c instead of one.
 */
export class LSTM extends Recurrent {
  constructor(inputSize: number, hiddenSize: number, options: RecurrentLayerOptions = {}) {
    checkConstructor<typeof LSTM>('LSTM', takes(recurrentKeys), arguments);
    super(inputSize, hiddenSize, 4, options);
  }

  forward(
    x: Tensor,
    state: readonly [h0: Tensor, c0: Tensor] | null = null,
  ): [y: Tensor, state: [h: Tensor, c: Tensor]] {
    check('LSTM', 'state', orNull(twoOf(aTensor, 'two tensors, h0 and c0')), state);
    const [y, [h, c]] = this.run(x, state, (input, weights, states, options) =>
      lstm(input, weights, states && [states[0]!, states[1]!], options),
    );
    return [y, [h!, c!]];
  }
}

/** The gated recurrent unit, of one or more layers; gates stand in the order r, z, n. As RNN. */
export class GRU extends Recurrent {
  constructor(inputSize: number, hiddenSize: number, options: RecurrentLayerOptions = {}) {
    checkConstructor<typeof GRU>('GRU', takes(recurrentKeys), arguments);
    super(inputSize, hiddenSize, 3, options);
  }

  forward(x: Tensor, h0: Tensor | null = null): [y: Tensor, h: Tensor] {
    check('GRU', 'h0', aTensorOrNull, h0);
    const [y, [h]] = this.run(x, h0 && [h0], (input, weights, states, options) =>
      gru(input, weights, states?.[0], options),
    );
    return [y, h!];
  }
}
