/** Layers that pool and pad, in one, two and three directions: each output by looking at all the places it is made of. */
import { nn } from 'phyllo';
import type * as padding from '../../../ts/nn/padding';
import type * as pooling from '../../../ts/nn/pooling';
import { expectEach, noise, read, sum, type Row, type Rows } from './naive';

const SIZES = [5, 4, 7];
const product = (list: readonly (readonly number[])[]): number[][] =>
  list.reduce<number[][]>((all, next) => all.flatMap(a => next.map(b => [...a, b])), [[]]);
const range = (n: number, from = 0): number[] => Array.from({ length: n }, (_, i) => from + i);

interface Windows {
  readonly kernel: readonly number[];
  readonly stride: readonly number[];
  readonly padding: readonly number[];
}
/** Windows of the last directions of [2, 3, …]; `f` of the taps inside x. */
function pool(layer: nn.Layer, { kernel, stride, padding }: Windows, f: (taps: number[]) => number): void {
  const dims = kernel.length;
  const sizes = SIZES.slice(-dims);
  const x = noise(2, 3, ...sizes).sub(3); // mostly below 0, which a border of zeros would exceed
  const at = read(x);
  const shape = sizes.map((n, d) => Math.floor((n + 2 * padding[d]! - kernel[d]!) / stride[d]!) + 1);
  expectEach(layer.forward(x), [2, 3, ...shape], (n, c, ...place) => {
    const taps = product(place.map((i, d) => range(kernel[d]!, i * stride[d]! - padding[d]!)));
    return f(taps.filter(tap => tap.every((i, d) => i >= 0 && i < sizes[d]!)).map(tap => at(n!, c!, ...tap)));
  });
}
/** Bins [⌊i·n/m⌋, ⌈(i + 1)·n/m⌉); null: as many as there are positions. */
function bins(layer: nn.Layer, output: readonly (number | null)[], f: (taps: number[]) => number): void {
  const sizes = SIZES.slice(-output.length);
  const x = noise(2, 3, ...sizes);
  const at = read(x);
  const shape = output.map((m, d) => m ?? sizes[d]!);
  expectEach(layer.forward(x), [2, 3, ...shape], (n, c, ...place) => {
    const taps = product(
      place.map((i, d) => {
        const first = Math.floor((i * sizes[d]!) / shape[d]!);
        return range(Math.ceil(((i + 1) * sizes[d]!) / shape[d]!) - first, first);
      }),
    );
    return f(taps.map(tap => at(n!, c!, ...tap)));
  });
}
const total = (taps: readonly number[]): number => sum(taps.length, i => taps[i]!);
const mean = (taps: readonly number[]): number => total(taps) / taps.length;
const max = (taps: readonly number[]): number => Math.max(...taps);
const norm = (taps: readonly number[]): number => Math.sqrt(total(taps.map(v => v * v)));
const W1 = { kernel: [3], stride: [2], padding: [1] };
const W2 = { kernel: [2, 3], stride: [1, 2], padding: [1, 0] };
const W3 = { kernel: [2, 2, 3], stride: [2, 1, 2], padding: [1, 0, 1] };
const O1 = { stride: 2, padding: 1 };
const O2 = { stride: [1, 2], padding: [1, 0] } as const;
const O3 = { stride: [2, 1, 2], padding: [1, 0, 1] } as const;
const inner = (w: Windows): Windows => ({ ...w, padding: w.padding.map(() => 0) });

