/** An optimiser as a user writes it, in JavaScript, over what the packages export: the example of `Optimizer`. */
import { add_, capture, copy_, Generator, mseLoss, mul_, nn, randn } from 'phyllo';
import { Optimizer, SGD, StepLR } from 'phyllo/optim';
import { expect, test } from 'vitest';

class Momentum extends Optimizer {
  velocity = this.slots('velocity');

  defaults() {
    return { lr: 0.01, momentum: 0.9 };
  }
  update(p, g, group) {
    const v = add_(mul_(this.velocity.get(p), group.options.momentum), g);
    copy_(p, p.sub(v.mul(group.tensor('lr'))));
  }
}

/** The losses of 20 steps, whose rate halves every fifth, and all that is left then. */
function train(make, captured) {
  const from = { generator: new Generator(3) };
  const model = new nn.Sequential(new nn.Linear(4, 6, from), new nn.Tanh(), new nn.Linear(6, 2, from));
  const optimizer = make(model.parameters());
  const schedule = new StepLR(optimizer, 5, 0.5);
  const f = (x, t) => {
    const loss = mseLoss(model.forward(x), t);
    optimizer.zeroGrad();
    loss.backward();
    optimizer.step();
    return loss;
  };
  const step = captured ? capture(f) : f;
  const losses = [];
  for (let k = 0; k < 20; k++) {
    losses.push(step(randn([5, 4], from), randn([5, 2], from)).item());
    schedule.step();
  }
  const left = { ...model.stateDict(), ...optimizer.stateDict() };
  return {
    numbers: [...losses, ...Object.values(left).flatMap(t => Array.from(t.toArray()))],
    weights: model.parameters().flatMap(p => Array.from(p.toArray())),
    plans: captured ? step.plans.length : 0,
  };
}

test('captured, in one plan, it has the bits of the function, and the numbers of SGD with momentum', () => {
  const own = params => new Momentum(params, { lr: 0.1 });
  const [eager, captured] = [train(own, false), train(own, true)];
  expect(captured.numbers).toEqual(eager.numbers);
  expect(captured.plans).toBe(1);
  const { weights } = train(params => new SGD(params, { lr: 0.1, momentum: 0.9 }), false);
  expect(weights.length).toBeGreaterThan(40);
  weights.forEach((w, i) => expect(eager.weights[i]).toBeCloseTo(w, 5));
});

test('options and arguments that it does not know are refused', () => {
  const [p] = new nn.Linear(1, 1).parameters();
  expect(() => new Momentum([p], { momentun: 0.5 })).toThrow(
    'Momentum: there is no option momentun: did you mean momentum?',
  );
  expect(() => new Momentum([p], {}, 1)).toThrow('Momentum: takes 2 arguments, these are 3');
});
