/** The end of a tensor's life is the end everywhere: nothing that was freed comes back, and nothing is freed twice. */
import {
  conv2d,
  maxPool2d,
  avgPool2d,
  capture,
  checkpoint,
  concat,
  DataLoader,
  DisposedError,
  GradientError,
  keep,
  nn,
  noGrad,
  optim,
  randn,
  scope,
  tensor,
  TensorDataset,
  ValueError,
  zeros,
  type Tensor,
} from 'phyllo';
import { expect, test } from 'vitest';
import { Storage } from '../../ts/core/storage';
import { runtime } from '../../ts/core/runtime';
import { backends, failure, flat, inUse, onEachBackend, start } from '../toy';

const list = (t: Tensor): number[] => Array.from(t.toArray());

test('a storage that was freed takes no reference, and is not freed again', () => {
  start(backends[0]![1]);
  const { blocks } = inUse();
  const s = Storage.of(runtime.backend, 16);
  s.retain();
  s.retain();
  s.release();
  expect(inUse().blocks).toBe(blocks + 1);
  s.release();
  expect(inUse().blocks).toBe(blocks);
  expect(() => s.retain()).toThrow(DisposedError);
  expect(() => s.release()).toThrow(DisposedError);
  expect(inUse().blocks).toBe(blocks);
});

