/** Wrong uses: each is refused with an error of its kind that says where, what was expected and what came. */
import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  conv2d,
  arange,
  avgPool2d,
  concat,
  crossEntropy,
  DataLoader,
  decodeSafetensors,
  DisposedError,
  dropout,
  DTypeError,
  encodeSafetensors,
  FileError,
  grad,
  GradientError,
  gradients,
  IndexError,
  manualSeed,
  matmul,
  maxPool2d,
  memory,
  metrics,
  mseLoss,
  nn,
  noGrad,
  ones,
  optim,
  OutOfMemoryError,
  PhylloError,
  profile,
  randint,
  randomSplit,
  readIdx,
  scope,
  ShapeError,
  stack,
  tensor,
  TensorDataset,
  uniform,
  ValueError,
  writeIdx,
  zeros,
  type Tensor,
} from 'phyllo';
import { afterAll, describe, expect, test } from 'vitest';
import { wasmBackend } from '../../ts/backend/wasm/backend';
import { assign } from '../../ts/ops/update';

// What the calls are made on.
const [x23, x45, x3] = [ones([2, 3]), ones([4, 5]), ones([3])];
const [f2, d2] = [tensor([0, 1]), tensor([0, 1], { dtype: 'f64' })];
const [i2, u2, b2] = [tensor(Int32Array.of(0, 1)), tensor(Uint8Array.of(0, 5)), tensor([true, false])];
const leaf = tensor([1, 2, 3], { requiresGrad: true });
const other = tensor([1, 2, 3], { requiresGrad: true });
const freed = zeros([2, 3]);
freed.dispose();
const inScope = scope(() => {
  const gone = zeros([2]);
  return { read: (): unknown => gone.toArray() };
});
const image = ones([1, 4, 8, 8]);
const filters = ones([6, 4, 3, 3]);
const net = new nn.Sequential(new nn.Sequential(new nn.Conv2d(3, 8, 3)), new nn.Flatten(), new nn.Linear(8, 2));
const [batch2, batch3] = [ones([2, 2, 3]), ones([3, 3, 2])];
const [i7, minus] = [tensor(Int32Array.of(7)), tensor(Int32Array.of(-1))];
const linear = new nn.Linear(3, 2);
const sgd = new optim.SGD(linear.parameters(), { lr: 1 });
const dataset = new TensorDataset(arange(10));
const idx = writeIdx(tensor(Uint8Array.from({ length: 12 }), { shape: [3, 4] }));
const weights = encodeSafetensors({ w: x23 });
const spent = leaf.square().sum();
spent.backward();
const changed = other.square().sum();
noGrad(() => assign(other, zeros([3])));
const float = new Float32Array(4);
const patched = (bytes: Uint8Array, at: number, value: number): Uint8Array =>
  bytes.map((b, i) => (i === at ? value : b));
const empty = new WebAssembly.Module(Uint8Array.of(0, 97, 115, 109, 1, 0, 0, 0));
const longer = (bytes: Uint8Array): Uint8Array => Uint8Array.from([...bytes, 0]);
const state = { weight: ones([2, 3]), bias: ones([2]) };

