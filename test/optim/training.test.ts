/** Training against PyTorch: optimisers step by step, a small ConvNet for ten steps. */
import {
  capture,
  dropout,
  crossEntropy,
  Generator,
  manualSeed,
  nn,
  optim,
  rand,
  randn,
  tensor,
  zeros,
  type Tensor,
} from 'phyllo';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { reference } from '../../ts/backend/reference/backend';
import { runtime, useBackend } from '../../ts/core/runtime';
import { floats, type Floats, type Integers } from '../goldens/golden';
import { golden, row, trajectories, type ByGradient, type Trajectory } from './goldens';

type Weights<K extends string = ''> = Readonly<Record<`${K}${'w' | 'b'}${1 | 2 | 3}`, Floats>>;
interface LeNet {
  readonly options: optim.SGDOptions;
  readonly x: Floats;
  readonly t: Integers;
  readonly initial: Weights;
  readonly first: Weights<'g'> & { readonly logits: Floats };
  readonly loss: Floats;
  readonly final: Weights;
}

const {
  cases: [lenet],
}: { readonly cases: readonly [LeNet] } = JSON.parse(golden('lenet'));

const loaded = runtime.backend;
const numbers = (t: Tensor): number[] => Array.from(t.toArray());
const from = (t: Floats): Tensor => tensor(floats(t), { shape: t.shape });

/** |found − expected| ≤ absolute + relative · |expected|, everywhere. */
interface Tolerance {
  readonly relative: number;
  readonly absolute: number;
}
function expectClose(
  found: ArrayLike<number>,
  expected: ArrayLike<number>,
  { relative, absolute }: Tolerance,
  what: string,
): void {
  expect(found.length, what).toBe(expected.length);
  for (let i = 0; i < found.length; i++) {
    const [a, b] = [found[i]!, expected[i]!];
    const close = Math.abs(a - b) <= absolute + relative * Math.abs(b);
    if (!close) expect.fail(`${what}: ${a} at position ${i}, expected ${b}`);
  }
}

/** An optimiser without a row does not compile. */
const OPTIMISERS: { readonly [K in ByGradient]: (typeof optim)[K] } = {
  SGD: optim.SGD,
  Adam: optim.Adam,
  AdamW: optim.AdamW,
  RMSprop: optim.RMSprop,
  Adagrad: optim.Adagrad,
  Adadelta: optim.Adadelta,
  Adamax: optim.Adamax,
  NAdam: optim.NAdam,
  RAdam: optim.RAdam,
  ASGD: optim.ASGD,
  Rprop: optim.Rprop,
  SparseAdam: optim.SparseAdam,
};
test.each(Object.keys(OPTIMISERS))('there are paths of %s', name => {
  expect(trajectories.filter(c => c.op === name).length).toBeGreaterThan(2);
});

