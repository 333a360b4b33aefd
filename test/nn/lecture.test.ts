/** ConvNets by the formulas of a lecture: its numerical example, its counts, its losses, its backpropagation. */
import {
  avgPool2d,
  conv2d,
  crossEntropy,
  Generator,
  l1Loss,
  maxPool2d,
  mseLoss,
  nn,
  optim,
  randn,
  softmax,
  tensor,
  zeros,
  type Tensor,
} from 'phyllo';
import { describe, expect, test } from 'vitest';

type Matrix = readonly (readonly number[])[];
const numbers = (t: Tensor): number[] => Array.from(t.toArray());
/** An image of one sample and one channel. */
const image = (rows: Matrix): Tensor => tensor(rows).unsqueeze(0).unsqueeze(0);
const rowsOf = (t: Tensor, width = t.shape.at(-1)!): number[][] =>
  Array.from({ length: t.size / width }, (_, i) => numbers(t).slice(i * width, (i + 1) * width));
const total = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);
function expectClose(found: readonly number[], expected: readonly number[]): void {
  expect(found).toHaveLength(expected.length);
  found.forEach((v, i) => expect(v).toBeCloseTo(expected[i]!, 5));
}

describe('cross-correlation', () => {
  const input = [
    [3, 3, 2, 1, 0],
    [0, 0, 1, 3, 1],
    [3, 1, 2, 2, 3],
    [2, 0, 0, 2, 2],
    [2, 0, 0, 0, 1],
  ];
  const mask = [
    [0, 1, 2],
    [2, 2, 0],
    [0, 1, 2],
  ];
  const output = [
    [12, 12, 17],
    [10, 17, 19],
    [9, 6, 14],
  ];

  test('of 5 × 5 with 3 × 3', () => {
    expect(rowsOf(conv2d(image(input), image(mask)))).toEqual(output);
  });

  test('keeps its values inside under padding, and every second under stride 2', () => {
    const padded = rowsOf(conv2d(image(input), image(mask), null, { padding: 1 }));
    expect(padded).toHaveLength(5);
    expect(padded.slice(1, 4).map(row => row.slice(1, 4))).toEqual(output);
    // In the corner the mask's first row and column see zeros: 2·3 + 0·3 + 1·0 + 2·0.
    expect(padded[0]![0]).toBe(6);
    expect(rowsOf(conv2d(image(input), image(mask), null, { stride: 2 }))).toEqual([
      [12, 17],
      [9, 14],
    ]);
  });

  test('is convolution once the mask is flipped', () => {
    const flipped = mask.map(row => [...row].reverse()).reverse();
    // (f ∗ g)[x, y] = Σ f[x − i, y − j] g[i, j], where all of the mask lies inside.
    const convolution = output.map((row, x) =>
      row.map((_, y) => total(mask.flatMap((gs, i) => gs.map((g, j) => g * input[x + 2 - i]![y + 2 - j]!)))),
    );
    expect(rowsOf(conv2d(image(input), image(flipped)))).toEqual(convolution);
    expect(convolution).not.toEqual(output);
  });

  test.each([
    [5, 5, 3, 3],
    [28, 28, 5, 5],
    [7, 4, 2, 3],
    [9, 6, 9, 6],
    [6, 3, 1, 1],
  ])('of %i × %i with %i × %i has (W − K + 1) × (H − L + 1) values', (w, h, k, l) => {
    expect(conv2d(zeros([1, 1, h, w]), zeros([1, 1, l, k])).shape).toEqual([1, 1, h - l + 1, w - k + 1]);
  });
});

describe('numbers of parameters', () => {
  const count = (m: nn.Module): number => total(m.parameters().map(p => p.size));

  // The lecture writes N(M + 1), 200·200·51 = 2,040,000 for this layer. There is one bias for each neuron, not for each
  // input: W [M, N] and b [M] have M(N + 1) = NM + M numbers.
  test('of a fully-connected layer of N = 200 · 200 inputs and M = 50 neurons: N · M + M', () => {
    expect(count(new nn.Linear(200 * 200, 50))).toBe(200 * 200 * 50 + 50);
    expect(count(new nn.Linear(200 * 200, 50, { bias: false }))).toBe(2_000_000);
  });

  test.each([
    [3, 1, 6],
    [5, 3, 16],
    [1, 8, 4],
  ])('of filters with k = %i, A = %i, B = %i', (k, a, b) => {
    const layer = new nn.Conv2d(a, b, k);
    expect(count(layer)).toBe((k * k * a + 1) * b); // whatever the image
    for (const n of [8, 13]) expect(layer.forward(zeros([1, a, n, n])).shape).toEqual([1, b, n - k + 1, n - k + 1]);
  });

  test('of activations and pooling: none', () => {
    for (const m of [new nn.ReLU(), new nn.MaxPool2d(2), new nn.AvgPool2d(2)]) expect(count(m)).toBe(0);
  });
});