type Kind = new (...args: never[]) => PhylloError;
const cases: readonly (readonly [name: string, call: () => unknown, kind: Kind, message: RegExp])[] = [
  // ── Shapes ──
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
    /^concat: tensor 1 is \[1, 4, 5\], the first is \[1, 2, 3\]/,
  ],
  [
    'crossEntropy with a label too few',
    () => crossEntropy(x45, i2),
    ShapeError,
    /^crossEntropy: x \[4, 5\] takes class indices \[4\], target has \[2\]$/,
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

  // ── Element types ──
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

  // ── Values ──
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
    // @ts-expect-error: no layer
    () => new nn.Sequential((x: Tensor) => x),
    ValueError,
    /^Sequential: layer 0 takes a Layer, this is a function$/,
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
  // @ts-expect-error: one argument more
  ['an argument that a method does not take', () => x3.relu(0.1), ValueError, /^relu: takes 0 arguments, these are 1$/],
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
    /^accuracy: predicted\[1\] takes a whole number, this is 1\.5$/,
  ],
  // @ts-expect-error: a number, not a tensor
  ['a number to write to', () => assign(2, leaf), ValueError, /^assign: a takes a tensor, this is 2$/],
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

  // ── Indices ──
  [
    'a label out of range',
    () => crossEntropy(x23, u2),
    IndexError,
    /^crossEntropy: target: index 5 at place 1 is outside \[0, 3\)$/,
  ],
  [
    'an index out of range',
    () => x3.indexSelect(0, i7),
    IndexError,
    /^indexSelect: index 7 at place 0 is outside \[0, 3\)$/,
  ],
  ['a negative index', () => x3.gather(0, minus), IndexError, /^gather: index -1 at place 0 is outside \[0, 3\)$/],
  [
    'a place that is not there',
    () => x23.select(0, 2),
    IndexError,
    /^select: there is no place 2 in dimension 0 of \[2, 3\]$/,
  ],
  ['a sample that is not there', () => dataset.get(10), IndexError, /^TensorDataset: there is no sample 10 among 10$/],
  [
    'a class that is not there',
    () => new metrics.ConfusionMatrix(2).update(u2, u2),
    IndexError,
    /5 at place 1 is outside \[0, 2\)$/,
  ],

  // ── Memory ──
  [
    'a freed tensor in an op',
    () => freed.add(1),
    DisposedError,
    /^add: a tensor of shape \[2, 3\], made by \w+, is used after it was freed by dispose\(\)$/,
  ],
  [
    'a freed tensor in a layer',
    () => linear.forward(freed),
    DisposedError,
    /^linear: a tensor of shape \[2, 3\], made by \w+, is used after it was freed by dispose\(\)$/,
  ],
  [
    'a tensor whose scope has ended',
    () => inScope.read(),
    DisposedError,
    /^toArray: a tensor of shape \[2\], made by \w+ in a scope, is used after .* its scope has ended\. keep/,
  ],

  // ── Gradients ──
  [
    'backward on six numbers',
    () => leaf.mul(2).backward(),
    ShapeError,
    /^backward: starts from one number, this has shape \[3\]; give its gradient$/,
  ],
  [
    'backward from nothing',
    () => x3.sum().backward(),
    GradientError,
    /^backward: nothing that requires a gradient leads to this tensor$/,
  ],
  [
    'backward twice',
    () => spent.backward(),
    GradientError,
    /^backward: the graph of \w+ was already used: detach\(\) what is carried over .* \{ retainGraph: true \}/,
  ],
  [
    'backward through a value that was changed',
    () => changed.backward(),
    GradientError,
    /^backward: a value that the gradient of square needs was changed in place since, by step\(\)/,
  ],
  [
    'a gradient of another shape',
    () => leaf.mul(2).backward({ gradient: x23 }),
    ShapeError,
    /^backward: gradient \[2, 3\] does not have the shape \[3\]$/,
  ],
  [
    'writing to a leaf that is recorded',
    () => assign(leaf, x3),
    GradientError,
    /^assign: writes in place what a gradient is recorded for; do it in noGrad$/,
  ],
  [
    'a gradient of integers',
    () => tensor([1, 2], { dtype: 'i32', requiresGrad: true }),
    GradientError,
    /^requiresGrad: takes f32, this is i32$/,
  ],
  [
    'gradients by what requires none',
    () => gradients(leaf.sum(), [x3]),
    GradientError,
    /^gradients: a tensor of shape \[3\] does not require a gradient$/,
  ],
  [
    'grad of a function of many numbers',
    () => grad(x => x.mul(2))(x3),
    ShapeError,
    /^grad: the function returns one number, not \[3\]$/,
  ],
  [
    'no gradient for what an op made',
    () => (leaf.mul(2).requiresGrad = false),
    GradientError,
    /^requiresGrad: this is the output of an op: use detach\(\)$/,
  ],
  [
    'a gradient of another shape, set',
    () => (leaf.grad = x23),
    ShapeError,
    /^grad: \[2, 3\] \(f32\) is no gradient of \[3\] \(f32\)$/,
  ],

  // ── Files ──
  [
    'an IDX file cut off',
    () => readIdx(idx.subarray(0, 20), 'train-images'),
    FileError,
    /^train-images: expected 24 bytes for u8 \[3, 4\], found 20$/,
  ],
  [
    'an IDX file with more',
    () => readIdx(longer(idx), 'a'),
    FileError,
    /^a: expected 24 bytes for u8 \[3, 4\], found 25$/,
  ],
  [
    'a file that is no IDX',
    () => readIdx(patched(idx, 0, 0x1f), 'a'),
    FileError,
    /^a: expected an IDX file, which begins with 00 00, found 1f 00 08 02$/,
  ],
  [
    'a compressed IDX file',
    () => readIdx(Uint8Array.of(0x1f, 0x8b, 8, 0)),
    FileError,
    /a gzip file: decompress it first$/,
  ],
  [
    'an IDX file of i16',
    () => readIdx(patched(idx, 2, 0x0b)),
    FileError,
    /^IDX file: expected elements of type .*, found i16$/,
  ],
  [
    'safetensors cut off',
    () => decodeSafetensors(weights.subarray(0, -1), 'w.safetensors'),
    FileError,
    /^w\.safetensors: expected \d+ bytes, as the header says, found \d+$/,
  ],
  [
    'safetensors with more',
    () => decodeSafetensors(longer(weights)),
    FileError,
    /^safetensors file: expected \d+ bytes, as the header says, found \d+$/,
  ],
  [
    'safetensors with a header that is none',
    () => decodeSafetensors(patched(weights, 8, 0x20)),
    FileError,
    /^safetensors file: expected a header/,
  ],
  [
    'safetensors with a header without end',
    () => decodeSafetensors(patched(weights, 6, 1)),
    FileError,
    /^safetensors file: expected a header of up to 100000000 bytes, found \d+$/,
  ],
  [
    'a binary of another package',
    () => wasmBackend(empty, 'empty.wasm'),
    PhylloError,
    /^wasm: empty\.wasm is not a binary of this package$/,
  ],
];

