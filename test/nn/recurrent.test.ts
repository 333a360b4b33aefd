/** Recurrent layers against PyTorch's and against the recurrences of backpropagation through time. */
import { readFileSync } from 'node:fs';
import {
  atan,
  Generator,
  memory,
  mul,
  nn,
  optim,
  randn,
  scope,
  sigmoid,
  sub,
  sum,
  tensor,
  relu,
  tanh,
  noGrad,
  type Tensor,
} from 'phyllo';
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import type { Backend } from '../../ts/backend/backend';
import { runtime, useBackend } from '../../ts/core/runtime';
import { binaries, exact } from '../backends';
import { floats, type Floats, type Integers } from '../goldens/golden';

const library = runtime.backend;
beforeEach(() => useBackend(library));
afterAll(() => useBackend(library));

const numbers = (t: Tensor): number[] => Array.from(t.toArray());
const closeTo = (expected: number): unknown => expect.closeTo(expected, 5);

type Named<T> = Readonly<Record<string, T>>;
interface Case {
  readonly op: 'RNN' | 'LSTM' | 'GRU' | 'Embedding';
  readonly options: nn.RNNOptions & {
    readonly inputSize: number;
    readonly hiddenSize: number;
    readonly paddingIdx?: number | null;
  };
  readonly x?: Floats;
  readonly index?: Integers;
  readonly start?: Named<Floats | null>;
  readonly state: Named<Floats>;
  readonly value: Named<Floats>;
  readonly cotangent: Named<Floats | null>;
  readonly gradient?: Named<Floats>;
  readonly stateGradient: Named<Floats>;
}
const { cases }: { readonly cases: readonly Case[] } = JSON.parse(
  readFileSync(new URL('../goldens/rnn.json', import.meta.url), 'utf8'),
);

const read = (v: Floats): Tensor => tensor(floats(v), { shape: v.shape });
const leaf = (v: Floats): Tensor => tensor(floats(v), { shape: v.shape, requiresGrad: true });

/** Where a result is not the golden. */
function differences(what: string, actual: Tensor | null | undefined, golden: Floats, may: number): string[] {
  if (!actual) return [`${what} is missing`];
  if (actual.shape.join() !== golden.shape.join()) return [`${what} has the shape [${actual.shape.join()}]`];
  const want = floats(golden);
  return numbers(actual).flatMap((x, i) =>
    Math.abs(x - want[i]!) <= may * Math.max(1, Math.abs(want[i]!))
      ? []
      : [`${what}[${i}] is ${x}, expected ${want[i]}`],
  );
}

/** Calls a layer; its results by name. */
function run(
  { op, options, index, state }: Case,
  x: Tensor | null,
  h: Tensor | null,
  c: Tensor | null,
): {
  module: nn.Module;
  results: Named<Tensor>;
} {
  const { inputSize, hiddenSize, paddingIdx, ...rest } = options;
  if (op === 'Embedding') {
    const module = new nn.Embedding(4, 3, { paddingIdx: paddingIdx ?? undefined });
    module.loadStateDict({ weight: read(state.weight!) });
    return { module, results: { y: module.forward(tensor(Int32Array.from(index!.i32), { shape: index!.shape })) } };
  }
  const weights = Object.fromEntries(Object.entries(state).map(([k, v]) => [k, read(v)]));
  if (op === 'LSTM') {
    const module = new nn.LSTM(inputSize, hiddenSize, rest);
    module.loadStateDict(weights);
    const [y, [hn, cn]] = module.forward(x!, h && c && [h, c]);
    return { module, results: { y, h: hn, c: cn } };
  }
  const module = op === 'RNN' ? new nn.RNN(inputSize, hiddenSize, rest) : new nn.GRU(inputSize, hiddenSize, rest);
  module.loadStateDict(weights);
  const [y, hn] = module.forward(x!, h);
  return { module, results: { y, h: hn } };
}

function check(c: Case, may: number): string[] {
  return scope(() => {
    const x = c.x ? leaf(c.x) : null;
    const [h, cell] = ['h', 'c'].map(name => (c.start?.[name] ? leaf(c.start[name]) : null));
    const { module, results } = run(c, x, h!, cell!);
    const [loss, ...rest] = Object.entries(c.cotangent).flatMap(([name, g]) =>
      g ? [sum(mul(results[name]!, read(g)))] : [],
    );
    rest.reduce((a, b) => a.add(b), loss!).backward();
    const given: Named<Tensor | null> = { gx: x, gh: h!, gc: cell! };
    const found = [
      ...Object.entries(c.value).flatMap(([name, v]) => differences(name, results[name], v, may)),
      ...Object.entries(c.gradient ?? {}).flatMap(([name, v]) => differences(name, given[name]?.grad, v, may)),
      ...Array.from(module.namedParameters()).flatMap(([name, p]) =>
        differences(`gradient of ${name}`, p.grad, c.stateGradient[name]!, may),
      ),
    ];
    expect(Array.from(module.namedParameters(), ([name]) => name)).toEqual(Object.keys(c.state));
    for (const p of module.parameters()) p.dispose();
    return found;
  });
}

describe.each([exact, ...binaries].map(b => [b.name, b] as const))('PyTorch, %s', (_, backend: Backend) => {
  test.each(cases.map((c, i) => [i, `${c.op} ${JSON.stringify(c.options)}`, c] as const))('#%i: %s', (_i, _name, c) => {
    useBackend(backend);
    // Goldens are f32: half a unit in the last place of numbers that are sums of about ten.
    expect(check(c, backend === exact ? 2e-7 : 2e-6)).toEqual([]);
  });
});

