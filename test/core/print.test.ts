/** How tensors look: values, shape and type, never what lies beneath. */
import { inspect } from 'node:util';
import { arange, capture, scope, tensor, zeros, type Tensor } from 'phyllo';
import { beforeEach, expect, test } from 'vitest';
import { backends, start } from '../toy';

test.each(backends)('tensors of five shapes and types, on %s', (_, make) => {
  start(make);
  const shown: readonly (readonly [Tensor, string])[] = [
    [
      tensor([
        [1, 2],
        [3, -40],
      ]),
      'Tensor([[  1,   2],\n        [  3, -40]], f32 [2, 2])',
    ],
    [tensor([0.5, 1 / 3, -2, NaN, Infinity]), 'Tensor([  0.5000,   0.3333,  -2.0000,      NaN, Infinity], f32 [5])'],
    [tensor(7), 'Tensor(7, f32 [])'],
    [tensor(Uint8Array.of(0, 255)), 'Tensor([  0, 255], u8 [2])'],
    [tensor([[true], [false]]), 'Tensor([[ true],\n        [false]], bool [2, 1])'],
    [tensor([-0, 1]), 'Tensor([-0,  1], f32 [2])'],
    [tensor([-0, 0.5]), 'Tensor([-0.0000,  0.5000], f32 [2])'],
    [tensor(2 ** -17), 'Tensor(7.6294e-6, f32 [])'],
    [zeros([0, 3]), 'Tensor([], f32 [0, 3])'],
    [tensor([1e-7, 1]), 'Tensor([1.0000e-7, 1.0000e+0], f32 [2])'],
    [
      tensor([
        [1, 2, 3],
        [4, 5, 6],
      ]).t(),
      'Tensor([[1, 4],\n        [2, 5],\n        [3, 6]], f32 [3, 2])',
    ],
    [
      arange(8).reshape([2, 2, 2]),
      'Tensor([[[0, 1],\n         [2, 3]],\n\n        [[4, 5],\n         [6, 7]]], f32 [2, 2, 2])',
    ],
    [arange(2000), 'Tensor([   0,    1,    2, …, 1997, 1998, 1999], f32 [2000])'],
  ];
  for (const [t, text] of shown) {
    expect(String(t)).toBe(text);
    expect(inspect(t)).toBe(text);
    expect(`${t}`).toBe(text);
  }
  expect(inspect({ x: tensor([1]) })).toBe('{ x: Tensor([1], f32 [1]) }');
  expect(JSON.stringify(tensor([[1, 2]]))).toBe('{"dtype":"f32","shape":[1,2],"data":[1,2]}');
  expect(String(zeros([40, 50])).split('\n')).toHaveLength(7);
});

beforeEach(() => start(backends[0]![1]));

test('what has no numbers says so', () => {
  const gone = scope(() => {
    const t = zeros([3]);
    return [() => t];
  })[0]!();
  expect(String(gone)).toBe('Tensor(freed, f32 [3])');
  expect(() => JSON.stringify(gone)).toThrow(/freed/);
  let text = '';
  capture((x: Tensor) => {
    text = String(x.mul(2));
    return x;
  })(zeros([2]));
  expect(text).toBe('Tensor(no numbers yet, f32 [2])');
});

test('rows that would be longer than 80 columns are broken', () => {
  const rows = (t: Tensor): string[] => String(t).split('\n');
  const whole = rows(arange(100).reshape([2, 50]));
  const numbers = whole.map(row =>
    row
      .replace(/, f32.*/, '')
      .match(/\d+/g)!
      .map(Number),
  );
  expect(numbers.map(row => row.length)).toEqual([17, 17, 16, 17, 17, 16]); // (80 − 9) / 4 in a line
  expect(numbers.flat()).toEqual(Array.from({ length: 100 }, (_, i) => i));
  expect(whole[1]).toMatch(/^ {9}17, .* 33,$/);
  expect(whole[3]).toMatch(/^ {8}\[50, /);
  expect(rows(zeros([24]))).toHaveLength(1);
  expect(rows(zeros([25]))).toHaveLength(2);
});

test('a method is not assigned to: t.data = … would change nothing', () => {
  const t = tensor([1, 2]);
  for (const name of ['data', 'toArray', 'mul', 'backward', 'dispose']) {
    expect(() => Object.assign(t, { [name]: 3 })).toThrow(TypeError);
  }
  expect(Array.from(t.mul(2).toArray())).toEqual([2, 4]);
});