describe('is refused:', () => {
  const attempt = (call: () => unknown): unknown =>
    scope(() => {
      try {
        call();
      } catch (e) {
        return e;
      }
      return 'nothing was thrown';
    });

  test.each(cases)('%s', (_, call, kind, message) => {
    const error = attempt(call);
    expect(error).toBeInstanceOf(kind);
    expect(error).toMatchObject({ message: expect.stringMatching(message) });
    const { blocks } = memory();
    attempt(call);
    expect(memory().blocks).toBe(blocks);
  });

  test('and what was to be changed is as it was', () => {
    expect(Array.from(leaf.toArray())).toEqual([1, 2, 3]);
    expect(Array.from(x23.toArray())).toEqual([1, 1, 1, 1, 1, 1]);
    expect(Object.keys(linear.stateDict())).toEqual(['weight', 'bias']);
    expect(Array.from(linear.bias!.toArray())).not.toEqual([1, 1]);
  });
});

describe('the example refuses, before it begins:', () => {
  const root = fileURLToPath(new URL('../..', import.meta.url));
  const folder = mkdtempSync(join(tmpdir(), 'phyllo-'));
  const file = join(folder, 'file');
  writeFileSync(file, '');
  afterAll(() => rmSync(folder, { recursive: true }));

  interface End {
    readonly code: unknown;
    readonly stdout: string;
    readonly stderr: string;
  }
  const run = (args: readonly string[], wasm: string): Promise<End> =>
    new Promise(resolve => {
      const script = ['--conditions=phyllo-source', '--import', 'tsx', 'examples/mnist/main.ts'];
      const options = { cwd: root, env: { ...process.env, PHYLLO_WASM: wasm }, timeout: 50_000 };
      execFile(process.execPath, [...script, ...args], options, (error, stdout, stderr) =>
        resolve({ code: error ? error.code : 0, stdout, stderr }),
      );
    });

  test.each<[string, string[], RegExp, string?]>([
    ['an unknown option', ['--epoch', '1'], /^error: unknown option '--epoch'\n\(Did you mean --epochs\?\)/],
    [
      'no epochs',
      ['--epochs', '0'],
      /^error: option '--epochs <n>' argument '0' is invalid\. It takes a whole number from 1 to 10000\./,
    ],
    [
      'a learning rate in words',
      ['--lr', 'fast'],
      /^error: option '--lr <rate>' argument 'fast' is invalid\. It takes a number above 0\./,
    ],
    ['an unknown optimiser', ['--optimizer', 'lion'], /argument 'lion' is invalid\. Allowed choices are sgd, adam\./],
    ['what is no option', ['10'], /^error: too many arguments/],
    [
      'a folder that cannot be',
      ['--out', join(file, 'out')],
      /^error: .*out: no folder that files can be made in: ENOTDIR: not a directory.*\n$/,
    ],
    ['an unknown binary', [], /PHYLLO_WASM: takes simd128 or relaxed or checked, this is mmx/, 'mmx'],
  ])('%s', { timeout: 60_000 }, async (_, args, message, wasm = '') => {
    const { code, stdout, stderr } = await run(['--out', join(folder, 'runs'), ...args], wasm);
    expect(stderr).toMatch(message);
    expect(code).toBe(1);
    expect(stdout).toBe('');
    expect(readdirSync(folder)).toEqual(['file']);
  });
});
