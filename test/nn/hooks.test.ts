/** Hooks on modules: what they are called with, and what becomes of what they return. */
import {
  capture,
  CaptureError,
  checkpoint,
  GradientError,
  keep,
  memory,
  nn,
  noGrad,
  ones,
  scope,
  ShapeError,
  tensor,
  ValueError,
  zeros,
  type Tensor,
} from 'phyllo';
import { describe, expect, expectTypeOf, test } from 'vitest';
import { failure, flat, list } from '../toy';

/** A layer of known weights, 2 → 2. */
function linear(): nn.Linear {
  const layer = new nn.Linear(2, 2);
  noGrad(() =>
    layer.loadStateDict({
      weight: tensor([
        [1, 2],
        [3, 4],
      ]),
      bias: tensor([10, 20]),
    }),
  );
  return layer;
}
/** The product and the sum of two, among other things. */
class Pair extends nn.Module {
  forward(a: Tensor, more: { readonly times: number; readonly b: Tensor }): readonly [Tensor, { sum: Tensor }] {
    return [a.mul(more.b).mul(more.times), { sum: a.add(more.b) }];
  }
}

describe('hooks of forward', () => {
  test('are called before and after, with the module, inputs and output, until they are removed', () => {
    scope(() => {
      const layer = linear();
      const seen: string[] = [];
      const handles = [
        layer.registerForwardHook((m, [x], y) => {
          expectTypeOf(m).toEqualTypeOf<nn.Linear>();
          expectTypeOf(x).toEqualTypeOf<Tensor>();
          expectTypeOf(y).toEqualTypeOf<Tensor>();
          expect(m).toBe(layer);
          seen.push(`after ${list(x)} ${list(y)}`);
        }),
        layer.registerForwardPreHook((m, [x]) => {
          expect(m).toBe(layer);
          seen.push(`before ${list(x)}`);
        }),
      ];
      layer.forward(tensor([[1, 1]]));
      expect(seen).toEqual(['before 1,1', 'after 1,1 13,27']);
      for (const h of handles) h.remove();
      layer.forward(tensor([[1, 1]]));
      expect(seen).toHaveLength(2);
    });
  });

  test('replace inputs and output, each seeing what the one before made of them', () => {
    scope(() => {
      const layer = linear();
      layer.registerForwardPreHook((_, [x]) => [x.mul(2)]);
      layer.registerForwardPreHook((_, [x]) => x.add(1)); // alone, as PyTorch has it
      layer.registerForwardHook((_, [x], y) => {
        expect(list(x)).toEqual([3, 3]);
        return y.neg();
      });
      layer.registerForwardHook((_, __, y) => y.add(0.5));
      expect(list(layer.forward(tensor([[1, 1]])))).toEqual([-18.5, -40.5]);
    });
  });

  test('run once for a class whose forward calls that of its base, and with modules inside in order', () => {
    class Twice extends nn.Linear {
      override forward(x: Tensor): Tensor {
        return super.forward(super.forward(x));
      }
    }
    scope(() => {
      const order: string[] = [];
      const twice = new Twice(2, 2);
      const model = new nn.Sequential(twice, new nn.ReLU());
      for (const [path, m] of model.namedModules()) m.registerForwardHook(() => void order.push(path));
      model.forward(ones([1, 2]));
      expect(order).toEqual(['0', '1', '']);
    });
  });

  test('leave memory as it was, and the graph whole', () => {
    const layer = linear();
    layer.registerForwardPreHook((_, [x]) => [x.mul(2).add(1)]);
    layer.registerForwardHook((_, __, y) => void y.exp().sum());
    layer.registerForwardHook((_, __, y) => y.exp().log());
    const x = keep(tensor([[1, 1]]));
    flat(3, () =>
      scope(() => {
        layer.forward(x).sum().backward();
        expect(list(layer.weight.grad).map(v => Math.round(v * 1e3))).toEqual([3000, 3000, 3000, 3000]);
        layer.zeroGrad();
      }),
    );
    const blocks = memory().blocks;
    scope(() => {
      layer.forward(x);
      expect(memory().blocks).toBe(blocks + 3); // y, and what linear and exp saved
    });
  });

  test('name the layer where one throws', () => {
    const model = new nn.Sequential(linear());
    model.at(0).registerForwardHook(() => void ones([2]).add(ones([3])));
    failure(() => model.forward(ones([1, 2])), ShapeError, /add \(0\)/);
  });

  test('belong to a copy as well, and to neither by the handle of the other', () => {
    const layer = linear();
    let calls = 0;
    const handle = layer.registerForwardHook(() => void calls++);
    const copy = layer.clone();
    handle.remove();
    layer.forward(ones([1, 2]));
    expect(calls).toBe(0);
    copy.forward(ones([1, 2]));
    expect(calls).toBe(1);
    expect(String(copy)).toBe(String(linear()));
    expect(Object.keys(copy.stateDict())).toEqual(['weight', 'bias']);
  });

  test('are refused where nothing would call them', () => {
    class Arrow extends nn.Layer {
      override forward = (x: Tensor): Tensor => x;
    }
    failure(() => new Arrow().registerForwardHook(() => {}), ValueError, /forward of Arrow is a field/);
    const layer = linear();
    // @ts-expect-error a number of inputs
    layer.registerForwardPreHook(() => 3);
    failure(() => layer.forward(ones([1, 2])), ValueError, /takes a list of inputs, a tensor or nothing, this is 3/);
  });
});

