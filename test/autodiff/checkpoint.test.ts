/** What is computed twice is the same, and what would have been kept is not. */
import {
  gelu,
  dropout,
  capture,
  checkpoint,
  Generator,
  grad,
  GradientError,
  gradients,
  keep,
  manualSeed,
  memory,
  nn,
  noGrad,
  ones,
  optim,
  randn,
  scope,
  tensor,
  Tensor,
} from 'phyllo';
import { beforeEach, expect, test } from 'vitest';
import { runtime } from '../../ts/core/runtime';
import { copy_ } from '../../ts/ops/inplace';
import { failure, flat, inUse, list, numbers, onEachBackend } from '../toy';

/** A residual block with dropout and statistics: all that a second run could spoil. */
class Block extends nn.Layer {
  readonly norm: nn.BatchNorm1d;
  readonly up: nn.Linear;
  readonly down: nn.Linear;
  readonly drop = new nn.Dropout(0.3);
  constructor(
    readonly width: number,
    generator: Generator,
  ) {
    super();
    this.norm = new nn.BatchNorm1d(width);
    this.up = new nn.Linear(width, 4 * width, { generator });
    this.down = new nn.Linear(4 * width, width, { generator });
  }
  forward(x: Tensor): Tensor {
    return x.add(this.drop.forward(this.down.forward(gelu(this.up.forward(this.norm.forward(x))).tanh())));
  }
}
type How = 'plain' | 'blocks' | 'pairs' | 'nested' | 'all';
class Net extends nn.Layer {
  readonly blocks: Block[];
  constructor(
    width: number,
    depth: number,
    readonly how: How,
  ) {
    super();
    const generator = new Generator(1);
    this.blocks = Array.from({ length: depth }, () => new Block(width, generator));
  }
  forward(x: Tensor): Tensor {
    const apply = (h: Tensor, b: Block): Tensor =>
      this.how === 'blocks' || this.how === 'nested' ? checkpoint(b)(h) : b.forward(h);
    const run =
      (from: number, to: number) =>
      (h: Tensor): Tensor =>
        this.blocks.slice(from, to).reduce(apply, h);
    const { length } = this.blocks;
    if (this.how === 'all') return checkpoint(run(0, length))(x);
    if (this.how !== 'pairs' && this.how !== 'nested') return run(0, length)(x);
    let h = x;
    for (let i = 0; i < length; i += 2) h = checkpoint(run(i, i + 2))(h);
    return h;
  }
}

