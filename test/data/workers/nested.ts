/** Samples that are no tuples of tensors, and the batches that are made of them. */
import { defineDataset, rand, tensor, type Dataset, type Tensor } from 'phyllo';

export interface Item {
  readonly name: string;
  readonly x: Tensor;
}
export interface Batch {
  readonly names: readonly string[];
  readonly list: readonly { readonly x: Tensor; readonly length: number }[];
  readonly types: Readonly<Record<string, Tensor>>;
  readonly strided: Tensor;
  readonly none: null;
  readonly noise: Tensor;
  readonly bytes: Uint8Array;
  readonly lookup: ReadonlyMap<string, number>;
}

const BYTES = Uint8Array.of(1, 2, 3);
const odd = Float32Array.from([NaN, -0, Infinity, 1e-45]);

/** Tensors of all types, strided ones, empty ones, among other things. */
export function collect(items: readonly Item[]): Batch {
  return {
    names: items.map(({ name }) => name),
    list: items.map(({ x }) => ({ x, length: x.size })),
    types: {
      f32: tensor(odd),
      f64: tensor([Math.PI, -0], { dtype: 'f64' }),
      f16: tensor([0.1, 65504], { dtype: 'f16' }),
      bf16: tensor([0.1, 3e38], { dtype: 'bf16' }),
      i64: tensor(BigInt64Array.of(2n ** 62n + 1n, -1n)),
      i32: tensor(Int32Array.of(-5, 2 ** 31 - 1)),
      i8: tensor(Int8Array.of(-128, 127)),
      u8: tensor(BYTES),
      bool: tensor([true, false, true]),
      one: tensor(3),
      empty: tensor([], { shape: [0, 3] }),
    },
    strided: tensor([[1, 2, 3], [4, 5, 6]]).t(), // biome-ignore format: a matrix
    none: null,
    noise: rand([2]),
    bytes: BYTES, // the module's own: it must not be handed over
    lookup: new Map(items.map(({ name, x }) => [name, x.size])),
  };
}

/** Made later. Sample i has i + 1 random numbers. */
export const nested: (length: number) => Promise<Dataset<Item>> = defineDataset(
  import.meta.url,
  async length => {
    await new Promise(resolve => setTimeout(resolve, 5));
    return { length, get: (i: number) => ({ name: `sample ${i}`, x: rand([i + 1]) }) };
  },
  { collate: collect },
);
