/** Memory, graphs and files that are not what they should be: each is refused with an error that says what came. */
import {
  decodeSafetensors,
  DisposedError,
  encodeSafetensors,
  FileError,
  grad,
  GradientError,
  gradients,
  noGrad,
  PhylloError,
  readIdx,
  scope,
  ShapeError,
  tensor,
  writeIdx,
  zeros,
} from 'phyllo';
import { describe, test } from 'vitest';
import { wasmBackend } from '../../ts/backend/wasm/backend';
import { copy_ } from '../../ts/ops/inplace';
import { x23, x3, leaf, freed, linear, expectUnchanged, refuses } from './misuse';

const inScope = scope(() => {
  const gone = zeros([2]);
  return { read: (): unknown => gone.toArray() };
});

const idx = writeIdx(tensor(Uint8Array.from({ length: 12 }), { shape: [3, 4] }));
const weights = encodeSafetensors({ w: x23 });

const other = tensor([1, 2, 3], { requiresGrad: true });
const spent = leaf.square().sum();
spent.backward();
const changed = other.square().sum();
noGrad(() => copy_(other, zeros([3])));

const patched = (bytes: Uint8Array, at: number, value: number): Uint8Array =>
  bytes.map((b, i) => (i === at ? value : b));
const empty = new WebAssembly.Module(Uint8Array.of(0, 97, 115, 109, 1, 0, 0, 0));
const longer = (bytes: Uint8Array): Uint8Array => Uint8Array.from([...bytes, 0]);

describe('is refused:', () => {
  refuses([
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
      () => copy_(leaf, x3),
      GradientError,
      /^copy_: writes in place what a gradient is recorded for; do it in noGrad$/,
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
  ]);

  test('and what was to be changed is as it was', expectUnchanged);
});
