/** What plans take for true of the ops that work element by element: their elements may be in any order, and y over an input. */
import { expect, test } from 'vitest';
import { reference } from '../../ts/backend/reference/backend';
import type { View } from '../../ts/core/definition';
import { POINTWISE } from '../../ts/graph/passes/pointwise';
import { mulFloat } from '../../ts/ops/basic';
import * as binaryOps from '../../ts/ops/binary';
import * as transcendentalOps from '../../ts/ops/transcendental';
import * as unaryOps from '../../ts/ops/unary';
import { numbers } from '../backend/kernels/calls';

const N = 64;
const PARAMS = { p: 0.5, lo: 0.4, hi: 1.2 };
const backend = reference();
const random = numbers(3);

const put = (values: readonly number[]): View => {
  const at = backend.alloc(N * backend.itemSize('f32'));
  backend.write(at, values, 'f32');
  return { address: at, size: N, shape: [N], strides: [1], dense: true, dtype: 'f32' };
};
const get = ({ address: at }: View): number[] => Array.from(backend.readSync(at, N, 'f32'));
/** Another order; no element stays where it is. */
const reversed = (values: readonly number[]): number[] => [...values].reverse();

test.each([...POINTWISE].map(def => [def.name, def] as const))('%s', (_, def) => {
  const xs = def.inputs.map(() => Array.from({ length: N }, () => Math.round(40 * random()) / 10 - 1.9));
  const run = (inputs: readonly View[], y: View): number[] => {
    def.run(backend.kernels, inputs, [y], PARAMS);
    return get(y);
  };
  const y = run(xs.map(put), put(xs[0]!));
  expect(new Set(y).size, 'different numbers').toBeGreaterThan(1);
  const turned = xs.map(reversed).map(put);
  expect(reversed(run(turned, put(xs[0]!)))).toEqual(y);
  // On this backend a bool takes as much room as an f32; elsewhere plans compare sizes.
  xs.forEach((_, i) => {
    const views = xs.map(put);
    expect(run(views, views[i]!), `over input ${i}`).toEqual(y);
  });
});

test('the table has every op of the files of these ops, and gradients', () => {
  const { BINARY, ...binary } = binaryOps;
  const { UNARY, ...unary } = unaryOps;
  expect(new Set(BINARY)).toEqual(new Set([mulFloat, ...Object.values(binary)]));
  expect(new Set(UNARY)).toEqual(new Set(Object.values(unary)));
  const { TRANSCENDENTAL, ...transcendental } = transcendentalOps;
  expect(new Set(TRANSCENDENTAL)).toEqual(new Set(Object.values(transcendental)));
  const names = [...POINTWISE].map(def => def.name);
  expect(new Set(names).size).toBe(names.length);
  expect(names).toEqual(expect.arrayContaining(['mul', 'add', 'pow', 'eq', 'neg', 'clamp', 'gelu', 'reluGrad', 'elu']));
});