describe('hooks of backward', () => {
  test('see the gradients by inputs and outputs', () => {
    scope(() => {
      const layer = linear();
      const seen: number[][] = [];
      layer.registerFullBackwardHook((m, gradInput, gradOutput) => {
        expect(m).toBe(layer);
        seen.push(...[...gradInput, ...gradOutput].map(list));
      });
      const x = tensor([[1, 1]], { requiresGrad: true });
      const y = layer.forward(x);
      y.mul(tensor([[1, 10]]))
        .sum()
        .add(y.sum())
        .backward();
      // dy = [2, 11]; dx = dy W
      expect(seen).toEqual([
        [35, 48],
        [2, 11],
      ]);
      expect(list(x.grad)).toEqual([35, 48]);
      expect(list(layer.weight.grad)).toEqual([2, 2, 11, 11]);
    });
  });

  test('wait for all uses inside, and change what goes on to the inputs alone', () => {
    class Uses extends nn.Module {
      w: nn.Parameter = new nn.Parameter(tensor([2]));
      forward(a: Tensor, b: Tensor): Tensor {
        return a.mul(b).add(a.mul(this.w)).add(b);
      }
    }
    scope(() => {
      const m = new Uses();
      let calls = 0;
      m.registerFullBackwardHook((_, [ga, gb]) => {
        calls++;
        expect([list(ga!), list(gb!)]).toEqual([[7], [4]]); // b + w and a + 1
        return [ga!.mul(10), gb!];
      });
      m.registerFullBackwardHook((_, [ga, gb]) => [ga!.add(1), gb!.neg()]);
      const a = tensor([3], { requiresGrad: true });
      const b = tensor([5], { requiresGrad: true });
      m.forward(a, b).sum().backward();
      expect(calls).toBe(1);
      expect([list(a.grad), list(b.grad), list(m.w.grad)]).toEqual([[71], [-4], [3]]);
    });
  });

  test('count tensors alone among nested inputs and outputs; null is none', () => {
    scope(() => {
      const m = new Pair();
      const seen: (number[] | null)[][] = [];
      m.registerFullBackwardHook((_, ...both) => void seen.push(...both.map(gs => gs.map(g => g && list(g)))));
      const a = tensor([3], { requiresGrad: true });
      const [y] = m.forward(a, { times: 2, b: tensor([5]) });
      y.sum().backward();
      expect(seen).toEqual([
        [[10], null],
        [[1], null],
      ]);
    });
  });

  test('run where no input requires a gradient, and not at all without gradients', () => {
    scope(() => {
      const layer = linear();
      const seen: unknown[] = [];
      const handle = layer.registerFullBackwardHook((_, i, o) => void seen.push([i, o.map(g => list(g!))]));
      layer
        .forward(ones([1, 2]))
        .sum()
        .backward();
      expect(seen).toEqual([[[null], [[1, 1]]]]);
      const y = layer.forward(ones([1, 2]));
      noGrad(() => layer.forward(ones([1, 2])));
      handle.remove(); // a call keeps those it had
      y.sum().backward();
      layer
        .forward(ones([1, 2]))
        .sum()
        .backward();
      expect(seen).toHaveLength(2);
    });
  });

  test('run once in a checkpoint, with the gradients of without', () => {
    scope(() => {
      const model = new nn.Sequential(linear(), new nn.Tanh());
      let calls = 0;
      model.registerFullBackwardHook(() => void calls++);
      const gradient = (f: (x: Tensor) => Tensor): number[] => {
        const x = tensor([[0.1, -0.2]], { requiresGrad: true });
        f(x.mul(0.01)).sum().backward();
        return list(x.grad);
      };
      expect(gradient(checkpoint(model))).toEqual(gradient(x => model.forward(x)));
      expect(calls).toBe(2);
    });
  });

  test('leave memory as it was, whether or not a walk comes to the inputs, or a hook throws', () => {
    const layer = linear();
    const x = keep(tensor([[1, 1]], { requiresGrad: true }));
    let fails = false;
    layer.registerFullBackwardHook((_, [g], [h]) => {
      h!.mul(2);
      if (fails) throw new RangeError('mine');
      return [g!.mul(2)];
    });
    flat(4, round =>
      scope(() => {
        fails = round === 2;
        const y = layer.forward(x).sum();
        try {
          if (round < 4) y.backward();
          else expect(y.item()).toBe(40);
        } catch (e) {
          expect(String(e)).toBe('RangeError: mine');
        }
        x.grad = null;
        layer.zeroGrad();
      }),
    );
  });

  test('return one gradient for each tensor among the inputs', () => {
    const returning = (make: () => unknown): void =>
      scope(() => {
        const m = new Pair();
        // @ts-expect-error any value
        m.registerFullBackwardHook(make);
        const [y] = m.forward(tensor([3], { requiresGrad: true }), { times: 2, b: tensor([5]) });
        y.sum().backward();
      });
    failure(() => returning(() => [ones([1])]), ValueError, /returns a list of 2 gradients/);
    failure(() => returning(() => 'x'), ValueError, /returns a list of 2 gradients/);
    failure(() => returning(() => [zeros([2]), null]), ShapeError, /Pair.*f32 \[1\].*this is f32 \[2\]/);
    failure(() => returning(() => [null, ones([1])]), GradientError, /by input 1, which requires none/);
  });
});

