/** What normalising layers and functions refuse. */
import {
  convTranspose2d,
  conv1d,
  conv3d,
  adaptiveAvgPool2d,
  adaptiveMaxPool2d,
  batchNorm,
  groupNorm,
  layerNorm,
  localResponseNorm,
  nn,
  ones,
  rmsNorm,
  ShapeError,
  topk,
  ValueError,
  zeros,
} from 'phyllo';
import { describe, expect, test } from 'vitest';

describe('errors', () => {
  const x = zeros([2, 4, 3]);
  test.each<[string, () => unknown, new (...args: never[]) => Error, RegExp]>([
    [
      'layerNorm of other sizes',
      () => layerNorm(x, [4, 2]),
      ShapeError,
      /layerNorm: normalises dimensions \[4, 2\] at the end, x is \[2, 4, 3\]/,
    ],
    ['layerNorm of no dimension', () => layerNorm(x, []), ShapeError, /layerNorm/],
    [
      'layerNorm with a weight of another shape',
      () => layerNorm(x, [4, 3], { weight: zeros([12]) }),
      ShapeError,
      /weight takes \[4, 3\], this is \[12\]/,
    ],
    ['layerNorm with a negative ε', () => layerNorm(x, 3, { eps: -1 }), ValueError, /eps/],
    ['rmsNorm of a number', () => rmsNorm(zeros([]), 1), ShapeError, /rmsNorm/],
    [
      'groupNorm by a number that does not divide',
      () => groupNorm(x, 3),
      ShapeError,
      /4 channels do not divide into 3 groups/,
    ],
    [
      'groupNorm with a bias of another shape',
      () => groupNorm(x, 2, { bias: zeros([2]) }),
      ShapeError,
      /bias takes \[4\]/,
    ],
    [
      'batchNorm of one number a channel',
      () => batchNorm(zeros([1, 4]), null, null, { training: true }),
      ShapeError,
      /more than one number for each channel, x is \[1, 4\]/,
    ],
    ['batchNorm without statistics', () => batchNorm(x, null, null), ValueError, /runningMean and runningVar/],
    [
      'batchNorm with statistics of another shape',
      () => batchNorm(x, zeros([3]), zeros([4])),
      ShapeError,
      /runningMean takes \[4\], this is \[3\]/,
    ],
    ['batchNorm of a vector', () => batchNorm(zeros([4]), zeros([4]), ones([4])), ShapeError, /\[batch, channels, …\]/],
    ['a momentum beyond 1', () => new nn.BatchNorm1d(4, { momentum: 2 }), ValueError, /BatchNorm1d: momentum/],
    [
      'BatchNorm2d of sequences',
      () => new nn.BatchNorm2d(4).forward(x),
      ShapeError,
      /BatchNorm2d: x takes \[batch, channels, height, width\] with 4 channels, this is \[2, 4, 3\]/,
    ],
    ['BatchNorm1d of other channels', () => new nn.BatchNorm1d(3).forward(x), ShapeError, /with 3 channels/],
    ['GroupNorm of groups that do not divide', () => new nn.GroupNorm(3, 4), ShapeError, /GroupNorm/],
    ['LayerNorm of half a size', () => new nn.LayerNorm(1.5), ShapeError, /LayerNorm/],
    ['localResponseNorm of nothing', () => localResponseNorm(x, 0), ValueError, /size takes a whole number ≥ 1/],
    [
      'topk of more than there are',
      () => topk(x, 4),
      ValueError,
      /k takes at most the 3 elements of dimension 2, this is 4/,
    ],
    [
      'convTranspose2d with too much output padding',
      () => convTranspose2d(zeros([1, 1, 2, 2]), zeros([1, 1, 2, 2]), null, { outputPadding: 1 }),
      ValueError,
      /outputPadding/,
    ],
    [
      'convTranspose2d that leaves nothing',
      () => convTranspose2d(zeros([1, 1, 1, 1]), zeros([1, 1, 2, 2]), null, { padding: 1 }),
      ShapeError,
      /leave nothing/,
    ],
    [
      'convTranspose2d of other channels',
      () => convTranspose2d(zeros([1, 2, 2, 2]), zeros([1, 1, 2, 2])),
      ShapeError,
      /takes 1 channels/,
    ],
    [
      'conv1d of images',
      () => conv1d(zeros([1, 2, 2, 2]), zeros([1, 2, 2])),
      ShapeError,
      /conv1d: x takes \[batch, channels, length\]/,
    ],
    [
      'conv1d of other channels',
      () => conv1d(x, zeros([1, 3, 2])),
      ShapeError,
      /conv1d: w \[1, 3, 2\] takes 3 channels, x \[2, 4, 3\] has 4/,
    ],
    ['conv1d with longer filters', () => conv1d(zeros([2, 4, 3]), zeros([1, 4, 5])), ShapeError, /conv1d/],
    [
      'conv3d of filters that are deeper',
      () => conv3d(zeros([1, 1, 2, 2, 2]), zeros([1, 1, 3, 1, 1])),
      ShapeError,
      /conv3d: .* deeper/,
    ],
    ['adaptive pooling of nothing', () => adaptiveAvgPool2d(zeros([1, 1, 0, 2]), 1), ShapeError, /no positions/],
    ['adaptive pooling into nothing', () => adaptiveMaxPool2d(zeros([1, 1, 2, 2]), 0), ValueError, /outputSize/],
  ])('%s', (_, f, kind, text) => {
    expect(f).toThrow(kind);
    expect(f).toThrow(text);
  });
});
