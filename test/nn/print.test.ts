/** What printing a module shows. */
import { inspect } from 'node:util';
import { nn, randn, type Tensor } from 'phyllo';
import { expect, test } from 'vitest';

class Net extends nn.Layer {
  readonly classes = 2;
  readonly name = 'net';
  features = new nn.Sequential(new nn.Conv2d(1, 8, [3, 3], { padding: 1 }), new nn.ReLU());
  blocks = [new nn.Linear(8, 8, { bias: false }), new nn.Dropout(0.5)];
  mean = randn([3]);
  forward(x: Tensor): Tensor {
    return this.features.forward(x);
  }
}

test('its class, its settings and the modules inside, as PyTorch prints them', () => {
  const net = new Net();
  const text = `Net(
  classes=2, name='net'
  (features): Sequential(
    (0): Conv2d(inChannels=1, outChannels=8, kernelSize=[3, 3], paddingMode='zeros', padding=1)
    (1): ReLU()
  )
  (blocks.0): Linear(inFeatures=8, outFeatures=8, bias=null)
  (blocks.1): Dropout(p=0.5)
)`;
  expect(String(net)).toBe(text);
  expect(inspect(net)).toBe(text);
  expect(inspect({ net })).toContain('(0): Conv2d(');
});

test('a module that holds itself ends there', () => {
  class Loop extends nn.Layer {
    readonly inner: nn.Module = this;
    forward(x: Tensor): Tensor {
      return x;
    }
  }
  expect(String(new Loop())).toBe('Loop(\n  (inner): Loop(…)\n)');
});
