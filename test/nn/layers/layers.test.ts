/** Every layer, and what else phyllo/nn exports, against its formula in float64. */
import { Generator, manualSeed, nn, randn, tensor, type Tensor } from 'phyllo';
import { describe, expect, test } from 'vitest';
import type * as activations from '../../../ts/nn/activations';
import type * as losses from '../../../ts/nn/losses';
import { FILTERS } from './filters';
import { changed, expectEach, noise, read, sum, type Row, type Rows } from './naive';
import { NORMS } from './norms';
import { PLAIN } from './plain';
import { BORDERS, POOLS } from './pools';
import { CELLS, RECURRENCES } from './recurrences';
import { ATTENTION } from './attention';
import { DROPS, VISION } from './moving';

const LAYERS = {
  ...PLAIN,
  ...POOLS,
  ...BORDERS,
  ...DROPS,
  ...VISION,
  ...CELLS,
  ...ATTENTION,
  ...FILTERS,
  ...NORMS,
  ...RECURRENCES,
} as const;

/** y = x · w + shift, w a parameter and shift a buffer. */
class Scale extends nn.Layer {
  readonly weight: nn.Parameter = new nn.Parameter(tensor([2, 3]));
  readonly shift: nn.Buffer = new nn.Buffer(tensor([10, 20]));
  forward(x: Tensor): Tensor {
    return x.mul(this.weight).add(this.shift);
  }
}
class Pair extends nn.Module {
  readonly first: Scale = new Scale();
  readonly second: nn.Linear = new nn.Linear(2, 1, { bias: false });
  forward(x: Tensor): [Tensor, Tensor] {
    return [this.first.forward(x), this.second.forward(x)];
  }
}
const numbers = (t: Tensor): number[] => Array.from(t.toArray());

type Elsewhere = keyof typeof activations | keyof typeof losses;
/** What is neither a layer above nor an activation or a loss (see their tests): a name without a row does not compile. */
const REST: Readonly<Record<Exclude<keyof typeof nn, keyof typeof LAYERS | Elsewhere>, Row>> = {
  Module() {
    const pair = new Pair();
    expect([...pair.namedParameters()].map(([name]) => name)).toEqual(['first.weight', 'second.weight']);
    expect([...pair.namedBuffers()].map(([name]) => name)).toEqual(['first.shift']);
    pair.loadStateDict({ 'first.weight': tensor([5, 6]), 'first.shift': tensor([7, 8]), 'second.weight': noise(1, 2) });
    expect(numbers(pair.first.forward(tensor([1, 1])))).toEqual([12, 14]);
    expect([pair.eval().first.training, pair.train().second.training]).toEqual([false, true]);
  },
  Layer() {
    expect(numbers(new Scale().forward(tensor([[1, -1]])))).toEqual([12, 17]);
  },
  Sequential() {
    const [a, b] = [changed(new nn.Linear(3, 4)), changed(new nn.Linear(4, 2))];
    const x = noise(5, 3);
    const [at, v, w, c, d] = [x, a.weight, b.weight, a.bias!, b.bias!].map(read);
    const hidden = (n: number, k: number): number => Math.max(0, c!(k) + sum(3, j => at!(n, j) * v!(k, j)));
    expectEach(new nn.Sequential(a, new nn.ReLU(), b).forward(x), [5, 2], (n, o) => {
      return d!(o!) + sum(4, k => hidden(n!, k) * w!(o!, k));
    });
  },
  ModuleList() {
    const list = new nn.ModuleList([new Scale(), new Scale()]);
    expect([...list].map(m => numbers(m.forward(tensor([1, 1]))))).toEqual([
      [12, 23],
      [12, 23],
    ]);
  },
  ModuleDict() {
    const dict = new nn.ModuleDict({ a: new Scale() });
    expect(Object.keys(dict.stateDict())).toEqual(['a.weight', 'a.shift']);
  },
  ParameterList() {
    const list = new nn.ParameterList([new nn.Parameter(tensor([1])), new nn.Parameter(tensor([2]))]);
    expect(list.parameters().map(p => p.item())).toEqual([1, 2]);
  },
  ParameterDict() {
    expect(new nn.ParameterDict({ w: new nn.Parameter(tensor([3])) }).getParameter('w').item()).toBe(3);
  },
  Parameter() {
    const p = new nn.Parameter(tensor([1, 2]));
    p.square().sum().backward();
    expect(numbers(p.grad!)).toEqual([2, 4]);
    expect(new nn.Parameter(tensor([1]), false).requiresGrad).toBe(false);
  },
  Buffer() {
    const scale = new Scale();
    scale
      .forward(tensor([1, 1]))
      .sum()
      .backward();
    expect([scale.shift.requiresGrad, scale.parameters().length]).toEqual([false, 1]);
    expect(numbers(scale.stateDict().shift!)).toEqual([10, 20]);
  },
  summary() {
    const model = new nn.Sequential(new nn.Conv2d(1, 4, 3), new nn.Flatten(), new nn.Linear(4 * 4 * 4, 1000));
    const lines = nn.summary(model, [2, 1, 6, 6]).split('\n');
    const cells = (start: string): string[] => lines.find(l => l.startsWith(start))!.split(/  +/);
    expect(cells('0 ')).toEqual(['0', 'Conv2d', '[2, 4, 4, 4]', `${4 * 9 + 4}`, '1,152']);
    expect(cells('1 ')).toEqual(['1', 'Flatten', '[2, 64]', '0', '0']);
    expect(cells('2 ')).toEqual(['2', 'Linear', '[2, 1000]', '65,000', '128,000']);
    expect(lines.at(-1)).toBe('65,040 parameters, 65,040 trained');
  },
  statistics() {
    const { layers, multiplyAdds } = nn.statistics(new nn.Sequential(new nn.Linear(3, 4), new nn.ReLU()), [2, 3]);
    expect(layers.map(l => l.kind)).toEqual(['Sequential', 'Linear', 'ReLU']);
    expect(multiplyAdds).toBe(2 * 3 * 4);
  },
  init() {
    expect(Object.keys(nn.init).sort()).toEqual(Object.keys(INIT).sort());
  },
};

