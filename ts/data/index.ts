/** Data sets and batches: phyllo/data. */
export { DataLoader, type LoaderOptions } from './loader';
export { defineDataset, type DefineOptions } from './define';
export { randomSplit, Subset, TensorDataset, type Dataset, type SplitOptions } from './dataset';
export { ChainDataset, ConcatDataset, type IterableDataset } from './combined';
export {
  BatchSampler,
  RandomSampler,
  SequentialSampler,
  SubsetRandomSampler,
  WeightedRandomSampler,
  type RandomSamplerOptions,
  type Sampler,
  type SamplerOptions,
  type WeightedSamplerOptions,
} from './samplers';
