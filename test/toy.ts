/**
 * The smallest training there is: a problem, a loader, a network of two layers and stochastic gradient descent, each
 * with the ownership rules of the real one. Tests of memory and order run on them.
 */
import { readFileSync } from 'node:fs';
import { dropout, Generator, memory, nn, noGrad, tensor, zeros, type Tensor } from 'phyllo';
import { beforeEach, describe, expect } from 'vitest';
import type { Backend } from '../ts/backend/backend';
import { reference } from '../ts/backend/reference/backend';
import { wasmBackend } from '../ts/backend/wasm/backend';
import { runtime, useBackend } from '../ts/core/runtime';
import { keep, scope, scoped } from '../ts/core/scope';
import { sgdStep } from '../ts/ops/update';

/** Each with a memory of its own: one fills what is freed with NaN, the other traps where a kernel touches it. */
export const backends: readonly (readonly [name: string, make: () => Backend])[] = [
  ['reference', reference],
  [
    'checked wasm',
    () => {
      const bytes = readFileSync(new URL('../generated/checked.wasm', import.meta.url));
      return wasmBackend(new WebAssembly.Module(bytes), 'checked');
    },
  ],
];

/** A backend to begin with, on which the small constants are made: they stay, and no count should meet them. */
export function start(make: () => Backend): void {
  useBackend(make());
  scope(() => {
    const x = zeros([1]);
    for (let n = -5; n <= 10; n += 0.5) x.mul(n);
  });
}

/** Describes tests once for each backend (`%s` of the title); each test begins on a new one, outside any scope. */
export function onEachBackend(title: string, tests: (make: () => Backend) => void): void {
  describe.each(backends)(title, (_, make) => {
    beforeEach(() => {
      start(make);
      expect(runtime.scope).toBeNull();
    });
    tests(make);
  });
}

/** Whole numbers below n from a linear congruential generator. */
export function dice(seed: number): (n: number) => number {
  let s = seed >>> 0;
  return n => {
    s = (Math.imul(s, 1664525) + 1013904223) >>> 0;
    return Math.floor((s / 2 ** 32) * n);
  };
}

/** n numbers in [−1, 1). */
export function numbers(n: number, seed: number): Float32Array {
  const roll = dice(seed);
  return Float32Array.from({ length: n }, () => roll(2 ** 20) / 2 ** 19 - 1);
}

/** Samples of five features in three classes. */
export interface Problem {
  readonly x: Tensor;
  readonly target: Tensor;
}
export function problem(samples = 64, seed = 7): Problem {
  const x = numbers(samples * 5, seed);
  const label = (i: number): number => (x[5 * i]! > 0 ? 1 : 0) + (x[5 * i + 1]! > 0 ? 1 : 0);
  return {
    x: keep(tensor(x, { shape: [samples, 5] })),
    target: keep(tensor(Int32Array.from({ length: samples }, (_, i) => label(i)))),
  };
}

type Batch = [x: Tensor, target: Tensor];

/** Batches of a problem, copied out, each with a scope. */
export function loader({ x, target }: Problem, size = 16, name = 'the loader'): IterableIterator<Batch> {
  function* batches(): IterableIterator<Batch> {
    for (let i = 0; i < x.shape[0]!; i += size) {
      const at = tensor(Int32Array.from({ length: Math.min(size, x.shape[0]! - i) }, (_, j) => i + j));
      yield [x.indexSelect(0, at), target.indexSelect(0, at)];
    }
  }
  return scoped(batches(), name);
}

/** 5 → 8 → 3 with dropout in between, trained with momentum. */
export class Net {
  readonly params: readonly Tensor[];
  private readonly velocities: readonly Tensor[];
  private readonly hyper: Tensor;
  private readonly generator: Generator;

  constructor(seed: number, { lr = 0.1, momentum = 0.9 }: { lr?: number; momentum?: number } = {}) {
    const shapes = [[5, 8], [8], [8, 3], [3]];
    this.params = shapes.map((shape, i) =>
      keep(
        tensor(
          numbers(
            shape.reduce((n, d) => n * d, 1),
            10 * seed + i,
          ),
          { shape, requiresGrad: true },
        ),
      ),
    );
    this.velocities = shapes.map(shape => keep(zeros(shape)));
    this.hyper = keep(tensor(Float64Array.of(lr, momentum, 0, 0, 0), { dtype: 'f64' }));
    this.generator = new Generator(seed);
  }

  forward(x: Tensor): Tensor {
    const [w1, b1, w2, b2] = this.params;
    return scope(() => {
      const h = dropout(x.matmul(w1!).add(b1!).relu(), 0.25, { generator: this.generator });
      return h.matmul(w2!).add(b2!);
    }, 'Net.forward');
  }

  zeroGrad(): void {
    for (const p of this.params) p.grad = null;
  }

  step(): void {
    scope(
      () =>
        noGrad(() => {
          this.params.forEach(
            (p, i) => p.grad && sgdStep(p, p.grad, this.velocities[i]!, this.hyper, { nesterov: false }),
          );
        }),
      'Net.step',
    );
  }

  dispose(): void {
    for (const t of [...this.params, ...this.velocities, this.hyper, this.generator.state]) t.dispose();
  }
}

/** What is in use, exactly. */
export function inUse(): { bytes: number; blocks: number } {
  const { bytes, blocks } = memory();
  return { bytes, blocks };
}

/** Runs f again and again: after the first time, which may make constants, memory is each time what it was before. */
export function flat(rounds: number, f: (round: number) => void): void {
  f(0);
  const before = inUse();
  for (let i = 1; i <= rounds; i++) {
    f(i);
    if (inUse().blocks !== before.blocks) expect.fail(`round ${i}: ${inUse().blocks - before.blocks} blocks more`);
  }
  expect(inUse()).toEqual(before);
}

/** Runs f once; it must throw this kind of error, with this text. */
export function failure(f: () => unknown, kind: new (...args: never[]) => Error, text: RegExp): void {
  let error: unknown = null;
  try {
    f();
  } catch (e) {
    error = e;
  }
  expect(error).toBeInstanceOf(kind);
  expect(String(error)).toMatch(text);
}

/** The elements of a tensor that must be there. */
export const list = (t: Tensor | null): number[] => Array.from(t!.toArray());

/** LeNet-5, its weights drawn from a seed. */
export function lenet(seed: number): nn.Sequential {
  const from = { generator: new Generator(seed) };
  return new nn.Sequential(
    new nn.Conv2d(1, 6, 5, { padding: 2, ...from }),
    new nn.ReLU(),
    new nn.MaxPool2d(2),
    new nn.Conv2d(6, 16, 5, from),
    new nn.ReLU(),
    new nn.MaxPool2d(2),
    new nn.Flatten(),
    new nn.Linear(400, 120, from),
    new nn.ReLU(),
    new nn.Linear(120, 84, from),
    new nn.ReLU(),
    new nn.Linear(84, 10, from),
  );
}