describe('losses of samples p against q, summed to a cost', () => {
  const [n, K] = [4, 3];
  const generator = new Generator(1);
  const [p, q] = [randn([n, K], { generator }), randn([n, K], { generator })];
  const [ps, qs] = [rowsOf(p), rowsOf(q)];
  /** C = Σᵢ L(pᵢ, qᵢ) */
  const cost = (loss: (p: readonly number[], q: readonly number[]) => number): number =>
    total(ps.map((row, i) => loss(row, qs[i]!)));

  test('mean squared error: 1/K · ‖p − q‖²', () => {
    const expected = cost((a, b) => total(a.map((v, j) => (v - b[j]!) ** 2)) / K);
    expect(mseLoss(p, q, { reduction: 'cost' }).item()).toBeCloseTo(expected, 5);
    expect(mseLoss(p, q).item()).toBeCloseTo(expected / n, 5);
  });

  test('mean absolute error: 1/K · Σ |pⱼ − qⱼ|', () => {
    const expected = cost((a, b) => total(a.map((v, j) => Math.abs(v - b[j]!))) / K);
    expect(l1Loss(p, q, { reduction: 'cost' }).item()).toBeCloseTo(expected, 5);
  });

  test('cross-entropy: −Σ qⱼ log pⱼ, of probabilities against 1-of-K rows, soft rows and class indices', () => {
    const [probabilities, soft] = [softmax(p, 1), softmax(q, 1)];
    const [ys, ss] = [rowsOf(probabilities), rowsOf(soft)];
    const labels = [2, 0, 1, 2];
    const oneOfK = tensor(labels.map(c => [0, 1, 2].map(j => Number(j === c))));
    const options = { input: 'probabilities', reduction: 'cost' } as const;
    const hard = total(ys.map((row, i) => -Math.log(row[labels[i]!]!)));
    expect(crossEntropy(probabilities, oneOfK, options).item()).toBeCloseTo(hard, 5);
    expect(crossEntropy(probabilities, tensor(Int32Array.from(labels)), options).item()).toBeCloseTo(hard, 5);
    expect(crossEntropy(p, oneOfK, { reduction: 'cost' }).item()).toBeCloseTo(hard, 5);
    const even = total(ys.map((row, i) => -total(row.map((v, j) => ss[i]![j]! * Math.log(v)))));
    expect(crossEntropy(probabilities, soft, options).item()).toBeCloseTo(even, 5);
  });

  test('gradient descent on the cost: θ ← θ − α ∂C/∂θ, and on the mean by a batch of all samples', () => {
    // M(x; θ) = θx, L = (θx − y)²: ∂C/∂θ = Σ 2x(θx − y).
    const [xs, ys] = [
      [1, -2, 3],
      [2, 1, 0.5],
    ];
    const slope = total(xs.map((x, i) => 2 * x * (0.25 * x - ys[i]!)));
    const step = (reduction: 'cost' | 'mean'): number => {
      const theta = tensor([[0.25]], { requiresGrad: true });
      const optimizer = new optim.SGD([theta], { lr: 0.01 });
      mseLoss(tensor(xs.map(x => [x])).matmul(theta), tensor(ys.map(y => [y])), { reduction }).backward();
      optimizer.step();
      return theta.item();
    };
    expect(step('cost')).toBeCloseTo(0.25 - 0.01 * slope, 6);
    expect(step('mean')).toBeCloseTo(0.25 - (0.01 * slope) / 3, 6);
  });
});

