/** Attention: averages of values, weighted by how well keys match queries. */
import { ELEMENTS } from '../core/dtype';
import { ShapeError, ValueError } from '../core/errors';
import { aBoolean, aNumber, options as optionsOf } from '../core/kinds';
import { show } from '../core/shape';
import { composite } from '../core/signature';
import type { Tensor } from '../core/tensor';
import { aTensor } from '../core/tensor-kinds';
import { add, le, mul } from './arithmetic';
import { arange } from './creation';
import { dropout } from './dropout';
import { to } from './elementwise';
import { matmul } from './matmul';
import { sourceKeys, type SourceOptions } from './generator';
import { softmax } from './softmax';
import { reshape, t } from './view';
import { where } from './where';

export interface AttentionOptions extends SourceOptions {
  /** Which keys each query sees, bool, or what is added to the scores; spreads to [..., queries, keys]. Default: all. */
  readonly mask?: Tensor;
  /** Whether query i sees keys 0 to i alone. Default false. */
  readonly isCausal?: boolean;
  /** With what probability a weight is dropped. Default 0. */
  readonly dropout?: number;
  /** What scores are multiplied by. Default 1/√width. */
  readonly scale?: number;
}

/** Which keys up to their own place queries see, as bool [queries, keys]. */
export const causal = (queries: number, keys: number): Tensor =>
  le(arange(keys), reshape(arange(queries), [queries, 1]));
/** Scores that are not to be seen become −∞, where the mask is bool; else the mask is added. */
export const masked = (scores: Tensor, mask: Tensor): Tensor =>
  ELEMENTS[mask.dtype].kind === 'bool' ? where(mask, scores, -Infinity) : add(scores, mask);

/**
 * softmax(q kᵀ / √width) v over the last two dimensions (Vaswani et al. 2017): q […, queries, width], k […, keys, width]
 * and v […, keys, values] give […, queries, values]. A query that sees no key at all gets NaN.
 */
export const scaledDotProductAttention: (
  query: Tensor,
  key: Tensor,
  value: Tensor,
  options?: AttentionOptions,
) => Tensor = composite(
  'scaledDotProductAttention',
  [
    ['query', aTensor],
    ['key', aTensor],
    ['value', aTensor],
    [
      'options',
      optionsOf<AttentionOptions>({
        ...sourceKeys,
        mask: aTensor,
        isCausal: aBoolean,
        dropout: aNumber(0, 1),
        scale: aNumber(),
      }),
    ],
  ],
  (query, key, value, { mask, isCausal = false, dropout: p = 0, scale, generator } = {}) => {
    const where = 'scaledDotProductAttention';
    const [width, keys] = [query.shape.at(-1), key.shape.at(-2)];
    if (Math.min(query.ndim, key.ndim, value.ndim) < 2 || key.shape.at(-1) !== width || value.shape.at(-2) !== keys) {
      const shapes = [query, key, value].map(x => show(x.shape)).join(', ');
      throw new ShapeError(
        where,
        `takes […, queries, width], […, keys, width] and […, keys, values], these are ${shapes}`,
      );
    }
    if (mask && isCausal) throw new ValueError(where, 'takes either mask or isCausal');
    let scores = matmul(mul(to(query, 'f32'), scale ?? 1 / Math.sqrt(width ?? 1)), t(key));
    const seen = isCausal ? causal(query.shape.at(-2) ?? 0, keys ?? 0) : mask;
    if (seen) scores = masked(scores, seen);
    return matmul(dropout(softmax(scores, -1), p, { generator }), value);
  },
);