describe('in a captured step', () => {
  test('hooks are part of the plan, which is another where one comes or goes', () => {
    const layer = linear();
    let runs = 0;
    const step = capture(
      (x: Tensor) => {
        layer.zeroGrad();
        const loss = layer.forward(x).sum();
        loss.backward();
        return loss;
      },
      { audit: false },
    );
    const x = tensor([[1, 2]]);
    const outcome = (): number[] => [step(x).item(), ...list(layer.bias!.grad)];
    expect(outcome()).toEqual([46, 1, 1]);
    const handles = [
      layer.registerForwardHook((_, __, y) => {
        runs++;
        return y.mul(2);
      }),
      layer.registerForwardHook((_, __, y) => void y.registerHook(g => g.mul(3))),
    ];
    expect(outcome()).toEqual([92, 6, 6]);
    expect(outcome()).toEqual([92, 6, 6]);
    expect(runs).toBe(1);
    for (const h of handles) h.remove();
    expect(outcome()).toEqual([46, 1, 1]);
    expect(step.plans).toHaveLength(2);
  });

  test('hooks are registered outside', () => {
    const layer = linear();
    const step = capture((x: Tensor) => {
      layer.registerForwardHook(() => {});
      return layer.forward(x);
    });
    failure(() => step(ones([1, 2])), CaptureError, /changes Linear\.Symbol\(hooks\), which a plan would do once/);
  });

  test('backward hooks do what they do outside', () => {
    const model = new nn.Sequential(linear(), new nn.Sigmoid(), linear());
    for (const m of model.modules()) m.registerFullBackwardHook((_, gs) => gs.map(g => g && g.mul(0.5)));
    const step = (x: Tensor): void => {
      model.zeroGrad();
      model.forward(x).square().mean().backward();
    };
    const gradients = (f: (x: Tensor) => void): number[][] => {
      f(tensor([[0.3, -0.1]]));
      return model.parameters().map(p => list(p.grad));
    };
    expect(gradients(capture(step))).toEqual(gradients(step));
  });
});
