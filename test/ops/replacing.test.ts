/** Methods that put what they compute into the place of x. */
import {
  capture,
  DTypeError,
  GradientError,
  keep,
  noGrad,
  scope,
  ShapeError,
  Tensor,
  tensor,
  ValueError,
  zeros,
} from 'phyllo';
import { describe, expect, test } from 'vitest';
import { REPLACING } from '../../ts/ops/replacing';
import { RIGHT } from '../fuzz/right';
import { onEachBackend, start } from '../toy';

const list = (t: Tensor): number[] => Array.from(t.toArray());
const run = (x: Tensor, name: string, args: readonly unknown[]): Tensor => {
  const y: unknown = Reflect.apply(Reflect.get(x, name), x, args);
  if (!(y instanceof Tensor)) throw new TypeError(`${name} returns no tensor`);
  return y;
};

onEachBackend('on %s', make => {
  describe.each(REPLACING)('%s_', name => {
    const rightArguments = (): [x: Tensor, ...args: unknown[]] => {
      const [x, ...args] = RIGHT[name]!().args.map(a => a.value);
      if (!(x instanceof Tensor)) throw new TypeError(`${name} takes a tensor first`);
      return [x, ...args];
    };
    test('is the result of the method, in the memory of x', () => {
      start(make);
      scope(() => {
        const [x, ...args] = rightArguments();
        const expected = run(x, name, args);
        if (expected.shape.join() !== x.shape.join())
          return void expect(() => run(x, `${name}_`, args)).toThrow(ShapeError);
        const y = run(x, `${name}_`, args);
        expect(y).toBe(x);
        expect(list(x)).toEqual(list(expected).map(Number));
      });
    });
    test('refuses what a gradient is recorded for, and an argument more', () => {
      start(make);
      scope(() => {
        const [x, ...args] = rightArguments();
        expect(() => run(x, `${name}_`, [...args, ...Array(5).fill(undefined), 1])).toThrow(ValueError);
        const leaf = zeros(x.shape, { requiresGrad: true });
        expect(() => run(leaf, `${name}_`, args)).toThrow(GradientError);
        expect(() => noGrad(() => run(leaf, `${name}_`, args))).not.toThrow(GradientError);
      });
    });
  });

  test('through views, in plans, and not from floats into integers', () => {
    start(make);
    scope(() => {
      const x = keep(
        tensor([
          [1, 4],
          [16, 81],
        ]),
      );
      const roots = capture((i: Tensor) => x.select(0, 1).sqrt_().add(i));
      expect(list(roots(tensor([0.5])))).toEqual([4.5, 9.5]);
      expect(list(roots(tensor([0])))).toEqual([2, 3]);
      expect(x.toArray()[0]).toBe(1);
      roots.dispose();
      const i = tensor([1, 2], { dtype: 'i32' });
      expect(() => i.exp_()).toThrow(DTypeError);
      expect(list(i.eq_(2))).toEqual([0, 1]);
      expect(i.dtype).toBe('i32');
      expect(() => zeros([1]).expand(3).exp_()).toThrow(/share memory/);
      x.dispose();
    });
  });
});
