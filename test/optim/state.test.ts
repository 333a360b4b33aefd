/** What an optimiser keeps is its own, has its bounds, and is loaded whole or not at all. */
import {
  add,
  copy_,
  mul,
  noGrad,
  ones,
  optim,
  tensor,
  type Tensor,
  ShapeError,
  DisposedError,
  ValueError,
} from 'phyllo';
import { expect, test } from 'vitest';
import { leaf } from '../autodiff/leaf';

test('arrays stay the caller’s: what happens to them afterwards is no matter', () => {
  const [w, other] = [leaf(1), leaf(2)];
  const params = [w];
  const sgd = new optim.SGD(params, { lr: 1 });
  params.push(w, other);
  w.grad = ones([1]);
  other.grad = ones([1]);
  sgd.step();
  expect([w.item(), other.item()]).toEqual([0, 2]);
  const betas: [number, number] = [0.9, 0.99];
  const adam = new optim.Adam([w], { betas });
  betas[0] = 0;
  expect(adam.paramGroups[0]!.options.betas).toEqual([0.9, 0.99]);
  const milestones = [1];
  const schedule = new optim.MultiStepLR(sgd, milestones, 0.5);
  milestones.push(2);
  schedule.step();
  schedule.step();
  expect(sgd.lr).toBe(0.5);
});

test('the output of an op is no parameter', () => {
  expect(() => new optim.SGD([leaf(1).mul(2)], { lr: 1 })).toThrow(ValueError);
});

/** Keeps what it is told to. */
class Keeping extends optim.Optimizer<{ readonly lr?: number }> {
  protected defaults() {
    return { lr: { default: 0.5, low: 0.1, high: 1 } };
  }
  protected update(p: Tensor, g: Tensor): void {
    copy_(p, add(p, mul(g, 0)));
  }
  more(name: string): void {
    this.slots(name);
  }
}

test('state has one name each, is made once, and rates keep to their bounds', () => {
  const optimizer = new Keeping([leaf(1)]);
  optimizer.more('v');
  expect(() => optimizer.more('v')).toThrow(/Keeping: there are slots 'v' already/);
  for (const lr of [7, 0, NaN]) expect(() => (optimizer.lr = lr)).toThrow(ValueError);
  optimizer.lr = 1;
  class Late extends Keeping {
    protected override update(): void {
      this.slots('late');
    }
  }
  const w = leaf(1);
  w.grad = ones([1]);
  const late = new Late([w]);
  expect(() => late.step()).toThrow(/slots 'late' are made in update/);
  expect(Object.keys(late.stateDict())).toEqual(['groups.0.hyper']);
});

test('centered RMSprop divides by no less than 0, where rounding leaves less', () => {
  const w = leaf(1);
  const optimizer = new optim.RMSprop([w], { lr: 1e-6, centered: true });
  for (let i = 0; i < 2000; i++) {
    w.grad = tensor([0.1]);
    optimizer.step();
  }
  expect(w.item()).toBeLessThan(1);
});

test('a parameter that was freed is an error at the next step', () => {
  const w = leaf(1);
  const sgd = new optim.SGD([w], { lr: 1 });
  w.grad = ones([1]);
  w.dispose();
  expect(() => sgd.step()).toThrow(DisposedError);
});

test('the learning rate of an optimiser that was disposed of is not set', () => {
  const adam = new optim.Adam([leaf(1)]);
  const schedule = new optim.StepLR(adam, 1);
  adam.dispose();
  expect(() => schedule.step()).toThrow(/dispose\(\) of Adam/);
  expect(schedule.lastEpoch).toBe(0);
});

test('state is loaded whole or not at all', () => {
  const [a, b] = [leaf(1), leaf(5)];
  const adam = new optim.Adam([a], { lr: 1 });
  const other = new optim.Adam([b], { lr: 0.25 });
  const state = other.stateDict();
  const wrong = { ...state, 'groups.0.hyper': tensor(Float64Array.of(-5, 2, -1, -1, NaN, -3), { dtype: 'f64' }) };
  expect(() => adam.loadStateDict({})).toThrow(ShapeError);
  expect(() => adam.loadStateDict(wrong)).toThrow(ValueError);
  expect(adam.lr).toBe(1);
  adam.stateDict()['v.0']!.dispose();
  expect(() => adam.loadStateDict(state)).toThrow(DisposedError);
  expect(adam.lr).toBe(1);
  noGrad(() => expect(a.item()).toBe(1));
});