onEachBackend('on %s', () => {
  const freed = (shape: number[] = [2]): Tensor => {
    const t = zeros(shape);
    t.dispose();
    return t;
  };

  test('what was freed is refused by whatever takes a tensor', () => {
    const leaf = keep(tensor([1, 2], { requiresGrad: true }));
    const uses: readonly (readonly [RegExp, (t: Tensor) => unknown])[] = [
      [/^Parameter: /, t => new nn.Parameter(t)],
      [/^Buffer: /, t => new nn.Buffer(t)],
      [/^checkpoint: /, t => checkpoint((x: Tensor) => x.mul(2))(t)],
      [/^checkpoint: /, t => checkpoint((xs: Tensor[]) => xs[1]!.mul(2))([zeros([2]), t])],
      [/^keep: /, t => keep(t)],
      [/^keep: /, t => keep([t])],
      [/^detach: /, t => t.detach()],
      [/^requiresGrad: /, t => (t.requiresGrad = true)],
      [/^grad: /, t => (leaf.grad = t)],
      [/^TensorDataset: /, t => new TensorDataset(t)],
      [/^SGD: /, t => new optim.SGD([t], { lr: 1 })],
      [/^capture: /, t => capture((x: Tensor) => x.mul(2))(t)],
      [/^backward: /, t => t.backward()],
      [/^reshape: /, t => t.reshape([2, 1])],
      [/^toArray: /, t => t.toArray()],
    ];
    flat(2, () => {
      for (const [where, use] of uses)
        failure(() => scope(() => use(freed())), DisposedError, new RegExp(`DisposedError: ${where.source.slice(1)}`));
    });
    expect(list(leaf)).toEqual([1, 2]);
  });

  test('a gradient that was disposed of is none: eagerly and in a plan', () => {
    const train = (captured: boolean): number[] => {
      const w = keep(tensor([1, 2, 3], { requiresGrad: true }));
      const optimizer = new optim.SGD([w], { lr: 0.1, momentum: 0.9 });
      const step = (x: Tensor): void => {
        w.mul(x).square().sum().backward();
        optimizer.step();
      };
      const run = captured ? capture(step) : step;
      const x = keep(tensor([1, 0.5, 2]));
      for (let i = 0; i < 4; i++) {
        run(x);
        if (i % 2 === 0) w.grad!.dispose();
        else {
          using g = w.grad!;
          expect(g.size).toBe(3);
        }
        expect(w.grad).toBeNull();
        randn([3]).exp(); // takes the place of what was freed
      }
      optimizer.step(); // has nothing to do
      return list(w);
    };
    const plain = train(false);
    expect(train(true)).toEqual(plain);
    expect(plain.every(v => Math.abs(v) < 10)).toBe(true);
  });

  test('a disposed module, optimiser and loader say so', () => {
    flat(2, () => {
      const model = new nn.Sequential(new nn.Linear(2, 3), new nn.BatchNorm1d(3));
      const optimizer = new optim.Adam(model.parameters(), { lr: 0.1 });
      const x = keep(randn([4, 2]));
      scope(() => model.forward(x).sum().backward());
      optimizer.step();
      optimizer.dispose();
      failure(() => optimizer.step(), DisposedError, /^DisposedError: Adam\.step: .* after it was disposed of/);
      model.dispose();
      model.dispose();
      failure(() => model.forward(x), DisposedError, /^DisposedError: linear \(0\): .* by dispose\(\) of Sequential/);
      const data = new TensorDataset(x);
      const loader = new DataLoader(data, { batchSize: 1 });
      let batches = 0;
      const loop = (): void => {
        for (const _ of loader) if (++batches === 2) loader.dispose();
      };
      failure(loop, DisposedError, /DataLoader/);
      expect(batches).toBe(2);
      failure(() => [...loader], DisposedError, /DataLoader/);
      x.dispose();
    });
    flat(2, () => {
      using model = new nn.Linear(2, 2);
      using optimizer = new optim.SGD(model.parameters(), { lr: 1, momentum: 0.5 });
      const step = capture((x: Tensor) => {
        optimizer.zeroGrad();
        model.forward(x).sum().backward();
        optimizer.step();
      });
      scope(() => step(zeros([1, 2])));
      step.dispose();
    });
  });

  test('gradients are refused where there are none to be had', () => {
    expect(() => zeros([2]).backward()).toThrow(GradientError);
    expect(() => noGrad(() => tensor([1], { requiresGrad: true }).exp()).backward()).toThrow(GradientError);
  });

  test('numbers that kernels cannot count are refused before any work', () => {
    const x = zeros([1, 1, 4, 4]);
    const w = zeros([1, 1, 2, 2]);
    const big = [2 ** 31, 2 ** 32, 2 ** 33 + 1, Number.MAX_SAFE_INTEGER, 1e300, Infinity];
    for (const n of big) {
      for (const call of [
        () => conv2d(x, w, null, { stride: n }),
        () => conv2d(x, w, null, { padding: n }),
        () => conv2d(x, w, null, { dilation: n }),
        () => maxPool2d(x, 2, { stride: n }),
        () => maxPool2d(x, n),
        () => avgPool2d(x, n, { padding: n }),
        () => maxPool2d(x, 2, { dilation: n }),
        () => x.topk(n),
        () => x.split(n),
      ])
        expect(call, String(n)).toThrow(/takes|fits|larger/);
    }
    expect(() =>
      zeros([1])
        .expand([2 ** 16, 2 ** 16])
        .sum(),
    ).toThrow(/takes fewer than \d+ elements of f32, \[65536, 65536\] has 4294967296/);
    expect(() =>
      zeros([1, 1])
        .expand([2 ** 20, 2 ** 20])
        .matmul(zeros([1, 1]).expand([2 ** 20, 1])),
    ).toThrow(/fewer than \d+ elements/);
    expect(list(tensor([1, 2, 3, 4, 5]).slice(0, 1, Infinity, 2 ** 31 - 1))).toEqual([2]);
    expect(() => tensor([1]).slice(0, 0, 1, 2 ** 32)).toThrow(ValueError);
  });

  test('joins of any number', () => {
    flat(1, () =>
      scope(() => {
        const parts = Array.from({ length: 3000 }, (_, i) => tensor([i, -i], { requiresGrad: i % 1000 === 0 }));
        const joined = concat(parts);
        expect(joined.shape).toEqual([6000]);
        joined.mul(joined).sum().backward();
        expect(list(parts[2000]!.grad!)).toEqual([4000, -4000]);
        expect(parts[1]!.grad).toBeNull();
      }),
    );
  });
});
