import { aBoolean, type Keys } from '../core/kinds';
import { scope } from '../core/scope';
import type { Shape } from '../core/shape';
import { full } from '../ops/creation';
import { sourceKeys, type Generator, type SourceOptions } from '../ops/generator';
import { uniform } from '../ops/random';
import { Parameter } from './parameter';

export interface LayerOptions extends SourceOptions {
  /** Where the initial parameters come from. Default: the default generator. */
  readonly generator?: Generator;
}
export const layerKeys: Keys<LayerOptions> = sourceKeys;

export interface BiasedLayerOptions extends LayerOptions {
  /** Whether a learned bias is added. Default true. */
  readonly bias?: boolean;
}
export const biasedLayerKeys: Keys<BiasedLayerOptions> = { ...layerKeys, bias: aBoolean };

/** PyTorch's default for weights and biases: evenly over (−1/√n, 1/√n), n being the inputs of one output. */
export function initial(shape: Shape, inputs: number, { generator }: LayerOptions): Parameter {
  const bound = inputs > 0 ? 1 / Math.sqrt(inputs) : 0;
  return scope(() => new Parameter(uniform(shape, -bound, bound, generator && { generator })), 'initialisation');
}

/** Every element `value`. */
export function constant(shape: Shape, value: number): Parameter {
  return scope(() => new Parameter(full(shape, value)), 'initialisation');
}
