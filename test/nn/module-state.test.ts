/** Loading the state of modules: whole or not at all, by name, into what has its shapes. */
import { DisposedError, nn, ones, ShapeError, tensor, zeros, type Tensor } from 'phyllo';
import { describe, expect, test } from 'vitest';
import { NAMES, Net, numbers } from './nets';

describe('loadStateDict', () => {
  const state = (net: nn.Module): Record<string, number[]> =>
    Object.fromEntries(Object.entries(net.stateDict()).map(([k, t]) => [k, numbers(t)]));

  test('copies values in place', () => {
    const [a, b] = [new Net(), new Net()];
    b.blocks[0]!.mean.set([1, 2, 3]);
    const before = a.parameters();
    expect(a.loadStateDict(b.stateDict())).toEqual({ missingKeys: [], unexpectedKeys: [] });
    expect(state(a)).toEqual(state(b));
    expect(a.parameters()).toEqual(before);
    a.head.weight.set([0, 0, 0, 0, 0, 0]);
    expect(numbers(b.head.weight)).not.toEqual([0, 0, 0, 0, 0, 0]);
    expect(a.loadStateDict(a.stateDict())).toEqual({ missingKeys: [], unexpectedKeys: [] });
  });

  test.each<[string, (s: Record<string, Tensor>) => Record<string, Tensor>, RegExp]>([
    [
      'a missing name',
      ({ 'head.weight': _, 'again.weight': __, ...s }) => s,
      /^loadStateDict: head\.weight is missing; again\.weight is missing$/,
    ],
    ['an unexpected name', s => ({ ...s, 'tail.weight': zeros([1]) }), /^loadStateDict: tail\.weight is unexpected$/],
    [
      'another shape',
      s => ({ ...s, 'head.weight': zeros([3, 2]) }),
      /^loadStateDict: head\.weight takes f32 \[2, 3\], found f32 \[3, 2\]$/,
    ],
    [
      'another type',
      s => ({ ...s, 'head.weight': zeros([2, 3], { dtype: 'i32' }) }),
      /head\.weight takes f32 \[2, 3\], found i32 \[2, 3\]/,
    ],
    [
      'all at once',
      ({ 'offsets.1': _, ...s }) => ({ ...s, toString: zeros([1]), 'head.weight': zeros([1]) }),
      /head\.weight takes .*; offsets\.1 is missing; toString is unexpected/,
    ],
  ])('refuses %s, and has written nothing', (_, change, message) => {
    const net = new Net();
    const before = state(net);
    const other = new Net();
    expect(() => net.loadStateDict(change(other.stateDict()))).toThrow(ShapeError);
    expect(() => net.loadStateDict(change(other.stateDict()))).toThrow(message);
    expect(state(net)).toEqual(before);
  });

  test('not strict, takes what fits by name and tells the rest', () => {
    const net = new Net();
    const before = state(net);
    const report = net.loadStateDict({ 'head.weight': ones([2, 3]), other: zeros([1]) }, { strict: false });
    expect(report.missingKeys).toEqual([...NAMES.filter(n => n !== 'head.weight'), 'blocks.0.mean', 'blocks.1.mean']);
    expect(report.unexpectedKeys).toEqual(['other']);
    const tied = [1, 1, 1, 1, 1, 1];
    expect(state(net)).toEqual({ ...before, 'head.weight': tied, 'again.weight': tied });
    const wrong = { 'head.weight': ones([1]) };
    expect(() => net.loadStateDict(wrong, { strict: false })).toThrow(/weight takes f32 \[2, 3\], found f32 \[1\]/);
  });

  test('refuses a freed tensor before anything is written', () => {
    const net = new nn.Linear(1, 1);
    net.weight.set([5]);
    const bias = zeros([1]);
    bias.dispose();
    expect(() => net.loadStateDict({ weight: zeros([1, 1]), bias })).toThrow(DisposedError);
    expect(net.weight.item()).toBe(5);
  });
});

test('a state dict is loaded whole or not at all, also where the receiver has lost a tensor', () => {
  const [from, to] = [new nn.Linear(2, 2), new nn.Linear(2, 2)];
  const before = numbers(to.weight);
  to.bias!.dispose();
  expect(() => to.loadStateDict(from.stateDict())).toThrow(DisposedError);
  expect(numbers(to.weight)).toEqual(before);
});

test('floats of other types are converted: weights of f64 load into f32', () => {
  const layer = new nn.Linear(2, 1);
  const weight = tensor([0.1, 0.25], { shape: [1, 2], dtype: 'f64' });
  layer.loadStateDict({ weight, bias: tensor([0.5], { dtype: 'f16' }) });
  expect([...numbers(layer.weight), ...numbers(layer.bias!)]).toEqual([Math.fround(0.1), 0.25, 0.5]);
  expect(() => layer.loadStateDict({ weight: zeros([1, 2], { dtype: 'i32' }), bias: zeros([1]) })).toThrow(/found i32/);
});
