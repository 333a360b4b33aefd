/** Wrong arguments, element types and indices: each is refused with an error that says what was expected and what came. */
import {
  conv2d,
  concat,
  crossEntropy,
  DataLoader,
  DTypeError,
  IndexError,
  matmul,
  metrics,
  optim,
  OutOfMemoryError,
  ShapeError,
  tensor,
  ValueError,
  writeIdx,
  zeros,
} from 'phyllo';
import { describe } from 'vitest';
import { copy_ } from '../../ts/ops/inplace';
import { x23, x3, i2, u2, b2, leaf, image, filters, linear, dataset, state, refuses } from './misuse';

const [f2, d2] = [tensor([0, 1]), tensor([0, 1], { dtype: 'f64' })];

const [i7, minus] = [tensor(Int32Array.of(7)), tensor(Int32Array.of(-1))];

describe('is refused:', () => {
  refuses([
    [
      'concat of types',
      () => concat([i2, b2]),
      DTypeError,
      /^concat: tensor 1 is bool, the first is i32; convert it with to\('i32'\)$/,
    ],
    ['f64 in an op', () => d2.exp(), DTypeError, /^exp: x takes f32, this is f64/],
    [
      'an index of floats',
      () => x3.indexSelect(0, x3),
      DTypeError,
      /^indexSelect: index takes i32, this is f32; convert it with to\('i32'\)$/,
    ],
    [
      'crossEntropy with labels of floats',
      () => crossEntropy(x23, f2),
      DTypeError,
      /^crossEntropy: target looks like class indices but is f32; convert it with to\('i32'\)$/,
    ],
    [
      'loadStateDict of another type',
      () => linear.loadStateDict({ ...state, bias: i2 }),
      ShapeError,
      /^loadStateDict: bias takes f32 \[2\], found i32 \[2\]$/,
    ],
    ['writeIdx of bool', () => writeIdx(b2), DTypeError, /^writeIdx: IDX has u8, i8, i32, f32 or f64, this is bool$/],
    ['metrics of float labels', () => metrics.accuracy(x3, x3), DTypeError, /labels of i32, u8 or bool, this is f32$/],

    [
      'a label out of range',
      () => crossEntropy(x23, u2),
      IndexError,
      /^crossEntropy: target: index 5 at position 1 is outside \[0, 3\)$/,
    ],
    [
      'an index out of range',
      () => x3.indexSelect(0, i7),
      IndexError,
      /^indexSelect: index 7 at position 0 is outside \[0, 3\)$/,
    ],
    ['a negative index', () => x3.gather(0, minus), IndexError, /^gather: index -1 at position 0 is outside \[0, 3\)$/],
    [
      'a place that is not there',
      () => x23.select(0, 2),
      IndexError,
      /^select: there is no index 2 in dimension 0 of \[2, 3\]$/,
    ],
    [
      'a sample that is not there',
      () => dataset.get(10),
      IndexError,
      /^TensorDataset: there is no sample 10 among 10$/,
    ],
    [
      'a class that is not there',
      () => new metrics.ConfusionMatrix(2).update(u2, u2),
      IndexError,
      /5 at position 1 is outside \[0, 2\)$/,
    ],

    [
      'an option that is misspelt',
      // @ts-expect-error: no such option
      () => new optim.SGD([leaf], { lr: 1, momentun: 0.9 }),
      ValueError,
      /^SGD: there is no option momentun: did you mean momentum\?$/,
    ],
    [
      'an option of another function',
      // @ts-expect-error: no such option
      () => conv2d(image, filters, null, { keepdim: true }),
      ValueError,
      /^conv2d: there is no option keepdim: it takes stride, padding, dilation, groups$/,
    ],
    [
      'an argument that a method does not take',
      // @ts-expect-error: one argument more
      () => x3.relu(0.1),
      ValueError,
      /^relu: takes 0 arguments, these are 1$/,
    ],
    [
      'the sixth argument of a function of two',
      () => Reflect.apply(matmul, null, [x23, x23, undefined, undefined, undefined, 1]),
      ValueError,
      /^matmul: takes 2 arguments, these are 6$/,
    ],
    [
      'a loader of a Promise',
      // @ts-expect-error: awaits nothing
      () => new DataLoader(Promise.resolve(dataset)),
      ValueError,
      /^DataLoader: dataset takes a dataset, .*, this is a Promise: await it first$/,
    ],
    [
      'a fraction as a size',
      () => x3.expand([1.5, 3]),
      ShapeError,
      /^expand: shape takes a list of whole numbers from 0 up, or -1, this is \[1\.5, 3\]$/,
    ],
    [
      'a label that is none',
      () => metrics.accuracy([0, 1.5], [0, 1]),
      ValueError,
      /^accuracy: output\[1\] takes a whole number, this is 1\.5$/,
    ],
    // @ts-expect-error: a number, not a tensor
    ['a number to write to', () => copy_(2, leaf), ValueError, /^copy_: a takes a tensor, this is 2$/],
    [
      'tensor of text',
      // @ts-expect-error: no number
      () => tensor('12'),
      ValueError,
      /^tensor: data takes numbers, arrays of them or a typed array, this is '12'$/,
    ],
    [
      'an array where a tensor belongs',
      // @ts-expect-error: no tensor
      () => x23.add([1, 2, 3]),
      ValueError,
      /^add: b takes a tensor, this is an array: make one with tensor\(\)$/,
    ],
    // @ts-expect-error: no tensor
    ['nothing where a tensor belongs', () => x23.add(), ValueError, /^add: b takes a tensor, this is missing$/],
    [
      'an array given to a layer',
      // @ts-expect-error: no tensor
      () => linear.forward([1, 2, 3]),
      ValueError,
      /^linear: x takes a tensor, this is an array/,
    ],
    [
      'an unknown element type',
      // @ts-expect-error: no such element type
      () => zeros([2], { dtype: 'f8' }),
      DTypeError,
      /^zeros: dtype takes i64, f64, f32, i32, bf16, f16, i8, u8, bool, this is 'f8'$/,
    ],
    [
      'more memory than there is',
      () => zeros([2 ** 20, 2 ** 12]),
      OutOfMemoryError,
      /^alloc: no room for 17179869184 bytes beside the \d+ in use$/,
    ],
  ]);
});
