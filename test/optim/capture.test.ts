/** Optimisers in plans: to the bit as without, with learning rates and step counts that go on. And one of a user's. */
import { add_, copy_, capture, Generator, mseLoss, nn, optim, randn, mul_, scope, tensor, type Tensor } from 'phyllo';
import { Optimizer, type Defaults, type ParamGroup, type Slots } from 'phyllo/optim';
import { expect, test } from 'vitest';
import { list, onEachBackend } from '../toy';
import { OPTIMISERS, type Any, type Make, type Params } from './makes';

interface OwnOptions {
  readonly lr?: number;
  readonly betas?: readonly [number, number];
  readonly eps?: number;
}
/** Adam as somebody would write it who has the package alone. */
class Own extends Optimizer<OwnOptions> {
  m: Slots = this.slots('m');
  v: Slots = this.slots('v');

  defaults(): Defaults<OwnOptions> {
    return { lr: 0.001, betas: [0.9, 0.999], eps: { default: 1e-8, low: 0 } };
  }
  update(p: Tensor, g: Tensor, group: ParamGroup<OwnOptions>): void {
    const { betas, eps } = group.options;
    const [lr, t] = [group.tensor('lr'), group.tensor('step')];
    const [m, v] = [this.m.get(p), this.v.get(p)];
    add_(mul_(m, betas[0]), g.mul(1 - betas[0]));
    add_(mul_(v, betas[1]), g.square().mul(1 - betas[1]));
    const [c1, c2] = betas.map(beta => t.mul(Math.log(beta)).expm1().neg()); // 1 − βᵗ
    copy_(p, p.sub(m.div(c1!).div(v.div(c2!).sqrt().add(eps)).mul(lr)));
  }
}

const rows = Object.entries({ ...OPTIMISERS, Own: [(p: Params): Any => new Own(p, { lr: 0.1 })] }).flatMap(
  ([name, list]) => list.map((make, i): [string, Make] => [`${name} ${i}`, make]),
);
const STEPS = 20;

interface Run {
  readonly states: readonly (readonly number[])[];
  /** How often the function was run or traced, and how many plans were left. */
  readonly calls: number;
  readonly plans: number;
}
/** Steps on a small network, whose learning rate a schedule lowers after each. */
function train(make: Make, captured: boolean, gamma: number): Run {
  const from = { generator: new Generator(1) };
  const model = new nn.Sequential(new nn.Linear(3, 4, from), new nn.Tanh(), new nn.Linear(4, 1, from));
  const optimizer = make(model.parameters());
  const schedule = new optim.ExponentialLR(optimizer, gamma);
  let calls = 0;
  const step = (x: Tensor, t: Tensor): Tensor => {
    calls++;
    optimizer.zeroGrad();
    const loss = mseLoss(model.forward(x), t);
    loss.backward();
    optimizer.step();
    return loss;
  };
  const plan = captured ? capture(step, { audit: false }) : null;
  const run = plan ?? step;
  const states = Array.from({ length: STEPS }, () =>
    scope(() => {
      const loss = run(randn([8, 3], from), randn([8, 1], from)).item();
      schedule.step();
      return [loss, ...Object.values({ ...model.stateDict(), ...optimizer.stateDict() }).flatMap(list)];
    }),
  );
  return { states, calls, plans: plan?.plans.length ?? 0 };
}

onEachBackend('on %s', () => {
  test.each(rows)('%s: twenty captured steps of one trace are those of the function', (name, of) => {
    const [eager, captured] = [train(of, false, 0.9), train(of, true, 0.9)];
    expect(captured.states).toEqual(eager.states);
    expect([captured.calls, captured.plans]).toEqual([1, 1]);
    if (name === 'Rprop 0') return; // the rate is that of its first step
    const constant = train(of, true, 1); // another learning rate from the second step on, or it shows nothing
    expect(constant.states[0]).not.toEqual(eager.states[0]);
    expect(constant.states[1]![1]).not.toBe(eager.states[1]![1]);
  });

  test('a rate that is assigned between two calls is that of the next', () => {
    const w = tensor([0], { requiresGrad: true });
    const optimizer = new optim.RMSprop([w], { eps: 0, alpha: 0 }); // steps of lr · g / |g|
    const run = capture(() => {
      optimizer.zeroGrad();
      w.sum().backward();
      optimizer.step();
    });
    const path = [0.5, 0.25, 2].map(lr => {
      optimizer.lr = lr;
      run();
      return w.item();
    });
    expect(path).toEqual([-0.5, -0.75, -2.75]);
    expect(run.plans).toHaveLength(1);
  });

  test("a user's Adam has the numbers of the kernel's and of a loop in float64, and its state is saved", () => {
    const gradients = Array.from({ length: 10 }, (_, k) => [Math.sin(3 * k + 1), 1e-3 * Math.cos(5 * k), 7]);
    const path = (of: Make): number[] => {
      const w = tensor([1, -2, 3], { requiresGrad: true });
      const optimizer = of([w]);
      return gradients.flatMap(g => {
        w.grad = tensor(g);
        optimizer.step();
        return list(w);
      });
    };
    const [w, m, v] = [
      [1, -2, 3],
      [0, 0, 0],
      [0, 0, 0],
    ];
    const expected = gradients.flatMap((g, k) => {
      g.forEach((d, i) => {
        m[i] = 0.9 * m[i]! + 0.1 * d;
        v[i] = 0.999 * v[i]! + 0.001 * d * d;
        const [mean, square] = [m[i]! / (1 - 0.9 ** (k + 1)), v[i]! / (1 - 0.999 ** (k + 1))];
        w[i]! -= (0.1 * mean) / (Math.sqrt(square) + 1e-8);
      });
      return w;
    });
    const own = path(p => new Own(p, { lr: 0.1 }));
    for (const found of [own, path(p => new optim.Adam(p, { lr: 0.1 }))]) {
      found.forEach((x, i) => expect(Math.abs(x - expected[i]!)).toBeLessThan(3e-6));
    }
    const names = Object.keys(new Own([tensor([1], { requiresGrad: true })]).stateDict());
    expect(names).toEqual(['groups.0.hyper', 'm.0', 'v.0']);
  });

  test('what it takes is checked as of any other', () => {
    const p = [tensor([1], { requiresGrad: true })];
    expect(() => new Own(p, { lr: -1 })).toThrow('Own: lr takes a finite number ≥ 0, this is -1');
    expect(() => new Own(p, { eps: -1 })).toThrow('Own: eps takes a finite number ≥ 0, this is -1');
    expect(() => new Own([{ params: p, betas: [0.9, NaN] }])).toThrow('Own: betas[1] takes a finite number');
    const call = (...args: unknown[]): unknown => Reflect.construct(Own, args);
    expect(() => call(p, { beta: [0, 0] })).toThrow('Own: there is no option beta: did you mean betas?');
    expect(() => call(p, {}, 1)).toThrow('Own: takes 2 arguments, these are 3');
    const [group] = new Own(p).paramGroups;
    expect(() => group!.tensor('betas')).toThrow('Own: there is no betas among lr, step');
    expect(() => group!.set('step', 0)).toThrow('Own: there is no step among lr');
    class Odd extends Own {
      override defaults(): Defaults<OwnOptions> {
        return { ...super.defaults(), ...JSON.parse('{ "lr": "x" }') };
      }
    }
    expect(() => new Odd(p)).toThrow("Odd: the default of lr takes { default, low, high, whole }, this is 'x'");
  });
});
