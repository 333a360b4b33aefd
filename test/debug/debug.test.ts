/** Detectors: networks that are broken in a known way are found out, whole ones are not. */
import {
  crossEntropy,
  Generator,
  keep,
  memory,
  mseLoss,
  nn,
  noGrad,
  ones,
  optim,
  randn,
  scope,
  tensor,
  ValueError,
  zeros,
  type Tensor,
} from 'phyllo';
import { deadUnits, findAnomaly, gradientNorms, histograms, overfitOneBatch, saturation } from 'phyllo/debug';
import { describe, expect, test } from 'vitest';
import { failure, list } from '../toy';

const generator = new Generator(11);
const batch = (n: number, k: number): Tensor => keep(randn([n, k], { generator }));

describe('activations', () => {
  test('dead units are those that are 0 for the whole batch', () => {
    const layer = new nn.Linear(1, 4, { bias: true });
    // 2x + 1, −x, −1 − 0x, x − 10 for x = −1, 0, 1: of these only the first two are ever above 0.
    noGrad(() => layer.loadStateDict({ weight: tensor([[2], [-1], [0], [1]]), bias: tensor([1, 0, -1, -10]) }));
    const model = new nn.Sequential(layer, new nn.ReLU(), new nn.Linear(4, 1));
    const x = keep(tensor([[-1], [0], [1]]));
    const found = deadUnits(model, () => model.forward(x));
    expect(found.layers).toEqual([{ path: '1', kind: 'ReLU', units: 4, dead: 2, share: 0.5 }]);
    expect(String(found)).toBe('layer  kind  units  dead  share\n1      ReLU      4     2  0.500');
  });

  test('of images units are channels, and what is alive in one call is alive', () => {
    const relu = new nn.ReLU();
    const image = keep(tensor([1, 0, 0, 0, 0, 0, 0, 0, -1, 0, 0, 0], { shape: [1, 3, 2, 2] }));
    const other = keep(tensor([0, 0, 0, 0, 0, 0, 5, 0, -1, 0, 0, 0], { shape: [1, 3, 2, 2] }));
    expect(deadUnits(relu, () => relu.forward(image)).layers[0]).toMatchObject({ path: '', units: 3, dead: 2 });
    const both = deadUnits(relu, () => [relu.forward(image), relu.forward(other)]);
    expect(both.layers[0]).toMatchObject({ units: 3, dead: 1 });
  });

  test('saturated are the outer hundredths of the range', () => {
    const model = new nn.Sequential(new nn.Tanh(), new nn.Sigmoid());
    const x = keep(tensor([-9, -2, 0, 2, 9, 3])); // tanh(2) = 0.964, tanh(3) = 0.995
    expect(saturation(model, () => model.forward(x)).layers).toEqual([
      { path: '0', kind: 'Tanh', size: 6, share: 0.5 },
      { path: '1', kind: 'Sigmoid', size: 6, share: 0 }, // of numbers within ±1
    ]);
    const sigmoid = new nn.Sigmoid();
    expect(saturation(sigmoid, () => sigmoid.forward(keep(x.mul(2)))).layers[0]!.share).toBeCloseTo(3 / 6);
  });

  test('histograms count outputs and gradients, and what is in no bin', () => {
    const model = new nn.Sequential(new nn.Linear(1, 1, { bias: false }), new nn.Identity());
    noGrad(() => model.parameters().forEach(p => p.fill_(2)));
    const x = keep(tensor([[0], [1], [2], [4]]));
    const found = histograms(model, () => model.forward(x).square().sum().backward(), { bins: 4 });
    const [linear] = found.layers;
    expect(linear!.output).toEqual({
      counts: [1, 1, 1, 1],
      low: 0,
      high: 8,
      mean: 3.5,
      std: Math.sqrt(8.75),
      strange: 0,
    });
    expect(linear!.gradient).toMatchObject({ counts: [1, 1, 1, 1], low: 0, high: 16, mean: 7 }); // 2y
    const odd = keep(tensor([[NaN], [1], [1], [1 / 0]]));
    expect(histograms(model, () => model.forward(odd), { bins: 2 }).layers[0]).toMatchObject({
      output: { counts: [2, 0], strange: 2 },
      gradient: null,
    });
    expect(String(found)).toMatch(
      /^layer +kind +mean +std +output +gradient std +gradient\n0 +Linear +3\.50 +2\.96 +████/,
    );
  });

  test('leave hooks, memory and gradients as they were', () => {
    const model = new nn.Sequential(new nn.Linear(3, 4), new nn.ReLU(), new nn.Tanh());
    const x = batch(5, 3);
    const run = (): Tensor => model.forward(x);
    const all = (): void => {
      deadUnits(model, run);
      saturation(model, run);
      histograms(model, run);
    };
    all();
    const { blocks } = memory();
    all();
    expect(memory().blocks).toBe(blocks);
    const fails = (): never => {
      run();
      throw new RangeError('mine');
    };
    expect(() => deadUnits(model, fails)).toThrow('mine');
    scope(() => void run());
    expect(memory().blocks).toBe(blocks);
    // @ts-expect-error no module
    failure(() => deadUnits(run, run), ValueError, /deadUnits: model takes a module/);
    // @ts-expect-error an option that there is not
    failure(() => histograms(model, run, { bin: 3 }), ValueError, /did you mean bins/);
  });
});

