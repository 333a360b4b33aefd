/** Transformers (Vaswani et al. 2017). Names, shapes and the order of what is computed are PyTorch's. */
import {
  aBoolean,
  aFunction,
  aNumber,
  check,
  checkCount,
  either,
  kind,
  oneOf,
  options as optionsOf,
  orNull,
  wholeNumber,
  type Keys,
  type Kind,
} from '../core/kinds';
import { checkArguments, checkConstructor } from '../core/signature';
import type { Tensor } from '../core/tensor';
import { aTensor } from '../core/tensor-kinds';
import { add } from '../ops/arithmetic';
import { dropout } from '../ops/dropout';
import { gelu, relu } from '../ops/elementwise';
import { MultiheadAttention, type AttendOptions } from './attention';
import * as init from './init';
import { biasedLayerKeys, type BiasedLayerOptions, type LayerOptions } from './initial';
import { Linear } from './layers';
import { Module } from './module';
import { LayerNorm } from './normalization';

export interface TransformerLayerOptions extends BiasedLayerOptions {
  /** Features of the hidden layer. Default 2048. */
  readonly dimFeedforward?: number;
  /** With what probability elements are dropped, in training. Default 0.1. */
  readonly dropout?: number;
  /** Of the hidden layer. Default 'relu'. */
  readonly activation?: 'relu' | 'gelu' | ((x: Tensor) => Tensor);
  /** Default 1e-5. */
  readonly layerNormEps?: number;
  /** Tensors are [batch, length, features] instead of [length, batch, features]. Default false. */
  readonly batchFirst?: boolean;
  /** Normalise before each block instead of after it. Default false. */
  readonly normFirst?: boolean;
}
const layerKeys: Keys<TransformerLayerOptions> = {
  ...biasedLayerKeys,
  dimFeedforward: wholeNumber(1),
  dropout: aNumber(0, 1),
  activation: either(oneOf('relu', 'gelu'), aFunction<(x: Tensor) => Tensor>()),
  layerNormEps: aNumber(0),
  batchFirst: aBoolean,
  normFirst: aBoolean,
};

/** What layers of both kinds share: attention to x itself, and a network of one hidden layer. */
abstract class TransformerLayer extends Module {
  readonly self_attn: MultiheadAttention;
  readonly linear1: Linear;
  readonly linear2: Linear;
  readonly norm1: LayerNorm;
  readonly norm2: LayerNorm;
  private readonly options: TransformerLayerOptions;
  protected readonly normFirst: boolean;

  constructor(
    readonly dModel: number,
    readonly nhead: number,
    options: TransformerLayerOptions = {},
  ) {
    super();
    checkConstructor<typeof TransformerLayer>(
      this.constructor.name,
      [
        ['dModel', wholeNumber(1)],
        ['nhead', wholeNumber(1)],
        ['options', optionsOf(layerKeys)],
      ],
      arguments,
    );
    const { dimFeedforward = 2048, bias = true, normFirst = false, generator } = options;
    this.options = { ...options };
    this.normFirst = normFirst;
    this.self_attn = this.attention();
    this.linear1 = new Linear(dModel, dimFeedforward, { bias, generator });
    this.linear2 = new Linear(dimFeedforward, dModel, { bias, generator });
    this.norm1 = this.norm();
    this.norm2 = this.norm();
  }

  protected attention(): MultiheadAttention {
    const { dropout: p = 0.1, bias, batchFirst, generator } = this.options;
    return new MultiheadAttention(this.dModel, this.nhead, { dropout: p, bias, batchFirst, generator });
  }
  protected norm(): LayerNorm {
    const { layerNormEps, bias } = this.options;
    return new LayerNorm(this.dModel, { eps: layerNormEps, bias });
  }
  protected drop(x: Tensor): Tensor {
    const { dropout: p = 0.1, generator } = this.options;
    return dropout(x, p, { generator, training: this.training });
  }
  /** x and a block of it, dropped out, with the norm before the block or after both. */
  protected residual(x: Tensor, norm: LayerNorm, block: (x: Tensor) => Tensor): Tensor {
    if (this.normFirst) return add(x, this.drop(block(norm.forward(x))));
    return norm.forward(add(x, this.drop(block(x))));
  }
  protected feedForward(x: Tensor): Tensor {
    const { activation = 'relu' } = this.options;
    const f = activation === 'relu' ? relu : activation === 'gelu' ? gelu : activation;
    return this.linear2.forward(this.drop(f(this.linear1.forward(x))));
  }
}

