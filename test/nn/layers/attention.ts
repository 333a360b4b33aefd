/** Attention and transformers against PyTorch's: files load, and values and gradients are its. */
import { readFileSync } from 'node:fs';
import { gradients, nn, tensor, Tensor } from 'phyllo';
import { expect } from 'vitest';
import type * as attention from '../../../ts/nn/attention';
import type * as transformer from '../../../ts/nn/transformer';
import { floats, type Floats, type Integers } from '../../goldens/golden';
import { expectEach, read, type Row, type Rows } from './naive';

type Name = keyof typeof attention | keyof typeof transformer;
interface Case {
  readonly op: Name;
  readonly sizes: readonly number[];
  readonly options: nn.TransformerLayerOptions;
  readonly args: readonly Floats[];
  readonly how: Readonly<Record<string, Floats | Integers | boolean>>;
  readonly parameters: Readonly<Record<string, Floats>>;
  readonly ys: readonly Floats[];
  readonly g: Floats;
  readonly grads: readonly Floats[];
}
const { cases }: { readonly cases: readonly Case[] } = JSON.parse(
  readFileSync(new URL('../../goldens/attention.json', import.meta.url), 'utf8'),
);

const made = (v: Floats): Tensor => tensor(floats(v), { shape: v.shape });
/** Integers are masks. */
const given = (v: Floats | Integers | boolean): Tensor | boolean =>
  typeof v === 'boolean' ? v : 'f32' in v ? made(v) : tensor(v.i32, { shape: v.shape, dtype: 'bool' });

function build({ op, sizes, options }: Case): nn.Module {
  const [dim = 0, heads = 0, count = 0] = sizes;
  const o = { ...options, dropout: 0 };
  const norm = (): nn.LayerNorm => new nn.LayerNorm(dim);
  switch (op) {
    case 'MultiheadAttention':
      return new nn.MultiheadAttention(dim, heads, options);
    case 'TransformerEncoderLayer':
      return new nn.TransformerEncoderLayer(dim, heads, o);
    case 'TransformerDecoderLayer':
      return new nn.TransformerDecoderLayer(dim, heads, o);
    case 'TransformerEncoder':
      return new nn.TransformerEncoder(() => new nn.TransformerEncoderLayer(dim, heads, o), count, norm());
    case 'TransformerDecoder':
      return new nn.TransformerDecoder(() => new nn.TransformerDecoderLayer(dim, heads, o), count, norm());
    default:
      return new nn.Transformer(o);
  }
}
function check(c: Case): void {
  const module = build(c);
  module.loadStateDict(Object.fromEntries(Object.entries(c.parameters).map(([k, v]) => [k, made(v)])));
  const args = c.args.map(a => made(a));
  for (const a of args) a.requiresGrad = true;
  const how = Object.fromEntries(Object.entries(c.how).map(([k, v]) => [k, given(v)]));
  const result: unknown = Reflect.apply(module.forward, module, [...args, how]);
  const ys = [result].flat().filter(y => y instanceof Tensor);
  expect(ys.length).toBe(c.ys.length);
  ys.forEach((y, i) => expectEach(y, c.ys[i]!.shape, read(made(c.ys[i]!))));
  const found = gradients(ys[0]!, args, { gradient: made(c.g) });
  found.forEach((g, i) => expectEach(g!, c.grads[i]!.shape, read(made(c.grads[i]!))));
}
function rows(name: Name): Rows {
  const [first, ...rest] = cases
    .filter(({ op }) => op === name)
    .map(
      (c): Row =>
        () =>
          check(c),
    );
  if (!first) throw new Error(`no case of ${name}`);
  return [first, ...rest];
}
/** What no later place changes. */
function causal(): void {
  const layer = new nn.MultiheadAttention(4, 2, { batchFirst: true });
  const x = tensor([
    [
      [1, 2, 3, 4],
      [4, 3, 2, 1],
      [0, 1, 0, 1],
    ],
  ]);
  const [y] = layer.forward(x, x, x, { isCausal: true });
  const [first] = layer.forward(x.slice(1, 0, 2), x.slice(1, 0, 2), x.slice(1, 0, 2), { isCausal: true });
  expectEach(y.slice(1, 0, 2), [1, 2, 4], read(first));
}

export const ATTENTION: Readonly<Record<Name, Rows>> = {
  MultiheadAttention: [causal, ...rows('MultiheadAttention')],
  TransformerEncoderLayer: rows('TransformerEncoderLayer'),
  TransformerDecoderLayer: rows('TransformerDecoderLayer'),
  TransformerEncoder: rows('TransformerEncoder'),
  TransformerDecoder: rows('TransformerDecoder'),
  Transformer: rows('Transformer'),
};
