import type { AllKernels, ConvSizes, Kernels } from '../backend';
import { activated } from './functions';
import type { Floats } from './heap';
import { IMAGES, blockedIndex } from './blocked';

/**
 * y = x ⋆ w is bilinear: each y[o] is a sum of products w[q] · x[p]. So is either gradient, over the same triples
 * (p, q, o) with the roles exchanged. This visits the triples; those outside of x are not there.
 */
function eachProduct(
  [n, c, h, w, k, kh, kw, oh, ow, sh, sw, pt, pl, dh, dw, groups]: ConvSizes,
  visit: (x: number, w: number, y: number) => void,
): void {
  const depth = c / groups;
  for (let b = 0; b < n; b++)
    for (let f = 0; f < k; f++)
      for (let i = 0; i < oh; i++)
        for (let j = 0; j < ow; j++)
          for (let d = 0; d < depth; d++)
            for (let u = 0; u < kh; u++)
              for (let v = 0; v < kw; v++) {
                const row = i * sh + u * dh - pt;
                const column = j * sw + v * dw - pl;
                if (row < 0 || row >= h || column < 0 || column >= w) continue;
                const channel = Math.floor(f / (k / groups)) * depth + d;
                visit(
                  ((b * c + channel) * h + row) * w + column,
                  ((f * depth + d) * kh + u) * kw + v,
                  ((b * k + f) * oh + i) * ow + j,
                );
              }
}

type Name =
  | 'conv2d'
  | 'conv2dGradX'
  | 'conv2dGradW'
  | 'conv2dPreparedSize'
  | 'conv2dPrepare'
  | 'conv2dPrepared'
  | 'conv2dBlocked'
  | 'conv2dBlockedGradX'
  | 'conv2dBlockedGradW';

/** What other numbers follow. */
function geometryOf(sizes: readonly [...geometry: ConvSizes, ...others: number[]]): ConvSizes {
  const [n, c, h, w, k, kh, kw, oh, ow, sh, sw, pt, pl, dh, dw, groups] = sizes;
  return [n, c, h, w, k, kh, kw, oh, ow, sh, sw, pt, pl, dh, dw, groups];
}

/** Numbers of the filters. */
function filters([, c, , , k, kh, kw, , , , , , , , , groups]: ConvSizes): number {
  return ((k * c) / groups) * kh * kw;
}

/** 2-D convolution and its gradients. */
export function conv(heap: Floats): Pick<AllKernels, Name> {
  const forward: Kernels['conv2d'] = (xAt, wAt, yAt, biasAt, ...sizes) => {
    const geometry = geometryOf(sizes);
    const [n, , , , k, , , oh, ow] = geometry;
    const [x, w, y, bias] = [heap.from(xAt), heap.from(wAt), heap.from(yAt), heap.from(biasAt)];
    for (let plane = 0; plane < n * k; plane++)
      y.fill(biasAt ? bias[plane % k]! : 0, plane * oh * ow, (plane + 1) * oh * ow);
    eachProduct(geometry, (p, q, o) => (y[o]! += x[p]! * w[q]!));
    for (let o = 0; o < n * k * oh * ow; o++) y[o] = activated(sizes[16])(y[o]!);
  };
  return {
    conv2d: forward,

    // Prepared weights are a copy, whatever the algorithm.
    conv2dPreparedSize: (...sizes) => filters(geometryOf(sizes)),

    conv2dPrepare(wAt, preparedAt, ...sizes) {
      const count = filters(geometryOf(sizes));
      heap.from(preparedAt).set(heap.from(wAt).subarray(0, count));
    },

    conv2dPrepared: (xAt, preparedAt, yAt, biasAt, ...sizes) =>
      forward(xAt, preparedAt, yAt, biasAt, ...geometryOf(sizes), sizes[16]),

    conv2dGradX(gAt, wAt, gxAt, _, ...geometry) {
      const [n, c, h, w] = geometry;
      const [g, weight, gx] = [heap.from(gAt), heap.from(wAt), heap.from(gxAt)];
      gx.fill(0, 0, n * c * h * w);
      eachProduct(geometry, (p, q, o) => (gx[p]! += g[o]! * weight[q]!));
    },

    conv2dGradW(gAt, xAt, gwAt, _, ...geometry) {
      const [g, x, gw] = [heap.from(gAt), heap.from(xAt), heap.from(gwAt)];
      gw.fill(0, 0, filters(geometry));
      eachProduct(geometry, (p, q, o) => (gw[q]! += g[o]! * x[p]!));
    },

    conv2dBlocked(xAt, wAt, yAt, biasAt, ...rest) {
      const { geometry, x: image, y: map, activation } = inBlocks(rest);
      const [n, , , , k, , , oh, ow] = geometry;
      const [x, w, y, bias] = [heap.from(xAt), heap.from(wAt), heap.from(yAt), heap.from(biasAt)];
      const outputs = n * k * oh * ow;
      for (let o = 0; o < outputs; o++) y[map(o)] = biasAt ? bias[Math.floor(o / (oh * ow)) % k]! : 0;
      eachProduct(geometry, (p, q, o) => (y[map(o)]! += x[image(p)]! * w[q]!));
      for (let o = 0; o < outputs; o++) y[o] = activated(activation)(y[o]!);
    },

    conv2dBlockedGradX(gAt, wAt, gxAt, _, ...rest) {
      const { geometry, x: image, y: map } = inBlocks([...rest, 0]);
      const [n, c, h, w] = geometry;
      const [g, weight, gx] = [heap.from(gAt), heap.from(wAt), heap.from(gxAt)];
      gx.fill(0, 0, n * c * h * w);
      eachProduct(geometry, (p, q, o) => (gx[image(p)]! += g[map(o)]! * weight[q]!));
    },

    conv2dBlockedGradW(gAt, xAt, gwAt, _, ...geometry) {
      const { x: image, y: map } = inBlocks([...geometry, 0]);
      const [g, x, gw] = [heap.from(gAt), heap.from(xAt), heap.from(gwAt)];
      gw.fill(0, 0, filters(geometry));
      eachProduct(geometry, (p, q, o) => (gw[q]! += g[map(o)]! * x[image(p)]!));
    },
  };
}

/** The geometry with the last block filled up, and where the numbers of x and y are in blocks. */
function inBlocks([n, c, h, w, k, kh, kw, oh, ow, ...rest]: [...ConvSizes, activation: number]): {
  geometry: ConvSizes;
  x: (i: number) => number;
  y: (i: number) => number;
  activation: number;
} {
  const [sh, sw, pt, pl, dh, dw, groups, activation] = rest;
  const images = Math.ceil(n / IMAGES) * IMAGES;
  return {
    geometry: [images, c, h, w, k, kh, kw, oh, ow, sh, sw, pt, pl, dh, dw, groups],
    x: blockedIndex(c * h * w),
    y: blockedIndex(k * oh * ow),
    activation,
  };
}
