/** Pooling and its gradients. */
import type { PoolKernels } from '../../../ts/backend/kernels/pool';
import { below, call, floats, input, ints, output, ROUNDED, type Call, type Cases } from './calls';

/** Planes, windows, strides, padding, dilation, rounded up or down. */
export function pools(
  dilated: boolean,
): { n: number; m: number; taps: number; planes: number; sizes: number[]; inside: number }[] {
  return Array.from({ length: 60 }, (_, round) => {
    const [planes, kh, kw, sh, sw] =
      round % 4 ? [below(4), below(4) + 1, below(4) + 1, below(3) + 1, below(3) + 1] : [3, 2, 2, 2, 2];
    const [dh, dw] = dilated && round % 3 === 0 ? [below(2) + 1, below(2) + 1] : [1, 1];
    const [ph, pw] = [below(Math.floor(kh / 2) + 1), below(Math.floor(kw / 2) + 1)];
    const [h, w] = [dh * (kh - 1) + 1 + below(12), dw * (kw - 1) + 1 + below(12)];
    const out = (n: number, k: number, s: number, p: number, d: number): number => {
      const o = Math[round % 2 ? 'ceil' : 'floor']((n + 2 * p - d * (k - 1) - 1) / s) + 1;
      // The last window begins inside the input or its left padding.
      return (o - 1) * s >= n + p ? o - 1 : o;
    };
    const [oh, ow] = [out(h, kh, sh, ph, dh), out(w, kw, sw, pw, dw)];
    const sizes = [h, w, oh, ow, kh, kw, sh, sw, ph, pw, ...(dilated ? [dh, dw] : [])];
    return { n: planes * h * w, m: planes * oh * ow, taps: kh * kw, planes, sizes, inside: ph * kw + pw };
  });
}

const maxPool2d = (): Call[] =>
  pools(true).flatMap(({ n, m, planes, sizes }, round) => {
    const x = input('f32', round % 3 ? floats(n) : ints(n, 3).map((x, i) => (i % 29 === 28 ? NaN : x)));
    return [
      call([x, output('u8', m), output('f32', m), planes, ...sizes, 0]),
      call([x, output('i32', m), output('f32', m), planes, ...sizes, 1]),
      call([x, 0, output('f32', m), planes, ...sizes, 0]),
    ];
  });
const maxPool2dBack = (take: boolean) => (): Call[] =>
  pools(true).flatMap(({ n, m, taps, planes, sizes, inside }, round) => {
    // Any tap will do where there is no padding; with it, one that lies inside for every window.
    const padded = sizes[8]! > 0 || sizes[9]! > 0 || round % 2 === 1;
    const at = padded ? Array<number>(m).fill(inside) : ints(m, taps);
    return (['u8', 'i32'] as const).map((dtype, wide) => {
      const [from, to] = take
        ? [input('f32', floats(n)), output('f32', m)]
        : [input('f32', floats(m)), output('f32', n)];
      return call([from, input(dtype, at), to, planes, ...sizes, wide], ROUNDED, true);
    });
  });
/** `images`: 8 in the blocked layout. */
export const avgPool2d =
  (grad: boolean, images = 1): (() => Call[]) =>
  () =>
    pools(false).flatMap(({ n, m, planes, sizes }) =>
      [
        [0, 0],
        [1, 0],
        [0, 7],
      ].map(([countPad, divisor]) => {
        const [from, to] = grad ? [images * m, images * n] : [images * n, images * m];
        return call(
          [input('f32', floats(from)), output('f32', to), planes, ...sizes, countPad!, divisor!],
          ROUNDED,
          true,
        );
      }),
    );

export const poolings: Cases<PoolKernels> = {
  maxPool2d,
  maxPool2dGrad: maxPool2dBack(false),
  maxPool2dTake: maxPool2dBack(true),
  avgPool2d: avgPool2d(false),
  avgPool2dGrad: avgPool2d(true),
};
