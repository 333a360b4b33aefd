/** Tensors that JavaScript changed by hand, or takes for what they are not: nothing beyond their memory is read. */
import { keep, memory, ones, PhylloError, scope, tensor, ValueError, type Tensor } from 'phyllo';
import { expect, test } from 'vitest';

/** As plain JavaScript assigns. */
const put = (t: Tensor, name: string, value: unknown): Tensor => {
  Reflect.set(t, name, value);
  return t;
};

test.each<[string, () => Tensor]>([
  ['another shape', () => put(ones([2, 3]), 'shape', [4, 6])],
  ['a huge shape', () => put(ones([2, 3]), 'shape', [100_000_000, 6])],
  [
    'a size in its shape',
    () => {
      const t = ones([2, 3]);
      Reflect.set(t.shape, 0, 4);
      return t;
    },
  ],
  ['other strides', () => put(ones([2, 3]), 'strides', [300, 1])],
  ['a larger element type', () => put(ones([2]), 'dtype', 'f64')],
])('%s is found wherever elements are read', (_, make) => {
  expect(String(make())).toMatch(/^Tensor\(changed by hand, /);
  expect(() => make().toArray()).toThrow(PhylloError);
  expect(() => make().add(1)).toThrow(PhylloError);
  expect(() => JSON.stringify(make())).toThrow(PhylloError);
});

test('an array whose memory was handed to somebody else is refused, and leaves nothing', () => {
  const arrays = [Float32Array.of(1, 2), Uint8Array.of(1), BigInt64Array.of(1n)];
  structuredClone(arrays, { transfer: arrays.map(({ buffer }) => buffer) });
  const before = memory().blocks;
  for (const array of arrays) expect(() => tensor(array)).toThrow(ValueError);
  expect(memory().blocks).toBe(before);
  expect(tensor(new Float32Array(0)).shape).toEqual([0]);
});

test('several tensors are kept in an array, not one by one in silence', () => {
  const [a, b] = [ones([1]), ones([1])];
  expect(() => Reflect.apply(keep, null, [a, b])).toThrow(/keep: takes 1 argument, these are 2: keep an array/);
  expect(scope(() => void [a.add(1), b.add(1)].map(keep))).toBe(undefined);
});

test('a tensor is no number, and as text it is what it holds', () => {
  const loss = tensor(0.5);
  for (const use of [() => Number(loss), () => Reflect.apply(Math.max, null, [loss, 2])]) {
    expect(use).toThrow(/tensor: is no number: read it with item\(\)/);
  }
  expect(`${loss}`).toBe('Tensor(0.5000, f32 [])');
});

test('only true and false say whether a gradient is wanted', () => {
  for (const on of ['false', 1, null]) expect(() => put(ones([1]), 'requiresGrad', on)).toThrow(ValueError);
});
