/** Layers that are linear in what they learn, that pool, and that reshape. */
import { ValueError } from '../core/errors';
import { aDim, aNumber, optional, options as optionsOf, wholeNumber } from '../core/kinds';
import { scope } from '../core/scope';
import { checkConstructor } from '../core/signature';
import type { Tensor } from '../core/tensor';
import { dropout } from '../ops/dropout';
import { embedding } from '../ops/embedding';
import { linear } from '../ops/matmul';
import { normal } from '../ops/random';
import { flatten, select } from '../ops/view';
import * as init from './init';
import { biasedLayerKeys, initial, layerKeys, type BiasedLayerOptions, type LayerOptions } from './initial';
import { noteFields } from './fields';
import { Layer } from './module';
import { Parameter } from './parameter';

export type { LayerOptions } from './initial';

export type LinearOptions = BiasedLayerOptions;
/** A fully-connected (dense) layer y = x Wᵀ + b, from […, inFeatures] to […, outFeatures]. */
export class Linear extends Layer {
  /** [outFeatures, inFeatures] */
  weight: Parameter;
  /** [outFeatures] */
  bias: Parameter | null;

  constructor(
    readonly inFeatures: number,
    readonly outFeatures: number,
    options: LinearOptions = {},
  ) {
    super();
    checkConstructor<typeof Linear>(
      'Linear',
      [
        ['inFeatures', wholeNumber()],
        ['outFeatures', wholeNumber()],
        ['options', optionsOf(biasedLayerKeys)],
      ],
      arguments,
    );
    const { bias = true, generator } = options;
    this.weight = initial([outFeatures, inFeatures], inFeatures, { generator });
    this.bias = bias ? initial([outFeatures], inFeatures, { generator }) : null;
    noteFields(this);
  }

  forward(x: Tensor): Tensor {
    return linear(x, this.weight, this.bias);
  }
}

export interface EmbeddingLayerOptions extends LayerOptions {
  /** A row that begins as zeros and is not trained; below 0 it counts from the end. */
  readonly paddingIdx?: number;
}
/** A learned vector for each of numEmbeddings words: integers of any shape […] become […, embeddingDim]. */
export class Embedding extends Layer {
  /** [numEmbeddings, embeddingDim], from a normal distribution. */
  weight: Parameter;
  readonly paddingIdx: number | undefined;

  constructor(
    readonly numEmbeddings: number,
    readonly embeddingDim: number,
    options: EmbeddingLayerOptions = {},
  ) {
    super();
    checkConstructor<typeof Embedding>(
      'Embedding',
      [
        ['numEmbeddings', wholeNumber(1)],
        ['embeddingDim', wholeNumber(1)],
        ['options', optionsOf<EmbeddingLayerOptions>({ ...layerKeys, paddingIdx: wholeNumber(-Infinity) })],
      ],
      arguments,
    );
    const { paddingIdx, generator } = options;
    if (paddingIdx !== undefined && (paddingIdx < -numEmbeddings || paddingIdx >= numEmbeddings)) {
      throw new ValueError('Embedding', `paddingIdx takes one of ${numEmbeddings} rows, this is ${paddingIdx}`);
    }
    this.paddingIdx = paddingIdx;
    this.weight = scope(() => {
      const weight = normal(0, 1, [numEmbeddings, embeddingDim], generator && { generator });
      if (paddingIdx !== undefined) init.zeros(select(weight, 0, paddingIdx));
      return new Parameter(weight);
    }, 'initialisation');
    noteFields(this);
  }

  forward(index: Tensor): Tensor {
    return embedding(index, this.weight, { paddingIdx: this.paddingIdx });
  }
}

/** Dimensions from `startDim` to `endDim` made one; by default all but the batch. */
export class Flatten extends Layer {
  constructor(
    readonly startDim = 1,
    readonly endDim = -1,
  ) {
    super();
    checkConstructor<typeof Flatten>(
      'Flatten',
      [
        ['startDim', optional(aDim)],
        ['endDim', optional(aDim)],
      ],
      arguments,
    );
  }
  forward(x: Tensor): Tensor {
    return flatten(x, this.startDim, this.endDim);
  }
}

/** In training, zeroes each element with probability p and divides the others by 1 − p; in evaluation, nothing. */
export class Dropout extends Layer {
  constructor(
    readonly p = 0.5,
    readonly options: LayerOptions = {},
  ) {
    super();
    checkConstructor<typeof Dropout>(
      'Dropout',
      [
        ['p', optional(aNumber(0, 1))],
        ['options', optionsOf(layerKeys)],
      ],
      arguments,
    );
  }
  forward(x: Tensor): Tensor {
    return dropout(x, this.p, { ...this.options, training: this.training });
  }
}
