/** Wrong values: each is refused with an error that says where, what was expected and what came. */
import {
  conv2d,
  avgPool2d,
  capture,
  crossEntropy,
  DataLoader,
  dropout,
  manualSeed,
  mseLoss,
  nn,
  noGrad,
  optim,
  profile,
  randint,
  randomSplit,
  scope,
  uniform,
  ValueError,
  Tensor,
} from 'phyllo';
import { describe } from 'vitest';
import { x23, x3, i2, leaf, image, filters, linear, dataset, refuses } from './misuse';

const sgd = new optim.SGD(linear.parameters(), { lr: 1 });

describe('is refused:', () => {
  refuses([
    [
      'a NaN learning rate',
      () => new optim.SGD([leaf], { lr: NaN }),
      ValueError,
      /^SGD: lr takes a finite number ≥ 0, this is NaN$/,
    ],
    [
      'a negative momentum',
      () => new optim.SGD([leaf], { lr: 1, momentum: -0.1 }),
      ValueError,
      /^SGD: momentum takes a finite number ≥ 0, this is -0\.1$/,
    ],
    [
      'nesterov without momentum',
      () => new optim.SGD([leaf], { lr: 1, nesterov: true }),
      ValueError,
      /^SGD: nesterov takes a momentum > 0 and no dampening, these are 0 and 0$/,
    ],
    [
      'a β of 1',
      () => new optim.Adam([leaf], { betas: [0.9, 1] }),
      ValueError,
      /^Adam: beta2 takes a number from 0 to 0\.9{10,}\d*, this is 1$/,
    ],
    [
      'a parameter given twice',
      () => new optim.Adam([leaf, leaf]),
      ValueError,
      /^Adam: a parameter of shape \[3\] is given twice$/,
    ],
    [
      'a parameter in two groups',
      () => new optim.AdamW([{ params: [leaf] }, { params: [leaf] }]),
      ValueError,
      /^AdamW: a parameter of shape \[3\] is given twice$/,
    ],
    [
      'an optimiser without parameters',
      () => new optim.SGD([], { lr: 1 }),
      ValueError,
      /^SGD: takes at least one parameter in each group$/,
    ],
    [
      'an optimiser of a module',
      // @ts-expect-error: its parameters are meant
      () => new optim.SGD(linear, { lr: 1 }),
      ValueError,
      /^SGD: params takes an array, model\.parameters\(\) or groups, this is a Linear$/,
    ],
    [
      'an optimiser of integers',
      () => new optim.SGD([i2], { lr: 1 }),
      ValueError,
      /^SGD: takes dense f32 tensors, this is Tensor\(\[2\], i32\)$/,
    ],
    [
      'an unknown reduction',
      // @ts-expect-error: no such reduction
      () => mseLoss(x23, x23, { reduction: 'average' }),
      ValueError,
      /^mseLoss: reduction takes 'mean', 'sum', 'none' or 'cost', this is 'average'$/,
    ],
    [
      'an unknown reduction of crossEntropy',
      // @ts-expect-error: no such reduction
      () => crossEntropy(x23, i2, { reduction: 'max' }),
      ValueError,
      /^crossEntropy: reduction takes 'mean', 'sum', 'none' or 'cost', this is 'max'$/,
    ],
    [
      'an unknown input of crossEntropy',
      // @ts-expect-error: no such input
      () => crossEntropy(x23, i2, { input: 'logit' }),
      ValueError,
      /^crossEntropy: input takes 'logits', .*, this is 'logit'$/,
    ],
    ['dropout of p > 1', () => dropout(x3, 1.5), ValueError, /^dropout: p takes a number from 0 to 1, this is 1\.5$/],
    [
      'a layer of dropout of p < 0',
      () => new nn.Dropout(-0.5),
      ValueError,
      /^Dropout: p takes a number from 0 to 1, this is -0\.5$/,
    ],
    [
      'batches of none',
      () => new DataLoader(dataset, { batchSize: 0 }),
      ValueError,
      /^DataLoader: batchSize takes a whole number ≥ 1, this is 0$/,
    ],
    [
      'a split that does not add up',
      () => randomSplit(dataset, [7, 2]),
      ValueError,
      /^randomSplit: lengths add up to 10, .*; these to 9$/,
    ],
    [
      'a split of a negative length',
      () => randomSplit(dataset, [11, -1]),
      ValueError,
      /^randomSplit: lengths\[1\] takes a finite number ≥ 0, this is -1$/,
    ],
    [
      'a stride of 0',
      () => conv2d(image, filters, null, { stride: 0 }),
      ValueError,
      /^conv2d: stride takes one or a pair of whole numbers ≥ 1, this is 0$/,
    ],
    [
      "padding 'same' with a stride",
      () => conv2d(image, filters, null, { padding: 'same', stride: 2 }),
      ValueError,
      /^conv2d: padding 'same' takes stride 1, this is \[2, 2\]$/,
    ],
    [
      'padding of more than half a window',
      () => avgPool2d(image, 2, { padding: 2 }),
      ValueError,
      /^avgPool2d: padding \[2, 2\] is more than half of the window \[2, 2\]$/,
    ],
    [
      'a layer of a fraction of neurons',
      () => new nn.Linear(3, 1.5),
      ValueError,
      /^Linear: outFeatures takes a whole number ≥ 0, this is 1\.5$/,
    ],
    [
      'Sequential of a function',
      // @ts-expect-error: no module
      () => new nn.Sequential((x: Tensor) => x),
      ValueError,
      /^Sequential: entry 0 takes a module, this is a function$/,
    ],
    [
      'the summary of a function',
      // @ts-expect-error: no module
      () => nn.summary((x: Tensor) => x, [1]),
      ValueError,
      /^summary: model takes a module, this is a function$/,
    ],
    [
      'capture of a model',
      // @ts-expect-error: no function
      () => capture(linear),
      ValueError,
      /^capture: f takes a function, this is a Linear: pass \(\.\.\.xs\) => model\.forward\(\.\.\.xs\)$/,
    ],
    [
      'noGrad of a tensor',
      // @ts-expect-error: no function
      () => noGrad(x3),
      ValueError,
      /^noGrad: f takes a function, this is Tensor\(\[3\], f32\)$/,
    ],
    [
      'a scope of a tensor',
      // @ts-expect-error: no function
      () => scope(x3),
      ValueError,
      /^scope: f takes a function, this is Tensor\(\[3\], f32\)$/,
    ],
    [
      'an unknown mode of an initialiser',
      // @ts-expect-error: no such mode
      () => nn.init.kaimingNormal(x23, { mode: 'fan_in' }),
      ValueError,
      /^kaimingNormal: mode takes 'fanIn' or 'fanOut', this is 'fan_in'$/,
    ],
    [
      'the gain of an unknown function',
      // @ts-expect-error: no such nonlinearity
      () => nn.init.calculateGain('swish'),
      ValueError,
      /^calculateGain: nonlinearity takes 'linear', .*, this is 'swish'$/,
    ],
    [
      'a negative seed',
      () => manualSeed(-1),
      ValueError,
      /^manualSeed: seed takes a whole number from 0 to 2\^53 - 1, this is -1$/,
    ],
    [
      'an interval upside down',
      () => uniform([2], 1, 0),
      ValueError,
      /^uniform: hi takes a finite number ≥ 1, this is 0$/,
    ],
    ['randint of nothing', () => randint(3, 3, [2]), ValueError, /^randint: high takes a whole number ≥ 4, this is 3$/],
    [
      'a schedule of no steps',
      () => new optim.StepLR(sgd, 0),
      ValueError,
      /^StepLR: stepSize takes a whole number ≥ 1, this is 0$/,
    ],
    [
      'clipping to a negative norm',
      () => optim.clipGradNorm([leaf], -1),
      ValueError,
      /^clipGradNorm: maxNorm takes a finite number ≥ 0, this is -1$/,
    ],
    [
      'an async function in a scope',
      () => scope(async () => x3),
      ValueError,
      /^a scope: the function returned a Promise; a scope is synchronous$/,
    ],
    [
      'an async function in noGrad',
      () => noGrad(async () => x3),
      ValueError,
      /^noGrad: the function returned a Promise; noGrad is synchronous$/,
    ],
    [
      'a profile of a plain function',
      // @ts-expect-error: no captured function
      () => profile(() => x3),
      ValueError,
      /^profile: f takes a captured function, this is a function$/,
    ],
    [
      'new for a tensor',
      // @ts-expect-error: tensors are made by functions
      () => new Tensor([1, 2]),
      ValueError,
      /^Tensor: is not for new: tensor\(data\), zeros\(shape\) and other functions make tensors$/,
    ],
  ]);
});
