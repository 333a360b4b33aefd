/** Files, modules and results that phyllo/edge refuses. */
import {
  capture,
  CaptureError,
  crossEntropy,
  FileError,
  nn,
  optim,
  OutOfMemoryError,
  randn,
  tensor,
  ValueError,
  type Tensor,
} from 'phyllo';
import { beforeAll, describe, expect, test } from 'vitest';
import { useBackend } from '../../ts/core/runtime';
import { HEADER } from '../../ts/edge/format';
import { load } from '../../ts/edge/node';
import { binaries } from '../backends';
import { read, infer, mlp, x16, signed, parted } from './plans';

beforeAll(() => useBackend(binaries.find(({ name }) => name === 'simd128')!));

describe('refused is', () => {
  const file = (): Uint8Array => mlp().plan(x16()).encode();
  const changed = (change: (header: Uint32Array, bytes: Uint8Array) => void): Uint8Array => {
    const bytes = file();
    change(new Uint32Array(bytes.buffer), bytes);
    return bytes;
  };
  const refusal = (bytes: Uint8Array): string => {
    let message = '';
    const attempt = (): void => {
      try {
        load(bytes, { wasm: infer });
      } catch (error) {
        message = String(error);
        throw error;
      }
    };
    expect(attempt).toThrow(FileError);
    return message;
  };

  test('a truncated file, wherever it ends', () => {
    const bytes = file();
    for (let n = 0; n < bytes.length; n += n < 64 ? 1 : 37)
      expect(refusal(bytes.subarray(0, n))).toMatch(/no plan file|bytes, not/);
    expect(refusal(new Uint8Array([...bytes, 0]))).toMatch(/bytes, not/);
  });

  test('a file of another kind, or a newer version', () => {
    expect(refusal(changed((_, bytes) => bytes.fill(0x70, 0, 1)))).toMatch(
      /^FileError: plan file: this is no plan file/,
    );
    expect(refusal(changed(header => header.fill(2, 2, 3)))).toMatch(/version 2 of the format, this reads 1/);
  });

  test('what is no bytes, before anything runs', async () => {
    const nothing: readonly [unknown, string][] = [
      ['net.phyllo', "'net.phyllo'"],
      [undefined, 'undefined'],
      [null, 'null'],
      [[1, 2], 'an Array'],
      [{}, 'an Object'],
      [Promise.resolve(file()), 'a Promise: await it first'],
      [7, '7'],
    ];
    for (const [bytes, found] of nothing) {
      const name = 'lenet.phyllo';
      const message = `lenet.phyllo: load takes the bytes of the file, an ArrayBuffer or Uint8Array, this is ${found}`;
      expect(() => load(bytes as Uint8Array, { name, wasm: infer })).toThrow(new ValueError(...parted(message)));
      await expect(load(bytes as Uint8Array, { name })).rejects.toThrow(new ValueError(...parted(message)));
    }
  });

  test('an option that there is not, or of another kind', async () => {
    const bytes = file();
    const refused = async (options: unknown, message: string): Promise<void> => {
      await expect((async () => load(bytes, options as object))()).rejects.toThrow(new ValueError(...parted(message)));
    };
    await refused({ nmae: 'x' }, 'plan file: there is no option nmae: load takes { name, wasm }');
    await refused({ nmae: 'x', name: 'net', wasm: infer }, 'net: there is no option nmae: load takes { name, wasm }');
    await refused({ name: 7 }, 'load: name takes text, this is 7');
    await refused(null, 'load: options takes { name, wasm }, this is null');
    await refused('net.phyllo', "load: options takes { name, wasm }, this is 'net.phyllo'");
    for (const [wasm, found] of [
      [read('infer'), 'a Uint8Array'],
      [WebAssembly.compile(read('infer')), 'a Promise: await it first'],
      [null, 'null'],
      [new WebAssembly.Instance(infer), 'a WebAssembly.Instance'],
    ] as const) {
      await refused(
        { name: 'net', wasm },
        `net: wasm takes a WebAssembly.Module, this is ${found}; WebAssembly.compile(bytes) makes one`,
      );
    }
    expect((await load(bytes, { name: undefined })).inputs).toHaveLength(1);
  });

  test('a file by its name', async () => {
    expect(() => load(new Uint8Array(100), { wasm: infer, name: 'net.phyllo' })).toThrow(
      'net.phyllo: this is no plan file',
    );
    await expect(load(new Uint8Array(100), { name: 'net.phyllo' })).rejects.toThrow('net.phyllo: this is no plan file');
    const huge = signed(changed(header => header.fill(2 ** 32 - 16, 7, 8)));
    expect(() => load(huge, { wasm: infer, name: 'net.phyllo' })).toThrow(/^net\.phyllo: there is no room/);
  });

  test('a file with any bit changed', () => {
    const bytes = file();
    for (let i = HEADER; i < bytes.length; i += 11) {
      bytes[i]! ^= 1 << (i % 8);
      expect(refusal(bytes)).toMatch(/checksum/);
      bytes[i]! ^= 1 << (i % 8);
    }
    expect(load(bytes, { wasm: infer }).inputs).toHaveLength(1);
  });

  test('a call that is none', () => {
    const call = (i: number, x: number): Uint8Array =>
      signed(
        changed((header, bytes) => {
          new Float64Array(bytes.buffer, HEADER + header[4]!)[i] = x;
        }),
      );
    expect(refusal(call(0, 99))).toMatch(/call 1 \(\?\): there is no such kernel/);
    expect(refusal(call(1, 1))).toMatch(/call 1 \(gemm\w*\): there is no such kernel, or it takes other arguments/);
    expect(refusal(call(1, -4))).toMatch(/call 1/);
    expect(refusal(call(3, 2 ** 40))).toMatch(/call 1/);
  });

  test('a plan that asks for more memory than there is', () => {
    const huge = signed(changed(header => header.fill(2 ** 32 - 16, 7, 8)));
    expect(() => load(huge, { wasm: infer })).toThrow(OutOfMemoryError);
  });

  test('a module that is none of the binaries', () => {
    const empty = new WebAssembly.Module(Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0));
    const importing = new WebAssembly.Module(read('simd128'));
    for (const wasm of [empty, importing]) {
      expect(() => load(file(), { wasm, name: 'net' })).toThrow(/^net: wasm is none of this package's infer binaries$/);
    }
  });

  test('a plan that trains, before it is a file', () => {
    const model = new nn.Linear(16, 4);
    const optimizer = new optim.SGD(model.parameters(), { lr: 0.1 });
    const step = capture((x: Tensor, t: Tensor) => {
      optimizer.zeroGrad();
      const loss = crossEntropy(model.forward(x), t);
      loss.backward();
      optimizer.step();
      return loss;
    });
    expect(() => step.plan(x16(), tensor(Int32Array.of(1))).encode()).toThrow(CaptureError);
    const noise = capture((x: Tensor) => x.add(randn([2])));
    expect(() => noise.plan(tensor([1, 2])).encode()).toThrow(CaptureError);
  });
});
