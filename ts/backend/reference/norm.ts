import type { Kernels } from '../backend';
import type { Floats } from './heap';

/** Normalisation of the groups of x [outer, n, inner], a group being what shares the middle index. */
export function norm(heap: Floats): Pick<Kernels, 'moments' | 'normalise' | 'normaliseGrad'> {
  /** The mean over each group of what `f` says of its elements. */
  const means = (outer: number, n: number, inner: number, f: (e: number) => number): number[] => {
    const sums = new Array<number>(n).fill(0);
    for (let e = 0; e < outer * n * inner; e++) sums[Math.floor(e / inner) % n]! += f(e);
    return sums.map(sum => sum / (outer * inner));
  };

  return {
    moments(xAt, meanAt, varianceAt, outer, n, inner, centred) {
      const [x, mean, variance] = [heap.from(xAt), heap.from(meanAt), heap.from(varianceAt)];
      mean.set(centred ? means(outer, n, inner, e => x[e]!) : new Array<number>(n).fill(0));
      variance.set(means(outer, n, inner, e => (x[e]! - mean[Math.floor(e / inner) % n]!) ** 2));
    },

    normalise(xAt, meanAt, varianceAt, wAt, bAt, yAt, outer, n, inner, size, step, eps) {
      const [x, mean, variance, w, b, y] = [xAt, meanAt, varianceAt, wAt, bAt, yAt].map(at => heap.from(at));
      for (let e = 0; e < outer * n * inner; e++) {
        const group = Math.floor(e / inner) % n;
        const k = Math.floor(e / step) % size;
        const hat = (x![e]! - mean![group]!) / Math.sqrt(variance![group]! + eps);
        y![e] = hat * (wAt ? w![k]! : 1) + (bAt ? b![k]! : 0);
      }
    },

    normaliseGrad(gAt, xAt, meanAt, varianceAt, wAt, gxAt, gwAt, gbAt, outer, n, inner, size, step, centred, eps) {
      const [g, x, mean, variance, w] = [gAt, xAt, meanAt, varianceAt, wAt].map(at => heap.from(at));
      const [gx, gw, gb] = [gxAt, gwAt, gbAt].map(at => heap.from(at));
      const group = (e: number): number => Math.floor(e / inner) % n;
      const weight = (e: number): number => Math.floor(e / step) % size;
      const inverse = (e: number): number => 1 / Math.sqrt(variance![group(e)]! + eps);
      const hat = (e: number): number => (x![e]! - mean![group(e)]!) * inverse(e);
      const h = (e: number): number => g![e]! * (wAt ? w![weight(e)]! : 1);
      const level = centred ? means(outer, n, inner, h) : new Array<number>(n).fill(0);
      const slope = means(outer, n, inner, e => h(e) * hat(e));
      if (gwAt) gw!.fill(0, 0, size);
      if (gbAt) gb!.fill(0, 0, size);
      for (let e = 0; e < outer * n * inner; e++) {
        gx![e] = inverse(e) * (h(e) - level[group(e)]! - hat(e) * slope[group(e)]!);
        if (gwAt) gw![weight(e)]! += g![e]! * hat(e);
        if (gbAt) gb![weight(e)]! += g![e]!;
      }
    },
  };
}
