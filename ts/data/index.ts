/** Data sets and batches: phyllo/data. */
export { DataLoader, type LoaderOptions } from './loader';
export { randomSplit, Subset, TensorDataset, type Dataset, type SplitOptions } from './dataset';
