/** How good predictions are: phyllo/metrics. Outputs and predictions come first, then targets, as in losses. */
export { accuracy, Accuracy, topKAccuracy, TopKAccuracy } from './accuracy';
export { CalibrationError, type CalibrationBin, type CalibrationOptions } from './calibration';
export { ConfusionMatrix, confusionMatrix, type ConfusionOptions } from './confusion';
export {
  AreaUnderRoc,
  AveragePrecision,
  PrecisionRecallCurve,
  RocCurve,
  type Curves,
  type PrecisionRecallPoints,
  type RocPoints,
} from './curves';
export type { Labels } from './labels';
export { MeanLoss, Perplexity, type BatchLoss, type PerplexityOptions } from './loss';
export type { Metric } from './metric';
export type { ThresholdOptions } from './outputs';
export { F1, Precision, Recall, type ScoreOptions } from './precision';
export type { RankingOptions } from './ranking';
export { MeanAbsoluteError, MeanSquaredError, R2Score } from './regression';
export {
  confusionTable,
  report,
  type ClassificationReport,
  type NamedScores,
  type Predictions,
  type ReportOptions,
} from './report';
export type { Averaging, ClassScores } from './scores';
