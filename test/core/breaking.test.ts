/** Ends that the usual tests do not reach: shared arrays, walks inside walks, loops that lead to themselves. */
import {
  avgPool2d,
  capture,
  checkpoint,
  conv2d,
  DataLoader,
  full,
  gradients,
  keep,
  manualSeed,
  memory,
  nn,
  noGrad,
  ones,
  rand,
  randn,
  scope,
  tensor,
  PhylloError,
  TensorDataset,
  ValueError,
  zeros,
  type Tensor,
} from 'phyllo';
import { expect, test } from 'vitest';
import { sweep } from '../../ts/core/collector';
import { runtime } from '../../ts/core/runtime';
import { onEachBackend } from '../toy';

const list = (t: Tensor | null): number[] => Array.from(t!.toArray());

onEachBackend('on %s', () => {
  test('arrays of the caller are his to use again', () => {
    const shape = [2, 2];
    const rows: Tensor[] = [];
    for (let n = 1; n < 5; n++) {
      shape[0] = n;
      rows.push(full(shape, n));
    }
    expect(rows.map(r => list(r.sum(0)))).toEqual([
      [1, 1],
      [4, 4],
      [9, 9],
      [16, 16],
    ]);
    for (const make of [
      () => zeros(shape),
      () => randn(shape),
      () => rand(shape),
      () => tensor(new Float32Array(8), { shape }),
      () => ones([8]).reshape(shape),
    ]) {
      shape[0] = 4;
      const x = make();
      shape[0] = 400;
      expect(x.shape).toEqual([4, 2]);
      expect(list(x.add(0)).length).toBe(8);
    }
    const stride = [1, 1] as [number, number];
    const x = tensor(
      Float32Array.from({ length: 16 }, (_, i) => i),
      { shape: [1, 1, 4, 4], requiresGrad: true },
    );
    const y = conv2d(x, ones([1, 1, 2, 2]), null, { stride }).sum();
    const z = avgPool2d(x, stride);
    stride[0] = stride[1] = 50;
    y.add(z.sum()).backward();
    expect(list(x.grad).slice(0, 4)).toEqual([2, 3, 3, 2]);
  });

  test('a tensor whose shape or strides were changed is refused', () => {
    const changes: readonly ((t: Tensor) => unknown)[] = [
      t => Reflect.apply(Array.prototype.reverse, t.shape, []),
      t => Reflect.set(t.shape, 0, 40),
      t => Reflect.apply(Array.prototype.push, t.shape, [2]),
      t => Reflect.set(t.strides, 0, 100),
      t => Reflect.apply(Array.prototype.pop, t.shape, []),
    ];
    for (const change of changes) {
      for (const make of [
        () => zeros([2, 3]),
        () =>
          tensor([
            [1, 2, 3],
            [4, 5, 6],
          ]).mul(2),
        () => ones([6]).reshape([2, 3]),
      ]) {
        const x = make();
        change(x);
        for (const use of [
          () => x.add(1),
          () => x.sum(0),
          () => x.t(),
          () => x.matmul(ones([3, 1])),
          () => x.reshape([-1]),
        ]) {
          expect(use).toThrow(PhylloError);
        }
      }
    }
  });

  test('a captured function in a checkpoint draws once, as without a plan', () => {
    const run = (wrap: <F extends (x: Tensor) => Tensor>(f: F) => (x: Tensor) => Tensor): number[] => {
      const noise = wrap((x: Tensor) => x.mul(rand([3])));
      const norm = new nn.BatchNorm1d(3);
      const normed = wrap((x: Tensor) => norm.forward(x));
      for (let i = 0; i < 4; i++) noise(ones([3]));
      manualSeed(5);
      const w = ones([3], { requiresGrad: true });
      checkpoint((x: Tensor) =>
        x
          .mul(noise(ones([3])))
          .square()
          .add(
            normed(
              tensor([
                [1, 2, 3],
                [3, 2, 2],
              ]),
            ).mean(0),
          ),
      )(w)
        .sum()
        .backward();
      return [...list(w.grad), ...[...norm.namedBuffers()].flatMap(([, b]) => list(b))];
    };
    const plain = run(f => f);
    expect(run(f => capture(f))).toEqual(plain);
  });

  test('gradients inside a checkpoint leave those around it alone', () => {
    const run = (wrap: (f: (x: Tensor) => Tensor) => (x: Tensor) => Tensor): number[][] => {
      const v = ones([2], { requiresGrad: true });
      const w = ones([2], { requiresGrad: true });
      const h = v.mul(2);
      const energy = h.mul(h).sum();
      const f = wrap(x => x.mul(w).mul(gradients(energy, [v], { retainGraph: true })[0]!));
      f(h).add(h).sum().backward();
      return [list(v.grad), list(w.grad)];
    };
    expect(run(f => f)).toEqual([
      [18, 18],
      [16, 16],
    ]);
    expect(run(checkpoint)).toEqual([
      [18, 18],
      [16, 16],
    ]);
    expect(() =>
      checkpoint((x: Tensor) => gradients(x.mul(x).sum(), [x])[0]!)(ones([2], { requiresGrad: true })),
    ).toThrow(/inside it, where it has not ended: take them outside/);
  });

  test('checkpoints and loops that lead to themselves are collected', () => {
    class Net extends nn.Module {
      readonly a = new nn.Linear(8, 8);
      readonly block: (x: Tensor) => Tensor = checkpoint((x: Tensor) => this.a.forward(x));
      features: Tensor | null = null;
      forward(x: Tensor): Tensor {
        return (this.features = this.block(x).relu());
      }
    }
    class Trainer {
      readonly w = ones([8]);
      readonly batches = new DataLoader(new TensorDataset(ones([8, 4])), {
        batchSize: 2,
        transform: b => this.augment(b),
      })[Symbol.iterator]();
      augment<B>(b: B): B {
        return b;
      }
    }
    const turn = (): void => {
      new Net()
        .forward(ones([4, 8]))
        .sum()
        .backward();
      new Trainer().batches.next();
    };
    turn();
    sweep();
    sweep();
    const { blocks } = memory();
    for (let i = 0; i < 30; i++) turn();
    sweep();
    sweep();
    expect(memory().blocks).toBeLessThan(blocks + 15); // some of the last turn's may still lie on the stack
    expect(runtime.scope).toBeNull();
  });

  test('what a scope returns may be anything: nothing of it stays', () => {
    const f = (): void =>
      void scope(() => {
        ones([100]);
        return {
          get a(): number {
            throw new Error('lazy');
          },
        };
      });
    f();
    const { blocks } = memory();
    for (let i = 0; i < 5; i++) f();
    const { proxy, revoke } = Proxy.revocable({}, {});
    revoke();
    for (let i = 0; i < 5; i++) expect(() => scope(() => [ones([100]), proxy].slice(1))).toThrow();
    expect(memory().blocks).toBe(blocks);
  });

  test("a gradient that two leaves are given is each one's own", () => {
    const p = keep(tensor([1, 2], { requiresGrad: true }));
    const q = keep(tensor([3, 4], { requiresGrad: true }));
    p.square().sum().backward();
    q.grad = p.grad;
    p.grad = null;
    expect(list(q.grad)).toEqual([2, 4]);
    expect(p.grad).toBeNull();
  });

  test('a gradient with a graph of its own does not lead into a plan', () => {
    const p = keep(tensor([1, 2], { requiresGrad: true }));
    const f = capture(() => void p.grad!.mul(p.grad!).sum().backward());
    p.mul(p).mul(p).sum().backward({ createGraph: true });
    expect(f).toThrow(/a gradient that has a graph of its own/);
    noGrad(() => expect(capture(() => p.grad!.sum())().item()).toBe(15));
  });

  test('an array that frees the tensor it is written to is read before anything is done', () => {
    const t = zeros([2]);
    const odd = Object.defineProperty([1, 2], 1, { get: () => (t.dispose(), 7) });
    expect(() => t.set(odd)).toThrow(/freed by dispose/);
  });

  test('windows that no kernel can count are refused', () => {
    expect(() => avgPool2d(ones([1, 1, 4, 4]), 65536, { padding: 32768, stride: 65536 })).toThrow(ValueError);
  });
});
