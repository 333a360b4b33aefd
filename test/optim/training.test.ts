/** Training against PyTorch: optimisers and schedules step by step, a small ConvNet for ten; and what resumes it. */
import { readFileSync } from 'node:fs';
import {
  dropout,
  crossEntropy,
  decodeSafetensors,
  encodeSafetensors,
  Generator,
  manualSeed,
  nn,
  optim,
  rand,
  randint,
  randn,
  ShapeError,
  tensor,
  zeros,
  type Tensor,
} from 'phyllo';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { reference } from '../../ts/backend/reference/backend';
import { runtime, useBackend } from '../../ts/core/runtime';
import { floats, type Floats, type Integers } from '../goldens/golden';
import type { OptimiserName } from './tables';

type AnyOptions = optim.SGDOptions & optim.AdamOptions & optim.RMSpropOptions;
interface Trajectory {
  readonly op: OptimiserName;
  readonly groups: readonly {
    readonly options: AnyOptions;
    readonly p: Floats;
    readonly g: Floats;
    readonly path: Floats;
  }[];
}
interface Schedule {
  readonly op: 'StepLR' | 'ExponentialLR' | 'CosineAnnealingLR';
  readonly options: {
    readonly stepSize: number;
    readonly gamma: number;
    readonly tMax: number;
    readonly etaMin: number;
  };
  readonly lr: readonly (readonly number[])[];
}
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
const golden = (name: string): string => readFileSync(new URL(`../goldens/${name}.json`, import.meta.url), 'utf8');
const steps: { readonly cases: readonly (Trajectory | Schedule)[] } = JSON.parse(golden('optim'));
const trajectories = steps.cases.flatMap(c => ('groups' in c ? [c] : []));
const schedules = steps.cases.flatMap(c => ('lr' in c ? [c] : []));
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
const OPTIMISERS: { readonly [K in OptimiserName]: (typeof optim)[K] } = {
  SGD: optim.SGD,
  Adam: optim.Adam,
  AdamW: optim.AdamW,
  RMSprop: optim.RMSprop,
};
test.each(Object.keys(OPTIMISERS))('there are paths of %s', name => {
  expect(trajectories.filter(c => c.op === name).length).toBeGreaterThan(2);
});

