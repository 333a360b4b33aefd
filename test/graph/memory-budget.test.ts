/** Plans within a budget of memory: the same bits, in fewer bytes. */
import {
  crossEntropy,
  capture,
  CaptureError,
  Generator,
  keep,
  manualSeed,
  memory,
  nn,
  noGrad,
  optim,
  scope,
  tensor,
  ValueError,
  type Tensor,
} from 'phyllo';
import { expect, test, vi } from 'vitest';
import { runtime } from '../../ts/core/runtime';
import { copy_ } from '../../ts/ops/inplace';
import { failure, list, numbers, onEachBackend } from '../toy';

vi.setConfig({ testTimeout: 60_000 });

class Residual extends nn.Layer {
  readonly norm: nn.BatchNorm2d;
  readonly a: nn.Conv2d;
  readonly b: nn.Conv2d;
  readonly drop = new nn.Dropout(0.2);
  constructor(channels: number, generator: Generator) {
    super();
    this.norm = new nn.BatchNorm2d(channels);
    this.a = new nn.Conv2d(channels, channels, 3, { padding: 1, generator });
    this.b = new nn.Conv2d(channels, channels, 3, { padding: 1, generator });
  }
  forward(x: Tensor): Tensor {
    return x.add(this.drop.forward(this.b.forward(this.a.forward(this.norm.forward(x)).relu()).tanh()));
  }
}
type Make = (generator: Generator) => { readonly net: nn.Layer; readonly input: readonly number[] };
const NETS: Readonly<Record<string, Make>> = {
  'a residual network': generator => ({
    net: new nn.Sequential(
      new nn.Conv2d(1, 4, 3, { padding: 1, generator }),
      ...Array.from({ length: 5 }, () => new Residual(4, generator)),
      new nn.MaxPool2d(2),
      new nn.Flatten(),
      new nn.Linear(64, 3, { generator }),
    ),
    input: [9, 1, 8, 8],
  }),
  'a deep perceptron': generator => ({
    net: new nn.Sequential(
      ...Array.from({ length: 12 }, () => [new nn.Linear(16, 16, { generator }), new nn.GELU()]).flat(),
      new nn.Linear(16, 3, { generator }),
    ),
    input: [64, 16],
  }),
};

onEachBackend('on %s', () => {
  function train(make: Make, memoryBudget?: number): { seen: unknown; arena: number; peak: number; steps: number } {
    manualSeed(1);
    const { net, input } = make(new Generator(2));
    const opt = new optim.Adam(net.parameters(), { lr: 0.01 });
    const step = capture(
      (x: Tensor, t: Tensor) => {
        opt.zeroGrad();
        const loss = crossEntropy(net.forward(x), t);
        loss.backward();
        opt.step();
        return loss;
      },
      memoryBudget === undefined ? {} : { memoryBudget },
    );
    const n = input[0]!;
    const t = keep(tensor(Int32Array.from({ length: n }, (_, i) => i % 3)));
    const seen: unknown[] = [];
    let peak = 0;
    for (let i = 0; i < 3; i++) {
      const x = keep(
        tensor(
          numbers(
            input.reduce((a, b) => a * b),
            i,
          ),
          { shape: input },
        ),
      );
      const before = step.plans.length ? 0 : memory({ resetPeak: true }).bytes;
      seen.push(scope(() => step(x, t).item()));
      if (before) peak = memory().peak - before;
      x.dispose();
    }
    seen.push(...Object.values(net.stateDict()).map(list), ...net.parameters().map(p => list(p.grad)));
    const [{ program }] = [step.plans[0]!];
    const result = { seen, arena: program.memory.bytes, peak, steps: program.graph.steps.length };
    step.dispose();
    return result;
  }

  test.each(Object.entries(NETS))(
    '%s: same bits, less memory; or an error that says how much is missing',
    (name, make) => {
      const free = train(make);
      const lines = [`${Math.round(free.arena / 1024)} KiB in ${free.steps} steps`];
      for (const part of [1, 0.9, 0.7, 0.5]) {
        const budget = Math.floor(part * free.arena);
        const tight = train(make, budget);
        expect(tight.seen).toEqual(free.seen);
        expect(tight.arena).toBeLessThanOrEqual(budget);
        expect(tight.steps).toBeGreaterThanOrEqual(free.steps);
        if (part < 1) {
          expect(tight.steps).toBeGreaterThan(free.steps);
          expect(tight.peak).toBeLessThan(free.peak - 0.9 * (free.arena - budget));
        }
        lines.push(`${Math.round(tight.arena / 1024)} in ${tight.steps}`);
      }
      console.log(`${runtime.backend.name}, ${name}: ${lines.join(', ')}`);
      failure(
        () => train(make, 1000),
        CaptureError,
        /memoryBudget is 1000 B, but with what can be computed again the plan still takes [\d.]+ KiB, [\d.]+ KiB more/,
      );
    },
  );

  test('what was written over is not read again', () => {
    const w = keep(tensor(numbers(1000, 1)));
    const c = keep(tensor(numbers(1000, 3)));
    const f = (x: Tensor): Tensor =>
      noGrad(() => {
        const h = x.mul(w).exp(); // cannot be made again below, nor can what is made of x, which might be w
        const a = c.mul(3).add(1); // can: c is not written to
        copy_(w, w.mul(0.5));
        const wide = scope(() =>
          x
            .reshape([1000, 1])
            .mul(x.slice(0, 0, 20).reshape([1, 20]))
            .sin()
            .sum(1),
        );
        return h.mul(a).add(wide).sum();
      });
    const x = keep(tensor(numbers(1000, 2)));
    const want = [0, 1, 2].map(() => f(x).item());
    const run = (memoryBudget: number): number[] => {
      w.set(numbers(1000, 1));
      const g = capture(f, { memoryBudget });
      return [0, 1, 2].map(() => g(x).item());
    };
    const arena = capture(f).plan(x).program.memory.bytes;
    const item = runtime.backend.itemSize('f32');
    expect(run(arena - 500 * item)).toEqual(want);
    failure(() => run(arena - 3000 * item), CaptureError, /memoryBudget/);
  });

  test('a budget that is none is a ValueError', () => {
    for (const memoryBudget of [-1, NaN])
      failure(() => capture((x: Tensor) => x, { memoryBudget }), ValueError, /memoryBudget/);
  });
});