describe('training', () => {
  test('norms of gradients tell what vanishes, explodes and is missing', () => {
    const layers = [1, 1, 1, 1].map(() => new nn.Linear(2, 2, { bias: false }));
    const model = new nn.Sequential(...layers);
    noGrad(() =>
      layers.forEach((l, i) =>
        l.weight.copy_(
          tensor([
            [1, 0],
            [0, 1],
          ]).mul(i === 0 ? 1 : 1e-4),
        ),
      ),
    );
    layers[3]!.requiresGrad_(false);
    const x = keep(ones([1, 2]));
    scope(() => model.forward(x).sum().backward());
    // The first gets a gradient of 1e-12 in each element, of which there are 4: 2e-12 against a weight of √2.
    const found = gradientNorms(model);
    expect(found.layers.map(l => l.verdict)).toEqual(['vanishing', 'fine', 'fine', 'none']);
    expect(found.layers[0]!.gradient! / 2e-12).toBeCloseTo(1, 5);
    expect(found.layers[0]!.parameter).toBeCloseTo(Math.SQRT2, 6);
    layers[0]!.weight.grad = tensor([
      [1e5, 0],
      [0, NaN],
    ]);
    layers[1]!.weight.grad = tensor([
      [1e5, 0],
      [0, 0],
    ]);
    expect(
      gradientNorms(model)
        .layers.map(l => l.verdict)
        .slice(0, 2),
    ).toEqual(['exploding', 'exploding']);
    expect(String(found)).toMatch(/^parameter +gradient +of +ratio\n0\.weight +2\.00e-12 +1\.41 +1\.41e-12 +vanishing/);
  });

  test('one batch is learnt by heart, or not', () => {
    const [x, target] = [batch(8, 4), keep(tensor([0, 1, 2, 0, 1, 2, 0, 1], { dtype: 'i32' }))];
    const make = (): nn.Sequential => new nn.Sequential(new nn.Linear(4, 32), new nn.ReLU(), new nn.Linear(32, 3));
    const model = make();
    const good = overfitOneBatch(model, {
      loss: (y, t) => crossEntropy(y, t),
      optimizer: new optim.Adam(model.parameters(), { lr: 0.02 }),
      batch: [x, target],
    });
    expect(good).toMatchObject({ fits: true, first: good.losses[0] });
    expect(good.losses).toHaveLength(101);
    expect(String(good)).toMatch(/^loss of one batch 1\.\d+ → 0\.0\d+ in 100 steps: it can be learnt$/);
    const frozen = make();
    const bad = overfitOneBatch(frozen, {
      loss: (y, t) => crossEntropy(y, t),
      optimizer: new optim.SGD(frozen.parameters(), { lr: 1e-9 }),
      batch: [x, target],
      steps: 5,
    });
    expect([bad.fits, bad.losses.length]).toEqual([false, 6]);
    failure(
      () =>
        overfitOneBatch(make(), {
          loss: mseLoss,
          optimizer: new optim.SGD(make().parameters(), { lr: 1 }),
          batch: [x],
        }),
      ValueError,
      /batch takes two tensors/,
    );
  });

  test('where a step makes NaN, without leaving a trace', () => {
    class Root extends nn.Layer {
      forward(x: Tensor): Tensor {
        return x.sqrt();
      }
    }
    const model = new nn.Sequential(new nn.Linear(2, 2), new nn.BatchNorm1d(2), new Root());
    const sgd = new optim.SGD(model.parameters(), { lr: 0.1 });
    const step = (x: Tensor): void => {
      sgd.zeroGrad();
      model.forward(x).sum().backward();
      sgd.step();
    };
    const before = Object.values(model.stateDict()).map(list);
    const e = findAnomaly(model, step, batch(4, 2));
    expect(e).toMatchObject({ op: 'sqrt', value: 'NaN', phase: 'forward', path: '2' });
    expect(Object.values(model.stateDict()).map(list)).toEqual(before);
    expect(model.parameters().map(p => p.grad)).toEqual([null, null, null, null]);
    expect(findAnomaly(model, x => model.at(0).parameters()[0]!.mul(x.sum()), batch(4, 2))).toBeNull();
    expect(() => findAnomaly(model, () => zeros([2]).add(zeros([3])), batch(1, 1))).toThrow(/add/);
  });
});
