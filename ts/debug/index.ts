/**
 * phyllo/debug: why a network does not learn. Each detector runs what it is given once, with hooks on the layers, and
 * returns a plain object that prints as a table.
 */
export {
  deadUnits,
  histograms,
  saturation,
  type DeadUnits,
  type Histogram,
  type HistogramOptions,
  type LayerHistograms,
  type Run,
  type Saturation,
} from './activations';
export {
  findAnomaly,
  gradientNorms,
  overfitOneBatch,
  type GradientNorm,
  type Overfit,
  type OverfitOptions,
} from './training';
export type { Report } from './report';