onEachBackend('on %s', () => {
  beforeEach(() => expect([runtime.recomputation, runtime.segment]).toEqual([null, 0]));

  const leaf = (seed = 1): Tensor => keep(tensor(numbers(4, seed), { requiresGrad: true }));

  /** Three steps of training; all that there is to see. */
  function train(how: How, captured: boolean): { seen: unknown; peak: number; arena: number } {
    manualSeed(5);
    const net = new Net(8, 6, how);
    const opt = new optim.SGD(net.parameters(), { lr: 0.1, momentum: 0.9 });
    const f = (x: Tensor): Tensor => {
      opt.zeroGrad();
      const loss = net.forward(x).square().mean();
      loss.backward();
      opt.step();
      return loss;
    };
    const step = capture(f);
    const run = captured ? step : f;
    let peak = 0;
    const seen = [1, 2, 3].map(i => {
      const x = keep(tensor(numbers(64 * 8, i), { shape: [64, 8] }));
      const { bytes } = memory({ resetPeak: true });
      const loss = scope(() => run(x).item());
      peak = memory().peak - bytes;
      x.dispose();
      return [loss, ...Object.values(net.stateDict()).map(list), ...net.parameters().map(p => list(p.grad))];
    });
    const arena = step.plans[0]?.program.memory.bytes ?? 0;
    step.dispose();
    return { seen, peak, arena };
  }

  test('training is the same to the bit, and takes less memory: eager and captured', () => {
    const plain = train('plain', false);
    const plan = train('plain', true);
    expect(plan.seen).toEqual(plain.seen);
    const peaks: Record<string, number> = { plain: plain.peak };
    for (const how of ['blocks', 'pairs', 'nested', 'all'] as const) {
      const eager = train(how, false);
      const captured = train(how, true);
      expect(eager.seen).toEqual(plain.seen);
      expect(captured.seen).toEqual(plain.seen);
      peaks[how] = eager.peak;
      if (how !== 'all') {
        expect(eager.peak).toBeLessThan(0.6 * plain.peak);
        expect(captured.arena).toBeLessThan(0.6 * plan.arena);
      }
    }
    console.log(`${runtime.backend.name}: peak bytes of a step ${JSON.stringify(peaks)}, arena ${plan.arena}`);
  });

  test('gradients of gradients, and gradients by any way', () => {
    const w = leaf();
    const f = (x: Tensor): Tensor => x.mul(w).exp().mul(x).tanh();
    const x = leaf(2);
    const all = (f: (x: Tensor) => Tensor): number[][] =>
      scope(() => {
        const [gx, gw] = gradients(f(x).sum(), [x, w], { createGraph: true });
        const second = gradients(gx!.square().sum().add(gw!.exp().sum()), [x, w]);
        const third = grad((x: Tensor) => grad((x: Tensor) => f(x).square().sum())(x).sum())(x);
        return [gx!, gw!, ...second, third].map(list);
      });
    const want = all(f);
    expect(all(checkpoint(f))).toEqual(want);
    expect(all(x => checkpoint((x: Tensor) => checkpoint(f)(x).add(0))(x))).toEqual(all(x => f(x).add(0)));
    const captured = capture(() => {
      const [gx, gw] = gradients(checkpoint(f)(x).sum(), [x, w], { createGraph: true });
      return [gx!.detach(), ...gradients(gx!.square().sum().add(gw!.exp().sum()), [x, w])];
    });
    expect(captured().map(list)).toEqual([want[0], want[2], want[3]]);
  });

  test('several arguments and results, in any structure', () => {
    const w = leaf();
    const f = (a: { x: Tensor; by: number }, [b]: readonly Tensor[]): { sum: Tensor; parts: Tensor[] } => ({
      sum: a.x.mul(w).exp().add(b!.square()),
      parts: [a.x.mul(a.by).sin(), b!],
    });
    const [x, y] = [leaf(3), leaf(4)];
    const all = (g: typeof f): unknown =>
      scope(() => {
        for (const t of [w, x, y]) t.grad = null;
        const { sum, parts } = g({ x, by: 3 }, [y]);
        sum.mul(parts[0]!).add(parts[1]!).sum().backward();
        return [w, x, y].map(t => list(t.grad));
      });
    expect(all(checkpoint(f))).toEqual(all(f));
  });

  test('random numbers from any generator are the same the second time, and go on as without', () => {
    const own = new Generator(3);
    const f = (x: Tensor): Tensor =>
      dropout(
        dropout(x, 0.5, { generator: own })
          .add(randn([4]))
          .exp(),
        0.5,
      );
    const run = (g: typeof f): unknown =>
      scope(() => {
        own.manualSeed(3);
        manualSeed(4);
        const x = leaf();
        const y = g(g(x));
        y.sum().backward();
        return [list(y), list(x.grad), list(randn([2])), list(own.state)];
      });
    const want = run(f);
    expect(run(checkpoint(f))).toEqual(want);
    expect(run(x => checkpoint((x: Tensor) => checkpoint(f)(x))(x))).toEqual(want);
  });

  test('without a gradient, nothing is different', () => {
    const f = checkpoint((x: Tensor) => x.exp().mul(2));
    const x = leaf();
    expect(list(noGrad(() => f(x)))).toEqual(list(x.detach().exp().mul(2)));
    flat(3, () => scope(() => void f(ones([4]))));
    failure(
      () =>
        f(ones([4]))
          .sum()
          .backward(),
      GradientError,
      /nothing that requires a gradient/,
    );
  });

  test('a graph can be used again if it is retained, and not otherwise', () => {
    const x = leaf();
    scope(() => {
      const loss = checkpoint((x: Tensor) => x.exp().square())(x).sum();
      loss.backward({ retainGraph: true });
      const once = list(x.grad);
      loss.backward();
      expect(list(x.grad)).toEqual(once.map(g => 2 * g));
      failure(() => loss.backward(), GradientError, /already used/);
    });
  });

  test('frees all it held, walked or not, and after errors', () => {
    const w = leaf();
    const x = keep(ones([100, 4]));
    let fail = false;
    const f = checkpoint((x: Tensor) => {
      const h = checkpoint((h: Tensor) => dropout(h.mul(w).exp(), 0.2))(x.mul(w));
      if (fail) throw new Error('by the user');
      return h.tanh();
    });
    flat(3, () =>
      scope(() => {
        f(x); // never walked
        f(x).sum().backward();
        w.grad = null;
        fail = true;
        failure(() => f(x), Error, /by the user/);
        fail = false;
        const loss = f(x).sum();
        fail = true;
        failure(() => loss.backward(), Error, /by the user/);
        fail = false;
        w.grad = null;
      }),
    );
    const before = inUse().blocks;
    scope(() => {
      const y = f(x);
      // y; handles of x; the keys that were drawn, by the outer and the inner one
      expect(inUse().blocks - before).toBe(2);
      y.sum().backward();
    });
    w.grad = null;
    expect(inUse().blocks).toBe(before);
  });

  test('what was changed in between is an error, never a wrong number', () => {
    const w = leaf();
    const other = leaf(2);
    const f = checkpoint((x: Tensor) => x.mul(w).exp());
    const changed: [string, (x: Tensor) => void, RegExp][] = [
      ['an argument', x => noGrad(() => copy_(x, ones([4]))), /checkpoint: an argument was changed in place/],
      [
        'a parameter',
        () => noGrad(() => copy_(w, other)),
        /checkpoint: something that the function reads was changed in place/,
      ],
    ];
    for (const [, change, text] of changed) {
      scope(() => {
        const x = other.detach().mul(1);
        const loss = f(x).sum();
        change(x);
        failure(() => loss.backward(), GradientError, text);
      });
    }
    let deeper = false;
    scope(() => {
      const loss = checkpoint((x: Tensor) => (deeper ? x.mul(w).exp().exp() : x.mul(w).exp()))(ones([4])).sum();
      deeper = true;
      failure(() => loss.backward(), GradientError, /did not do the same the second time/);
    });
  });
});

test('a block may dispose of its input, as without a checkpoint', () => {
  const gradientOf = (wrap: (f: (x: Tensor) => Tensor) => (x: Tensor) => unknown): number[] => {
    const a = tensor([1, 2], { requiresGrad: true });
    const y = wrap(x => {
      const z = x.mul(x);
      x.dispose();
      return z;
    })(a.mul(3));
    if (!(y instanceof Tensor)) throw new Error('no tensor');
    y.sum().backward();
    return Array.from(a.grad!.toArray());
  };
  expect(gradientOf(f => checkpoint(f))).toEqual(gradientOf(f => f));
});
