/** When a captured function gets another plan. */
import { capture, gradients, nn, noGrad, ones, tensor, zeros, type Captured, type Tensor } from 'phyllo';
import { describe, expect, test, vi } from 'vitest';
import { copy_ } from '../../ts/ops/inplace';
import { heldBy } from '../../ts/graph/memo';
import { list, numbers, onEachBackend } from '../toy';
import { plansOf, counts } from './counts';

onEachBackend('on %s', () => {
  describe('a plan for each signature:', () => {
    test('shapes', () => {
      const x = (n: number): Tensor => tensor(numbers(n, n));
      expect(
        counts(x => x.mul(2).sum(), [[x(3)], [x(4)], [x(3)], [x(3).reshape([3, 1])], [x(4)], [x(0)], [x(0)]]),
      ).toEqual([1, 2, 2, 3, 3, 4, 4]);
    });

    test('element types', () => {
      const f = (x: Tensor): Tensor => x.add(1);
      expect(
        counts(f, [[tensor([1, 2])], [tensor(Int32Array.of(1, 2))], [tensor([3, 4])], [tensor(Uint8Array.of(1, 2))]]),
      ).toEqual([1, 2, 2, 3]);
    });

    test('other arguments, by value', () => {
      const x = tensor([1, 2, 3]);
      const f = (x: Tensor, by: number, how: { flip?: boolean; name: string }): Tensor => {
        const y = x.mul(by);
        return how.flip ? y.neg() : y.add(how.name.length);
      };
      expect(
        counts(f, [
          [x, 2, { name: 'a' }],
          [x, 2, { name: 'a' }],
          [x, 3, { name: 'a' }],
          [x, 2, { name: 'ab' }],
          [x, 2, { name: 'a', flip: true }],
          [x, 2, { name: 'a', flip: false }],
          [x, 2, { name: 'a' }],
          [x, -0, { name: 'a' }],
          [x, 0, { name: 'a' }],
          [x, NaN, { name: 'a' }],
          [x, NaN, { name: 'a' }],
        ]),
      ).toEqual([1, 1, 2, 3, 4, 5, 5, 6, 7, 8, 8]);
    });

    test('how tensors are put together', () => {
      const [a, b] = [tensor([1, 2]), tensor([3, 5])];
      const f = (v: { a: Tensor; b: Tensor } | readonly Tensor[]): Tensor =>
        'a' in v ? v.a.sub(v.b) : v[0]!.div(v[1]!);
      expect(counts(f, [[{ a, b }], [[a, b]], [{ a: b, b: a }], [[b, a]]])).toEqual([1, 2, 2, 2]);
      const bare = (): { a: Tensor; b: Tensor } =>
        Object.assign(Object.create(null), { a: tensor([7, 8]), b: tensor([5, 6]) });
      expect(counts(f, [[{ a, b }], [bare()], [bare()]])).toEqual([1, 1, 1]); // objects without a prototype
      const g = capture((...xs: Tensor[]) => xs.reduce((s, x) => s.add(x)));
      expect([list(g(a, b)), list(g(a)), list(g(a, b, b)), plansOf(g)]).toEqual([[4, 7], [1, 2], [7, 12], 3]);
    });

    test('numbers in a variable are fixed where no audit looks at them; so are the numbers that make a tensor', () => {
      let by = 2;
      const f = capture((x: Tensor) => x.mul(by).add(tensor([1, 2])), { audit: false });
      expect(list(f(tensor([1, 1])))).toEqual([3, 4]);
      by = 5;
      expect(list(f(tensor([2, 2])))).toEqual([5, 6]);
      expect(plansOf(f)).toBe(1);
    });

    test('no more than there may be', () => {
      vi.spyOn(console, 'warn').mockImplementation(() => {});
      const f = capture((x: Tensor, i: number) => x.add(i));
      const x = zeros([1]);
      for (let i = 0; i < 20; i++) expect(f(x, i).item()).toBe(i);
      expect(plansOf(f)).toBe(16);
      expect(f(x, 0).item()).toBe(0);
      vi.restoreAllMocks();
    });

    test('noGrad around', () => {
      const w = tensor([1, 2], { requiresGrad: true });
      const f = capture((x: Tensor) => (x.mul(w).requiresGrad ? ones([1]) : zeros([1])));
      const x = tensor([1, 1]);
      expect([f(x).item(), noGrad(() => f(x)).item(), f(x).item(), noGrad(() => f(x)).item(), plansOf(f)]).toEqual([
        1, 0, 1, 0, 2,
      ]);
    });
  });

  describe('of a model:', () => {
    class Block extends nn.Layer {
      readonly first = new nn.Linear(3, 4);
      shift = new nn.Parameter(zeros([2]));
      activation: nn.Layer = new nn.ReLU();
      readonly rest: nn.Layer[] = [new nn.Dropout(0.5), new nn.Linear(4, 2)];
      scale = 1;
      forward(x: Tensor): Tensor {
        return this.rest
          .reduce((h, layer) => layer.forward(h), this.activation.forward(this.first.forward(x)))
          .add(this.shift)
          .mul(this.scale);
      }
    }
    const setUp = (): { model: Block; f: Captured<[Tensor], Tensor>; same: () => void; count: () => number } => {
      const model = new Block();
      const f = capture((x: Tensor) => model.forward(x));
      const x = tensor(numbers(6, 1), { shape: [2, 3] });
      const same = (): void => {
        const { training } = model;
        if (training) f(x);
        else expect(list(f(x))).toEqual(list(model.forward(x)));
      };
      return { model, f, same, count: () => plansOf(f) };
    };

    test('train and eval', () => {
      const { model, same, count } = setUp();
      for (const [on, n] of [
        [true, 1],
        [false, 2],
        [true, 2],
        [false, 2],
      ] as const) {
        model.train(on);
        same();
        expect(count()).toBe(n);
      }
    });

    test('whose fields hold others: no getter is asked for one', () => {
      const inner = {
        layer: new nn.ReLU(),
        get summary() {
          return expect.fail('it was asked');
        },
      };
      const outer = {
        inner,
        get size() {
          return expect.fail('it was asked');
        },
      };
      expect([...heldBy(outer)]).toEqual([inner, inner.layer]);
    });

    test('a replaced parameter, a swapped layer, one more layer, a changed number', () => {
      const { model, same, count } = setUp();
      model.eval();
      same();
      model.shift = new nn.Parameter(ones([2]));
      same();
      expect(count()).toBe(2);
      const { activation } = model;
      model.activation = new nn.Tanh();
      same();
      model.activation = activation;
      same();
      expect(count()).toBe(3);
      model.rest.push(new nn.Linear(2, 2));
      same();
      expect(count()).toBe(4);
      model.scale = 3;
      same();
      expect(count()).toBe(5);
    });

    test('values loaded in place need no other plan', () => {
      const { model, same, count } = setUp();
      model.eval();
      same();
      const other = new Block();
      model.loadStateDict(other.stateDict());
      same();
      noGrad(() => copy_(model.first.bias!, ones([4])));
      same();
      expect(count()).toBe(1);
    });

    test('frozen and thawed parameters: two plans, however often', () => {
      const model = new Block().eval();
      const f = capture((x: Tensor) => {
        model.zeroGrad();
        model.forward(x).sum().backward();
      });
      const x = ones([2, 3]);
      for (let i = 0; i < 3; i++) {
        model.first.requiresGrad_(i % 2 === 0);
        f(x);
        expect(model.first.parameters().map(p => p.grad !== null)).toEqual([i % 2 === 0, i % 2 === 0]);
        expect([model.shift, ...model.rest[1]!.parameters()].every(p => p.grad)).toBe(true);
        expect(plansOf(f)).toBe(Math.min(i + 1, 2));
      }
    });

    test('a tensor outside that is frozen and thawed', () => {
      const w = tensor([2, 3], { requiresGrad: true });
      const v = tensor([1, 1], { requiresGrad: true });
      const f = capture((x: Tensor) => {
        v.grad = null;
        x.mul(w.reshape([2]))
          .mul(v)
          .sum()
          .backward();
      });
      for (const on of [true, false, true, false]) {
        w.requiresGrad = on;
        f(ones([2]));
        expect([list(v.grad), w.grad && list(w.grad)]).toEqual([[2, 3], on ? [1, 1] : null]);
        if (on) w.grad = null;
      }
      expect(plansOf(f)).toBe(2);
    });
  });

  test('gradients of a function with plans inside lead nowhere', () => {
    const w = tensor([1, 2], { requiresGrad: true });
    const f = capture((x: Tensor) => x.mul(2));
    expect(
      list(
        gradients(
          f(tensor([3, 4]))
            .mul(w)
            .sum(),
          [w],
        )[0]!,
      ),
    ).toEqual([6, 8]);
  });
});