// The reference computes in float64 and so does what the goldens hold, rounded to float32 once.
describe.each([
  ['reference', reference(), { relative: 1.2e-7, absolute: 1e-12 }, { relative: 1e-6, absolute: 1e-7 }],
  ['wasm', loaded, { relative: 1e-5, absolute: 1e-6 }, { relative: 1e-4, absolute: 1e-5 }],
] as const)('on %s', (name, backend, stepTolerance, netTolerance) => {
  beforeAll(() => useBackend(backend));
  afterAll(() => useBackend(loaded));

  describe.each(['eager', 'captured'])('twenty steps, %s, of', manner => {
    const title = (c: Trajectory): string => `${c.op} ${c.groups.map(g => JSON.stringify(g.options)).join(', ')}`;
    let compared = 0;
    afterAll(() => console.log(`${manner} on ${name}: ${compared} numbers of ${trajectories.length} paths compared`));
    test.each(trajectories.map((c): [string, Trajectory] => [title(c), c]))('%s', (_, { op, groups }) => {
      const params = groups.map(({ p }) => tensor(floats(p), { shape: p.shape, requiresGrad: true }));
      const own = groups.map(({ options }, i) => ({ params: [params[i]!], ...options }));
      const optimizer = new OPTIMISERS[op](own, { lr: 1e6 });
      // The gradient of Σ pg is g.
      const f = (...gs: Tensor[]): void => {
        optimizer.zeroGrad();
        gs.forEach((g, i) => params[i]!.mul(g).sum().backward());
        optimizer.step();
      };
      const captured = manner === 'captured' ? capture(f, { audit: false }) : null;
      for (let k = 0; k < 20; k++) {
        (captured ?? f)(...groups.map(({ g }, i) => tensor(row(g, k), { shape: params[i]!.shape })));
        groups.forEach(({ path }, i) => {
          const expected = row(path, k);
          expectClose(params[i]!.toArray(), expected, stepTolerance, `group ${i}, step ${k + 1}`);
          compared += expected.length;
        });
      }
      expect(captured?.plans.length ?? 1).toBe(1);
    });
  });

  test('a small LeNet: first gradients, ten losses, final weights', () => {
    const model = new nn.Sequential(
      new nn.Conv2d(1, 4, 5, { padding: 2 }),
      new nn.ReLU(),
      new nn.MaxPool2d(2),
      new nn.Conv2d(4, 6, 5),
      new nn.ReLU(),
      new nn.MaxPool2d(2),
      new nn.Flatten(),
      new nn.Linear(24, 10),
    );
    const { w1, b1, w2, b2, w3, b3 } = lenet.initial;
    model.loadStateDict({
      '0.weight': from(w1),
      '0.bias': from(b1),
      '3.weight': from(w2),
      '3.bias': from(b2),
      '7.weight': from(w3),
      '7.bias': from(b3),
    });
    const order = ['w1', 'b1', 'w2', 'b2', 'w3', 'b3'] as const;
    const optimizer = new optim.SGD(model.parameters(), lenet.options);
    const x = from(lenet.x);
    const t = tensor(Int32Array.from(lenet.t.i32));
    const losses = Array.from({ length: 10 }, (_, k) => {
      const logits = model.forward(x);
      const loss = crossEntropy(logits, t);
      optimizer.zeroGrad();
      loss.backward();
      if (k === 0) {
        expectClose(logits.toArray(), floats(lenet.first.logits), netTolerance, 'logits');
        model.parameters().forEach((p, i) => {
          const expected = floats(lenet.first[`g${order[i]!}`]);
          expectClose(p.grad!.toArray(), expected, netTolerance, `gradient of ${order[i]}`);
        });
      }
      optimizer.step();
      return loss.item();
    });
    expectClose(losses, floats(lenet.loss), netTolerance, 'losses');
    const wider = { relative: 10 * netTolerance.relative, absolute: 10 * netTolerance.absolute };
    model.parameters().forEach((p, i) => expectClose(p.toArray(), floats(lenet.final[order[i]!]), wider, order[i]!));
  });

  test('clipGradNorm scales all gradients by maxNorm / ‖g‖, if that shortens them', () => {
    const gradients = [[3, -4, 0], [12], [-84]]; // ‖g‖ = 85
    const leaves = (): Tensor[] =>
      gradients.map(g => {
        const p = zeros([g.length], { requiresGrad: true });
        p.grad = tensor(g);
        return p;
      });
    const clipped = leaves();
    const without = zeros([2], { requiresGrad: true });
    expect(optim.clipGradNorm([...clipped, without], 17).item()).toBeCloseTo(85, 4);
    const fifths = gradients.flat().map(g => g / 5);
    expectClose(
      clipped.flatMap(p => numbers(p.grad!)),
      fifths,
      { relative: 1e-6, absolute: 0 },
      'clipped',
    );
    expect(without.grad).toBeNull();

    const short = leaves();
    expect(optim.clipGradNorm(short, 86).item()).toBeCloseTo(85, 4);
    expect(short.map(p => numbers(p.grad!))).toEqual(gradients);
    expect(optim.clipGradNorm(leaves(), 0).item()).toBeCloseTo(85, 4);
    expect(optim.clipGradNorm([without], 1).item()).toBe(0);

    const none = zeros([2], { requiresGrad: true });
    none.grad = zeros([2]);
    expect(optim.clipGradNorm([none], 1).item()).toBe(0);
    expect(numbers(none.grad)).toEqual([0, 0]);
  });

  describe('dropout', () => {
    const n = 100_000;
    test.each([0.1, 0.5, 0.8])('zeroes a share p = %d and keeps the mean', p => {
      const x = rand([n], { generator: new Generator(1) }).add(1);
      const y = numbers(dropout(x, p, { generator: new Generator(2) }));
      const kept = numbers(x).map((v, i) => (y[i] === 0 ? 0 : v / (1 - p)));
      expectClose(y, kept, { relative: 1e-6, absolute: 0 }, 'kept elements');
      const share = y.filter(v => v === 0).length / n;
      expect(Math.abs(share - p)).toBeLessThan(4 * Math.sqrt((p * (1 - p)) / n));
      const mean = y.reduce((a, b) => a + b, 0) / n;
      expect(Math.abs(mean - 1.5)).toBeLessThan(0.05);
      // Neighbours are independent: both are zero with probability p².
      const pairs = y.filter((v, i) => i > 0 && v === 0 && y[i - 1] === 0).length / n;
      expect(Math.abs(pairs - p * p)).toBeLessThan(0.01);
    });

    test('repeats from the same seed and differs from call to call', () => {
      const x = zeros([256]).add(1);
      const masks = (generator: Generator): number[][] => [1, 2, 3].map(() => numbers(dropout(x, 0.5, { generator })));
      const [a, b, c] = masks(new Generator(5));
      expect(masks(new Generator(5))).toEqual([a, b, c]);
      expect(a).not.toEqual(b);
      expect(b).not.toEqual(c);
      expect(masks(new Generator(6))[0]).not.toEqual(a);
    });

    test('sends the gradient through the same elements', () => {
      const x = randn([64], { requiresGrad: true, generator: new Generator(1) });
      const y = dropout(x, 0.25, { generator: new Generator(2) });
      y.sum().backward();
      const gates = numbers(y).map(v => (v === 0 ? 0 : 1 / 0.75));
      expectClose(x.grad!.toArray(), gates, { relative: 1e-6, absolute: 0 }, 'gradient');
    });

    test('p = 0 and evaluation change nothing, p = 1 leaves nothing', () => {
      const x = randn([64]);
      expect(dropout(x, 0)).toBe(x);
      expect(new nn.Dropout(0.9).eval().forward(x)).toBe(x);
      expect(numbers(dropout(x, 1)).every(v => v === 0)).toBe(true);
    });
  });

  test('generators do not touch each other, nor the default one', () => {
    const draw = (generator?: Generator): number[] => numbers(rand([8], generator && { generator }));
    manualSeed(11);
    const defaults = [draw(), draw()];
    const [a, b] = [new Generator(1), new Generator(2)];
    const alone = [draw(a), draw(a), draw(b), draw(b)];
    a.manualSeed(1);
    b.manualSeed(2);
    manualSeed(11);
    const mixed = [draw(b), draw(), draw(a), draw(b), draw(a), draw()];
    expect([mixed[2], mixed[4], mixed[0], mixed[3]]).toEqual(alone);
    expect([mixed[1], mixed[5]]).toEqual(defaults);
    expect(new Set([...alone, ...defaults].map(String)).size).toBe(6);
    expect(draw(new Generator(2 ** 53 - 1))).not.toEqual(draw(new Generator(2 ** 21 - 1))); // seeds have 53 bits
  });
});
