/** Inputs of a plan from a file are checked before it runs. */
import { capture, ShapeError, tensor, ValueError, type Tensor } from 'phyllo';
import { beforeAll, describe, expect, test } from 'vitest';
import { useBackend } from '../../ts/core/runtime';
import { load, type Inputs, type Net } from '../../ts/edge/node';
import { binaries } from '../backends';
import { numbers } from '../toy';
import { infer, mlp, words, x16, sentence, parted } from './plans';

beforeAll(() => useBackend(binaries.find(({ name }) => name === 'simd128')!));

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
    const takes = "input 'input' [1, 16] takes 16 numbers, at position";
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
    const takes = "input 'input' [1, 3] takes 3 whole numbers from -2^31 to 2^31 - 1, at position";
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
      "a.phyllo: index 2147483647 at position 0 of input 'input' is outside [0, 6)",
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
        `input 'bytes' [2] takes 2 whole numbers from 0 to 255, at position 1 is ${odd}`,
      );
    }
    for (const mask of [Uint8Array.of(0, 2), [1, 2]]) {
      refuses(
        net,
        { bytes: [0, 0], mask },
        ValueError,
        "input 'mask' [2] takes 2 numbers, each 0 or 1, at position 1 is 2",
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
