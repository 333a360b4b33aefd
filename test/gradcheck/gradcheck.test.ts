/** gradcheck: right gradients pass, wrong ones are named with both numbers. */
import {
  batchNorm,
  capture,
  CaptureError,
  conv2d,
  crossEntropy,
  dropout,
  Generator,
  GradientError,
  memory,
  nn,
  noGrad,
  onBackend,
  randn,
  scope,
  tensor,
  ValueError,
  type Tensor,
} from 'phyllo';
import { gradcheck, gradgradcheck } from 'phyllo/gradcheck';
import { describe, expect, test } from 'vitest';
import { exact } from '../backends';
import { failure, list } from '../toy';

const generator = new Generator(5);
const leaf = (...shape: number[]): Tensor => randn(shape, { generator, requiresGrad: true });

describe('gradcheck', () => {
  test('passes what is right: products, convolutions, losses, several outputs', () => {
    scope(() => {
      expect(gradcheck((a, b) => a!.matmul(b!).tanh(), [leaf(2, 3), leaf(3, 2)])).toBe(true);
      expect(gradcheck((x, w) => conv2d(x!, w!, null, { padding: 1 }), [leaf(1, 2, 4, 4), leaf(2, 2, 3, 3)])).toBe(
        true,
      );
      const target = tensor([0, 2], { dtype: 'i32' }); // found around it
      expect(gradcheck(x => crossEntropy(x!, target), [leaf(2, 3)])).toBe(true);
      expect(gradcheck(x => [x!.exp(), x!.sum(), x!.detach()], [leaf(3)])).toBe(true);
    });
  });

  test('checks layers by their inputs and by their parameters, which stay as they are', () => {
    scope(() => {
      const model = new nn.Sequential(new nn.Linear(3, 4), new nn.BatchNorm1d(4), new nn.GELU(), new nn.Linear(4, 2));
      const before = Object.values(model.stateDict()).map(list);
      const x = leaf(5, 3);
      expect(gradcheck(x => model.forward(x!), [x])).toBe(true);
      expect(gradcheck(() => model.forward(x).square(), model.parameters())).toBe(true);
      expect(Object.values(model.stateDict()).map(list)).toEqual(before);
      expect(model.parameters().every(p => p.grad === null)).toBe(true);
    });
  });

  test('draws the same random numbers each time', () => {
    scope(() => {
      const own = new Generator(3);
      const state = list(own.state);
      expect(gradcheck(x => dropout(x!.square(), 0.5, { generator: own }), [leaf(20)])).toBe(true);
      expect(list(own.state)).toEqual(state);
    });
  });

  test('names what is wrong: output, input, elements and both numbers', () => {
    scope(() => {
      const x = tensor([[1, 2, 3]], { requiresGrad: true });
      const wrong = (y: Tensor): Tensor => {
        const z = y.square();
        if (y.requiresGrad) y.registerHook(g => g.mul(tensor([[1, 1, 2]]))); // the gradient by y[2] doubled
        return z;
      };
      failure(
        () => gradcheck((a, b) => [a!.mul(1), wrong(b!.mul(1))], [tensor([1], { requiresGrad: true }), x]),
        GradientError,
        /gradcheck: output 1 at \[0, 2\] by input 1 at \[0, 2\]: backward finds 12, central differences 6\.0{3,}\d* \(1 of 16 derivatives differ/,
      );
      // A gradient that is cut off where the value depends on x.
      failure(
        () => gradcheck(x => x!.mul(x!.detach()), [x]),
        GradientError,
        /at \[0, 2\] by input 0 at \[0, 2\]: backward finds 3, central differences 5\.99|6\.0/,
      );
      expect(gradcheck(x => x!.mul(x!.detach()), [x], { atol: 10 })).toBe(true);
    });
  });

  test('refuses what it cannot check', () => {
    scope(() => {
      failure(() => gradcheck(x => x!, [tensor([1])]), GradientError, /none of the inputs requires a gradient/);
      failure(() => gradcheck(x => x!.detach(), [leaf(2)]), GradientError, /nothing of what fn returns/);
      failure(() => gradcheck(x => x!, [leaf(2)], { eps: 0 }), ValueError, /eps takes/);
      // @ts-expect-error an option that there is not
      failure(() => gradcheck(x => x!, [leaf(2)], { epsilon: 1 }), ValueError, /there is no option epsilon/);
      failure(() => capture((x: Tensor) => onBackend(exact, () => x))(tensor([1])), CaptureError, /one backend/);
    });
  });

  test('leaves memory and the backend as they were', () => {
    const run = (): void =>
      scope(() => {
        gradcheck((x, w) => batchNorm(x!.matmul(w!), null, null, { training: true }), [leaf(4, 3), leaf(3, 2)]);
        gradgradcheck(x => x!.pow(3), [leaf(2)]);
      });
    run();
    const { blocks } = memory();
    for (let i = 0; i < 3; i++) run();
    expect(memory().blocks).toBeLessThanOrEqual(blocks);
    expect(noGrad(() => scope(() => tensor([1]).add(0.1).item()))).toBe(Math.fround(1.1));
  });
});

test('gradgradcheck: gradients of gradients', () => {
  scope(() => {
    expect(gradgradcheck(x => x!.sin().mul(x!), [leaf(3)])).toBe(true);
    expect(gradgradcheck((a, b) => [a!.matmul(b!), a!.exp()], [leaf(2, 2), leaf(2, 2)])).toBe(true);
    // Right to the first order, wrong to the second.
    const cut = (y: Tensor): Tensor => {
      const z = y.mul(1);
      const factor = z.detach().mul(2);
      z.registerHook(g => g.mul(factor)); // 2z, as a constant
      return z;
    };
    failure(
      () => gradgradcheck(x => cut(x!), [leaf(2)]),
      GradientError,
      /gradgradcheck: output 0 at \[\d\] by input \d at \[\d\]: backward finds/,
    );
  });
});