describe('backpropagation', () => {
  const [W, H] = [5, 4];
  const generator = new Generator(2);
  const x = randn([1, 1, H, W], { requiresGrad: true, generator });
  const w = randn([1, 1, 2, 2], { requiresGrad: true, generator });
  const b = randn([1], { requiresGrad: true, generator });
  const g = randn([1, 1, H - 1, W - 1], { generator }); // ∂L/∂y
  const [xs, ws, gs] = [rowsOf(x), rowsOf(w), rowsOf(g)];

  test.each<[string, (a: Tensor) => Tensor, (a: number) => number, (a: number) => number]>([
    ['tanh', a => a.tanh(), Math.tanh, a => 1 - Math.tanh(a) ** 2],
    ['sigmoid', a => a.sigmoid(), a => 1 / (1 + Math.exp(-a)), a => Math.exp(-a) / (1 + Math.exp(-a)) ** 2],
    ['ReLU', a => a.relu(), a => Math.max(0, a), a => Number(a > 0)],
    ['arctan', a => a.atan(), Math.atan, a => 1 / (1 + a * a)],
  ])('through a 2 × 2 convolution with bias and %s', (_, f, value, slope) => {
    const places = gs.flatMap((row, i) => row.map((dy, j) => ({ i, j, dy })));
    const taps = [0, 1].flatMap(l => [0, 1].map(c => ({ l, c })));
    /** b + Σ w_{λ,γ} x_{i+λ, j+γ} */
    const at = (i: number, j: number): number =>
      b.item() + total(taps.map(({ l, c }) => ws[l]![c]! * xs[i + l]![j + c]!));

    const y = f(conv2d(x, w, b));
    expectClose(
      numbers(y),
      places.map(({ i, j }) => value(at(i, j))),
    );
    for (const leaf of [x, w, b]) leaf.grad = null;
    y.backward({ gradient: g });
    // ∂L/∂w_{λ,γ} = Σ ∂L/∂y_{i,j} x_{i+λ, j+γ} f′(…), ∂L/∂b = Σ ∂L/∂y_{i,j} f′(…)
    const flow = places.map(({ i, j, dy }) => ({ i, j, d: dy * slope(at(i, j)) }));
    expectClose(
      numbers(w.grad!),
      taps.map(({ l, c }) => total(flow.map(({ i, j, d }) => d * xs[i + l]![j + c]!))),
    );
    expectClose(numbers(b.grad!), [total(flow.map(({ d }) => d))]);
    // ∂L/∂x_{r,s} = Σ over the windows that see it
    expectClose(
      numbers(x.grad!),
      xs.flatMap((row, r) => row.map((_, s) => total(flow.map(({ i, j, d }) => d * (ws[r - i]?.[s - j] ?? 0))))),
    );
  });

  test('through max pooling: to the place of each maximum, 0 elsewhere', () => {
    const rows = [
      [1, 9, 2, 0],
      [3, 4, 1, 7],
      [-1, -3, 5, 5],
      [-2, -4, 5, 5],
    ];
    const z = tensor([[rows]], { requiresGrad: true });
    const y = maxPool2d(z, 2);
    expect(rowsOf(y)).toEqual([
      [9, 7],
      [-1, 5],
    ]);
    y.backward({
      gradient: tensor([
        [
          [
            [10, 20],
            [30, 40],
          ],
        ],
      ]),
    });
    // x₁₂ is the largest of its square: it gets ∂L/∂y₁₁. Of equal ones the first gets it.
    expect(rowsOf(z.grad!)).toEqual([
      [0, 10, 0, 0],
      [0, 0, 0, 20],
      [30, 0, 40, 0],
      [0, 0, 0, 0],
    ]);
  });

  test('through average pooling: a quarter to each', () => {
    const z = zeros([1, 1, 2, 4], { requiresGrad: true });
    avgPool2d(z, 2).backward({ gradient: tensor([[[[4, 8]]]]) });
    expect(rowsOf(z.grad!)).toEqual([
      [1, 1, 2, 2],
      [1, 1, 2, 2],
    ]);
  });
});

describe('initial weights', () => {
  test('all alike stay alike: equal neurons get equal gradients', () => {
    const hidden = new nn.Linear(3, 4);
    const out = new nn.Linear(4, 1);
    for (const p of [...hidden.parameters(), ...out.parameters()]) nn.init.constant(p, 0.5);
    out
      .forward(hidden.forward(randn([5, 3])).tanh())
      .square()
      .sum()
      .backward();
    const [first, ...others] = rowsOf(hidden.weight.grad!);
    expect(first!.some(v => v !== 0)).toBe(true);
    for (const row of others) expect(row).toEqual(first);
  });

  test.each([10, 100, 1000])('W ~ 1/√n · N(0, 1) gives outputs of variance 1, N(0, 1) of n = %i', n => {
    const generator = new Generator(n);
    const inputs = randn([200, n], { generator });
    const variance = (init: (t: Tensor) => Tensor): number => {
      const layer = new nn.Linear(n, 500, { bias: false });
      init(layer.weight);
      const ys = numbers(layer.forward(inputs));
      const mean = total(ys) / ys.length;
      return total(ys.map(y => (y - mean) ** 2)) / ys.length;
    };
    const unit = variance(w => nn.init.lecunNormal(w, { generator }));
    expect(Math.abs(unit - 1)).toBeLessThan(0.1);
    expect(Math.abs(variance(w => nn.init.normal(w, 0, 1, { generator })) / n - 1)).toBeLessThan(0.1);
  });
});
