/** Recurrent layers: parameters, dropout between layers, and what they refuse. */
import {
  atan,
  decodeSafetensors,
  encodeSafetensors,
  Generator,
  gradients,
  IndexError,
  gru,
  lstm,
  mul,
  nn,
  randn,
  rnn,
  ShapeError,
  sum,
  tensor,
  ValueError,
  zeros,
  DTypeError,
  embedding,
  type Tensor,
} from 'phyllo';
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { runtime, useBackend } from '../../ts/core/runtime';

const library = runtime.backend;
beforeEach(() => useBackend(library));
afterAll(() => useBackend(library));

const numbers = (t: Tensor): number[] => Array.from(t.toArray());

describe('layers', () => {
  test("parameters have PyTorch's names, shapes and bounds, and are found by name", () => {
    const model = new nn.LSTM(3, 400, { numLayers: 2, bidirectional: true });
    const shapes = Object.entries(model.stateDict()).map(([name, p]) => `${name} ${p.shape.join('×')}`);
    expect(shapes).toEqual([
      'weight_ih_l0 1600×3',
      'weight_hh_l0 1600×400',
      'bias_ih_l0 1600',
      'bias_hh_l0 1600',
      'weight_ih_l0_reverse 1600×3',
      'weight_hh_l0_reverse 1600×400',
      'bias_ih_l0_reverse 1600',
      'bias_hh_l0_reverse 1600',
      'weight_ih_l1 1600×800',
      'weight_hh_l1 1600×400',
      'bias_ih_l1 1600',
      'bias_hh_l1 1600',
      'weight_ih_l1_reverse 1600×800',
      'weight_hh_l1_reverse 1600×400',
      'bias_ih_l1_reverse 1600',
      'bias_hh_l1_reverse 1600',
    ]);
    for (const p of model.parameters()) {
      const all = numbers(p);
      const [low, high] = [all.reduce((a, b) => Math.min(a, b)), all.reduce((a, b) => Math.max(a, b))];
      expect(low).toBeGreaterThanOrEqual(-0.05);
      expect(high).toBeLessThan(0.05);
      expect(high - low).toBeGreaterThan(0.098);
    }
    expect(model.weight_ih_l0?.shape).toEqual([1600, 3]);
    expect(Object.keys(new nn.GRU(2, 3, { bias: false }).stateDict())).toEqual(['weight_ih_l0', 'weight_hh_l0']);
  });

  test('the same generator gives the same parameters, and files carry them', () => {
    const [a, b] = [1, 2].map(seed => new nn.GRU(2, 3, { numLayers: 2, generator: new Generator(seed) }));
    const again = new nn.GRU(2, 3, { numLayers: 2, generator: new Generator(1) });
    const flat = (m: nn.Module): number[] => m.parameters().flatMap(numbers);
    expect(flat(again)).toEqual(flat(a!));
    expect(flat(b!)).not.toEqual(flat(a!));
    b!.loadStateDict(decodeSafetensors(encodeSafetensors(a!.stateDict())).tensors);
    expect(flat(b!)).toEqual(flat(a!));
  });

  test('dropout falls between layers, in training only', () => {
    const model = new nn.RNN(2, 3, { numLayers: 2, dropout: 1 });
    const x = randn([4, 2, 2]);
    const plain = new nn.RNN(2, 3, { numLayers: 2 });
    plain.loadStateDict(model.stateDict());
    // Nothing reaches the second layer: what it returns does not depend on x, and the first layer's states do.
    const [[y, h], [y2]] = [model.forward(x), model.forward(mul(x, 2))];
    expect(numbers(y)).toEqual(numbers(y2));
    expect(numbers(h.select(0, 0))).toEqual(numbers(plain.forward(x)[1].select(0, 0)));
    expect(numbers(model.eval().forward(x)[0])).toEqual(numbers(plain.forward(x)[0]));
    const single = new nn.RNN(2, 3, { dropout: 1 });
    expect(Math.max(...numbers(single.forward(x)[0]).map(Math.abs))).toBeGreaterThan(0);
  });

  test("an embedding's padding begins as zeros and stays so", () => {
    const model = new nn.Embedding(5, 3, { paddingIdx: -2 });
    expect(numbers(model.weight.select(0, 3))).toEqual([0, 0, 0]);
    expect(numbers(model.weight).filter(x => x === 0)).toHaveLength(3);
    const index = tensor(Int32Array.of(3, 0, 3, 4), { shape: [2, 2] });
    sum(model.forward(index)).backward();
    expect(numbers(model.weight.grad!)).toEqual([1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1]);
  });

  test('second derivatives go through time', () => {
    // hₜ = w hₜ₋₁ from h₀ = 1, by relu of positive numbers: h₃ = w³, and its second derivative is 6 w.
    const w = tensor([[2]], { requiresGrad: true });
    const [, h] = rnn(zeros([3, 1, 1]), { ih: tensor([[0]]), hh: w }, tensor([[1]]), { nonlinearity: 'relu' });
    const [slope] = gradients(sum(h), [w], { createGraph: true });
    expect(slope!.item()).toBe(12);
    expect(gradients(sum(slope!), [w]).map(g => g.item())).toEqual([12]);
  });
});

