/** How good predictions are: `metrics` of the public API. */
export { accuracy, topKAccuracy } from './accuracy';
export { ConfusionMatrix, confusionMatrix, type Averaging, type ClassScores } from './confusion';
export type { Labels } from './labels';
