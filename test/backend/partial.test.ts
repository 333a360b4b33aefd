/** Tensors of two backends at once, backends with some of the kernels, and ones without capabilities. */
import { afterEach, describe, expect, test, vi } from 'vitest';
import type { Backend } from '../../ts/backend/backend';
import { reference } from '../../ts/backend/reference/backend';
import { BackendError } from '../../ts/core/errors';
import { noGrad, useBackend } from '../../ts/core/runtime';
import type { Tensor } from '../../ts/core/tensor';
import { capture } from '../../ts/graph/capture';
import { nn } from '../../ts/api';
import { add, mul } from '../../ts/ops/arithmetic';
import { tensor } from '../../ts/ops/creation';
import { erf } from '../../ts/ops/elementwise';
import { manualSeed } from '../../ts/ops/generator';
import { randn } from '../../ts/ops/random';
import { concat } from '../../ts/ops/join';
import { max } from '../../ts/ops/reduce';
import { copy_ } from '../../ts/ops/inplace';
import { exact } from '../backends';
import { buffers } from './buffers';
import { evaluate, pointOf } from '../ops/harness';
import { samples } from '../ops/samples';
import { differences } from './differences';
import { partialBackend } from './partial';

vi.setConfig({ testTimeout: 30_000 });

describe('tensors of two backends', () => {
  afterEach(() => useBackend(exact));

  test('are an error before any work, in ops, in place and in plans', () => {
    const [one, two] = [reference(), buffers()];
    useBackend(one);
    const a = tensor([1, 2]);
    const double = capture((x: Tensor) => mul(x, 2));
    expect(Array.from(double(a).toArray())).toEqual([2, 4]);
    useBackend(two);
    const b = tensor([3, 4]);
    const bytes = [one.memory().bytes, two.memory().bytes];
    const calls: Readonly<Record<string, () => unknown>> = {
      add: () => add(b, a),
      concat: () => concat([b, a]),
      max: () => max(a, 0),
      assign: () => copy_(b, a),
      reshape: () => a.reshape([2, 1]),
      capture: () => double(a),
    };
    for (const [name, call] of Object.entries(calls)) {
      expect(call, name).toThrow(BackendError);
      expect(call, name).toThrow(/on reference, ops run on buffers$/);
    }
    expect([one.memory().bytes, two.memory().bytes]).toEqual(bytes);
    expect(Array.from(a.toArray())).toEqual([1, 2]); // it can still be read
  });

  test('a plan is traced again where the backend is another', async () => {
    const double = capture((x: Tensor) => mul(x, 2));
    useBackend(reference());
    expect(Array.from(double(tensor([1, 2])).toArray())).toEqual([2, 4]);
    useBackend(buffers());
    expect(Array.from(await double(tensor([3, 4])).data())).toEqual([6, 8]);
  });
});

describe('a backend with some of the kernels', () => {
  /** The reference without kernels for whole sequences, for cross-entropy, for erf. */
  function some(): Backend {
    const { kernels, ...backend } = reference();
    const { rnn: _r, lstm: _l, gruGrad: _g, crossEntropy: _c, erf: _e, ...rest } = kernels;
    return partialBackend({ ...backend, name: 'some', kernels: rest });
  }
  const backend = some();
  afterEach(() => useBackend(exact));

  test.each(['rnn', 'lstm', 'gru', 'crossEntropy', 'nllLoss'] as const)('%s is made of other ops', name => {
    samples[name].forEach((sample, index) => {
      const point = pointOf(sample, index);
      useBackend(exact);
      const expected = evaluate(sample, point);
      useBackend(backend);
      const actual = evaluate({ ...sample, composed: true }, point);
      expect(differences(actual.outputs, expected.outputs, 'sliced')).toEqual([]);
      expect(differences(actual.first, expected.first, 'sliced')).toEqual([]);
      expect(differences(actual.second, expected.second, 'sliced')).toEqual([]);
    });
  });

  test('an op that nothing else makes up names itself, the backend and the kernel; plans too', () => {
    useBackend(backend);
    const x = tensor([1, 2]);
    const bytes = backend.memory().bytes;
    expect(() => erf(x)).toThrow(BackendError);
    expect(() => erf(x)).toThrow('erf: some has no kernel erf');
    expect(() => capture((x: Tensor) => erf(x))(x)).toThrow('erf: some has no kernel erf');
    expect(backend.memory().bytes).toBe(bytes);
  });
});

describe('a backend without capabilities', () => {
  afterEach(() => useBackend(exact));

  /** Steps of a plan of convolutions, pools and a product, whose weights stay, and what it computes. */
  function infer(backend: Backend): { readonly plan: string; readonly y: readonly number[] } {
    useBackend(backend);
    manualSeed(7);
    const net = new nn.Sequential(
      new nn.Conv2d(1, 4, 3),
      new nn.ReLU(),
      new nn.MaxPool2d(2),
      new nn.Flatten(),
      new nn.Linear(36, 5),
    );
    const planned = capture((x: Tensor) => net.forward(x));
    const x = randn([8, 1, 8, 8]);
    const y = noGrad(() => Array.from(planned(x).toArray()));
    return { plan: planned.plans[0]!.explain(), y };
  }

  test.each([
    ['blocked', /blocked/i],
    ['prepared', /prepared/],
  ] as const)('has plans without %s, which compute the same', (name, named) => {
    const whole = infer(reference());
    const { [name]: _, ...backend } = reference();
    const without = infer(backend);
    expect(whole.plan).toMatch(named);
    expect(without.plan).not.toMatch(named);
    expect(without.y).toEqual(whole.y);
  });
});