// The reference computes in float64 and so does what the goldens hold, rounded to float32 once.
describe.each([
  ['reference', reference(), { relative: 1.2e-7, absolute: 1e-12 }, { relative: 1e-6, absolute: 1e-7 }],
  ['wasm', loaded, { relative: 1e-5, absolute: 1e-6 }, { relative: 1e-4, absolute: 1e-5 }],
] as const)('on %s', (_, backend, stepTolerance, netTolerance) => {
  beforeAll(() => useBackend(backend));
  afterAll(() => useBackend(loaded));

  describe('ten steps of', () => {
    const title = (c: Trajectory): string => `${c.op} ${c.groups.map(g => JSON.stringify(g.options)).join(', ')}`;
    test.each(trajectories.map((c): [string, Trajectory] => [title(c), c]))('%s', (_, { op, groups }) => {
      const params = groups.map(({ p }) => tensor(floats(p), { shape: p.shape, requiresGrad: true }));
      const own = groups.map(({ options }, i) => ({ params: [params[i]!], ...options }));
      const optimizer = new OPTIMISERS[op](own, { lr: 1e6 });
      for (let k = 0; k < 10; k++) {
        groups.forEach(({ g }, i) => (params[i]!.grad = from(g).select(0, k)));
        optimizer.step();
        groups.forEach(({ path }, i) => {
          const expected = from(path).select(0, k).toArray();
          expectClose(params[i]!.toArray(), expected, stepTolerance, `group ${i}, step ${k + 1}`);
        });
      }
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

describe('schedules', () => {
  const make = ({ op, options }: Schedule, optimizer: optim.SGD): optim.LambdaLR =>
    op === 'StepLR'
      ? new optim.StepLR(optimizer, options.stepSize, options.gamma)
      : op === 'ExponentialLR'
        ? new optim.ExponentialLR(optimizer, options.gamma)
        : new optim.CosineAnnealingLR(optimizer, options.tMax, options.etaMin);
  const sgd = (...rates: readonly number[]): optim.SGD =>
    new optim.SGD(
      rates.map(lr => ({ params: [zeros([1], { requiresGrad: true })], lr })),
      { lr: 1e6 },
    );

  test.each(schedules.map((c): [string, Schedule] => [`${c.op} ${JSON.stringify(c.options)}`, c]))('%s', (_, c) => {
    const optimizer = sgd(...c.lr.map(rates => rates[0]!));
    const schedule = make(c, optimizer);
    for (let k = 0; k <= 10; k++) {
      optimizer.groups.forEach((g, i) => expect(g.lr).toBeCloseTo(c.lr[i]![k]!, 14));
      optimizer.step();
      schedule.step();
    }
  });

  test('LambdaLR and MultiStepLR by their formulas', () => {
    const a = sgd(0.5, 2);
    const lambda = new optim.LambdaLR(a, t => 1 / (1 + t));
    lambda.step();
    lambda.step();
    expect(a.groups.map(g => g.lr)).toEqual([0.5 / 3, 2 / 3]);
    expect(lambda.epoch).toBe(2);
    const b = sgd(1);
    const multi = new optim.MultiStepLR(b, [2, 3, 6], 0.5);
    const rates = Array.from({ length: 7 }, () => {
      const { lr } = b;
      multi.step();
      return lr;
    });
    expect(rates).toEqual([1, 1, 0.5, 0.25, 0.25, 0.25, 0.125]);
  });

  test('the step that follows uses the new rate', () => {
    const p = zeros([1], { requiresGrad: true });
    const optimizer = new optim.SGD([p], { lr: 1 });
    const schedule = new optim.ExponentialLR(optimizer, 0.5);
    const path = [1, 2, 3].map(() => {
      p.grad = tensor([-1]);
      optimizer.step();
      schedule.step();
      return p.item();
    });
    expect(path).toEqual([1, 1.5, 1.75]);
  });
});

describe('optimisers', () => {
  test.each([
    ['SGD', { lr: 0.05, momentum: 0.9, dampening: 0.2 }],
    ['SGD', { lr: 0.05, momentum: 0.9, nesterov: true, weightDecay: 0.01 }],
    ['Adam', { lr: 0.01, amsgrad: true }],
    ['AdamW', { lr: 0.01 }],
  ] as const)('%s %o resumes from files bit for bit', (op, options) => {
    const data = new Generator(3);
    const [x, t] = [randn([32, 6], { generator: data }), randint(0, 3, [32], { generator: data })];
    const start = (seed: number): { model: nn.Sequential; optimizer: optim.SGD | optim.Adam } => {
      const generator = new Generator(seed);
      const layers = [new nn.Linear(6, 8, { generator }), new nn.Tanh(), new nn.Linear(8, 3, { generator })];
      const model = new nn.Sequential(...layers);
      const groups = [{ params: model.parameters().slice(0, 2) }, { params: model.parameters().slice(2), lr: 0.02 }];
      return { model, optimizer: new OPTIMISERS[op](groups, options) };
    };
    const run = ({ model, optimizer }: ReturnType<typeof start>, n: number): number[] =>
      Array.from({ length: n }, () => {
        optimizer.zeroGrad();
        const loss = crossEntropy(model.forward(x), t);
        loss.backward();
        optimizer.step();
        return loss.item();
      });
    const whole = start(1);
    const losses = run(whole, 10);
    expect(losses[9]).toBeLessThan(losses[0]!);

    const first = start(1);
    const before = run(first, 5);
    const files = [encodeSafetensors(first.model.stateDict()), encodeSafetensors(first.optimizer.stateDict())] as const;
    const second = start(2);
    second.model.loadStateDict(decodeSafetensors(files[0]).tensors);
    second.optimizer.loadStateDict(decodeSafetensors(files[1]).tensors);
    expect([...before, ...run(second, 5)]).toEqual(losses);
    const all = ({ model, optimizer }: ReturnType<typeof start>): number[][] =>
      [...Object.values(model.stateDict()), ...Object.values(optimizer.stateDict())].map(numbers);
    expect(all(second)).toEqual(all(whole));
  });

  test('leave alone what has no gradient, and clear gradients', () => {
    const [p, frozen] = [tensor([1], { requiresGrad: true }), tensor([1], { requiresGrad: true })];
    const optimizer = new optim.AdamW([p, frozen], { lr: 0.1, weightDecay: 0.5 });
    p.grad = tensor([1]);
    optimizer.step();
    expect(p.item()).not.toBe(1);
    expect(frozen.item()).toBe(1);
    optimizer.zeroGrad();
    expect(p.grad).toBeNull();
  });

  test('take options of a group for that group alone', () => {
    const run = (grouped: boolean): number[][] => {
      const ps = [0, 1].map(() => tensor([1, -2], { requiresGrad: true }));
      const optimizer = grouped
        ? new optim.SGD([{ params: [ps[0]!], nesterov: true }, { params: [ps[1]!] }], { lr: 0.1, momentum: 0.9 })
        : new optim.SGD(ps, { lr: 0.1, momentum: 0.9 });
      for (let k = 0; k < 3; k++) {
        for (const p of ps) p.grad = tensor([1, 0.5]);
        optimizer.step();
      }
      return ps.map(numbers);
    };
    const [grouped, plain] = [run(true), run(false)];
    expect(grouped[1]).toEqual(plain[1]);
    expect(grouped[0]).not.toEqual(plain[0]);
  });

  test('refuse a state of other names or shapes, before anything is written', () => {
    const make = (size: number): optim.Adam => new optim.Adam([zeros([size], { requiresGrad: true })], { lr: size });
    const [a, b] = [make(2), make(3)];
    expect(() => a.loadStateDict(b.stateDict())).toThrow(ShapeError);
    expect(() => a.loadStateDict(b.stateDict())).toThrow(/^Adam\.loadStateDict: m\.0 takes f32 \[2\], found f32 \[3\]/);
    expect(a.lr).toBe(2);
    const { 'm.0': _, ...rest } = a.stateDict();
    expect(() => a.loadStateDict({ ...rest, extra: zeros([1]) })).toThrow(/m\.0 is missing; extra is unexpected/);
  });

  test('hyperparameters are read and set by name, within bounds', () => {
    const optimizer = new optim.Adam([zeros([1], { requiresGrad: true })]);
    const [group] = optimizer.groups;
    expect(group!.get('lr')).toBe(1e-3);
    expect(group!.get('beta2')).toBe(0.999);
    group!.set('weightDecay', 0.25);
    expect(group!.get('weightDecay')).toBe(0.25);
    expect(() => group!.set('beta1', 1)).toThrow(/Adam: beta1 takes a number from 0 to/);
    const still = new optim.SGD([zeros([1], { requiresGrad: true })], { lr: 1 });
    expect(() => still.groups[0]!.set('momentum', 0.9)).toThrow(/SGD: momentum takes a number from 0 to 0, this is/);
    expect(() => group!.get('momentum')).toThrow(/Adam: there is no momentum among lr, beta1/);
    optimizer.lr = 0.5;
    expect(optimizer.lr).toBe(0.5);
  });
});
