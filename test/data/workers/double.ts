/** A module that defines two datasets. */
import { defineDataset, tensor, type Dataset, type Tensor } from 'phyllo';

type Make = (length: number) => Dataset<readonly Tensor[]>;
const make: Make = length => ({ length, get: i => [tensor([i])] });
export const single: Make = defineDataset(import.meta.url, make);
export const double: Make = defineDataset(import.meta.url, length => make(2 * length));
