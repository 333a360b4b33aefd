/** Training by plans is training: to the last bit, whatever is changed between two calls, and whoever else runs. */
import {
  dropout,
  capture,
  clamp,
  crossEntropy,
  defaultGenerator,
  DisposedError,
  Generator,
  grad,
  gradients,
  keep,
  manualSeed,
  nn,
  noGrad,
  ones,
  optim,
  rand,
  randn,
  scope,
  tensor,
  valueAndGrad,
  zeros,
  type Tensor,
} from 'phyllo';
import { beforeEach, describe, expect, test, vi } from 'vitest';
import { runtime } from '../../ts/core/runtime';
import { assign } from '../../ts/ops/update';
import { backends, dice, failure, flat, inUse, list, loader, Net, numbers, problem, start, type Problem } from '../toy';

vi.setConfig({ testTimeout: 60_000 });

/** Three features of images [n, 1, 6, 6] in three classes, through every kind of layer that has a state. */
class ConvNet extends nn.Layer {
  readonly features: nn.Sequential;
  readonly classifier: nn.Sequential;
  constructor(generator: Generator) {
    super();
    const from = { generator };
    this.features = new nn.Sequential(
      new nn.Conv2d(1, 4, 3, { padding: 1, ...from }),
      new nn.BatchNorm2d(4),
      new nn.ReLU(),
      new nn.MaxPool2d(2),
    );
    this.classifier = new nn.Sequential(
      new nn.Flatten(),
      new nn.Linear(36, 8, from),
      new nn.Dropout(0.3),
      new nn.Tanh(),
      new nn.Linear(8, 3, from),
    );
  }
  forward(x: Tensor): Tensor {
    return this.classifier.forward(this.features.forward(x));
  }
}

interface World {
  readonly model: ConvNet;
  readonly optimizer: optim.Optimizer<object> & { lr: number };
  readonly step: (x: Tensor, t: Tensor) => Tensor;
}
type Make = (model: ConvNet) => World['optimizer'];
const OPTIMIZERS: Readonly<Record<string, Make>> = {
  SGD: model => new optim.SGD(model.parameters(), { lr: 0.05 }),
  'SGD with momentum': model =>
    new optim.SGD(model.parameters(), { lr: 0.05, momentum: 0.9, nesterov: true, weightDecay: 1e-3 }),
  Adam: model => new optim.Adam(model.parameters(), { lr: 0.01, amsgrad: true }),
  'AdamW in groups': model =>
    new optim.AdamW([{ params: model.features.parameters(), lr: 0.02 }, { params: model.classifier.parameters() }]),
};

function world(
  make: Make,
  how: 'eager' | 'captured',
  inner: (w: Omit<World, 'step'>, loss: Tensor) => void = () => {},
): World {
  const model = new ConvNet(new Generator(5));
  const optimizer = make(model);
  const f = (x: Tensor, t: Tensor): Tensor => {
    optimizer.zeroGrad();
    const loss = crossEntropy(model.forward(x), t);
    loss.backward();
    inner({ model, optimizer }, loss);
    optimizer.step();
    return loss;
  };
  return { model, optimizer, step: how === 'eager' ? f : capture(f) };
}
const batch = (i: number, n = 5): [Tensor, Tensor] => {
  const roll = dice(i);
  return [tensor(numbers(n * 36, i), { shape: [n, 1, 6, 6] }), tensor(Int32Array.from({ length: n }, () => roll(3)))];
};
/** Everything that a step may have changed, and the loss. */
const state = ({ model, optimizer }: World, loss: Tensor): unknown => [
  loss.item(),
  ...Object.entries({ ...model.stateDict(), ...optimizer.stateDict() }).map(([k, t]) => [k, list(t)]),
  ...model.parameters().map(p => p.grad && list(p.grad)),
];

