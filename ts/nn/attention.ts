/** Attention with several heads. Names, shapes and initial values are PyTorch's. */
import { ELEMENTS } from '../core/dtype';
import { ShapeError, ValueError } from '../core/errors';
import { aBoolean, aNumber, check, checkCount, options as optionsOf, wholeNumber } from '../core/kinds';
import { scope } from '../core/scope';
import { show, type Shape } from '../core/shape';
import { checkArguments } from '../core/signature';
import type { Tensor } from '../core/tensor';
import { aTensor } from '../core/tensor-kinds';
import { eq, mul } from '../ops/arithmetic';
import { causal, masked } from '../ops/attention';
import { zeros } from '../ops/creation';
import { dropout } from '../ops/dropout';
import { linear, matmul } from '../ops/matmul';
import { mean } from '../ops/reduce';
import { softmax } from '../ops/softmax';
import { permute, reshape, split, squeeze, t, transpose, unsqueeze } from '../ops/view';
import { noteFields } from './fields';
import * as init from './init';
import { biasedLayerKeys, constant, type BiasedLayerOptions, type LayerOptions } from './initial';
import { Linear } from './layers';
import { Module } from './module';
import { Parameter } from './parameter';

export interface MultiheadAttentionOptions extends BiasedLayerOptions {
  /** With what probability a weight is dropped, in training. Default 0. */
  readonly dropout?: number;
  /** Features of keys. Default: embedDim. */
  readonly kdim?: number;
  /** Features of values. Default: embedDim. */
  readonly vdim?: number;
  /** Tensors are [batch, length, features] instead of [length, batch, features]. Default false. */
  readonly batchFirst?: boolean;
}
export interface AttendOptions {
  /** [batch, keys]: keys not to be seen where it is true (bool), or what is added to their scores. */
  readonly keyPaddingMask?: Tensor;
  /** [queries, keys] or [batch · heads, queries, keys], likewise. */
  readonly attnMask?: Tensor;
  /** Whether to return the weights, too. Default true. */
  readonly needWeights?: boolean;
  /** The mean of the weights of all heads, instead of each. Default true. */
  readonly averageAttnWeights?: boolean;
  /** Whether query i sees keys 0 to i alone. Default false. */
  readonly isCausal?: boolean;
}
const attendOptions = optionsOf<AttendOptions>({
  keyPaddingMask: aTensor,
  attnMask: aTensor,
  needWeights: aBoolean,
  averageAttnWeights: aBoolean,
  isCausal: aBoolean,
});

/** Masks say what is not seen: as bool what is, to choose by. */
const seen = (mask: Tensor): Tensor => (ELEMENTS[mask.dtype].kind === 'bool' ? eq(mask, 0) : mask);

/**
 * Queries look at keys in `numHeads` subspaces, and get averages of the values there (Vaswani et al. 2017):
 * Concat(headᵢ) Wᵒ + b, headᵢ = softmax(q kᵀ/√d) v of the projections of x to head i.
 */
export class MultiheadAttention extends Module {
  /** [3 · embedDim, embedDim], of queries, keys and values; null if keys or values have other features. */
  readonly in_proj_weight: Parameter | null = null;
  /** [embedDim, embedDim], [embedDim, kdim] and [embedDim, vdim] instead. */
  readonly q_proj_weight: Parameter | null = null;
  readonly k_proj_weight: Parameter | null = null;
  readonly v_proj_weight: Parameter | null = null;
  /** [3 · embedDim] */
  readonly in_proj_bias: Parameter | null;
  readonly out_proj: Linear;
  readonly dropout: number;
  readonly batchFirst: boolean;
  private readonly source: LayerOptions;

  constructor(
    readonly embedDim: number,
    readonly numHeads: number,
    options: MultiheadAttentionOptions = {},
  ) {
    super();
    checkArguments(
      'MultiheadAttention',
      [
        ['embedDim', wholeNumber(1)],
        ['numHeads', wholeNumber(1)],
        [
          'options',
          optionsOf<MultiheadAttentionOptions>({
            ...biasedLayerKeys,
            dropout: aNumber(0, 1),
            kdim: wholeNumber(1),
            vdim: wholeNumber(1),
            batchFirst: aBoolean,
          }),
        ],
      ],
      [embedDim, numHeads, options],
    );
    checkCount('MultiheadAttention', 3, arguments);
    if (embedDim % numHeads !== 0) {
      throw new ValueError('MultiheadAttention', `${embedDim} features do not divide into ${numHeads} heads`);
    }
    const { bias = true, dropout: p = 0, kdim = embedDim, vdim = embedDim, batchFirst = false, generator } = options;
    this.source = { generator };
    this.dropout = p;
    this.batchFirst = batchFirst;
    const xavier = (shape: Shape): Parameter =>
      scope(() => {
        const weight = zeros(shape);
        init.xavierUniform(weight, 1, { generator });
        return new Parameter(weight);
      }, 'initialisation');
    if (kdim === embedDim && vdim === embedDim) this.in_proj_weight = xavier([3 * embedDim, embedDim]);
    else {
      this.q_proj_weight = xavier([embedDim, embedDim]);
      this.k_proj_weight = xavier([embedDim, kdim]);
      this.v_proj_weight = xavier([embedDim, vdim]);
    }
    this.in_proj_bias = bias ? constant([3 * embedDim], 0) : null;
    this.out_proj = new Linear(embedDim, embedDim, { bias, generator });
    if (this.out_proj.bias) init.zeros(this.out_proj.bias);
    noteFields(this);
  }

