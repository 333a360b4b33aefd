/** How good predictions are: phyllo/metrics. Predictions come first, then targets, as in losses. */
export { accuracy, topKAccuracy } from './accuracy';
export { ConfusionMatrix, confusionMatrix, type Averaging, type ClassScores } from './confusion';
export type { Labels } from './labels';
