import { nn, type Tensor } from 'phyllo';
import type * as convolution from '../../../ts/nn/convolution';
import { changed, expectEach, noise, read, readOr0, sum, type Rows } from './naive';

/** y[n, o, i] = b[o] + Σ w[o, c, u] · x[n, c + first channel of o's group, i · stride + u · dilation − padding]. */
function conv1d(bias: boolean): void {
  const layer = changed(new nn.Conv1d(4, 6, 3, { stride: 2, padding: 1, dilation: 2, groups: 2, bias }));
  const x = noise(2, 4, 9);
  const [at, w, b] = [read(x), read(layer.weight), readOr0(layer.bias)];
  expectEach(layer.forward(x), [2, 6, 4], (n, o, i) => {
    const first = o! < 3 ? 0 : 2;
    return b(o!) + sum(2, c => sum(3, u => w(o!, c, u) * at(n!, first + c, 2 * i! + 2 * u - 1)));
  });
}

function conv2d(): void {
  const layer = changed(new nn.Conv2d(4, 6, [3, 2], { stride: [1, 2], padding: [2, 1], dilation: [2, 1], groups: 2 }));
  const x = noise(2, 4, 5, 6);
  const [at, w, b] = [read(x), read(layer.weight), readOr0(layer.bias)];
  expectEach(layer.forward(x), [2, 6, 5, 4], (n, o, i, j) => {
    const first = o! < 3 ? 0 : 2;
    return (
      b(o!) + sum(2, c => sum(3, u => sum(2, v => w(o!, c, u, v) * at(n!, first + c, i! + 2 * u - 2, 2 * j! + v - 1))))
    );
  });
}

function conv3d(): void {
  const layer = changed(new nn.Conv3d(2, 3, [2, 1, 3], { stride: [1, 2, 1], padding: [1, 0, 1] }));
  const x = noise(2, 2, 3, 4, 5);
  const [at, w, b] = [read(x), read(layer.weight), readOr0(layer.bias)];
  expectEach(layer.forward(x), [2, 3, 4, 2, 5], (n, o, h, i, j) => {
    const taps = (c: number): number =>
      sum(2, t => sum(3, v => w(o!, c, t, 0, v) * at(n!, c, h! + t - 1, 2 * i!, j! + v - 1)));
    return b(o!) + sum(2, taps);
  });
}

/** y[i · stride + u · dilation − padding] gets w[c, o, u] · x[c, i] of each place i and tap u. */
function convTranspose2d(): void {
  const options = { stride: [2, 1], padding: [1, 0], outputPadding: [1, 0], dilation: [1, 2], groups: 2 } as const;
  const layer = changed(new nn.ConvTranspose2d(4, 6, [3, 2], options));
  const x = noise(2, 4, 3, 4);
  const [at, w, b] = [read(x), read(layer.weight), readOr0(layer.bias)];
  expectEach(layer.forward(x), [2, 6, 6, 6], (n, o, i, j) => {
    const [first, out] = o! < 3 ? [0, o!] : [2, o! - 3];
    const from = (c: number, u: number, v: number): number => {
      const [p, q] = [(i! + 1 - u) / 2, j! - 2 * v];
      return Number.isInteger(p) ? w(first + c, out, u, v) * at(n!, first + c, p, q) : 0;
    };
    return b(o!) + sum(2, c => sum(3, u => sum(2, v => from(c, u, v))));
  });
}

function convTranspose1d(): void {
  const layer = changed(new nn.ConvTranspose1d(4, 6, 3, 2, 1, 1, 2, true, 2));
  const x = noise(2, 4, 5);
  const [at, w, b] = [read(x), read(layer.weight), readOr0(layer.bias)];
  expectEach(layer.forward(x), [2, 6, 12], (n, o, i) => {
    const [first, out] = o! < 3 ? [0, o!] : [2, o! - 3];
    const from = (c: number, u: number): number => {
      const p = (i! + 1 - 2 * u) / 2;
      return Number.isInteger(p) ? w(first + c, out, u) * at(n!, first + c, p) : 0;
    };
    return b(o!) + sum(2, c => sum(3, u => from(c, u)));
  });
}
function convTranspose3d(): void {
  const options = { stride: [2, 1, 1], padding: [1, 0, 1], outputPadding: [1, 0, 0], dilation: [1, 2, 1] } as const;
  const layer = changed(new nn.ConvTranspose3d(2, 3, [3, 2, 2], options));
  const x = noise(2, 2, 2, 3, 4);
  const [at, w, b] = [read(x), read(layer.weight), readOr0(layer.bias)];
  expectEach(layer.forward(x), [2, 3, 4, 5, 3], (n, o, h, i, j) => {
    const from = (c: number, t: number, u: number, v: number): number => {
      const p = (h! + 1 - t) / 2;
      return Number.isInteger(p) ? w(c, o!, t, u, v) * at(n!, c, p, i! - 2 * u, j! + 1 - v) : 0;
    };
    return b(o!) + sum(2, c => sum(3, t => sum(2, u => sum(2, v => from(c, t, u, v)))));
  });
}
/** Padding by places of x: those beyond an end are taken from inside. */
function padded(mode: 'reflect' | 'replicate' | 'circular', place: (i: number, n: number) => number): void {
  const layer = changed(new nn.Conv2d(2, 3, [3, 2], 1, 'same', 1, 1, false, mode));
  const x = noise(2, 4, 5);
  const [at, w] = [read(x), read(layer.weight)];
  expectEach(layer.forward(x), [3, 4, 5], (o, i, j) =>
    sum(2, c => sum(3, u => sum(2, v => w(o!, c, u, v) * at(c, place(i! + u - 1, 4), place(j! + v, 5))))),
  );
}
const same = (layer: nn.Layer, other: nn.Layer, x: Tensor): void => {
  other.loadStateDict(layer.stateDict());
  const y = other.forward(x);
  const expected = read(y);
  expectEach(layer.forward(x), y.shape, expected);
};

export const FILTERS: Readonly<Record<keyof typeof convolution, Rows>> = {
  Conv1d: [() => conv1d(true), () => conv1d(false)],
  Conv2d: [
    conv2d,
    () => padded('reflect', (i, n) => (i < 0 ? -i : i >= n ? 2 * n - 2 - i : i)),
    () => padded('replicate', (i, n) => Math.min(Math.max(i, 0), n - 1)),
    () => padded('circular', (i, n) => (i + n) % n),
    () => same(new nn.Conv2d(2, 4, 3, 2, 1), new nn.Conv2d(2, 4, 3, { stride: 2, padding: 1 }), noise(1, 2, 5, 5)),
  ],
  Conv3d: [conv3d],
  ConvTranspose1d: [convTranspose1d],
  ConvTranspose2d: [convTranspose2d],
  ConvTranspose3d: [convTranspose3d],
};
