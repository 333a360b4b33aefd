/** Writing in place: eagerly and in plans, through views, over itself, and what gradients say to it. */
import {
  add_,
  capture,
  clamp_,
  copy_,
  div_,
  DTypeError,
  fill_,
  GradientError,
  keep,
  mul_,
  nn,
  noGrad,
  randn,
  ShapeError,
  sub_,
  tensor,
  zero_,
  zeros,
  type Tensor,
} from 'phyllo';
import { expect, test } from 'vitest';
import { flat, onEachBackend, start } from '../toy';

const list = (t: Tensor): number[] => Array.from(t.toArray());

onEachBackend('on %s', make => {
  test('copy_, add_ and mul_ write into the memory that they are given, and return it', () => {
    const a = tensor([1, 2, 3]);
    expect(copy_(a, tensor([4, 5, 6]))).toBe(a);
    expect(add_(a, tensor([1, 1, 1]))).toBe(a);
    expect(mul_(a, 2)).toBe(a);
    expect(mul_(a, tensor([0.5]))).toBe(a);
    expect(list(a)).toEqual([5, 6, 7]);
    const i = tensor(Int32Array.of(1, 2));
    expect(list(copy_(i, tensor(Int32Array.of(7, 2 ** 30 + 1))))).toEqual([7, 2 ** 30 + 1]);
    for (const empty of [zeros([0]), zeros([3, 0])]) {
      expect(list(copy_(empty, zeros(empty.shape)))).toEqual([]);
      expect(list(mul_(add_(empty, zeros(empty.shape)), 3))).toEqual([]);
    }
  });

  test('through views, each of which sees the other', () => {
    const cache = zeros([3, 4]);
    copy_(cache.select(0, 1), tensor([1, 2, 3, 4]));
    copy_(
      cache.t().slice(0, 0, 2),
      tensor([
        [9, 8, 7],
        [6, 5, 4],
      ]),
    );
    expect(list(cache)).toEqual([9, 6, 0, 0, 8, 5, 3, 4, 7, 4, 0, 0]);
    mul_(cache.select(0, 1), 10);
    expect(list(cache.select(0, 1))).toEqual([80, 50, 30, 40]);
  });

  test('over its own memory, as if it had been copied before', () => {
    flat(2, () => {
      using a = tensor([1, 2, 3, 4]);
      using front = a.slice(0, 0, 3);
      using back = a.slice(0, 1, 4);
      copy_(back, front);
      expect(list(a)).toEqual([1, 1, 2, 3]);
      copy_(a, a);
      add_(a, a);
      expect(list(a)).toEqual([2, 2, 4, 6]);
      using last = a.slice(0, 3, 4);
      mul_(a, last);
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
          add_(mul_(velocity, 0.9), w.grad!);
          add_(w, velocity.mul(-0.01));
          add_(mul_(target, 0.95), w.mul(0.05));
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
    for (const f of [() => copy_(w, zeros([2, 2])), () => add_(w, zeros([2, 2])), () => mul_(w, 2)]) {
      expect(f).toThrow(GradientError);
    }
    noGrad(() => mul_(w, 0));
    expect(list(w).map(Math.abs)).toEqual([0, 0, 0, 0]);
    const x = randn([3, 2]);
    const loss = model.forward(x).square().sum();
    copy_(x, zeros([3, 2]));
    expect(() => loss.backward()).toThrow(/changed in place since/);
  });

  test('what is written is spread and converted; strides of any kind are written through', () => {
    const a = zeros([2, 3]);
    expect(list(copy_(a, tensor([1, 2, 3])))).toEqual([1, 2, 3, 1, 2, 3]);
    expect(list(copy_(a, tensor(Int32Array.of(4, 5), { shape: [2, 1] })))).toEqual([4, 4, 4, 5, 5, 5]);
    expect(
      list(
        a
          .fill_(2)
          .sub_(0.5)
          .mul_(tensor([[2], [4]])),
      ),
    ).toEqual([3, 3, 3, 6, 6, 6]);
    a.t().add_(tensor([1, 2]), { alpha: 10 });
    a.select(1, 0).zero_();
    expect(list(a)).toEqual([0, 13, 13, 0, 26, 26]);
    a.select(1, 1).div_(2).clamp_(7, 10);
    expect(list(a)).toEqual([0, 7, 13, 0, 10, 26]);
    a.mul_(a.select(1, 1).unsqueeze(1)); // of its own memory
    expect(list(a)).toEqual([0, 49, 91, 0, 100, 260]);
    const i = tensor(Int32Array.of(7, -8, 9));
    expect(list(copy_(i, tensor([1.9, -1.9, NaN])))).toEqual([1, -1, 0]);
    expect(
      list(
        i
          .add_(3, { alpha: 2 })
          .mul_(tensor(Uint8Array.of(1, 2, 3)))
          .clamp_(8, 15),
      ),
    ).toEqual([8, 10, 15]);
    expect(list(fill_(tensor([true, false]), tensor([true]).reshape([])))).toEqual([1, 1]);
    expect(list(tensor([true, false]).add_(tensor([true, false])))).toEqual([1, 0]);
    for (const dtype of ['f16', 'i64', 'f64', 'u8'] as const)
      expect(list(zeros([2], { dtype }).fill_(3))).toEqual([3, 3]);
  });

  test('misfits are refused before anything is written', () => {
    const a = tensor([1, 2, 3]);
    const i = tensor(Int32Array.of(1, 2, 3));
    expect(() => copy_(a, zeros([4]))).toThrow(ShapeError);
    expect(() => copy_(a, zeros([2, 3]))).toThrow(/copy_: \[2, 3\] does not spread to \[3\]/);
    expect(() => add_(a, zeros([1, 3]))).toThrow(ShapeError);
    expect(() => mul_(a, zeros([2, 1]))).toThrow(ShapeError);
    expect(() => fill_(a, zeros([1]))).toThrow(ShapeError);
    expect(() => add_(i, 0.5)).toThrow(DTypeError);
    expect(() => add_(i, 1, { alpha: 0.5 })).toThrow(DTypeError);
    expect(() => mul_(i, tensor([1, 2, 3]))).toThrow(DTypeError);
    expect(() => div_(i, 1)).toThrow(DTypeError);
    expect(() => clamp_(i, 0, 1.5)).toThrow(DTypeError);
    expect(() => tensor([true]).add_(1)).toThrow(DTypeError);
    const one = zeros([1, 3]);
    const writes: ((t: Tensor) => Tensor)[] = [
      t => copy_(t, zeros([2, 3])),
      t => fill_(t, 1),
      t => zero_(t),
      t => add_(t, 1),
      t => sub_(t, 1),
      t => mul_(t, 2),
      t => div_(t, 2),
      t => clamp_(t, 0),
    ];
    for (const write of writes) {
      expect(() => write(one.expand([2, 3]))).toThrow(/elements of a share memory/);
      expect(() => write(randn([2, 3], { requiresGrad: true }))).toThrow(GradientError);
      expect(() => write(randn([2, 3], { requiresGrad: true }).mul(2))).toThrow(GradientError);
    }
    expect(() => add_(zeros([3]), randn([3], { requiresGrad: true }))).toThrow(GradientError);
    expect(list(copy_(one.expand([1, 3]), a.reshape([1, 3])))).toEqual([1, 2, 3]);
    expect([...list(a), ...list(i)]).toEqual([1, 2, 3, 1, 2, 3]);
  });
});
