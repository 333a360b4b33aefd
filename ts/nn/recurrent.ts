/** Recurrent layers, and what turns words into vectors for them. Names, shapes and initial values are PyTorch's. */
import { ShapeError, ValueError } from '../core/errors';
import {
  aBoolean,
  aFunction,
  aNumber,
  aTensor,
  aTensorOrNull,
  check,
  oneOf,
  options as optionsOf,
  orNull,
  twoOf,
  wholeNumber,
  type Keys,
} from '../core/kinds';
import { scope } from '../core/scope';
import { show, type Shape } from '../core/shape';
import { checkArguments } from '../core/signature';
import type { Tensor } from '../core/tensor';
import { zeros } from '../ops/creation';
import { dropout } from '../ops/dropout';
import { relu, tanh } from '../ops/elementwise';
import { embedding } from '../ops/embedding';
import { concat, stack } from '../ops/join';
import { linear, matmul } from '../ops/matmul';
import { add } from '../ops/arithmetic';
import { normal } from '../ops/random';
import { gru, lstm, rnn, type RecurrentOptions, type RecurrentWeights } from '../ops/rnn';
import { select, squeeze, t as transposed, transpose, unsqueeze } from '../ops/view';
import * as init from './init';
import { initial, layerKeys, type LayerOptions } from './initial';
import { Layer, Module, Parameter } from './module';

