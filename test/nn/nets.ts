/** A network of modules, parameters and buffers in fields and arrays, which tests of modules run on. */
import { nn, ones, tensor, zeros, type Tensor } from 'phyllo';

export const numbers = (t: Tensor): number[] => Array.from(t.toArray());
export const names = (entries: Iterable<readonly [string, unknown]>): string[] => Array.from(entries, ([name]) => name);

/** y = s ⊙ (x Wᵀ + b) + m: a layer inside, a parameter and a buffer of its own. */
export class Scaled extends nn.Layer {
  readonly inner: nn.Linear;
  readonly scale: nn.Parameter;
  readonly mean: nn.Buffer;
  constructor(n: number) {
    super();
    this.inner = new nn.Linear(n, n);
    this.scale = new nn.Parameter(ones([n]));
    this.mean = new nn.Buffer(zeros([n]));
  }
  forward(x: Tensor): Tensor {
    return this.inner.forward(x).mul(this.scale).add(this.mean);
  }
}

/** Modules and parameters in arrays, a module that is used twice, and fields that are no part of it. */
export class Net extends nn.Module {
  readonly blocks: readonly Scaled[] = [new Scaled(3), new Scaled(3)];
  readonly drop: nn.Dropout = new nn.Dropout(0.5);
  readonly head: nn.Linear = new nn.Linear(3, 2, { bias: false });
  readonly again: nn.Linear = this.head;
  readonly offsets: readonly nn.Parameter[] = [new nn.Parameter(zeros([2])), new nn.Parameter(ones([2]))];
  readonly width: number = 3;
  readonly note: Tensor = tensor([1]);
  readonly absent: null = null;

  forward(x: Tensor): readonly [Tensor, Tensor] {
    let h = x;
    for (const block of this.blocks) h = block.forward(h).relu();
    const y = this.head.forward(this.drop.forward(h)).add(this.offsets[0]!);
    return [y, this.again.forward(h).add(this.offsets[1]!)];
  }
}

/** Names of the parameters of {@link Net}, in their order. */
export const NAMES: readonly string[] = [
  'offsets.0',
  'offsets.1',
  'blocks.0.scale',
  'blocks.0.inner.weight',
  'blocks.0.inner.bias',
  'blocks.1.scale',
  'blocks.1.inner.weight',
  'blocks.1.inner.bias',
  'head.weight',
];
