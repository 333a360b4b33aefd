/** What wrong calls are made on, and how they are tested. */
import { arange, memory, nn, ones, type PhylloError, scope, tensor, TensorDataset, zeros, type Tensor } from 'phyllo';
import { afterAll, expect, test } from 'vitest';

// What the calls are made on.
export const x23: Tensor = ones([2, 3]);
export const x45: Tensor = ones([4, 5]);
export const x3: Tensor = ones([3]);
export const i2: Tensor = tensor(Int32Array.of(0, 1));
export const u2: Tensor = tensor(Uint8Array.of(0, 5));
export const b2: Tensor = tensor([true, false]);
export const leaf: Tensor = tensor([1, 2, 3], { requiresGrad: true });
export const freed: Tensor = zeros([2, 3]);
freed.dispose();
export const image: Tensor = ones([1, 4, 8, 8]);
export const filters: Tensor = ones([6, 4, 3, 3]);
export const linear: nn.Linear = new nn.Linear(3, 2);
export const dataset: TensorDataset<[Tensor]> = new TensorDataset(arange(10));
export const state: { weight: Tensor; bias: Tensor } = { weight: ones([2, 3]), bias: ones([2]) };

type Kind = new (...args: never[]) => PhylloError;
/** A wrong call, and the error that it throws. */
export type Case = readonly [name: string, call: () => unknown, kind: Kind, message: RegExp];

/** What was to be changed is as it was. */
export function expectUnchanged(): void {
  expect(Array.from(leaf.toArray())).toEqual([1, 2, 3]);
  expect(Array.from(x23.toArray())).toEqual([1, 1, 1, 1, 1, 1]);
  expect(Object.keys(linear.stateDict())).toEqual(['weight', 'bias']);
  expect(Array.from(linear.bias!.toArray())).not.toEqual([1, 1]);
}

/** Tests that each case throws, leaves nothing in memory, and changes nothing. */
export function refuses(cases: readonly Case[]): void {
  afterAll(expectUnchanged);
  const attempt = (call: () => unknown): unknown =>
    scope(() => {
      try {
        call();
      } catch (e) {
        return e;
      }
      return 'nothing was thrown';
    });

  test.each(cases)('%s', (_, call, kind, message) => {
    const error = attempt(call);
    expect(error).toBeInstanceOf(kind);
    expect(error).toMatchObject({ message: expect.stringMatching(message) });
    const { blocks } = memory();
    attempt(call);
    expect(memory().blocks).toBe(blocks);
  });
}