/** Draws 80 · 50 · 3 · 2 numbers: fans are 300 in and 480 out. Four deviations of what is measured are allowed. */
function drawn(f: (t: Tensor) => Tensor, shape: 'uniform' | 'normal', mean: number, std: number): void {
  manualSeed(9);
  const t = randn([80, 50, 3, 2]);
  expect(f(t)).toBe(t);
  const x = numbers(t);
  const n = x.length;
  const found = x.reduce((a, b) => a + b, 0) / n;
  const central = (k: number): number => x.reduce((a, b) => a + (b - found) ** k, 0) / n;
  const kurtosis = { uniform: 1.8, normal: 3 }[shape];
  expect(Math.abs(found - mean)).toBeLessThan((4 * std) / Math.sqrt(n));
  expect(Math.abs(central(2) / std ** 2 - 1)).toBeLessThan(4 * Math.sqrt((kurtosis - 1) / n));
  expect(Math.abs(central(4) / central(2) ** 2 - kurtosis)).toBeLessThan(shape === 'normal' ? 0.15 : 0.05);
}
const from = { generator: new Generator(4) };
const [IN, OUT] = [300, 480];
const INIT: Readonly<Record<keyof typeof nn.init, Row>> = {
  fans: () => expect(nn.init.fans(noise(80, 50, 3, 2))).toEqual({ fanIn: IN, fanOut: OUT }),
  calculateGain() {
    const gains = (['linear', 'sigmoid', 'tanh', 'relu', 'selu'] as const).map(name => nn.init.calculateGain(name));
    expect(gains).toEqual([1, 1, 5 / 3, Math.sqrt(2), 3 / 4]); // PyTorch's table
    expect(nn.init.calculateGain('leakyRelu', 0.5)).toBeCloseTo(Math.sqrt(2 / 1.25), 14);
    expect(nn.init.calculateGain('leakyRelu')).toBeCloseTo(Math.sqrt(2 / 1.0001), 14);
  },
  truncNormal() {
    const bounds = [
      [-2, 2],
      [0.5, 1],
      [3, 9],
      [-1, 9],
    ] as const;
    for (const [a, b] of bounds) {
      const x = numbers(nn.init.truncNormal(noise(20_000), 0, 1, a, b, { generator: new Generator(2) })).sort(
        (u, v) => u - v,
      );
      expect(x[0]).toBeGreaterThanOrEqual(a);
      expect(x.at(-1)).toBeLessThanOrEqual(b);
      // Kolmogorov & Smirnov: the distribution function by the midpoint rule, 1.63/√n being exceeded once in a hundred.
      const density = (from: number, to: number): number => {
        const h = (to - from) / 2000;
        return sum(2000, k => Math.exp(-((from + (k + 0.5) * h) ** 2) / 2) * h);
      };
      const whole = density(a, b);
      for (let k = 0; k < 20; k++) {
        const at = x[k * 1000]!;
        expect(Math.abs(density(a, at) / whole - k / 20)).toBeLessThan(1.63 / Math.sqrt(20_000));
      }
    }
    const scaled = numbers(nn.init.truncNormal(noise(1000), 10, 0.001, 9.999, 10.002, from));
    expect(Math.min(...scaled)).toBeGreaterThanOrEqual(Math.fround(9.999));
    expect(() => nn.init.truncNormal(noise(1), 0, 1, 2, 2)).toThrow('truncNormal takes a below b');
  },
  orthogonal() {
    for (const shape of [
      [4, 9],
      [9, 4],
      [5, 5],
      [6, 2, 3, 1],
    ]) {
      const t = nn.init.orthogonal(noise(...shape), 2, from);
      const rows = shape[0]!;
      const matrix = t.reshape([rows, -1]);
      const few = rows <= matrix.shape[1]! ? matrix : matrix.t();
      const n = few.shape[0]!;
      numbers(few.matmul(few.t())).forEach((v, i) => expect(v).toBeCloseTo(i % (n + 1) === 0 ? 4 : 0, 5));
    }
    expect(() => nn.init.orthogonal(noise(3))).toThrow('orthogonal takes 2 or more dimensions');
  },
  sparse() {
    const t = nn.init.sparse(noise(100, 30), 0.25, 2, from);
    const columns = Array.from({ length: 30 }, (_, c) => numbers(t.select(1, c)));
    expect(columns.map(c => c.filter(v => v === 0).length)).toEqual(columns.map(() => 25));
    const rest = columns.flat().filter(v => v !== 0);
    const std = Math.sqrt(sum(rest.length, i => rest[i]! ** 2) / rest.length);
    expect(Math.abs(std - 2)).toBeLessThan((4 * 2) / Math.sqrt(2 * rest.length));
  },
  eye: () => expect(numbers(nn.init.eye(noise(2, 3)))).toEqual([1, 0, 0, 0, 1, 0]),
  dirac() {
    const x = noise(1, 4, 5, 5);
    const same = new nn.Conv2d(4, 4, 3, { padding: 1, bias: false });
    nn.init.dirac(same.weight);
    expect(numbers(same.forward(x))).toEqual(numbers(x));
    const grouped = new nn.Conv2d(4, 4, 3, { padding: 1, bias: false, groups: 2 });
    nn.init.dirac(grouped.weight, 2);
    expect(numbers(grouped.forward(x))).toEqual(numbers(x));
    expect(() => nn.init.dirac(noise(3, 2, 3), 2)).toThrow('dirac takes filters in 2 groups, these are 3');
  },
  constant: () => expect(numbers(nn.init.constant(noise(2, 2), 7))).toEqual([7, 7, 7, 7]),
  zeros: () => expect(numbers(nn.init.zeros(noise(2)))).toEqual([0, 0]),
  ones: () => expect(numbers(nn.init.ones(noise(3)))).toEqual([1, 1, 1]),
  uniform() {
    drawn(t => nn.init.uniform(t, -1, 5, from), 'uniform', 2, 6 / Math.sqrt(12));
    drawn(t => nn.init.uniform(t), 'uniform', 0.5, 1 / Math.sqrt(12));
  },
  normal() {
    drawn(t => nn.init.normal(t, 2, 0.5, from), 'normal', 2, 0.5);
    drawn(t => nn.init.normal(t), 'normal', 0, 1);
  },
  lecunNormal: () => drawn(t => nn.init.lecunNormal(t, from), 'normal', 0, 1 / Math.sqrt(IN)),
  xavierNormal: () => drawn(t => nn.init.xavierNormal(t, 3, from), 'normal', 0, 3 * Math.sqrt(2 / (IN + OUT))),
  xavierUniform: () => drawn(t => nn.init.xavierUniform(t, 3, from), 'uniform', 0, 3 * Math.sqrt(2 / (IN + OUT))),
  kaimingNormal() {
    drawn(t => nn.init.kaimingNormal(t, { nonlinearity: 'relu', ...from }), 'normal', 0, Math.sqrt(2 / IN));
    drawn(t => nn.init.kaimingNormal(t, { a: 1, mode: 'fanOut', ...from }), 'normal', 0, 1 / Math.sqrt(OUT));
  },
  kaimingUniform() {
    drawn(t => nn.init.kaimingUniform(t, { nonlinearity: 'tanh', ...from }), 'uniform', 0, 5 / 3 / Math.sqrt(IN));
    drawn(t => nn.init.kaimingUniform(t, { mode: 'fanOut', ...from }), 'uniform', 0, Math.sqrt(2 / OUT));
  },
};

const named = (table: Readonly<Record<string, Row | Rows>>): [string, Row][] =>
  Object.entries(table).flatMap(([name, rows]) => [rows].flat().map((row, i): [string, Row] => [`${name} ${i}`, row]));
describe.each([
  ['layers', LAYERS],
  ['the rest', REST],
  ['init', INIT],
])('%s', (_, table) => {
  test.each(named(table))('%s', (_, row) => {
    expect.hasAssertions();
    row();
  });
});