describe.each(backends)('on %s', (_, make) => {
  beforeEach(() => {
    start(make);
    expect(runtime.scope).toBeNull();
  });

  /** Runs the same steps eagerly and by plans; after each all must be the same. `between` is done in both worlds. */
  function together(
    of: Make,
    steps: number,
    between: (w: World, i: number) => void = () => {},
    inner?: Parameters<typeof world>[2],
    size: (i: number) => number = () => 5,
  ): void {
    const seen = (['eager', 'captured'] as const).map(how => {
      manualSeed(3);
      const w = world(of, how, inner);
      return Array.from({ length: steps }, (_, i) => {
        between(w, i);
        const [x, t] = batch(i, size(i));
        return state(w, w.step(x, t));
      });
    });
    expect(seen[1]).toEqual(seen[0]);
    expect(new Set(seen[0]!.map(s => JSON.stringify(s))).size).toBe(steps); // else it shows nothing
  }

  describe('a captured step is the step', () => {
    test.each(Object.entries(OPTIMIZERS))('with %s', (_, of) => together(of, 6));

    test('with batches of other sizes', () =>
      together(
        OPTIMIZERS.Adam!,
        7,
        () => {},
        undefined,
        i => (i % 3 === 2 ? 2 : 5),
      ));

    test('with the norm of gradients clipped', () => {
      together(
        OPTIMIZERS['SGD with momentum']!,
        5,
        () => {},
        ({ model }) => void optim.clipGradNorm(model.parameters(), 0.1),
      );
    });

    test('with a learning rate that is assigned', () => {
      together(OPTIMIZERS['SGD with momentum']!, 6, ({ optimizer }, i) => (optimizer.lr = 0.1 / (i + 1)));
      together(OPTIMIZERS['AdamW in groups']!, 6, ({ optimizer }, i) =>
        optimizer.groups[1]!.set('eps', 1e-8 * (i + 1)),
      );
    });

    test('with a learning rate from a schedule', () => {
      const schedules = new WeakMap<World, optim.CosineAnnealingLR>();
      together(OPTIMIZERS.Adam!, 6, (w, i) => {
        if (i === 0) schedules.set(w, new optim.CosineAnnealingLR(w.optimizer, 6));
        else schedules.get(w)!.step();
      });
    });

    test('with weights and state loaded in between', () => {
      const other = new ConvNet(new Generator(9));
      together(OPTIMIZERS.Adam!, 6, ({ model, optimizer }, i) => {
        if (i === 2) model.loadStateDict(other.stateDict());
        if (i === 4)
          optimizer.loadStateDict(new optim.Adam(model.parameters(), { lr: 0.03, amsgrad: true }).stateDict());
      });
    });

    test('with the generator seeded in between', () => together(OPTIMIZERS.SGD!, 6, (_, i) => i % 2 && manualSeed(i)));

    test('with layers frozen and thawed, and evaluation in between', () => {
      together(OPTIMIZERS['SGD with momentum']!, 8, ({ model, optimizer }, i) => {
        model.features.requiresGrad(i % 3 !== 1);
        if (i % 4 === 3) {
          const [x] = batch(i);
          model.eval();
          scope(() => void model.forward(x));
          model.train();
        }
        optimizer.zeroGrad();
      });
    });

    test('with the loss scaled and the gradients taken by hand', () => {
      together(
        OPTIMIZERS.SGD!,
        4,
        () => {},
        ({ model }) => {
          for (const p of model.parameters()) p.grad = p.grad!.mul(0.5).add(p.detach().mul(0.01));
        },
      );
    });
  });

  test('eager and captured steps mix', () => {
    const run = (pick: (i: number) => boolean): unknown[] => {
      manualSeed(3);
      const w = world(OPTIMIZERS.Adam!, 'eager');
      const captured = capture(w.step);
      return Array.from({ length: 8 }, (_, i) => {
        const [x, t] = batch(i);
        return state(w, (pick(i) ? captured : w.step)(x, t));
      });
    };
    const eager = run(() => false);
    expect(run(() => true)).toEqual(eager);
    expect(run(i => i % 2 === 0)).toEqual(eager);
    expect(run(i => i % 3 !== 0)).toEqual(eager);
  });

  test('a bare loop of both frees as it goes', () => {
    const w = world(OPTIMIZERS.SGD!, 'eager');
    const captured = capture((x: Tensor, t: Tensor) => void w.step(x, t));
    const [x, t] = batch(1);
    const eager = (): void => {
      w.optimizer.zeroGrad();
      const h = w.model.features.forward(x).mul(2); // no scope has it
      crossEntropy(w.model.classifier.forward(h), t).backward();
    };
    eager();
    captured(x, t);
    eager();
    const full = inUse().blocks;
    captured(x, t);
    const empty = inUse().blocks;
    expect(full - empty).toBeGreaterThan(2);
    for (let i = 0; i < 5; i++) {
      eager();
      expect(inUse().blocks).toBe(full);
      captured(x, t);
      expect(inUse().blocks).toBe(empty);
    }
  });

  describe('gradients', () => {
    const x = (): Tensor => tensor(numbers(6, 1), { shape: [2, 3] });
    const leaf = (seed = 2): Tensor => keep(tensor(numbers(3, seed), { requiresGrad: true }));
    const both = (
      f: (w: Tensor, x: Tensor) => unknown,
      calls: number,
      between: (w: Tensor, i: number) => void = () => {},
    ): void => {
      const seen = [f, capture].map((_, captured) => {
        const w = leaf();
        const g = captured ? capture((x: Tensor) => f(w, x)) : (x: Tensor) => f(w, x);
        return Array.from({ length: calls }, (_, i) => {
          between(w, i);
          const out = g(x());
          return [w.grad && list(w.grad), Array.isArray(out) ? out.map(list) : null];
        });
      });
      expect(seen[1]).toEqual(seen[0]);
    };

    test('summed over calls', () => both((w, x) => x.mul(w).square().sum().backward(), 4));
    test('summed over calls, and cleared outside now and then', () => {
      both(
        (w, x) => x.mul(w).square().sum().backward(),
        6,
        (w, i) => i % 3 === 2 && (w.grad = null),
      );
    });
    test('summed over two backward passes in a call', () => {
      both(
        (w, x) => {
          x.mul(w).square().sum().backward();
          x.add(w).exp().sum().backward();
        },
        3,
        (w, i) => i === 2 && (w.grad = null),
      );
    });
    test('cleared at the start, in the middle, at the end', () => {
      both((w, x) => {
        w.grad = null;
        x.mul(w).square().sum().backward();
      }, 3);
      both((w, x) => {
        x.mul(w).square().sum().backward();
        w.grad = null;
        x.mul(w).exp().sum().backward();
      }, 3);
      both((w, x) => {
        x.mul(w).square().sum().backward();
        noGrad(() => assign(w, w.sub(w.grad!.mul(0.1))));
        w.grad = null;
        return [w.detach().mul(1)];
      }, 3);
    });
    test('cleared at the end never leave the arena', () => {
      const w = leaf();
      const f = capture((x: Tensor) => {
        x.mul(w).square().sum().backward();
        w.grad = null;
      });
      f(x());
      const { blocks } = inUse();
      scope(() => f(x()));
      expect(inUse().blocks).toBe(blocks);
      expect(w.grad).toBeNull();
    });
    test('read before they are written', () => {
      both(
        (w, x) => {
          const before = w.grad ? w.grad.mul(2) : zeros([3]);
          w.grad = null;
          x.mul(w).square().sum().backward();
          return [before];
        },
        4,
        (w, i) => i === 3 && (w.grad = null),
      );
      both((w, x) => {
        const before = w.grad?.detach();
        w.grad = ones([3]).mul(x.sum());
        return before ? [before, before.add(1)] : [];
      }, 4);
      // The old one is read when the new one is there already.
      both((w, x) => {
        const old = w.grad ? w.grad.detach() : ones([3]);
        w.grad = x.sum(0).mul(old);
        w.grad = w.grad.add(old.mul(3)).add(old.sum());
      }, 4);
    });
    test('of gradients', () => {
      both((w, x) => {
        w.grad = null;
        x.mul(w).exp().sum().backward({ createGraph: true });
        const g = w.grad!.square().sum();
        w.grad = null;
        g.backward();
      }, 3);
      both((w, x) => {
        const [g] = gradients(x.mul(w).exp().sum(), [w], { createGraph: true });
        return [g!.detach(), ...gradients(g!.square().sum(), [w])];
      }, 2);
    });
    test('by grad and valueAndGrad, nested', () => {
      const f = (w: Tensor): Tensor => w.exp().mul(w).sum();
      both((w, x) => {
        const [v, g] = valueAndGrad((x: Tensor) => x.mul(w.detach()).tanh().sum())(x);
        return [v, g, grad((w: Tensor) => grad(f)(w).square().sum())(w)];
      }, 2);
      const captured = capture(grad(f));
      const point = tensor([0.1, 0.2]);
      expect(list(captured(point))).toEqual(list(grad(f)(point)));
    });
    test('with retainGraph, and of leaves made inside', () => {
      both((w, x) => {
        w.grad = null;
        const v = x.detach();
        v.requiresGrad = true;
        const y = v.mul(w).sigmoid().sum();
        y.backward({ retainGraph: true });
        y.backward();
        return [v.grad!.detach()];
      }, 2);
    });
    test('exchanged between leaves, and given to two', () => {
      const seen = [false, true].map(captured => {
        const [a, b] = [leaf(1), leaf(2)];
        const f = (x: Tensor): void => {
          x.mul(a).add(x.mul(b).exp()).sum().backward();
          const [ga, gb] = [a.grad!.detach(), b.grad!.detach()];
          a.grad = gb;
          b.grad = ga;
        };
        const share = (x: Tensor): void => {
          const g = x.mul(2).sum(0);
          a.grad = g.detach();
          b.grad = g.detach();
        };
        const [swapping, sharing] = captured ? [capture(f), capture(share)] : [f, share];
        return [swapping, swapping, sharing, swapping, sharing].map((step, i) => {
          step(tensor(numbers(6, i), { shape: [2, 3] }));
          return [list(a.grad), list(b.grad)];
        });
      });
      expect(seen[1]).toEqual(seen[0]);
    });
    test('kept by the user stay what they were, and the plan goes on', () => {
      const w = leaf();
      const f = capture((x: Tensor) => {
        w.grad = null;
        x.mul(w).square().sum().backward();
      });
      const kept: Tensor[] = [];
      const want: number[][] = [];
      for (let i = 0; i < 4; i++) {
        f(tensor(numbers(6, i), { shape: [2, 3] }));
        kept.push(keep(w.grad!.detach()));
        want.push(list(w.grad));
      }
      expect(kept.map(list)).toEqual(want);
      for (const t of kept) t.dispose();
      flat(3, i => scope(() => f(tensor(numbers(6, i), { shape: [2, 3] }))));
    });
    test('kept by the user stay what they were when the plan adds to them', () => {
      both((w, x) => x.mul(w).square().sum().backward(), 3);
      const w = leaf();
      const f = capture((x: Tensor) => x.mul(w).square().sum().backward());
      for (let i = 0; i < 3; i++) {
        f(x());
        const kept = w.grad!.detach();
        const want = list(kept);
        f(x());
        expect([list(kept), list(w.grad)]).toEqual([
          want,
          want.map(v => (Math.fround(v) / (2 * i + 1)) * (2 * i + 2)).map(v => expect.closeTo(v, 4)),
        ]);
        kept.dispose();
      }
    });
    test('given to the function as arguments are not written over while they are read', () => {
      const w = leaf();
      const f = capture((x: Tensor, g: Tensor) => {
        w.grad = null;
        x.mul(w).square().sum().backward();
        return w.grad!.add(g.mul(1000));
      });
      let g = zeros([3]);
      for (let i = 0; i < 3; i++) {
        const before = list(g);
        const y = list(f(x(), g));
        g = w.grad!.detach();
        expect(y).toEqual(list(tensor(list(g)).add(tensor(before).mul(1000))));
        g = w.grad!;
      }
    });
    test('as results of the function', () => {
      both((w, x) => {
        w.grad = null;
        x.mul(w).square().sum().backward();
        return [w.grad!.detach(), w.grad!.detach().reshape([3, 1])];
      }, 3);
    });
    test('of a strided tensor by hand: another plan, or an error', () => {
      const w = keep(
        tensor(
          [
            [1, 2],
            [3, 4],
          ],
          { requiresGrad: true },
        ),
      );
      const f = capture((x: Tensor) => x.mul(w).sum().backward());
      f(ones([2, 2]));
      f(ones([2, 2]));
      expect(list(w.grad)).toEqual([2, 2, 2, 2]);
      w.grad = tensor([
        [1, 2],
        [3, 4],
      ]).t();
      failure(() => f(ones([2, 2])), Error, /gradient that was set to a strided tensor/);
      expect(list(w.grad)).toEqual([1, 3, 2, 4]);
      w.grad = tensor([
        [1, 2],
        [3, 4],
      ]);
      f(ones([2, 2]));
      expect(list(w.grad)).toEqual([2, 3, 4, 5]);
    });
  });

  describe('random numbers', () => {
    test('go on as without plans, from any seed', () => {
      const own = new Generator(4);
      const f = (x: Tensor): Tensor[] => [
        randn([3]),
        rand([2], { generator: own }),
        dropout(x, 0.5),
        dropout(x, 0.5, { generator: own }),
      ];
      const captured = capture(f);
      const run = (f: (x: Tensor) => Tensor[]): unknown => {
        manualSeed(7);
        own.manualSeed(8);
        const seen = Array.from({ length: 3 }, () => f(ones([20])).map(list));
        manualSeed(9);
        seen.push(f(ones([20])).map(list), [list(randn([2])), list(defaultGenerator().state)]);
        return seen;
      };
      const want = run(f);
      expect(run(captured)).toEqual(want);
      expect(run(captured)).toEqual(want);
      expect(captured.plans.length).toBe(1);
    });
    test('of a generator made inside begin anew at each call', () => {
      const f = (): Tensor => randn([4], { generator: new Generator(3) });
      const captured = capture(f);
      for (let i = 0; i < 3; i++) expect(list(captured())).toEqual(list(f()));
    });
  });

  test('an optimiser made inside begins anew at each call', () => {
    const seen = [false, true].map(captured => {
      const w = keep(tensor([1, 2, 3], { requiresGrad: true }));
      const f = (x: Tensor): void => {
        const opt = new optim.Adam([w], { lr: 0.1 });
        for (let i = 0; i < 2; i++) {
          opt.zeroGrad();
          x.mul(w).square().sum().backward();
          opt.step();
        }
      };
      const step = captured ? capture(f) : f;
      return [1, 2, 3].map(i => {
        step(tensor([i, 1, 2]));
        return list(w);
      });
    });
    expect(seen[1]).toEqual(seen[0]);
  });

  test('a captured function inside another is part of it', () => {
    const inner = capture((x: Tensor, by: number) => x.mul(by).exp());
    const outer = capture((x: Tensor) => {
      const y = inner(x, 2);
      expect(inner.plan(ones([3]), 4)).toBe(inner.plan(ones([3]), 4)); // which needs none of the outer's numbers
      return y.add(inner(x, 3));
    });
    const x = tensor([0.1, 0.2]);
    expect(list(outer(x))).toEqual(list(x.mul(2).exp().add(x.mul(3).exp())));
    expect([outer.plans.length, inner.plans.length]).toEqual([1, 1]);
    expect(list(inner(x, 2))).toEqual(list(x.mul(2).exp()));
    expect(list(outer(x))).toEqual(list(x.mul(2).exp().add(x.mul(3).exp())));
  });

  describe('loops that await', () => {
    const task = (): Promise<void> => new Promise(r => setImmediate(r));
    /** Trains by plans or without, and returns what it saw. */
    async function train(
      data: Problem,
      seed: number,
      roll: (n: number) => number,
      captured: boolean,
    ): Promise<number[]> {
      const net = new Net(seed);
      const step = (x: Tensor, target: Tensor): Tensor[] => {
        net.zeroGrad();
        const logits = net.forward(x);
        const loss = crossEntropy(logits, target);
        loss.backward();
        net.step();
        return [loss, logits];
      };
      const plans = capture(step);
      const run = captured ? plans : step;
      const seen: number[] = [];
      const wait = async (): Promise<void> => {
        const n = roll(7);
        if (n === 6) await task();
        else for (let i = 0; i < n; i++) await null;
      };
      for (const [x, target] of loader(data, 16, `flow ${seed}`)) {
        await wait();
        const h = x.mul(2);
        await wait();
        const [loss, logits] = run(h, target);
        await wait();
        const more = scope(() => clamp(logits!, -1, 1).sum());
        seen.push(loss!.item(), more.item());
        await wait();
        seen.push(logits!.add(h.sum()).sum().item());
      }
      net.zeroGrad();
      plans.dispose();
      net.dispose();
      return seen;
    }

    test('100 times three, of captured steps and others: each as alone', async () => {
      const data = problem();
      const want = await Promise.all([0, 1, 2].map(who => train(data, who, dice(1), false)));
      expect(want.flat().every(Number.isFinite)).toBe(true);
      const roll = dice(2);
      for (let round = 0; round < 100; round++) {
        expect(await Promise.all([0, 1, 2].map(who => train(data, who, roll, roll(4) > 0)))).toEqual(want);
      }
      await task();
      expect(runtime.scope).toBeNull();
    });

    test('what comes out belongs to the batch that went in', async () => {
      const f = capture((x: Tensor) => x.mul(2));
      let last: Tensor | null = null;
      for (const [x] of loader(problem())) {
        await task();
        const y = f(x);
        if (last) failure(() => last!.exp(), DisposedError, /batch \d of the loader/);
        last = y;
      }
      expect(last!.disposed).toBe(true);
    });
  });
});
