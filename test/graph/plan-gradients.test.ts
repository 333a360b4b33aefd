/** A plan that fails in the middle leaves gradients, and the memory under them, as its function does. */
import { capture, gradients, IndexError, keep, noGrad, scope, tensor, type Tensor } from 'phyllo';
import { expect, test } from 'vitest';
import { add_ } from '../../ts/ops/inplace';
import { flat, list, onEachBackend } from '../toy';

type Step = (w: Tensor, index: Tensor) => Tensor;
const rows = (w: Tensor, index: Tensor): Tensor => w.indexSelect(0, index); // fails where an index is outside
const STEPS: Readonly<Record<string, Step>> = {
  'reads it, then clears it': (w, index) => {
    const sum = w.grad!.sum();
    w.grad = null;
    return rows(w, index).add(sum);
  },
  'reads it, then clears it and trains': (w, index) => {
    const sum = w.grad!.sum();
    w.grad = null;
    const y = rows(w, index).mul(sum);
    y.sum().backward();
    return y;
  },
  'reads it, then replaces it': (w, index) => {
    w.grad = w.grad!.mul(2);
    return rows(w, index);
  },
  'reads it, then replaces it by what it returns': (w, index) => {
    const g = w.grad!.mul(2);
    w.grad = g;
    rows(w, index);
    return g;
  },
  'replaces it late': (w, index) => {
    const [g] = gradients(w.square().sum(), [w]);
    const y = rows(w, index);
    w.grad = g!;
    return y;
  },
  'adds to it': (w, index) => {
    w.mul(3).sum().backward();
    return rows(w, index);
  },
  'changes it, then clears it': (w, index) => {
    noGrad(() => add_(w.grad!, w.detach()));
    w.grad = null;
    return rows(w, index);
  },
};

onEachBackend('on %s: a step that fails and', () => {
  test.each(Object.entries(STEPS))('%s', (_, step) => {
    /** What each of several calls leaves, the second of which fails; before each there is a gradient. */
    const run = (planned: boolean): unknown[] =>
      scope(() => {
        const w = keep(tensor([1, 2, 3], { shape: [3, 1], requiresGrad: true }));
        const own = (index: Tensor): Tensor => step(w, index);
        const plan = planned ? capture(own) : null;
        const f = plan ?? own;
        const seen = [0, 7, 2, 7, 1].map(i => {
          noGrad(() => add_(w.detach(), tensor([i]).expand([3, 1])));
          if (w.grad === null) scope(() => w.square().sum().backward());
          const index = tensor(Int32Array.of(i));
          let outcome: unknown;
          try {
            outcome = list(f(index));
          } catch (e) {
            if (!(e instanceof IndexError)) throw e;
            outcome = e.message;
          }
          return [outcome, w.grad && list(w.grad)];
        });
        w.grad = null;
        plan?.dispose();
        w.dispose();
        return seen;
      });
    const want = run(false);
    expect(want[1]).toEqual([expect.stringContaining('outside [0, 3)'), Array.isArray(want[1]) && want[1][1]]);
    expect(run(true)).toEqual(want);
    flat(3, () => run(true));
  });
});
