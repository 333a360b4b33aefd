/** Layers that are linear in what they learn, that pool, and that reshape. */
import { ValueError } from '../core/errors';
import { aDim, aShapeWithGaps, check, optional, options as optionsOf, wholeNumber } from '../core/kinds';
import { scope } from '../core/scope';
import { byPosition, checkArguments, checkConstructor, type Positional } from '../core/signature';
import { dimOf, type Shape } from '../core/shape';
import type { Tensor } from '../core/tensor';
import { aTensor } from '../core/tensor-kinds';
import { embedding } from '../ops/embedding';
import { bilinear } from '../ops/bilinear';
import { linear } from '../ops/matmul';
import { normal } from '../ops/random';
import { flatten, reshape, select } from '../ops/view';
import * as init from './init';
import { biasedLayerKeys, initial, layerKeys, type BiasedLayerOptions, type LayerOptions } from './initial';
import { noteFields } from './fields';
import { Layer, Module } from './module';
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
    ...options: Positional<LinearOptions, readonly ['bias']>
  ) {
    super();
    const given = byPosition<LinearOptions, readonly ['bias']>('Linear', 2, ['bias'], options);
    checkArguments(
      'Linear',
      [
        ['inFeatures', wholeNumber()],
        ['outFeatures', wholeNumber()],
        ['options', optionsOf(biasedLayerKeys)],
      ],
      [inFeatures, outFeatures, given],
    );
    const { bias = true, generator } = given ?? {};
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

/** Dimension `dim` made several, of `sizes`; one of them may be −1, and follows from the others. */
export class Unflatten extends Layer {
  constructor(
    readonly dim: number,
    readonly sizes: Shape,
  ) {
    super();
    checkConstructor<typeof Unflatten>(
      'Unflatten',
      [
        ['dim', aDim],
        ['sizes', aShapeWithGaps],
      ],
      arguments,
    );
  }
  forward(x: Tensor): Tensor {
    check('Unflatten', 'x', aTensor, x);
    const d = dimOf('Unflatten', this.dim, x.ndim);
    const known = this.sizes.reduce((n, size) => (size === -1 ? n : n * size), 1);
    const sizes = this.sizes.map(size => (size === -1 ? (x.shape[d] ?? 0) / known : size));
    return reshape(x, [...x.shape.slice(0, d), ...sizes, ...x.shape.slice(d + 1)]);
  }
}

/** yₒ = x₁ᵀ Wₒ x₂ + bₒ, from […, in1Features] and […, in2Features] to […, outFeatures]. */
export class Bilinear extends Module {
  /** [outFeatures, in1Features, in2Features] */
  readonly weight: Parameter;
  /** [outFeatures] */
  readonly bias: Parameter | null;

  constructor(
    readonly in1Features: number,
    readonly in2Features: number,
    readonly outFeatures: number,
    ...options: Positional<LinearOptions, readonly ['bias']>
  ) {
    super();
    const given = byPosition<LinearOptions, readonly ['bias']>('Bilinear', 3, ['bias'], options);
    checkArguments(
      'Bilinear',
      [
        ['in1Features', wholeNumber(1)],
        ['in2Features', wholeNumber(1)],
        ['outFeatures', wholeNumber(1)],
        ['options', optionsOf(biasedLayerKeys)],
      ],
      [in1Features, in2Features, outFeatures, given],
    );
    const { bias = true, generator } = given ?? {};
    this.weight = initial([outFeatures, in1Features, in2Features], in1Features, { generator });
    this.bias = bias ? initial([outFeatures], in1Features, { generator }) : null;
    noteFields(this);
  }
  forward(x1: Tensor, x2: Tensor): Tensor {
    return bilinear(x1, x2, this.weight, this.bias);
  }
}