describe('refuses', () => {
  const weights = { ih: zeros([4, 3]), hh: zeros([4, 4]) };
  const x = zeros([2, 5, 3]);
  const wrong: readonly (readonly [
    name: string,
    f: () => unknown,
    error: new (...args: never[]) => Error,
    message: RegExp,
  ])[] = [
    ['no steps', () => rnn(zeros([0, 5, 3]), weights), ShapeError, /rnn: takes at least one step/],
    [
      'x without batch',
      () => rnn(zeros([2, 3]), weights),
      ShapeError,
      /x takes \[steps, batch, features\], this is \[2, 3\]/,
    ],
    ['features', () => rnn(zeros([2, 5, 2]), weights), ShapeError, /takes 3 features, x \[2, 5, 2\] has 2/],
    ['gates', () => gru(x, weights), ShapeError, /gru: hh takes \[3 · hidden, hidden\], this is \[4, 4\]/],
    [
      'ih',
      () => rnn(x, { ...weights, ih: zeros([5, 3]) }),
      ShapeError,
      /ih takes \[4, features\] beside hh \[4, 4\], this is \[5, 3\]/,
    ],
    ['bias', () => rnn(x, { ...weights, biasHh: zeros([3]) }), ShapeError, /biasHh takes \[4\]/],
    [
      'state',
      () => rnn(x, weights, zeros([4, 4])),
      ShapeError,
      /a state takes \[5, 4\] beside x \[2, 5, 3\], this is \[4, 4\]/,
    ],
    [
      'cell',
      () => lstm(x, { ih: zeros([8, 3]), hh: zeros([8, 2]) }, [zeros([5, 2]), zeros([5, 3])]),
      ShapeError,
      /a state takes \[5, 2\]/,
    ],
    [
      'nonlinearity',
      () => rnn(x, weights, null, JSON.parse('{"nonlinearity":"sin"}')),
      ValueError,
      /nonlinearity takes 'tanh' or 'relu', this is 'sin'/,
    ],
    [
      "a layer's x",
      () => new nn.GRU(3, 2).forward(zeros([2, 5, 4])),
      ShapeError,
      /GRU: x takes \[steps, batch, 3\] or \[steps, 3\]/,
    ],
    [
      "a layer's x, batch first",
      () => new nn.LSTM(3, 2, { batchFirst: true }).forward(zeros([3])),
      ShapeError,
      /LSTM: x takes \[batch, steps, 3\] or \[steps, 3\], this is \[3\]/,
    ],
    [
      "a layer's state",
      () => new nn.RNN(3, 2, { numLayers: 2 }).forward(x, zeros([1, 5, 2])),
      ShapeError,
      /RNN: a state takes \[2, 5, 2\] beside x \[2, 5, 3\], this is \[1, 5, 2\]/,
    ],
    ["a layer's size", () => new nn.GRU(3, 0), ValueError, /GRU: hiddenSize takes a whole number ≥ 1/],
    ["a layer's dropout", () => new nn.GRU(3, 1, { dropout: 2 }), ValueError, /dropout takes a number from 0 to 1/],
    [
      "Elman's x",
      () => new nn.Elman(3, 2, 1, { f1: atan }).forward(zeros([2, 3])),
      ShapeError,
      /Elman: x takes \[steps, batch, 3\]/,
    ],
    ['words as floats', () => embedding(zeros([2]), zeros([3, 2])), DTypeError, /index takes integers, this is f32/],
    [
      'a word outside',
      () => embedding(tensor(Int32Array.of(3)), zeros([3, 2])),
      IndexError,
      /index 3 at position 0 is outside \[0, 3\)/,
    ],
    ['a table', () => embedding(tensor(Int32Array.of(0)), zeros([3])), ShapeError, /weight takes \[rows, width\]/],
    [
      'padding',
      () => embedding(tensor(Int32Array.of(0)), zeros([3, 2]), { paddingIdx: 3 }),
      ValueError,
      /paddingIdx takes one of 3 rows, this is 3/,
    ],
    [
      'padding of a layer',
      () => new nn.Embedding(3, 2, { paddingIdx: -4 }),
      ValueError,
      /paddingIdx takes one of 3 rows/,
    ],
  ];
  test.each(wrong)('%s', (_, f, error, message) => {
    expect(f).toThrow(error);
    expect(f).toThrow(message);
  });
});
