/** phyllo/edge: plans from files give the bits of the plans they come from, and files from anywhere do no harm. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import {
  capture,
  CaptureError,
  crossEntropy,
  FileError,
  Generator,
  IndexError,
  nn,
  optim,
  OutOfMemoryError,
  PhylloError,
  randn,
  ShapeError,
  tensor,
  ValueError,
  type Captured,
  type Tensor,
} from 'phyllo';
import { beforeAll, describe, expect, test } from 'vitest';
import { useBackend } from '../../ts/core/runtime';
import { checksum, HEADER } from '../../ts/edge/format';
import { load, type Inputs, type Net } from '../../ts/edge/node';
import { binaries } from '../backends';
import { dice, lenet, numbers } from '../toy';

const read = (binary: string): Uint8Array<ArrayBuffer> =>
  Uint8Array.from(readFileSync(new URL(`../../generated/${binary}.wasm`, import.meta.url)));
const infer = new WebAssembly.Module(read('infer'));
const relaxed = WebAssembly.validate(read('infer-relaxed')) ? new WebAssembly.Module(read('infer-relaxed')) : null;

beforeAll(() => useBackend(binaries.find(({ name }) => name === 'simd128')!));

type Model = Captured<[Tensor], Tensor>;
const planned = (model: nn.Layer): Model => {
  model.eval();
  return capture((x: Tensor) => model.forward(x));
};
function mlp(): Model {
  const from = { generator: new Generator(7) };
  return planned(
    new nn.Sequential(new nn.Linear(16, 32, from), new nn.Tanh(), new nn.Linear(32, 4, from), new nn.Softmax(1)),
  );
}
/** Everything that a small network of images has. */
function pictures(): Model {
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
function words(): Model {
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

const x16 = (): Tensor => tensor(numbers(16, 1), { shape: [1, 16] });
const image = (n: number): Tensor => tensor(numbers(n * n, 2), { shape: [1, 1, n, n] });
const sentence = (): Tensor => tensor(Int32Array.of(3, 0, 5), { shape: [1, 3] });

const bits = (x: ArrayLike<number>): number[] => [...new Uint32Array(Float32Array.from(x).buffer)];

/** A file whose header holds for what follows it. */
function signed(file: Uint8Array): Uint8Array {
  const words = new Uint32Array(file.buffer, file.byteOffset, Math.floor(file.length / 4));
  words[3] = checksum(words.subarray(4));
  return file;
}

describe('a plan from a file', () => {
  test.each([
    ['LeNet-5', () => planned(lenet(1998)), () => image(28)],
    ['16-32-4', mlp, x16],
    ['pictures', pictures, () => image(8)],
    ['words', words, sentence],
  ] as const)('gives the same bits: %s', async (_, make, input) => {
    const f = make();
    const x = input();
    const file = f.plan(x).encode();
    const want = f(x).toArray();
    expect(new Set(want).size).toBeGreaterThan(1);
    const net = load(file, { wasm: infer });
    expect([net.inputs[0]!.shape, net.outputs[0]!.shape]).toEqual([x.shape, f(x).shape]);
    for (const run of [1, 2]) expect(bits(net.run(x.toArray())), `run ${run}`).toEqual(bits(want));
    expect(bits(load(file, { wasm: infer }).run({ input: x.toArray() }).output!)).toEqual(bits(want));
    const near = [await load(file), ...(relaxed ? [load(file, { wasm: relaxed })] : [])];
    for (const net of near) net.run(x.toArray()).forEach((y, i) => expect(y).toBeCloseTo(want[i]!, 4));
    f.dispose();
  });

  test('computes anew from what it is given, and hands out copies', () => {
    const f = mlp();
    const net = load(f.plan(x16()).encode(), { wasm: infer });
    const [a, b] = [numbers(16, 1), numbers(16, 8)];
    const y = net.run(a);
    const before = [...y];
    expect([...net.run(b)]).not.toEqual(before);
    expect([...y]).toEqual(before);
    y.fill(0);
    expect([...net.run([...a])]).toEqual(before);
  });

  test('takes bytes in any form, wherever they begin', async () => {
    const f = mlp();
    const x = x16();
    const file = f.plan(x).encode();
    const want = bits(f(x).toArray());
    const shared = new Uint8Array(new SharedArrayBuffer(file.length));
    shared.set(file);
    const copy = Uint8Array.from(file).buffer;
    const forms: (ArrayBufferView | ArrayBufferLike)[] = [
      Buffer.from(file),
      copy,
      new Float32Array(copy),
      shared,
      shared.buffer,
    ];
    for (let offset = 0; offset < 16; offset++) {
      const pool = Buffer.alloc(file.length + 32); // as Node's small Buffers are parts of one
      pool.set(file, offset);
      const bytes = pool.subarray(offset, offset + file.length);
      forms.push(
        bytes,
        new Uint8Array(pool.buffer, bytes.byteOffset, file.length),
        new DataView(pool.buffer, bytes.byteOffset, file.length),
      );
    }
    for (const bytes of forms) expect(bits(load(bytes, { wasm: infer }).run(x.toArray()))).toEqual(want);
    expect([...(await load(Buffer.from(file))).run(x.toArray())]).toHaveLength(4);
    f.dispose();
  });

  test('names what goes in and comes out', () => {
    const f = capture((a: Tensor, b: Tensor) => ({ sum: a.add(b), product: a.mul(b) }));
    const file = f.plan(tensor([1, 2]), tensor([3, 4])).encode({ inputs: ['left', 'right'] });
    const net = load(file, { wasm: infer });
    expect(net.inputs.map(({ name }) => name)).toEqual(['left', 'right']);
    expect(net.run({ left: [1, 2], right: [5, 7] })).toEqual({
      sum: Float32Array.of(6, 9),
      product: Float32Array.of(5, 14),
    });
    expect(() => net.run([1, 2])).toThrow(ValueError);
    expect(() => net.run({ left: [1, 2] })).toThrow(
      "plan file: input 'right' is missing: run takes its 2 inputs by name, { left, right }",
    );
    expect(() => net.run({ left: [1, 2], right: [1] })).toThrow(ShapeError);
  });

  test('finds indices outside their range, and goes on', () => {
    const f = words();
    const net = load(f.plan(sentence()).encode(), { wasm: infer });
    const want = [...net.run([3, 0, 5])];
    expect(() => net.run([3, 6, 5])).toThrow(IndexError);
    expect(() => net.run([3, 0, -1])).toThrow("plan file: index -1 at place 2 of input 'input' is outside [0, 6)");
    expect([...net.run([3, 0, 5])]).toEqual(want);
  });
});

/** Where an error happened, and what. */
const parted = (message: string): [string, string] => {
  const [where = '', ...what] = message.split(': ');
  return [where, what.join(': ')];
};

describe('an input is checked:', () => {
  const loaded = (file: Uint8Array): Net => load(file, { wasm: infer, name: 'a.phyllo' });
  /** The plan refuses what it is given with this error, and goes on. */
  const refuses = (net: Net, x: unknown, Kind: typeof ValueError | typeof ShapeError, message: string): void => {
    expect(() => net.run(x as Inputs)).toThrow(new Kind(...parted(`a.phyllo: ${message}`)));
  };
  const f32 = (): Net => loaded(mlp().plan(x16()).encode());
  const i32 = (): Net => loaded(words().plan(sentence()).encode());
  const two = (): Net =>
    loaded(
      capture((a: Tensor, b: Tensor) => a.add(b))
        .plan(tensor([1, 2]), tensor([3, 4]))
        .encode({ inputs: ['left', 'right'] }),
    );

  test('what is no array', () => {
    const net = f32();
    const good = numbers(16, 1);
    const want = [...net.run(good)];
    for (const [x, found] of [
      [undefined, 'undefined'],
      [null, 'null'],
      [7, '7'],
      ['0123456789abcdef', "'0123456789abcdef'"],
      [new Map(), 'a Map'],
      [x16(), 'a Tensor: pass x.toArray()'],
      [Promise.resolve(good), 'a Promise: await it first'],
      [() => good, 'a Function'],
    ] as const) {
      refuses(net, x, ValueError, `run takes an array or { input }, this is ${found}`);
      if (x !== undefined)
        refuses(net, { input: x }, ValueError, `input 'input' [1, 16] takes 16 numbers, this is ${found}`);
    }
    refuses(net, { input: undefined }, ValueError, "input 'input' [1, 16] takes 16 numbers, this is undefined");
    expect([...net.run(good)]).toEqual(want);
  });

  test('its size', () => {
    const net = f32();
    refuses(
      net,
      new Float32Array(15),
      ShapeError,
      "input 'input' [1, 16] takes 16 numbers, this has 15: a plan is for one shape",
    );
    refuses(
      net,
      { input: [] },
      ShapeError,
      "input 'input' [1, 16] takes 16 numbers, this has 0: a plan is for one shape",
    );
    const nested = "input 'input' [1, 16] takes 16 numbers, this is nested: pass one array, row by row";
    refuses(net, [numbers(16, 1)], ShapeError, nested);
    refuses(
      net,
      Array.from(numbers(16, 1), v => [v]),
      ShapeError,
      nested,
    );
  });

  test('each element, as a number', () => {
    const net = f32();
    const takes = "input 'input' [1, 16] takes 16 numbers, at place";
    for (const [odd, found] of [
      [undefined, 'undefined'],
      ['1', "'1'"],
      [null, 'null'],
      [true, 'true'],
      [1n, '1n: convert it by Number()'],
      [{}, 'an Object'],
      [Symbol('x'), 'Symbol(x)'],
    ] as const) {
      refuses(net, new Array(16).fill(odd), ValueError, `${takes} 0 is ${found}`);
      refuses(net, { input: [...numbers(15, 1), odd] }, ValueError, `${takes} 15 is ${found}`);
    }
    refuses(net, new Array(16), ValueError, `${takes} 0 is undefined`);
    refuses(net, new BigInt64Array(16), ValueError, `${takes} 0 is 0n: convert it by Number()`);
    const x = Float64Array.from(numbers(16, 1));
    for (const same of [[...x], { ...[...x], length: 16 }, Float32Array.from(x)])
      expect(net.run(same)).toEqual(net.run(x));
    expect([...net.run(new Array(16).fill(NaN))]).toEqual([NaN, NaN, NaN, NaN]); // a number, as in f32
  });

  test('whole numbers, where it takes them', () => {
    const net = i32();
    const takes = "input 'input' [1, 3] takes 3 whole numbers from -2^31 to 2^31 - 1, at place";
    for (const odd of [NaN, 1.5, Infinity, 2 ** 31, -(2 ** 31) - 1, 2 ** 32]) {
      refuses(net, [0, 0, odd], ValueError, `${takes} 2 is ${odd}`);
      refuses(net, Float64Array.of(odd, 0, 0), ValueError, `${takes} 0 is ${odd}`);
    }
    refuses(net, Uint32Array.of(0, 2 ** 32 - 1, 0), ValueError, `${takes} 1 is 4294967295`);
    refuses(net, BigInt64Array.of(3n, 0n, 5n), ValueError, `${takes} 0 is 3n: convert it by Number()`);
    const want = net.run(Int32Array.of(3, 0, 5));
    for (const same of [[3, -0, 5], Uint8Array.of(3, 0, 5), Float64Array.of(3, 0, 5)])
      expect(net.run(same)).toEqual(want);
    expect(() => net.run([2 ** 31 - 1, 0, 0])).toThrow(
      "a.phyllo: index 2147483647 at place 0 of input 'input' is outside [0, 6)",
    );
  });

  test('bytes and truth values', () => {
    const f = capture((bytes: Tensor, mask: Tensor) => bytes.to('f32').add(mask.to('f32')));
    const file = f.plan(tensor(Uint8Array.of(1, 2)), tensor([true, false])).encode({ inputs: ['bytes', 'mask'] });
    const net = loaded(file);
    for (const bytes of [[255, 0], Uint8Array.of(255, 0), Uint8ClampedArray.of(255, 0)]) {
      expect(net.run({ bytes, mask: Uint8Array.of(0, 1) })).toEqual({ output: Float32Array.of(255, 1) });
    }
    for (const odd of [256, -1, 0.5]) {
      refuses(
        net,
        { bytes: [0, odd], mask: [0, 0] },
        ValueError,
        `input 'bytes' [2] takes 2 whole numbers from 0 to 255, at place 1 is ${odd}`,
      );
    }
    for (const mask of [Uint8Array.of(0, 2), [1, 2]]) {
      refuses(
        net,
        { bytes: [0, 0], mask },
        ValueError,
        "input 'mask' [2] takes 2 numbers, each 0 or 1, at place 1 is 2",
      );
    }
  });

  test('its name', () => {
    const all = 'run takes its 2 inputs by name, { left, right }';
    const net = two();
    refuses(net, [1, 2], ValueError, `${all}, this is an Array`);
    refuses(net, tensor([1, 2]), ValueError, `${all}, this is a Tensor: pass x.toArray()`);
    refuses(net, {}, ValueError, `input 'left' is missing: ${all}`);
    refuses(net, { left: [1, 2], rihgt: [1, 2] }, ValueError, `there is no input 'rihgt': ${all}`);
    refuses(net, { left: [1, 2], right: [1, 2], foo: [1] }, ValueError, `there is no input 'foo': ${all}`);
    refuses(
      f32(),
      { input: numbers(16, 1), foo: [1] },
      ValueError,
      "there is no input 'foo': run takes an array or { input }",
    );
    expect(net.run({ left: [1, 2], right: [5, 7] })).toEqual({ output: Float32Array.of(6, 9) });
  });

  test('and names before they are in a file', () => {
    const plan = mlp().plan(x16());
    const encode =
      (names: unknown): (() => Uint8Array) =>
      () =>
        plan.encode(names as object);
    expect(encode({ inputs: 'a' })).toThrow(new ValueError('encode', "inputs takes a list of texts, this is 'a'"));
    expect(encode({ outputs: [7] })).toThrow(ValueError);
    expect(encode({ input: ['a'] })).toThrow(
      new ValueError('encode', 'there is no option input: did you mean inputs?'),
    );
    expect(encode(null)).toThrow(ValueError);
  });
});

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

describe('of files changed at random', () => {
  const FILES = 20_000;
  /** Numbers that no call should get by with, and some that one may. */
  const NASTY = [
    0,
    1,
    2,
    3,
    4,
    7,
    8,
    16,
    64,
    255,
    256,
    4096,
    65535,
    65536,
    2 ** 20,
    2 ** 24,
    2 ** 30,
    2 ** 31 - 1,
    2 ** 31,
    2 ** 32 - 1,
    2 ** 32 - 16,
    2 ** 32,
    2 ** 53,
    1e300,
    -0,
    -1,
    -2,
    -(2 ** 31),
    0.5,
    NaN,
    Infinity,
    -Infinity,
  ];

  /** One change. */
  function mutate(file: Uint8Array, roll: (n: number) => number): void {
    const header = new Uint32Array(file.buffer, 0, HEADER / 4);
    const calls = new Float64Array(file.buffer, HEADER + header[4]!, header[5]!);
    const some = (): number => roll(calls.length);
    switch (roll(8)) {
      case 0:
        file[roll(file.length)]! ^= 1 << roll(8);
        break;
      case 1:
        file[HEADER + roll(header[4]!)] = 0x20 + roll(0x5f);
        break;
      case 2:
        header[2 + roll(6)] = roll(2) ? roll(256) : 16 * roll(65536);
        break;
      case 3:
      case 4:
        calls[some()] = NASTY[roll(NASTY.length)]!;
        break;
      case 5: {
        const [i, j] = [some(), some()];
        [calls[i], calls[j]] = [calls[j]!, calls[i]!];
        break;
      }
      case 6:
        calls[some()]! += roll(33) - 16;
        break;
      case 7:
        calls[some()]! *= 2 ** (roll(9) - 4);
        break;
    }
  }

  test('each is refused or runs', () => {
    const originals = (
      [
        [mlp(), x16()],
        [pictures(), image(8)],
        [words(), sentence()],
      ] as const
    ).map(([f, x]) => f.plan(x).encode());
    const roll = dice(2024);
    const counts: Record<string, number> = {};
    let slowest = 0;
    for (let n = 0; n < FILES; n++) {
      let file = originals[n % originals.length]!.slice();
      const header = file.slice(0, HEADER);
      for (let changes = 1 + roll(3); changes > 0; changes--) {
        mutate(file, roll);
        // Later changes find their places by the header as it was.
        if (changes > 1) file.set(header.subarray(16), 16);
      }
      if (roll(20) === 0) file = file.slice(0, roll(file.length));
      else if (roll(20) > 0) signed(file);
      const start = performance.now();
      let outcome = 'ran';
      try {
        const net = load(file, { wasm: infer });
        net.run(
          Object.fromEntries(
            net.inputs.map(({ name, shape }) => [name, new Uint8Array(shape.reduce((a, b) => a * b, 1))]),
          ),
        );
      } catch (error) {
        if (!(error instanceof PhylloError)) throw new Error(`file ${n}: ${String(error)}`, { cause: error });
        const { name, what, cause } = error;
        // What a kernel checks itself ends in `unreachable`; any other trap is an address that was let through.
        if (cause instanceof WebAssembly.RuntimeError) expect(cause.message, `file ${n}: ${what}`).toBe('unreachable');
        expect(what).not.toContain('undefined');
        outcome = `${name}: ${what.replace(/^call \d+ \(.*?\): /, '').replace(/-?\d+/g, 'n')}`;
      }
      counts[outcome] = (counts[outcome] ?? 0) + 1;
      slowest = Math.max(slowest, performance.now() - start);
    }
    console.log(
      Object.entries(counts)
        .sort(([, a], [, b]) => b - a)
        .map(([what, n]) => `${String(n).padStart(6)} ${what}`)
        .join('\n'),
    );
    console.log(`the slowest took ${slowest.toFixed()} ms`);
    expect(slowest).toBeLessThan(5000);
    expect(counts.ran).toBeGreaterThan(FILES / 20);
    expect(Object.keys(counts).length).toBeGreaterThan(10);
  }, 120_000);
});

test('what is sent to the edge is small, compressed', async () => {
  const compressed = (bytes: Uint8Array): number => gzipSync(bytes, { level: 9 }).length;
  const entry = fileURLToPath(new URL('../../ts/edge/browser.ts', import.meta.url));
  const { outputFiles } = await build({
    entryPoints: [entry],
    bundle: true,
    minify: true,
    format: 'esm',
    write: false,
    logLevel: 'error',
  });
  const sizes: [name: string, size: number, most: number][] = [
    ['phyllo/edge', compressed(outputFiles[0]!.contents), 4096],
    ...['infer', 'infer-relaxed'].map((name): [string, number, number] => [
      `${name}.wasm`,
      compressed(read(name)),
      60 * 1024,
    ]),
    ...['simd128', 'relaxed'].map((name): [string, number, number] => [
      `${name}.wasm`,
      compressed(read(name)),
      152 * 1024,
    ]),
  ];
  for (const [name, size, most] of sizes) console.log(`${name}: ${size} bytes of ${most}`);
  for (const [name, size, most] of sizes) expect(size, name).toBeLessThanOrEqual(most);
});
