/** Writing in place: eagerly and in plans, through views, over itself, and what gradients say to it. */
import {
  addInto,
  assign,
  capture,
  DTypeError,
  GradientError,
  keep,
  nn,
  noGrad,
  randn,
  scale,
  ShapeError,
  tensor,
  zeros,
  type Tensor,
} from 'phyllo';
import { expect, test } from 'vitest';
import { flat, onEachBackend, start } from '../toy';

const list = (t: Tensor): number[] => Array.from(t.toArray());

onEachBackend('on %s', make => {
  test('assign, addInto and scale write into the memory that they are given, and return it', () => {
    const a = tensor([1, 2, 3]);
    expect(assign(a, tensor([4, 5, 6]))).toBe(a);
    expect(addInto(a, tensor([1, 1, 1]))).toBe(a);
    expect(scale(a, 2)).toBe(a);
    expect(scale(a, tensor([0.5]))).toBe(a);
    expect(list(a)).toEqual([5, 6, 7]);
    const i = tensor(Int32Array.of(1, 2));
    expect(list(assign(i, tensor(Int32Array.of(7, 2 ** 30 + 1))))).toEqual([7, 2 ** 30 + 1]);
    for (const empty of [zeros([0]), zeros([3, 0])]) {
      expect(list(assign(empty, zeros(empty.shape)))).toEqual([]);
      expect(list(scale(addInto(empty, zeros(empty.shape)), 3))).toEqual([]);
    }
  });

  test('through views, each of which sees the other', () => {
    const cache = zeros([3, 4]);
    assign(cache.select(0, 1), tensor([1, 2, 3, 4]));
    assign(
      cache.t().slice(0, 0, 2),
      tensor([
        [9, 8, 7],
        [6, 5, 4],
      ]),
    );
    expect(list(cache)).toEqual([9, 6, 0, 0, 8, 5, 3, 4, 7, 4, 0, 0]);
    scale(cache.select(0, 1), 10);
    expect(list(cache.select(0, 1))).toEqual([80, 50, 30, 40]);
  });

  test('over its own memory, as if it had been copied before', () => {
    flat(2, () => {
      using a = tensor([1, 2, 3, 4]);
      using front = a.slice(0, 0, 3);
      using back = a.slice(0, 1, 4);
      assign(back, front);
      expect(list(a)).toEqual([1, 1, 2, 3]);
      assign(a, a);
      addInto(a, a);
      expect(list(a)).toEqual([2, 2, 4, 6]);
      using last = a.slice(0, 3, 4);
      scale(a, last);
      expect(list(a)).toEqual([12, 12, 24, 36]);
    });
  });

  test('a plan does as the function without it: a soft update, and an optimiser of ops alone', () => {
    const train = (captured: boolean): number[] => {
      start(make);
      const [w, target] = [tensor([1, -2, 3]), tensor([0, 0, 0])].map(keep) as [Tensor, Tensor];
      w.requiresGrad = true;
      const velocity = keep(zeros([3]));
      const step = (x: Tensor): Tensor => {
        w.grad = null;
        const loss = w.mul(x).square().sum();
        loss.backward();
        noGrad(() => {
          addInto(scale(velocity, 0.9), w.grad!);
          addInto(w, velocity.mul(-0.01));
          addInto(scale(target, 0.95), w.mul(0.05));
        });
        return loss;
      };
      const run = captured ? capture(step) : step;
      const losses = Array.from({ length: 6 }, (_, i) => run(tensor([1, 2, i])).item());
      return [...losses, ...list(w), ...list(target), ...list(velocity)];
    };
    const plain = train(false);
    expect(train(true)).toEqual(plain);
    expect(plain[5]).toBeLessThan(plain[0]!);
  });

  test('a parameter is written in noGrad alone, and a saved value that was written over is missed', () => {
    const model = new nn.Linear(2, 2);
    const w = model.parameters()[0]!;
    for (const f of [() => assign(w, zeros([2, 2])), () => addInto(w, zeros([2, 2])), () => scale(w, 2)]) {
      expect(f).toThrow(GradientError);
    }
    noGrad(() => scale(w, 0));
    expect(list(w).map(Math.abs)).toEqual([0, 0, 0, 0]);
    const x = randn([3, 2]);
    const loss = model.forward(x).square().sum();
    assign(x, zeros([3, 2]));
    expect(() => loss.backward()).toThrow(/changed in place since/);
  });

  test('misfits are refused before anything is written', () => {
    const a = tensor([1, 2, 3]);
    expect(() => assign(a, zeros([4]))).toThrow(ShapeError);
    expect(() => assign(a, tensor(Int32Array.of(1, 2, 3)))).toThrow(DTypeError);
    expect(() => addInto(a, zeros([1]))).toThrow(ShapeError);
    expect(() => scale(a, zeros([3]))).toThrow(ShapeError);
    expect(() => addInto(zeros([2, 3]).t(), zeros([3, 2]))).toThrow(ShapeError);
    const one = zeros([1, 3]);
    expect(() => assign(one.expand([2, 3]), zeros([2, 3]))).toThrow(/elements of a share memory/);
    expect(list(assign(one.expand([1, 3]), a.reshape([1, 3])))).toEqual([1, 2, 3]);
    expect(list(a)).toEqual([1, 2, 3]);
  });
});
