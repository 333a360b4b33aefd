/** Transformers made of a layer. */
import { nn, ones } from 'phyllo';
import { expect, test } from 'vitest';

test('of a layer, each is a copy with parameters of its own that begin alike', () => {
  const layer = new nn.TransformerEncoderLayer(4, 2, { dimFeedforward: 8, dropout: 0 });
  const net = new nn.TransformerEncoder(layer, 2);
  const [a, b] = net.layers.map(l => l.linear1.weight);
  expect(Array.from(a!.toArray())).toEqual(Array.from(layer.linear1.weight.toArray()));
  expect(Array.from(b!.toArray())).toEqual(Array.from(a!.toArray()));
  expect(new Set([a, b, layer.linear1.weight]).size).toBe(3);
  const x = ones([3, 1, 4]);
  const twice = layer.forward(layer.forward(x));
  expect(Array.from(net.forward(x).toArray())).toEqual(Array.from(twice.toArray()));
  const decoder = new nn.TransformerDecoder(new nn.TransformerDecoderLayer(4, 2, { dropout: 0 }), 2);
  expect(decoder.forward(x, x).shape).toEqual([3, 1, 4]);
  expect(() => Reflect.construct(nn.TransformerEncoder, [new nn.Linear(1, 1), 2])).toThrow(
    'TransformerEncoder: layer takes a layer or a function, this is a Linear',
  );
});