describe('backpropagation through time', () => {
  const [u, v, w] = [0.7, -1.3, 0.9];
  const xs = [0.5, -1, 0.25, 2, -0.75];
  const targets = [0.3, 0.1, -0.4, 0.2, 0];

  // Derivatives told from the argument.
  const functions = {
    tanh: { f: tanh, at: Math.tanh, slope: (a: number): number => 1 - Math.tanh(a) ** 2 },
    relu: { f: relu, at: (a: number): number => Math.max(a, 0), slope: (a: number): number => (a > 0 ? 1 : 0) },
    atan: { f: atan, at: Math.atan, slope: (a: number): number => 1 / (1 + a * a) },
    sigmoid: {
      f: sigmoid,
      at: (a: number): number => 1 / (1 + Math.exp(-a)),
      slope: (a: number): number => Math.exp(-a) / (1 + Math.exp(-a)) ** 2,
    },
  } as const;
  type Name = keyof typeof functions;

  test.each([
    ['tanh', 'sigmoid'],
    ['relu', 'atan'],
    ['atan', 'tanh'],
    ['sigmoid', 'sigmoid'],
  ] as const)(
    'one neuron, f₁ = %s, f₂ = %s: ∂hₜ/∂w = (hₜ₋₁ + w ∂hₜ₋₁/∂w) f₁′, and so for u and v',
    (n1: Name, n2: Name) => {
      const [f1, f2] = [functions[n1], functions[n2]];
      // L = Σ ½ (yₜ − targetₜ)², forward in time with the derivatives of h beside it.
      const expected = { u: 0, v: 0, w: 0, loss: 0 };
      let [h, hu, hw] = [0, 0, 0];
      xs.forEach((x, t) => {
        const a = u * x + w * h;
        [hu, hw] = [(x + w * hu) * f1.slope(a), (h + w * hw) * f1.slope(a)];
        h = f1.at(a);
        const y = f2.at(v * h);
        const gy = y - targets[t]!;
        expected.loss += gy ** 2 / 2;
        expected.v += gy * h * f2.slope(v * h);
        expected.u += gy * hu * v * f2.slope(v * h);
        expected.w += gy * hw * v * f2.slope(v * h);
      });

      const neuron = new nn.Elman(1, 1, 1, { f1: f1.f, f2: f2.f });
      expect(Object.keys(neuron.stateDict())).toEqual(['U', 'V', 'W']);
      neuron.loadStateDict({ U: tensor([[u]]), V: tensor([[v]]), W: tensor([[w]]) });
      const [y, last] = neuron.forward(tensor(xs, { shape: [5, 1, 1] }));
      const loss = sum(mul(sub(y, tensor(targets, { shape: [5, 1, 1] })).square(), 0.5));
      loss.backward();
      expect([loss, last, neuron.U.grad!, neuron.V.grad!, neuron.W.grad!].map(t => t.item())).toEqual(
        [expected.loss, h, expected.u, expected.v, expected.w].map(closeTo),
      );
    },
  );

  test('through 50 steps, from step to step as in one call, and nothing is left', () => {
    const model = new nn.LSTM(3, 5, { numLayers: 2 });
    const generator = new Generator();
    const step = (): number =>
      scope(() => {
        const x = randn([50, 2, 3], { generator: generator.manualSeed(3) });
        model.zeroGrad();
        const [whole, [h, c]] = model.forward(x);
        const [start, state] = model.forward(x.slice(0, 0, 20));
        const [end, [h2, c2]] = model.forward(x.slice(0, 20), state);
        const away = [sub(whole.slice(0, 0, 20), start), sub(whole.slice(0, 20), end), sub(h, h2), sub(c, c2)];
        for (const d of away) expect(Math.max(...numbers(d).map(Math.abs))).toBeLessThan(1e-6);
        sum(whole.square()).backward();
        return model.parameters().reduce((n, p) => n + sum(p.grad!.square()).item(), 0);
      });
    expect(step()).toBeGreaterThan(0);
    const before = memory();
    const sizes = [step(), step()];
    expect(sizes[0]).toBe(sizes[1]);
    expect({ ...memory(), peak: 0 }).toEqual({ ...before, peak: 0 });
  });

  test('without a gradient, nothing is reserved for one', () => {
    const model = new nn.LSTM(4, 16);
    const x = randn([40, 8, 4]);
    const held = (f: () => unknown): number => {
      const before = memory({ resetPeak: true }).bytes;
      scope(f);
      return memory().peak - before;
    };
    held(() => model.forward(x));
    const reserve = 40 * 8 * 16 * 6 * 4;
    expect(held(() => model.forward(x)) - held(() => noGrad(() => model.forward(x)))).toBeGreaterThanOrEqual(reserve);
  });

  test('learns to recall what it read first', () => {
    const generator = new Generator(5);
    const model = new nn.GRU(1, 8, { generator });
    const head = new nn.Linear(8, 1, { generator });
    const optimizer = new optim.Adam([...model.parameters(), ...head.parameters()], { lr: 0.02 });
    const loss = (train: boolean): number =>
      scope(() => {
        const x = randn([6, 32, 1], { generator });
        const [, h] = model.forward(x);
        const l = sub(head.forward(h.select(0, 0)), x.select(0, 0))
          .square()
          .mean();
        if (train) {
          optimizer.zeroGrad();
          l.backward();
          optimizer.step();
        }
        return l.item();
      });
    expect(loss(false)).toBeGreaterThan(0.4);
    for (let i = 0; i < 250; i++) loss(true);
    expect(loss(false)).toBeLessThan(0.05);
  });
});
