/** Two copies of the package in one process: their tensors do not mix, and errors say so. */
import { readFileSync } from 'node:fs';
import * as phyllo from 'phyllo';
import { beforeAll, describe, expect, test, vi } from 'vitest';
import { VERSION } from '../../ts/core/display';

type Phyllo = typeof phyllo;
let other: Phyllo;
beforeAll(async () => {
  vi.resetModules();
  other = await import('phyllo');
});

test('the version is that of package.json', () => {
  const manifest: { version: string } = JSON.parse(
    readFileSync(new URL('../../package.json', import.meta.url), 'utf8'),
  );
  expect(VERSION).toBe(manifest.version);
});

describe("a tensor of one copy is refused by the other's", () => {
  const { tensor } = phyllo;
  const calls: Readonly<Record<string, (p: Phyllo, x: phyllo.Tensor) => unknown>> = {
    'first operands': (p, x) => p.add(x, 1),
    'second operands': (p, x) => p.tensor([1, 2]).mul(x),
    'functions with checked arguments': (p, x) => p.softmax(x, 0),
    'lists of tensors': (p, x) => p.concat([x], 0),
    layers: (p, x) => new p.nn.Linear(2, 1).forward(x),
    parameters: (p, x) => new p.nn.Parameter(x),
    optimisers: (p, x) => new p.optim.SGD([x], { lr: 1 }),
    'state dicts': (p, x) => new p.nn.Linear(2, 1).loadStateDict({ weight: x, bias: x }),
    'arguments of captured functions': (p, x) => p.capture((y: phyllo.Tensor) => y.mul(2))(x),
    'results of captured functions': (p, x) => p.capture(() => [x.mul(2)])(),
    keep: (p, x) => p.keep(x),
    gradients: (p, x) => p.gradients(p.tensor([1]).sum(), [x]),
  };
  test.each(Object.entries(calls))('%s', (_, call) => {
    expect(other.Tensor).not.toBe(phyllo.Tensor);
    expect(() => call(other, tensor([1, 2]))).toThrow(
      expect.objectContaining({
        name: 'ValueError',
        message: expect.stringMatching(
          /a tensor of another copy of phyllo, version [\d.]+ beside [\d.]+: .*`npm ls phyllo`/,
        ),
      }),
    );
  });
});
