/** Plans in files, the binaries that run them, and what they are given. */
import { readFileSync } from 'node:fs';
import { capture, Generator, nn, tensor, type Captured, type Tensor } from 'phyllo';
import { checksum } from '../../ts/edge/format';
import { numbers } from '../toy';

export const read = (binary: string): Uint8Array<ArrayBuffer> =>
  Uint8Array.from(readFileSync(new URL(`../../generated/${binary}.wasm`, import.meta.url)));
export const infer: WebAssembly.Module = new WebAssembly.Module(read('infer'));

export type Model = Captured<[Tensor], Tensor>;
export const planned = (model: nn.Layer): Model => {
  model.eval();
  return capture((x: Tensor) => model.forward(x));
};
export function mlp(): Model {
  const from = { generator: new Generator(7) };
  return planned(
    new nn.Sequential(new nn.Linear(16, 32, from), new nn.Tanh(), new nn.Linear(32, 4, from), new nn.Softmax(1)),
  );
}
/** Everything that a small network of images has. */
export function pictures(): Model {
  const from = { generator: new Generator(3) };
  return planned(
    new nn.Sequential(
      new nn.Conv2d(1, 3, 3, { padding: 1, ...from }),
      new nn.BatchNorm2d(3),
      new nn.ReLU(),
      new nn.MaxPool2d(2),
      new nn.Conv2d(3, 4, 3, from),
      new nn.GELU(),
      new nn.AvgPool2d(2),
      new nn.Flatten(),
      new nn.Linear(4, 3, from),
    ),
  );
}
/** Words in, words out. */
export function words(): Model {
  const from = { generator: new Generator(5) };
  const [embedding, gru, decoder] = [
    new nn.Embedding(6, 4, from),
    new nn.GRU(4, 5, { batchFirst: true, ...from }),
    new nn.Linear(5, 6, from),
  ];
  return capture((x: Tensor) =>
    decoder
      .forward(gru.forward(embedding.forward(x))[0])
      .cumsum(1)
      .topk(2)[0]
      .logSoftmax(2),
  );
}

export const x16 = (): Tensor => tensor(numbers(16, 1), { shape: [1, 16] });
export const image = (n: number): Tensor => tensor(numbers(n * n, 2), { shape: [1, 1, n, n] });
export const sentence = (): Tensor => tensor(Int32Array.of(3, 0, 5), { shape: [1, 3] });

/** A file whose header holds for what follows it. */
export function signed(file: Uint8Array): Uint8Array {
  const words = new Uint32Array(file.buffer, file.byteOffset, Math.floor(file.length / 4));
  words[3] = checksum(words.subarray(4));
  return file;
}

/** Where an error happened, and what. */
export const parted = (message: string): [string, string] => {
  const [where = '', ...what] = message.split(': ');
  return [where, what.join(': ')];
};
