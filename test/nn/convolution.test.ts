/** Layers of convolution beside Conv2d, and pooling into bins, against what defines them. */
import {
  pad,
  conv1d,
  conv3d,
  adaptiveAvgPool2d,
  adaptiveMaxPool2d,
  conv2d,
  convTranspose2d,
  nn,
  randn,
  ShapeError,
  tensor,
  ValueError,
  type Tensor,
} from 'phyllo';
import { describe, expect, test } from 'vitest';
import { numbers as random } from '../toy';

const numbers = (t: Tensor): number[] => Array.from(t.toArray());
const state = (layer: nn.Layer): [string, readonly number[]][] =>
  Object.entries(layer.stateDict()).map(([name, { shape }]) => [name, shape]);
const close = (found: Tensor, expected: Tensor): void => {
  expect(found.shape).toEqual(expected.shape);
  const want = numbers(expected);
  numbers(found).forEach((x, i) => expect(x).toBeCloseTo(want[i]!, 5));
};

test("conv3d with padding 'same' keeps the size: the odd zero comes after", () => {
  const [x, w] = [randn([2, 3, 4, 5, 6]), randn([2, 3, 2, 3, 4])];
  // Zeros around width, height and depth, by hand: dilation · (k − 1) in all, half of them before.
  close(conv3d(x, w, null, { padding: 'same' }), conv3d(pad(x, [1, 2, 1, 1, 0, 1]), w));
  close(
    conv3d(x, w, null, { padding: 'same', dilation: 2 }),
    conv3d(pad(x, [3, 3, 2, 2, 1, 1]), w, null, { dilation: 2 }),
  );
  close(conv3d(x, w, null, { padding: 'valid' }), conv3d(x, w));
  for (const stride of [2, [2, 1, 1], [1, 1, 2]] as const) {
    expect(() => conv3d(x, w, null, { padding: 'same', stride })).toThrow(/^conv3d: padding 'same' takes stride 1/);
  }
});

describe('layers', () => {
  test('parameters have the names and shapes of PyTorch', () => {
    expect(state(new nn.Conv1d(4, 6, 3, { groups: 2 }))).toEqual([
      ['weight', [6, 2, 3]],
      ['bias', [6]],
    ]);
    expect(state(new nn.Conv3d(4, 6, [1, 2, 3], { bias: false }))).toEqual([['weight', [6, 4, 1, 2, 3]]]);
    expect(state(new nn.ConvTranspose2d(4, 6, [2, 3], { groups: 2 }))).toEqual([
      ['weight', [4, 3, 2, 3]],
      ['bias', [6]],
    ]);
  });

  test('forward is the op with the options given', () => {
    const [sequence, image, volume] = [randn([2, 4, 9]), randn([2, 4, 5, 6]), randn([2, 4, 3, 4, 5])];
    const one = new nn.Conv1d(4, 6, 3, { stride: 2, padding: 1, groups: 2 });
    close(one.forward(sequence), conv1d(sequence, one.weight, one.bias, { stride: 2, padding: 1, groups: 2 }));
    const three = new nn.Conv3d(4, 2, 2, { padding: [1, 0, 1], bias: false });
    close(three.forward(volume), conv3d(volume, three.weight, null, { padding: [1, 0, 1] }));
    const back = new nn.ConvTranspose2d(4, 6, 3, { stride: 2, outputPadding: 1 });
    close(back.forward(image), convTranspose2d(image, back.weight, back.bias, { stride: 2, outputPadding: 1 }));
    expect(back.forward(image).shape).toEqual([2, 6, 12, 14]);
    close(new nn.AdaptiveAvgPool2d([3, 4]).forward(image), adaptiveAvgPool2d(image, [3, 4]));
    close(new nn.AdaptiveMaxPool2d(2).forward(image), adaptiveMaxPool2d(image, 2));
    close(new nn.AdaptiveAvgPool2d(1).forward(image), image.mean([2, 3], { keepdim: true }));
  });

  test.each<[string, () => unknown, new (...args: never[]) => Error, RegExp]>([
    ['groups that do not divide', () => new nn.Conv1d(4, 6, 3, { groups: 4 }), ShapeError, /Conv1d: 4 and 6 channels/],
    ['no channels', () => new nn.ConvTranspose2d(0, 6, 3), ValueError, /ConvTranspose2d: inChannels/],
    [
      'a kernel without depth',
      () => new nn.Conv3d(1, 1, [0, 1, 1]),
      ValueError,
      /Conv3d: kernelSize takes one or three of whole numbers ≥ 1/,
    ],
    ['an empty kernel', () => new nn.Conv1d(1, 1, 0), ValueError, /kernelSize takes a whole number from 1 to/],
    ['no bins', () => new nn.AdaptiveMaxPool2d([2, 0]), ValueError, /AdaptiveMaxPool2d: outputSize/],
  ])('%s', (_, f, kind, text) => {
    expect(f).toThrow(kind);
    expect(f).toThrow(text);
  });
});

test('the transposed convolution is the adjoint: ⟨conv2d x, y⟩ = ⟨x, convTranspose2d y⟩', () => {
  for (const [stride, padding, dilation, size] of [
    [1, 0, 1, 7],
    [2, 1, 1, 7],
    [3, 2, 2, 11],
    [2, 0, 1, 8],
  ] as const) {
    const w = tensor(random(4 * 2 * 9, 1), { shape: [4, 2, 3, 3] });
    const x = tensor(random(2 * 2 * size * size, 2), { shape: [2, 2, size, size] });
    const there = conv2d(x, w, null, { stride, padding, dilation });
    const y = tensor(random(there.size, 3), { shape: there.shape });
    const room = size + 2 * padding - 2 * dilation - 1;
    const back = convTranspose2d(y, w, null, { stride, padding, dilation, outputPadding: room % stride });
    expect(back.shape).toEqual(x.shape);
    expect(there.mul(y).sum().item()).toBeCloseTo(back.mul(x).sum().item(), 4);
  }
});

test('bins are [⌊i·n/m⌋, ⌈(i + 1)·n/m⌉), and the first of equal maxima gets the gradient', () => {
  const [h, w, oh, ow] = [7, 5, 3, 4];
  const data = random(h * w, 4);
  const [averages, maxima]: [number[], number[]] = [[], []];
  for (let i = 0; i < oh; i++) {
    for (let j = 0; j < ow; j++) {
      const bin: number[] = [];
      for (let r = Math.floor((i * h) / oh); r < Math.ceil(((i + 1) * h) / oh); r++)
        for (let c = Math.floor((j * w) / ow); c < Math.ceil(((j + 1) * w) / ow); c++) bin.push(data[r * w + c]!);
      averages.push(bin.reduce((a, b) => a + b) / bin.length);
      maxima.push(Math.max(...bin));
    }
  }
  const x = tensor(data, { shape: [1, 1, h, w] });
  close(adaptiveAvgPool2d(x, [oh, ow]), tensor(averages).reshape([1, 1, oh, ow]));
  close(adaptiveMaxPool2d(x, [oh, ow]), tensor(maxima).reshape([1, 1, oh, ow]));
  const ties = tensor([
    [0, 0, 2],
    [2, 2, 0],
    [1, 2, 2],
  ])
    .reshape([1, 1, 3, 3])
    .detach();
  ties.requiresGrad = true;
  adaptiveMaxPool2d(ties, 2).sum().backward();
  expect(numbers(ties.grad!)).toEqual([0, 0, 1, 2, 1, 0, 0, 0, 0]);
});