export interface EncodeOptions {
  /** [length, length]: what is not seen where it is true (bool), or what is added to scores. */
  readonly mask?: Tensor;
  /** [batch, length], likewise, of keys. */
  readonly srcKeyPaddingMask?: Tensor;
  /** Whether place i sees places 0 to i alone. Default false. */
  readonly isCausal?: boolean;
}
const encodeOptions = optionsOf<EncodeOptions>({ mask: aTensor, srcKeyPaddingMask: aTensor, isCausal: aBoolean });
/** Self-attention, then a network of one hidden layer, each with a residual connection and a norm. */
export class TransformerEncoderLayer extends TransformerLayer {
  forward(x: Tensor, options: EncodeOptions = {}): Tensor {
    check('TransformerEncoderLayer', 'options', encodeOptions, options);
    const { mask, srcKeyPaddingMask, isCausal } = options;
    const how: AttendOptions = { attnMask: mask, keyPaddingMask: srcKeyPaddingMask, isCausal, needWeights: false };
    const y = this.residual(x, this.norm1, v => this.self_attn.forward(v, v, v, how)[0]);
    return this.residual(y, this.norm2, v => this.feedForward(v));
  }
}

export interface DecodeOptions {
  readonly tgtMask?: Tensor;
  readonly memoryMask?: Tensor;
  readonly tgtKeyPaddingMask?: Tensor;
  readonly memoryKeyPaddingMask?: Tensor;
  /** Whether place i sees places 0 to i of the target alone. Default false. */
  readonly tgtIsCausal?: boolean;
  readonly memoryIsCausal?: boolean;
}
const decodeKeys: Keys<DecodeOptions> = {
  tgtMask: aTensor,
  memoryMask: aTensor,
  tgtKeyPaddingMask: aTensor,
  memoryKeyPaddingMask: aTensor,
  tgtIsCausal: aBoolean,
  memoryIsCausal: aBoolean,
};
/** Self-attention, attention to what an encoder made, then a network of one hidden layer. */
export class TransformerDecoderLayer extends TransformerLayer {
  readonly multihead_attn: MultiheadAttention;
  readonly norm3: LayerNorm;

  constructor(dModel: number, nhead: number, options: TransformerLayerOptions = {}) {
    super(dModel, nhead, options);
    checkCount('TransformerDecoderLayer', 3, arguments);
    this.multihead_attn = this.attention();
    this.norm3 = this.norm();
  }
  forward(x: Tensor, memory: Tensor, options: DecodeOptions = {}): Tensor {
    check('TransformerDecoderLayer', 'options', optionsOf(decodeKeys), options);
    const own: AttendOptions = {
      attnMask: options.tgtMask,
      keyPaddingMask: options.tgtKeyPaddingMask,
      isCausal: options.tgtIsCausal,
      needWeights: false,
    };
    const other: AttendOptions = {
      attnMask: options.memoryMask,
      keyPaddingMask: options.memoryKeyPaddingMask,
      isCausal: options.memoryIsCausal,
      needWeights: false,
    };
    const y = this.residual(x, this.norm1, v => this.self_attn.forward(v, v, v, own)[0]);
    const z = this.residual(y, this.norm2, v => this.multihead_attn.forward(v, memory, memory, other)[0]);
    return this.residual(z, this.norm3, v => this.feedForward(v));
  }
}

const aLayer = <L extends Module>(): Kind<L> => kind('a layer', v => v instanceof TransformerLayer);
/** Several layers, each with parameters of its own, and a norm after the last. */
abstract class Stack<L extends Module> extends Module {
  readonly layers: readonly L[];

