/** Convolutions and their gradients. */
import type { ConvolutionKernels } from '../../../ts/backend/kernels/convolution';
import { below, call, floats, input, output, SUMMED, type Call, type Cases } from './calls';

/** Numbers that a batch of n images of `size` takes in the blocked layout. */
export const inBlocks = (n: number, size: number): number => 8 * Math.ceil(n / 8) * size;

/** y, gx or gw of random geometries; `blocked`: of batches in the blocked layout. */
export const conv2d =
  (kind: 'y' | 'x' | 'w', blocked = false): (() => Call[]) =>
  () => {
    const calls: Call[] = [];
    for (let round = 0; round < 80; round++) {
      const groups = [1, 1, 1, 2, 3][round % 5]!;
      const [c, k] = [groups * (below(4) + 1), groups * (below(blocked ? 9 : 5) + 1)];
      const n = blocked ? ([0, 1, 3, 8, 9][round % 7] ?? 16) : below(3);
      const [kh, kw, sh, sw] = [below(4) + 1, below(4) + 1, below(3) + 1, below(3) + 1];
      const [dh, dw, pt, pl, pb, pr] = [below(2) + 1, below(2) + 1, below(kh), below(kw), below(kh), below(kw)];
      const [h, w] = [dh * (kh - 1) + 1 + below(12), dw * (kw - 1) + 1 + below(12)];
      const oh = Math.floor((h + pt + pb - dh * (kh - 1) - 1) / sh) + 1;
      const ow = Math.floor((w + pl + pr - dw * (kw - 1) - 1) / sw) + 1;
      const images = blocked ? inBlocks(n, 1) : n;
      const [nx, nw, ny] = [images * c * h * w, k * (c / groups) * kh * kw, images * k * oh * ow];
      const sizes = [n, c, h, w, k, kh, kw, oh, ow, sh, sw, pt, pl, dh, dw, groups];
      const [x, weight, g] = [input('f32', floats(nx)), input('f32', floats(nw)), input('f32', floats(ny))];
      const bias = round % 2 ? input('f32', floats(k)) : 0;
      const buffers = {
        y: [x, weight, output('f32', ny), bias],
        x: [g, weight, output('f32', nx), 0],
        w: [g, x, output('f32', nw), 0],
      }[kind];
      const activation = kind === 'y' ? [round % 4] : [];
      calls.push(call([...buffers, ...sizes, ...activation], SUMMED, true));
    }
    return calls;
  };

export const convolutions: Cases<ConvolutionKernels> = {
  conv2d: conv2d('y'),
  conv2dGradX: conv2d('x'),
  conv2dGradW: conv2d('w'),
};
