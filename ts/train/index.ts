/** Training: phyllo/train. Loops, callbacks, checkpoints and what a model is worth. */
export { fit } from './fit';
export { evaluate, predict, predictions, type EvaluateOptions, type PredictOptions } from './evaluate';
export type { LossOptions, OwnStepOptions, RunOptions, StepValues } from './options';
export type { Batch, Batches } from './batches';
export type { Loss, Model } from './step';
export type { Metrics, Scores } from './metric';
export type { Epoch, History } from './history';
export type { Callback, CallbackState, Run } from './callback';
export { CallbackError } from './run';
export { progress, type Output, type ProgressOptions } from './callbacks/progress';
export {
  bestWeights,
  earlyStopping,
  type BestOptions,
  type BestWeights,
  type EarlyStoppingOptions,
} from './callbacks/best';
export { checkpoints, type CheckpointOptions } from './callbacks/checkpoints';
export { csvLog, jsonLines, tensorBoard, type TensorBoardOptions } from './callbacks/logs';
export {
  exponentialAverage,
  stochasticAverage,
  type ExponentialAverageOptions,
  type StochasticAverageOptions,
} from './callbacks/average';
export { stopOnNaN } from './callbacks/nan';
export { SummaryWriter } from './events';
export {
  crossValidate,
  search,
  type CrossValidation,
  type Search,
  type SearchOptions,
  type Trial,
} from './search';
export { rateTest, type RateOptions, type RateTest } from './rates';
export type { Choice, Range, Settings, Space } from './space';