  /**
   * @param query [queries, batch, embedDim], or without the batch; [batch, queries, embedDim] if batchFirst.
   * @param key [keys, batch, kdim], likewise.
   * @param value [keys, batch, vdim], likewise.
   * @returns the output, in the shape of query, and the weights [batch, queries, keys], or of each head
   *   [batch, heads, queries, keys]; null without `needWeights`.
   */
  forward(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    options?: AttendOptions & { readonly needWeights?: true },
  ): [y: Tensor, weights: Tensor];
  forward(query: Tensor, key: Tensor, value: Tensor, options?: AttendOptions): [y: Tensor, weights: Tensor | null];
  forward(query: Tensor, key: Tensor, value: Tensor, options: AttendOptions = {}): [y: Tensor, weights: Tensor | null] {
    const where = 'MultiheadAttention';
    checkArguments(
      where,
      [
        ['query', aTensor],
        ['key', aTensor],
        ['value', aTensor],
        ['options', attendOptions],
      ],
      [query, key, value, options],
    );
    return scope(() => this.attend(where, query, key, value, options), where);
  }

  private attend(
    where: string,
    query: Tensor,
    key: Tensor,
    value: Tensor,
    { keyPaddingMask, attnMask, needWeights = true, averageAttnWeights = true, isCausal = false }: AttendOptions,
  ): [y: Tensor, weights: Tensor | null] {
    const single = query.ndim === 2;
    /** As [batch, length, features]. */
    const batched = (x: Tensor): Tensor => (single ? unsqueeze(x, 0) : this.batchFirst ? x : transpose(x, 0, 1));
    if ([query, key, value].some(x => x.ndim !== (single ? 2 : 3))) {
      const shapes = [query, key, value].map(x => show(x.shape)).join(', ');
      throw new ShapeError(where, `query, key and value take 3 dimensions, or 2 without a batch, these are ${shapes}`);
    }
    const { embedDim: width, numHeads: heads } = this;
    const [qw, kw, vw] = this.in_proj_weight
      ? split(this.in_proj_weight, width)
      : [this.q_proj_weight, this.k_proj_weight, this.v_proj_weight];
    const biases = this.in_proj_bias ? split(this.in_proj_bias, width) : [];
    const d = width / heads;
    /** The projection to all heads, as [batch, heads, length, d]. */
    const project = (x: Tensor, w: Tensor | null | undefined, i: number): Tensor => {
      check(where, 'weight', aTensor, w);
      const y = w ? linear(batched(x), w, biases[i] ?? null) : x;
      return permute(reshape(y, [y.shape[0]!, y.shape[1]!, heads, d]), [0, 2, 1, 3]);
    };
    const [q, k, v] = [project(query, qw, 0), project(key, kw, 1), project(value, vw, 2)];
    const [n = 0, , queries = 0] = q.shape;
    const keys = k.shape[2] ?? 0;
    let scores = matmul(mul(q, 1 / Math.sqrt(d)), t(k));
    if (isCausal) scores = masked(scores, causal(queries, keys));
    if (attnMask) {
      const mask = attnMask.ndim === 3 ? reshape(attnMask, [n, heads, queries, keys]) : attnMask;
      scores = masked(scores, seen(mask));
    }
    if (keyPaddingMask) {
      scores = masked(scores, seen(reshape(keyPaddingMask, [n, 1, 1, keys])));
    }
    const weights = dropout(softmax(scores, -1), this.dropout, { ...this.source, training: this.training });
    const joined = reshape(permute(matmul(weights, v), [0, 2, 1, 3]), [n, queries, width]);
    const y = this.out_proj.forward(joined);
    const output = single ? squeeze(y, 0) : this.batchFirst ? y : transpose(y, 0, 1);
    if (!needWeights) return [output, null];
    const shown = averageAttnWeights ? mean(weights, 1) : weights;
    return [output, single ? squeeze(shown, 0) : shown];
  }
}
