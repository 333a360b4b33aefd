/** Training by plans is training: to the last bit, whatever is changed between two calls, and whoever else runs. */
import { capture, Generator, keep, manualSeed, ones, optim, scope, tensor, type Tensor } from 'phyllo';
import { describe, expect, test, vi } from 'vitest';
import { list, onEachBackend } from '../toy';
import { ConvNet, type World, type Make, OPTIMIZERS, world, batch } from './worlds';

vi.setConfig({ testTimeout: 60_000 });

/** Everything that a step may have changed, and the loss. */
const state = ({ model, optimizer }: World, loss: Tensor): unknown => [
  loss.item(),
  ...Object.entries({ ...model.stateDict(), ...optimizer.stateDict() }).map(([k, t]) => [k, list(t)]),
  ...model.parameters().map(p => p.grad && list(p.grad)),
];

onEachBackend('on %s', () => {
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
        optimizer.paramGroups[1]!.set('eps', 1e-8 * (i + 1)),
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
        model.features.requiresGrad_(i % 3 !== 1);
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
});
