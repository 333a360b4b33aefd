/** Networks as data: every library builds them from this, with the same parameters. */
import { values } from './values';

export type NetLayer =
  | {
      readonly op: 'conv';
      readonly c: number;
      readonly k: number;
      readonly kernel: number;
      readonly stride?: number;
      readonly padding?: number;
    }
  | { readonly op: 'linear'; readonly c: number; readonly k: number }
  | { readonly op: 'maxPool'; readonly kernel: number; readonly stride: number }
  | { readonly op: 'relu' }
  | { readonly op: 'flatten' };

export interface Net {
  /** Shape of a sample. */
  readonly input: readonly number[];
  readonly layers: readonly NetLayer[];
  /** Operations of a sample forward. */
  readonly flop: number;
  readonly seed: number;
}

const relu = { op: 'relu' } as const;
const flatten = { op: 'flatten' } as const;
const linear = (c: number, k: number): NetLayer => ({ op: 'linear', c, k });
const maxPool = (kernel: number, stride: number): NetLayer => ({ op: 'maxPool', kernel, stride });
const conv = (c: number, k: number, kernel: number, padding = 0, stride = 1): NetLayer => ({
  op: 'conv',
  c,
  k,
  kernel,
  padding,
  stride,
});

export type NetName = 'tiny' | 'mlp' | 'lenet' | 'alexnet';

export const NETS: Readonly<Record<NetName, Net>> = {
  // With this seed the outputs are positive: brain.js rectifies them too.
  tiny: { input: [16], layers: [linear(16, 32), relu, linear(32, 4)], flop: 1_280, seed: 33 },
  mlp: { input: [784], layers: [linear(784, 128), relu, linear(128, 10)], flop: 203_264, seed: 1 },
  lenet: {
    input: [1, 28, 28],
    layers: [
      conv(1, 6, 5, 2),
      relu,
      maxPool(2, 2),
      conv(6, 16, 5),
      relu,
      maxPool(2, 2),
      flatten,
      linear(400, 120),
      relu,
      linear(120, 84),
      relu,
      linear(84, 10),
    ],
    flop: 833_040,
    seed: 1,
  },
  /** torchvision's, as it infers. */
  alexnet: {
    input: [3, 224, 224],
    layers: [
      conv(3, 64, 11, 2, 4),
      relu,
      maxPool(3, 2),
      conv(64, 192, 5, 2),
      relu,
      maxPool(3, 2),
      conv(192, 384, 3, 1),
      relu,
      conv(384, 256, 3, 1),
      relu,
      conv(256, 256, 3, 1),
      relu,
      maxPool(3, 2),
      flatten,
      linear(9216, 4096),
      relu,
      linear(4096, 4096),
      relu,
      linear(4096, 1000),
    ],
    flop: 1_428_376_960,
    seed: 1,
  },
};

export interface Weights {
  /** [k, c, kernel, kernel] or [k, c] */
  readonly weight: Float32Array;
  /** [k] */
  readonly bias: Float32Array;
}

/** The parameters by layer, null where it has none: evenly over ±1/√inputs, times √3 to keep the scale through a net. */
export function parameters({ layers, seed }: Net): (Weights | null)[] {
  return layers.map((layer, i) => {
    if (layer.op !== 'conv' && layer.op !== 'linear') return null;
    const inputs = layer.c * (layer.op === 'conv' ? layer.kernel ** 2 : 1);
    const scale = Math.sqrt(3 / inputs);
    return {
      weight: values(layer.k * inputs, seed + 2 * i, scale),
      bias: values(layer.k, seed + 2 * i + 1, scale),
    };
  });
}

/** A batch of samples. */
export const samples = ({ input, seed }: Net, batch: number): Float32Array =>
  values(batch * input.reduce((a, b) => a * b, 1), seed + 100);