export interface RecurrentLayerOptions extends LayerOptions {
  /** Layers on top of each other, each reading the one below. Default 1. */
  readonly numLayers?: number;
  /** Default true. */
  readonly bias?: boolean;
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
  ...layerKeys,
  numLayers: wholeNumber(1),
  bias: aBoolean,
  batchFirst: aBoolean,
  dropout: aNumber(0, 1),
  bidirectional: aBoolean,
};

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
  readonly [weight: `weight_${string}`]: Parameter;
  readonly [bias: `bias_${string}`]: Parameter;
  readonly numLayers: number;
  readonly batchFirst: boolean;
  readonly dropout: number;
  readonly bidirectional: boolean;
  /** By layer and direction. */
  readonly #weights: RecurrentWeights[] = [];
  readonly #generator: LayerOptions;

  constructor(
    readonly inputSize: number,
    readonly hiddenSize: number,
    gates: number,
    options: RecurrentLayerOptions,
    keys: Keys<RecurrentLayerOptions> = recurrentKeys,
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
    const {
      numLayers = 1,
      bias = true,
      batchFirst = false,
      dropout: p = 0,
      bidirectional = false,
      generator,
    } = options;
    this.numLayers = numLayers;
    this.batchFirst = batchFirst;
    this.dropout = p;
    this.bidirectional = bidirectional;
    this.#generator = generator ? { generator } : {};
    const make = (field: string, shape: Shape): Parameter => {
      const value = initial(shape, hiddenSize, this.#generator);
      Object.defineProperty(this, field, { value, enumerable: true });
      return value;
    };
    const rows = gates * hiddenSize;
    for (let layer = 0; layer < numLayers; layer++) {
      for (const direction of bidirectional ? ['', '_reverse'] : ['']) {
        const inputs = layer === 0 ? inputSize : hiddenSize * this.directions;
        const end = `l${layer}${direction}`;
        this.#weights.push({
          ih: make(`weight_ih_${end}`, [rows, inputs]),
          hh: make(`weight_hh_${end}`, [rows, hiddenSize]),
          biasIh: bias ? make(`bias_ih_${end}`, [rows]) : null,
          biasHh: bias ? make(`bias_hh_${end}`, [rows]) : null,
        });
      }
    }
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
      if (layer > 0) y = dropout(y, this.dropout, { ...this.#generator, training: this.training });
      const outputs: Tensor[] = [];
      for (let direction = 0; direction < this.directions; direction++) {
        const i = layer * this.directions + direction;
        const starts = first?.map(s => select(s, 0, i)) ?? null;
        const [output, ...ends] = cell(y, this.#weights[i]!, starts, { reverse: direction === 1 });
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

const rnnKeys: Pick<Keys<RNNOptions>, 'nonlinearity'> = { nonlinearity: oneOf('tanh', 'relu') };
/**
 * Elman's network in PyTorch's form, hₜ = f(Wᵢₕ xₜ + bᵢₕ + Wₕₕ hₜ₋₁ + bₕₕ), of one or more layers.
 *
 * `forward` takes x [steps, batch, inputSize], or [steps, inputSize] of one sequence, and the first states
 * [numLayers · directions, batch, hiddenSize] (of one sequence without batch), zeros if left out. It answers y
 * [steps, batch, directions · hiddenSize], the states of the top layer, and the last states of all.
 */
export class RNN extends Recurrent {
  readonly nonlinearity: 'tanh' | 'relu';

  constructor(inputSize: number, hiddenSize: number, options: RNNOptions = {}) {
    super(inputSize, hiddenSize, 1, options, { ...recurrentKeys, ...rnnKeys });
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
 * h and c in the place of one.
 */
export class LSTM extends Recurrent {
  constructor(inputSize: number, hiddenSize: number, options: RecurrentLayerOptions = {}) {
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

type Activation = (a: Tensor) => Tensor;
export interface ElmanOptions extends LayerOptions {
  /** Of the hidden state. Default tanh. */
  readonly f1?: Activation;
  /** Of the output. Default: none. */
  readonly f2?: Activation;
}
/**
 * Elman's network with an output: hₜ = f₁(U xₜ + W hₜ₋₁), yₜ = f₂(V hₜ), without biases. `forward` takes x
 * [steps, batch, inputSize] and h0 [batch, hiddenSize], zeros if left out, and answers y [steps, batch, outputSize] and
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
    checkArguments(
      'Elman',
      [
        ['inputSize', wholeNumber(1)],
        ['hiddenSize', wholeNumber(1)],
        ['outputSize', wholeNumber(1)],
        ['options', optionsOf<ElmanOptions>({ ...layerKeys, f1: aFunction(), f2: aFunction() })],
      ],
      [inputSize, hiddenSize, outputSize, options],
    );
    const { f1 = tanh, f2 = (a): Tensor => a, generator } = options;
    const make = (shape: Shape): Parameter => initial(shape, hiddenSize, generator ? { generator } : {});
    this.U = make([hiddenSize, inputSize]);
    this.V = make([outputSize, hiddenSize]);
    this.W = make([hiddenSize, hiddenSize]);
    this.f1 = f1;
    this.f2 = f2;
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

export interface EmbeddingLayerOptions extends LayerOptions {
  /** A row that begins as zeros and is not trained; below 0 it counts from the end. */
  readonly paddingIdx?: number;
}
/** A learned vector for each of numEmbeddings words: integers of any shape […] become […, embeddingDim]. */
export class Embedding extends Layer {
  /** [numEmbeddings, embeddingDim], from a normal distribution. */
  readonly weight: Parameter;
  readonly paddingIdx: number | undefined;

  constructor(
    readonly numEmbeddings: number,
    readonly embeddingDim: number,
    options: EmbeddingLayerOptions = {},
  ) {
    super();
    checkArguments(
      'Embedding',
      [
        ['numEmbeddings', wholeNumber(1)],
        ['embeddingDim', wholeNumber(1)],
        ['options', optionsOf<EmbeddingLayerOptions>({ ...layerKeys, paddingIdx: wholeNumber(-Infinity) })],
      ],
      [numEmbeddings, embeddingDim, options],
    );
    const { paddingIdx, generator } = options;
    if (paddingIdx !== undefined && (paddingIdx < -numEmbeddings || paddingIdx >= numEmbeddings)) {
      throw new ValueError('Embedding', `paddingIdx takes one of ${numEmbeddings} rows, this is ${paddingIdx}`);
    }
    this.paddingIdx = paddingIdx;
    this.weight = scope(() => {
      const weight = normal([numEmbeddings, embeddingDim], 0, 1, generator && { generator });
      if (paddingIdx !== undefined) init.zeros(select(weight, 0, paddingIdx));
      return new Parameter(weight);
    }, 'initialisation');
  }

  forward(index: Tensor): Tensor {
    return embedding(index, this.weight, { paddingIdx: this.paddingIdx });
  }
}