  /**
   * @param layer makes a layer, or is one, of which each is a copy, as in PyTorch: they begin alike.
   * @param norm after the last layer; null: none.
   */
  constructor(
    layer: L | (() => L),
    readonly numLayers: number,
    readonly norm: LayerNorm | null = null,
  ) {
    super();
    checkArguments(
      this.constructor.name,
      [
        ['layer', either(aLayer<L>(), aFunction<() => L>())],
        ['numLayers', wholeNumber(1)],
        ['norm', orNull(kind<LayerNorm>('a LayerNorm', v => v instanceof LayerNorm))],
      ],
      [layer, numLayers, norm],
    );
    checkCount(this.constructor.name, 3, arguments);
    this.layers = Array.from({ length: numLayers }, () => (layer instanceof Module ? layer.clone() : layer()));
  }
  protected through(x: Tensor, step: (layer: L, x: Tensor) => Tensor): Tensor {
    const y = this.layers.reduce((v, layer) => step(layer, v), x);
    return this.norm ? this.norm.forward(y) : y;
  }
}
/** Encoder layers, one after another. */
export class TransformerEncoder extends Stack<TransformerEncoderLayer> {
  forward(x: Tensor, options: EncodeOptions = {}): Tensor {
    return this.through(x, (layer, v) => layer.forward(v, options));
  }
}
/** Decoder layers, one after another, each looking at the same memory. */
export class TransformerDecoder extends Stack<TransformerDecoderLayer> {
  forward(x: Tensor, memory: Tensor, options: DecodeOptions = {}): Tensor {
    return this.through(x, (layer, v) => layer.forward(v, memory, options));
  }
}

export interface TransformerOptions extends TransformerLayerOptions {
  /** Default 512. */
  readonly dModel?: number;
  /** Heads. Default 8. */
  readonly nhead?: number;
  /** Default 6. */
  readonly numEncoderLayers?: number;
  /** Default 6. */
  readonly numDecoderLayers?: number;
}
export interface TranslateOptions extends DecodeOptions {
  readonly srcMask?: Tensor;
  readonly srcKeyPaddingMask?: Tensor;
  readonly srcIsCausal?: boolean;
}
const translateOptions = optionsOf<TranslateOptions>({
  ...decodeKeys,
  srcMask: aTensor,
  srcKeyPaddingMask: aTensor,
  srcIsCausal: aBoolean,
});
/** An encoder of the source, and a decoder of the target that looks at what it made. Weights begin as Xavier's. */
export class Transformer extends Module {
  readonly encoder: TransformerEncoder;
  readonly decoder: TransformerDecoder;

  constructor(options: TransformerOptions = {}) {
    super();
    const sizes = wholeNumber(1);
    checkConstructor<typeof Transformer>(
      'Transformer',
      [
        [
          'options',
          optionsOf<TransformerOptions>({
            ...layerKeys,
            dModel: sizes,
            nhead: sizes,
            numEncoderLayers: sizes,
            numDecoderLayers: sizes,
          }),
        ],
      ],
      arguments,
    );
    const { dModel = 512, nhead = 8, numEncoderLayers = 6, numDecoderLayers = 6, ...rest } = options;
    const norm = (): LayerNorm => new LayerNorm(dModel, { eps: rest.layerNormEps, bias: rest.bias });
    const encoderLayer = (): TransformerEncoderLayer => new TransformerEncoderLayer(dModel, nhead, rest);
    const decoderLayer = (): TransformerDecoderLayer => new TransformerDecoderLayer(dModel, nhead, rest);
    this.encoder = new TransformerEncoder(encoderLayer, numEncoderLayers, norm());
    this.decoder = new TransformerDecoder(decoderLayer, numDecoderLayers, norm());
    const from: LayerOptions = { generator: rest.generator };
    for (const p of this.parameters()) if (p.ndim > 1) init.xavierUniform(p, 1, from);
  }

  /**
   * @param src [length, batch, dModel], or [batch, length, dModel] if batchFirst; both also without a batch.
   * @param tgt likewise.
   * @returns what the decoder makes, in the shape of tgt.
   */
  forward(src: Tensor, tgt: Tensor, options: TranslateOptions = {}): Tensor {
    check('Transformer', 'options', translateOptions, options);
    const { srcMask, srcKeyPaddingMask, srcIsCausal, ...decode } = options;
    const memory = this.encoder.forward(src, { mask: srcMask, srcKeyPaddingMask, isCausal: srcIsCausal });
    return this.decoder.forward(tgt, memory, decode);
  }
}
