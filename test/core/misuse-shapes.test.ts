/** Wrong shapes: each is refused with an error that says where, what was expected and what came. */
import {
  conv2d,
  concat,
  crossEntropy,
  matmul,
  maxPool2d,
  mseLoss,
  nn,
  ones,
  ShapeError,
  stack,
  tensor,
  TensorDataset,
  ValueError,
  zeros,
} from 'phyllo';
import { describe } from 'vitest';
import { x23, x45, x3, i2, leaf, image, filters, linear, state, refuses } from './misuse';

const net = new nn.Sequential(new nn.Sequential(new nn.Conv2d(3, 8, 3)), new nn.Flatten(), new nn.Linear(8, 2));
const [batch2, batch3] = [ones([2, 2, 3]), ones([3, 3, 2])];

const f2 = ones([2]);
const float = new Float32Array(4);

describe('is refused:', () => {
  refuses([
    [
      'matmul of misfits',
      () => matmul(x23, x45),
      ShapeError,
      /^matmul: a \[2, 3\] has 3 columns, b \[4, 5\] has 4 rows$/,
    ],
    [
      'matmul of batches that do not broadcast',
      () => matmul(batch2, batch3),
      ShapeError,
      /^matmul: \[2\] and \[3\] do not broadcast/,
    ],
    [
      'matmul of a number',
      () => matmul(x3, leaf.sum()),
      ShapeError,
      /^matmul: takes vectors and matrices, these are \[3\] and \[\]/,
    ],
    [
      'add that does not broadcast',
      () => x23.add(x45),
      ShapeError,
      /^add: \[2, 3\] and \[4, 5\] do not broadcast: 3 against 5$/,
    ],
    [
      'conv2d of other channels, in a layer',
      () => net.forward(image),
      ShapeError,
      /^conv2d \(0\.0\): w \[8, 3, 3, 3\] takes 3 channels, x \[1, 4, 8, 8\] has 4$/,
    ],
    [
      'conv2d of a matrix',
      () => conv2d(x23, filters),
      ShapeError,
      /^conv2d: x takes \[batch, channels, height, width\], this is \[2, 3\]$/,
    ],
    [
      'conv2d with filters larger than the image',
      () => conv2d(image, filters, null, { dilation: 5 }),
      ShapeError,
      /^conv2d: w \[6, 4, 3, 3\] with dilation \[5, 5\] is larger than x \[1, 4, 8, 8\]/,
    ],
    [
      'conv2d with a bias of another size',
      () => conv2d(image, filters, x3),
      ShapeError,
      /^conv2d: w \[6, 4, 3, 3\] takes a bias of \[6\], this is \[3\]$/,
    ],
    [
      'conv2d of groups that do not divide',
      () => new nn.Conv2d(4, 6, 3, { groups: 4 }),
      ShapeError,
      /^Conv2d: 4 and 6 channels do not divide into 4 groups$/,
    ],
    [
      'linear of other features',
      () => linear.forward(x45),
      ShapeError,
      /^linear: w \[2, 3\] takes 3 features, x \[4, 5\] has 5$/,
    ],
    [
      'reshape to another size',
      () => x23.reshape([4, -1]),
      ShapeError,
      /^reshape: \[2, 3\] has 6 elements and does not fit \[4, -1\]$/,
    ],
    [
      'concat of misfits',
      () => concat([x23, x45]),
      ShapeError,
      /^concat: tensor 1 is \[4, 5\], the first is \[2, 3\]: only dimension 0 may differ$/,
    ],
    ['concat of nothing', () => concat([]), ShapeError, /^concat: takes at least one tensor$/],
    [
      'stack of misfits',
      () => stack([x23, x45]),
      ShapeError,
      /^stack: tensor 1 is f32 \[4, 5\], the first is f32 \[2, 3\]$/,
    ],
    [
      'crossEntropy with a label too few',
      () => crossEntropy(x45, i2),
      ShapeError,
      /^crossEntropy: x \[4, 5\] takes class indices \[4\], target has \[2\]$/,
    ],
    [
      'crossEntropy of one sample with labels of a batch',
      () => crossEntropy(x3, i2),
      ShapeError,
      /^crossEntropy: x \[3\] takes class indices \[\], target has \[2\]$/,
    ],
    [
      'crossEntropy of a target with logits',
      () => crossEntropy(x3, x23),
      ShapeError,
      /^crossEntropy: x \[3\] and target \[2, 3\] differ$/,
    ],
    [
      'crossEntropy of one sample with weights of others',
      () => crossEntropy(x3, x3, { weight: f2 }),
      ShapeError,
      /^crossEntropy: weight takes \[3\], this is \[2\]$/,
    ],
    [
      'crossEntropy with probabilities of another shape',
      () => crossEntropy(x45, x23),
      ShapeError,
      /^crossEntropy: x \[4, 5\] and target \[2, 3\] differ$/,
    ],
    ['mseLoss of misfits', () => mseLoss(x23, x3), ShapeError, /^mseLoss: x \[2, 3\] and target \[3\] differ$/],
    [
      'a dimension that is not there',
      () => x23.sum(2),
      ShapeError,
      /^sum: there is no dimension 2 among 2: takes -2 to 1$/,
    ],
    [
      'permute that names a dimension twice',
      () => x23.permute([0, 0]),
      ShapeError,
      /^permute: \[0, 0\] does not name each of the 2 dimensions once$/,
    ],
    [
      'expand of a size that is not 1',
      () => x23.expand([4, 3]),
      ShapeError,
      /^expand: \[2, 3\] does not spread to \[4, 3\]$/,
    ],
    ['item of six', () => x23.item(), ShapeError, /^item: takes a tensor of one element, this has shape \[2, 3\]$/],
    [
      'set with no numbers at some indices',
      () => x23.set({ length: 6, 0: 1 }),
      ValueError,
      /^set: data takes an array of numbers, this is \{ 0, length \}$/,
    ],
    ['set with too few numbers', () => x23.set([1, 2]), ShapeError, /^set: 2 elements do not fill \[2, 3\]$/],
    [
      'tensor of ragged arrays',
      () => tensor([[1, 2], [3]]),
      ShapeError,
      /^tensor: element 1 has shape \[1\], element 0 has \[2\]$/,
    ],
    [
      'tensor of ragged depth',
      () => tensor([1, [2]]),
      ShapeError,
      /^tensor: element 1 has shape \[1\], element 0 has \[\]$/,
    ],
    [
      'tensor of the wrong size',
      () => tensor(float, { shape: [3] }),
      ShapeError,
      /^tensor: 4 elements do not fill \[3\]$/,
    ],
    [
      'a shape with a fraction',
      () => zeros([2, 1.5]),
      ShapeError,
      /^zeros: shape takes a list of whole numbers from 0 up, this is \[2, 1\.5\]$/,
    ],
    [
      'maxPool2d with a window too large',
      () => maxPool2d(image, 9),
      ShapeError,
      /^maxPool2d: a window of \[9, 9\] is larger than x \[1, 4, 8, 8\]$/,
    ],
    [
      'loadStateDict of other shapes',
      () => linear.loadStateDict({ ...state, bias: x3 }),
      ShapeError,
      /^loadStateDict: bias takes f32 \[2\], found f32 \[3\]$/,
    ],
    [
      'loadStateDict without a name',
      () => linear.loadStateDict({ bias: state.bias }),
      ShapeError,
      /^loadStateDict: weight is missing$/,
    ],
    [
      'TensorDataset of different lengths',
      () => new TensorDataset(x23, x45),
      ShapeError,
      /^TensorDataset: .* tensor 1 is \[4, 5\], the first is \[2, 3\]$/,
    ],
  ]);
});
