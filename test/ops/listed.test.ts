/** Sizes and dimensions given one by one, as PyTorch's methods and creation functions take them. */
import {
  expand,
  manualSeed,
  ones,
  permute,
  rand,
  randn,
  repeat,
  reshape,
  scope,
  tensor,
  tile,
  ValueError,
  zeros,
  type Tensor,
} from 'phyllo';
import { expect, test } from 'vitest';

const shown = (t: Tensor): readonly unknown[] => [t.shape, t.dtype, [...t.toArray()]];
const same = (a: () => Tensor, b: () => Tensor): void =>
  scope(() => {
    manualSeed(1);
    const expected = shown(b());
    manualSeed(1);
    expect(shown(a())).toEqual(expected);
  });

test('of methods and functions', () => {
  const x = tensor([[1, 2, 3]]);
  same(
    () => x.reshape(3, -1),
    () => x.reshape([3, -1]),
  );
  same(
    () => reshape(x, 3, 1),
    () => reshape(x, [3, 1]),
  );
  same(
    () => x.reshape(3),
    () => x.reshape([3]),
  );
  same(
    () => x.expand(2, -1),
    () => expand(x, [2, 3]),
  );
  same(
    () => x.permute(1, 0),
    () => permute(x, [1, 0]),
  );
  same(
    () => x.repeat(2, 1, 2),
    () => repeat(x, [2, 1, 2]),
  );
  same(
    () => x.tile(2),
    () => tile(x, [2]),
  );
  x.dispose();
});

test('of creation functions, with options or without', () => {
  same(
    () => zeros(3),
    () => zeros([3]),
  );
  same(
    () => zeros(2, 3),
    () => zeros([2, 3]),
  );
  same(
    () => ones(2, 0, { dtype: 'i32' }),
    () => ones([2, 0], { dtype: 'i32' }),
  );
  same(
    () => rand(2, 2),
    () => rand([2, 2]),
  );
  same(
    () => randn(4, { requiresGrad: true }),
    () => randn([4], { requiresGrad: true }),
  );
  expect(randn(4, { requiresGrad: true }).requiresGrad).toBe(true);
});

test('what is neither is refused by name', () => {
  const x = tensor([1, 2]);
  const calls: Readonly<Record<string, () => unknown>> = {
    'reshape: shape': () => Reflect.apply(x.reshape, x, [2, 'a']),
    'zeros: shape': () => Reflect.apply(zeros, undefined, [2.5]),
    'zeros: takes 2 arguments': () => Reflect.apply(zeros, undefined, [2, {}, 3]),
    'ones: there is no option dtyp': () => Reflect.apply(ones, undefined, [2, { dtyp: 'i32' }]),
    'reshape: takes 1 argument': () => Reflect.apply(x.reshape, x, [[2], 1]),
    'reshape: takes 2 arguments': () => Reflect.apply(reshape, undefined, [x, [2], 1]),
  };
  for (const [what, call] of Object.entries(calls)) expect(call, what).toThrow(what);
  expect(() => Reflect.apply(zeros, undefined, [2, {}, 3])).toThrow(ValueError);
  x.dispose();
});

test('pieces of sizes that are listed', () => {
  const x = tensor([1, 2, 3, 4]);
  scope(() => {
    expect(x.split([1, 0, 3]).map(t => [...t.toArray()])).toEqual([[1], [], [2, 3, 4]]);
    expect(() => x.split([1, 2])).toThrow('[1, 2] do not add up to the 4');
  });
  x.dispose();
});