export const POOLS: Readonly<Record<keyof typeof pooling, Rows>> = {
  MaxPool1d: [() => pool(new nn.MaxPool1d(3, O1), W1, max), () => pool(new nn.MaxPool1d(3, 2, 1), W1, max)],
  MaxPool2d: [
    () => pool(new nn.MaxPool2d([2, 3], O2), W2, max),
    () => pool(new nn.MaxPool2d([2, 3], [1, 2], { padding: [1, 0] }), W2, max),
  ],
  MaxPool3d: [() => pool(new nn.MaxPool3d([2, 2, 3], O3), W3, max)],
  AvgPool1d: [() => pool(new nn.AvgPool1d(3, O1), W1, taps => total(taps) / 3)],
  AvgPool2d: [
    () => pool(new nn.AvgPool2d([2, 3], O2), W2, taps => total(taps) / 6),
    () => pool(new nn.AvgPool2d([2, 3], { ...O2, countIncludePad: false }), W2, mean),
    () => pool(new nn.AvgPool2d([2, 3], { ...O2, divisorOverride: 4 }), W2, taps => total(taps) / 4),
  ],
  AvgPool3d: [
    () => pool(new nn.AvgPool3d([2, 2, 3], O3), W3, taps => total(taps) / 12),
    () => pool(new nn.AvgPool3d([2, 2, 3], { ...O3, countIncludePad: false }), W3, mean),
    () => pool(new nn.AvgPool3d([2, 2, 3], { ...O3, divisorOverride: -5 }), W3, taps => total(taps) / -5),
  ],
  LPPool1d: [() => pool(new nn.LPPool1d(2, 3, 2), inner(W1), norm)],
  LPPool2d: [() => pool(new nn.LPPool2d(2, [2, 3], { stride: [1, 2] }), inner(W2), norm)],
  LPPool3d: [() => pool(new nn.LPPool3d(2, [2, 2, 3], [2, 1, 2]), inner(W3), norm)],
  AdaptiveAvgPool1d: [() => bins(new nn.AdaptiveAvgPool1d(3), [3], mean)],
  AdaptiveAvgPool2d: [() => bins(new nn.AdaptiveAvgPool2d([3, null]), [3, null], mean)],
  AdaptiveAvgPool3d: [() => bins(new nn.AdaptiveAvgPool3d([3, 2, 4]), [3, 2, 4], mean)],
  AdaptiveMaxPool1d: [() => bins(new nn.AdaptiveMaxPool1d(3), [3], max)],
  AdaptiveMaxPool2d: [() => bins(new nn.AdaptiveMaxPool2d([3, null]), [3, null], max)],
  AdaptiveMaxPool3d: [() => bins(new nn.AdaptiveMaxPool3d([3, 2, 4]), [3, 2, 4], max)],
};

type Place = (i: number, n: number) => number;
/** Which place is at i beyond [0, n), by walking there; `outside` where there is none. */
const mirrored: Place = (i, n) => (i < 0 ? -i : i >= n ? 2 * n - 2 - i : i);
const edge: Place = (i, n) => (i < 0 ? 0 : i >= n ? n - 1 : i);
const around: Place = (i, n) => (i < 0 ? i + n : i >= n ? i - n : i);
function border(layer: nn.Layer, pads: readonly number[], place: Place | null, value = 0): void {
  const dims = pads.length / 2;
  const sizes = SIZES.slice(-dims);
  const x = noise(2, ...sizes);
  const at = read(x);
  const before = (d: number): number => pads[2 * (dims - 1 - d)]!;
  const shape = sizes.map((n, d) => n + before(d) + pads[2 * (dims - 1 - d) + 1]!);
  expectEach(layer.forward(x), [2, ...shape], (c, ...index) => {
    const from = index.map((i, d) => i - before(d));
    const inside = from.every((i, d) => i >= 0 && i < sizes[d]!);
    return place || inside ? at(c!, ...from.map((i, d) => (place ? place(i, sizes[d]!) : i))) : value;
  });
}
const P1 = [2, 1];
const P2 = [1, 2, 3, 0];
const P3 = [1, 1, 0, 2, 2, 1];
const all = (dims: number): number[] => new Array<number>(2 * dims).fill(2);
const rows = (
  type: new (padding: nn.PadSizes) => nn.Layer,
  pads: readonly number[],
  place: Place | null,
): readonly [Row, Row] => [
  () => border(new type(pads), pads, place),
  () => border(new type(2), all(pads.length / 2), place),
];

export const BORDERS: Readonly<Record<keyof typeof padding, Rows>> = {
  ConstantPad1d: [() => border(new nn.ConstantPad1d(P1, 7), P1, null, 7)],
  ConstantPad2d: [() => border(new nn.ConstantPad2d(2, -7), all(2), null, -7)],
  ConstantPad3d: [() => border(new nn.ConstantPad3d(P3, 7), P3, null, 7)],
  ZeroPad1d: rows(nn.ZeroPad1d, P1, null),
  ZeroPad2d: rows(nn.ZeroPad2d, P2, null),
  ZeroPad3d: rows(nn.ZeroPad3d, P3, null),
  ReflectionPad1d: rows(nn.ReflectionPad1d, P1, mirrored),
  ReflectionPad2d: rows(nn.ReflectionPad2d, P2, mirrored),
  ReflectionPad3d: rows(nn.ReflectionPad3d, P3, mirrored),
  ReplicationPad1d: rows(nn.ReplicationPad1d, P1, edge),
  ReplicationPad2d: rows(nn.ReplicationPad2d, P2, edge),
  ReplicationPad3d: rows(nn.ReplicationPad3d, P3, edge),
  CircularPad1d: rows(nn.CircularPad1d, P1, around),
  CircularPad2d: rows(nn.CircularPad2d, P2, around),
  CircularPad3d: rows(nn.CircularPad3d, P3, around),
};
